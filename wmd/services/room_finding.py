"""Finding the room that a pasted registration page belongs to. Asks Zoom: call it outside of any transaction."""

from __future__ import annotations

from typing import Final, Protocol

from wmd.domain.zoom.answers import Page, Room, RoomKind, RoomListing
from wmd.domain.zoom.faults import Fix, Gone, Refused
from wmd.domain.zoom.links import is_same_page, registration_token, uuid_of_token

#: Rooms of a list that are opened to compare their registration page: lists do not have it.
MOST_OPENED: Final = 50


class Reader(Protocol):
    """What is asked of Zoom's client."""

    def room(self, kind: RoomKind, room_id: str) -> Room: ...  # noqa: D102
    def list_webinars(self, user: str) -> Page[RoomListing]: ...  # noqa: D102
    def list_meetings(self, user: str) -> Page[RoomListing]: ...  # noqa: D102


def find_room(reader: Reader, host: str, link: str) -> Room | None:
    """Return the room whose registration page a link is; None when none of the account's is.

    A page's token looks like the room's UUID: that is tried first, and believed only if the room names the same page.
    Else the host's list is gone through. Raises ZoomFault where Zoom cannot be asked.
    """
    token = registration_token(link)
    if token is None:
        return None
    is_webinar = token.startswith("WN_")
    kind = RoomKind.WEBINAR if is_webinar else RoomKind.MEETING
    guess = uuid_of_token(token)
    found = _opened(reader, kind, guess, link) if guess else None
    if found is not None or not host:
        return found
    rooms = reader.list_webinars(host) if is_webinar else reader.list_meetings(host)
    for each in list(rooms)[:MOST_OPENED]:
        found = _opened(reader, each.kind, each.id, link)
        if found is not None:
            return found
    return None


def _opened(reader: Reader, kind: RoomKind, room_id: str, link: str) -> Room | None:
    try:
        room = reader.room(kind, room_id)
    except (Gone, Refused, Fix) as fault:
        if isinstance(fault, Fix) and fault.scopes:
            raise
        return None
    return room if is_same_page(room.registration_url or "", link) else None
