"""What changes every few minutes about links: last seen working, full or closed elsewhere, another time named there.

A small value with a version of its own, so that it never moves an edition's: only pages that show it depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from wmd.domain.programme import EventView, SessionView
from wmd.domain.vocabulary import SessionStatus

#: What is known of the registration page: nobody registers there, one can, one can and is let in by hand, no places
#: left, over, or nobody knows.
REGISTRATIONS: Final = ("none", "open", "manual", "full", "closed", "unknown")
#: So long a page that could not be found is nothing that readers are told of.
DOUBT: Final = timedelta(minutes=30)
#: From so long before a session on, a time that is in dispute is said beside it.
DISPUTE: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class EventStatus:
    """What is known of the way into one event. ``registration``: one of :data:`REGISTRATIONS`.

    ``seen_at``: the hour (UTC) in which its link was last seen working; None when nobody looked. ``is_renewing``: its
    link is gone and shall be offered to nobody. ``doubtful_from``: from when on it has not been found for too long.
    ``disputed``: by code of the session, the start (UTC) that its room has, where that is not the programme's and
    nobody has decided; None where no time is known. ``is_room``: what is known is of the room itself, not of its public
    page alone. ``is_taken``: it registers with us and has no place left for who comes now.
    """

    code: str
    seen_at: datetime | None = None
    registration: str = "unknown"
    is_renewing: bool = False
    doubtful_from: datetime | None = None
    disputed: Mapping[str, datetime | None] = field(default_factory=dict)
    is_room: bool = False
    is_taken: bool = False

    def is_doubtful(self, now: datetime) -> bool:
        """Whether the link has not been found for so long that readers are told."""
        return self.doubtful_from is not None and self.doubtful_from <= now and not self.is_renewing


#: Of an event of which nothing is known.
NOTHING: Final = EventStatus("")


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of all events, by code, at one version. Events of which nothing is known are left out."""

    version: int = 0
    events: Mapping[str, EventStatus] = field(default_factory=dict)

    def of(self, code: str) -> EventStatus:
        """Return what is known of an event."""
        return self.events.get(code, NOTHING)


def hour_of(at: datetime) -> datetime:
    """Return the beginning (UTC) of the hour that an instant is in: no page says it more closely."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def disputed_sessions(event: EventView, status: EventStatus, now: datetime) -> list[SessionView]:
    """Return the sessions, on or within a day, whose room has another time than the programme."""
    return [each for each in _in_dispute(event, status, now) if each.starts_at - DISPUTE <= now]


def turns_at(event: EventView, status: EventStatus, now: datetime) -> datetime | None:
    """Return the next instant at which what is said of a status reads differently, without it having changed."""
    found = [each.starts_at - DISPUTE for each in _in_dispute(event, status, now)]
    found += [each.ends_at for each in _in_dispute(event, status, now)]
    found += [status.doubtful_from] if status.doubtful_from is not None else []
    return min((at for at in found if at > now), default=None)


def _in_dispute(event: EventView, status: EventStatus, now: datetime) -> list[SessionView]:
    return [
        each
        for each in event.sessions
        if each.code in status.disputed and each.status is SessionStatus.SCHEDULED and each.ends_at > now
    ]


def is_disputed(starts_at: datetime, theirs: datetime | None) -> bool:
    """Tell whether a room begins at another time than a session; one that only lasts longer sends nobody astray."""
    return theirs is None or abs(theirs - starts_at) > timedelta(minutes=1)


def their_start(theirs: Mapping[str, object]) -> datetime | None:
    """Return the start (UTC) that a room has, from what is kept of a difference (``starts_at``, ISO 8601)."""
    return _instant(theirs.get("starts_at"))


def their_end(theirs: Mapping[str, object]) -> datetime | None:
    """Return the end (UTC) that a room has (``ends_at``)."""
    return _instant(theirs.get("ends_at"))


def _instant(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
