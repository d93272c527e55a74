"""The fake's webhooks: signed over the exact bytes, challenged, repeated by its clock, and bent by script."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.fakezoom.client import Caller
from tests.fakezoom.conftest import NOW, STARTS_AT
from wmd_fakezoom import FakeZoom, Room
from wmd_fakezoom.seed import PARTNER, WEBHOOK_SECRET
from wmd_fakezoom.webhooks import Outcome, Tweak

SIGNATURE, TIMESTAMP = "x-zm-signature", "x-zm-request-timestamp"


@dataclass
class Receiver:
    """An endpoint that answers challenges and keeps what it gets. ``statuses`` are its next answers, then 200."""

    url: str = ""
    secret: str = WEBHOOK_SECRET
    statuses: list[int] = field(default_factory=list)
    slow_s: float = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        document = json.loads(body)
        if document["event"] == "endpoint.url_validation":
            plain = document["payload"]["plainToken"]
            encrypted = hmac.new(self.secret.encode(), plain.encode(), hashlib.sha256).hexdigest()
            return 200, json.dumps({"plainToken": plain, "encryptedToken": encrypted}).encode()
        self.got.append((headers, body))
        time.sleep(self.slow_s)
        return (self.statuses.pop(0) if self.statuses else 200), b""

    @property
    def events(self) -> list[str]:
        return [str(json.loads(body)["event"]) for _, body in self.got]

    def document(self, number: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.got[number][1])
        return found

    def is_signed(self, number: int = -1) -> bool:
        headers, body = self.got[number]
        message = b"v0:" + headers.get(TIMESTAMP, "").encode() + b":" + body
        wanted = "v0=" + hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()
        return headers.get(SIGNATURE) == wanted


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = found.answer({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hooks/zoom"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def listening(zoom: FakeZoom, receiver: Receiver) -> Receiver:
    zoom.listen(receiver.url)
    return receiver


def send(zoom: FakeZoom) -> list[Outcome]:
    return zoom.control.webhooks.send_due()


def test_move_is_told_with_what_changed_and_signed_over_the_exact_bytes(
    zoom: FakeZoom, listening: Receiver, webinar: Room
) -> None:
    zoom.control.move_room(webinar.id, STARTS_AT + timedelta(hours=1))
    assert [outcome.status for outcome in send(zoom)] == [200, 200]
    assert (listening.events, listening.is_signed()) == (["webinar.created", "webinar.updated"], True)
    document = listening.document()
    assert document["event_ts"] == int(NOW.timestamp() * 1000)
    payload = document["payload"]
    assert payload["object"] == {"id": webinar.id, "uuid": webinar.uuid, "start_time": "2026-10-07T14:00:00Z"}
    assert payload["old_object"]["start_time"] == "2026-10-07T13:00:00Z"
    assert (payload["account_id"], payload["time_stamp"]) == (webinar.host.account_id, document["event_ts"])


def test_everything_that_happens_to_a_webinar_is_told(zoom: FakeZoom, listening: Receiver, webinar: Room) -> None:
    control = zoom.control
    control.change_link(webinar.id)
    control.close_registration(webinar.id)
    control.register(webinar.id, "a@example.org")
    control.start(webinar.id)
    control.leave(webinar.id, control.join(webinar.id, "Ada", "a@example.org"))
    control.end(webinar.id)
    control.delete(webinar.id)
    control.recover(webinar.id)
    control.delete_for_good(webinar.id)
    control.add_meeting(STARTS_AT)
    send(zoom)
    assert [event.removeprefix("webinar.") for event in listening.events] == [
        "created", "updated", "updated", "registration_created", "started", "participant_joined", "participant_left",
        "ended", "deleted", "recovered", "permanently_deleted", "meeting.created",
    ]  # fmt: skip
    ids = {
        event: listening.document(number)["payload"]["object"]["id"] for number, event in enumerate(listening.events)
    }
    assert [ids[f"webinar.{name}"] for name in ("updated", "started", "ended", "deleted")] == [
        webinar.id,
        str(webinar.id),
        str(webinar.id),
        webinar.id,
    ]


def test_approval_of_registrants_is_told(zoom: FakeZoom, listening: Receiver, caller: Caller, webinar: Room) -> None:
    item = zoom.control.register(webinar.id, "a@example.org", status="pending")
    for action in ("approve", "deny", "cancel"):
        body = {"action": action, "registrants": [{"id": item.id}]}
        caller.call("PUT", f"/webinars/{webinar.id}/registrants/status", body)
    send(zoom)
    people = [listening.document(number)["payload"]["object"].get("registrant", {}) for number in range(5)]
    assert [event.removeprefix("webinar.registration_") for event in listening.events[1:]] == [
        "created", "approved", "denied", "cancelled",
    ]  # fmt: skip
    assert [(person["status"], "join_url" in person) for person in people[1:]] == [
        ("pending", False),
        ("approved", True),
        ("denied", False),
        ("cancelled", False),
    ]


def test_partner_that_revokes_access_is_told(zoom: FakeZoom, listening: Receiver) -> None:
    tokens, user = zoom.control.world.tokens, zoom.control.user(PARTNER)
    app = tokens.apps[1]
    code = tokens.consent(app, user, app.redirect_uris[0], NOW)
    tokens.for_code(app, code.value, code.redirect_uri, "", NOW)
    zoom.control.revoke(PARTNER)
    send(zoom)
    payload = listening.document()["payload"]
    assert (listening.events, payload["user_id"], payload["client_id"]) == (
        ["app_deauthorized"],
        user.id,
        app.client_id,
    )


def test_endpoint_without_the_secret_gets_nothing(zoom: FakeZoom, receiver: Receiver, webinar: Room) -> None:
    zoom.listen(receiver.url, "another")
    zoom.control.delete(webinar.id)
    assert (send(zoom), receiver.got) == ([], [])


def test_endpoint_is_challenged_again_every_72_hours_and_dropped_after_six_failures(
    zoom: FakeZoom, listening: Receiver
) -> None:
    (endpoint,) = zoom.control.webhooks.endpoints
    history = zoom.control.webhooks.history
    zoom.control.move(hours=71, deliver=True)
    assert len(history) == 1
    zoom.control.move(hours=1, deliver=True)
    assert (len(history), endpoint.is_on) == (2, True)
    listening.secret = "lost"
    states = []
    for _ in range(6):
        zoom.control.move(hours=72, deliver=True)
        states.append(endpoint.is_on)
    assert states == [True] * 5 + [False]


def test_failure_is_repeated_after_5_25_and_85_minutes_then_lost(
    zoom: FakeZoom, listening: Receiver, webinar: Room
) -> None:
    send(zoom)
    listening.statuses = [500] * 4
    zoom.control.delete(webinar.id)
    tries: list[tuple[int, int, int]] = []
    for minutes in (0, 4, 1, 19, 1, 59, 1, 600):
        zoom.control.move(minutes=minutes)
        total = int((zoom.control.now - NOW).total_seconds() / 60)
        tries += [(total, item.attempt, item.status) for item in send(zoom)]
    assert tries == [(0, 1, 500), (5, 2, 500), (25, 3, 500), (85, 4, 500)]
    assert (zoom.control.webhooks.lost, zoom.control.webhooks.outbox) == (["webinar.deleted"], [])
    assert len({body for _, body in listening.got[1:]}) == 1


def test_repeated_try_has_a_fresh_time_or_the_first(zoom: FakeZoom, listening: Receiver, webinar: Room) -> None:
    del webinar
    listening.statuses = [500, 500]
    send(zoom)
    zoom.control.move(minutes=5, deliver=True)
    zoom.control.webhooks.repeats_keep_timestamp = True
    zoom.control.move(minutes=20, deliver=True)
    times = [int(headers[TIMESTAMP]) - int(NOW.timestamp()) for headers, _ in listening.got]
    assert (times, [listening.is_signed(number) for number in range(3)]) == ([0, 300, 0], [True] * 3)


def test_endpoint_that_takes_too_long_has_failed(zoom: FakeZoom, listening: Receiver, webinar: Room) -> None:
    del webinar
    zoom.control.webhooks.limit_s, listening.slow_s = 0.2, 0.4
    assert [(outcome.status, outcome.is_good) for outcome in send(zoom)] == [(0, False)]


def test_event_comes_twice_with_the_same_bytes(zoom: FakeZoom, listening: Receiver, webinar: Room) -> None:
    send(zoom)
    zoom.control.webhooks.tweak("duplicate")
    zoom.control.delete(webinar.id)
    zoom.control.recover(webinar.id)
    send(zoom)
    assert listening.events == ["webinar.created", "webinar.deleted", "webinar.deleted", "webinar.recovered"]
    assert listening.got[1][1] == listening.got[2][1]


def test_events_come_in_another_order(zoom: FakeZoom, listening: Receiver, webinar: Room) -> None:
    zoom.control.webhooks.tweak("reorder", times=3)
    zoom.control.delete(webinar.id)
    zoom.control.recover(webinar.id)
    send(zoom)
    happened = ["webinar.created", "webinar.deleted", "webinar.recovered"]
    assert (listening.events != happened, sorted(listening.events)) == (True, happened)


@pytest.mark.parametrize("tweak", ["wrong_secret", "tampered", "no_signature", "no_timestamp"])
def test_event_that_is_not_signed_well(zoom: FakeZoom, listening: Receiver, webinar: Room, tweak: Tweak) -> None:
    send(zoom)
    zoom.control.webhooks.tweak(tweak)
    zoom.control.delete(webinar.id)
    zoom.control.recover(webinar.id)
    send(zoom)
    assert [listening.is_signed(number) for number in (1, 2)] == [False, True]
    headers = listening.got[1][0]
    assert (SIGNATURE in headers, TIMESTAMP in headers) == (tweak != "no_signature", tweak != "no_timestamp")


def test_old_event_is_signed_well(zoom: FakeZoom, listening: Receiver, webinar: Room) -> None:
    del webinar
    zoom.control.webhooks.tweak("stale")
    zoom.control.add_webinar(STARTS_AT)
    send(zoom)
    age_s = int(NOW.timestamp()) - int(listening.got[-1][0][TIMESTAMP])
    assert (age_s, listening.is_signed()) == (3 * 3600, True)


def test_event_may_say_nothing_but_the_number_or_be_lost(zoom: FakeZoom, listening: Receiver, webinar: Room) -> None:
    send(zoom)
    zoom.control.webhooks.tweak("partial")
    zoom.control.move_room(webinar.id, STARTS_AT + timedelta(hours=1))
    send(zoom)
    assert listening.document()["payload"]["object"] == {"id": webinar.id}
    zoom.control.webhooks.tweak("lost")
    zoom.control.delete(webinar.id)
    send(zoom)
    assert (listening.events[-1], zoom.control.webhooks.lost) == ("webinar.updated", ["webinar.deleted"])


def test_event_can_be_made_up(zoom: FakeZoom, listening: Receiver) -> None:
    (endpoint,) = zoom.control.webhooks.endpoints
    outcome = zoom.control.webhooks.forge(endpoint, "webinar.deleted", {"object": {"id": 1}}, "wrong_secret")
    assert (outcome.status, listening.events, listening.is_signed()) == (200, ["webinar.deleted"], False)


def test_running_fake_sends_by_itself(receiver: Receiver) -> None:
    with FakeZoom(sends=True) as zoom:
        zoom.listen(receiver.url)
        zoom.control.add_webinar(STARTS_AT)
        end = time.monotonic() + 5
        while not receiver.got and time.monotonic() < end:
            time.sleep(0.02)
    assert receiver.events == ["webinar.created"]
