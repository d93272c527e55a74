"""What the layer of published bytes asks about one request before Flask is entered.

Small functions over raw header values: is the host ours, is gzip wanted, is what the client holds still right.
Answers that repeat (a browser sends the same ``Accept-Encoding`` for ever) are remembered in bounded caches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache

from werkzeug.sansio.http import parse_cookie

#: Keeps the zone a viewer chose; the value is an IANA name.
ZONE_COOKIE = "wmd_zone"

#: Addresses that depend on who looks, with or without a language before them; nothing under them is ever kept.
PRIVATE_PATH = re.compile(
    r"/(?:[a-z]{2,3}/)?"
    r"(?:staff|organiser|me|sign-in|sign-out|mailbox|hooks|api/v1/me|healthz|readyz|[^/]+/submit)(?:/|$)"
)

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]/@\s]+?)\.?(?::([0-9]{1,5}))?")
_QUALITY = re.compile(r"\s*q\s*=\s*(1(?:\.0{0,3})?|0(?:\.[0-9]{0,3})?)\s*", re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')


class Hosts:
    """The host names this service answers to.

    ``allowed`` holds names with or without a port; a name without one is allowed on every port. None allows every
    host. RFC 9110 §7.2: an unknown host is answered 400, so that no page, mail or cache ever carries a forged name.
    """

    def __init__(self, allowed: frozenset[str] | None) -> None:
        self._names = None if allowed is None else frozenset(name.lower().rstrip(".") for name in allowed)
        self.knows = lru_cache(maxsize=256)(self._knows)

    def _knows(self, host: str) -> bool:
        if self._names is None:
            return True
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name, port = found[1].lower(), found[2]
        return name in self._names or (port is not None and f"{name}:{port}" in self._names)


def zone_of(environ: Mapping[str, object]) -> str:
    """Return the raw value of the request's zone cookie, or an empty string.

    Raw, and read by the same parser as Flask's ``request.cookies``: whatever a view makes of the value, two requests
    that share a key share the value it was made from.
    """
    cookies = environ.get("HTTP_COOKIE")
    return _zone_in(cookies) if isinstance(cookies, str) and ZONE_COOKIE in cookies else ""


@lru_cache(maxsize=512)
def _zone_in(cookies: str) -> str:
    return parse_cookie(cookies).get(ZONE_COOKIE, "")


@lru_cache(maxsize=256)
def accepts_gzip(header: str) -> bool:
    """Say whether an ``Accept-Encoding`` value asks for gzip at least as much as for plain bytes (RFC 9110 §12.5.3)."""
    wanted: dict[str, float] = {}
    for part in header.lower().split(","):
        coding, *parameters = part.split(";")
        weight = _QUALITY.fullmatch(parameters[0]) if parameters else None
        wanted[coding.strip()] = float(weight[1]) if weight else (0.0 if parameters else 1.0)
    anything = wanted.get("*", 0.0)
    gzip = wanted.get("gzip", wanted.get("x-gzip", anything))
    # Plain bytes are acceptable unless refused; where they are not named, gzip comes first.
    return gzip > 0 and gzip >= wanted.get("identity", 0.0)


def holds(if_none_match: str, etag: str) -> bool:
    """Say whether a client already holds ``etag`` (quoted, strong): the weak comparison of RFC 9110 §13.1.2."""
    if if_none_match == etag:
        return True
    if if_none_match.strip() == "*":
        return True
    opaque = etag[1:-1]
    return any(found == opaque for found in _ETAG.findall(if_none_match))


@lru_cache(maxsize=256)
def http_second(header: str) -> int | None:
    """Return an HTTP date as whole seconds since the epoch, or None when it is not one (RFC 9110 §5.6.7)."""
    try:
        return int(parsedate_to_datetime(header).timestamp())
    except (TypeError, ValueError, OverflowError, OSError):
        return None
