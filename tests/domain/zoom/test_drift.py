"""What counts as a difference between programme and room, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wmd.domain.zoom.answers import Approval, Occurrence, Room, RoomKind
from wmd.domain.zoom.drift import (
    Comparison,
    Difference,
    Field,
    Ours,
    OurSession,
    Registration,
    changed,
    compare,
    digest_of,
    registration_of,
    snapshot,
)

STARTS = datetime(2026, 10, 7, 13, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=90)
TOKEN, OTHER = "WN_AAAAAAAAQACAAAAAAAAAAA", "WN_BBBBBBBBQBCBBBBBBBBBBB"
LINK = f"https://zoom.us/webinar/register/{TOKEN}"
SESSION = OurSession("s1", STARTS, ENDS)
OURS = Ours((SESSION,), LINK, "open", ("Water for Greater Lagos",), "webinar", "h1")
ROOM = Room(
    kind=RoomKind.WEBINAR, id="84123456789", uuid="u1", type=5, topic="Water for Greater Lagos", starts_at=STARTS,
    duration_minutes=90, zone="Africa/Lagos", host_id="h1", host_email="host@metropolis.example",
    join_url="https://zoom.us/j/84123456789?pwd=verysecret", registration_url=LINK, approval=Approval.AUTOMATIC,
    registration_type=1, capacity=0, is_closed=None,
)  # fmt: skip


def differ(ours: Ours = OURS, room: Room = ROOM) -> Comparison:
    return compare(ours, room, registration_of(room))


def at(minutes: float) -> datetime:
    return STARTS + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("room", "fields"),
    [
        (ROOM, []),
        (replace(ROOM, starts_at=STARTS + timedelta(seconds=60)), []),
        (replace(ROOM, starts_at=STARTS - timedelta(seconds=61)), ["time"]),
        (replace(ROOM, duration_minutes=95), []),
        (replace(ROOM, duration_minutes=84), ["time"]),
        # The same instant on another clock.
        (replace(ROOM, starts_at=STARTS.astimezone(), zone="Asia/Tokyo"), []),
        (replace(ROOM, registration_url=f"https://metropolis.zoom.us/webinar/register/9876/{TOKEN}#/registration"), []),
        (replace(ROOM, registration_url=f"https://zoom.us/webinar/register/{OTHER}"), ["link"]),
        (replace(ROOM, approval=Approval.MANUAL), []),
        (replace(ROOM, approval=Approval.NONE, registration_url=None), ["registration"]),
        (replace(ROOM, is_closed=True), ["registration"]),
        (replace(ROOM, kind=RoomKind.MEETING, type=2), ["type"]),
        (replace(ROOM, host_id="h2"), ["host"]),
        (replace(ROOM, topic="  WATER for greater  Lagos! "), []),
        (replace(ROOM, topic="Metropolis webinar: Water for Greater Lagos (English)"), []),
        (replace(ROOM, topic="Something else"), ["title"]),
        (replace(ROOM, topic="Something else", host_id="h2", starts_at=at(60), is_closed=True),
         ["time", "registration", "host", "title"]),
    ],
)  # fmt: skip
def test_differences_of_a_room(room: Room, fields: list[str]) -> None:
    assert differ(room=room).fields == fields


@pytest.mark.parametrize(
    ("pasted", "differs"),
    [
        ("", None),
        ("https://zoom.us/j/84123456789?pwd=verysecret", None),
        ("https://a-example.zoom.us/j/84123456789?pwd=verysecret&from=addon#success", None),
        ("https://rooms.example/j/84123456789?pwd=old", None),
        ("https://zoom.us/j/84123456789?pwd=old", "…6789"),
        ("https://zoom.us/j/84123456789", "…6789"),
        ("https://zoom.us/j/89405332981?pwd=verysecret", "…2981"),
    ],
)
def test_private_links_are_compared_by_number_and_passcode_and_stand_nowhere(pasted: str, differs: str | None) -> None:
    found = list(differ(replace(OURS, join_link=pasted, join_ids=("one", "two"))).differences)
    expected = [
        Difference(Field.JOIN, {"room": differs, "link_id": "one"}, {"room": "…6789", "link_id": "two"})
    ]  # fmt: skip
    assert found == (expected if differs else [])
    assert "secret" not in repr(replace(OURS, join_link=pasted)) + repr(found)


@pytest.mark.parametrize(
    ("ours", "closed", "fields"),
    [
        ("open", False, []), ("open", True, ["registration"]), ("closed", False, ["registration"]),
        ("full", False, ["registration"]), ("closed", True, []), ("not-yet", False, []), ("missing", True, []),
        ("", True, []),
    ],
)  # fmt: skip
def test_registration_contradicts(ours: str, closed: bool, fields: list[str]) -> None:
    assert differ(replace(OURS, registration=ours), replace(ROOM, is_closed=closed)).fields == fields


def test_link_of_another_site_is_not_compared() -> None:
    elsewhere = replace(OURS, link="https://tickets.example/water")
    assert differ(elsewhere, replace(ROOM, is_closed=True)).fields == []


def test_time_says_both_instants_and_names_the_session() -> None:
    found = differ(room=replace(ROOM, starts_at=at(60), duration_minutes=90)).differences
    assert found == (
        Difference(
            Field.TIME,
            {"starts_at": "2026-10-07T13:00:00Z", "ends_at": "2026-10-07T14:30:00Z"},
            {"starts_at": "2026-10-07T14:00:00Z", "ends_at": "2026-10-07T15:30:00Z"},
            "s1",
        ),
    )


def test_room_without_a_time_has_none_to_compare() -> None:
    comparison = differ(room=replace(ROOM, type=6, starts_at=None, duration_minutes=None))
    assert (comparison.has_time, comparison.fields) == (False, [])


def test_room_with_one_time_is_compared_with_the_nearest_session() -> None:
    later = OurSession("s2", at(24 * 60), at(24 * 60 + 60))
    assert differ(replace(OURS, sessions=(SESSION, later))).fields == []
    moved = differ(replace(OURS, sessions=(SESSION, later)), replace(ROOM, starts_at=at(24 * 60 + 30)))
    assert [each.session_id for each in moved.differences] == ["s2"]


def test_session_of_a_whole_day_is_compared_by_its_day() -> None:
    day = OurSession("s1", at(-13 * 60), at(11 * 60), all_day=True)
    assert differ(replace(OURS, sessions=(day,))).fields == []
    assert differ(replace(OURS, sessions=(day,)), replace(ROOM, starts_at=at(12 * 60))).fields == ["time"]


def test_recurring_room_gives_each_session_the_nearest_date_of_its_own() -> None:
    second = OurSession("s2", at(60 * 24 * 7), at(60 * 24 * 7 + 90))
    dates = tuple(
        Occurrence(id_, start, 90, is_available)
        for id_, start, is_available in (
            ("1", at(0), False), ("2", at(-30), True), ("3", at(60 * 24 * 7), True), ("4", at(60 * 24 * 14), True),
        )
    )  # fmt: skip
    comparison = differ(
        replace(OURS, sessions=(SESSION, second)), replace(ROOM, type=9, starts_at=None, occurrences=dates)
    )
    assert comparison.occurrences == {"s1": "2", "s2": "3"}
    assert [(each.field, each.session_id) for each in comparison.differences] == [(Field.TIME, "s1")]


def test_recurring_room_keeps_the_date_that_a_session_had_when_it_moves_far() -> None:
    known = replace(SESSION, occurrence_id="9")
    dates = (Occurrence("8", at(0), 90, True), Occurrence("9", at(60 * 24 * 8), 90, True))
    comparison = differ(replace(OURS, sessions=(known,)), replace(ROOM, type=9, starts_at=None, occurrences=dates))
    assert comparison.occurrences == {"s1": "9"}
    assert comparison.differences[0].theirs["starts_at"] == "2026-10-15T13:00:00Z"


def test_recurring_room_with_too_few_dates_says_that_a_session_has_none() -> None:
    second = OurSession("s2", at(60), at(120))
    comparison = differ(
        replace(OURS, sessions=(SESSION, second)),
        replace(ROOM, type=9, starts_at=None, occurrences=(Occurrence("1", at(0), 90, True),)),
    )
    assert [(each.session_id, dict(each.theirs)) for each in comparison.differences] == [("s2", {})]


def test_digest_is_of_what_differs_and_not_of_its_order() -> None:
    moved = differ(room=replace(ROOM, starts_at=at(60), host_id="h2")).differences
    again = differ(room=replace(ROOM, starts_at=at(60), host_id="h2", capacity=7)).differences
    later = differ(room=replace(ROOM, starts_at=at(61), host_id="h2")).differences
    assert digest_of(moved) == digest_of(reversed(again)) != digest_of(later)
    assert digest_of(()) == ""


def test_registration_stays_full_until_its_capacity_changes() -> None:
    capped = replace(ROOM, capacity=100)
    assert registration_of(capped, Registration.FULL, 100) is Registration.FULL
    assert registration_of(replace(ROOM, capacity=200), Registration.FULL, 100) is Registration.OPEN
    assert registration_of(replace(capped, is_closed=True), Registration.FULL, 100) is Registration.CLOSED
    assert registration_of(replace(ROOM, approval=Approval.MANUAL)) is Registration.MANUAL


def test_nothing_private_is_kept_or_shown() -> None:
    room = replace(
        ROOM, starts_at=at(60), host_id="h2", topic="Other", is_closed=True, kind=RoomKind.MEETING, type=2,
        registration_url=f"https://zoom.us/webinar/register/{OTHER}",
        alternative_hosts=("co@metropolis.example",), settings={"secret": "verysecret"},
    )  # fmt: skip
    found = differ(replace(OURS, join_link="https://zoom.us/j/84123456789?pwd=oldsecret"), room)
    text = repr([found, [dict(each.theirs) for each in found.differences], snapshot(room, found.registration)])
    assert found.fields == [each.value for each in Field]
    assert [word for word in ("pwd", "verysecret", "@", "/j/") if word in text] == []
    assert "h2" not in repr(found)


def test_changes_of_a_snapshot_are_told_field_by_field() -> None:
    before = snapshot(ROOM, Registration.OPEN)
    after = snapshot(replace(ROOM, starts_at=at(60), capacity=50), Registration.FULL)
    assert changed(before, after) == {
        "capacity": [0, 50], "registration": ["open", "full"],
        "starts_at": ["2026-10-07T13:00:00Z", "2026-10-07T14:00:00Z"],
    }  # fmt: skip
    assert changed(before, before) == {}
