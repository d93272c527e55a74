"""Who wants mail about an event: each person once, and nobody who does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.attendees import attend, follow, register
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.mails import count_statements
from wmd.models import Event, Person
from wmd.services.audience import (
    HAS_OR_WAITS,
    Counts,
    Wish,
    audience_page,
    count_audience,
    count_audiences,
    have_audience,
)
from wmd.services.publishing import Setting

DAY = timedelta(days=1)


@pytest.fixture
def events(dbs: Session, setting: Setting) -> list[Event]:
    """Three events: of the first much is known, of the second a little, of the third nothing."""
    documents.apply(dbs, setting, documents.document(*(documents.event(key) for key in ("one", "two", "three"))))
    by_key = {event.key: event for event in dbs.scalars(select(Event))}
    return [by_key[key] for key in ("one", "two", "three")]


def test_each_person_is_there_once_with_what_they_asked_for(dbs: Session, events: list[Event]) -> None:
    one, two, _ = events
    attend(dbs, "both", NOW, reminders=["start"], invitations="publish")
    attend(dbs, "follower", NOW)
    attend(dbs, "registrant", NOW)
    follow(dbs, "both", one, NOW + DAY)
    register(dbs, "both", one, NOW, sessions=["s2"])
    follow(dbs, "follower", one, NOW)
    register(dbs, "registrant", one, NOW - DAY)
    follow(dbs, "registrant", two, NOW - 9 * DAY)
    dbs.commit()
    found = audience_page(dbs, one.id, limit=10)
    assert found == [
        Wish("both", NOW, ("s2",), True, ["start"], "publish"),
        Wish("follower", NOW, None, False, None, "request"),
        Wish("registrant", NOW - DAY, None, True, None, "request"),
    ]
    assert [(wish.is_for("s1"), wish.is_for("s2")) for wish in found] == [(False, True), (True, True), (True, True)]


def test_nobody_is_there_whose_wish_does_not_stand(dbs: Session, events: list[Event]) -> None:
    one = events[0]
    people: dict[str, dict[str, object]] = {
        "paused": {"paused_at": NOW}, "left": {"left_at": NOW}, "unconfirmed": {"confirmed_at": None}, "erased": {},
        "unfollowed": {}, "asked": {}, "cancelled": {}, "waits": {}, "offered": {}, "lapsed": {}, "stands": {},
        "muted": {},
    }  # fmt: skip
    for name, changes in people.items():
        attend(dbs, name, NOW, **changes)
    for name in ("paused", "left", "unconfirmed", "erased", "stands"):
        follow(dbs, name, one, NOW)
    follow(dbs, "unfollowed", one, NOW, ended_at=NOW)
    follow(dbs, "asked", one, NOW, confirmed_at=None)
    register(dbs, "cancelled", one, NOW, state="cancelled", ended_at=NOW)
    register(dbs, "lapsed", one, NOW, state="lapsed", ended_at=NOW)
    # Their place counts, but they want no mail about it.
    register(dbs, "muted", one, NOW, muted_at=NOW)
    register(dbs, "waits", one, NOW, state="waiting")
    register(dbs, "offered", one, NOW, state="offered", offered_until=NOW + DAY)
    register(dbs, "asked", one, NOW, state="unconfirmed", confirmed_at=None)
    erased = dbs.get_one(Person, "erased")
    erased.erased_at, erased.address = NOW, ""
    dbs.commit()
    assert [wish.person_id for wish in audience_page(dbs, one.id, limit=99)] == ["stands"]
    waiting = audience_page(dbs, one.id, limit=99, states=HAS_OR_WAITS)
    assert [wish.person_id for wish in waiting] == ["offered", "stands", "waits"]
    assert count_audience(dbs, one.id) == Counts(followers=5, registrants=1, waiting=2)


def test_who_came_back_counts_from_then_on(dbs: Session, events: list[Event]) -> None:
    attend(dbs, "back", NOW)
    follow(dbs, "back", events[0], NOW - 5 * DAY, ended_at=NOW - 4 * DAY)
    follow(dbs, "back", events[0], NOW)
    dbs.commit()
    assert [wish.wants_since for wish in audience_page(dbs, events[0].id, limit=9)] == [NOW]


def test_pages_follow_one_another_without_gap_or_repetition(dbs: Session, events: list[Event]) -> None:
    names = [f"p{number:02}" for number in range(25)]
    for number, name in enumerate(names):
        # Who must be passed over stands between the others: no page may take them for the end.
        attend(dbs, name, NOW, paused_at=NOW if number % 5 == 1 else None)
        (follow if number % 2 else register)(dbs, name, events[0], NOW)
    dbs.commit()
    found: list[str] = []
    while page := audience_page(dbs, events[0].id, after=found[-1] if found else "", limit=3):
        assert len(page) <= 3
        found += [wish.person_id for wish in page]
    assert found == [name for number, name in enumerate(names) if number % 5 != 1]


@pytest.mark.parametrize("people", [1, 3])
def test_cost_does_not_depend_on_how_many_there_are(dbs: Session, events: list[Event], people: int) -> None:
    for number in range(people):
        attend(dbs, f"p{number}", NOW)
        follow(dbs, f"p{number}", events[0], NOW)
        register(dbs, f"p{number}", events[1], NOW)
    dbs.commit()
    one, two, three = (event.id for event in events)
    ids = [one, two, three][:people]
    with count_statements(dbs) as count:
        assert len(audience_page(dbs, one, limit=10)) == people
        assert count() == 1
        assert count_audience(dbs, two) == Counts(0, people, 0)
        assert count() == 3
        assert [counts.followers for counts in count_audiences(dbs, ids).values()][:1] == [people]
        assert count() == 5
        assert have_audience(dbs, [one, two, three]) == {one, two}
        assert count() == 6
