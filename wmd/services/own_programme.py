"""What a person follows and is registered for: the rows behind their own page and their own calendar."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.models import Edition, Event, Follow, Registration
from wmd.services.follows import MOST, MOST_AT_ONCE


class OwnEvent(NamedTuple):
    """An event of somebody's: followed (``follow_id``), registered for (``registration_id``, ``state``), or both.

    ``chosen``: ids of the sessions they registered for, empty for all.
    """

    edition: str
    code: str
    event_id: str
    follow_id: str = ""
    registration_id: str = ""
    state: str = ""
    chosen: tuple[str, ...] = ()
    muted: bool = False


class OwnFilter(NamedTuple):
    """A filtered programme that somebody hears of; ``query`` is canonical, ``cadence`` daily or weekly."""

    follow_id: str
    edition: str
    query: str
    cadence: str
    since_at: datetime


def own_events(dbs: Session, person_id: str) -> list[OwnEvent]:
    """Return what a person follows and is registered for, hidden and merged events included. Two queries."""
    found: dict[str, OwnEvent] = {}
    follows = (
        select(Edition.slug, Event.code, Event.id, Follow.id)
        .join(Event, Event.id == Follow.event_id)
        .join(Edition, Edition.id == Event.edition_id)
        .where(Follow.person_id == person_id, Follow.confirmed_at.is_not(None), Follow.ended_at.is_(None))
        .order_by(Follow.confirmed_at, Follow.id)
        .limit(MOST)
    )
    for slug, code, event_id, follow_id in dbs.execute(follows).tuples():
        found[event_id] = OwnEvent(slug, code, event_id, follow_id)
    places = (
        select(
            Edition.slug, Event.code, Event.id, Registration.id, Registration.state, Registration.sessions,
            Registration.muted_at,
        )
        .join(Event, Event.id == Registration.event_id)
        .join(Edition, Edition.id == Event.edition_id)
        .where(
            Registration.person_id == person_id,
            Registration.ended_at.is_(None),
            Registration.state.in_(("registered", "waiting", "offered")),
        )
        .order_by(Registration.created_at, Registration.id)
        .limit(MOST)
    )  # fmt: skip
    for slug, code, event_id, registration_id, state, sessions, muted_at in dbs.execute(places).tuples():
        known = found.get(event_id, OwnEvent(slug, code, event_id))
        found[event_id] = known._replace(
            registration_id=registration_id, state=state, chosen=tuple(sessions), muted=muted_at is not None
        )
    return list(found.values())


def own_filters(dbs: Session, person_id: str) -> list[OwnFilter]:
    """Return the filtered programmes that a person hears of. One query."""
    rows = dbs.execute(
        select(Follow.id, Edition.slug, Follow.query, Follow.cadence, Follow.confirmed_at)
        .join(Edition, Edition.id == Follow.edition_id)
        .where(
            Follow.person_id == person_id,
            Follow.event_id.is_(None),
            Follow.confirmed_at.is_not(None),
            Follow.ended_at.is_(None),
        )
        .order_by(Follow.confirmed_at, Follow.id)
        .limit(MOST)
    )
    return [OwnFilter(*row) for row in rows]


class Waiting(NamedTuple):
    """What waits for somebody's button: an event by its code, or a query of an edition."""

    follow_id: str
    edition: str
    code: str
    query: str
    cadence: str


def waiting_wishes(dbs: Session, person_id: str) -> list[Waiting]:
    """Return what waits for a person's button, the oldest first. One query."""
    rows = dbs.execute(
        select(Follow.id, Edition.slug, Event.code, Follow.query, Follow.cadence)
        .join(Edition, Edition.id == Follow.edition_id)
        .outerjoin(Event, Event.id == Follow.event_id)
        .where(Follow.person_id == person_id, Follow.confirmed_at.is_(None), Follow.ended_at.is_(None))
        .order_by(Follow.created_at, Follow.id)
        .limit(MOST_AT_ONCE)
    )
    return [Waiting(follow_id, slug, code or "", query, cadence) for follow_id, slug, code, query, cadence in rows]


def subject_of(dbs: Session, person_id: str, kind: str, identity: str) -> Waiting | None:
    """Return what a link is about that names an event, or one of a person's own follows, ended or not."""
    if kind == "follow":
        row = (
            dbs.execute(
                select(Follow.id, Edition.slug, Event.code, Follow.query, Follow.cadence)
                .join(Edition, Edition.id == Follow.edition_id)
                .outerjoin(Event, Event.id == Follow.event_id)
                .where(Follow.id == identity, Follow.person_id == person_id)
            )
            .tuples()
            .first()
        )
        return Waiting(row[0], row[1], row[2] or "", row[3], row[4]) if row else None
    event = dbs.execute(
        select(Edition.slug, Event.code).join(Edition, Edition.id == Event.edition_id).where(Event.id == identity)
    ).first()
    return Waiting("", event[0], event[1], "", "") if event else None
