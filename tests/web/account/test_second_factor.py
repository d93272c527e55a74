"""The staff's second step: set up once, asked for at each sign-in and before dangerous acts, and never used twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import BASE_URL, csrf_token, get, make_cast, post, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import AuditEntry, RecoveryCode, StaffMember

ASK = "/sign-in/second-factor"


class Phone:
    """An authenticator app that knows one secret."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._totp, self._clock = pyotp.TOTP(secret), clock

    def code(self, steps: int = 0) -> str:
        """Return the code of now, or of so many steps later."""
        return self._totp.at(int(self._clock.now.timestamp()) + 30 * steps)


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast, of whose staff nobody has set up the second step."""
    url = databases.copy(engine_name, tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        make_cast(db.session(), clock.now)
        for row in db.session.scalars(select(StaffMember)):
            row.totp_confirmed_at = None
        db.session.commit()
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
    """A browser in which the administrator used the mailed link."""
    found = app.test_client()
    sign_in(found, app, "adam")
    return found


def set_up(client: FlaskClient, clock: Clock) -> tuple[Phone, list[str]]:
    """Set up the second step; return the phone and the recovery codes."""
    assert post(client, f"{ASK}/begin").status_code == 303
    page = get(client, f"{ASK}/set-up").get_data(as_text=True)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret is not None
    assert "<svg" in page
    phone = Phone(secret[1].replace(" ", ""), clock)
    shown = post(client, f"{ASK}/set-up", {"code": phone.code()})
    codes = re.findall(r"<code>([0-9A-Z-]{19})</code>", shown.get_data(as_text=True))
    assert (shown.status_code, len(codes), len(set(codes))) == (200, 10, 10)
    return phone, codes


def again(app: Flask) -> FlaskClient:
    """Return another browser in which the administrator used a mailed link."""
    found = app.test_client()
    sign_in(found, app, "adam")
    return found


def test_first_sign_in_sets_up_the_second_step(client: FlaskClient, clock: Clock) -> None:
    assert get(client, "/staff/people").headers["Location"] == f"{ASK}?next=/staff/people"
    assert get(client, f"{ASK}?next=/staff/people").headers["Location"] == f"{ASK}/set-up?next=/staff/people"
    before = client.get_cookie("wmd_session", domain="wmd.example")
    set_up(client, clock)
    after = client.get_cookie("wmd_session", domain="wmd.example")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert get(client, "/staff/people").status_code == 200


def test_code_opens_the_staff_pages_once(app: Flask, client: FlaskClient, clock: Clock) -> None:
    phone, _ = set_up(client, clock)
    other = again(app)
    assert post(other, ASK, {"code": phone.code()}).status_code == 422
    clock.now += timedelta(seconds=30)
    code = phone.code()
    spaced = f"{code[:3]} {code[3:]}"
    entered = post(other, ASK, {"code": spaced, "next": "/staff/people"})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/staff/people")
    assert get(other, "/staff/people").status_code == 200
    third = again(app)
    assert (post(third, ASK, {"code": code}).status_code, get(third, "/staff/people").status_code) == (422, 303)


def test_code_of_a_step_before_or_after_is_taken_and_no_other(app: Flask, client: FlaskClient, clock: Clock) -> None:
    phone, _ = set_up(client, clock)
    clock.now += timedelta(minutes=20)
    found = [post(again(app), ASK, {"code": phone.code(steps)}).status_code for steps in (-2, 2, -1, 1)]
    assert found == [422, 422, 303, 303]


def test_one_code_sent_ten_times_at_once_is_taken_once(app: Flask, client: FlaskClient, clock: Clock) -> None:
    phone, _ = set_up(client, clock)
    clock.now += timedelta(minutes=20)
    # Four tries only: the fifth and later would be held up by the pause.
    browsers = [again(app) for _ in range(4)]
    tokens = [csrf_token(browser) for browser in browsers]

    def send(number: int) -> int:
        form = {"csrf_token": tokens[number], "code": phone.code()}
        return browsers[number].post(ASK, data=form, base_url=BASE_URL).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [303, 422, 422, 422]


def test_recovery_code_works_once_and_is_stored_as_a_digest(
    app: Flask, dbs: Session, client: FlaskClient, clock: Clock
) -> None:
    _, codes = set_up(client, clock)
    stored = {row.digest for row in dbs.scalars(select(RecoveryCode))}
    dbs.rollback()
    assert {code for code in codes if code in stored or code.replace("-", "") in stored} == set()
    typed = codes[3].lower().replace("-", " ")
    assert [post(again(app), ASK, {"code": typed}).status_code for _ in range(2)] == [303, 422]
    page = get(again(app), ASK).get_data(as_text=True)
    assert "You have 9 left." in page


def test_sixth_try_must_wait_even_with_the_right_code(app: Flask, client: FlaskClient, clock: Clock) -> None:
    phone, _ = set_up(client, clock)
    clock.now += timedelta(minutes=20)
    found = [post(again(app), ASK, {"code": "000000"}).status_code for _ in range(5)]
    paused = post(again(app), ASK, {"code": phone.code()})
    assert (found, paused.status_code, "wait" in paused.get_data(as_text=True)) == ([422] * 5, 429, True)
    clock.now += timedelta(seconds=int(paused.headers["Retry-After"]))
    assert post(again(app), ASK, {"code": phone.code()}).status_code == 303


def test_link_alone_cannot_replace_a_second_step(app: Flask, dbs: Session, client: FlaskClient, clock: Clock) -> None:
    phone, _ = set_up(client, clock)
    before = dbs.get_one(StaffMember, "adam").totp_sealed
    dbs.rollback()
    found = [post(again(app), f"{ASK}/{way}").status_code for way in ("begin", "set-up", "recovery-codes")]
    assert found == [303, 303, 303]
    dbs.expire_all()
    assert dbs.get_one(StaffMember, "adam").totp_sealed == before
    dbs.rollback()
    clock.now += timedelta(minutes=16)
    assert post(client, f"{ASK}/recovery-codes").headers["Location"] == f"{ASK}?next={ASK}/recovery-codes"
    post(client, ASK, {"code": phone.code()})
    assert post(client, f"{ASK}/recovery-codes").status_code == 200


def test_other_app_counts_only_after_its_first_code(app: Flask, client: FlaskClient, clock: Clock) -> None:
    former, _ = set_up(client, clock)
    assert post(client, f"{ASK}/begin").status_code == 303
    clock.now += timedelta(minutes=1)
    link_alone = again(app)
    assert get(link_alone, f"{ASK}/set-up").headers["Location"] == f"{ASK}?next={ASK}/set-up"
    assert post(link_alone, f"{ASK}/set-up", {"code": "000000"}).headers["Location"] == f"{ASK}?next={ASK}/set-up"
    assert post(link_alone, ASK, {"code": former.code()}).status_code == 303
    clock.now += timedelta(minutes=1)
    new, _ = set_up(client, clock)
    clock.now += timedelta(minutes=1)
    found = [post(again(app), ASK, {"code": phone.code()}).status_code for phone in (former, new)]
    assert found == [422, 303]


def test_administrator_resets_a_lost_second_step_with_a_trail(
    app: Flask, dbs: Session, client: FlaskClient, clock: Clock
) -> None:
    set_up(client, clock)
    moderator = app.test_client()
    sign_in(moderator, app, "mona", staff=True)
    dbs.get_one(StaffMember, "mona").totp_confirmed_at = clock.now
    dbs.commit()
    assert get(moderator, "/organiser/account").status_code in {200, 404}
    assert post(client, "/staff/people/mona/reset").status_code == 303
    assert get(moderator, "/staff/people").headers["Location"] == "/sign-in?next=/staff/people"
    dbs.expire_all()
    assert dbs.get_one(StaffMember, "mona").totp_confirmed_at is None
    (row,) = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "second-factor-reset"))
    assert (row.actor, row.subject_id) == ("person:adam", "mona")


def test_secret_is_sealed(dbs: Session, client: FlaskClient, clock: Clock) -> None:
    post(client, f"{ASK}/begin")
    page = get(client, f"{ASK}/set-up").get_data(as_text=True)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret is not None
    sealed = dbs.get_one(StaffMember, "adam").totp_next_sealed
    assert sealed.startswith("v1.")
    assert secret[1].replace(" ", "") not in sealed
