"""The fake's registrants: links of their own, approval, caps, hosts, questions, limits per person, batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakezoom.client import Caller
from tests.fakezoom.conftest import STARTS_AT
from wmd_fakezoom import MANUAL, NO_REGISTRATION, FakeZoom, Room
from wmd_fakezoom.seed import HOST


def wish(email: str = "a@example.org", **more: Any) -> dict[str, Any]:
    return {"email": email, "first_name": "Ada", **more}


def add(caller: Caller, room: Room, email: str = "a@example.org", **more: Any) -> dict[str, Any]:
    answer = caller.call("POST", f"/{room.kind}s/{room.id}/registrants", wish(email, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def emails(caller: Caller, room: Room, **query: str) -> list[str]:
    return [item["email"] for item in caller.get(f"/webinars/{room.id}/registrants", **query)["registrants"]]


def test_everybody_gets_a_link_of_their_own(caller: Caller, webinar: Room) -> None:
    one, other, same = (add(caller, webinar, email) for email in ("a@example.org", "b@example.org", "A@example.org"))
    assert one["join_url"].startswith(f"https://us02web.zoom.us/w/{webinar.id}?tk=")
    assert (one["join_url"] != other["join_url"], one == same) == (True, True)
    assert emails(caller, webinar) == ["a@example.org", "b@example.org"]
    assert (one["id"], one["start_time"]) == (str(webinar.id), "2026-10-07T13:00:00Z")


def test_repeated_address_can_be_entered_twice_for_the_trap_of_the_second_post(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    zoom.control.world.repeated_email = "new"
    first, second = add(caller, webinar), add(caller, webinar)
    assert (first["registrant_id"] != second["registrant_id"], len(emails(caller, webinar))) == (True, 2)


def test_meeting_answers_with_its_number_as_a_number(zoom: FakeZoom, caller: Caller) -> None:
    meeting = zoom.control.add_meeting(STARTS_AT)
    assert add(caller, meeting)["id"] == meeting.id


def test_host_approves_and_until_then_there_is_no_link(zoom: FakeZoom, caller: Caller) -> None:
    room = zoom.control.add_webinar(STARTS_AT, approval=MANUAL)
    added = add(caller, room)
    assert ("join_url" in added, emails(caller, room), emails(caller, room, status="pending")) == (
        False,
        [],
        ["a@example.org"],
    )
    path = f"/webinars/{room.id}/registrants"
    for action, status in (("approve", "approved"), ("deny", "denied"), ("approve", "approved")):
        body = {"action": action, "registrants": [{"id": added["registrant_id"]}]}
        assert caller.call("PUT", f"{path}/status", body).status_code == 204
        found = caller.get(f"{path}/{added['registrant_id']}")
        assert (found["status"], "join_url" in found) == (status, status == "approved")
    body = {"action": "cancel", "registrants": [{"email": "A@EXAMPLE.ORG"}]}
    assert caller.call("PUT", f"{path}/status", body).status_code == 204
    assert [emails(caller, room, status=status) for status in ("approved", "pending", "denied")] == [[], [], []]


def test_full_webinar_has_one_code_in_single_calls_and_another_in_batches(zoom: FakeZoom, caller: Caller) -> None:
    room = zoom.control.add_webinar(STARTS_AT, settings={"registrants_restrict_number": 1})
    path = f"/webinars/{room.id}"
    add(caller, room)
    add(caller, room)
    assert caller.refused("POST", f"{path}/registrants", wish("b@example.org")) == (400, 3035)
    batch = {"registrants": [wish("b@example.org")]}
    assert caller.refused("POST", f"{path}/batch_registrants", batch) == (404, 3043)
    waiting = zoom.control.register(room.id, "c@example.org", status="pending")
    approval = {"action": "approve", "registrants": [{"id": waiting.id}]}
    assert caller.refused("PUT", f"{path}/registrants/status", approval) == (400, 3035)


def test_full_meeting_is_told_as_well(zoom: FakeZoom, caller: Caller) -> None:
    room = zoom.control.add_meeting(STARTS_AT)
    zoom.control.change(room.id, settings={"registrants_restrict_number": 1})
    add(caller, room)
    assert caller.refused("POST", f"/meetings/{room.id}/registrants", wish("b@example.org")) == (400, 3043)


@pytest.mark.parametrize("email", [HOST, "OTHER@example.org"])
def test_hosts_cannot_register(zoom: FakeZoom, caller: Caller, email: str) -> None:
    room = zoom.control.add_webinar(STARTS_AT, settings={"alternative_hosts": "other@example.org;x@example.org"})
    assert caller.refused("POST", f"/webinars/{room.id}/registrants", wish(email)) == (400, 3027)


def test_nobody_registers_when_it_is_over_closed_or_without_registration(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    path = f"/webinars/{webinar.id}/registrants"
    zoom.control.close_registration(webinar.id)
    assert caller.get(f"/webinars/{webinar.id}")["settings"]["close_registration"] is True
    answer = caller.call("POST", path, wish())
    assert (answer.status_code, answer.json()["code"], "closed" in answer.json()["message"]) == (400, 3000, True)
    zoom.control.close_registration(webinar.id, is_closed=False)
    add(caller, webinar)
    zoom.control.switch_registration_off(webinar.id)
    assert caller.refused("POST", path, wish()) == (400, 3000)
    batch = {"registrants": [wish("b@example.org")]}
    assert caller.refused("POST", f"/webinars/{webinar.id}/batch_registrants", batch) == (404, 404)
    meeting = zoom.control.add_meeting(STARTS_AT, approval=NO_REGISTRATION)
    assert caller.refused("POST", f"/meetings/{meeting.id}/registrants", wish()) == (400, 300)
    zoom.control.set_time(STARTS_AT + timedelta(minutes=90))
    caller.renew()
    assert caller.refused("POST", path, wish("c@example.org")) == (400, 3038)


def test_questions_that_must_be_answered_are_demanded(caller: Caller, webinar: Room) -> None:
    asked = {
        "questions": [{"field_name": "org", "required": True}],
        "custom_questions": [{"title": "Which city?", "type": "short", "required": True, "answers": []}],
    }
    path = f"/webinars/{webinar.id}/registrants"
    assert caller.call("PATCH", f"{path}/questions", asked).status_code == 204
    assert caller.get(f"{path}/questions") == asked
    answer = caller.call("POST", path, wish())
    assert sorted(item["field"] for item in answer.json()["errors"]) == ["custom_questions", "org"]
    add(caller, webinar, org="Example", custom_questions=[{"title": "Which city?", "value": "Bogota"}])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"first_name": " "}, "first_name"),
        ({"first_name": "x" * 65}, "first_name"),
        ({"email": f"{'x' * 128}@example.org"}, "email"),
    ],
)
def test_wrong_registration_is_refused_with_its_field(
    caller: Caller, webinar: Room, changed: dict[str, str], field: str
) -> None:
    answer = caller.call("POST", f"/webinars/{webinar.id}/registrants", {**wish(), **changed})
    assert (answer.status_code, answer.json()["code"]) == (400, 300)
    assert [item["field"] for item in answer.json()["errors"]] == [field]


def test_one_person_is_added_three_times_a_day_at_most(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    path = f"/webinars/{webinar.id}/registrants"
    assert [caller.call("POST", path, wish()).status_code for _ in range(4)] == [201, 201, 201, 429]
    answer = caller.call("POST", path, wish())
    assert answer.json()["message"] == (
        "You have exceeded the daily rate limit of (3) for Add webinar registrant API requests for the registrant "
        "(a@example.org). You can resume these API requests at GMT 00:00:00."
    )
    assert answer.headers["Retry-After"] == "2026-10-02T00:00:00Z"
    add(caller, webinar, "b@example.org")
    zoom.control.move(hours=15)
    caller.renew()
    add(caller, webinar)


def test_one_persons_status_changes_ten_times_a_day_at_most(caller: Caller, webinar: Room) -> None:
    item = add(caller, webinar)
    body = {"action": "deny", "registrants": [{"id": item["registrant_id"]}]}
    path = f"/webinars/{webinar.id}/registrants/status"
    assert [caller.call("PUT", path, body).status_code for _ in range(11)] == [204] * 10 + [429]


def test_batch_takes_thirty_of_a_webinar_that_takes_place_once(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    people = [wish(f"a{number}@example.org") for number in range(31)]
    path = f"/webinars/{webinar.id}/batch_registrants"
    assert caller.refused("POST", path, {"registrants": people}) == (400, 300)
    answer = caller.call("POST", path, {"auto_approve": True, "registrants": people[:30]})
    assert (answer.status_code, len({item["join_url"] for item in answer.json()["registrants"]})) == (200, 30)
    series = zoom.control.add_webinar(STARTS_AT, type=9, recurrence={"type": 1, "end_times": 2})
    batch = {"registrants": people[:1]}
    assert caller.refused("POST", f"/webinars/{series.id}/batch_registrants", batch) == (400, 300)
    waiting = zoom.control.add_webinar(STARTS_AT, approval=MANUAL)
    done = caller.call("POST", f"/webinars/{waiting.id}/batch_registrants", batch).json()["registrants"]
    assert [sorted(item) for item in done] == [["email", "registrant_id"]]


def test_dates_of_a_series_are_chosen(zoom: FakeZoom, caller: Caller) -> None:
    recurrence = {"type": 1, "repeat_interval": 1, "end_times": 3}
    series = zoom.control.add_webinar(STARTS_AT, type=9, recurrence=recurrence)
    first, second, _ = (item.id for item in series.occurrences)
    path = f"/webinars/{series.id}/registrants"
    answer = caller.call("POST", path, wish(), occurrence_ids=f"{first},{second}")
    assert [item["occurrence_id"] for item in answer.json()["occurrences"]] == [first, second]
    assert caller.refused("POST", path, wish("b@example.org"), occurrence_ids="1") == (400, 300)
    third = series.occurrences[2].id
    assert [emails(caller, series, occurrence_id=item) for item in (first, third)] == [["a@example.org"], []]


def test_registrant_is_taken_out(caller: Caller, webinar: Room) -> None:
    path = f"/webinars/{webinar.id}/registrants/{add(caller, webinar)['registrant_id']}"
    assert caller.call("DELETE", path).status_code == 204
    assert emails(caller, webinar) == []
    assert caller.refused("GET", f"/webinars/{webinar.id}/registrants/unknown") == (400, 300)
