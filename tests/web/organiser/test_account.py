"""One's own account: what is changed there, the sessions that are ended there, and how an address moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import find_token, get, make_cast, post, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import AuditEntry, MailToken, Message, Person, WebSession
from wmd.services.mail_tokens import Purpose, issue
from wmd.services.outbox import hidden_part

HERE = "/organiser/account"


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
def client(app: Flask) -> FlaskClient:
    """The browser of a contact."""
    found = app.test_client()
    sign_in(found, app, "ana")
    return found


def person(app: Flask, person_id: str = "ana") -> tuple[str, str, str, str, str | None]:
    """Return what the table of people holds of somebody."""
    with app.app_context():
        row = db.session.get_one(Person, person_id)
        return row.name, row.language, row.zone, row.address, row.address_key


def mails(app: Flask) -> list[tuple[str, str | None, dict[str, str]]]:
    """Return the kind, the person and the hidden part of every mail that waits."""
    with app.app_context():
        rows = db.session.scalars(select(Message).where(Message.state == "queued").order_by(Message.created_at))
        return [(row.kind, row.person_id, hidden_part(row, app.extensions["wmd.secretbox"])) for row in rows]


def press(client: FlaskClient, link: str) -> int:
    """Open a mailed link and press its button."""
    page = get(client, link).get_data(as_text=True)
    form = {"csrf_token": find_token(page), "t": parse_qs(urlsplit(link).query)["t"][0]}
    return client.post(urlsplit(link).path, data=form, base_url="http://wmd.example").status_code


def test_name_language_and_zone_are_changed_and_the_trail_names_no_one(app: Flask, client: FlaskClient) -> None:
    form = {"name": " Ana  Example ", "language": "es", "zone": "America/Bogota"}
    assert post(client, HERE, form).status_code == 303
    assert person(app)[:3] == ("Ana Example", "es", "America/Bogota")
    with app.app_context():
        (row,) = db.session.scalars(select(AuditEntry))
        assert (row.actor, row.subject_id, row.detail) == (
            "person:ana", "ana", {key: ["changed", "changed"] for key in ("name", "language", "zone")},
        )  # fmt: skip


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(app: Flask, client: FlaskClient) -> None:
    answer = post(client, HERE, {"name": " ", "language": "xx", "zone": "Mars/Base", "address": "x@y.example"})
    page = answer.get_data(as_text=True)
    wanted = ("Give your name", "Choose one of the languages", "This is not a time zone", 'value="Mars/Base" selected')
    assert (answer.status_code, [words for words in wanted if words not in page]) == (422, [])
    assert person(app) == ("Ana", "en", "", "ana@people.example", "ana@people.example")


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(app: Flask, client: FlaskClient) -> None:
    others = [app.test_client() for _ in range(3)]
    ids = [sign_in(other, app, "ana") for other in others]
    of_ben = app.test_client()
    bens = sign_in(of_ben, app, "ben")
    assert get(client, HERE).get_data(as_text=True).count("Firefox, Linux") == 4
    assert post(client, f"{HERE}/sessions/{ids[0]}/end").status_code == 303
    assert [get(other, HERE).status_code for other in others] == [303, 200, 200]
    assert post(client, f"{HERE}/sessions/{bens}/end").status_code == 404
    assert post(client, f"{HERE}/sessions/end-others").status_code == 303
    assert [get(other, HERE).status_code for other in [*others, client, of_ben]] == [303, 303, 303, 200, 200]


def test_new_address_holds_after_its_button_and_the_old_one_is_told(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    assert post(client, f"{HERE}/address", {"address": "Ana@New.Example"}).status_code == 303
    assert person(app)[3] == "ana@people.example"
    ((kind, whose, hidden),) = mails(app)
    assert (kind, whose, hidden["to"]) == ("change-address", None, "Ana@new.example")
    with app.app_context():
        assert "new.example" not in repr([vars(row) for row in db.session.scalars(select(AuditEntry))])
    with app.app_context():
        purposes: tuple[Purpose, ...] = ("sign-in", "confirm-submission", "invite", "co-organiser")
        for purpose in purposes:
            issue(db.session(), purpose, "ana", "x", timedelta(days=14), clock.now)
        db.session.commit()
    elsewhere = app.test_client()
    assert press(elsewhere, hidden["secret"]) == 303
    with app.app_context():
        unused = db.session.scalars(select(MailToken).where(MailToken.used_at.is_(None)))
        assert [row.revoked_at for row in unused] == [clock.now] * 4
    assert person(app)[3:] == ("Ana@new.example", "ana@new.example")
    assert [(kind, hidden.get("to")) for kind, _, hidden in mails(app)][1:] == [
        ("address-changed", "ana@people.example")
    ]
    assert get(client, HERE).status_code == 303
    assert press(elsewhere, hidden["secret"]) == 410


def test_address_of_somebody_else_is_neither_told_nor_taken(app: Flask, client: FlaskClient) -> None:
    assert post(client, f"{HERE}/address", {"address": "ben@people.example"}).status_code == 303
    ((_, _, hidden),) = mails(app)
    assert press(app.test_client(), hidden["secret"]) == 410
    assert [person(app)[3], person(app, "ben")[3]] == ["ana@people.example", "ben@people.example"]


def test_address_cannot_be_changed_from_a_session_that_is_not_fresh(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    staff = app.test_client()
    sign_in(staff, app, "mona", staff=True)
    clock.now += timedelta(minutes=16)
    found = [
        (answer.status_code, answer.headers["Location"])
        for browser in (client, staff)
        for answer in (
            get(browser, f"{HERE}/address"), post(browser, f"{HERE}/address", {"address": "evil@new.example"}),
        )
    ]  # fmt: skip
    assert found == [
        *[(303, f"/sign-in?fresh=1&next={HERE}/address")] * 2,
        *[(303, f"/sign-in/second-factor?next={HERE}/address")] * 2,
    ]  # fmt: skip
    assert mails(app) == []
    page = get(client, f"/sign-in?fresh=1&next={HERE}/address").get_data(as_text=True)
    assert ("sign in once more" in page, "Continue" in page) == (True, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_account_asks_the_database_the_same_for_one_session_and_three(app: Flask, rows: int) -> None:
    for _ in range(rows - 1):
        sign_in(app.test_client(), app, "cleo")
    client = app.test_client()
    sign_in(client, app, "cleo")
    assert count_queries(app, client, HERE) == 3


def count_queries(app: Flask, client: FlaskClient, path: str) -> int:
    """Return how many statements a page takes."""
    from sqlalchemy import event

    statements: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    assert get(client, path).status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    return len(statements)


def test_erased_person_is_signed_out(app: Flask, client: FlaskClient, clock: Clock) -> None:
    with app.app_context():
        db.session.get_one(Person, "ana").erased_at = clock.now
        db.session.commit()
    assert get(client, HERE).status_code == 303
    with app.app_context():
        assert db.session.query(WebSession).count() == 1
