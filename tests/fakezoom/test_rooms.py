"""The fake's webinars and meetings: how they look, what can be asked of them, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.fakezoom.client import Caller
from tests.fakezoom.conftest import NOW, STARTS_AT
from wmd_fakezoom import NO_REGISTRATION, FakeZoom, Room
from wmd_fakezoom.ids import UuidForm
from wmd_fakezoom.seed import HOST, SECOND_HOST, UNLICENSED

WEEKLY = {"type": 2, "repeat_interval": 1, "end_times": 3}


def test_webinar_says_its_time_in_utc_and_its_links(caller: Caller, webinar: Room) -> None:
    document = caller.get(f"/webinars/{webinar.id}")
    assert (document["start_time"], document["timezone"]) == ("2026-10-07T13:00:00Z", "Europe/Madrid")
    assert (document["id"] > 2**32, document["type"], document["host_email"]) == (True, 5, HOST)
    assert document["registration_url"] == f"https://us02web.zoom.us/webinar/register/{webinar.token}"
    assert document["start_url"].startswith(f"https://us02web.zoom.us/s/{webinar.id}?zak=")


def test_room_without_registration_has_no_registration_link(zoom: FakeZoom, caller: Caller) -> None:
    room = zoom.control.add_webinar(STARTS_AT, approval=NO_REGISTRATION)
    assert "registration_url" not in caller.get(f"/webinars/{room.id}")


def test_list_has_neither_registration_link_nor_settings_and_cuts_the_agenda(zoom: FakeZoom, caller: Caller) -> None:
    zoom.control.add_webinar(STARTS_AT, agenda="a" * 300)
    (listed,) = caller.get(f"/users/{HOST}/webinars")["webinars"]
    assert ({"registration_url", "settings", "start_url"} & set(listed), len(listed["agenda"])) == (set(), 250)


def test_series_with_times_has_dates_and_one_without_has_none(zoom: FakeZoom, caller: Caller) -> None:
    series = zoom.control.add_webinar(STARTS_AT + timedelta(days=14), type=9, recurrence=WEEKLY)
    document = caller.get(f"/webinars/{series.id}")
    starts = [item["start_time"] for item in document["occurrences"]]
    # The wall time in Madrid stays, so that the instant moves an hour where summer time ends on 25 October.
    assert starts == ["2026-10-21T13:00:00Z", "2026-10-28T14:00:00Z", "2026-11-04T14:00:00Z"]
    assert "start_time" not in document
    timeless = caller.get(f"/webinars/{zoom.control.add_webinar(None, type=6).id}")
    assert {"start_time", "duration", "occurrences"} & set(timeless) == set()


def test_one_date_of_a_series_is_moved_and_taken_out(zoom: FakeZoom, caller: Caller) -> None:
    series = zoom.control.add_webinar(STARTS_AT, type=9, recurrence=WEEKLY)
    first, second, _ = (item.id for item in series.occurrences)
    path = f"/webinars/{series.id}"
    body = {"start_time": "2026-10-07T15:00:00Z", "duration": 30}
    assert caller.call("PATCH", path, body, occurrence_id=first).status_code == 204
    assert caller.call("DELETE", path, occurrence_id=second).status_code == 204
    found = [(item["start_time"], item["duration"], item["status"]) for item in caller.get(path)["occurrences"]]
    assert found[:2] == [("2026-10-07T15:00:00Z", 30, "available"), ("2026-10-14T13:00:00Z", 60, "deleted")]
    assert caller.call("PATCH", path, {"duration": 45}).status_code == 204
    assert [item["duration"] for item in caller.get(path)["occurrences"]] == [45, 45, 45]


@pytest.mark.parametrize("form", ["/", "//"])
def test_uuid_with_slashes_must_be_encoded_twice(zoom: FakeZoom, caller: Caller, form: UuidForm) -> None:
    room = zoom.control.add_webinar(STARTS_AT, uuid_form=form)
    assert room.uuid.startswith(form) if form == "/" else "//" in room.uuid[1:]
    once = quote(room.uuid, safe="")
    assert caller.refused("GET", f"/webinars/{once}") == (404, 3001)
    assert caller.get(f"/webinars/{quote(once, safe='')}")["id"] == room.id


def test_plain_uuid_is_found_encoded_once(caller: Caller, webinar: Room) -> None:
    assert caller.get(f"/webinars/{quote(webinar.uuid, safe='')}")["id"] == webinar.id


def test_created_webinar_echoes_what_was_sent_and_inherits_the_rest(zoom: FakeZoom, caller: Caller) -> None:
    zoom.control.user(HOST).defaults["practice_session"] = True
    wish = {
        "topic": "Housing for all",
        "type": 5,
        "start_time": "2026-10-08T16:00:00",
        "timezone": "America/Bogota",
        "duration": 45,
        "settings": {"approval_type": 1, "registrants_email_notification": False},
    }
    answer = caller.call("POST", f"/users/{HOST}/webinars", wish)
    document = answer.json()
    assert (answer.status_code, document["start_time"], document["duration"]) == (201, "2026-10-08T21:00:00Z", 45)
    settings = document["settings"]
    kept = ("approval_type", "registrants_email_notification", "practice_session", "registration_type")
    assert [settings[name] for name in kept] == [1, False, True, 1]
    assert caller.get(f"/webinars/{document['id']}") == document


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"type": 5}, "start_time"),
        ({"type": 5, "start_time": "soon"}, "start_time"),
        ({"type": 7, "start_time": "2026-10-08T16:00:00Z"}, "type"),
        ({"type": 5, "start_time": "2026-10-08T16:00:00Z", "timezone": "Mars"}, "timezone"),
        ({"type": 5, "start_time": "2026-10-08T16:00:00Z", "topic": "x" * 201}, "topic"),
    ],
)
def test_wrong_wish_is_refused_with_its_field(caller: Caller, wish: dict[str, Any], field: str) -> None:
    answer = caller.call("POST", f"/users/{HOST}/webinars", wish)
    assert (answer.status_code, answer.json()["code"]) == (400, 300)
    assert [item["field"] for item in answer.json()["errors"]] == [field]


def test_host_without_licence_has_no_webinars(caller: Caller) -> None:
    assert caller.get(f"/users/{UNLICENSED}")["type"] == 1
    assert caller.get(f"/users/{UNLICENSED}/settings")["feature"]["webinar"] is False
    assert caller.refused("POST", f"/users/{UNLICENSED}/webinars", {"type": 6}) == (400, 200)
    assert caller.refused("GET", f"/users/{UNLICENSED}/webinars") == (400, 200)
    assert caller.get(f"/users/{UNLICENSED}/meetings")["meetings"] == []


def test_unknown_user_is_told_apart(caller: Caller) -> None:
    assert caller.refused("GET", "/users/nobody@example.org/webinars") == (404, 1001)


def test_host_may_change_a_hundred_times_a_day(caller: Caller, webinar: Room) -> None:
    path = f"/webinars/{webinar.id}"
    statuses = [caller.call("PATCH", path, {"duration": 60 + count}).status_code for count in range(100)]
    assert statuses == [204] * 100
    answer = caller.call("PATCH", path, {"duration": 30})
    assert (answer.status_code, answer.headers["X-RateLimit-Type"]) == (429, "Daily-limit")
    assert answer.headers["Retry-After"] == "2026-10-02T00:00:00Z"
    wish = {"type": 6, "topic": "Another host's count is another"}
    assert caller.call("POST", f"/users/{SECOND_HOST}/webinars", wish).status_code == 201
    caller.zoom.control.move(hours=15)
    caller.renew()
    assert caller.call("PATCH", path, {"duration": 30}).status_code == 204


def test_deleted_webinar_is_not_found_and_comes_back_until_it_is_gone(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    path, token = f"/webinars/{webinar.id}", webinar.token
    zoom.control.register(webinar.id, "a@example.org")
    assert caller.call("DELETE", path).status_code == 204
    assert caller.refused("GET", path) == (404, 3001)
    assert caller.get(f"/users/{HOST}/webinars")["webinars"] == []
    zoom.control.recover(webinar.id)
    assert caller.get(path)["registration_url"].endswith(token)
    assert caller.get(f"{path}/registrants")["total_records"] == 1
    zoom.control.delete_for_good(webinar.id)
    assert caller.refused("GET", path) == (404, 3001)
    with pytest.raises(ValueError, match="gone"):
        zoom.control.recover(webinar.id)


def test_recreated_webinar_has_everything_new_and_nobody_in_it(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    zoom.control.register(webinar.id, "a@example.org")
    new = zoom.control.recreate(webinar.id)
    assert caller.refused("GET", f"/webinars/{webinar.id}") == (404, 3001)
    assert (new.id != webinar.id, new.uuid != webinar.uuid, new.token != webinar.token) == (True, True, True)
    assert caller.get(f"/webinars/{new.id}")["topic"] == webinar.topic
    assert caller.get(f"/webinars/{new.id}/registrants")["registrants"] == []


def test_move_keeps_the_link_and_a_changed_link_keeps_the_time(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    before = caller.get(f"/webinars/{webinar.id}")
    zoom.control.move_room(webinar.id, STARTS_AT + timedelta(hours=1))
    moved = caller.get(f"/webinars/{webinar.id}")
    assert moved == {**before, "start_time": "2026-10-07T14:00:00Z"}
    new = zoom.control.change_link(webinar.id)
    assert caller.get(f"/webinars/{webinar.id}") == {**moved, "registration_url": new}


def test_number_of_a_webinar_works_to_its_end_and_a_meetings_thirty_days_longer(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    meeting = zoom.control.add_meeting(STARTS_AT)
    zoom.control.set_time(STARTS_AT + timedelta(minutes=90))
    caller.renew()
    assert caller.refused("GET", f"/webinars/{webinar.id}") == (404, 3001)
    assert caller.get(f"/meetings/{meeting.id}")["status"] == "waiting"
    zoom.control.move(days=31)
    caller.renew()
    assert caller.refused("GET", f"/meetings/{meeting.id}") == (404, 3001)


def test_running_webinar_outlives_its_time_is_listed_and_cannot_be_deleted(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    zoom.control.set_time(STARTS_AT)
    zoom.control.start(webinar.id)
    zoom.control.move(hours=3)
    caller.renew()
    assert caller.get(f"/webinars/{webinar.id}")["id"] == webinar.id
    listed = caller.get(f"/users/{HOST}/webinars", type="upcoming")["webinars"]
    assert [item["id"] for item in listed] == [webinar.id]
    assert caller.refused("DELETE", f"/webinars/{webinar.id}") == (400, 3002)
    zoom.control.end(webinar.id)
    assert caller.refused("DELETE", f"/webinars/{webinar.id}") == (400, 3007)


def test_live_meetings_are_asked_for_by_type(zoom: FakeZoom, caller: Caller) -> None:
    first, _ = zoom.control.add_meeting(STARTS_AT), zoom.control.add_meeting(STARTS_AT)
    zoom.control.start(first.id)
    live = caller.get(f"/users/{HOST}/meetings", type="live")["meetings"]
    assert ([item["id"] for item in live], caller.get(f"/meetings/{first.id}")["status"]) == ([first.id], "started")


def test_kinds_are_told_apart_and_a_meeting_can_become_a_webinar(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    assert caller.refused("GET", f"/meetings/{webinar.id}") == (400, 3000)
    meeting = zoom.control.add_meeting(STARTS_AT)
    assert caller.refused("GET", f"/webinars/{meeting.id}") == (400, 300)
    assert caller.get(f"/meetings/{meeting.id}")["type"] == 2
    zoom.control.convert_to_webinar(meeting.id)
    answer = caller.call("GET", f"/meetings/{meeting.id}")
    assert (answer.status_code, answer.json()) == (400, {"code": 3000, "message": "Cannot access webinar info."})
    assert caller.get(f"/webinars/{meeting.id}")["type"] == 5


def test_same_number_gives_the_same_ids_and_another_gives_others() -> None:
    with FakeZoom(starts_at=NOW) as one, FakeZoom(starts_at=NOW) as same, FakeZoom(starts_at=NOW, number=2) as other:
        ids = [server.control.add_webinar(STARTS_AT).id for server in (one, same, other)]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)
