"""Registering with us in the browser: the form, the button in the mail, one's own registration, the room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import documents
from tests.bindings import bind
from tests.cast import get, make_cast, post, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.models.dumps import dump
from tests.services.test_private_links import LINK
from tests.web.attendee.attending import TYPED, led_to
from tests.web.machine import forget_database
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.ical import strict
from wmd.models import Attendee, Edition, Event, EventSession, Message, Person, PrivateLink, Registration, ZoomAccount
from wmd.services.outbox import hidden_part
from wmd.services.personal_links import make_token, me_path
from wmd.services.versions import raise_status, raise_version

NORA = "nora@people.example"
QUESTIONS = [
    {"label": {"en": "Do you need a lift?"}, "kind": "yes-no", "is_required": True},
    {"label": {"en": "Which table?"}, "kind": "choice", "choices": ["Water", "Air"]},
    {"label": {"en": "Anything else?"}},
]
#: The first date, 10 October 2021, 15:00 in Madrid.
STARTS = datetime(2021, 10, 10, 13, tzinfo=UTC)


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast, and nothing published."""
    url = databases.copy(engine_name, tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        make_cast(db.session(), clock.now)
    yield found
    forget_database(found)
    databases.drop(url)


@pytest.fixture
def event(app: Flask, clock: Clock) -> Event:
    """An event of two dates with one place and three questions, in three days."""
    sessions = [
        documents.session(key=key, starts=f"2021-10-{day}T15:00", ends=f"2021-10-{day}T16:30", zone="Europe/Madrid")
        for key, day in (("first", 10), ("second", 11))
    ]
    row = documents.event(
        "here", sessions=sessions, capacity=1,
        registration={"state": "open", "with_us": True, "questions": QUESTIONS},
    )  # fmt: skip
    with app.app_context():
        dbs = db.session()
        documents.apply(dbs, publishing_setting(app), documents.document(row), clock.now)
        dbs.commit()
        found = dbs.scalars(select(Event).where(Event.key == "here")).one()
        dbs.expunge(found)
    app.extensions["wmd.library"].refresh()
    return found


def form_of(event: Event, **changes: object) -> dict[str, object]:
    """Return the form filled in."""
    lift, table, _ = (each["id"] for each in event.registration_questions)
    return {
        "address": NORA, "zone": "America/Bogota", "language": "en", "name": "Nora", f"answers.{lift}": "yes",
        f"answers.{table}": "Air", **changes,
    }  # fmt: skip


def rows(app: Flask) -> list[tuple[str, str]]:
    """Return address and state of every registration, in order."""
    with app.app_context():
        found = select(Person.address, Registration.state).join(Registration).order_by(Registration.created_at)
        return list(db.session.execute(found).tuples())


def button(app: Flask) -> str:
    """Return the path of the newest button that was mailed."""
    with app.app_context():
        row = db.session.scalars(
            select(Message).where(Message.kind == "registration-confirm").order_by(Message.created_at.desc())
        ).first()
        assert row is not None
        return hidden_part(row, app.extensions["wmd.secretbox"])["secret"]


def enter(app: Flask, event: Event, clock: Clock, address: str = NORA, **changes: object) -> str:
    """Register the whole way; return the path of one's own page."""
    client = app.test_client()
    clock.now += timedelta(minutes=1)
    assert post(client, f"/e/{event.code}/register", form_of(event, address=address, **changes)).status_code == 303
    answer = post(client, button(app))
    assert answer.status_code == 303
    return str(answer.headers["Location"]).partition("?")[0]


def own_registration(app: Flask, path: str) -> str:
    """Return the path of the one registration that an own page links to."""
    page = get(app.test_client(), path).get_data(as_text=True)
    found = re.search(r'href="(/me/[^"]+/registrations/[^"]+)"', page)
    assert found is not None
    return found[1]


def test_nobody_has_a_place_before_the_button(app: Flask, client: FlaskClient, event: Event) -> None:
    page = get(client, f"/e/{event.code}/register")
    text = page.get_data(as_text=True)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert [words in text for words in ("One place is free.", "Which dates?", "Which table?", "Water")] == [True] * 4
    answer = post(client, f"/e/{event.code}/register", form_of(event))
    assert (answer.status_code, led_to(answer)) == (303, "/me/asked")
    assert rows(app) == [(NORA, "unconfirmed")]
    with app.app_context():
        database_url = db.engine.url.render_as_string(hide_password=False)
    before = dump(database_url)
    looks = [get(client, button(app)), client.head(button(app), base_url="http://wmd.example")]
    assert [look.status_code for look in looks] == [200, 200]
    assert dump(database_url) == before
    answer = post(client, button(app))
    assert answer.headers["Location"].endswith("?done=registered")
    assert rows(app) == [(NORA, "registered")]
    assert post(client, button(app)).status_code == 410


def test_go_leads_to_the_form_and_so_does_the_page(app: Flask, client: FlaskClient, event: Event) -> None:
    assert get(client, f"/go/{event.code}").headers["Location"] == f"/e/{event.code}/register"
    page = get(client, f"/2021/events/{event.code}-{event.slug}").get_data(as_text=True)
    assert f'href="/go/{event.code}"' in page


def test_second_one_waits_and_is_offered_the_place_that_is_given_back(
    app: Flask, client: FlaskClient, event: Event, clock: Clock
) -> None:
    nora, otis = enter(app, event, clock), enter(app, event, clock, "otis@people.example")
    assert rows(app) == [(NORA, "registered"), ("otis@people.example", "waiting")]
    mine = own_registration(app, nora)
    assert "You have a place." in get(client, mine).get_data(as_text=True)
    answer = post(client, f"{mine}/cancel")
    assert answer.headers["Location"] == f"{mine}?done=cancelled#said"
    assert rows(app) == [(NORA, "cancelled"), ("otis@people.example", "offered")]
    theirs = own_registration(app, otis)
    assert "A place is free for you." in get(client, theirs).get_data(as_text=True)
    assert post(client, f"{theirs}/accept").headers["Location"] == f"{theirs}?done=taken#said"
    assert rows(app)[1] == ("otis@people.example", "registered")
    assert "You are not registered any more." in get(client, mine).get_data(as_text=True)


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    app: Flask, client: FlaskClient, event: Event
) -> None:
    lift, table, other = (each["id"] for each in event.registration_questions)
    sent = form_of(
        event, address="no address", **{f"answers.{lift}": "", f"answers.{table}": "Fire", f"answers.{other}": "<b>x"}
    )
    first = post(client, f"/e/{event.code}/register", sent)
    assert (first.status_code, "This is not a mail address" in first.get_data(as_text=True)) == (422, True)
    second = post(client, f"/e/{event.code}/register", {**sent, "address": NORA, "shares_name": "yes", "name": ""})
    text = second.get_data(as_text=True)
    assert second.status_code == 422
    for words in ("This question needs an answer.", "Choose one of the answers offered.", "Write your name"):
        assert words in text
    assert ("&lt;b&gt;x" in text, "<b>x" in text, 'value="nora@people.example"' in text) == (True, False, True)
    assert rows(app) == []


def test_answer_is_the_same_for_whom_we_know(app: Flask, client: FlaskClient, event: Event, clock: Clock) -> None:
    enter(app, event, clock)
    answers = [
        post(client, f"/e/{event.code}/register", form_of(event, address=address))
        for address in (NORA, "stranger@people.example")
    ]
    first, second = ((one.status_code, led_to(one), TYPED.sub(r"\1", one.get_data(as_text=True))) for one in answers)
    assert first == second
    assert rows(app) == [(NORA, "registered"), ("stranger@people.example", "unconfirmed")]


def test_who_is_signed_in_needs_no_mail(app: Flask, client: FlaskClient, event: Event) -> None:
    sign_in(client, app, "ana")
    with app.app_context():
        address = db.session.get_one(Person, "ana").address
    answer = post(client, f"/e/{event.code}/register", form_of(event, address=address))
    assert answer.headers["Location"].startswith("/me/v1.")
    assert rows(app) == [(address, "registered")]


def test_who_presses_the_button_decides_whether_the_organiser_sees_them(
    app: Flask, client: FlaskClient, event: Event
) -> None:
    # Anybody may have typed the address, and ticked that.
    post(client, f"/e/{event.code}/register", form_of(event, shares_name="yes", name="Not Nora"))
    page = get(client, button(app)).get_data(as_text=True)
    assert ("Not Nora" in page, 'name="shares_name" value="yes" checked' in page) == (True, True)
    post(client, button(app), {})
    with app.app_context():
        row = db.session.scalars(select(Registration)).one()
        assert (row.state, row.shares_name) == ("registered", False)


def test_trap_takes_nothing_and_says_nothing(app: Flask, client: FlaskClient, event: Event) -> None:
    answer = post(client, f"/e/{event.code}/register", form_of(event, more_about_you="x"))
    assert (led_to(answer), rows(app)) == ("/me/asked", [])


def test_own_registration_is_changed_and_nobody_else_sees_it(
    app: Flask, client: FlaskClient, event: Event, clock: Clock
) -> None:
    nora, otis = enter(app, event, clock), enter(app, event, clock, "otis@people.example")
    mine = own_registration(app, nora)
    lift, table, other = (each["id"] for each in event.registration_questions)
    answers = {"part": "wishes", f"answers.{lift}": "no", f"answers.{table}": "Air", f"answers.{other}": "Tea"}
    assert post(client, mine, answers).headers["Location"] == f"{mine}?done=saved#said"
    seen = {"name": "Nora B", "shares_name": "yes"}
    assert post(client, f"{mine}/organiser", seen).headers["Location"] == f"{mine}?done=saved#said"
    page = get(client, f"{mine}?done=saved#said")
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    text = page.get_data(as_text=True)
    assert ('value="Nora B"' in text, "Tea</textarea>" in text) == (True, True)
    wrong = post(client, f"{mine}/organiser", {"name": "x" * 200})
    assert (wrong.status_code, "x" * 200 in wrong.get_data(as_text=True)) == (422, True)
    missing = post(client, mine, {"part": "wishes", f"answers.{other}": "Milk"})
    assert (missing.status_code, "Milk</textarea>" in missing.get_data(as_text=True)) == (422, True)
    foreign = otis + "registrations/" + mine.rpartition("/")[2]
    assert [get(client, foreign).status_code, post(client, f"{foreign}/cancel").status_code] == [404, 404]
    assert rows(app)[0] == (NORA, "registered")


def own(app: Flask) -> Registration:
    """Return the one registration, apart from any session."""
    with app.app_context():
        row = db.session.scalars(select(Registration)).one()
        db.session.expunge(row)
        return row


def test_of_a_closed_event_one_takes_back_what_the_organiser_sees_and_leaves_out_a_date(
    app: Flask, client: FlaskClient, event: Event, clock: Clock
) -> None:
    mine = own_registration(app, enter(app, event, clock))
    post(client, f"{mine}/organiser", {"name": "Nora", "shares_name": "yes"})
    with app.app_context():
        db.session.get_one(Event, event.id).registration_state = "closed"
        first, second = db.session.scalars(select(EventSession.id).order_by(EventSession.starts_at))
        db.session.commit()
    text = get(client, mine).get_data(as_text=True)
    assert ("Leave out a date" in text, "Which table?" in text, text.count("checked")) == (True, False, 3)
    assert post(client, f"{mine}/organiser", {"name": "Nora"}).status_code == 303
    assert own(app).shares_name is False
    assert post(client, mine, {"part": "wishes", "dates": "asked"}).status_code == 422
    assert post(client, mine, {"part": "wishes", "sessions": second}).status_code == 303
    assert own(app).sessions == [second]
    # What one has no place in is not given any more.
    assert post(client, mine, {"part": "wishes", "sessions": [first, second]}).status_code == 422
    assert "Leave out a date" not in get(client, mine).get_data(as_text=True)


def test_who_was_not_asked_for_dates_keeps_theirs(app: Flask, client: FlaskClient, event: Event, clock: Clock) -> None:
    with app.app_context():
        first, second = db.session.scalars(select(EventSession.id).order_by(EventSession.starts_at))
    mine = own_registration(app, enter(app, event, clock, sessions=first))
    clock.now = STARTS + timedelta(hours=3)
    app.extensions["wmd.library"].refresh()
    lift = event.registration_questions[0]["id"]
    assert "Which dates?" not in get(client, mine).get_data(as_text=True)
    assert post(client, mine, {"part": "wishes", f"answers.{lift}": "no"}).status_code == 303
    assert own(app).sessions == [first]
    # Chosen anew, it comes beside what is over.
    assert post(client, mine, {"part": "wishes", f"answers.{lift}": "no", "sessions": second}).status_code == 303
    assert own(app).sessions == [first, second]


def test_closed_event_says_so_and_offers_a_reminder(
    app: Flask, client: FlaskClient, event: Event, clock: Clock
) -> None:
    clock.now = STARTS + timedelta(days=1, minutes=90)
    app.extensions["wmd.library"].refresh()
    page = get(client, f"/e/{event.code}/register").get_data(as_text=True)
    assert ("This event is over" in page, 'name="address"' in page) == (True, False)
    assert post(client, f"/e/{event.code}/register", form_of(event)).status_code == 422
    assert rows(app) == []


def call_off(app: Flask, event: Event, status: str, starts: datetime | None = None) -> None:
    """Let all dates of the event be called off, or the one that starts so."""
    with app.app_context():
        dbs = db.session()
        dates = dbs.scalars(select(EventSession).where(EventSession.event_id == event.id)).all()
        for each in dates:
            if starts in {None, each.starts_at}:
                each.status = status
        raise_version(dbs, dbs.get_one(Edition, event.edition_id), now=datetime(2021, 10, 8, tzinfo=UTC))
        dbs.get_one(Event, event.id).version += 1
        dbs.commit()
    app.extensions["wmd.library"].refresh()


@pytest.mark.parametrize(
    ("status", "place", "heading"),
    [
        ("cancelled", "It is cancelled and does not take place. You had a place", "This event is cancelled"),
        ("postponed", "It is postponed. Your place stands", "This event is postponed"),
    ],
)  # fmt: skip
def test_place_in_what_is_called_off_says_so_and_the_form_offers_other_things(
    app: Flask, client: FlaskClient, event: Event, clock: Clock, status: str, place: str, heading: str
) -> None:
    own = enter(app, event, clock)
    mine = own_registration(app, own)
    assert "You have a place." in get(client, mine).get_data(as_text=True)
    call_off(app, event, status, STARTS)
    partly = get(client, mine).get_data(as_text=True)
    assert ("You have a place." in partly, f"(Bogotá, UTC−5): <b>{status}</b>" in partly) == (True, True)
    call_off(app, event, status)
    for path in (own, mine):
        page = get(client, path).get_data(as_text=True)
        assert (place in page, "You have a place." in page) == (True, False)
    form = get(client, f"/e/{event.code}/register").get_data(as_text=True)
    assert (heading in form, "What you can do instead" in form, "/remind" in form) == (True, True, False)


def with_room(app: Flask, event: Event, clock: Clock) -> tuple[str, str]:
    """Let Nora have a place in an event whose room is known; return the session's code and her token."""
    enter(app, event, clock)
    with app.app_context():
        dbs, box = db.session(), app.extensions["wmd.secretbox"]
        dbs.add(
            PrivateLink(id="room", sealed=box.seal(LINK, purpose="private_links.sealed.room"), created_at=clock.now)
        )
        dbs.flush()
        dbs.get_one(Event, event.id).private_link_id = "room"
        person = dbs.scalars(select(Person.id).where(Person.address == NORA)).one()
        code = dbs.scalars(select(EventSession.code).where(EventSession.starts_at == STARTS)).one()
        generation = dbs.get_one(Attendee, person).generation
        token = make_token(box, person, generation, scope="go", subject=code, until=STARTS + timedelta(days=2))
        dbs.commit()
    return code, token


@pytest.mark.parametrize(("minutes", "opens"), [(-16, False), (-15, True), (30, True)])
def test_personal_link_opens_the_room_in_time(
    app: Flask, client: FlaskClient, event: Event, clock: Clock, minutes: int, opens: bool
) -> None:
    code, token = with_room(app, event, clock)
    clock.now = STARTS + timedelta(minutes=minutes)
    answer = get(client, f"/go/{code}?t={token}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    if opens:
        assert (answer.status_code, answer.headers["Location"]) == (302, LINK)
    else:
        text = answer.get_data(as_text=True)
        assert (answer.status_code, "The room is not open yet" in text, LINK in text) == (200, True, False)
        # A little of the minute passes while it is asked.
        assert int(answer.headers["Refresh"]) == 60
        assert "Your time · Bogotá" in text
    with app.app_context():
        db.session.get_one(Event, event.id).link_wrong_at = clock.now
        db.session.commit()
    text = get(client, f"/go/{code}?t={token}").get_data(as_text=True)
    assert ("Your place stands" in text, "The way in is being renewed" in text) == (True, opens)
    stranger = get(client, f"/go/{code}?t=v1.none")
    assert (stranger.status_code, stranger.headers["Location"]) == (302, f"/e/{event.code}/register")


@pytest.mark.parametrize(("state", "leads_in"), [("ok", True), ("gone", False), ("trashed", False)])
def test_nobody_is_led_into_a_room_that_is_gone(
    app: Flask, client: FlaskClient, event: Event, clock: Clock, state: str, leads_in: bool
) -> None:
    code, token = with_room(app, event, clock)
    with app.app_context():
        dbs = db.session()
        dbs.add(ZoomAccount(id="own", kind="own", created_at=clock.now))
        dbs.flush()
        bind(dbs, dbs.get_one(Event, event.id), clock.now, kind="lookup", account_id="own", link="", state=state)
        raise_status(dbs)
        dbs.commit()
    app.extensions["wmd.library"].refresh()
    clock.now = STARTS
    answer = get(client, f"/go/{code}?t={token}")
    assert (answer.status_code, LINK in str(answer.headers)) == ((302, True) if leads_in else (200, False))
    assert ("The way in is being renewed" in answer.get_data(as_text=True)) == (not leads_in)


def ways_in(text: str) -> list[str]:
    """Return the personal ways into rooms that a page or an unfolded calendar file has."""
    return re.findall(r"/go/\w+\?t=[\w.-]+", text)


@pytest.mark.parametrize(("minutes", "opens"), [(-16, False), (-15, True)])
def test_own_pages_lead_into_the_room_in_time(
    app: Flask, client: FlaskClient, event: Event, clock: Clock, minutes: int, opens: bool
) -> None:
    code, _ = with_room(app, event, clock)
    own = enter_page(app, event, clock)
    clock.now = STARTS + timedelta(minutes=minutes)
    for path in (own, own_registration(app, own)):
        page = get(client, path).get_data(as_text=True)
        found = ways_in(page)
        if opens:
            assert [way.partition("?")[0] for way in found] == [f"/go/{code}"]
            assert get(client, found[0]).headers["Location"] == LINK
        else:
            assert found == []
            assert "he room opens at Sun 10 Oct, 07:45 (Bogotá, UTC−5)" in page


def enter_page(app: Flask, event: Event, clock: Clock) -> str:
    """Return the path of Nora's own page, who has a place."""
    with app.app_context():
        dbs = db.session()
        person = dbs.scalars(select(Person.id).where(Person.address == NORA)).one()
        return me_path(dbs, app.extensions["wmd.secretbox"], dbs.get_one(Attendee, person), now=clock.now)


def test_own_calendar_has_the_own_way_in_and_is_the_same_for_who_looks_again(
    app: Flask, client: FlaskClient, event: Event, clock: Clock
) -> None:
    code, _ = with_room(app, event, clock)
    own = enter_page(app, event, clock)
    post(client, f"{own}feed", {"act": "make"})
    path = re.findall(r"/me/calendar/[\w-]+\.ics", get(client, own).get_data(as_text=True))[0]
    answer = get(client, path)
    body = answer.get_data(as_text=True)
    assert strict.check_calendar(answer.get_data()) == []
    found = set(ways_in(body.replace("\r\n ", "")))
    # Two dates: a token in each, in what is said, the place and the way in alike.
    assert {way.partition("?")[0] for way in found} > {f"/go/{code}"}
    assert (len(found), body.count("CLASS:PRIVATE"), body.count("CLASS:PUBLIC")) == (2, 2, 0)
    clock.now = STARTS
    assert [get(client, way).headers.get("Location") for way in found if code in way] == [LINK]
    again = get(client, path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    post(client, f"{own_registration(app, own)}/cancel")
    post(client, f"{own}follow", {"code": event.code})
    without = get(client, path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (without.status_code, ways_in(without.get_data(as_text=True).replace("\r\n ", ""))) == (200, [])
    assert f"/go/{code}" in without.get_data(as_text=True).replace("\r\n ", "")


def test_form_tells_who_has_a_place_where_their_way_in_is(
    app: Flask, client: FlaskClient, event: Event, clock: Clock
) -> None:
    enter(app, event, clock)
    path = f"/e/{event.code}/register"
    words = 'Take the button in your mail, or <a href="/me">have your link sent again</a>.'
    assert words in " ".join(get(client, path).get_data(as_text=True).split())
    clock.now = STARTS + timedelta(days=3)
    closed = get(client, path).get_data(as_text=True)
    assert ("This event is over" in closed, words in closed) == (True, True)
