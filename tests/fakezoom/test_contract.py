"""The fake against Zoom's own API text: a tour of every call, right and wrong, in both directions.

In all other tests of the fake, too, each answer is compared with the text (tests/fakezoom/conftest.py).
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.fakezoom.client import Caller
from tests.fakezoom.conftest import STARTS_AT
from tests.fakezoom.spec import DIFFERENCES, Spec, needs_spec, request_faults, the_spec
from tests.fakezoom.test_past import take_place
from tests.fakezoom.test_tokens import consented
from wmd_fakezoom import MANUAL, FakeZoom, Room
from wmd_fakezoom.api import Sent
from wmd_fakezoom.calls import ROUTES
from wmd_fakezoom.faults import FaultKind
from wmd_fakezoom.seed import HOST, SECOND_HOST, UNLICENSED

pytestmark = needs_spec

WISH = {
    "topic": "Housing for all",
    "type": 5,
    "start_time": "2026-10-08T16:00:00Z",
    "timezone": "America/Bogota",
    "duration": 45,
    "settings": {"approval_type": 0, "registrants_email_notification": False},
}
PERSON = {"email": "a@example.org", "first_name": "Ada", "language": "en-US"}


@pytest.fixture
def spec() -> Spec:
    return Spec(the_spec().document)


def tour_of_kind(zoom: FakeZoom, caller: Caller, kind: str) -> None:
    """Make every call about a webinar or meeting that is still to come."""
    caller.get(f"/users/{HOST}/{kind}s", type="upcoming", page_size=300)
    wish = {**WISH, "type": 5 if kind == "webinar" else 2}
    made = caller.call("POST", f"/users/{HOST}/{kind}s", wish).json()
    path = f"/{kind}s/{made['id']}"
    caller.call("PATCH", path, {"start_time": "2026-10-08T17:00:00Z", "topic": "Homes for all"})
    caller.get(path)
    questions = {"questions": [{"field_name": "org", "required": False}], "custom_questions": []}
    caller.call("PATCH", f"{path}/registrants/questions", questions)
    caller.get(f"{path}/registrants/questions")
    added = caller.call("POST", f"{path}/registrants", PERSON).json()
    batch = [{"email": "b@example.org", "first_name": "Bea", "last_name": "B"}]
    caller.call("POST", f"{path}/batch_registrants", {"auto_approve": True, "registrants": batch})
    for status in ("approved", "pending", "denied"):
        caller.get(f"{path}/registrants", status=status, page_size=1)
    people = [{"id": added["registrant_id"], "email": "a@example.org"}]
    for action in ("deny", "approve", "cancel"):
        caller.call("PUT", f"{path}/registrants/status", {"action": action, "registrants": people})
    caller.call("DELETE", path)
    caller.call("GET", path)
    caller.call("GET", f"{path}/registrants")
    assert zoom.control.room(made["id"]).state == "trashed"


def tour_of_webinars(zoom: FakeZoom, caller: Caller) -> None:
    """Make the calls that only webinars have, and those about what took place."""
    room = zoom.control.add_webinar(STARTS_AT, settings={"registrants_restrict_number": 3})
    path = f"/webinars/{room.id}"
    first = zoom.control.register(room.id, "first@example.org")
    caller.get(f"{path}/registrants/{first.id}")
    caller.call("DELETE", f"{path}/registrants/{first.id}")
    caller.get(f"{path}/tracking_sources")
    caller.call("POST", f"{path}/panelists", {"panelists": [{"name": "Speaker", "email": "speaker@example.org"}]})
    (speaker,) = caller.get(f"{path}/panelists")["panelists"]
    caller.call("DELETE", f"{path}/panelists/{speaker['id']}")
    zoom.control.register(room.id, "second@example.org")
    caller.call("POST", f"{path}/registrants", {**PERSON, "source_id": "1"})
    caller.call("POST", f"{path}/registrants", {**PERSON, "email": "third@example.org"})
    caller.call("POST", f"{path}/registrants", {**PERSON, "email": "fourth@example.org"})
    series = zoom.control.add_webinar(STARTS_AT, type=9, recurrence={"type": 1, "end_times": 2})
    caller.get(f"/webinars/{series.id}", show_previous_occurrences="true")
    dates = series.occurrences[0].id
    caller.call("POST", f"/webinars/{series.id}/registrants", PERSON, occurrence_ids=dates)
    caller.get(f"/webinars/{zoom.control.add_webinar(None, type=6).id}")
    caller.get(f"/users/{HOST}/webinars", page_size=1)
    token = caller.get(f"/users/{HOST}/webinars", page_size=1)["next_page_token"]
    caller.get(f"/users/{HOST}/webinars", page_size=1, next_page_token=token)
    take_place(zoom, room)
    caller.renew()
    for call in ("participants", "absentees", "instances"):
        caller.get(f"/past_webinars/{room.id}/{call}")
    caller.call("GET", "/past_webinars/81234567890/instances")
    caller.get(f"/report/webinars/{room.id}/participants", include_fields="registrant_id")


def tour_of_users(zoom: FakeZoom, caller: Caller) -> None:
    """Ask for users, with both kinds of token."""
    caller.get(f"/users/{HOST}")
    caller.get(f"/users/{HOST}/settings")
    caller.call("GET", "/users/me")
    caller.call("GET", f"/users/{UNLICENSED}/webinars")
    caller.renew(consented(zoom, caller)["access_token"])
    caller.get("/users/me")
    other = zoom.control.add_user(
        "colleague@partner.example", account_id=zoom.control.user("host@partner.example").account_id
    )
    caller.call("GET", f"/webinars/{zoom.control.add_webinar(STARTS_AT, host=other.email).id}")
    caller.renew()


def tour_of_meetings(zoom: FakeZoom, caller: Caller) -> None:
    """Make the calls about meetings that took place."""
    meeting = zoom.control.add_meeting(zoom.control.now + timedelta(days=1), host=SECOND_HOST)
    person = zoom.control.register(meeting.id, "a@example.org")
    caller.call("DELETE", f"/meetings/{meeting.id}/registrants/{person.id}")
    zoom.control.start(meeting.id)
    zoom.control.join(meeting.id, "Ada", "a@example.org")
    zoom.control.end(meeting.id)
    caller.get(f"/past_meetings/{meeting.id}/participants")
    caller.get(f"/past_meetings/{meeting.id}/instances")
    zoom.control.add_meeting(zoom.control.now, host=SECOND_HOST, approval=MANUAL)
    caller.get(f"/users/{SECOND_HOST}/meetings", type="live")


def test_tour_of_all_calls_is_as_zooms_text_says_and_every_difference_is_needed(
    zoom: FakeZoom, caller: Caller, spec: Spec
) -> None:
    for kind in ("webinar", "meeting"):
        tour_of_kind(zoom, caller, kind)
    tour_of_users(zoom, caller)
    tour_of_webinars(zoom, caller)
    tour_of_meetings(zoom, caller)
    answers = [fault for answer in caller.answers for fault in spec.answer_faults(*answer)]
    requests = [fault for sent in zoom.control.sent() for fault in spec.request_faults(sent) if "/oauth/a" not in fault]
    assert (answers, requests) == ([], [])
    assert [item for item in DIFFERENCES if item not in spec.used] == []
    unseen = {item.name for item in ROUTES} - set(zoom.control.counts())
    # The text has one registrant of a webinar, and none of a meeting.
    assert unseen == {"GET /meetings/{id}/registrants/{registrant}"}


def test_token_is_as_the_text_says(caller: Caller, spec: Spec) -> None:
    answer = caller.token()
    assert spec.answer_faults("POST", "/oauth/token", answer.status_code, answer.content) == []
    assert spec.answer_faults("POST", "/oauth/token", 401, b"{}") == ["POST /oauth/token: status 401"]


@pytest.mark.parametrize("kind", ["unauthorised", "qps", "daily"])
def test_faults_in_zooms_words_are_as_the_text_says(
    zoom: FakeZoom, caller: Caller, webinar: Room, spec: Spec, kind: FaultKind
) -> None:
    zoom.control.fault(kind)
    answer = caller.call("GET", f"/webinars/{webinar.id}")
    assert spec.answer_faults("GET", f"/v2/webinars/{webinar.id}", answer.status_code, answer.content) == []


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        ({"id": "81234567890"}, "answer id: '81234567890' is not of type 'integer'"),
        ({"type": 7}, "answer type: 7 is not one of [5, 6, 9]"),
        ({"start_time": "tomorrow"}, "answer start_time: 'tomorrow' is not a 'date-time'"),
        ({"starttime": "2026-10-07T13:00:00Z"}, "answer starttime unknown"),
        ({"settings": {"aproval_type": 1}}, "answer settings.aproval_type unknown"),
    ],
)
def test_wrong_answer_is_noticed(spec: Spec, document: dict[str, Any], finding: str) -> None:
    path = "/v2/webinars/81234567890"
    assert spec.answer_faults("GET", path, 200, json.dumps(document).encode()) == [f"GET {path}: {finding}"]


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "finding"),
    [
        ("GET", "/v2/webinars", {}, None, "unknown call"),
        ("GET", "/v2/webinars/1/registrants", {"statuses": ["x"]}, None, "query statuses unknown"),
        ("GET", "/v2/webinars/1/registrants", {"page_size": ["301"]}, None,
         "query page_size : 301 is greater than the maximum of 300"),
        ("GET", "/v2/webinars/1/registrants", {"status": ["a", "b"]}, None, "query status more than once"),
        ("PATCH", "/v2/webinars/WN_x", {}, {"topic": "x"}, "path webinarId : 'WN_x' is not of type 'integer'"),
        ("POST", "/v2/webinars/1/registrants", {}, {"email": "a@example.org"},
         "body : 'first_name' is a required property"),
        ("POST", "/v2/users/x/webinars", {}, {"settings": {"approval": 0}}, "body settings.approval unknown"),
    ],
)  # fmt: skip
def test_wrong_request_is_noticed(
    method: str, path: str, query: dict[str, list[str]], body: object, finding: str
) -> None:
    raw = b"" if body is None else json.dumps(body).encode()
    sent = Sent(method, path, query, {"Content-Type": "application/json"}, raw)
    assert request_faults([sent]) == [f"{method} {path}: {finding}"]
