"""Whether there is anything to be reminded of: how an event stands for somebody who would follow it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Literal

from wmd.domain.programme import EventView, SessionView
from wmd.domain.vocabulary import SessionStatus

Standing = Literal["ahead", "over", "cancelled", "postponed"]


def standing_of(event: EventView, now: datetime) -> Standing:
    """Return how an event stands at ``now``; "ahead" as long as one of its sessions is to be held and not over."""
    scheduled = [session for session in event.sessions if session.status is SessionStatus.SCHEDULED]
    if any(session.ends_at > now for session in scheduled):
        return "ahead"
    if any(session.status is SessionStatus.POSTPONED for session in event.sessions):
        return "postponed"
    return "over" if scheduled else "cancelled"


def clashes(session: SessionView, among: Iterable[SessionView], *, most: int = 3) -> list[SessionView]:
    """Return what of other events is on at the same time as a session, the first few.

    What is off, or lasts all day, is in nobody's way.
    """
    if not _takes_time(session):
        return []
    found = (
        other
        for other in among
        if other.event_code != session.event_code
        and other.starts_at < session.ends_at
        and session.starts_at < other.ends_at
        and _takes_time(other)
    )
    return list(islice(found, most))


def _takes_time(session: SessionView) -> bool:
    return session.status is SessionStatus.SCHEDULED and not session.all_day
