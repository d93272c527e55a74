"""Guards: who may enter, for how long, and what of others they find."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from flask import Flask
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.cast import BASE_URL, get, make_cast, post, sessions, set_cookie, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import StaffMember, WebSession
from wmd.web.guards import for_contact, for_staff, keep_session, own_organisation, visitor


@pytest.fixture
def guarded(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """An application with the cast and one page for each kind of guard."""
    url = databases.copy(engine_name, tmp_path)
    app = make_test_app(url, tmp_path, clock)

    @app.get("/organiser/who")
    @for_contact
    def who() -> str:
        return visitor().actor.name

    for role in ("reader", "moderator", "administrator"):
        app.add_url_rule(f"/staff/{role}", role, for_staff(role)(lambda: visitor().actor.role))
    app.add_url_rule("/staff/dangerous", "dangerous", for_staff("moderator", fresh=True)(lambda: "done"))

    @app.get("/organiser/of/<code>")
    @for_contact
    def of(code: str) -> str:
        return own_organisation(code).id

    @app.post("/begin")
    def begin() -> str:
        row = keep_session()
        db.session.commit()
        return row.id

    with app.app_context():
        make_cast(db.session(), clock.now)
    yield app
    forget_database(app)
    databases.drop(url)


def answers(app: Flask, person_id: str, path: str, *, staff: bool = False) -> int:
    """Return the status that a person newly signed in gets."""
    client = app.test_client()
    sign_in(client, app, person_id, staff=staff)
    return get(client, path).status_code


def test_stranger_is_asked_to_sign_in_and_led_back(guarded: Flask) -> None:
    answer = get(guarded.test_client(), "/organiser/who?a=1&b=%2F")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/organiser/who%3Fa%3D1%26b%3D%252F")


def test_signed_in_person_is_the_actor(guarded: Flask) -> None:
    client = guarded.test_client()
    sign_in(client, guarded, "ana")
    answer = get(client, "/organiser/who")
    assert (answer.get_data(as_text=True), answer.headers["Cache-Control"]) == ("person:ana", "no-store")


def test_staff_enter_by_role_with_their_second_factor(guarded: Flask) -> None:
    people = ("ana", "rita", "mona", "adam")
    roles = ("reader", "moderator", "administrator")
    found = {name: [answers(guarded, name, f"/staff/{role}", staff=True) for role in roles] for name in people}
    assert found == {
        "ana": [403, 403, 403], "rita": [200, 403, 403], "mona": [200, 200, 403], "adam": [200, 200, 200],
    }  # fmt: skip


def test_mailed_link_alone_opens_no_page_of_the_staff(guarded: Flask) -> None:
    client = guarded.test_client()
    sign_in(client, guarded, "adam")
    for role in ("reader", "moderator", "administrator"):
        answer = get(client, f"/staff/{role}")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/sign-in/second-factor?next=/staff/{role}")


def test_dangerous_act_asks_again_after_15_minutes(guarded: Flask, clock: Clock) -> None:
    client = guarded.test_client()
    sign_in(client, guarded, "mona", staff=True)
    clock.now += timedelta(minutes=15)
    assert get(client, "/staff/dangerous").status_code == 200
    clock.now += timedelta(seconds=1)
    assert [get(client, "/staff/dangerous").status_code, get(client, "/staff/moderator").status_code] == [303, 200]


@pytest.mark.parametrize("change", [{"role": "reader"}, {"disabled_at": "now"}])
def test_demoted_or_disabled_moderator_is_stopped_at_the_next_request(
    guarded: Flask, clock: Clock, change: dict[str, str]
) -> None:
    client = guarded.test_client()
    sign_in(client, guarded, "mona", staff=True)
    assert get(client, "/staff/moderator").status_code == 200
    with guarded.app_context():
        row = db.session.get_one(StaffMember, "mona")
        for name, value in change.items():
            setattr(row, name, clock.now if value == "now" else value)
        db.session.commit()
    assert get(client, "/staff/moderator").status_code == 403


@pytest.mark.parametrize(
    ("person_id", "idle", "absolute"),
    [("ana", timedelta(days=30), timedelta(days=90)), ("mona", timedelta(hours=8), timedelta(days=7))],
)
def test_session_ends_when_idle_and_when_old(
    guarded: Flask, clock: Clock, person_id: str, idle: timedelta, absolute: timedelta
) -> None:
    begun = clock.now
    unused, used = guarded.test_client(), guarded.test_client()
    for client in (unused, used):
        sign_in(client, guarded, person_id)
    clock.now = begun + idle - timedelta(seconds=1)
    assert get(used, "/organiser/who").status_code == 200
    clock.now = begun + idle
    assert [get(client, "/organiser/who").status_code for client in (unused, used)] == [303, 200]
    while clock.now + idle / 2 < begun + absolute:
        clock.now += idle / 2
        assert get(used, "/organiser/who").status_code == 200
    clock.now = begun + absolute
    assert get(used, "/organiser/who").status_code == 303


def test_contact_finds_only_the_own_organisations(guarded: Flask) -> None:
    found = {
        person_id: [answers(guarded, person_id, f"/organiser/of/{code}") for code in ("AAAAAA", "BBBBBB", "CCCCCC")]
        for person_id in ("ana", "ben", "cleo", "adam")
    }
    assert found == {
        "ana": [200, 404, 404], "ben": [404, 200, 404], "cleo": [200, 200, 404], "adam": [404, 404, 404],
    }  # fmt: skip


def test_first_post_opens_an_anonymous_session_and_the_next_finds_it(guarded: Flask) -> None:
    client = guarded.test_client()
    assert get(client, "/sign-in").headers.getlist("Set-Cookie")[0].startswith("wmd_forms=")
    first = post(client, "/begin")
    assert [post(client, "/begin").get_data(), get(client, "/organiser/who").status_code] == [first.get_data(), 303]


def test_cookie_of_a_session_that_was_ended_opens_nothing(guarded: Flask) -> None:
    client, copy = guarded.test_client(), guarded.test_client()
    sign_in(client, guarded, "ana")
    cookie = client.get_cookie("wmd_session", domain="wmd.example")
    assert cookie is not None
    set_cookie(copy, guarded, cookie.value)
    assert get(copy, "/organiser/who").status_code == 200
    assert post(client, "/sign-out").status_code == 303
    assert client.get_cookie("wmd_session", domain="wmd.example") is None
    assert get(copy, "/organiser/who").status_code == 303


def test_reading_does_not_wait_for_a_writer_and_notes_use_every_10_minutes(guarded: Flask, clock: Clock) -> None:
    client = guarded.test_client()
    sign_in(client, guarded, "ana")
    begun = clock.now
    with guarded.app_context():
        engine = db.engine
    clock.now += timedelta(minutes=9)
    assert (get(client, "/organiser/who").status_code, last_seen(engine)) == (200, [begun])
    clock.now += timedelta(hours=1)
    with engine.begin() as writer:
        # On SQLite it holds the write lock until the end of the block; the page must not wait for it.
        writer.execute(update(WebSession).values(device="another"))
        if engine.dialect.name == "sqlite":
            began_s = perf_counter()
            assert get(client, "/organiser/who").status_code == 200
            assert perf_counter() - began_s < 2
    assert (get(client, "/organiser/who").status_code, last_seen(engine)) == (200, [clock.now])


def last_seen(engine: DatabaseEngine) -> list[datetime]:
    """Return when each session was last seen."""
    with Session(engine) as dbs:
        return [row.last_seen_at for row in sessions(dbs)]


def test_cookies_in_production_are_bound_to_the_host(databases: Databases, tmp_path: Path, clock: Clock) -> None:
    url = databases.copy("sqlite", tmp_path)
    app = make_test_app(url, tmp_path, clock, mode="production", base_url="https://wmd.example")

    @app.post("/begin")
    def begin() -> str:
        keep_session()
        db.session.commit()
        return "begun"

    answer = post(
        app.test_client(), "/begin", base_url="https://wmd.example", headers={"Origin": "https://wmd.example"}
    )
    (line,) = answer.headers.getlist("Set-Cookie")
    name, *flags = line.split("; ")
    assert name.startswith("__Host-wmd_session=")
    kept = [flag for flag in sorted(flags) if not flag.startswith("Expires=")]
    assert kept == ["HttpOnly", "Max-Age=7776000", "Path=/", "SameSite=Lax", "Secure"]
    forms = app.test_client().get("/sign-in", base_url="https://wmd.example").headers.getlist("Set-Cookie")
    assert [sorted(one.split("; ")[1:]) for one in forms] == [["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]]
    assert [one.split("=")[0] for one in forms] == ["__Host-wmd_forms"]
    forget_database(app)


def test_base_url_of_the_tests_is_the_one_of_the_cast(guarded: Flask) -> None:
    assert guarded.extensions["wmd.config"].base_url == BASE_URL
