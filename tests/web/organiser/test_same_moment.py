"""Two requests hand in at the very same moment: the one that comes second finds what the first one wrote."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy import event, func, select
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.cast import csrf_token
from tests.conftest import Clock, Engine
from tests.domain.forms.cast import filled
from tests.handing_in import hand_in, make_edition
from wmd.models import Edition, Message, Person, Submission

TOKEN = "form-token-of-a-test"


@pytest.fixture
def edition(dbs: Session, clock: Clock) -> Edition:
    """The edition of 2021, open."""
    found = make_edition(dbs, clock.now)
    dbs.commit()
    return found


@pytest.fixture
def faults(dbs: Session) -> list[str]:
    """What the database refused, by the name of the error."""
    engine, found = dbs.get_bind(), []
    assert isinstance(engine, DatabaseEngine)

    def note(context: ExceptionContext) -> None:
        found.append(type(context.sqlalchemy_exception).__name__)

    event.listen(engine, "handle_error", note)
    return found


def hand_in_twice(
    app: Flask, dbs: Session, edition: Edition, clock: Clock, typed: dict[str, str], token: str
) -> tuple[str, TestResponse]:
    """Write a form and, before that is committed, post another one; return the first number and the second answer."""
    client: FlaskClient = app.test_client()
    form = {**typed, "csrf_token": csrf_token(client), "form_token": token, "version": "0", "action": "hand-in"}
    answers: list[TestResponse] = []
    # A form that is filled in within seconds looks like a machine's.
    clock.now += timedelta(minutes=9)
    first = hand_in(dbs, edition, filled(), token=TOKEN, now=clock.now)
    other = threading.Thread(
        target=lambda: answers.append(client.post("/2021/submit", data=form, base_url="http://wmd.example"))
    )
    other.start()
    # Long enough for the other to come to where it must wait for this transaction.
    other.join(1)
    assert answers == []
    dbs.commit()
    other.join(60)
    (answer,) = answers
    return first.number, answer


def count(dbs: Session, model: type) -> int | None:
    return dbs.scalar(select(func.count()).select_from(model))


def test_same_form_gets_the_receipt_of_the_first(
    app: Flask, dbs: Session, edition: Edition, clock: Clock, faults: list[str]
) -> None:
    number, answer = hand_in_twice(app, dbs, edition, clock, filled(), TOKEN)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/2021/submit/thanks?r={number}")
    assert (count(dbs, Submission), count(dbs, Person), count(dbs, Message)) == (1, 1, 1)
    # It waited for its turn: nothing was written and refused.
    assert faults == []


def test_another_form_of_the_same_new_person_is_taken_for_that_person(
    app: Flask, dbs: Session, edition: Edition, clock: Clock, faults: list[str], engine_name: Engine
) -> None:
    typed = filled(texts__en__title="A second event of hers")
    number, answer = hand_in_twice(app, dbs, edition, clock, typed, "another-form-token")
    assert answer.status_code == 303
    assert answer.headers["Location"] != f"/2021/submit/thanks?r={number}"
    rows = dbs.execute(select(Submission.title, Submission.person_id).order_by(Submission.title)).tuples().all()
    assert [title for title, _ in rows] == ["A second event of hers", "Care in the metropolis"]
    assert {person for _, person in rows} == set(dbs.scalars(select(Person.id)))
    # SQLite lets nobody begin to write meanwhile; PostgreSQL refuses the second person, and the form is taken again.
    assert faults == ([] if engine_name == "sqlite" else ["IntegrityError"])
