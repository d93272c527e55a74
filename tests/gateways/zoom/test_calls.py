"""Every call that the client makes, against the fake: what goes out, what comes back, what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.gateways.zoom.conftest import NOW, STARTS_AT, Desk
from wmd.domain.zoom.answers import Approval, RoomKind
from wmd.domain.zoom.calls import Label
from wmd.domain.zoom.faults import Fix, Gone, Refused, RetryPerson
from wmd.domain.zoom.links import registration_token
from wmd.domain.zoom.wishes import RegistrantWish, RoomWish
from wmd_fakezoom import FakeZoom, Room
from wmd_fakezoom.records import MANUAL, NO_REGISTRATION
from wmd_fakezoom.seed import HOST, UNLICENSED

WEBINAR, MEETING = RoomKind.WEBINAR, RoomKind.MEETING
VERA = RegistrantWish("vera@example.org", "Vera")


def test_webinar_is_read_with_its_link_and_without_the_hosts_key(
    zoom: FakeZoom, desk: Desk, webinar: Room, room_id: str
) -> None:
    room = desk.client.room(WEBINAR, room_id)
    assert (room.kind, room.id, room.topic, room.starts_at, room.duration_minutes, room.approval) == (
        WEBINAR, room_id, "Cities and the climate", STARTS_AT, 90, Approval.AUTOMATIC,
    )  # fmt: skip
    assert room.registration_url == zoom.control.links(webinar.id).registration
    assert registration_token(room.registration_url or "") == webinar.token
    assert room.host_email == HOST
    assert [word for word in ("zak", webinar.password, "example") if word in repr(room)] == []


@pytest.mark.parametrize("form", ["", "/", "//"])
def test_room_is_read_by_its_uuid_in_every_form(zoom: FakeZoom, desk: Desk, form: str) -> None:
    room = zoom.control.add_webinar(STARTS_AT, uuid_form=form)  # type: ignore[arg-type]
    assert desk.client.room(WEBINAR, room.uuid).id == str(room.id)


def test_room_without_registration_has_no_link(zoom: FakeZoom, desk: Desk) -> None:
    room = desk.client.room(WEBINAR, str(zoom.control.add_webinar(STARTS_AT, approval=NO_REGISTRATION).id))
    assert (room.registration_url, room.approval) == (None, Approval.NONE)


def test_recurring_rooms_have_dates_or_none(zoom: FakeZoom, desk: Desk) -> None:
    weekly = {"type": 2, "repeat_interval": 1, "end_times": 3}
    found = desk.client.room(WEBINAR, str(zoom.control.add_webinar(STARTS_AT, type=9, recurrence=weekly).id))
    assert [each.starts_at for each in found.occurrences] == [STARTS_AT + timedelta(weeks=week) for week in range(3)]
    assert all(each.is_available for each in found.occurrences)
    assert desk.client.room(WEBINAR, str(zoom.control.add_webinar(None, type=6).id)).starts_at is None


def test_converted_meeting_is_found_as_the_webinar_that_it_is(zoom: FakeZoom, desk: Desk) -> None:
    meeting = zoom.control.add_meeting(STARTS_AT)
    assert desk.client.room(MEETING, str(meeting.id)).kind is MEETING
    zoom.control.convert_to_webinar(meeting.id)
    assert desk.client.room(MEETING, str(meeting.id)).kind is WEBINAR
    assert desk.client.room(MEETING, str(meeting.id)).registration_url == zoom.control.links(meeting.id).registration


def test_meeting_asked_for_as_a_webinar_is_found_all_the_same(zoom: FakeZoom, desk: Desk) -> None:
    meeting = zoom.control.add_meeting(STARTS_AT)
    assert desk.client.room(WEBINAR, str(meeting.id)).kind is MEETING


def test_host_moves_it_and_gives_it_another_link(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.move_room(room_id, STARTS_AT + timedelta(hours=1))
    link = zoom.control.change_link(room_id)
    room = desk.client.room(WEBINAR, room_id)
    assert (room.starts_at, room.registration_url) == (STARTS_AT + timedelta(hours=1), link)


def test_deleted_room_is_gone_comes_back_and_goes_for_good(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.delete(room_id)
    with pytest.raises(Gone) as caught:
        desk.client.room(WEBINAR, room_id)
    assert (caught.value.status, caught.value.code) == (404, 3001)
    zoom.control.recover(room_id)
    assert desk.client.room(WEBINAR, room_id).id == room_id
    again = zoom.control.recreate(room_id)
    with pytest.raises(Gone):
        desk.client.room(WEBINAR, room_id)
    assert desk.client.room(WEBINAR, str(again.id)).registration_url == zoom.control.links(again.id).registration


def test_lists_have_what_is_a_hosts_and_those_that_are_on(zoom: FakeZoom, desk: Desk, webinar: Room) -> None:
    meeting = zoom.control.add_meeting(NOW)
    zoom.control.start(meeting.id)
    listed = desk.client.list_webinars(HOST)
    assert ([each.id for each in listed], listed.is_complete) == ([str(webinar.id)], True)
    assert [(each.kind, each.starts_at, each.zone) for each in listed] == [(WEBINAR, STARTS_AT, webinar.timezone)]
    assert [each.id for each in desk.client.list_webinars(HOST, "upcoming")] == [str(webinar.id)]
    assert [each.id for each in desk.client.list_meetings(HOST)] == [str(meeting.id)]
    assert [each.id for each in desk.client.live(HOST)] == [str(meeting.id)]


def test_user_is_read_and_an_unknown_one_is_for_somebody_to_mend(desk: Desk) -> None:
    assert (desk.client.user(HOST).is_active, desk.client.user(HOST).email) == (True, HOST)
    with pytest.raises(Fix) as caught:
        desk.client.list_webinars("nobody@metropolis.example")
    assert caught.value.reason == "user"


def test_our_own_account_has_no_me(desk: Desk) -> None:
    with pytest.raises(ValueError, match="me"):
        desk.client.list_webinars("me")
    assert desk.notes.calls == []


def test_webinar_is_created_changed_and_deleted(zoom: FakeZoom, desk: Desk) -> None:
    settings = {"approval_type": 0, "registrants_restrict_number": 200, "registrants_confirmation_email": False}
    wish = RoomWish("Water", STARTS_AT, 60, "Europe/Madrid", settings=settings)
    room = desk.client.create_webinar(HOST, wish)
    assert (room.type, room.topic, room.starts_at, room.zone, room.capacity, room.confirmation_email) == (
        5, "Water", STARTS_AT, "Europe/Madrid", 200, False,
    )  # fmt: skip
    assert {name: room.settings[name] for name in settings} == settings
    assert desk.client.room(WEBINAR, room.id) == room
    desk.client.update_webinar(room.id, RoomWish(topic="Water for all"), host=HOST)
    assert desk.client.room(WEBINAR, room.id).topic == "Water for all"
    assert zoom.control.sent()[-2].body == b'{"topic": "Water for all"}'
    desk.client.delete_webinar(room.id)
    with pytest.raises(Gone):
        desk.client.room(WEBINAR, room.id)
    assert [host for _, host in desk.budget.taken] == [HOST, None, HOST, None, None, None]


def test_meeting_is_created_changed_and_deleted(zoom: FakeZoom, desk: Desk) -> None:
    room = desk.client.create_meeting(HOST, RoomWish("Round table", STARTS_AT, 60, "Europe/Madrid"))
    assert (room.kind, room.type) == (MEETING, 2)
    desk.client.update_meeting(room.id, RoomWish(duration_minutes=45))
    assert desk.client.room(MEETING, room.id).duration_minutes == 45
    desk.client.delete_meeting(room.id)
    with pytest.raises(Gone):
        desk.client.room(MEETING, room.id)


def test_host_without_a_licence_and_a_room_that_is_on_are_refused(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    with pytest.raises(Refused) as caught:
        desk.client.create_webinar(UNLICENSED, RoomWish("Water", STARTS_AT, 60, "UTC"))
    assert caught.value.reason == "no-licence"
    zoom.control.set_time(STARTS_AT)
    zoom.control.start(room_id)
    with pytest.raises(Refused) as caught:
        desk.client.delete_webinar(room_id)
    assert caught.value.reason == "running"


def test_person_is_added_and_gets_a_ticket_of_their_own(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    added = desk.client.add_registrant(WEBINAR, room_id, VERA)
    assert added.join_url == zoom.control.ticket(room_id, "vera@example.org")
    (found,) = desk.client.registrants(WEBINAR, room_id)
    assert (found.id, found.email, found.first_name, found.status, found.join_url) == (
        added.registrant_id, "vera@example.org", "Vera", "approved", added.join_url,
    )  # fmt: skip
    assert desk.client.registrant(WEBINAR, room_id, added.registrant_id) == found


def test_where_the_host_approves_the_ticket_comes_later(zoom: FakeZoom, desk: Desk) -> None:
    room_id = str(zoom.control.add_webinar(STARTS_AT, approval=MANUAL).id)
    added = desk.client.add_registrant(WEBINAR, room_id, VERA)
    assert added.join_url is None
    assert [each.id for each in desk.client.registrants(WEBINAR, room_id, "pending")] == [added.registrant_id]
    desk.client.set_registrant_status(WEBINAR, room_id, "approve", [(added.registrant_id, VERA.email)])
    assert desk.client.registrant(WEBINAR, room_id, added.registrant_id).join_url == zoom.control.ticket(
        room_id, VERA.email
    )
    desk.client.set_registrant_status(WEBINAR, room_id, "deny", [(added.registrant_id, VERA.email)])
    assert [each.id for each in desk.client.registrants(WEBINAR, room_id, "denied")] == [added.registrant_id]
    desk.client.set_registrant_status(WEBINAR, room_id, "cancel", [(added.registrant_id, VERA.email)])
    assert [len(desk.client.registrants(WEBINAR, room_id, each)) for each in ("approved", "pending", "denied")] == [
        0, 0, 0,
    ]  # fmt: skip


def test_person_is_added_to_some_dates(zoom: FakeZoom, desk: Desk) -> None:
    weekly = {"type": 2, "repeat_interval": 1, "end_times": 3}
    room_id = str(zoom.control.add_webinar(STARTS_AT, type=9, recurrence=weekly).id)
    first, second, _ = desk.client.room(WEBINAR, room_id).occurrences
    desk.client.add_registrant(WEBINAR, room_id, VERA, occurrence_ids=[first.id, second.id])
    seen = [len(desk.client.registrants(WEBINAR, room_id, occurrence_id=each.id)) for each in (first, second)]
    assert seen == [1, 1]
    with pytest.raises(Fix):
        desk.client.add_batch(WEBINAR, room_id, [VERA])


def test_batch_adds_up_to_thirty(desk: Desk, room_id: str) -> None:
    wishes = [RegistrantWish(f"person{number}@example.org") for number in range(30)]
    added = desk.client.add_batch(WEBINAR, room_id, wishes)
    assert [each.email for each in added] == [wish.email for wish in wishes]
    assert all(each.join_url for each in added)
    assert (desk.budget.taken[-1], len(desk.client.registrants(WEBINAR, room_id))) == ((Label.HEAVY, None), 30)
    with pytest.raises(ValueError, match="thirty"):
        desk.client.add_batch(WEBINAR, room_id, [VERA] * 31)
    with pytest.raises(ValueError, match="thirty"):
        desk.client.set_registrant_status(WEBINAR, room_id, "cancel", [])


@pytest.mark.parametrize(
    ("who", "reason"), [(HOST, "host"), ("a" * 120 + "@example.org", "address"), ("nonsense", "address")]
)
def test_who_cannot_be_registered_is_refused(desk: Desk, room_id: str, who: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        desk.client.add_registrant(WEBINAR, room_id, RegistrantWish(who))
    assert caught.value.reason == reason
    assert who not in f"{caught.value!r}{vars(caught.value)}"


def test_room_that_is_full_closed_or_over_says_so(zoom: FakeZoom, desk: Desk) -> None:
    small = str(zoom.control.add_webinar(STARTS_AT, settings={"registrants_restrict_number": 1}).id)
    zoom.control.register(small, "first@example.org")
    closed = str(zoom.control.add_webinar(STARTS_AT).id)
    zoom.control.close_registration(closed)
    without = str(zoom.control.add_webinar(STARTS_AT, approval=NO_REGISTRATION).id)
    meeting = str(zoom.control.add_meeting(STARTS_AT, approval=NO_REGISTRATION).id)
    over = str(zoom.control.add_webinar(NOW - timedelta(hours=3), duration=60).id)
    reasons = []
    for kind, room_id in ((WEBINAR, small), (WEBINAR, closed), (WEBINAR, without), (MEETING, meeting), (WEBINAR, over)):
        with pytest.raises(Refused) as caught:
            desk.client.add_registrant(kind, room_id, VERA)
        reasons.append(caught.value.reason)
    assert reasons == ["full", "not-registrable", "not-registrable", "not-registrable", "over"]
    assert desk.client.room(WEBINAR, closed).is_closed is True


def test_fourth_try_of_one_person_parks_that_person_alone(desk: Desk, room_id: str) -> None:
    for _ in range(3):
        desk.client.add_registrant(WEBINAR, room_id, VERA)
    with pytest.raises(RetryPerson) as caught:
        desk.client.add_registrant(WEBINAR, room_id, VERA)
    assert caught.value.at == NOW.replace(hour=0) + timedelta(days=1)
    assert desk.waits == []
    assert [until for _, _, until, _ in desk.budget.noted] == [None] * 4
    desk.client.add_registrant(WEBINAR, room_id, RegistrantWish("other@example.org"))


def test_question_that_must_be_answered_is_read_and_named(
    zoom: FakeZoom, desk: Desk, webinar: Room, room_id: str
) -> None:
    webinar.questions[:] = [{"field_name": "org", "required": True}]
    webinar.custom_questions[:] = [{"title": "Why?", "type": "short", "required": True, "answers": []}]
    asked = desk.client.questions(WEBINAR, room_id)
    assert [(each.field, each.title, each.is_required) for each in asked] == [("org", "", True), ("", "Why?", True)]
    with pytest.raises(Fix) as caught:
        desk.client.add_registrant(WEBINAR, room_id, VERA)
    assert sorted(caught.value.fields) == ["custom_questions", "org"]
    wish = RegistrantWish(VERA.email, "Vera", organisation="City", answers=(("Why?", "Water"),))
    assert desk.client.add_registrant(WEBINAR, room_id, wish).join_url is not None


def test_afterwards_stays_absentees_and_instances_are_read(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    for name in ("came", "stayed-away"):
        zoom.control.register(room_id, f"{name}@example.org")
    zoom.control.set_time(STARTS_AT)
    zoom.control.start(room_id)
    for _ in range(2):
        visit = zoom.control.join(room_id, "Somebody", "came@example.org")
        zoom.control.move(minutes=10)
        zoom.control.leave(room_id, visit)
    zoom.control.join(room_id, "An outsider")
    zoom.control.end(room_id)
    stays = desk.client.past_participants(WEBINAR, room_id)
    assert [(each.email, each.duration_s) for each in stays][:2] == [("came@example.org", 600)] * 2
    assert [each.email for each in stays][2] == ""
    assert [each.email for each in desk.client.absentees(room_id)] == ["stayed-away@example.org"]
    (instance,) = desk.client.instances(WEBINAR, room_id)
    assert instance.starts_at == STARTS_AT
    assert len(desk.client.past_participants(WEBINAR, instance.uuid)) == 3


def test_tracking_sources_and_panelists_are_read(zoom: FakeZoom, desk: Desk, webinar: Room, room_id: str) -> None:
    webinar.tracking_sources.append(
        {"id": "551", "source_name": "LinkedIn", "registration_count": 3, "visitor_count": 9}
    )
    webinar.panelists.append({"id": "p1", "name": "Somebody", "email": "speaker@example.org"})
    (source,) = desk.client.tracking_sources(room_id)
    assert (source.id, source.name, source.registrations, source.visitors) == ("551", "LinkedIn", 3, 9)
    assert registration_token(source.url) == webinar.token
    assert [each.email for each in desk.client.panelists(room_id)] == ["speaker@example.org"]


def test_each_call_is_spent_under_its_label_and_noted_without_ids(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    client = desk.client
    zoom.control.register(room_id, "someone@example.org")
    client.room(WEBINAR, room_id)
    client.list_webinars(HOST)
    client.registrants(WEBINAR, room_id)
    client.questions(WEBINAR, room_id)
    client.user(HOST)
    client.registrant(WEBINAR, room_id, client.registrants(WEBINAR, room_id).items[0].id)
    assert [(f"{each.method} {each.route}", each.label, each.status) for each in desk.notes.calls] == [
        ("GET /webinars/{id}", "light", 200),
        ("GET /users/{user}/webinars", "medium", 200),
        ("GET /webinars/{id}/registrants", "medium", 200),
        ("GET /webinars/{id}/registrants/questions", "light", 200),
        ("GET /users/{user}", "light", 200),
        ("GET /webinars/{id}/registrants", "medium", 200),
        ("GET /webinars/{id}/registrants/{registrant}", "light", 200),
    ]
    assert [label for label, _ in desk.budget.taken] == [each.label for each in desk.notes.calls]
    assert [entry.label.lower() for entry in zoom.control.log() if entry.label] == [
        str(each.label) for each in desk.notes.calls
    ]
    assert all(each.tracking_id.startswith("WEB_") for each in desk.notes.calls)
