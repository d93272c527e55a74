"""Zoom's numbers, UUIDs and registration tokens in one form each, so that they can be compared.

Ids arrive as numbers or as text and exceed 32 bits. A registration page is known by its token alone: hosts
(``zoom.us``, a vanity name), tracking ids, query and ``#/registration`` differ between two links to the same page.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from wmd.domain.link_rules import is_v4_token
from wmd.domain.links import MAX_LENGTH, is_zoom_host

#: Digits in the longest id that is believed; Zoom's rooms have 9 to 11, occurrences 13.
_MOST_DIGITS = 18
_GAPS = re.compile(r"(?<=[0-9])[\s-]+(?=[0-9])")
_DIGITS = re.compile(rf"[0-9]{{1,{_MOST_DIGITS}}}")
_WEBINAR_TOKEN = re.compile(r"WN_[A-Za-z0-9_-]{8,64}")
_MEETING_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PREFIX = "WN_"


def canonical_id(value: int | str) -> str:
    """Return a number of Zoom's as text of digits alone: ``84123456789`` for ``841 2345 6789`` and the integer.

    Raises ValueError for what is no number of at most 18 digits; the message does not repeat it.
    """
    text = "" if isinstance(value, bool) else _GAPS.sub("", str(value).strip())
    if not _DIGITS.fullmatch(text) or not int(text):
        msg = "this is not one of Zoom's numbers"
        raise ValueError(msg)
    return str(int(text))


def encode_uuid(uuid: str) -> str:
    """Return a UUID as a segment of a path, escaped twice where it begins with ``/`` or holds ``//``.

    https://developers.zoom.us/docs/api/using-zoom-apis/ (meeting id and UUID): servers decode the path once before
    they look for slashes in it.
    """
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def registration_token(url: str) -> str | None:
    """Return the token of a registration page on any host of Zoom's, or None for every other link.

    A webinar's begins with ``WN_``, wherever a tracking source stands before it; a meeting's has no prefix.
    """
    if len(url) > MAX_LENGTH:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    if parts.scheme not in {"https", "http"} or not is_zoom_host(host) or len(segments) not in {3, 4}:
        return None
    first, second, token = segments[0].lower(), segments[1].lower(), segments[-1]
    if second != "register":
        return None
    if first == "webinar":
        return token if _WEBINAR_TOKEN.fullmatch(token) else None
    return token if first == "meeting" and len(segments) == 3 and _MEETING_TOKEN.fullmatch(token) else None


class Join(NamedTuple):
    """What a link into a room says: its number, and the passcode in it or ""."""

    number: str
    passcode: str

    @property
    def shown(self) -> str:
        """The end of the number, which tells two rooms apart and opens none."""
        return f"…{self.number[-4:]}"


def join_of(url: str) -> Join | None:
    """Return what a link to enter a room (``/j/<number>?pwd=``) says on any host of Zoom's; None for every other."""
    if len(url) > MAX_LENGTH:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    segments = [segment for segment in parts.path.split("/") if segment]
    if parts.scheme not in {"https", "http"} or not is_zoom_host(host) or len(segments) != 2 or segments[0] != "j":
        return None
    try:
        number = canonical_id(segments[1])
    except ValueError:
        return None
    return Join(number, parse_qs(parts.query).get("pwd", [""])[0])


def is_same_page(one: str, other: str) -> bool:
    """Tell whether two links lead to the same registration page: same token, whatever else differs."""
    token = registration_token(one)
    return token is not None and token == registration_token(other)


def is_likely_token(token: str) -> bool:
    """Tell whether a token is the Base64url of a version 4 UUID, as all new ones seen so far are.

    Undocumented, so a token that is not is worth a question and no more; older meetings' tokens are none.
    """
    return is_v4_token(token.removeprefix(_PREFIX))


def uuid_of_token(token: str) -> str | None:
    """Return the UUID that a token may be, as Zoom writes UUIDs (Base64 with padding); None for an unlikely token.

    That Zoom knows a webinar by it is a guess: ask, and fall back to comparing the tokens of a host's list.
    """
    if not is_likely_token(token):
        return None
    return token.removeprefix(_PREFIX).replace("-", "+").replace("_", "/") + "=="
