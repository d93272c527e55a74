"""Staff look at rooms and decide; organisers say which is right. Everything goes to a fake Zoom over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import get, post, sign_in
from tests.mails import count_statements
from tests.zoom_house import LIST, NOW, ROOM, STARTS, ZoomHouse, zoom_house
from wmd.models import (
    AuditEntry,
    EventSession,
    Revision,
    SiteState,
    Submission,
    ZoomDrift,
    ZoomPush,
)
from wmd.services.actors import Actor
from wmd.services.room_list import list_rooms

HOUR = timedelta(hours=1)
MODERATOR = Actor("person:mona", "mona", "moderator")


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ZoomHouse]:
    with zoom_house(database_url, tmp_path) as found:
        yield found


def staff(house: ZoomHouse, name: str = "mona") -> FlaskClient:
    client = house.app.test_client()
    house.dbs.rollback()
    sign_in(client, house.app, name, staff=True)
    return client


def organiser(house: ZoomHouse, name: str = "ana") -> FlaskClient:
    client = house.app.test_client()
    house.dbs.rollback()
    sign_in(client, house.app, name)
    return client


def press(house: ZoomHouse, client: FlaskClient, path: str, form: dict[str, str]) -> TestResponse:
    """Send a form, with nothing of the test's own open in the database."""
    house.dbs.rollback()
    return post(client, path, form)


def look(house: ZoomHouse, client: FlaskClient, path: str) -> TestResponse:
    """Ask for a page, with nothing of the test's own open in the database."""
    house.dbs.rollback()
    return get(client, path)


def said(answer: str) -> str:
    main = answer[answer.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def moved(house: ZoomHouse) -> tuple[str, str]:
    """Have a room bound, read and moved by its host; return the ids of binding and difference."""
    (room,) = house.bound("one")
    house.sync()
    house.zoom.control.move_room(room.id, STARTS + HOUR)
    house.sync(hours=8)
    return house.binding().id, house.dbs.scalars(select(ZoomDrift.id)).one()


def session(house: ZoomHouse) -> EventSession:
    house.dbs.rollback()
    return house.dbs.scalars(select(EventSession).execution_options(populate_existing=True)).one()


def submission(house: ZoomHouse) -> str:
    house.dbs.rollback()
    return house.dbs.scalars(select(Submission.id)).one()


def status(house: ZoomHouse) -> int:
    house.dbs.rollback()
    return house.dbs.scalars(select(SiteState.status_version)).one()


def test_staff_take_zooms_time_with_one_press(house: ZoomHouse) -> None:
    binding, drift = moved(house)
    client = staff(house)
    page = said(look(house, client, f"/staff/rooms/{binding}").get_data(as_text=True))
    assert "The programme says Thursday 7 October 2021, 15:00–16:30 (Madrid, UTC+2)" in page
    assert "Zoom says Thursday 7 October 2021, 16:00–17:30 (Madrid, UTC+2)" in page
    assert "Take Zoom’s time Keep ours" in page
    before = status(house)
    answer = press(house, client, f"/staff/rooms/{binding}", {"act": "take", "drift": drift})
    assert (answer.status_code, answer.location) == (303, f"/staff/rooms/{binding}?done=take")
    assert (session(house).starts_at, session(house).ends_at) == (STARTS + HOUR, STARTS + HOUR + timedelta(minutes=90))
    assert (house.drifts(), house.binding().state, house.binding().drift) == ([("time", "theirs")], "ok", [])
    assert status(house) > before
    revision = house.dbs.scalars(select(Revision).where(Revision.state == "approved")).one()
    assert (revision.source, revision.actor) == ("staff", "person:mona")
    house.sync()
    assert (house.binding().state, house.drifts()) == ("ok", [("time", "theirs")])


def test_staff_keep_ours_and_nothing_moves(house: ZoomHouse) -> None:
    binding, drift = moved(house)
    client = staff(house)
    assert press(house, client, f"/staff/rooms/{binding}", {"act": "keep", "drift": drift}).status_code == 303
    assert (session(house).starts_at, house.drifts()) == (STARTS, [("time", "ours")])
    house.sync(hours=8)
    assert (house.binding().state, house.drifts()) == ("ok", [("time", "ours")])
    # Pressed a second time, in another window.
    again = press(house, staff(house), f"/staff/rooms/{binding}", {"act": "take", "drift": drift})
    assert (again.status_code, session(house).starts_at) == (409, STARTS)
    assert " decided that ours stays (Time), " in again.text
    assert "Please choose one of the buttons." not in again.text
    # What is none of the buttons, or no difference of this room, is another matter.
    for wrong in ({"act": "dance", "drift": drift}, {"act": "take", "drift": "none"}):
        assert press(house, staff(house), f"/staff/rooms/{binding}", wrong).status_code == 422


def test_ours_is_sent_only_to_a_room_that_we_made(house: ZoomHouse) -> None:
    binding, drift = moved(house)
    client = staff(house)
    assert press(house, client, f"/staff/rooms/{binding}", {"act": "send", "drift": drift}).status_code == 409
    house.binding().kind = "managed"
    house.dbs.commit()
    assert "Send ours to Zoom" in said(look(house, client, f"/staff/rooms/{binding}").get_data(as_text=True))
    for _ in range(2):
        assert press(house, client, f"/staff/rooms/{binding}", {"act": "send", "drift": drift}).status_code == 303
    house.dbs.rollback()
    assert [(row.act, row.state) for row in house.dbs.scalars(select(ZoomPush))] == [("update", "queued")]
    assert house.drifts() == [("time", "open")]


def test_staff_take_the_new_link_and_what_zoom_says_of_registration(house: ZoomHouse) -> None:
    (room,) = house.bound("one")
    house.sync()
    new = house.zoom.control.change_link(room.id)
    house.zoom.control.close_registration(room.id)
    house.sync(hours=8)
    binding, client = house.binding().id, staff(house)
    assert house.binding().drift == ["link", "registration"]
    house.dbs.rollback()
    ids = {row.field: row.id for row in house.dbs.scalars(select(ZoomDrift))}
    for field in ("link", "registration"):
        assert press(house, client, f"/staff/rooms/{binding}", {"act": "take", "drift": ids[field]}).status_code == 303
    event = house.event()
    assert (event.registration_url, event.registration_state) == (new, "closed")
    # The binding stays: the new link is its own room's.
    assert (house.binding().id, house.binding().link) == (binding, new)
    house.sync()
    assert (house.binding().state, house.drifts()) == ("ok", [("link", "theirs"), ("registration", "theirs")])


def test_room_that_became_a_meeting_under_another_host_is_accepted(house: ZoomHouse) -> None:
    house.bound("one")
    house.sync()
    binding = house.binding()
    common = {"binding_id": binding.id, "found_at": NOW}
    house.dbs.add(ZoomDrift(id="t", field="type", digest="t", theirs={"kind": "meeting"}, **common))
    house.dbs.add(ZoomDrift(id="h", field="host", digest="h", theirs={"host": "x"}, **common))
    binding.snapshot = {**binding.snapshot, "kind": "meeting", "host_id": "h2"}
    house.dbs.commit()
    client = staff(house)
    for drift in ("t", "h"):
        assert press(house, client, f"/staff/rooms/{binding.id}", {"act": "take", "drift": drift}).status_code == 303
    assert (house.binding().room, house.binding().host_id) == ("meeting", "h2")


def test_organiser_hands_in_what_zoom_says_and_nothing_is_public_before_staff_agree(house: ZoomHouse) -> None:
    _, drift = moved(house)
    mine = f"/organiser/submissions/{submission(house)}/room"
    client = organiser(house)
    page = said(look(house, client, mine).get_data(as_text=True))
    assert "Zoom says something else than the programme." in page
    assert "Zoom is right: change the programme The programme is right" in page
    assert press(house, client, mine, {"answer": "theirs", "drift": drift}).status_code == 303
    assert (session(house).starts_at, house.drifts()) == (STARTS, [("time", "open")])
    house.dbs.rollback()
    waiting = house.dbs.scalars(select(Revision).where(Revision.state == "pending")).one()
    assert (waiting.source, waiting.actor) == ("organiser", "person:ana")
    assert waiting.content["sessions"][0]["starts"] == "2021-10-07T16:00"
    assert "You said: Zoom is right." in said(look(house, client, mine).get_data(as_text=True))


def test_organiser_says_the_programme_is_right_and_staff_read_it(house: ZoomHouse) -> None:
    binding, drift = moved(house)
    mine = f"/organiser/submissions/{submission(house)}/room"
    assert press(house, organiser(house), mine, {"answer": "ours", "drift": drift}).status_code == 303
    assert (house.binding().state, house.drifts()) == ("drift", [("time", "open")])
    page = said(look(house, staff(house, "rita"), f"/staff/rooms/{binding}").get_data(as_text=True))
    assert "The organiser says: the programme is right." in page
    assert "Keep ours" not in page
    assert press(house, organiser(house), mine, {"answer": "", "drift": drift}).status_code == 422


def test_organiser_of_another_organisation_sees_nothing(house: ZoomHouse) -> None:
    _, drift = moved(house)
    mine = f"/organiser/submissions/{submission(house)}/room"
    client = organiser(house, "ben")
    assert look(house, client, mine).status_code == 404
    assert press(house, client, mine, {"answer": "ours", "drift": drift}).status_code == 404


def test_staff_pick_a_room_from_the_account(house: ZoomHouse) -> None:
    (room,) = house.publish("one")
    code, client = house.event().code, staff(house)
    page = look(house, client, f"/staff/rooms/pick/{code}").get_data(as_text=True)
    assert f'value="webinar:{room.id}"' in page
    answer = press(house, client, f"/staff/rooms/pick/{code}", {"room": f"webinar:{room.id}"})
    assert (answer.status_code, answer.location) == (303, f"/staff/rooms/{house.binding().id}?done=bind")
    assert (house.binding().kind, house.binding().zoom_id) == ("lookup", str(room.id))
    assert house.sync() == 1
    assert house.binding().state == "ok"


def test_pasted_link_is_resolved_by_its_token_with_one_call(house: ZoomHouse) -> None:
    (room,) = house.publish("one")
    code, client = house.event().code, staff(house)
    house.calls()
    assert press(house, client, f"/staff/rooms/pick/{code}", {"find": "1"}).status_code == 303
    assert (house.binding().zoom_id, house.calls()) == (str(room.id), {ROOM: 1})


def test_pasted_link_that_is_no_uuid_is_found_in_the_list(house: ZoomHouse) -> None:
    (room,) = house.publish("one")
    house.zoom.control.fault("code", ROOM, status=404, code=3001, message="Webinar does not exist.")
    code, client = house.event().code, staff(house)
    house.calls()
    assert press(house, client, f"/staff/rooms/pick/{code}", {"find": "1"}).status_code == 303
    assert (house.binding().zoom_id, house.calls()) == (str(room.id), {ROOM: 2, LIST: 1})


def test_link_of_nobody_we_know_and_zoom_that_does_not_answer_change_nothing(house: ZoomHouse) -> None:
    (room,) = house.publish("one")
    code, client = house.event().code, staff(house)
    house.zoom.control.delete(room.id)
    assert press(house, client, f"/staff/rooms/pick/{code}", {"find": "1"}).status_code == 422
    lacks = "Invalid access token, does not contain scopes:[webinar:read:webinar]."
    house.zoom.control.fault("code", times=None, status=400, code=4711, message=lacks)
    answer = press(house, client, f"/staff/rooms/pick/{code}", {"room": f"webinar:{room.id}"})
    assert answer.status_code == 503
    assert "The app on Zoom lacks rights: webinar:read:webinar" in said(answer.get_data(as_text=True))
    assert press(house, client, f"/staff/rooms/pick/{code}", {"room": "webinar:x"}).status_code == 422
    assert house.binding().kind == "link"


def test_sync_now_and_unbind(house: ZoomHouse) -> None:
    house.bound("one")
    house.sync()
    house.calls()
    binding, client = house.binding().id, staff(house)
    assert press(house, client, f"/staff/rooms/{binding}", {"act": "sync"}).status_code == 303
    assert (house.sync(), house.calls()) == (1, {ROOM: 1})
    assert press(house, client, f"/staff/rooms/{binding}", {"act": "unbind"}).status_code == 303
    assert (house.binding().kind, house.binding().id != binding) == ("link", True)
    assert press(house, client, f"/staff/rooms/{binding}", {"act": "sync"}).status_code == 409
    assert (house.sync(hours=24), house.calls()) == (0, {})
    trail = house.dbs.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == binding)).all()
    assert trail[-2:] == ["sync-room", "end-binding"]


def test_list_shows_what_wants_a_look_first_in_three_queries(house: ZoomHouse) -> None:
    rooms = house.bound("one", "two", "three")
    house.sync()
    house.zoom.control.move_room(rooms[1].id, STARTS + HOUR)
    house.sync(hours=8)
    page = said(look(house, staff(house, "rita"), "/staff/rooms").get_data(as_text=True))
    assert "3 rooms" in page
    assert page.index("differs from the programme Time") < page.index("as in the programme")
    assert "1 room" in said(look(house, staff(house, "rita"), "/staff/rooms?show=wanting").get_data(as_text=True))
    house.dbs.rollback()
    counts = []
    for only in ("wanting", "all"):
        house.dbs.connection()
        with count_statements(house.dbs) as count:
            rows, _ = list_rooms(house.dbs, actor=MODERATOR, only=only, page=1, now=NOW)
        counts.append((len(rows), count()))
    assert counts == [(1, 3), (3, 3)]


def test_no_page_shows_a_private_link_or_the_host(house: ZoomHouse) -> None:
    (room,) = house.bound("one")
    house.sync()
    house.zoom.control.change(room.id, topic="Another title")
    house.zoom.control.change_link(room.id)
    house.sync(hours=8)
    links = house.zoom.control.links(room.id)
    binding, event = house.binding(), house.event()
    pages = [
        look(house, staff(house, "adam"), path).get_data(as_text=True)
        for path in ("/staff/rooms", f"/staff/rooms/{binding.id}", f"/staff/rooms/pick/{event.code}", "/staff/audit")
    ]
    pages.append(
        look(house, organiser(house), f"/organiser/submissions/{submission(house)}/room").get_data(as_text=True)
    )
    pages.append(look(house, house.app.test_client(), f"/2021/events/{event.code}-{event.slug}").get_data(as_text=True))
    private = [links.join, links.start, "/j/", "/s/", "pwd=", "zak=", room.host.email, "host@"]
    assert [word for page in pages for word in private if word in page] == []


def test_pages_with_no_zoom_connected_say_so(database_url: str, tmp_path: Path) -> None:
    nothing = {"zoom_account_id": "", "zoom_client_id": "", "zoom_client_secret": ""}
    with zoom_house(database_url, tmp_path, **nothing) as house:
        house.publish("one")
        page = said(look(house, staff(house), f"/staff/rooms/pick/{house.event().code}").get_data(as_text=True))
        assert "No account of ours is connected" in page
        assert (house.sync(hours=1), house.binding().kind, house.binding().state) == (0, "link", "checking")
