"""Who is in the staff: administrators add, change and disable; what they change holds at the next request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, post, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import AuditEntry, Message, Person, StaffMember


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast."""
    url = databases.copy(engine_name, tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        make_cast(db.session(), clock.now)
    yield found
    forget_database(found)
    databases.drop(url)


@pytest.fixture
def dbs(app: Flask) -> Iterator[Session]:
    """A session beside the application."""
    with app.app_context():
        engine = db.engine
    with Session(engine) as found:
        yield found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The administrator's browser."""
    found = app.test_client()
    sign_in(found, app, "adam", staff=True)
    return found


def trail(dbs: Session) -> list[tuple[str, str, str, str, str]]:
    """Return the trail of changes of the staff."""
    dbs.expire_all()
    return [
        (row.actor, row.action, row.subject_id, row.before, row.after)
        for row in dbs.scalars(select(AuditEntry).order_by(AuditEntry.id))
    ]


def test_administrator_adds_a_moderator_of_one_region_and_two_languages(
    app: Flask, dbs: Session, client: FlaskClient
) -> None:
    form = {
        "address": "Nia@People.Example", "name": "Nia", "role": "moderator", "regions": "africa", "languages": "fr, en",
    }  # fmt: skip
    # Who adds somebody chooses the role: none is chosen before.
    assert get(client, "/staff/people").text.count(" checked") == 0
    answer = post(client, "/staff/people", form)
    assert answer.status_code == 303
    assert "Nia was added, and is written to" in get(client, answer.location).text
    person = dbs.scalars(select(Person).where(Person.address_key == "nia@people.example")).one()
    member = dbs.get_one(StaffMember, person.id)
    assert (member.role, member.regions, member.languages) == ("moderator", ["africa"], ["en", "fr"])
    assert trail(dbs) == [("person:adam", "staff-added", person.id, "", "moderator")]
    assert dbs.execute(select(Message.kind, Message.person_id)).tuples().all() == [("staff-added", person.id)]
    page = get(client, "/staff/people").get_data(as_text=True)
    assert [word for word in ("Nia", "Africa", "French", "no second step yet") if word not in page] == []


def test_what_is_wrong_is_said_and_what_was_typed_stays(dbs: Session, client: FlaskClient) -> None:
    form = {"address": "mona@people.example", "name": "", "role": "owner", "regions": "mars", "languages": "xx"}
    answer = post(client, "/staff/people", form)
    page = answer.get_data(as_text=True)
    wanted = ("Choose a role", "There is no region “mars”", "There is no language “xx”", "Give a name", 'value="xx"')
    assert (answer.status_code, [words for words in wanted if words not in page]) == (422, [])
    known = post(client, "/staff/people", {"address": "mona@people.example", "name": "M", "role": "reader"})
    assert (known.status_code, "in the staff already" in known.get_data(as_text=True)) == (422, True)
    assert trail(dbs) == []


def test_changed_role_holds_at_the_next_request(app: Flask, dbs: Session, client: FlaskClient) -> None:
    other = app.test_client()
    sign_in(other, app, "mona", staff=True)
    assert get(other, "/staff/people").status_code == 403
    assert post(client, "/staff/people/mona", {"role": "administrator"}).status_code == 303
    assert get(other, "/staff/people").status_code == 200
    assert post(client, "/staff/people/mona", {"role": "reader"}).status_code == 303
    assert get(other, "/staff/people").status_code == 403
    assert [row[3:] for row in trail(dbs)] == [("moderator", "administrator"), ("administrator", "reader")]


def test_disabled_member_is_out_at_once_and_comes_back_with_a_new_second_step(
    app: Flask, dbs: Session, client: FlaskClient
) -> None:
    other = app.test_client()
    sign_in(other, app, "mona", staff=True)
    assert post(client, "/staff/people/mona/disable").status_code == 303
    assert get(other, "/sign-in/second-factor").headers["Location"].startswith("/sign-in?next=")
    again = app.test_client()
    sign_in(again, app, "mona", staff=True)
    assert get(again, "/sign-in/second-factor").status_code == 403
    assert post(client, "/staff/people/mona/enable").status_code == 303
    dbs.expire_all()
    assert dbs.get_one(StaffMember, "mona").totp_confirmed_at is None
    assert [row[1] for row in trail(dbs)] == ["staff-disabled", "staff-enabled"]


@pytest.mark.parametrize(("path", "form"), [("", {"role": "moderator"}), ("/disable", {})])
def test_last_administrator_stays(dbs: Session, client: FlaskClient, path: str, form: dict[str, str]) -> None:
    answer = post(client, f"/staff/people/adam{path}", form)
    assert (answer.status_code, "the only administrator" in answer.get_data(as_text=True)) == (422, True)
    assert trail(dbs) == []


def test_command_adds_lists_and_disables(app: Flask, dbs: Session) -> None:
    runner = app.test_cli_runner()
    add = ["staff", "add", "first@people.example", "--name", "First", "--role", "administrator"]
    assert runner.invoke(args=add).output == (
        "first@people.example is in the staff as administrator and signs in at http://wmd.example/sign-in.\n"
    )
    assert "in the staff already" in runner.invoke(args=add).output
    assert runner.invoke(args=["staff", "disable", "rita@people.example"]).exit_code == 0
    listed = runner.invoke(args=["staff", "list"]).output.splitlines()
    assert listed == [
        "administrator  adam@people.example  Adam",
        "administrator  first@people.example  First  (no second factor yet)",
        "moderator      mona@people.example  Mona",
        "disabled       rita@people.example  Rita",
    ]
    assert runner.invoke(args=["staff", "disable", "nobody@people.example"]).exit_code == 1
    assert runner.invoke(args=["staff", "add", "no address", "--name", "X", "--role", "reader"]).exit_code == 1
    assert [row[0] for row in trail(dbs)] == ["command", "command"]
    # Who was refused is not written to.
    first = dbs.scalars(select(Person.id).where(Person.name == "First")).one()
    mails = select(Message.kind, Message.person_id, Message.cause)
    assert dbs.execute(mails).tuples().all() == [("staff-added", first, "command")]
