"""Whether an event that registers with us has a place left for who comes now: what its page's button says.

It stands in the status value (``services/status.py``), whose version rises when it turns and not with every place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Select, case, func, or_, select
from sqlalchemy.orm import Session

from wmd.models import Event, Registration
from wmd.services.versions import raise_status

#: States in which a place is taken.
TAKES_PLACE: Final = ("registered", "offered")


def _taken() -> Select[tuple[str]]:
    """Return the codes of events all of whose places are taken, or in which somebody waits: nobody passes them."""
    has_place = func.count(case((Registration.state.in_(TAKES_PLACE), 1)))
    waits = func.count(case((Registration.state == "waiting", 1)))
    return (
        select(Event.code)
        .join(Registration, Registration.event_id == Event.id)
        .where(Event.registration_here, Event.capacity.is_not(None), Registration.ended_at.is_(None))
        .group_by(Event.id, Event.code, Event.capacity)
        .having(or_(has_place >= Event.capacity, waits > 0))
    )


def taken_codes(connection: Connection) -> set[str]:
    """Return the codes of all events without a place for who comes now. One query."""
    return set(connection.scalars(_taken()))


def taken_among(dbs: Session, event_ids: Collection[str]) -> set[str]:
    """Return the codes of those of some events that have no place for who comes now. One query."""
    return set(dbs.scalars(_taken().where(Event.id.in_(sorted(event_ids)))))


@contextmanager
def watch_places(dbs: Session, event: Event) -> Iterator[None]:
    """Raise the status's version when what is done inside takes the last place of an event, or frees one again.

    The event's row is locked by the caller, so that what is read before holds.
    """
    before = dbs.scalar(_taken().where(Event.id == event.id))
    yield
    dbs.flush()
    if dbs.scalar(_taken().where(Event.id == event.id)) != before:
        raise_status(dbs)
