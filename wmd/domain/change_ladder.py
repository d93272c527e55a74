"""The ladder of changes: who must hear of what, how soon, and what is left when several changes are told as one.

A wording is noted in the feed of changes only. A link is mailed too, for the way in has changed. Time, place and state
also reach calendars, by an invitation that replaces the one before; so does it when an event leaves the programme. What
is moved and moved back is no change at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, NamedTuple

#: Several changes within this time of each other become one mail …
QUIET: Final = timedelta(minutes=15)
#: … which is never later than this after the first of them.
LONGEST: Final = timedelta(minutes=45)
#: Shortly before a session (old or new) there is no time to wait for more.
NEAR: Final = timedelta(hours=3)
QUIET_WHEN_NEAR: Final = timedelta(minutes=2)
#: Staff are alerted of what changes so shortly before.
LATE: Final = timedelta(hours=72)

#: What a session's own changes are.
STATES: Final = frozenset({"cancelled", "postponed", "revived"})


class Rung(IntEnum):
    """How far a change must be carried: the feed and the page alone, a mail, a mail with a new invitation."""

    FEED = 1
    MAIL = 2
    INVITE = 3


class Noted(NamedTuple):
    """One public change as it was noted, in the order of ``id``."""

    id: int
    kind: str
    session_id: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Slot(NamedTuple):
    """A session's two instants."""

    starts_at: datetime
    ends_at: datetime


def rung_of(kind: str, session_id: str | None, before: Mapping[str, Any], after: Mapping[str, Any]) -> Rung:
    """Return how far one change must be carried."""
    if kind in {"moved", "place", "hidden"} or (session_id is not None and kind in {*STATES, "added"}):
        return Rung.INVITE
    if kind == "link" and _way_in_changed(before, after):
        return Rung.MAIL
    return Rung.FEED


def _way_in_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether people take part another way now, or can register at last; "full" and "closed" stand on the page."""
    if before.get("link") != after.get("link"):
        return bool(after.get("link"))
    if before.get("state") == after.get("state"):
        return "link" not in after
    return after.get("state") == "open"


@dataclass(slots=True)
class SessionNet:
    """What is left of one session's changes: values before the first and after the last of them, where they differ."""

    id: str
    added: bool = False
    moved: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    status: tuple[str, str] | None = None


@dataclass(slots=True)
class Net:
    """What is left of several changes of one event. ``hidden``: it left the programme, whether or not it is back."""

    sessions: dict[str, SessionNet] = field(default_factory=dict)
    place: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    link: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    hidden: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is anything to tell of an event that is listed."""
        return bool(self.sessions or self.place or self.link)

    @property
    def about_all(self) -> bool:
        """Whether it reaches everybody, whichever sessions they chose."""
        return bool(self.place or self.link)


def net(changes: Iterable[Noted]) -> Net:
    """Return what several changes of one event come to; what cancels itself out is left out."""
    found = Net()
    for each in sorted(changes):
        if rung_of(each.kind, each.session_id, each.before, each.after) is Rung.FEED and each.kind != "link":
            continue
        if each.session_id is None:
            _join_event(found, each)
        else:
            _join_session(found.sessions.setdefault(each.session_id, SessionNet(each.session_id)), each)
    if found.place and found.place[0] == found.place[1]:
        found.place = None
    if found.link and rung_of("link", None, *found.link) is Rung.FEED:
        found.link = None
    found.sessions = {id_: each for id_, each in found.sessions.items() if _is_left(each)}
    return found


def _join_event(found: Net, each: Noted) -> None:
    if each.kind == "place":
        found.place = (found.place[0] if found.place else each.before, each.after)
    elif each.kind == "link":
        found.link = (found.link[0] if found.link else each.before, each.after)
    elif each.kind == "hidden":
        found.hidden = True


def _join_session(session: SessionNet, each: Noted) -> None:
    if each.kind == "added":
        session.added = True
    elif each.kind == "moved":
        session.moved = (session.moved[0] if session.moved else each.before, each.after)
    else:
        before = session.status[0] if session.status else str(each.before.get("status", ""))
        session.status = (before, str(each.after.get("status", "")))


def _is_left(session: SessionNet) -> bool:
    """Drop what came to nothing; tell whether anything is left. What came and went meanwhile nobody knew."""
    if session.moved and _instants(session.moved[0]) == _instants(session.moved[1]):
        session.moved = None
    if session.status and session.status[0] == session.status[1]:
        session.status = None
    if session.added:
        return session.status is None or session.status[1] == "scheduled"
    return session.moved is not None or session.status is not None


def _instants(facts: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    return instant(facts.get("starts_at")), instant(facts.get("ends_at"))


def instant(value: object) -> datetime | None:
    """Return an ISO instant with its offset; None for anything else."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def slots_of(each: Noted, sessions: Mapping[str, Slot]) -> list[Slot]:
    """Return the times that a change touches: a session's as it is and as it was, or every session's of the event."""
    if each.session_id is None:
        return list(sessions.values())
    found = [sessions[each.session_id]] if each.session_id in sessions else []
    if each.kind == "moved":
        starts_at, ends_at = _instants(each.before)
        if starts_at is not None:
            found.append(Slot(starts_at, ends_at or starts_at))
    return found


def is_told(each: Noted, sessions: Mapping[str, Slot], now: datetime) -> bool:
    """Whether people are told of a change: it is more than words, and not all of it is over."""
    is_mailed = rung_of(each.kind, each.session_id, each.before, each.after) > Rung.FEED
    return is_mailed and any(slot.ends_at > now for slot in slots_of(each, sessions))


def starts_within(limit: timedelta, slots: Iterable[Slot], now: datetime) -> bool:
    """Whether one of some sessions begins within a time from now, or is on."""
    return any(slot.starts_at - now < limit and slot.ends_at > now for slot in slots)


def due_at(changes: Sequence[Noted], sessions: Mapping[str, Slot], *, first_at: datetime, now: datetime) -> datetime:
    """Return when several changes, the last of them made ``now``, are told."""
    touched = [slot for each in changes for slot in slots_of(each, sessions)]
    quiet = QUIET_WHEN_NEAR if starts_within(NEAR, touched, now) else QUIET
    return min(now + quiet, first_at + LONGEST)
