"""Following: nothing happens before the button in a mail, and the button does what its page showed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from wmd.errors import InvalidContentError
from wmd.models import Attendee, Change, Event, Follow, Message, Person
from wmd.secretbox import SecretBox
from wmd.services import follows
from wmd.services.attendee_retention import unconfirmed_follows
from wmd.services.attendees import leave, pause
from wmd.services.follows import (
    EventWish,
    FilterWish,
    ask_to_follow,
    confirm_follows,
    end_follow,
    follow,
    waiting_follows,
)
from wmd.services.outbox import hidden_part
from wmd.services.people import find_person
from wmd.services.publishing import Setting

NEW = "Nora@people.example"
KEY = "nora@people.example"


@pytest.fixture
def box(app: Flask) -> SecretBox:
    """The box of the application."""
    found: SecretBox = app.extensions["wmd.secretbox"]
    return found


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast."""
    return make_cast(dbs, NOW)


@pytest.fixture
def codes(dbs: Session, setting: Setting, cast: Cast) -> list[str]:
    """Codes of three events."""
    titles = ("One", "Two", "Three")
    events = [
        documents.event(key=title.lower(), texts={"en": {"title": title, "summary": "", "description": ""}})
        for title in titles
    ]
    documents.apply(dbs, setting, documents.document(*events))
    dbs.commit()
    return list(dbs.scalars(select(Event.code).order_by(Event.key)))


def ask(dbs: Session, box: SecretBox, codes: list[str], address: str = NEW) -> None:
    """Ask for events, as the form does."""
    wishes = [EventWish(code, code) for code in codes]
    ask_to_follow(dbs, address, wishes, language="es", zone="America/Bogota", box=box, now=NOW)
    dbs.commit()


def mailed(dbs: Session, box: SecretBox) -> list[tuple[str, str]]:
    """Return kind and path of every mail, in order."""
    rows = dbs.scalars(select(Message).order_by(Message.created_at, Message.id))
    return [(row.kind, hidden_part(row, box).get("secret", "")) for row in rows]


def secrets_of(dbs: Session, box: SecretBox) -> list[str]:
    """Return the secrets of the buttons that were mailed."""
    return [path.removeprefix("/me/confirm/") for kind, path in mailed(dbs, box) if kind == "follow-confirm"]


def standing(dbs: Session, person_id: str) -> set[str]:
    """Return the codes of what a person follows."""
    dbs.expire_all()
    rows = dbs.execute(
        select(Event.code)
        .join(Follow, Follow.event_id == Event.id)
        .where(Follow.person_id == person_id, Follow.confirmed_at.is_not(None), Follow.ended_at.is_(None))
    )
    return set(rows.scalars())


def nora(dbs: Session) -> Person:
    """Return who asked."""
    found = find_person(dbs, KEY)
    assert found is not None
    return found


def test_asking_changes_nothing_but_mails_one_button(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    ask(dbs, box, codes)
    person = nora(dbs)
    assert (person.language, person.zone, standing(dbs, person.id)) == ("es", "America/Bogota", set())
    assert [kind for kind, _ in mailed(dbs, box)] == ["follow-confirm"]


def test_button_confirms_what_was_kept_and_ends_what_was_not(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    ask(dbs, box, codes)
    person = nora(dbs)
    rows = waiting_follows(dbs, person.id)
    by_id = dict(dbs.execute(select(Event.id, Event.code)).tuples().all())
    kept = [row.id for row in rows if by_id[row.event_id or ""] != codes[1]]
    (secret,) = secrets_of(dbs, box)
    attendee = confirm_follows(dbs, secret, shown=[row.id for row in rows], kept=kept, now=NOW)
    dbs.commit()
    assert attendee is not None
    assert attendee.confirmed_at == NOW
    assert standing(dbs, person.id) == {codes[0], codes[2]}
    assert waiting_follows(dbs, person.id) == []
    assert confirm_follows(dbs, secret, shown=[], kept=[], now=NOW) is None


def test_button_confirms_nothing_that_its_page_did_not_show(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    ask(dbs, box, codes[:1])
    person = nora(dbs)
    shown = [row.id for row in waiting_follows(dbs, person.id)]
    ask(dbs, box, codes[1:])
    confirm_follows(dbs, secrets_of(dbs, box)[0], shown=shown, kept=shown, now=NOW)
    assert standing(dbs, person.id) == {codes[0]}
    assert len(waiting_follows(dbs, person.id)) == 2


def test_button_of_one_confirms_nothing_of_another(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    ask(dbs, box, codes[:1], "one@people.example")
    (secret,) = secrets_of(dbs, box)
    ask(dbs, box, codes)
    ids = [row.id for row in waiting_follows(dbs, nora(dbs).id)]
    confirm_follows(dbs, secret, shown=ids, kept=ids, now=NOW)
    assert standing(dbs, nora(dbs).id) == set()


def test_button_works_for_seven_days(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    ask(dbs, box, codes)
    (secret,) = secrets_of(dbs, box)
    assert confirm_follows(dbs, secret, shown=[], kept=[], now=NOW + timedelta(days=7)) is None


def test_what_waits_stays_as_long_as_the_newest_button_works(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    ask(dbs, box, codes[:1])
    later = [EventWish(codes[1], codes[1])]
    ask_to_follow(dbs, NEW, later, language="es", zone="", box=box, now=NOW + timedelta(days=5))
    dbs.commit()
    due = [len(dbs.execute(unconfirmed_follows(NOW + timedelta(days=days))).all()) for days in (11, 13)]
    assert due == [0, 2]


def test_address_that_is_known_keeps_its_name_language_and_zone(
    dbs: Session, box: SecretBox, cast: Cast, codes: list[str]
) -> None:
    ask(dbs, box, codes, "ANA@people.example")
    ana = dbs.get_one(Person, cast.ana)
    assert (ana.name, ana.language, ana.zone, ana.address) == ("Ana", "en", "", "ana@people.example")


def test_who_follows_it_already_gets_their_link(dbs: Session, box: SecretBox, cast: Cast, codes: list[str]) -> None:
    attendee = Attendee(person_id=cast.ana, created_at=NOW)
    dbs.add(attendee)
    dbs.flush()
    follow(dbs, dbs.get_one(Person, cast.ana), attendee, [EventWish(codes[0], "One")], now=NOW)
    ask(dbs, box, codes[:1], "ana@people.example")
    assert [(kind, path[:4]) for kind, path in mailed(dbs, box)] == [("my-link", "/me/")]


def test_address_gets_a_few_mails_a_day_and_no_more(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    for _ in range(9):
        ask(dbs, box, codes)
    assert len(mailed(dbs, box)) == 6
    ids = [row.id for row in waiting_follows(dbs, nora(dbs).id)]
    confirm_follows(dbs, secrets_of(dbs, box)[0], shown=ids, kept=ids, now=NOW)
    assert standing(dbs, nora(dbs).id) == set(codes)


def test_too_much_at_once_is_refused_and_kept_nowhere(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    with pytest.raises(InvalidContentError) as fault:
        ask(dbs, box, [f"{number:06}" for number in range(5000)])
    assert [each.code for each in fault.value.findings] == ["follow.many"]
    dbs.rollback()
    assert find_person(dbs, KEY) is None


@pytest.mark.parametrize(
    "address", ["ana@people.example\nBcc: ben@people.example", "ana", "a" * 300 + "@x.example", ""]
)
def test_address_that_is_none_is_refused(dbs: Session, box: SecretBox, codes: list[str], address: str) -> None:
    with pytest.raises(InvalidContentError) as fault:
        ask(dbs, box, codes, address)
    assert [each.where for each in fault.value.findings] == ["address"]


def test_proven_person_follows_at_once_up_to_a_bound(dbs: Session, cast: Cast, codes: list[str]) -> None:
    attendee = Attendee(person_id=cast.ana, created_at=NOW)
    dbs.add(attendee)
    dbs.flush()
    ana = dbs.get_one(Person, cast.ana)
    wishes = [EventWish(code, code) for code in codes]
    assert [follow(dbs, ana, attendee, wishes, now=NOW) for _ in range(2)] == [3, 0]
    assert standing(dbs, cast.ana) == set(codes)
    row = dbs.scalars(select(Follow).limit(1)).one()
    filters = [
        {"id": f"x{n}", "person_id": cast.ana, "edition_id": row.edition_id, "query": f"q={n}", "cadence": "daily",
         "created_at": NOW, "confirmed_at": NOW}
        for n in range(follows.MOST - 3)
    ]  # fmt: skip
    dbs.execute(Follow.__table__.insert(), filters)
    with pytest.raises(InvalidContentError) as fault:
        follow(dbs, ana, attendee, [FilterWish("2021", "", "daily", "All")], now=NOW)
    assert [each.code for each in fault.value.findings] == ["follow.full"]


def test_filter_is_told_of_what_comes_after(dbs: Session, cast: Cast, codes: list[str]) -> None:
    attendee = Attendee(person_id=cast.ana, created_at=NOW)
    dbs.add(attendee)
    dbs.flush()
    ana = dbs.get_one(Person, cast.ana)
    newest = max(dbs.scalars(select(Change.id)))
    follow(dbs, ana, attendee, [FilterWish("2021", "topic=care", "daily", "Care")], now=NOW)
    follow(dbs, ana, attendee, [FilterWish("2021", "topic=care", "weekly", "Care")], now=NOW)
    rows = dbs.execute(select(Follow.query, Follow.cadence, Follow.told_change_id)).tuples().all()
    assert [tuple(row) for row in rows] == [("topic=care", "weekly", newest)]


def test_who_left_and_comes_back_gets_mail_again(dbs: Session, box: SecretBox, codes: list[str]) -> None:
    ask(dbs, box, codes)
    person = nora(dbs)
    attendee = dbs.get_one(Attendee, person.id)
    ids = [row.id for row in waiting_follows(dbs, person.id)]
    confirm_follows(dbs, secrets_of(dbs, box)[0], shown=ids, kept=ids, now=NOW)
    pause(dbs, attendee, now=NOW)
    leave(dbs, attendee, now=NOW)
    dbs.commit()
    assert standing(dbs, person.id) == set()
    ask(dbs, box, codes[:1])
    ids = [row.id for row in waiting_follows(dbs, person.id)]
    dbs.refresh(attendee)
    assert attendee.left_at == NOW
    secret = next(
        each for each in secrets_of(dbs, box)[::-1] if confirm_follows(dbs, each, shown=ids, kept=ids, now=NOW)
    )
    assert secret
    assert (attendee.left_at, attendee.paused_at, standing(dbs, person.id)) == (None, None, {codes[0]})


def test_one_ends_only_ones_own(dbs: Session, cast: Cast, codes: list[str]) -> None:
    for one in (cast.ana, cast.ben):
        attendee = Attendee(person_id=one, created_at=NOW)
        dbs.add(attendee)
        dbs.flush()
        follow(dbs, dbs.get_one(Person, one), attendee, [EventWish(codes[0], "One")], now=NOW)
    of_ben = dbs.scalars(select(Follow.id).where(Follow.person_id == cast.ben)).one()
    assert [end_follow(dbs, who, of_ben, now=NOW) for who in (cast.ana, cast.ben, cast.ben)] == [False, True, False]
    assert (standing(dbs, cast.ana), standing(dbs, cast.ben)) == ({codes[0]}, set())
