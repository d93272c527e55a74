"""The calls about what has taken place, and about panelists and tracking sources."""

from __future__ import annotations

from typing import Any, Final

from wmd_fakezoom.calls import Answer, Call, ZoomError, invalid, route
from wmd_fakezoom.clock import utc_text
from wmd_fakezoom.pages import page
from wmd_fakezoom.records import Instance, Room, Visit
from wmd_fakezoom.rooms import room_of
from wmd_fakezoom.shown import registrant_document

_MOST_PANELISTS: Final = 30


def ended(call: Call) -> tuple[Room, Instance]:
    """Return the room in the path and an instance: the one whose UUID stands there, else the latest."""
    room = room_of(call, may_be_over=True)
    named = [item for item in room.instances if item.uuid == call.path["id"]]
    found = named or ([] if call.path["id"] == room.uuid else room.instances)
    if not found:
        raise ZoomError(404, 3001, "Meeting ID is invalid or not end.")
    return room, found[-1]


def visit_document(number: int, visit: Visit) -> dict[str, Any]:
    """Return one row of those who were there: one for each time that somebody joined."""
    return {
        "user_id": str(16_777_216 + number * 1024),
        "name": visit.name,
        "user_email": visit.email,
        "join_time": utc_text(visit.joined_at),
        "leave_time": utc_text(visit.left_at),
        "duration": int((visit.left_at - visit.joined_at).total_seconds()),
    }


@route("GET", "/past_{kind}s/{id}/participants", label="Medium", scope="{kind}:read:list_past_participants")
def list_participants(call: Call) -> Answer:
    """Answer who was there; outsiders without an address, and nobody with the id of a registration."""
    room, instance = ended(call)
    rows = ((number, visit_document(number, item)) for number, item in enumerate(instance.visits, 1))
    return Answer(200, page(call, f"visits of {room.id} {instance.uuid}", "participants", rows, is_numbered=False))


@route("GET", "/report/webinars/{id}/participants", label="Heavy", scope="report:read:list_webinar_participants")
def report_participants(call: Call) -> Answer:
    """Answer who was there, for administrators; with the registration's id when it is asked for."""
    room, instance = ended(call)
    with_id = call.query.get("include_fields") == "registrant_id"
    rows = (
        (number, visit_document(number, item) | ({"registrant_id": item.registrant_id} if with_id else {}))
        for number, item in enumerate(instance.visits, 1)
    )
    return Answer(200, page(call, f"report of {room.id} {instance.uuid}", "participants", rows, is_numbered=False))


@route("GET", "/past_webinars/{id}/absentees", label="Heavy", scope="webinar:read:list_absentees")
def list_absentees(call: Call) -> Answer:
    """Answer who was registered and did not come."""
    room, instance = ended(call)
    came = {item.email.lower() for item in instance.visits if item.email}
    rows = (
        (item.seq, registrant_document(call.world, room, item))
        for item in room.approved()
        if item.email.lower() not in came
    )
    return Answer(200, page(call, f"absentees of {room.id} {instance.uuid}", "registrants", rows))


@route("GET", "/past_{kind}s/{id}/instances", label="Light", scope="{kind}:read:list_past_instances")
def list_instances(call: Call) -> Answer:
    """Answer when a room has taken place."""
    room = room_of(call, may_be_over=True)
    rows = [{"uuid": item.uuid, "start_time": utc_text(item.starts_at)} for item in room.instances]
    return Answer(200, {f"{room.kind}s": rows})


@route("GET", "/webinars/{id}/tracking_sources", label="Medium", scope="webinar:read:list_tracking_sources")
def list_tracking_sources(call: Call) -> Answer:
    """Answer the links by which the host tells where registrants come from."""
    room = room_of(call)
    rows = [
        {**item, "tracking_url": f"{call.world.link_base}/webinar/register/{item['id']}/{room.token}"}
        for item in room.tracking_sources
    ]
    return Answer(200, {"total_records": len(rows), "tracking_sources": rows})


@route("GET", "/webinars/{id}/panelists", label="Medium", scope="webinar:read:list_panelists")
def list_panelists(call: Call) -> Answer:
    """Answer who speaks."""
    room = room_of(call)
    rows = [{**item, "join_url": f"{call.world.link_base}/w/{room.id}?tk={item['id']}"} for item in room.panelists]
    return Answer(200, {"total_records": len(rows), "panelists": rows})


@route("POST", "/webinars/{id}/panelists", label="Medium", scope="webinar:write:panelist")
def add_panelists(call: Call) -> Answer:
    """Enter up to thirty speakers."""
    room, people = room_of(call), call.document().get("panelists")
    if not isinstance(people, list) or not 0 < len(people) <= _MOST_PANELISTS:
        raise invalid({"panelists": f"Between 1 and {_MOST_PANELISTS} are allowed."})
    for person in people:
        room.panelists.append(
            {"id": call.world.ids.text(22), "name": str(person.get("name", "")), "email": str(person.get("email", ""))}
        )
    return Answer(201, {"id": str(room.id), "updated_at": utc_text(call.now)})


@route("DELETE", "/webinars/{id}/panelists/{panelist}", label="Light", scope="webinar:delete:panelist")
def remove_panelist(call: Call) -> Answer:
    """Take one speaker out."""
    room = room_of(call)
    kept = [item for item in room.panelists if item["id"] != call.path["panelist"]]
    if len(kept) == len(room.panelists):
        raise ZoomError(404, 1001, f"User {call.path['panelist']} does not exist or does not belong to this account.")
    room.panelists = kept
    return Answer(204)
