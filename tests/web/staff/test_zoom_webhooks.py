"""The page of Zoom's messages: what came, what became of it, trying again, and nothing that names anybody."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock
from tests.mails import count_statements
from wmd.domain.zoom.hooks import read_hook
from wmd.jobs import run_job
from wmd.models import Alarm, AuditEntry, ZoomWebhook
from wmd.secretbox import SecretBox
from wmd.services.alarms import raise_alarm
from wmd.services.hook_desk import PAGE, list_hooks
from wmd.services.hook_inbox import insert_hooks, sealed
from wmd.services.hook_work import ALARM

PLACE = "/staff/zoom/webhooks"
PERSON = {"id": "r1", "email": "ada@example.org", "first_name": "Ada", "join_url": "https://zoom.us/w/1?tk=secret"}


@pytest.fixture
def client(app: Flask, dbs: Session, clock: Clock) -> FlaskClient:
    make_cast(dbs, clock.now)
    found = app.test_client()
    sign_in(found, app, "adam", staff=True)
    return found


def add(app: Flask, dbs: Session, count: int = 1, **values: object) -> None:
    """Store messages about registrations."""
    box: SecretBox = app.extensions["wmd.secretbox"]
    start = len(dbs.scalars(select(ZoomWebhook.id)).all())
    for number in range(start, start + count):
        payload = {"object": {"id": 84_000_000_000 + number, "topic": "Ada’s talk", "registrant": PERSON}}
        said = {"event": "webinar.registration_created", "event_ts": 1_600_000_000_000 + number, "payload": payload}
        body = json.dumps(said).encode()
        insert_hooks(dbs, [{**sealed(read_hook(body), body, box, now=NOW), **values}])  # type: ignore[dict-item]
    dbs.commit()


def failed(app: Flask, dbs: Session, count: int = 1) -> None:
    """Store messages that could not be worked on, and raise the alarm."""
    add(app, dbs, count, state="failed", outcome="error", attempts=3, done_at=NOW)
    raise_alarm(dbs, ALARM, "One failed.", now=NOW)
    dbs.commit()


def states(dbs: Session) -> list[str]:
    """Return the states of all messages."""
    dbs.rollback()
    found = list(dbs.scalars(select(ZoomWebhook.state).order_by(ZoomWebhook.id)))
    dbs.rollback()
    return found


def test_list_says_what_came_and_no_name_address_title_or_link(app: Flask, dbs: Session, client: FlaskClient) -> None:
    add(app, dbs)
    answer = get(client, PLACE)
    page = html.document_fromstring(answer.text)
    (row,) = page.xpath("//tbody/tr")
    cells = [" ".join(cell.text_content().split()) for cell in row.xpath("./td")]
    assert (cells[0], cells[2], cells[3]) == ("84000000000", "waits", "–")
    assert "webinar.registration_created" in row.text_content()
    assert [word for word in ("ada@example.org", "Ada", "tk=", "zoom.us/w") if word in answer.text] == []
    assert "payload.object.registrant.email" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_administrators_have_one_or_all_that_failed_worked_on_again(
    app: Flask, dbs: Session, client: FlaskClient
) -> None:
    failed(app, dbs, 3)
    first = dbs.scalars(select(ZoomWebhook.id).order_by(ZoomWebhook.id)).first()
    dbs.rollback()
    answer = post(client, PLACE, {"which": str(first)})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PLACE}?done=one")
    assert states(dbs) == ["received", "failed", "failed"]
    assert dbs.get_one(Alarm, ALARM).cleared_at is None
    dbs.rollback()
    assert post(client, PLACE, {"which": str(first)}).status_code == 422
    assert post(client, PLACE, {"which": "failed"}).status_code == 303
    assert states(dbs) == ["received"] * 3
    dbs.expire_all()
    assert dbs.get_one(Alarm, ALARM).cleared_at is not None
    trail = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "webhook").order_by(AuditEntry.id)).all()
    assert [(row.actor, row.action, row.before) for row in trail] == [("person:adam", "replay", "failed")] * 3
    dbs.rollback()
    assert run_job(app, "zoom-webhooks") == 3
    assert states(dbs) == ["ignored"] * 3
    assert post(client, PLACE, {"which": "nothing"}).status_code == 400


def test_moderators_see_the_list_without_buttons(app: Flask, dbs: Session, client: FlaskClient) -> None:
    failed(app, dbs)
    client = app.test_client()
    sign_in(client, app, "mona", staff=True)
    answer = get(client, PLACE)
    assert (answer.status_code, "Try again" in answer.text, "Show all" in answer.text) == (200, False, False)


def test_list_is_cut_into_pages_and_by_state(app: Flask, dbs: Session, client: FlaskClient) -> None:
    assert "Nothing came yet." in get(client, PLACE).text
    add(app, dbs, PAGE + 1)
    failed(app, dbs, 2)
    shown = [
        len(html.document_fromstring(get(client, f"{PLACE}?{query}").text).xpath("//tbody/tr"))
        for query in ("", "page=2", "state=failed", "state=done", "page=9", "page=x&state=y")
    ]
    assert shown == [PAGE, 3, 2, 0, 0, PAGE]


def test_list_asks_the_same_for_one_and_for_three(app: Flask, dbs: Session) -> None:
    box: SecretBox = app.extensions["wmd.secretbox"]
    counted = []
    for _ in range(2):
        add(app, dbs, 1 if not counted else 2)
        with count_statements(dbs) as statements:
            list_hooks(dbs, box)
            counted.append(statements())
    # One of them begins the transaction, where the database counts that.
    begins = dbs.get_bind().dialect.name == "sqlite"
    assert counted == [3 + begins, 3 + begins]


def test_words_that_are_deleted_or_whose_key_is_gone_are_not_shown(
    app: Flask, dbs: Session, client: FlaskClient
) -> None:
    add(app, dbs, 1, body="")
    add(app, dbs, 1, body=SecretBox.derived("another secret").seal("{}", purpose="x"))
    page = get(client, PLACE)
    assert (page.status_code, "Its words are deleted." in page.text, "payload." in page.text) == (200, True, False)
