"""What an answer that is no success means, by status and Zoom's own number.

https://developers.zoom.us/docs/api/errors/. Texts are looked at only where one number stands for many things (3000,
300), where nothing else tells one person's limit from everybody's (429), and for the names of missing rights (4711); an
unknown text means "refused". No text is ever passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, Gone, Refusal, Refused, RetryAt, RetryPerson, ZoomFault

_SCOPES = re.compile(r"\[([^\]]{1,2000})\]")
_SCOPE = re.compile(r"[a-z_]+(?::[a-z_]+){1,4}")
_NO_FORM = re.compile(r"not (?:have|set) registration|registration has not been", re.IGNORECASE)
_FIELD = re.compile(r"[A-Za-z_][\w.\[\]-]{0,79}")

#: One number, one meaning.
_REFUSALS: dict[int, Refusal] = {
    200: "no-licence", 3002: "running", 3003: "not-host", 3007: "over", 3027: "host", 3034: "address", 3038: "over",
    3035: "full", 3043: "full",
}  # fmt: skip
#: Number 3000 stands for all of these; the text is the only hint.
_HINTS: tuple[tuple[re.Pattern[str], Refusal], ...] = (
    (re.compile(r"access webinar", re.IGNORECASE), "is-webinar"),
    (re.compile(r"access meeting", re.IGNORECASE), "is-meeting"),
    (re.compile(r"registration", re.IGNORECASE), "not-registrable"),
    (re.compile(r"limit for the number|maximum|capacity", re.IGNORECASE), "full"),
)


class _Facts(TypedDict):
    status: int
    code: int | None
    tracking_id: str


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that is no success. ``message`` is Zoom's text, looked at here and nowhere else.

    ``wait_until`` is what ``Retry-After`` says; ``limit`` is ``X-RateLimit-Type``; ``had_page_token`` whether the
    request asked for a further page.
    """

    status: int
    code: int | None
    now: datetime
    message: str = field(default="", repr=False)
    fields: tuple[str, ...] = ()
    wait_until: datetime | None = None
    limit: str = ""
    had_page_token: bool = False
    tracking_id: str = ""


def fault_of(said: Said) -> ZoomFault:
    """Return what the caller does next."""
    if said.status == 429 or said.code == 429:
        return _too_many(said)
    if said.status >= 500 or said.status == 408:
        return RetryAt("server", at=said.wait_until, **_facts(said))
    if said.status < 400:
        return Garbled("redirect" if said.status >= 300 else "status", **_facts(said))
    return _BY_CODE.get(said.code or 0, _by_status)(said)


def next_utc_day(now: datetime) -> datetime:
    """Return when Zoom's day ends, and with it every limit that counts by the day."""
    return (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _too_many(said: Said) -> ZoomFault:
    text = said.message.lower()
    if "for the registrant" in text or "per registrant" in text:
        return RetryPerson(next_utc_day(said.now), **_facts(said))
    if "daily" in said.limit.lower() or "daily" in text:
        at = said.wait_until or next_utc_day(said.now)
        return RetryAt("daily", at=at, surely_not_arrived=True, **_facts(said))
    at = said.wait_until or said.now + timedelta(seconds=1)
    return RetryAt("rate", at=at, surely_not_arrived=True, **_facts(said))


def _by_status(said: Said) -> ZoomFault:
    if said.code in _REFUSALS:
        return Refused(_REFUSALS[said.code], **_facts(said))
    if said.status == 401:
        return AuthLost("token", **_facts(said))
    return Gone(**_facts(said)) if said.status == 404 else Refused("other", **_facts(said))


def _scopes(said: Said) -> ZoomFault:
    listed = _SCOPES.search(said.message)
    names = [part.strip() for part in listed[1].split(",")] if listed else []
    return Fix("scopes", scopes=tuple(name for name in names if _SCOPE.fullmatch(name))[:20], **_facts(said))


def _bad_input(said: Said) -> ZoomFault:
    if said.had_page_token and not said.fields:
        return Fix("page-token", **_facts(said))
    fields = tuple(name for name in said.fields if _FIELD.fullmatch(name))[:20]
    if not fields and _NO_FORM.search(said.message):
        # Meetings without registration say so under the number for bad input.
        return Refused("not-registrable", **_facts(said))
    return Fix("fields" if fields else "request", fields=fields, **_facts(said))


def _many_things(said: Said) -> ZoomFault:
    if re.search(r"registrant .{0,80}not found", said.message, re.IGNORECASE):
        return Gone(**_facts(said))
    hint: Refusal = next((reason for pattern, reason in _HINTS if pattern.search(said.message)), "other")
    return Refused(hint, **_facts(said))


def _not_found(said: Said) -> ZoomFault:
    """404 inside the body: a room without registration, or (with the status 404 as well) no room at all."""
    if said.status == 404 and "registration" not in said.message.lower():
        return Gone(**_facts(said))
    return Refused("not-registrable", **_facts(said))


_BY_CODE: dict[int, Callable[[Said], ZoomFault]] = {
    4700: lambda said: AuthLost("audience", **_facts(said)),
    4711: _scopes,
    300: _bad_input,
    303: _bad_input,
    1001: lambda said: Fix("user", **_facts(said)),
    1010: lambda said: Fix("user", **_facts(said)),
    3000: _many_things,
    3001: lambda said: Gone(**_facts(said)),
    404: _not_found,
}


def _facts(said: Said) -> _Facts:
    return {"status": said.status, "code": said.code, "tracking_id": said.tracking_id}
