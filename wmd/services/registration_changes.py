"""What people change about their own place: dates and answers while the event takes registrations, and less always.

Taking back what the organiser sees, and leaving out a date, needs nobody's leave: also of an event that is closed,
full or over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.invisible import without_marks
from wmd.errors import InvalidContentError
from wmd.models import Event, EventSession, Registration
from wmd.secretbox import SecretBox
from wmd.services.registration_wishes import (
    CLOSED,
    Said,
    Wanted,
    check_name,
    check_wanted,
    coming_sessions,
    said_by,
    seal_said,
)
from wmd.services.registrations import rewrite, tell_of_dates

_NONE_LEFT = N_("Keep at least one of your dates, or cancel your registration.")


def change_wanted(dbs: Session, row: Registration, wanted: Wanted, *, box: SecretBox, now: datetime) -> None:
    """Let somebody change dates and answers. What the organiser sees of them is not asked here.

    Who was not asked for dates keeps theirs, and dates that are over stay among those they chose. Raises
    InvalidContentError.
    """
    event, said = dbs.get_one(Event, row.event_id), said_by(row, box)
    wanted = replace(wanted, name=said.name, shares_name=row.shares_name)
    check_wanted(dbs, event, wanted, now=now)
    chosen = wanted.sessions
    if chosen is None:
        chosen = tuple(row.sessions)
    elif chosen:
        chosen = (*_past(dbs, row, now), *chosen)
    rewrite(dbs, row, event, replace(wanted, sessions=chosen), box=box, now=now)


def keep_dates(dbs: Session, row: Registration, kept: Collection[str], *, box: SecretBox, now: datetime) -> None:
    """Let somebody leave out dates, whether or not the event takes registrations; ``kept`` are ids of their own.

    Raises InvalidContentError for none, and for one that they do not have.
    """
    own = {session.id for session in own_dates(dbs, row, now=now)}
    if not set(kept) <= own:
        raise InvalidContentError([Finding("register.closed", Level.ERROR, "sessions", CLOSED)])
    if not kept:
        raise InvalidContentError([Finding("register.dates", Level.ERROR, "sessions", _NONE_LEFT)])
    if set(kept) == own:
        return
    before = list(row.sessions)
    row.sessions = [*_past(dbs, row, now), *sorted(kept)]
    dbs.flush()
    tell_of_dates(dbs, row, dbs.get_one(Event, row.event_id), before, box=box, now=now)


def own_dates(dbs: Session, row: Registration, *, now: datetime) -> list[EventSession]:
    """Return the dates that somebody chose and that are still to take place, the first first."""
    coming = coming_sessions(dbs, row.event_id, now=now)
    return [session for session in coming if not row.sessions or session.id in row.sessions]


def _past(dbs: Session, row: Registration, now: datetime) -> list[str]:
    """Return the ids of dates that somebody had and that are over, in the order in which they were."""
    over = dbs.scalars(
        select(EventSession.id)
        .where(EventSession.event_id == row.event_id, EventSession.ends_at <= now)
        .order_by(EventSession.starts_at, EventSession.code)
    )
    return [id_ for id_ in over if not row.sessions or id_ in row.sessions]


def show_to_organiser(
    dbs: Session, row: Registration, name: str, *, shares_name: bool, box: SecretBox, now: datetime
) -> None:
    """Let the organiser see a name and the address, or no more; at any time. Raises InvalidContentError."""
    if found := check_name(name, shares_name=shares_name):
        raise InvalidContentError(found)
    row.answers = seal_said(row.id, Said(without_marks(name), said_by(row, box).answers), box)
    row.shares_name = shares_name
    dbs.flush()
