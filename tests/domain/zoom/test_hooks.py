"""What a message of Zoom's says: numbers in any form, missing parts, and what staff may see of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wmd.domain.zoom.hooks import Meaning, client_of, meaning_of, read_body, read_hook, shown_fields


def body(event: str, **payload: Any) -> bytes:
    return json.dumps({"event": event, "event_ts": 1_600_000_000_000, "payload": payload}).encode()


@pytest.mark.parametrize("room_id", [84123456789, "84123456789", "841 2345 6789"])
def test_id_of_a_room_is_text_of_digits(room_id: object) -> None:
    assert read_hook(body("webinar.updated", object={"id": room_id})).object_id == "84123456789"


@pytest.mark.parametrize("room_id", [None, True, 1.5, "", "abc", [], {}, -3, "9" * 30])
def test_what_is_no_number_is_none(room_id: object) -> None:
    assert read_hook(body("webinar.updated", object={"id": room_id})).object_id == ""


def test_parts_that_are_missing_or_of_another_kind_are_blank() -> None:
    for said in ({"event": "x.y"}, {"event": "x.y", "payload": 5, "event_ts": "now"}, {"event": "x.y", "event_ts": 0}):
        hook = read_hook(json.dumps(said).encode())
        assert (hook.event, hook.zoom_account, hook.object_id, hook.event_ts) == ("x.y", "", "", 0)


def test_key_tells_messages_apart_by_all_that_is_signed() -> None:
    one, two = (
        body("webinar.registration_created", object={"id": 1, "registrant": {"id": "a"}}),
        body("webinar.registration_created", object={"id": 1, "registrant": {"id": "b"}}),
    )
    assert read_hook(one).key == read_hook(bytes(one)).key
    assert read_hook(one).key != read_hook(two).key


@pytest.mark.parametrize(
    ("event", "meaning"),
    [
        ("webinar.updated", Meaning.ROOM), ("meeting.deleted", Meaning.ROOM), ("webinar.ended", Meaning.ROOM),
        ("webinar.registration_cancelled", Meaning.REGISTRANTS), ("webinar.participant_joined", Meaning.NOTHING),
        ("app_deauthorized", Meaning.DEAUTHORISED), ("user.updated", Meaning.NOTHING), ("unknown", Meaning.NOTHING),
    ],
)  # fmt: skip
def test_what_an_event_asks_of_us(event: str, meaning: Meaning) -> None:
    assert meaning_of(event) is meaning


def test_user_who_takes_rights_back_is_what_that_message_is_about() -> None:
    said = body("app_deauthorized", account_id="acc", user_id="user-1", client_id="app")
    hook = read_hook(said)
    assert (hook.zoom_account, hook.object_id, client_of(read_body(said))) == ("acc", "user-1", "app")


def test_shown_are_names_of_fields_and_values_that_name_nobody() -> None:
    said = body(
        "webinar.registration_created", account_id="acc",
        object={
            "id": 84123456789, "topic": "Ada’s talk", "start_time": "2026-10-07T13:00:00Z", "host_email": "h@x.example",
            "join_url": "https://zoom.us/j/1?pwd=x", "status": "a@x.example",
            "registrant": {"id": "r1", "email": "a@x.example", "first_name": "Ada"}, "occurrences": [{"duration": 60}],
        },
    )  # fmt: skip
    assert shown_fields(said) == [
        ("event", "webinar.registration_created"), ("event_ts", "1600000000000"), ("payload.account_id", ""),
        ("payload.object.id", "84123456789"), ("payload.object.topic", ""),
        ("payload.object.start_time", "2026-10-07T13:00:00Z"), ("payload.object.host_email", ""),
        ("payload.object.join_url", ""), ("payload.object.status", ""), ("payload.object.registrant.id", "r1"),
        ("payload.object.registrant.email", ""), ("payload.object.registrant.first_name", ""),
        ("payload.object.occurrences.[].duration", "60"),
    ]  # fmt: skip
    assert shown_fields(b"none") == []
