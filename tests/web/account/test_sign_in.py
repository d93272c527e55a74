"""Signing in with a mailed link: asked for, opened by scanners, used once, and what is left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.cast import Cast, csrf_token, find_token, get, make_cast, post, sessions, set_cookie
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import AuditEntry, Draft, Edition, MailToken, Message
from wmd.services.outbox import hidden_part
from wmd.services.web_sessions import open_session

ANA = "ana@people.example"
#: What a browser may read as another host, or as no path of ours.
OTHER_PLACES = (
    "//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "\\\\evil.example",
    "/\t/evil.example", "/%0d%0aSet-Cookie:x=1\r\nX: y", "data:text/html,x", "javascript:alert(1)", "evil.example",
    "///evil.example", "/ /evil.example",
)  # fmt: skip


@pytest.fixture
def site(
    engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock
) -> Iterator[tuple[Flask, Session, Cast]]:
    """The application on each kind of database, a session beside it, and the cast."""
    url = databases.copy(engine_name, tmp_path)
    app = make_test_app(url, tmp_path, clock)
    with app.app_context():
        engine = db.engine
    with Session(engine) as dbs:
        cast = make_cast(dbs, clock.now)
        yield app, dbs, cast
    forget_database(app)
    databases.drop(url)


@pytest.fixture
def app(site: tuple[Flask, Session, Cast]) -> Flask:
    """The application alone."""
    return site[0]


@pytest.fixture
def dbs(site: tuple[Flask, Session, Cast]) -> Session:
    """The session alone."""
    return site[1]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser before it."""
    return app.test_client()


def mails(app: Flask, dbs: Session) -> list[tuple[str, dict[str, str]]]:
    """Return the kind and the hidden part of every mail that is to go out, the oldest first."""
    dbs.expire_all()
    rows = dbs.scalars(select(Message).where(Message.state == "queued").order_by(Message.created_at))
    found = [(row.kind, hidden_part(row, app.extensions["wmd.secretbox"])) for row in rows]
    dbs.rollback()
    return found


def ask(client: FlaskClient, address: str = ANA, **form: str) -> TestResponse:
    """Ask for a link."""
    return post(client, "/sign-in", {"address": address, **form})


def mailed_link(app: Flask, dbs: Session) -> str:
    """Return the path of the newest mailed link."""
    return mails(app, dbs)[-1][1]["secret"]


def press(client: FlaskClient, link: str) -> TestResponse:
    """Open a link and press the button on its page."""
    page = get(client, link)
    typed = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    token = find_token(page.get_data(as_text=True)) or csrf_token(client)
    return client.post("/sign-in/confirm", data={"csrf_token": token, **typed}, base_url="http://wmd.example")


def test_link_signs_in(app: Flask, dbs: Session, client: FlaskClient) -> None:
    answer = ask(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/sent")
    link = mailed_link(app, dbs)
    page = get(client, link)
    assert (page.status_code, page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == (
        200, "no-referrer", "no-store",
    )  # fmt: skip
    assert "a…a@p….example" in page.get_data(as_text=True)
    entered = press(client, link)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/organiser/")
    assert "You are signed in as Ana" in get(client, "/sign-in").get_data(as_text=True)
    assert [(row.person_id, row.device) for row in sessions(dbs)] == [("ana", "")]
    assert [(row.actor, row.action) for row in dbs.scalars(select(AuditEntry))] == [("person:ana", "sign-in")]


def test_known_and_unknown_address_get_the_same_answer_for_the_same_work(
    app: Flask, dbs: Session, client: FlaskClient
) -> None:
    statements: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(re.sub(r"\s+", " ", statement)[:60])

    found = []
    token = csrf_token(client)
    event.listen(dbs.get_bind(), "before_cursor_execute", note)
    for address in (ANA, "nobody@people.example"):
        statements.clear()
        answer = client.post("/sign-in", data={"csrf_token": token, "address": address}, base_url="http://wmd.example")
        headers = {name: value for name, value in answer.headers if name not in {"X-Request-ID", "Set-Cookie"}}
        found.append((answer.status_code, headers, answer.get_data(), sorted(statements)))
    assert found[0][:3] == found[1][:3]
    assert found[0][3] == found[1][3]
    assert [kind for kind, _ in mails(app, dbs)] == ["sign-in", "sign-in-unknown"]
    assert mails(app, dbs)[1][1] == {"to": "nobody@people.example"}


def test_scanner_opening_the_link_uses_nothing_up(app: Flask, dbs: Session, client: FlaskClient) -> None:
    ask(client)
    link = mailed_link(app, dbs)
    scanner = app.test_client()
    for method in ("GET", "HEAD", "OPTIONS") * 5:
        answer = scanner.open(link, method=method, base_url="http://wmd.example", headers={"User-Agent": "scanner"})
        assert answer.status_code == 200
    page = get(scanner, link).get_data(as_text=True)
    assert "<script" not in page
    assert press(client, link).headers["Location"] == "/organiser/"


def test_link_works_once_and_says_so(app: Flask, dbs: Session, client: FlaskClient) -> None:
    ask(client)
    link = mailed_link(app, dbs)
    press(client, link)
    again = press(app.test_client(), link)
    assert (again.status_code, "used already" in again.get_data(as_text=True)) == (410, True)
    assert get(app.test_client(), link).status_code == 410
    assert len(sessions(dbs)) == 1


def test_twenty_presses_at_once_make_one_session(app: Flask, dbs: Session, client: FlaskClient) -> None:
    ask(client)
    link = mailed_link(app, dbs)
    secret = parse_qs(urlsplit(link).query)["t"][0]
    browsers = [app.test_client() for _ in range(20)]
    tokens = [csrf_token(browser) for browser in browsers]

    def enter(number: int) -> int:
        form = {"csrf_token": tokens[number], "t": secret}
        return browsers[number].post("/sign-in/confirm", data=form, base_url="http://wmd.example").status_code

    with ThreadPoolExecutor(5) as pool:
        found = sorted(pool.map(enter, range(20)))
    assert found == [303] + [410] * 19
    assert len(sessions(dbs)) == 1


def test_link_ends_after_ten_minutes(app: Flask, dbs: Session, client: FlaskClient, clock: Clock) -> None:
    ask(client)
    link = mailed_link(app, dbs)
    clock.now += timedelta(minutes=10) - timedelta(seconds=1)
    assert get(client, link).status_code == 200
    clock.now += timedelta(seconds=1)
    answer = press(client, link)
    assert (answer.status_code, "Ask for a new link" in answer.get_data(as_text=True)) == (410, True)
    assert sessions(dbs) == []


def test_newer_link_takes_the_place_of_the_older(app: Flask, dbs: Session, client: FlaskClient, clock: Clock) -> None:
    ask(client)
    older = mailed_link(app, dbs)
    clock.now += timedelta(seconds=5)
    ask(client)
    newer = mailed_link(app, dbs)
    assert len(mails(app, dbs)) == 1
    assert "A newer link" in press(client, older).get_data(as_text=True)
    assert press(client, newer).status_code == 303


def test_only_digests_of_secrets_are_stored(app: Flask, dbs: Session, client: FlaskClient) -> None:
    ask(client)
    link = mailed_link(app, dbs)
    secret = parse_qs(urlsplit(link).query)["t"][0]
    press(client, link)
    cookie = client.get_cookie("wmd_session", domain="wmd.example")
    assert cookie is not None
    assert [len(secret), len(cookie.value)] == [43, 43]
    stored = repr([(row.digest, row.id) for row in dbs.scalars(select(MailToken))])
    stored += repr([(row.sealed, row.facts) for row in dbs.scalars(select(Message))])
    stored += repr([(row.digest, row.id) for row in sessions(dbs)])
    assert [part for part in (secret, cookie.value) if part in stored] == []


def test_session_cookie_is_new_after_signing_in(app: Flask, dbs: Session, client: FlaskClient, clock: Clock) -> None:
    planted, secret = open_session(dbs, person_id=None, device="", now=clock.now)
    dbs.add(make_edition(clock.now))
    dbs.flush()
    dbs.add(make_draft(planted.id, clock.now))
    dbs.commit()
    set_cookie(client, app, secret)
    ask(client)
    press(client, mailed_link(app, dbs))
    cookie = client.get_cookie("wmd_session", domain="wmd.example")
    assert cookie is not None
    assert cookie.value != secret
    dbs.expire_all()
    assert [row.person_id for row in dbs.scalars(select(Draft))] == ["ana"]
    held = app.test_client()
    set_cookie(held, app, secret)
    assert "You are signed in" not in get(held, "/sign-in").get_data(as_text=True)


def make_edition(now: datetime) -> Edition:
    """Return an edition."""
    return Edition(
        slug="2026", name="2026", theme="", introduction="", main_day=now.date(), window_from=now.date(),
        window_to=now.date(), zone="UTC", hashtags=[], languages=[], published_at=now, created_at=now,
    )  # fmt: skip


def make_draft(session_id: str, now: datetime) -> Draft:
    """Return a draft that hangs on a session."""
    return Draft(
        id="draft", edition_id=1, session_id=session_id, form_token="token", sealed="", created_at=now, updated_at=now
    )


@pytest.mark.parametrize("target", OTHER_PLACES)
def test_signing_in_leads_only_to_own_pages(app: Flask, dbs: Session, client: FlaskClient, target: str) -> None:
    ask(client, next=target)
    link = mailed_link(app, dbs)
    assert "next" not in link
    answer = client.post(
        "/sign-in/confirm", base_url="http://wmd.example",
        data={"csrf_token": csrf_token(client), "t": parse_qs(urlsplit(link).query)["t"][0], "next": target},
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Location"]) == (303, "/organiser/")


def test_signing_in_leads_back_to_where_it_was_asked(app: Flask, dbs: Session, client: FlaskClient) -> None:
    ask(client, next="/organiser/account?a=1&b=2")
    answer = press(client, mailed_link(app, dbs))
    assert answer.headers["Location"] == "/organiser/account?a=1&b=2"


def test_staff_are_led_to_their_second_factor(app: Flask, dbs: Session, client: FlaskClient) -> None:
    ask(client, "MONA@people.example")
    assert press(client, mailed_link(app, dbs)).headers["Location"] == "/sign-in/second-factor?next=/staff/"


def test_seventh_link_for_one_address_must_wait_and_keeps_what_was_typed(
    app: Flask, dbs: Session, client: FlaskClient
) -> None:
    answers = [ask(client, address).status_code for address in [ANA] * 3 + ["nobody@people.example"] * 6]
    assert answers == [303] * 9
    found = [ask(client, address) for address in ("nobody@people.example", ANA, ANA, ANA, ANA)]
    assert [answer.status_code for answer in found] == [429, 303, 303, 303, 429]
    assert found[0].headers["Retry-After"] == "840"
    assert 'value="nobody@people.example"' in found[0].get_data(as_text=True)
    assert [kind for kind, _ in mails(app, dbs)] == ["sign-in-unknown"] * 6 + ["sign-in"]


def test_client_cannot_choose_the_network_it_is_counted_by(app: Flask, client: FlaskClient) -> None:
    token = csrf_token(client)
    found = [
        client.post(
            "/sign-in", data={"csrf_token": token, "address": f"p{number}@people.example"},
            base_url="http://wmd.example", headers={"X-Forwarded-For": f"198.51.{number}.1"},
        ).status_code
        for number in range(61)
    ]  # fmt: skip
    assert (found[:60], found[60]) == ([303] * 60, 429)


def test_link_of_an_unknown_or_evil_host_is_never_mailed(app: Flask, dbs: Session, client: FlaskClient) -> None:
    form = {"csrf_token": csrf_token(client), "address": ANA}
    refused = client.post("/sign-in", data=form, base_url="http://evil.example")
    taken = client.post(
        "/sign-in", data=form, base_url="http://wmd.example",
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )  # fmt: skip
    assert (refused.status_code, taken.status_code, taken.headers["Location"]) == (400, 303, "/sign-in/sent")
    ((_, hidden),) = mails(app, dbs)
    assert hidden["secret"].startswith("/sign-in/confirm?t=")


@pytest.mark.parametrize("typed", ["", "ana", "ana@", "a@b", "ana@people.example\r\nBcc: evil@evil.example", "x" * 300])
def test_what_is_no_address_is_said_beside_its_field(client: FlaskClient, typed: str) -> None:
    answer = ask(client, typed)
    page = answer.get_data(as_text=True)
    words = "This is not a mail address" if typed else "Write your mail address here."
    assert (answer.status_code, words in page) == (422, True)


def test_form_sent_late_shows_the_address_again(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"address": ANA}, base_url="http://wmd.example")
    assert (answer.status_code, f'value="{ANA}"' in answer.get_data(as_text=True)) == (422, True)


def test_mail_to_an_unknown_address_leads_to_where_events_are_submitted(demo_app: Flask) -> None:
    assert ask(demo_app.test_client(), "nobody@people.example").status_code == 303
    with demo_app.app_context():
        row = db.session.scalars(select(Message).where(Message.kind == "sign-in-unknown")).one()
        assert (row.person_id, row.facts) == (None, {"path": "/2021/submit"})
