"""Finding the room that a pasted registration page belongs to. Asks Zoom: call it outside of any transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.zoom.answers import Page, Room, RoomKind, RoomListing
from wmd.domain.zoom.faults import Fix, Gone, Refused
from wmd.domain.zoom.links import is_same_page, registration_token, uuid_of_token
from wmd.models import EventSession

#: Rooms of a list that are opened to compare their registration page: lists do not have it.
MOST_OPENED: Final = 50


class Reader(Protocol):
    """What is asked of Zoom's client."""

    def room(self, kind: RoomKind, room_id: str) -> Room: ...  # noqa: D102
    def list_webinars(self, user: str) -> Page[RoomListing]: ...  # noqa: D102
    def list_meetings(self, user: str) -> Page[RoomListing]: ...  # noqa: D102


class Found(NamedTuple):
    """The room of a link, None for none. ``is_whole``: all rooms that could be it were looked at."""

    room: Room | None
    is_whole: bool = True


def find_room(reader: Reader, host: str, link: str, near: datetime | None = None) -> Found:
    """Return the room whose registration page a link is, if it is one of the account's.

    A page's token looks like the room's UUID: that is tried first, and believed only if the room names the same page.
    Else the host's list is gone through, what begins ``near`` an hour first. Raises ZoomFault where Zoom cannot be
    asked.
    """
    token = registration_token(link)
    if token is None:
        return Found(None)
    is_webinar = token.startswith("WN_")
    kind = RoomKind.WEBINAR if is_webinar else RoomKind.MEETING
    guess = uuid_of_token(token)
    found = _opened(reader, kind, guess, link) if guess else None
    if found is not None or not host:
        return Found(found)
    rooms = reader.list_webinars(host) if is_webinar else reader.list_meetings(host)
    in_order = sorted(rooms, key=_distance(near))
    for each in in_order[:MOST_OPENED]:
        found = _opened(reader, each.kind, each.id, link)
        if found is not None:
            return Found(found)
    return Found(None, rooms.is_complete and len(in_order) <= MOST_OPENED)


def next_start(dbs: Session, event_id: str, *, now: datetime) -> datetime | None:
    """Return when the next session of an event begins; None where none is to come."""
    return dbs.scalar(
        select(func.min(EventSession.starts_at)).where(
            EventSession.event_id == event_id, EventSession.ends_at > now, EventSession.status == "scheduled"
        )
    )


def _distance(near: datetime | None) -> Callable[[RoomListing], float]:
    """Return how far rooms are from an hour, in seconds. Rooms without a time come first: they may be at any."""

    def measure(listed: RoomListing) -> float:
        if near is None or listed.starts_at is None:
            return 0.0
        return abs((listed.starts_at - near).total_seconds())

    return measure


def _opened(reader: Reader, kind: RoomKind, room_id: str, link: str) -> Room | None:
    try:
        room = reader.room(kind, room_id)
    except (Gone, Refused, Fix) as fault:
        if isinstance(fault, Fix) and fault.scopes:
            raise
        return None
    return room if is_same_page(room.registration_url or "", link) else None
