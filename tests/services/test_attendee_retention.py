"""What is kept of attendees, and until when: 30 days after their last event, and 7 where nobody confirmed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock
from wmd.jobs import run_job
from wmd.models import Attendee, AuditEntry, Event, Follow, Message, Person, PersonalFeed, Registration
from wmd.services.attendees import attendee_for
from wmd.services.erasure import erase_attendee
from wmd.services.follows import EventWish, FilterWish, ask_to_follow, follow
from wmd.services.person_data import person_document
from wmd.services.personal_feeds import make_feed, owner_of_feed
from wmd.services.publishing import Setting

DAY = timedelta(days=1)
NORA = "nora@people.example"


@pytest.fixture
def cast(dbs: Session, setting: Setting) -> Cast:
    """The cast, and one event that ends on 20 November."""
    cast = make_cast(dbs, NOW)
    event = documents.event(
        sessions=[documents.session(starts="2021-11-20T15:00", ends="2021-11-20T16:00", time_text="")]
    )
    documents.apply(dbs, setting, documents.document(event))
    dbs.commit()
    return cast


@pytest.fixture
def after(app: Flask, dbs: Session, clock: Clock) -> Callable[[int], None]:
    """Run the job so many days later."""

    def run(days: int) -> None:
        dbs.commit()
        clock.now = NOW + days * DAY
        run_job(app, "retention")
        dbs.expire_all()

    return run


def a_wish(dbs: Session) -> EventWish:
    return EventWish(dbs.scalars(select(Event.code)).one(), "Care")


def joined(dbs: Session, address: str, *wishes: EventWish | FilterWish) -> Person:
    """Have somebody follow."""
    person, attendee = attendee_for(dbs, address, language="en", zone="UTC", now=NOW)
    follow(dbs, person, attendee, wishes, now=NOW)
    return person


def test_attendee_goes_30_days_after_the_last_event(dbs: Session, cast: Cast, after: Callable[[int], None]) -> None:
    person = joined(dbs, NORA, a_wish(dbs))
    make_feed(dbs, person.id, box=documents.BOX, now=NOW)
    # 20 November is 44 days away.
    after(73)
    assert (person.address, dbs.get(Attendee, person.id) is not None) == (NORA, True)
    after(75)
    assert (person.address, person.address_key, person.zone, person.erased_at) == ("", None, "", NOW + 75 * DAY)
    assert [dbs.scalars(select(model)).all() for model in (Attendee, Follow)] == [[], []]
    assert [row.person_id for row in dbs.scalars(select(PersonalFeed))] == [None]


def test_address_that_nobody_confirmed_goes_after_a_week(
    app: Flask, dbs: Session, cast: Cast, after: Callable[[int], None]
) -> None:
    box = app.extensions["wmd.secretbox"]
    ask_to_follow(dbs, NORA, [a_wish(dbs)], language="en", zone="UTC", box=box, now=NOW)
    person = dbs.scalars(select(Person).where(Person.address_key == NORA)).one()
    after(6)
    assert (person.address, len(dbs.scalars(select(Follow)).all())) == (NORA, 1)
    after(8)
    # First the wish goes, and with it what the address was kept for.
    assert (person.address, dbs.scalars(select(Follow)).all(), dbs.scalars(select(Attendee)).all()) == ("", [], [])
    assert {row.sealed for row in dbs.scalars(select(Message).where(Message.kind == "follow-confirm"))} == {""}


def test_contact_who_followed_stays_a_contact(dbs: Session, cast: Cast, after: Callable[[int], None]) -> None:
    joined(dbs, "ana@people.example", a_wish(dbs))
    after(75)
    ana = dbs.get_one(Person, cast.ana)
    assert (ana.name, ana.address, dbs.get(Attendee, cast.ana)) == ("Ana", "ana@people.example", None)


def test_who_follows_a_selection_stays_as_long_as_its_edition_has_days(
    dbs: Session, cast: Cast, after: Callable[[int], None]
) -> None:
    person = joined(dbs, NORA, FilterWish("2021", "", "weekly", "all"))
    after(53)
    assert person.address == NORA
    after(60)
    assert person.address == ""


def test_registration_keeps_its_person_too(dbs: Session, cast: Cast, after: Callable[[int], None]) -> None:
    person = joined(dbs, NORA)
    event = dbs.scalars(select(Event)).one()
    dbs.get_one(Attendee, person.id).confirmed_at = NOW
    dbs.add(
        Registration(
            id="r", person_id=person.id, event_id=event.id, state="registered", created_at=NOW, confirmed_at=NOW
        )
    )  # fmt: skip
    after(73)
    assert person.address == NORA
    after(75)
    assert (person.address, dbs.scalars(select(Registration)).all()) == ("", [])


def test_erasing_a_contact_as_an_attendee_leaves_the_contact(
    dbs: Session, cast: Cast, setting: Setting, app: Flask
) -> None:
    joined(dbs, "ana@people.example", a_wish(dbs))
    secret = make_feed(dbs, cast.ana, box=app.extensions["wmd.secretbox"], now=NOW)
    ana = dbs.get_one(Person, cast.ana)
    assert erase_attendee(dbs, ana, setting, actor="person:ana", now=NOW) is False
    assert (ana.address, owner_of_feed(dbs, secret).standing) == ("ana@people.example", "revoked")
    assert [dbs.scalars(select(model)).all() for model in (Attendee, Follow)] == [[], []]
    assert dbs.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "erase-attendee"


def test_person_gets_what_is_kept_of_them_as_an_attendee(dbs: Session, cast: Cast) -> None:
    wish = a_wish(dbs)
    person = joined(dbs, NORA, wish, FilterWish("2021", "topic=gender-equality", "daily", "x"))
    joined(dbs, "otis@people.example", wish)
    document = person_document(dbs, person, open_draft=lambda _: None, open_answers=lambda _: "said", now=NOW)
    attendee = document["attendee"]
    assert isinstance(attendee, dict)
    assert sorted((row["event"], row["query"]) for row in attendee["follows"] if row["event"]) == [(wish.code, "")]
    assert [(row["query"], row["cadence"]) for row in attendee["follows"] if not row["event"]] == [
        ("topic=gender-equality", "daily")
    ]
    assert "otis" not in str(document)
