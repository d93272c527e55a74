"""What the fake says of webinars that took place, of speakers and of sources; and how its lists are paged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from tests.fakezoom.client import Caller
from tests.fakezoom.conftest import STARTS_AT
from wmd_fakezoom import FakeZoom, Room
from wmd_fakezoom.seed import HOST


def take_place(zoom: FakeZoom, room: Room) -> str:
    """Let a webinar take place with a registrant who comes twice, an outsider, and one who stays away."""
    zoom.control.register(room.id, "came@example.org")
    zoom.control.register(room.id, "stayed-away@example.org")
    zoom.control.set_time(STARTS_AT)
    zoom.control.start(room.id)
    zoom.control.join(room.id, "Ada", "came@example.org", minutes=10)
    zoom.control.join(room.id, "Outsider")
    zoom.control.move(minutes=20)
    zoom.control.join(room.id, "Ada", "came@example.org", minutes=600)
    zoom.control.move(minutes=70)
    uuid = room.uuid
    zoom.control.end(room.id)
    return uuid


def test_those_who_were_there_are_listed_once_for_each_joining(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    assert caller.refused("GET", f"/past_webinars/{webinar.id}/participants") == (404, 3001)
    uuid = take_place(zoom, webinar)
    caller.renew()
    found = caller.get(f"/past_webinars/{webinar.id}/participants")["participants"]
    assert [(item["user_email"], item["duration"]) for item in found] == [
        ("came@example.org", 600),
        ("", 3600),
        ("came@example.org", 4200),
    ]
    by_uuid = caller.get(f"/past_webinars/{quote(uuid, safe='')}/participants")["participants"]
    absent = caller.get(f"/past_webinars/{quote(uuid, safe='')}/absentees")["registrants"]
    assert (by_uuid == found, [item["email"] for item in absent]) == (True, ["stayed-away@example.org"])
    instances = caller.get(f"/past_webinars/{webinar.id}/instances")["webinars"]
    assert (instances, webinar.uuid != uuid) == ([{"uuid": uuid, "start_time": "2026-10-07T13:00:00Z"}], True)


def test_report_names_registrations_when_asked(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    take_place(zoom, webinar)
    caller.renew()
    path, registrant = f"/report/webinars/{webinar.id}/participants", webinar.registrants[0]
    plain = caller.get(path)["participants"]
    assert ["registrant_id" in item for item in plain] == [False] * 3
    named = caller.get(path, include_fields="registrant_id")["participants"]
    assert [item["registrant_id"] for item in named] == [registrant.id, "", registrant.id]


def test_meeting_has_participants_and_instances_too(zoom: FakeZoom, caller: Caller) -> None:
    meeting = zoom.control.add_meeting(STARTS_AT)
    take_place(zoom, meeting)
    caller.renew()
    path = f"/past_meetings/{meeting.id}"
    assert len(caller.get(f"{path}/participants")["participants"]) == 3
    assert len(caller.get(f"{path}/instances")["meetings"]) == 1


def test_speakers_are_entered_and_taken_out(caller: Caller, webinar: Room) -> None:
    path = f"/webinars/{webinar.id}/panelists"
    people = [{"name": "Speaker", "email": "speaker@example.org"}]
    assert caller.call("POST", path, {"panelists": people}).status_code == 201
    (found,) = caller.get(path)["panelists"]
    assert (found["email"], found["join_url"].startswith("https://us02web.zoom.us/w/")) == ("speaker@example.org", True)
    assert caller.call("DELETE", f"{path}/{found['id']}").status_code == 204
    assert caller.refused("DELETE", f"{path}/{found['id']}") == (404, 1001)


def test_sources_have_links_of_their_own(caller: Caller, webinar: Room) -> None:
    source = {"id": "5516482804110", "source_name": "Newsletter", "registration_count": 2, "visitor_count": 9}
    webinar.tracking_sources.append(source)
    (found,) = caller.get(f"/webinars/{webinar.id}/tracking_sources")["tracking_sources"]
    assert found["tracking_url"] == f"https://us02web.zoom.us/webinar/register/5516482804110/{webinar.token}"


def pages(caller: Caller, path: str, name: str, **query: str | int) -> list[list[dict[str, Any]]]:
    """Follow the tokens to the end."""
    found, token = [], ""
    while not found or token:
        more: dict[str, str | int] = {"next_page_token": token} if token else {}
        page = caller.get(path, **query, **more)
        found.append(page[name])
        token = page["next_page_token"]
    return found


def test_pages_have_thirty_records_unless_asked_and_never_more_than_three_hundred(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    for number in range(305):
        zoom.control.register(webinar.id, f"a{number}@example.org")
    path = f"/webinars/{webinar.id}/registrants"
    assert [len(page) for page in pages(caller, path, "registrants")] == [30] * 10 + [5]
    first = caller.get(path, page_size=1000)
    assert (first["page_size"], len(first["registrants"]), first["total_records"]) == (300, 300, 305)
    assert len(caller.get(path, page_size=100, page_number=4)["registrants"]) == 5
    assert caller.refused("GET", path, page_size="many") == (400, 300)


def test_record_added_between_pages_comes_last_and_none_comes_twice(zoom: FakeZoom, caller: Caller) -> None:
    ids = [zoom.control.add_webinar(STARTS_AT).id for _ in range(4)]
    path = f"/users/{HOST}/webinars"
    first = caller.get(path, page_size=2)
    zoom.control.delete(ids[0])
    ids.append(zoom.control.add_webinar(STARTS_AT - timedelta(days=1)).id)
    second = caller.get(path, page_size=2, next_page_token=first["next_page_token"])
    third = caller.get(path, page_size=2, next_page_token=second["next_page_token"])
    seen = [item["id"] for page in (first, second, third) for item in page["webinars"]]
    assert (seen, third["next_page_token"]) == (ids, "")


def test_token_of_a_page_lives_fifteen_minutes_and_belongs_to_its_list(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    other = zoom.control.add_webinar(STARTS_AT)
    for number in range(3):
        zoom.control.register(webinar.id, f"a{number}@example.org")
    path = f"/webinars/{webinar.id}/registrants"
    token = caller.get(path, page_size=1)["next_page_token"]
    assert caller.refused("GET", f"/webinars/{other.id}/registrants", next_page_token=token) == (400, 300)
    zoom.control.move(minutes=15)
    answer = caller.call("GET", path, next_page_token=token)
    words = "The next page token is invalid or expired."
    assert (answer.status_code, answer.json()) == (400, {"code": 300, "message": words})
