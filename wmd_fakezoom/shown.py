"""How records look in answers and webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from wmd_fakezoom.clock import utc_text
from wmd_fakezoom.records import NO_REGISTRATION, RECURRING, Occurrence, Registrant, Room, User
from wmd_fakezoom.world import World

_AGENDA_IN_LISTS: Final = 250


def join_url(world: World, room: Room) -> str:
    """Return the link that everybody with it can join by: private."""
    return f"{world.link_base}/j/{room.id}?pwd={room.password}"


def registration_url(world: World, room: Room) -> str:
    """Return the public link to Zoom's form."""
    return f"{world.link_base}/{room.kind}/register/{room.token}"


def ticket_url(world: World, room: Room, registrant: Registrant) -> str:
    """Return one person's own link."""
    return f"{world.link_base}/w/{room.id}?tk={registrant.ticket}&uuid={room.token}"


def start_url(world: World, room: Room) -> str:
    """Return the link that makes whoever has it the host."""
    return f"{world.link_base}/s/{room.id}?zak=host-key-of-{room.host.id}"


def room_document(world: World, room: Room, now: datetime, *, with_previous: bool = False) -> dict[str, Any]:
    """Return a room as GET and create answer it; times in UTC with ``Z``."""
    document: dict[str, Any] = {
        "uuid": room.uuid,
        "id": room.id,
        "host_id": room.host.id,
        "host_email": room.host.email,
        "topic": room.topic,
        "type": room.type,
        "timezone": room.timezone,
        "agenda": room.agenda,
        "created_at": utc_text(room.created_at),
        "start_url": start_url(world, room),
        "join_url": join_url(world, room),
        "password": room.password,
        "settings": {**room.settings, "close_registration": room.is_closed},
    }
    if room.starts_at is not None:
        document["duration"] = room.duration
    if room.starts_at is not None and room.type != RECURRING[room.kind]:
        document["start_time"] = utc_text(room.starts_at)
    if room.recurrence is not None:
        document["recurrence"] = room.recurrence
    if room.type == RECURRING[room.kind]:
        document["occurrences"] = [
            occurrence_document(item)
            for item in room.occurrences
            if with_previous or item.starts_at.timestamp() + item.duration * 60 > now.timestamp()
        ]
    if room.approval != NO_REGISTRATION:
        document["registration_url"] = registration_url(world, room)
    if room.kind == "meeting":
        document["status"] = "waiting" if room.live is None else "started"
    return document


def occurrence_document(item: Occurrence) -> dict[str, Any]:
    """Return one date of a recurring room."""
    return {
        "occurrence_id": item.id,
        "start_time": utc_text(item.starts_at),
        "duration": item.duration,
        "status": item.status,
    }


def listed_document(world: World, room: Room, now: datetime) -> dict[str, Any]:
    """Return a room as lists show it: no settings, no registration link, the agenda cut."""
    document: dict[str, Any] = {
        "uuid": room.uuid,
        "id": room.id,
        "host_id": room.host.id,
        "topic": room.topic,
        "type": room.type,
        "timezone": room.timezone,
        "agenda": room.agenda[:_AGENDA_IN_LISTS],
        "created_at": utc_text(room.created_at),
        "join_url": join_url(world, room),
    }
    starts_at = room.starts_at
    if room.type == RECURRING[room.kind]:
        starts_at = next((item.starts_at for item in room.available if item.starts_at >= now), room.starts_at)
    if starts_at is not None:
        document |= {"start_time": utc_text(starts_at), "duration": room.duration}
    return document


def registrant_document(world: World, room: Room, item: Registrant) -> dict[str, Any]:
    """Return a registrant as lists show it; the ticket only once approved."""
    document: dict[str, Any] = {
        "id": item.id,
        "email": item.email,
        **item.fields,
        "status": item.status,
        "create_time": utc_text(item.created_at),
    }
    if item.status == "approved":
        document["join_url"] = ticket_url(world, room, item)
    return document


def user_document(user: User) -> dict[str, Any]:
    """Return a user."""
    return {
        "id": user.id,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "type": user.type,
        "timezone": user.timezone,
        "account_id": user.account_id,
        "status": "active",
        "verified": 1,
    }
