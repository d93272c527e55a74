"""Whether and how one can register for an event now: one reading of several facts, with its explanation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from wmd.domain.programme import EventView, RegistrationView
from wmd.domain.status import NOTHING, EventStatus
from wmd.domain.vocabulary import Access, RegistrationState, SessionStatus
from wmd.domain.ways_in import WayIn
from wmd.domain.zoom.links import registration_token


class Door(StrEnum):
    """How the way in stands for somebody who wants to take part."""

    OPEN = "open"
    FREE = "free"
    NOT_YET = "not-yet"
    FULL = "full"
    CLOSED = "closed"
    #: On Zoom's own page, as it was last seen: not the organiser's word, so that one may go and look.
    FULL_THERE = "full-there"
    CLOSED_THERE = "closed-there"
    RENEWING = "renewing"
    MISSING = "missing"
    INVITATION = "invitation"
    OVER = "over"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class Registration:
    """The way in at one instant. ``opens_at`` and ``closes_at`` are known instants; ``changes_at`` is the next one."""

    door: Door
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    changes_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether ``/go/<code>`` leads anywhere now."""
        return self.door in {Door.OPEN, Door.FREE}


def registration_of(event: EventView, now: datetime, status: EventStatus = NOTHING) -> Registration:
    """Return how the way into an event stands at ``now``, with what is known of its link if the caller shows that."""
    found = _by_sessions(event, now) or _by_access(event) or _by_state(event, now)
    return _as_seen(event, found, status)


def _as_seen(event: EventView, found: Registration, status: EventStatus) -> Registration:
    """Shut a way in that leads to a page which is gone, full or closed. Where people register with us it is not."""
    if found.is_open and event.registration.is_here and status.is_taken and not event.registration.has_waiting_list:
        return replace(found, door=Door.FULL)
    if not found.is_open or not event.registration.url:
        return found
    if status.is_renewing:
        return replace(found, door=Door.RENEWING)
    there = {"full": Door.FULL_THERE, "closed": Door.CLOSED_THERE}.get(status.registration)
    if status.registration == "none" and status.is_room and registration_token(event.registration.url):
        # Registration was switched off on Zoom: the page that the link leads to is no more.
        there = Door.CLOSED_THERE
    return replace(found, door=there) if there is not None and found.door is Door.OPEN else found


def open_address(event: EventView) -> str:
    """Return the public address at which one takes part, besides our own sign-up; a blank when there is none."""
    return WayIn(event.registration.state, event.registration.url, event.stream_url, event.web_url).address()


def _by_sessions(event: EventView, now: datetime) -> Registration | None:
    """Return the answer that the sessions alone give: all over, cancelled or postponed."""
    scheduled = [session for session in event.sessions if session.status is SessionStatus.SCHEDULED]
    if any(session.ends_at > now for session in scheduled):
        return None
    if any(session.status is SessionStatus.POSTPONED for session in event.sessions):
        return Registration(Door.POSTPONED)
    return Registration(Door.OVER if scheduled else Door.CANCELLED)


def _by_access(event: EventView) -> Registration | None:
    return Registration(Door.INVITATION) if event.access is Access.INVITATION else None


def _by_state(event: EventView, now: datetime) -> Registration:
    said = event.registration
    ends = max(session.ends_at for session in event.sessions if session.status is SessionStatus.SCHEDULED)
    if said.state in {RegistrationState.FULL, RegistrationState.CLOSED}:
        return Registration(Door(said.state.value), changes_at=ends)
    if said.state is RegistrationState.NOT_NEEDED:
        return Registration(Door.FREE if open_address(event) or event.venue else Door.MISSING, changes_at=ends)
    return _by_dates(said, now, ends)


def _by_dates(said: RegistrationView, now: datetime, ends: datetime) -> Registration:
    """Return the answer for what opens and closes; "not yet" without a date stays so, with one it opens then."""
    if said.opens_at is not None and said.opens_at > now:
        return Registration(Door.NOT_YET, opens_at=said.opens_at, changes_at=said.opens_at)
    if said.state is RegistrationState.NOT_YET and said.opens_at is None:
        return Registration(Door.NOT_YET, changes_at=ends)
    if not (said.url or said.is_here) or (said.state is RegistrationState.MISSING and not said.is_here):
        return Registration(Door.MISSING, changes_at=ends)
    if said.closes_at is not None and said.closes_at <= now:
        return Registration(Door.CLOSED, closes_at=said.closes_at, changes_at=ends)
    changes_at = min(said.closes_at, ends) if said.closes_at else ends
    return Registration(Door.OPEN, closes_at=said.closes_at, changes_at=changes_at)
