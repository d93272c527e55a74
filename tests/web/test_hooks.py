"""Zoom's messages at the door: only what Zoom signed comes in, once, and nothing of it is to be read anywhere."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.hook_house import HookHouse, hook_house
from tests.zoom_house import NOW, STARTS
from wmd.db import db, make_engine
from wmd.domain.zoom.signing import signature
from wmd.services.hook_inbox import HookSpool
from wmd.web.hook_store import HookStore
from wmd.web.hooks import MOST_BYTES, Refusals
from wmd_fakezoom.seed import WEBHOOK_SECRET
from wmd_fakezoom.webhooks import Tweak

STAMP = str(int(NOW.timestamp()))


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[HookHouse]:
    with hook_house(database_url, tmp_path) as found:
        yield found


def post(house: HookHouse, body: bytes, **headers: str) -> TestResponse:
    """Send bytes as Zoom would, but for these headers (without: a blank)."""
    house.dbs.rollback()
    sent = {"x-zm-request-timestamp": STAMP, "x-zm-signature": signature(WEBHOOK_SECRET, STAMP, body)}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return house.app.test_client().post(
        "/hooks/zoom", base_url="http://wmd.example", data=body, content_type="application/json",
        headers={name: value for name, value in sent.items() if value},
    )  # fmt: skip


def challenge(token: object) -> bytes:
    """Return the body with which Zoom asks whether we know the secret."""
    return json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": token}, "event_ts": 1}).encode()


def test_what_happens_to_a_room_is_stored_and_answered_with_204(house: HookHouse) -> None:
    room = house.zoom.control.add_webinar(STARTS)
    house.zoom.control.start(room.id)
    assert house.send() == [204, 204]
    # A number in one message and a text in the next are the same room.
    assert house.stored() == [
        ("webinar.created", str(room.id), "received"),
        ("webinar.started", str(room.id), "received"),
    ]
    row = house.rows()[0]
    assert (row.zoom_account, row.event_ts, row.received_at) == (
        room.host.account_id, int(NOW.timestamp() * 1000), NOW,
    )  # fmt: skip


def test_message_that_comes_twice_is_one_whatever_its_time_and_request_id(house: HookHouse) -> None:
    room = house.zoom.control.add_webinar(STARTS)
    house.zoom.control.webhooks.tweak("duplicate")
    house.zoom.control.delete(room.id)
    assert house.send() == [204, 204, 204]
    assert [event for event, _, _ in house.stored()] == ["webinar.created", "webinar.deleted"]
    body = b'{"event": "webinar.updated", "event_ts": 5, "payload": {"object": {"id": 84123456789}}}'
    later = str(int(STAMP) + 60)
    answers = [
        post(house, body, x_zm_request_id="one"),
        post(house, body, x_zm_request_id="two"),
        post(house, body, x_zm_request_timestamp=later, x_zm_signature=signature(WEBHOOK_SECRET, later, body)),
    ]
    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert len(house.rows()) == 3


@pytest.mark.parametrize("tweak", ["wrong_secret", "tampered", "stale", "no_signature", "no_timestamp"])
def test_message_that_zoom_did_not_sign_is_refused(
    house: HookHouse, tweak: Tweak, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert house.forge("webinar.deleted", tweak, object={"id": 84123456789, "topic": "somebody@example.org"}) == 401
    assert (house.rows(), "84123456789" in caplog.text, "somebody@" in caplog.text) == ([], False, False)


def test_message_of_two_hours_ago_is_taken_and_no_older_one(house: HookHouse) -> None:
    body = b'{"event": "webinar.updated", "payload": {"object": {"id": "84123456789"}}}'
    given = []
    for age_s in (7200, 7201, -300, -301):
        stamp = str(int(STAMP) - age_s)
        answer = post(house, body, x_zm_request_timestamp=stamp, x_zm_signature=signature(WEBHOOK_SECRET, stamp, body))
        given.append(answer.status_code)
    assert given == [204, 401, 204, 401]


def test_message_that_says_almost_nothing_is_taken(house: HookHouse) -> None:
    bodies = [
        b'{"event": "webinar.updated"}', b'{"event": "Nobody <knows> this", "payload": []}',
        b'{"event": "meeting.ended", "payload": {"object": {"id": true}}, "event_ts": -1}',
    ]  # fmt: skip
    assert [post(house, body).status_code for body in bodies] == [204, 204, 204]
    assert [(row.event, row.object_id, row.event_ts) for row in house.rows()] == [
        ("webinar.updated", "", 0), ("unknown", "", 0), ("meeting.ended", "", 0),
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"[]", b"no JSON", b'{"event": 5}', b"[" * 5000, b"\xff"])
def test_signed_nonsense_is_told_so(house: HookHouse, body: bytes) -> None:
    assert (post(house, body).status_code, house.rows()) == (400, [])


def test_body_that_is_too_long_is_not_read(house: HookHouse) -> None:
    body = b'{"event": "webinar.updated", "more": "' + b"x" * MOST_BYTES + b'"}'
    assert (post(house, body).status_code, house.rows()) == (413, [])


def test_challenge_is_answered_where_it_is_signed(house: HookHouse) -> None:
    token = "qgg8vlvZRS6UYooatFL8Aw"
    answer = post(house, challenge(token))
    encrypted = hmac.new(WEBHOOK_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    assert (answer.status_code, answer.json) == (200, {"plainToken": token, "encryptedToken": encrypted})
    assert house.zoom.control.webhooks.challenge(house.endpoint)
    assert house.rows() == []


def test_challenge_that_is_not_signed_gets_nothing_signed(house: HookHouse) -> None:
    answers = [
        post(house, challenge("qgg8vlvZRS6UYooatFL8Aw"), x_zm_signature=""),
        post(house, challenge("qgg8vlvZRS6UYooatFL8Aw"), x_zm_signature="v0=" + "0" * 64),
    ]
    assert [(answer.status_code, answer.data) for answer in answers] == [(401, b""), (401, b"")]


@pytest.mark.parametrize("token", ["", "v0:1632000000:{}", "short", 5, None, "x" * 65, "with blank in it"])
def test_challenge_of_another_form_gets_nothing_signed(house: HookHouse, token: object) -> None:
    answer = post(house, challenge(token))
    assert (answer.status_code, answer.data) == (400, b"")


def test_without_a_secret_the_address_does_not_exist(database_url: str, tmp_path: Path) -> None:
    with hook_house(database_url, tmp_path, zoom_webhook_secret="") as house:
        body = challenge("qgg8vlvZRS6UYooatFL8Aw")
        empty = "v0=" + hmac.new(b"", b"v0:" + STAMP.encode() + b":" + body, hashlib.sha256).hexdigest()
        assert [post(house, body, x_zm_signature=each).status_code for each in (empty, "")] == [404, 404]


def test_each_app_signs_with_a_secret_of_its_own(database_url: str, tmp_path: Path) -> None:
    with hook_house(database_url, tmp_path, zoom_partner_webhook_secret="the-other-app") as house:
        body = challenge("qgg8vlvZRS6UYooatFL8Aw")
        own = post(house, body).json
        other = post(house, body, x_zm_signature=signature("the-other-app", STAMP, body)).json
        assert own is not None
        assert other is not None
        assert own["encryptedToken"] != other["encryptedToken"]


def test_body_is_sealed_and_nothing_of_it_is_logged(house: HookHouse, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    room = house.zoom.control.add_webinar(STARTS, topic="Cities")
    house.zoom.control.register(room.id, "somebody@example.org", first_name="Somebody")
    assert house.send() == [204, 204]
    kept = "".join(str(row) for row in house.dbs.execute(text("SELECT * FROM zoom_webhooks")).all()) + caplog.text
    links = house.zoom.control.links(room.id)
    private = ["somebody@example.org", "Somebody", links.join, links.start, "tk=", room.host.email, "Cities"]
    assert [word for word in private if word in kept] == []


def test_flood_of_forged_messages_writes_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    at_s = [0.0]
    refusals = Refusals(monotonic=lambda: at_s[0])
    for _ in range(500):
        refusals.note("signature")
    at_s[0] = 61.0
    refusals.note("headers")
    assert [(record.msg, record.__dict__["count"]) for record in caplog.records] == [
        ("hook_refused", 1), ("hook_refused", 500),
    ]  # fmt: skip


def test_while_the_database_is_locked_messages_go_to_the_disk_and_none_is_lost(house: HookHouse) -> None:
    bodies = [
        json.dumps({"event": "webinar.updated", "event_ts": n, "payload": {"object": {"id": n}}}).encode()
        for n in range(1, 7)
    ]
    with house.app.app_context():
        engine = make_engine(house.app.config["SQLALCHEMY_DATABASE_URI"])
    spool: HookSpool = house.app.extensions["wmd.hook_spool"]
    with engine.connect() as other:
        if engine.dialect.name == "sqlite":
            other.execute(text("SELECT 1"))
        else:
            other.execute(text("LOCK TABLE zoom_webhooks IN ACCESS EXCLUSIVE MODE"))
        assert [post(house, body).status_code for body in bodies] == [204] * 6
        assert len(spool.waiting()) == 6
        assert b"object" not in b"".join(path.read_bytes().replace(b"object_id", b"") for path in spool.waiting())
        other.rollback()
    engine.dispose()
    assert house.work() == 6
    assert (sorted(int(row.object_id) for row in house.rows()), spool.waiting()) == ([1, 2, 3, 4, 5, 6], [])


def test_message_that_nothing_can_take_is_asked_for_again(house: HookHouse, tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    gone = make_engine(f"sqlite:///{tmp_path / 'nowhere' / 'x.sqlite3'}")
    house.app.extensions["wmd.hook_store"] = HookStore(gone, HookSpool(tmp_path / "no-folder"))
    answer = post(house, b'{"event": "webinar.updated"}')
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")


def test_nothing_but_storing_is_done_in_the_request(house: HookHouse) -> None:
    house.bound("one")
    before = house.binding().next_try_at
    room = house.zoom.control.room(house.binding().zoom_id)
    house.zoom.control.move_room(room.id, STARTS + timedelta(hours=1))
    assert house.send() == [204, 204]
    assert (house.binding().next_try_at, house.calls()) == (before, {})
    db.session.rollback()
