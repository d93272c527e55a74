"""The day-of desk in words: how a link stands, what differs between the programme and a room."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from wmd.domain.findings import N_
from wmd.models import ZoomDrift
from wmd.services.day_desk import Link
from wmd.web import words
from wmd.web.catalogue import gettext

#: By kind of ``day_desk.Link``: the badge, its look, and a sentence.
LINKS: Mapping[str, tuple[str, str, str]] = {
    "works": (N_("link works"), "good", ""),
    "wrong": (N_("link known to be wrong"), "wants", N_("Its page says so.")),
    "gone": (N_("link is gone"), "wants", N_("Its page says that the link is being renewed.")),
    "doubt": (N_("link not found"), "wants", N_("It is looked at again every few minutes.")),
    "drift": (N_("differs from the room"), "wants", ""),
    "lost": (N_("connection lost"), "", N_("Zoom does not let us read it any more; the link stays as it was.")),
    "unreachable": (N_("could not be looked at"), "wants", ""),
    "unchecked": (N_("link never checked"), "", ""),
    "none": (N_("no link"), "wants", N_("Nobody can get in: no link was given yet.")),
    "here": (N_("one registers with us"), "good", N_("The room opens from our own page.")),
    "in-person": (N_("on site"), "", ""),
    "over": (N_("room is closed"), "", N_("Zoom says that it is over.")),
}
#: What the registration page of a room says, where that is not as usual.
REGISTRATIONS: Mapping[str, str] = {
    "closed": N_("registration closed"),
    "full": N_("full"),
    "manual": N_("the host lets people in one by one"),
    "none": N_("no registration at the room"),
}
_SEEN = N_("last seen working %(when)s")
_SINCE = N_("since %(when)s")
_FIELDS: Mapping[str, str] = {
    "time": N_("Time"),
    "link": N_("Link"),
    "join": N_("Join link"),
    "registration": N_("Registration"),
    "type": N_("Kind of room"),
    "host": N_("Host"),
    "title": N_("Title"),
}
_NOT_DIALLED = re.compile(r"[^0-9+*#]")


def link_label(link: Link) -> str:
    """Return how a link stands in two or three words."""
    return gettext(LINKS[link.kind][0])


def link_look(link: Link) -> str:
    """Return the look of its badge."""
    return LINKS[link.kind][1]


def link_said(link: Link, zone: str) -> str:
    """Return what more there is to say: since when, or when it was last seen working."""
    when = words.moment(link.at, zone) if link.at is not None else ""
    is_since = link.kind in {"wrong", "doubt", "unreachable"}
    said = [gettext(_SINCE if is_since else _SEEN, when=when)] if when else []
    more = LINKS[link.kind][2]
    return " · ".join([*said, *([gettext(more)] if more else [])])


def registration_said(link: Link) -> str:
    """Return what the room's own page says of registration; a blank where that is nothing to note."""
    if link.kind in {"in-person", "over"} or link.registration not in REGISTRATIONS:
        return ""
    return gettext(REGISTRATIONS[link.registration])


def drift_said(drift: ZoomDrift, zone: str) -> dict[str, str]:
    """Return a difference as what it is about, what is published and what the room says."""
    if drift.field == "time":
        ours, theirs = _time(drift.ours, zone), _time(drift.theirs, zone)
    else:
        ours, theirs = (_plain(side.get(drift.field) or side.get("kind")) for side in (drift.ours, drift.theirs))
    if drift.field == "join":
        # The end of a number tells two rooms apart; that only the passcode is another, the page of the room says.
        ours, theirs = (_plain(side.get("room")) for side in (drift.ours, drift.theirs))
    if drift.field == "host":
        # Ids of Zoom's users: that they differ is all they say.
        ours = theirs = ""
    return {"what": gettext(_FIELDS[drift.field]), "ours": ours, "theirs": theirs}


def _time(side: Mapping[str, object], zone: str) -> str:
    starts_at, ends_at = _instant(side.get("starts_at")), _instant(side.get("ends_at"))
    if starts_at is None:
        return gettext("no time")
    date = words.short_day(words.day_of(starts_at, zone))
    clock = words.span(starts_at, ends_at, zone) if ends_at is not None else words.clock(starts_at, zone)
    return gettext("%(date)s, %(time)s (%(zone)s)", date=date, time=clock, zone=words.short_zone(zone, starts_at))


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _plain(value: object) -> str:
    return str(value) if value else gettext("none")


def dialled(phone: str) -> str:
    """Return a telephone number as a ``tel:`` address has it, without what is only there to be read."""
    return _NOT_DIALLED.sub("", phone)
