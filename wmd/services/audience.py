"""Who wants mail about an event: those who follow it and those who registered with us, each person once.

Only who confirmed an address counts, and only while the wish stands: nobody who stopped, paused, left or was erased.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true, union
from sqlalchemy.orm import Session

from wmd.models import Attendee, Event, Follow, Person, Registration

#: A place in the event; and with those who wait for one, who want to hear of changes too.
HAS_PLACE: Final = ("registered",)
HAS_OR_WAITS: Final = ("registered", "waiting", "offered")


class Wish(NamedTuple):
    """One person of an event's audience.

    ``wants_since``: since when they follow or are registered, whichever was first. ``chosen``: ids of the sessions they
    registered for, None for all. ``reminders``: rules of their own, None: as the event says.
    """

    person_id: str
    wants_since: datetime
    chosen: tuple[str, ...] | None
    is_registered: bool
    reminders: list[str] | None
    invitations: str

    def is_for(self, session_id: str) -> bool:
        """Whether they want to hear of this session of the event."""
        return self.chosen is None or session_id in self.chosen


class Counts(NamedTuple):
    """How many stand behind an event; who follows and is registered counts in both."""

    followers: int = 0
    registrants: int = 0
    waiting: int = 0


def follow_stands() -> ColumnElement[bool]:
    """Return whether a row of ``follows`` is a wish."""
    return and_(Follow.confirmed_at.is_not(None), Follow.ended_at.is_(None))


def registration_stands(states: Collection[str] = HAS_PLACE) -> ColumnElement[bool]:
    """Return whether a row of ``registrations`` counts."""
    return and_(Registration.state.in_(states), Registration.ended_at.is_(None))


def gets_mail() -> ColumnElement[bool]:
    """Return whether an attendee, joined with their person, wants and can get mail at all."""
    return and_(
        Attendee.confirmed_at.is_not(None), Attendee.paused_at.is_(None), Attendee.left_at.is_(None),
        Person.erased_at.is_(None), Person.address != "",
    )  # fmt: skip


def audience_query(
    event_id: str,
    *,
    after: str = "",
    limit: int,
    states: Collection[str] = HAS_PLACE,
    own_reminders: bool = False,
    followers: bool = True,
) -> Select[Any]:
    """Return the statement for a page of an event's audience: up to ``limit`` people whose id comes after ``after``.

    ``own_reminders``: only who chose reminders of their own. ``followers``: with those who only follow it.
    """
    who = Attendee.reminders.is_not(None) if own_reminders else true()
    registered = and_(
        Registration.event_id == event_id, registration_stands(states), Registration.muted_at.is_(None), who
    )
    follows = _people(Follow, and_(Follow.event_id == event_id, follow_stands(), who), after, limit)
    ids = union(*([follows] if followers else []), _people(Registration, registered, after, limit)).subquery()
    page = select(ids.c.person_id).order_by(ids.c.person_id).limit(limit).subquery()
    return (
        select(
            Attendee.person_id, Follow.confirmed_at, Registration.confirmed_at, Registration.sessions, Registration.id,
            Attendee.reminders, Attendee.invitations,
        )
        .select_from(page)
        .join(Attendee, Attendee.person_id == page.c.person_id)
        .outerjoin(
            Follow, and_(Follow.person_id == page.c.person_id, Follow.event_id == event_id, follow_stands())
        )
        .outerjoin(
            Registration,
            and_(
                Registration.person_id == page.c.person_id, Registration.event_id == event_id,
                registration_stands(states),
            ),
        )
        .order_by(Attendee.person_id)
    )  # fmt: skip


def _people(
    model: type[Follow | Registration], which: ColumnElement[bool], after: str, limit: int
) -> Select[tuple[str]]:
    """Return the ids of the first people behind some wishes; the bound is within, so that no page reads them all."""
    first = (_all_people(model, and_(which, model.person_id > after)).order_by(model.person_id).limit(limit)).subquery()
    return select(first.c.person_id)


def audience_page(
    dbs: Session,
    event_id: str,
    *,
    after: str = "",
    limit: int,
    states: Collection[str] = HAS_PLACE,
    own_reminders: bool = False,
    followers: bool = True,
) -> list[Wish]:
    """Return the next people of an event's audience, ordered by id: call again with the last one's until it is empty.

    One query. ``own_reminders``: only who chose reminders of their own. ``followers``: with those who only follow it.
    """
    rows = dbs.execute(
        audience_query(
            event_id, after=after, limit=limit, states=states, own_reminders=own_reminders, followers=followers
        )
    )
    return [
        Wish(
            person_id, min(at for at in (followed_at, registered_at) if at is not None),
            tuple(sessions) if sessions else None, registration_id is not None, reminders, invitations,
        )
        for person_id, followed_at, registered_at, sessions, registration_id, reminders, invitations in rows
    ]  # fmt: skip


def count_readers(dbs: Session, event_id: str, *, states: Collection[str], followers: bool) -> int:
    """Return how many people :func:`audience_page` gives in all, each once. One query."""
    registered = and_(Registration.event_id == event_id, registration_stands(states), Registration.muted_at.is_(None))
    follows = _all_people(Follow, and_(Follow.event_id == event_id, follow_stands()))
    ids = union(*([follows] if followers else []), _all_people(Registration, registered)).subquery()
    return dbs.scalar(select(func.count()).select_from(ids)) or 0


def _all_people(model: type[Follow | Registration], which: ColumnElement[bool]) -> Select[tuple[str]]:
    return (
        select(model.person_id)
        .join(Attendee, Attendee.person_id == model.person_id)
        .join(Person, Person.id == model.person_id)
        .where(which, gets_mail())
    )


def count_audience(dbs: Session, event_id: str) -> Counts:
    """Return how many follow an event, have a place in it, and wait for one. Two queries."""
    return count_audiences(dbs, [event_id])[event_id]


def count_audiences(dbs: Session, event_ids: Collection[str]) -> Mapping[str, Counts]:
    """Return the counts of several events by their ids. Two queries, however many events."""
    followers = {
        str(event_id): count
        for event_id, count in dbs.execute(
            select(Follow.event_id, func.count())
            .where(Follow.event_id.in_(event_ids), follow_stands())
            .group_by(Follow.event_id)
        )
    }
    has_place = case((Registration.state.in_(HAS_PLACE), True), else_=False)
    registered: dict[tuple[str, bool], int] = {
        (event_id, bool(has)): count
        for event_id, has, count in dbs.execute(
            select(Registration.event_id, has_place, func.count())
            .where(Registration.event_id.in_(event_ids), registration_stands(HAS_OR_WAITS))
            .group_by(Registration.event_id, has_place)
        )
    }
    return {
        event_id: Counts(
            followers.get(event_id, 0), registered.get((event_id, True), 0), registered.get((event_id, False), 0)
        )
        for event_id in event_ids
    }


def have_audience(dbs: Session, event_ids: Collection[str]) -> set[str]:
    """Return those of some events that anybody follows or is registered for. One query, which stops at the first."""
    found = select(Event.id).where(
        Event.id.in_(event_ids),
        or_(
            exists().where(Follow.event_id == Event.id, follow_stands()),
            exists().where(Registration.event_id == Event.id, registration_stands()),
        ),
    )
    return set(dbs.scalars(found))
