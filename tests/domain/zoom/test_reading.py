"""Zoom's JSON becomes values: one mapper each, strict in what we rely on, blind to all else."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from wmd.domain.zoom import reading
from wmd.domain.zoom.answers import Approval, Occurrence, Page, RoomKind
from wmd.domain.zoom.faults import Garbled

WEBINAR: dict[str, object] = {
    "id": 84123456789, "uuid": "dGVzdC11dWlkLTEyMzQ1Ng==", "type": 5, "topic": "Water for all",
    "start_time": "2026-10-07T13:00:00Z", "duration": 90, "timezone": "Europe/Madrid", "host_id": "u1",
    "host_email": "host@example.org", "join_url": "https://zoom.us/j/84123456789?pwd=secret",
    "start_url": "https://zoom.us/s/84123456789?zak=hostkey", "password": "hush", "agenda": "never read",
    "registration_url": "https://city.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA",
    "settings": {
        "approval_type": 0, "registrants_restrict_number": 500, "alternative_hosts": "A@example.org;b@example.org",
        "registrants_confirmation_email": False, "contact_email": "person@example.org", "on_demand": False,
    },
    "a_field_of_tomorrow": {"x": 1},
}  # fmt: skip


def test_webinar_is_read_whole() -> None:
    room = reading.room(WEBINAR, RoomKind.WEBINAR)
    assert asdict(room) | {"settings": dict(room.settings)} == {
        "kind": RoomKind.WEBINAR, "id": "84123456789", "uuid": "dGVzdC11dWlkLTEyMzQ1Ng==", "type": 5,
        "topic": "Water for all", "starts_at": datetime(2026, 10, 7, 13, tzinfo=UTC), "duration_minutes": 90,
        "zone": "Europe/Madrid", "host_id": "u1", "host_email": "host@example.org",
        "join_url": "https://zoom.us/j/84123456789?pwd=secret",
        "registration_url": "https://city.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA",
        "approval": Approval.AUTOMATIC, "registration_type": None, "capacity": 500, "is_closed": None,
        "occurrences": (), "alternative_hosts": ("a@example.org", "b@example.org"), "confirmation_email": False,
        "settings": {
            "approval_type": 0, "registrants_restrict_number": 500, "registrants_confirmation_email": False,
            "on_demand": False,
        },
    }  # fmt: skip


def test_nothing_private_is_kept_or_shown() -> None:
    room = reading.room(WEBINAR, RoomKind.WEBINAR)
    assert [word for word in ("hostkey", "hush", "person@example.org") if word in str(asdict(room))] == []
    shown = repr(room)
    assert [word for word in ("example.org", "pwd", "/j/") if word in shown] == []
    person = {"id": "r1", "email": "vera@example.org", "first_name": "Vera", "join_url": "https://zoom.us/w/1?tk=t"}
    assert "vera" not in repr(reading.registrant(person)).lower()
    assert "tk=" not in repr(reading.added({"registrant_id": "r1", "join_url": "https://zoom.us/w/1?tk=t"}))


def test_ids_as_text_and_number_are_the_same_room() -> None:
    assert reading.room(WEBINAR | {"id": "841 2345 6789"}, RoomKind.WEBINAR) == reading.room(WEBINAR, RoomKind.WEBINAR)


def test_kind_is_what_zoom_says_at_this_reading() -> None:
    assert reading.room(WEBINAR, RoomKind.MEETING).kind is RoomKind.WEBINAR
    assert reading.room(WEBINAR | {"type": 2}, RoomKind.WEBINAR).kind is RoomKind.MEETING
    assert reading.listing({"id": 1, "type": 9}, RoomKind.MEETING).kind is RoomKind.WEBINAR
    assert reading.listing({"id": 1}, RoomKind.MEETING).kind is RoomKind.MEETING


def test_room_without_registration_and_time() -> None:
    room = reading.room({"id": 123456789, "type": 6, "settings": {}}, RoomKind.WEBINAR)
    assert (room.registration_url, room.approval, room.starts_at, room.capacity) == (None, Approval.NONE, None, 0)


@pytest.mark.parametrize(
    ("start", "zone", "expected"),
    [
        ("2026-10-07T13:00:00Z", "Asia/Kathmandu", datetime(2026, 10, 7, 13, tzinfo=UTC)),
        ("2026-10-07T13:00:00+02:00", "", datetime(2026, 10, 7, 11, tzinfo=UTC)),
        # Without Z it is the room's own clock, an hour apart on the two sides of a clock change.
        ("2026-10-24T13:00:00", "Europe/Madrid", datetime(2026, 10, 24, 11, tzinfo=UTC)),
        ("2026-10-26T13:00:00", "Europe/Madrid", datetime(2026, 10, 26, 12, tzinfo=UTC)),
        ("2026-10-07T13:00:00", "Asia/Kathmandu", datetime(2026, 10, 7, 7, 15, tzinfo=UTC)),
        ("", "Europe/Madrid", None),
    ],
)
def test_start_is_an_instant(start: str, zone: str, expected: datetime | None) -> None:
    assert reading.room(WEBINAR | {"start_time": start, "timezone": zone}, RoomKind.WEBINAR).starts_at == expected


def test_occurrences_are_not_rooms() -> None:
    found = {
        "occurrences": [
            {"occurrence_id": "1696683600000", "start_time": "2026-10-07T13:00:00Z", "duration": 60},
            {"occurrence_id": 1697288400000, "start_time": "2026-10-14T13:00:00Z", "duration": 60, "status": "deleted"},
        ]
    }
    room = reading.room(WEBINAR | {"type": 9} | found, RoomKind.WEBINAR)
    assert room.occurrences == (
        Occurrence("1696683600000", datetime(2026, 10, 7, 13, tzinfo=UTC), 60, is_available=True),
        Occurrence("1697288400000", datetime(2026, 10, 14, 13, tzinfo=UTC), 60, is_available=False),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"id": None}, {"id": "x"}, {"id": True}, {"topic": ["x"]}, {"topic": "x" * 5000}, {"settings": []},
        {"start_time": "soon"}, {"start_time": "2026-10-07T13:00:00", "timezone": "CET"}, {"duration": "long"},
        {"occurrences": [{"occurrence_id": "1"}]}, {"occurrences": "x"}, {"settings": {"approval_type": 7}},
        {"settings": {"close_registration": "yes"}}, {"type": True}, {"start_time": "0001-01-01T00:00:00+23:00"},
    ],
)  # fmt: skip
def test_answer_of_another_shape_is_garbled(change: dict[str, object]) -> None:
    with pytest.raises(Garbled) as caught:
        reading.room(WEBINAR | change, RoomKind.WEBINAR)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize("answer", [None, [], "text", 7, {"registrants": {}}, {"other": []}, {"registrants": [7]}])
def test_page_without_its_list_is_garbled(answer: object) -> None:
    with pytest.raises(Garbled):
        reading.page(answer, "registrants", reading.registrant)


def test_page_says_whether_there_is_more() -> None:
    whole = reading.page({"registrants": [], "next_page_token": ""}, "registrants", reading.registrant)
    assert (whole, whole.is_complete, list(whole)) == (Page(()), True, [])
    assert (
        reading.page({"registrants": [], "next_page_token": "t"}, "registrants", reading.registrant).is_complete
        is False
    )


def test_questions_participants_and_the_rest_are_read() -> None:
    asked = reading.questions(
        {
            "questions": [{"field_name": "org", "required": True}],
            "custom_questions": [{"title": "Why?", "type": "short", "required": False, "answers": ["a", 7]}],
        }
    )
    assert [(each.is_custom, each.field or each.title, each.is_required, each.answers) for each in asked] == [
        (False, "org", True, ()),
        (True, "Why?", False, ("a",)),
    ]
    stay = reading.participant({"user_email": "", "join_time": "2026-10-07T13:00:00Z", "duration": 61})
    assert (stay.email, stay.joined_at, stay.left_at, stay.duration_s) == (
        "", datetime(2026, 10, 7, 13, tzinfo=UTC), None, 61,
    )  # fmt: skip
    assert reading.absentee({"id": "r", "email": "vera@example.org"}).registrant_id == "r"
    assert reading.tracking_source({"id": 5, "source_name": "LinkedIn", "registration_count": 3}).registrations == 3
    assert reading.instance({"uuid": "a=="}).uuid == "a=="
    assert reading.panelist({"email": "p@example.org"}).email == "p@example.org"
    assert reading.user({"id": "u", "feature": {"webinar": False}}).has_webinars is False
    assert reading.user({"id": "u"}).has_webinars is None
