"""What becomes of a room: made, changed, deleted, recovered, started, ended; and the events that Zoom tells of it.

Both the API and the control port use these verbs, so that a change by the host looks the same as one by an app.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wmd_fakezoom.calls import ZoomError, invalid
from wmd_fakezoom.clock import utc_text
from wmd_fakezoom.ids import UuidForm
from wmd_fakezoom.records import RECURRING, SINGLE, TIMELESS, Instance, Kind, Occurrence, Registrant, Room, User, Visit
from wmd_fakezoom.recurrence import dates
from wmd_fakezoom.shown import join_url, registration_url, room_document, ticket_url
from wmd_fakezoom.world import World

#: What a room has when neither the request nor the host's defaults say anything.
_SETTINGS: Final[dict[str, Any]] = {
    "approval_type": 2,
    "registration_type": 1,
    "registrants_confirmation_email": True,
    "registrants_email_notification": True,
    "alternative_hosts": "",
    "audio": "both",
    "auto_recording": "none",
    "host_video": False,
    "show_share_button": True,
    "allow_multiple_devices": True,
    "meeting_authentication": False,
}
#: As above, for one kind only.
_MORE_SETTINGS: Final[dict[Kind, dict[str, Any]]] = {
    "webinar": {"registrants_restrict_number": 0, "on_demand": False, "practice_session": False},
    "meeting": {"join_before_host": False, "waiting_room": True},
}
#: Fields of a request that are taken as they are.
_PLAIN: Final = ("topic", "agenda", "duration")


def make_room(world: World, host: User, kind: Kind, wish: dict[str, Any], *, uuid_form: UuidForm = "") -> Room:
    """Make a room as a request wishes it, and tell of it."""
    raw = world.ids.uuid(uuid_form)
    room = Room(
        kind,
        world.ids.room(),
        raw,
        raw,
        int(wish.get("type") or SINGLE[kind]),
        str(wish.get("topic") or "My Webinar"),
        host,
        world.now(),
        str(wish.get("password") or world.ids.text(8)),
        timezone=host.timezone,
        settings={**_SETTINGS, **_MORE_SETTINGS[kind], **host.defaults},
        seq=world.next_seq(),
    )
    if room.type not in {SINGLE[kind], TIMELESS[kind], RECURRING[kind]}:
        raise invalid({"type": "Invalid field."})
    _apply(room, wish)
    if room.type != TIMELESS[kind] and room.starts_at is None:
        raise invalid({"start_time": "Invalid field."})
    world.rooms.append(room)
    _tell_room(world, room, "created", _brief(room))
    return room


def change_room(world: World, room: Room, wish: dict[str, Any], *, occurrence_id: str = "") -> None:
    """Change a room, or one date of it, and tell what changed."""
    now = world.now()
    before = _comparable(world, room, now)
    if occurrence_id:
        _change_occurrence(room, occurrence_id, wish)
    else:
        _apply(room, wish)
    after = _comparable(world, room, now)
    changed = [name for name in after if after[name] != before.get(name)]
    if changed:
        old = {"id": room.id, "uuid": room.uuid, **{name: before[name] for name in changed if name in before}}
        tell_updated(world, room, {name: after[name] for name in changed}, old)


def tell_updated(world: World, room: Room, changed: dict[str, Any], old: dict[str, Any]) -> None:
    """Tell of a change: only the number and what changed stand in the object, as Zoom does it."""
    _tell_room(world, room, "updated", {"id": room.id, "uuid": room.uuid, **changed}, old)


def delete_room(world: World, room: Room) -> None:
    """Put a room into the trash."""
    room.state = "trashed"
    _tell_room(world, room, "deleted", _brief(room))


def delete_occurrence(world: World, room: Room, occurrence_id: str) -> None:
    """Take one date out."""
    occurrence(room, occurrence_id).status = "deleted"
    thing = {**_brief(room), "occurrences": [{"occurrence_id": occurrence_id}]}
    _tell_room(world, room, "deleted", thing)


def recover_room(world: World, room: Room) -> None:
    """Take a room back out of the trash, with its link and its registrants."""
    if room.state != "trashed":
        raise ValueError(room.state)
    room.state = "active"
    _tell_room(world, room, "recovered", _brief(room))


def end_for_good(world: World, room: Room) -> None:
    """Delete a room for ever."""
    room.state = "gone"
    _tell_room(world, room, "permanently_deleted", _brief(room))


def convert(room: Room) -> None:
    """Make a webinar of a meeting: the number stays, the type and the form of the link do not."""
    types = {old[room.kind]: old["webinar"] for old in (SINGLE, TIMELESS, RECURRING)}
    kept = {name: value for name, value in room.settings.items() if name not in _MORE_SETTINGS["meeting"]}
    room.settings = {**_MORE_SETTINGS["webinar"], **kept}
    room.kind, room.type = "webinar", types[room.type]


def start(world: World, room: Room) -> None:
    """Let the host begin. The number is a string in this event, and in the one of the end."""
    if room.live is None:
        room.live = Instance(room.uuid, world.now())
        _tell_room(world, room, "started", {**_brief(room), "id": str(room.id)})


def finish(world: World, room: Room) -> None:
    """Let the host end it: whoever is there leaves, and the next instance has another UUID."""
    if room.live is None:
        raise ValueError("not live")
    now = world.now()
    room.live.ended_at = now
    room.live.visits = [_left(visit, now) for visit in room.live.visits]
    thing = {**_brief(room), "id": str(room.id), "end_time": utc_text(now)}
    room.instances.append(room.live)
    room.live = None
    _tell_room(world, room, "ended", thing)
    room.raw_uuid = world.ids.uuid()


def _left(visit: Visit, now: datetime) -> Visit:
    """Return a visit that is over by now."""
    visit.left_at = min(visit.left_at, now)
    return visit


def tell_registrant(world: World, room: Room, item: Registrant, what: str) -> None:
    """Tell of a registrant: ``registration_created``, ``_approved``, ``_cancelled`` or ``_denied``."""
    person = {"id": item.id, "email": item.email, **item.fields, "status": item.status}
    if item.status == "approved":
        person["join_url"] = ticket_url(world, room, item)
    _tell_room(world, room, f"registration_{what}", {**_brief(room), "registrant": person})


def tell_visit(world: World, room: Room, visit: Visit, what: str) -> None:
    """Tell that somebody came (``joined``) or went (``left``)."""
    at = {"join_time": utc_text(visit.joined_at)} if what == "joined" else {"leave_time": utc_text(visit.left_at)}
    person = {"user_name": visit.name, "email": visit.email, "registrant_id": visit.registrant_id, **at}
    _tell_room(world, room, f"participant_{what}", {**_brief(room), "id": str(room.id), "participant": person})


def occurrence(room: Room, occurrence_id: str) -> Occurrence:
    """Return one date that was not taken out, or raise as Zoom does."""
    found = next((item for item in room.available if item.id == occurrence_id), None)
    if found is None:
        raise ZoomError(400, 300, "Invalid parameter: occurrence_id.")
    return found


def instant(text: object, zone: str) -> datetime:
    """Return a time of a request: with ``Z`` it is UTC, without it local to the zone."""
    try:
        at = datetime.fromisoformat(str(text))
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError):
        raise invalid({"start_time": "Invalid field."}) from None


def _apply(room: Room, wish: dict[str, Any]) -> None:
    """Write a request's fields into a room."""
    _check(wish)
    for name in _PLAIN:
        if name in wish:
            setattr(room, name, wish[name])
    room.timezone = str(wish.get("timezone") or room.timezone)
    room.password = str(wish.get("password") or room.password)
    room.type = int(wish.get("type") or room.type)
    if wish.get("start_time") and room.type != TIMELESS[room.kind]:
        room.starts_at = instant(wish["start_time"], room.timezone)
    settings = dict(wish.get("settings") or {})
    if "close_registration" in settings:
        room.is_closed = bool(settings.pop("close_registration"))
    room.settings |= settings
    if room.type == RECURRING[room.kind] and ("recurrence" in wish or "start_time" in wish or not room.occurrences):
        _repeat(room, wish)
    elif "duration" in wish:
        for item in room.occurrences:
            item.duration = room.duration


def _check(wish: dict[str, Any]) -> None:
    """Raise when a field of a request is of the wrong kind."""
    wrong = {}
    if len(str(wish.get("topic", ""))) > 200:
        wrong["topic"] = "Too long."
    duration = wish.get("duration", 1)
    if not isinstance(duration, int) or duration < 1:
        wrong["duration"] = "Invalid field."
    if not isinstance(wish.get("settings", {}), dict):
        wrong["settings"] = "Invalid field."
    try:
        ZoneInfo(str(wish.get("timezone") or "UTC"))
    except (ValueError, ZoneInfoNotFoundError):
        wrong["timezone"] = "Invalid field."
    if wrong:
        raise invalid(wrong)


def _repeat(room: Room, wish: dict[str, Any]) -> None:
    """Make the dates of a recurring room anew; each gets an id of its own."""
    room.recurrence = dict(wish.get("recurrence") or room.recurrence or {})
    if room.starts_at is None:
        raise invalid({"start_time": "Invalid field."})
    starts = dates(room.recurrence, room.starts_at, room.timezone)
    room.occurrences = [Occurrence(str(int(at.timestamp() * 1000)), at, room.duration) for at in starts]
    if not room.occurrences:
        raise ZoomError(400, 300, "Invalid recurrence settings.")


def _change_occurrence(room: Room, occurrence_id: str, wish: dict[str, Any]) -> None:
    """Move one date."""
    item = occurrence(room, occurrence_id)
    if wish.get("start_time"):
        item.starts_at = instant(wish["start_time"], str(wish.get("timezone") or room.timezone))
    item.duration = int(wish.get("duration") or item.duration)


def _brief(room: Room) -> dict[str, Any]:
    """Return a room as webhooks name it; created, updated, deleted have the number as a number."""
    thing: dict[str, Any] = {
        "uuid": room.uuid,
        "id": room.id,
        "host_id": room.host.id,
        "topic": room.topic,
        "type": room.type,
        "duration": room.duration,
        "timezone": room.timezone,
    }
    if room.starts_at is not None:
        thing["start_time"] = utc_text(room.starts_at)
    return thing


def _comparable(world: World, room: Room, now: datetime) -> dict[str, Any]:
    """Return what a change is told of: fields and single settings, without what nobody may see."""
    document = room_document(world, room, now, with_previous=True)
    hidden = {"settings", "start_url", "created_at", "uuid", "id", "host_id", "host_email", "status"}
    flat = {name: value for name, value in document.items() if name not in hidden}
    flat["registration_url"] = registration_url(world, room)
    flat["join_url"] = join_url(world, room)
    return {**flat, "settings": dict(document["settings"])}


def _tell_room(world: World, room: Room, what: str, thing: dict[str, Any], old: dict[str, Any] | None = None) -> None:
    """Tell of a room's event."""
    world.tell(f"{room.kind}.{what}", room.host.account_id, thing, old)
