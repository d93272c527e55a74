"""The contacts of an organisation: invited, accepted, removed, handed over; and closed to everybody else."""

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
from tests.web.organiser.test_account import count_queries
from wmd.db import db
from wmd.models import AuditEntry, Message, OrganisationContact
from wmd.services.outbox import hidden_part

A = "/organiser/organisations/AAAAAA/contacts"
B = "/organiser/organisations/BBBBBB/contacts"


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
    """The browser of the main contact of A."""
    return browser(app, "ana")


def browser(app: Flask, person_id: str) -> FlaskClient:
    """Return somebody's browser."""
    found = app.test_client()
    sign_in(found, app, person_id)
    return found


def link(app: Flask) -> str:
    """Return the link of the invitation that was mailed last."""
    with app.app_context():
        rows = list(db.session.scalars(select(Message).where(Message.kind == "invite").order_by(Message.created_at)))
        return hidden_part(rows[-1], app.extensions["wmd.secretbox"])["secret"]


def press(client: FlaskClient, path: str) -> tuple[int, str]:
    """Open a mailed link and press its button; return the status and where it leads."""
    page = get(client, path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    form = {"csrf_token": find_token(page.get_data(as_text=True)), "t": parse_qs(urlsplit(path).query)["t"][0]}
    answer = client.post(urlsplit(path).path, data=form, base_url="http://wmd.example")
    return answer.status_code, answer.headers.get("Location", "")


def contacts(app: Flask, organisation_id: str = "organisation-a") -> dict[str, bool]:
    """Return who answers for an organisation, and who of them mainly."""
    with app.app_context():
        rows = db.session.scalars(
            select(OrganisationContact).where(
                OrganisationContact.organisation_id == organisation_id, OrganisationContact.removed_at.is_(None)
            )
        )
        return {row.person_id: row.is_main for row in rows}


def trail(app: Flask) -> list[tuple[str, str, str]]:
    """Return the trail."""
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(row.actor, row.action, row.after) for row in rows]


def test_invited_person_becomes_a_contact_by_the_button(app: Flask, client: FlaskClient) -> None:
    assert post(client, A, {"address": "stranger@people.example"}).status_code == 303
    assert "stranger@people.example" in get(client, A).get_data(as_text=True)
    invited = browser(app, "stranger")
    assert get(invited, A).status_code == 404
    for _ in range(3):
        assert get(app.test_client(), link(app)).status_code == 200
    assert press(invited, link(app)) == (303, A)
    assert contacts(app) == {"ana": True, "cleo": False, "stranger": False}
    assert get(invited, A).status_code == 200
    assert press(app.test_client(), link(app))[0] == 410
    assert trail(app) == [
        ("person:ana", "invite-contact", "stranger"), ("person:stranger", "add-contact", "stranger"),
    ]  # fmt: skip


def test_invitation_signs_nobody_in(app: Flask, client: FlaskClient) -> None:
    post(client, A, {"address": "new@people.example"})
    other = app.test_client()
    assert press(other, link(app)) == (303, f"/sign-in?next={A}")
    assert get(other, A).status_code == 303
    assert len(contacts(app)) == 3


def test_invitation_ends_after_two_weeks_when_withdrawn_and_when_renewed(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    post(client, A, {"address": "stranger@people.example"})
    first = link(app)
    clock.now += timedelta(seconds=1)
    post(client, A, {"address": "stranger@people.example"})
    second = link(app)
    assert press(app.test_client(), first)[0] == 410
    assert post(client, f"{A}/stranger/withdraw").status_code == 303
    assert press(app.test_client(), second)[0] == 410
    clock.now += timedelta(seconds=1)
    post(client, A, {"address": "stranger@people.example"})
    third = link(app)
    clock.now += timedelta(days=14)
    assert press(app.test_client(), third)[0] == 410
    assert len(contacts(app)) == 2


def test_contact_is_removed_and_finds_nothing_at_the_next_request(app: Flask, client: FlaskClient) -> None:
    cleo = browser(app, "cleo")
    assert [get(cleo, A).status_code, get(cleo, B).status_code] == [200, 200]
    assert post(client, f"{A}/cleo/remove").status_code == 303
    assert [get(cleo, A).status_code, get(cleo, B).status_code] == [404, 200]
    assert contacts(app) == {"ana": True}


def test_main_and_last_contact_cannot_be_removed(app: Flask, client: FlaskClient) -> None:
    main = post(client, f"{A}/ana/remove")
    assert (main.status_code, "Hand that over" in main.get_data(as_text=True)) == (422, True)
    post(client, f"{A}/cleo/remove")
    last = post(client, f"{A}/ana/remove")
    assert (last.status_code, "the only contact" in last.get_data(as_text=True)) == (422, True)


def test_main_contact_hands_over_and_leaves(app: Flask, client: FlaskClient) -> None:
    assert post(client, f"{A}/cleo/hand-over").status_code == 303
    assert contacts(app) == {"ana": False, "cleo": True}
    assert post(client, f"{A}/ben/hand-over").status_code == 422
    assert post(client, f"{A}/ana/remove").headers["Location"] == "/organiser/account"
    assert contacts(app) == {"cleo": True}


def test_removed_contact_may_be_invited_again(app: Flask, client: FlaskClient) -> None:
    post(client, f"{A}/cleo/remove")
    assert post(client, A, {"address": "cleo@people.example"}).status_code == 303
    assert press(browser(app, "cleo"), link(app)) == (303, A)
    assert contacts(app) == {"ana": True, "cleo": False}


def test_person_of_another_organisation_finds_nothing(app: Flask) -> None:
    ben = browser(app, "ben")
    answers = [
        get(ben, A), post(ben, A, {"address": "evil@people.example"}), post(ben, f"{A}/cleo/remove"),
        post(ben, f"{A}/ben/hand-over"), post(ben, f"{A}/stranger/withdraw"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [404] * 5
    assert [answer for answer in answers if "Organisation A" in answer.get_data(as_text=True)] == []
    assert (contacts(app), trail(app)) == ({"ana": True, "cleo": False}, [])


def test_what_is_wrong_with_an_invitation_is_said(app: Flask, client: FlaskClient) -> None:
    known = post(client, A, {"address": "cleo@people.example"})
    wrong = post(client, A, {"address": "cleo"})
    assert [answer.status_code for answer in (known, wrong)] == [422, 422]
    assert "a contact already" in known.get_data(as_text=True)
    assert 'value="cleo"' in wrong.get_data(as_text=True)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_the_database_the_same_for_one_invitation_and_three(
    app: Flask, client: FlaskClient, rows: int
) -> None:
    for number in range(rows):
        post(client, A, {"address": f"p{number}@people.example"})
    assert count_queries(app, client, A) == 4


def test_who_answers_for_an_organisation_changes_only_from_a_fresh_session(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    before = contacts(app)
    clock.now += timedelta(minutes=16)
    assert get(client, A).status_code == 200
    for path, form in ((A, {"address": "evil@new.example"}), (f"{A}/cleo/remove", {}), (f"{A}/cleo/hand-over", {})):
        answer = post(client, path, form)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in?fresh=1&next={A}")
    assert contacts(app) == before
    with app.app_context():
        assert db.session.scalars(select(Message)).all() == []
