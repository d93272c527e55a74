"""Those who registered, as their organiser and the moderators see them in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from tests.cast import Cast, get, make_cast, post, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.services.test_registrations import NOW, join
from tests.submissions import MONA, propose, seen
from tests.web.machine import forget_database
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.content import RegistrationContent, SignUpQuestionContent
from wmd.domain.vocabulary import RegistrationState
from wmd.models import Event, RegistrantLetter, Registration, StaffMember, Submission
from wmd.services.standing import Means
from wmd.services.verdicts import approve

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast, and an event of A that registers with us, with two people registered."""
    url = databases.copy(engine_name, tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        dbs, box = db.session(), found.extensions["wmd.secretbox"]
        event = publish(found, make_cast(dbs, clock.now), clock)
        lift = event.registration_questions[0]["id"]
        join(dbs, box, event, "seen", now=clock.now, name=HOSTILE, shares_name=True, answers={lift: "=1+1"})
        join(dbs, box, event, "unseen", now=clock.now, name="Hidden Name", answers={lift: "no"})
    yield found
    forget_database(found)
    databases.drop(url)


def publish(app: Flask, cast: Cast, clock: Clock) -> Event:
    """Publish an event of organisation A that registers with us."""
    dbs = db.session()
    question = SignUpQuestionContent("", {"en": "Do you need a lift?"})
    row = propose(
        dbs, cast, clock.now, capacity=2,
        registration=RegistrationContent(RegistrationState.OPEN, with_us=True, questions=(question,)),
    )  # fmt: skip
    means = Means(publishing_setting(app), app.extensions["wmd.secretbox"])
    approve(dbs, seen(dbs, row), means, actor=MONA, now=clock.now)
    dbs.commit()
    return dbs.scalars(select(Event)).one()


@pytest.fixture
def here(app: Flask) -> str:
    """The path of the page."""
    with app.app_context():
        return f"/organiser/submissions/{db.session.scalars(select(Submission.id)).one()}/registrants"


def browser(app: Flask, person_id: str, *, staff: bool = False) -> FlaskClient:
    """Return somebody's browser."""
    found = app.test_client()
    sign_in(found, app, person_id, staff=staff)
    return found


def test_page_shows_counts_and_who_agreed_and_nobody_else(app: Flask, here: str) -> None:
    page = get(browser(app, "ana"), here)
    text = page.get_data(as_text=True)

    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert ("2 of 2" in text, "seen@people.example" in text, HOSTILE in text) == (True, True, False)
    assert ("Hidden Name" in text, "unseen@" in text, "not shared" in text) == (False, False, True)


def test_long_answers_are_folded_and_times_are_in_the_zone_of_the_edition(app: Flask, here: str) -> None:
    with app.app_context():
        dbs, box = db.session(), app.extensions["wmd.secretbox"]
        event = dbs.scalars(select(Event)).one()
        event.capacity = 3
        lift = event.registration_questions[0]["id"]
        join(dbs, box, event, "long", now=NOW, answers={lift: "word " * 100})
        dbs.commit()
    text = get(browser(app, "ana"), here).get_data(as_text=True)
    table = text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count('<details class="long" dir="auto">') == 1
    assert ("(Madrid, UTC+2)" in table, "UTC)" in table) == (True, False)
    assert table.count('data-label="Do you need a lift"') == 3


def test_nobody_is_offered_a_letter_to_nobody(app: Flask, here: str) -> None:
    with app.app_context():
        dbs = db.session()
        dbs.execute(delete(Registration))
        dbs.execute(update(Event).values(registration_here=False))
        dbs.commit()
    text = get(browser(app, "ana"), here).get_data(as_text=True)
    assert ("Write to them" in text, "appears here, by name" in text) == (False, False)
    assert "Nobody is registered here." in text


def test_organisation_b_finds_nothing(app: Flask, here: str) -> None:
    client = browser(app, "ben")

    assert [get(client, path).status_code for path in (here, f"{here}/registrants.csv")] == [404, 404]
    assert post(client, here, {"subject": "x", "body": "y", "form_token": "t"}).status_code == 404


def test_file_opens_in_a_spreadsheet_and_calculates_nothing(app: Flask, here: str) -> None:
    answer = get(browser(app, "ana"), f"{here}/registrants.csv")
    lines = answer.get_data().decode("utf-8-sig").splitlines()

    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("text/csv; charset=utf-8", "no-store")
    assert lines[0] == "state,registered_at,name,address,sessions,Do you need a lift?"
    assert sorted(line.rsplit(",", 1)[1] for line in lines[1:]) == ["'=1+1", "no"]
    assert "Hidden" not in str(lines)


def letters(app: Flask) -> list[tuple[str, str]]:
    """Return subject and state of the letters."""
    with app.app_context():
        return list(db.session.execute(select(RegistrantLetter.subject, RegistrantLetter.state)).tuples())


def test_letter_waits_for_a_moderator_who_lets_it_go(app: Flask, here: str) -> None:
    ana, mona = browser(app, "ana"), browser(app, "mona", staff=True)
    form = {"subject": "\u2068Bring water\u2069", "body": HOSTILE, "form_token": "one"}
    assert [post(ana, here, form).status_code for _ in range(2)] == [303, 303]
    assert letters(app) == [("Bring water", "pending")]
    assert "the moderators read it" in get(ana, here).get_data(as_text=True)
    with app.app_context():
        letter_id = db.session.scalars(select(RegistrantLetter.id)).one()

    listed = get(mona, "/staff/letters").get_data(as_text=True)
    assert ("Bring water" in listed, "to 2 people" in listed, HOSTILE in listed) == (True, True, False)
    at = "/staff/letters"
    refused = post(mona, f"/staff/letters/{letter_id}", {"verdict": "refused", "reason": " "})
    assert (refused.status_code, "Say why" in refused.get_data(as_text=True)) == (422, True)
    done = post(mona, f"/staff/letters/{letter_id}", {"verdict": "approved"})
    late = post(mona, f"/staff/letters/{letter_id}", {"verdict": "refused", "reason": "No."})
    assert (done.headers["Location"], late.headers["Location"]) == (f"{at}?done=approved", f"{at}?done=before")
    assert letters(app) == [("Bring water", "approved")]


def test_what_is_wrong_with_a_letter_stands_beside_it_and_is_not_lost(app: Flask, here: str) -> None:
    answer = post(browser(app, "ana"), here, {"subject": "", "body": "Some long words.", "form_token": "t"})
    text = answer.get_data(as_text=True)

    assert (answer.status_code, "This is needed." in text, "Some long words." in text) == (422, True, True)
    assert letters(app) == []


def test_letters_of_other_regions_are_not_listed(app: Flask, here: str) -> None:
    post(browser(app, "ana"), here, {"subject": "Bring water", "body": "x", "form_token": "t"})
    with app.app_context():
        db.session.scalars(select(Submission)).one().region = "africa"
        db.session.commit()
    limited = browser(app, "mona", staff=True)
    with app.app_context():
        db.session.get_one(StaffMember, "mona").regions = ["europe"]
        letter_id = db.session.scalars(select(RegistrantLetter.id)).one()
        db.session.commit()

    assert "Bring water" not in get(limited, "/staff/letters").get_data(as_text=True)
    answer = post(limited, f"/staff/letters/{letter_id}", {"verdict": "approved"})
    assert (answer.status_code, letters(app)) == (404, [("Bring water", "pending")])
