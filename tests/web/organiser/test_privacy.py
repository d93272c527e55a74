"""What is kept about somebody: taken as a file, consents taken back, all of it erased, by themselves or by staff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, post, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.domain.forms.cast import filled
from tests.handing_in import hand_in, make_edition
from tests.web.machine import forget_database
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.models import AuditEntry, Consent, Draft, Person, StaffMember, WebSession
from wmd.services.consents import give_consent
from wmd.services.drafts import NewDraft, Owner, create_draft

MINE = "/organiser/account"


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast; ana has a draft, a consent and a submission."""
    url = databases.copy(engine_name, tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        dbs: Session = db.session()
        make_cast(dbs, clock.now)
        edition = make_edition(dbs, clock.now)
        hand_in(dbs, edition, filled(contact__address="ana@people.example"), token="one", now=clock.now)
        create_draft(
            dbs, found.extensions["wmd.secretbox"], NewDraft(edition, "two"), Owner("ana"),
            {"texts.en.title": "A title that only Ana knows"}, mint=Mint(), now=clock.now,
        )  # fmt: skip
        give_consent(dbs, "ana", "news", "1", actor="person:ana", now=clock.now)
        dbs.commit()
    yield found
    forget_database(found)
    databases.drop(url)


@pytest.fixture
def dbs(app: Flask) -> Iterator[Session]:
    """A session beside the application, that keeps no writer waiting; ``rollback`` lets it see what is new."""
    with app.app_context():
        engine = db.engine.execution_options(read_only=True)
    with Session(engine) as found:
        yield found


@pytest.fixture
def ana(app: Flask) -> FlaskClient:
    """Ana's browser."""
    client = app.test_client()
    sign_in(client, app, "ana")
    return client


def test_a_person_gets_all_of_it_as_one_file(ana: FlaskClient) -> None:
    assert "/organiser/account/data" in get(ana, f"{MINE}/privacy").get_data(as_text=True)
    answer = get(ana, f"{MINE}/data")
    assert answer.headers["Content-Disposition"] == "attachment; filename=my-data.json"
    assert answer.headers["Cache-Control"] == "no-store"
    found = json.loads(answer.data)
    assert found["person"]["address"] == "ana@people.example"
    assert [draft["typed"] for draft in found["drafts"]] == [{"texts.en.title": "A title that only Ana knows"}]
    assert [row["title"] for row in found["submissions"]] == ["Care in the metropolis"]
    assert b"ben@people.example" not in answer.data


def test_a_draft_whose_key_is_gone_is_still_in_the_file(ana: FlaskClient, dbs: Session) -> None:
    dbs.scalars(select(Draft)).one().sealed = "v1.gone.AAAA.BBBB"
    dbs.commit()
    assert [draft["typed"] for draft in json.loads(get(ana, f"{MINE}/data").data)["drafts"]] == [None]


def test_a_consent_is_taken_back_and_the_proof_stays(ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    assert "News about World Metropolitan Day by mail" in get(ana, f"{MINE}/privacy").get_data(as_text=True)
    clock.now += timedelta(minutes=1)
    for _ in range(2):
        assert post(ana, f"{MINE}/consents/withdraw", {"kind": "news"}).status_code == 303
    assert [row.withdrawn_at for row in dbs.scalars(select(Consent))] == [clock.now]
    assert "Taken back" in get(ana, f"{MINE}/privacy").get_data(as_text=True)
    trail = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "withdraw-consent")).one()
    assert (trail.actor, trail.subject_id, trail.detail) == ("person:ana", "ana", {"news": ["1", ""]})


def test_erasing_asks_twice_and_then_signs_out(app: Flask, ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    assert "ana@people.example" in get(ana, f"{MINE}/erase").get_data(as_text=True)
    answer = post(ana, f"{MINE}/erase")
    assert (answer.status_code, "Tick the box" in answer.get_data(as_text=True)) == (422, True)
    assert dbs.get_one(Person, "ana").erased_at is None

    answer = post(ana, f"{MINE}/erase", {"confirmed": "yes"})
    assert (answer.status_code, answer.location) == (303, f"{MINE}/erased")
    assert "You are erased" in get(ana, f"{MINE}/erased").get_data(as_text=True)
    assert get(ana, f"{MINE}/privacy").status_code == 303
    dbs.rollback()
    person = dbs.get_one(Person, "ana")
    assert (person.name, person.address, person.erased_at) == ("", "", clock.now)
    assert [(e.kind, e.text("person_id"), e.at) for e in app.extensions["wmd.journal"].entries()] == [
        ("erasure", "ana", clock.now)
    ]


def test_a_session_that_somebody_else_found_open_erases_nothing(ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    clock.now += timedelta(minutes=16)
    for answer in (get(ana, f"{MINE}/erase"), post(ana, f"{MINE}/erase", {"confirmed": "yes"})):
        assert (answer.status_code, answer.location) == (303, f"/sign-in?fresh=1&next={MINE}/erase")
    assert dbs.get_one(Person, "ana").erased_at is None


def test_a_mailed_link_alone_erases_nobody_of_the_staff(app: Flask, dbs: Session) -> None:
    mona = app.test_client()
    sign_in(mona, app, "mona")
    for answer in (get(mona, f"{MINE}/erase"), post(mona, f"{MINE}/erase", {"confirmed": "yes"})):
        assert (answer.status_code, answer.location) == (303, f"/sign-in/second-factor?next={MINE}/erase")
    assert dbs.get_one(Person, "mona").erased_at is None
    sign_in(mona, app, "mona", staff=True)
    assert post(mona, f"{MINE}/erase", {"confirmed": "yes"}).status_code == 303
    dbs.rollback()
    assert dbs.get_one(Person, "mona").address == ""


def test_staff_finds_a_person_and_erases_them_with_a_trail(app: Flask, ana: FlaskClient, dbs: Session) -> None:
    adam = app.test_client()
    sign_in(adam, app, "adam", staff=True)
    found = get(adam, "/staff/persons?q=ANA@people").get_data(as_text=True)
    assert ("/staff/persons/ana" in found, "Organisation A" in found, "Ben" in found) == (True, True, False)
    assert b"A title that only Ana knows" in get(adam, "/staff/persons/ana/data").data

    assert post(adam, "/staff/persons/ana/erase").status_code == 422
    answer = post(adam, "/staff/persons/ana/erase", {"confirmed": "yes"})
    assert (answer.status_code, answer.location) == (303, "/staff/persons?done=erased")
    dbs.rollback()
    assert dbs.get_one(Person, "ana").name == ""
    trail = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "erase")).one()
    assert (trail.actor, trail.subject_id) == ("person:adam", "ana")
    assert get(ana, f"{MINE}/privacy").status_code == 303
    assert get(adam, "/staff/persons/ana").status_code == 404
    assert "Nobody found" in get(adam, "/staff/persons?q=ana@people.example").get_data(as_text=True)


def test_the_last_administrator_is_told_why_not(app: Flask, dbs: Session) -> None:
    adam = app.test_client()
    sign_in(adam, app, "adam", staff=True)
    for path in ("/staff/persons/adam/erase", f"{MINE}/erase"):
        answer = post(adam, path, {"confirmed": "yes"})
        assert (answer.status_code, "the last administrator" in answer.get_data(as_text=True)) == (422, True)
    assert dbs.get_one(StaffMember, "adam").disabled_at is None
    assert dbs.get_one(Person, "adam").erased_at is None


def test_a_journal_that_cannot_be_written_does_not_undo_an_erasure(
    app: Flask, ana: FlaskClient, dbs: Session, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    assert post(ana, f"{MINE}/erase", {"confirmed": "yes"}).status_code == 303
    dbs.rollback()
    assert dbs.get_one(Person, "ana").address == ""
    assert dbs.scalars(select(WebSession)).all() == []
