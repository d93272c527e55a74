"""The calls about webinars and meetings, and about the users who host them."""

from __future__ import annotations

from typing import Any

from wmd_fakezoom.calls import Answer, Call, ZoomError, route
from wmd_fakezoom.life import change_room, delete_occurrence, delete_room, make_room
from wmd_fakezoom.pages import page
from wmd_fakezoom.records import RECURRING, Room, User
from wmd_fakezoom.shown import listed_document, room_document, user_document


def user_of(call: Call) -> User:
    """Return the user in the path: ``me`` for users' tokens and for no others, an id or address otherwise."""
    name, access = call.path["user"], call.access
    if access.user is not None and name == "me":
        return access.user
    if access.user is not None:
        raise ZoomError(400, 4700, "Invalid access token, use me in place of the user with user-level tokens.")
    if name == "me":
        raise ZoomError(400, 4700, "This API does not support me with server-to-server tokens.")
    found = call.world.user(name)
    if found is None or found.account_id != access.account_id:
        raise ZoomError(404, 1001, f"User {name} not exist or not belong to this account.")
    return found


def room_of(call: Call, *, may_be_over: bool = False) -> Room:
    """Return the room in the path, or raise what Zoom raises for this kind of route."""
    name = call.path["id"]
    room = call.world.room(call.kind, name)
    if room is None and call.world.room("meeting" if call.kind == "webinar" else "webinar", name) is not None:
        if call.kind == "meeting":
            raise ZoomError(400, 3000, "Cannot access webinar info.")
        raise ZoomError(400, 300, "Invalid webinar ID.")
    if room is None or (room.has_expired(call.now) and not may_be_over):
        raise not_found(call, name)
    if room.host.account_id != call.access.account_id:
        raise ZoomError(400, 1010, f"User does not belong to this account:{call.access.account_id}.")
    if call.access.user is not None and call.access.user is not room.host:
        raise ZoomError(400, 3003, f"You are not the {call.kind} host.")
    return room


def not_found(call: Call, name: str) -> ZoomError:
    """Return the error for a room that is not there, or not any more: Zoom does not say which."""
    return ZoomError(404, 3001, f"{call.kind.capitalize()} {name} not found or has expired.")


def demand_licence(user: User) -> None:
    """Raise when a user has no licence for webinars."""
    if user.webinar_capacity == 0:
        raise ZoomError(
            400,
            200,
            "Webinar plan is missing. You must subscribe to the webinar plan and enable webinar for this user: "
            f"{user.id} in order to perform this action.",
        )


@route("GET", "/users/{user}", label="Light", scope="user:read:user")
def get_user(call: Call) -> Answer:
    """Answer a user."""
    return Answer(200, user_document(user_of(call)))


@route("GET", "/users/{user}/settings", label="Medium", scope="user:read:settings")
def get_user_settings(call: Call) -> Answer:
    """Answer what a user is licensed for; our trimmed text has no such call, its newer one has."""
    user = user_of(call)
    feature = {"webinar": user.webinar_capacity > 0, "webinar_capacity": user.webinar_capacity}
    return Answer(200, {"feature": {**feature, "meeting_capacity": 100}})


@route("GET", "/users/{user}/{kind}s", label="Medium", scope="{kind}:read:list_{kind}s")
def list_rooms(call: Call) -> Answer:
    """Answer a user's rooms: unexpired ones, running ones among them; ``type=live`` only those (meetings)."""
    user = user_of(call)
    if call.kind == "webinar":
        demand_licence(user)
    wanted = call.query.get("type", "scheduled")
    rooms = [
        room
        for room in call.world.rooms
        if room.kind == call.kind
        and room.host is user
        and room.state == "active"
        and not room.has_expired(call.now)
        and (wanted != "live" or room.live is not None)
        and (wanted != "upcoming" or room.live is not None or not room.is_over(call.now))
    ]
    key = f"{call.kind}s of {user.id} {wanted}"
    rows = ((room.seq, listed_document(call.world, room, call.now)) for room in rooms)
    return Answer(200, page(call, key, f"{call.kind}s", rows))


@route("POST", "/users/{user}/{kind}s", label="Light", scope="{kind}:write:{kind}")
def create_room(call: Call) -> Answer:
    """Make a room."""
    user = user_of(call)
    wish = call.document()
    if call.kind == "webinar":
        demand_licence(user)
    call.world.count_change(user)
    room = make_room(call.world, user, call.kind, wish)
    return Answer(201, room_document(call.world, room, call.now))


@route("GET", "/{kind}s/{id}", label="Light", scope="{kind}:read:{kind}")
def get_room(call: Call) -> Answer:
    """Answer a room by number or UUID."""
    room = room_of(call)
    with_previous = call.query.get("show_previous_occurrences") == "true"
    return Answer(200, room_document(call.world, room, call.now, with_previous=with_previous))


@route("PATCH", "/{kind}s/{id}", label="Light", scope="{kind}:update:{kind}")
def update_room(call: Call) -> Answer:
    """Change a room, or one of its dates."""
    room = room_of(call)
    wish: dict[str, Any] = call.document()
    call.world.count_change(room.host)
    change_room(call.world, room, wish, occurrence_id=call.query.get("occurrence_id", ""))
    return Answer(204)


@route("DELETE", "/{kind}s/{id}", label="Light", scope="{kind}:delete:{kind}")
def remove_room(call: Call) -> Answer:
    """Delete a room, or one of its dates."""
    room = room_of(call, may_be_over=True)
    if room.live is not None:
        raise ZoomError(400, 3002, f"Sorry, you cannot delete this {call.kind} since it is in progress.")
    if room.is_over(call.now):
        raise ZoomError(400, 3007, f"Sorry, you cannot delete this {call.kind} since it has ended.")
    occurrence_id = call.query.get("occurrence_id", "")
    if occurrence_id and room.type == RECURRING[room.kind]:
        delete_occurrence(call.world, room, occurrence_id)
    else:
        delete_room(call.world, room)
    return Answer(204)
