"""Who registered, as an organiser may see it: counts of all, name and address only of those who agreed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.documents.shape import instant_text
from wmd.domain.documents.write_csv import Cell
from wmd.models import Event, Person, Registration
from wmd.secretbox import SecretBox
from wmd.services.audience import count_audience
from wmd.services.registration_wishes import asked_of, said_by

PAGE: Final = 50
#: Rows that a file reads at once.
_BATCH: Final = 500
#: States that an organiser sees in the list.
LISTED: Final = ("registered", "offered", "waiting")


@dataclass(frozen=True, slots=True)
class Places:
    """How the places of an event stand; ``capacity`` None: no limit. ``unconfirmed`` addresses hold none."""

    capacity: int | None
    registered: int
    offered: int
    waiting: int
    unconfirmed: int
    followers: int
    shared: int


@dataclass(frozen=True, slots=True)
class Registrant:
    """One row of the list. ``name`` and ``address`` are blank for who did not agree to be seen."""

    state: str
    registered_at: datetime
    name: str
    address: str
    answers: Mapping[str, str]
    sessions: tuple[str, ...]

    @property
    def is_shown(self) -> bool:
        """Whether they agreed that the organiser sees who they are."""
        return bool(self.address)


def places_of(dbs: Session, event: Event) -> Places:
    """Return how many have a place, are offered one, wait, or have not confirmed yet. Four queries."""
    found = dict(
        dbs.execute(
            select(Registration.state, func.count())
            .where(Registration.event_id == event.id, Registration.ended_at.is_(None))
            .group_by(Registration.state)
        )
        .tuples()
        .all()
    )
    shared = dbs.scalar(
        select(func.count()).where(
            Registration.event_id == event.id, Registration.state.in_(LISTED), Registration.shares_name
        )
    )
    return Places(
        event.capacity, found.get("registered", 0), found.get("offered", 0), found.get("waiting", 0),
        found.get("unconfirmed", 0), count_audience(dbs, event.id).followers, shared or 0,
    )  # fmt: skip


def registrants(dbs: Session, event: Event, box: SecretBox, *, first: int = 0, limit: int = PAGE) -> list[Registrant]:
    """Return a page of those who have a place or wait for one, in the order in which they came. One query."""
    rows = dbs.execute(
        select(Registration, Person)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.event_id == event.id, Registration.state.in_(LISTED), Person.erased_at.is_(None))
        .order_by(Registration.confirmed_at, Registration.id)
        .offset(first)
        .limit(limit)
    )
    return [_shown(row, person, box) for row, person in rows.tuples()]


def _shown(row: Registration, person: Person, box: SecretBox) -> Registrant:
    said = said_by(row, box)
    name, address = (said.name or person.name, person.address) if row.shares_name else ("", "")
    return Registrant(row.state, row.confirmed_at or row.created_at, name, address, said.answers, tuple(row.sessions))


def registrant_cells(dbs: Session, event: Event, box: SecretBox, codes: Mapping[str, str]) -> Iterator[list[Cell]]:
    """Yield the rows of a file: a head, then each registrant. ``codes`` maps ids of sessions to their codes.

    Who did not agree to be seen is a row without name and address, so that the numbers are right.
    """
    asked = asked_of(event)
    yield ["state", "registered_at", "name", "address", "sessions", *(_label(each.label) for each in asked)]
    first = 0
    while rows := registrants(dbs, event, box, first=first, limit=_BATCH):
        for row in rows:
            yield [
                row.state, instant_text(row.registered_at), row.name, row.address,
                " ".join(codes.get(session_id, "") for session_id in row.sessions),
                *(row.answers.get(each.slug, "") for each in asked),
            ]  # fmt: skip
        first += len(rows)


def _label(label: Mapping[str, str]) -> str:
    return label.get("en") or next(iter(label.values()), "")
