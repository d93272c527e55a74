"""A difference between programme and room in words, for mails and pages alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from wmd.domain.findings import N_
from wmd.models import ZoomDrift
from wmd.services.session_words import moment_text
from wmd.services.time_words import clock, day, day_of, short_zone

#: What differs, the gravest first.
FIELDS: Final[Mapping[str, str]] = {
    "time": N_("Time"), "link": N_("Registration page"), "join": N_("Join link"), "registration": N_("Registration"),
    "type": N_("Kind of room"), "host": N_("Host"), "title": N_("Title"),
}  # fmt: skip
#: What became of a room.
LOSSES: Final[Mapping[str, str]] = {
    "trashed": N_("Its host deleted it on Zoom. It can be taken back there for a while."),
    "gone": N_("Zoom does not know it any more: it was deleted, or its time is over there."),
}
_KINDS: Final[Mapping[str, str]] = {"webinar": N_("a webinar"), "meeting": N_("a meeting")}
REGISTRATION: Final[Mapping[str, str]] = {
    "open": N_("open"), "manual": N_("open, the host lets people in one by one"), "full": N_("full"),
    "closed": N_("closed"), "none": N_("off: there is no registration page"), "not-yet": N_("not yet open"),
    "missing": N_("no link yet"), "not-needed": N_("not needed"), "unknown": N_("unknown"),
}  # fmt: skip
_HOST = (N_("as it was"), N_("another user of Zoom"))
_JOIN: Final = N_("into the room {room}")
_OTHER_JOIN: Final = N_("into the same room, with another passcode")
_NO_DATE = N_("no such date")
_LINE = N_("{field}: the programme says {ours}, Zoom says {theirs}.")

Say = Callable[[str], str]


class Sides(NamedTuple):
    """Both sides of a difference in words; times with their zone."""

    ours: str
    theirs: str


def sides(row: ZoomDrift, zone: str, language: str, say: Say) -> Sides:
    """Return both sides of a difference, instants on the clocks of ``zone``."""
    if row.field == "time":
        return Sides(_time(row.ours, zone, language, say), _time(row.theirs, zone, language, say))
    if row.field == "host":
        return Sides(say(_HOST[0]), say(_HOST[1]))
    if row.field == "join":
        ours, theirs = (str(side.get("room", "")) for side in (row.ours, row.theirs))
        # A link into a room is never shown, only the end of its number.
        return Sides(say(_JOIN).format(room=ours), say(_OTHER_JOIN if ours == theirs else _JOIN).format(room=theirs))
    words = REGISTRATION if row.field == "registration" else _KINDS if row.field == "type" else {}
    name = {"type": "kind"}.get(row.field, row.field)
    ours, theirs = str(row.ours.get(name, "")), str(row.theirs.get(name, ""))
    return Sides(say(words[ours]) if ours in words else ours, say(words[theirs]) if theirs in words else theirs)


def difference_lines(row: ZoomDrift, zone: str, language: str, say: Say) -> str:
    """Return a difference as one sentence."""
    both = sides(row, zone, language, say)
    return say(_LINE).format(field=say(FIELDS[row.field]), ours=both.ours, theirs=both.theirs)


def _time(side: Mapping[str, object], zone: str, language: str, say: Say) -> str:
    starts, ends = (_instant(side.get(name)) for name in ("starts_at", "ends_at"))
    if starts is None:
        return say(_NO_DATE)
    if ends is None or ends <= starts:
        return moment_text(starts, zone, language)
    if day_of(starts, zone) != day_of(ends, zone):
        return f"{moment_text(starts, zone, language)} – {moment_text(ends, zone, language)}"
    times = f"{clock(starts, zone)}–{clock(ends, zone)}"
    return f"{day(day_of(starts, zone), language)}, {times} ({short_zone(zone, starts)})"


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None
