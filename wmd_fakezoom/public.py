"""Zoom's public pages, as far as a look at a link sees them: the registration form, and the way into a room."""

from __future__ import annotations

from markupsafe import escape
from werkzeug.wrappers import Request, Response

from wmd_fakezoom.records import NO_REGISTRATION, Room
from wmd_fakezoom.world import World


def public_page(world: World, request: Request, path: str) -> Response | None:
    """Answer ``/webinar/register/…``, ``/meeting/register/…`` and ``/j/…``; nothing for other paths."""
    parts = path.strip("/").split("/")
    if request.method not in {"GET", "HEAD"} or len(parts) < 2:
        return None
    with world.lock:
        if parts[0] in {"webinar", "meeting"} and parts[1] == "register" and len(parts) in {3, 4}:
            room = next((item for item in world.rooms if item.token == parts[-1] and item.kind == parts[0]), None)
            return _page(*_of_form(world, room))
        if parts[0] == "j" and len(parts) == 2:
            room = next((item for item in reversed(world.rooms) if str(item.id) == parts[1]), None)
            return _page(*_of_form(world, room, is_join=True))
    return None


def _of_form(world: World, room: Room | None, *, is_join: bool = False) -> tuple[int, str, str]:
    """Return status, heading and words of the page of a room."""
    is_there = room is not None and room.state == "active" and not room.has_expired(world.now())
    if room is None or not is_there or (room.approval == NO_REGISTRATION and not is_join):
        return 404, "Invalid link", "This webinar link is invalid. (3,001)"
    if room.approval == NO_REGISTRATION:
        return 200, room.topic, "Launch Meeting"
    if room.is_over(world.now()):
        return 200, room.topic, "This webinar has ended. Registration is closed."
    if room.is_closed:
        return 200, room.topic, "Registration is closed."
    if room.capacity() and len(room.approved()) >= room.capacity():
        return 200, room.topic, "This webinar has reached its maximum number of registrants."
    return 200, room.topic, "Webinar Registration"


def _page(status: int, heading: str, words: str) -> Response:
    """Return a page."""
    html = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(heading)} - Fake Zoom</title><h1>{escape(heading)}</h1><p>{escape(words)}</p></html>"
    )
    return Response(html, status, content_type="text/html;charset=UTF-8")
