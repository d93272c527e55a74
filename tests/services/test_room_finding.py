"""Finding the room of a link in a long list: what is nearest in time first, and the truth about the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.rooms import LINK, OTHER, ROOM
from wmd.domain.zoom.answers import Page, Room, RoomKind, RoomListing
from wmd.domain.zoom.faults import Gone
from wmd.services.room_finding import MOST_OPENED, Found, find_room

STARTS = datetime(2021, 10, 7, 13, tzinfo=UTC)


class Reader:
    """An account whose rooms begin a day apart, the one of the link last in its list."""

    def __init__(self, rooms: int, *, is_complete: bool = True) -> None:
        self.rooms, self.is_complete = rooms, is_complete
        self.opened: list[str] = []

    def room(self, kind: RoomKind, room_id: str) -> Room:
        self.opened.append(room_id)
        if not room_id.isdecimal():
            raise Gone
        return replace(ROOM, id=room_id, registration_url=LINK if room_id == str(self.rooms) else OTHER)

    def list_webinars(self, user: str) -> Page[RoomListing]:
        first = STARTS - timedelta(days=self.rooms)
        items = [
            RoomListing(RoomKind.WEBINAR, str(each), "u", 5, "Room", first + timedelta(days=each), 60, "UTC", "h1")
            for each in range(1, self.rooms + 1)
        ]
        return Page(tuple(items), "" if self.is_complete else "more")

    list_meetings = list_webinars


def test_rooms_nearest_in_time_are_opened_first() -> None:
    reader = Reader(MOST_OPENED + 10)
    found = find_room(reader, "host", LINK, STARTS)
    assert (found.room and found.room.id, len(reader.opened)) == (str(MOST_OPENED + 10), 2)


@pytest.mark.parametrize(
    ("reader", "is_whole"),
    [(Reader(MOST_OPENED), True), (Reader(MOST_OPENED + 1), False), (Reader(3, is_complete=False), False)],
)
def test_what_was_not_looked_at_is_not_said_not_to_be_there(reader: Reader, is_whole: bool) -> None:
    reader.room = lambda kind, room_id: replace(ROOM, registration_url=OTHER)  # type: ignore[method-assign]
    assert find_room(reader, "host", LINK, STARTS) == Found(None, is_whole)
