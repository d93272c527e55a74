"""The calls about those who register: one, a batch, lists, approval, questions."""

from __future__ import annotations

import re
from typing import Any, Final

from wmd_fakezoom.calls import Answer, Call, ZoomError, invalid, route
from wmd_fakezoom.clock import utc_text
from wmd_fakezoom.life import occurrence, tell_registrant
from wmd_fakezoom.pages import page
from wmd_fakezoom.records import AUTOMATIC, NO_REGISTRATION, RECURRING, SINGLE, Registrant, Room
from wmd_fakezoom.rooms import room_of
from wmd_fakezoom.shown import registrant_document, ticket_url
from wmd_fakezoom.world import person_limit

#: Additions and changes of status per day (UTC) and person.
ADDITIONS_A_DAY: Final = 3
CHANGES_A_DAY: Final = 10
BATCH: Final = 30

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LENGTHS: Final = {"email": 128, "first_name": 64, "last_name": 64}
#: What a registrant may say of itself.
_FIELDS: Final = (
    "first_name", "last_name", "address", "city", "country", "zip", "state", "phone", "industry", "org", "job_title",
    "purchasing_time_frame", "role_in_purchase_process", "no_of_employees", "comments", "custom_questions",
)  # fmt: skip


def full(room: Room, status: int) -> ZoomError:
    """Return the error of a full room. Calls differ in code and status; that of one webinar registrant is ours."""
    code = 3035 if room.kind == "webinar" and status == 400 else 3043
    return ZoomError(status, code, f"{room.kind.capitalize()} has reached maximum attendee capacity.")


def demand_open(room: Room, call: Call, *, in_batch: bool = False) -> None:
    """Raise when nobody can register: it is over, asks no registration, or the host closed it."""
    if room.is_over(call.now):
        noun = room.kind.capitalize()
        words = f"{noun} is over, you can not register now. If you have any questions, please contact {noun} host."
        raise ZoomError(400, 3038, words)
    if room.approval == NO_REGISTRATION and in_batch:
        raise ZoomError(404, 404, f"Registration has not been enabled for this {room.kind}: {room.id}.")
    if room.approval == NO_REGISTRATION and room.kind == "webinar":
        raise ZoomError(400, 3000, f"This webinar does not have registration as required:{room.id}.")
    if room.approval == NO_REGISTRATION:
        raise ZoomError(400, 300, f"This meeting has not set registration as required: {room.id}.")
    if room.is_closed:
        raise ZoomError(400, 3000, f"Registration for this {room.kind} has been closed:{room.id}.")


def demand_good(room: Room, wish: dict[str, Any]) -> None:
    """Raise when a registration is wrong: address, name, lengths, questions that must be answered."""
    wrong = {name: "Too long." for name, most in _LENGTHS.items() if len(str(wish.get(name, ""))) > most}
    if not _ADDRESS.fullmatch(str(wish.get("email", ""))):
        wrong["email"] = "Invalid field."
    if not str(wish.get("first_name", "")).strip():
        wrong["first_name"] = "Invalid field."
    for item in room.questions:
        if item["required"] and not wish.get(item["field_name"]):
            wrong[item["field_name"]] = "This question is required."
    answers = {item.get("title"): item.get("value") for item in wish.get("custom_questions") or []}
    for item in room.custom_questions:
        if item["required"] and not answers.get(item["title"]):
            wrong["custom_questions"] = f"Question '{item['title']}' is required."
    if wrong:
        raise invalid(wrong)
    others = {room.host.email.lower(), *room.alternative_hosts()}
    if str(wish["email"]).lower() in others:
        raise ZoomError(400, 3027, "Host can not register.")


def register(
    call: Call, room: Room, wish: dict[str, Any], *, at_once: bool, occurrence_ids: tuple[str, ...] = ()
) -> Registrant:
    """Enter a registration; an address that is there already gets the same again, unless the fake is told otherwise."""
    world, email = call.world, str(wish["email"])
    known = [item for item in room.registrants if item.email.lower() == email.lower() and item.status != "cancelled"]
    if known and world.repeated_email == "same":
        return known[-1]
    item = Registrant(
        world.ids.text(22),
        email,
        {name: wish[name] for name in _FIELDS if name in wish},
        "approved" if at_once else "pending",
        call.now,
        world.ids.text(43),
        occurrence_ids,
        world.next_seq(),
    )
    room.registrants.append(item)
    tell_registrant(world, room, item, "created")
    return item


def _people(value: object) -> list[dict[str, Any]]:
    """Return the people that a request names, or raise."""
    if not isinstance(value, list) or not 0 < len(value) <= BATCH or not all(isinstance(one, dict) for one in value):
        raise invalid({"registrants": f"Between 1 and {BATCH} are allowed."})
    return value


def _is_room_for_more(room: Room, count: int = 1) -> bool:
    """Say whether so many more fit."""
    return not room.capacity() or len(room.approved()) + count <= room.capacity()


@route("POST", "/{kind}s/{id}/registrants", label="Light", scope="{kind}:write:registrant")
def add_registrant(call: Call) -> Answer:
    """Register one person: at most three times a day and room."""
    room, wish = room_of(call, may_be_over=True), call.document()
    demand_open(room, call)
    email = str(wish.get("email", "")).lower()
    if not call.world.count_today("add", f"{room.id} {email}", ADDITIONS_A_DAY):
        raise person_limit(call.now, ADDITIONS_A_DAY, f"Add {room.kind} registrant", email)
    demand_good(room, wish)
    wanted = tuple(item for item in call.query.get("occurrence_ids", "").split(",") if item)
    for name in wanted:
        occurrence(room, name)
    is_known = any(item.email.lower() == email for item in room.approved())
    if not is_known and not _is_room_for_more(room):
        raise full(room, 400)
    at_once = room.approval == AUTOMATIC or bool(wish.get("auto_approve"))
    item = register(call, room, wish, at_once=at_once, occurrence_ids=wanted)
    return Answer(201, _added(call, room, item))


def _added(call: Call, room: Room, item: Registrant) -> dict[str, Any]:
    """Return the answer to an addition: without a link as long as nobody approved."""
    document: dict[str, Any] = {
        "registrant_id": item.id,
        # The 2021 text says a string for webinars and a number for meetings; both are seen.
        "id": str(room.id) if room.kind == "webinar" else room.id,
        "topic": room.topic,
        "status": item.status,
    }
    if room.starts_at is not None:
        document["start_time"] = utc_text(room.starts_at)
    if item.status == "approved":
        document["join_url"] = ticket_url(call.world, room, item)
    if room.type == RECURRING[room.kind]:
        document["occurrences"] = [
            {"occurrence_id": date.id, "start_time": utc_text(date.starts_at), "duration": date.duration}
            for date in room.available
            if not item.occurrence_ids or date.id in item.occurrence_ids
        ]
    return document


@route("POST", "/{kind}s/{id}/batch_registrants", label="Heavy", scope="{kind}:write:batch_registrants")
def add_batch(call: Call) -> Answer:
    """Register up to thirty people, by name and address only, in a room that takes place once."""
    room, wish = room_of(call, may_be_over=True), call.document()
    if room.type != SINGLE[room.kind]:
        code, noun = (300, "webinar(webinar type: 5)") if room.kind == "webinar" else (303, "meeting(meeting type: 2)")
        words = f"This API can only be used for scheduled {noun}. Batch registration is not supported for other types."
        raise ZoomError(400, code, words)
    demand_open(room, call, in_batch=True)
    people = _people(wish.get("registrants"))
    for person in people:
        demand_good(room, person)
    if not _is_room_for_more(room, len(people)):
        raise full(room, 404)
    at_once = room.approval == AUTOMATIC or bool(wish.get("auto_approve"))
    done = [register(call, room, person, at_once=at_once) for person in people]
    return Answer(200, {"registrants": [_in_batch(call, room, item) for item in done]})


def _in_batch(call: Call, room: Room, item: Registrant) -> dict[str, Any]:
    """Return one of a batch."""
    link = {"join_url": ticket_url(call.world, room, item)} if item.status == "approved" else {}
    return {"registrant_id": item.id, "email": item.email, **link}


@route("GET", "/{kind}s/{id}/registrants", label="Medium", scope="{kind}:read:list_registrants")
def list_registrants(call: Call) -> Answer:
    """Answer those of one status; approved ones when none is named."""
    room = room_of(call, may_be_over=True)
    status, occurrence_id = call.query.get("status", "approved"), call.query.get("occurrence_id", "")
    if status not in {"approved", "pending", "denied"}:
        raise ZoomError(400, 300, "Invalid parameter: status.")
    rows = (
        (item.seq, registrant_document(call.world, room, item))
        for item in room.registrants
        if item.status == status
        and (not occurrence_id or not item.occurrence_ids or occurrence_id in item.occurrence_ids)
    )
    return Answer(200, page(call, f"{status} of {room.id} {occurrence_id}", "registrants", rows))


@route("PUT", "/{kind}s/{id}/registrants/status", label="Medium", scope="{kind}:update:registrant_status")
def set_status(call: Call) -> Answer:
    """Approve, deny or cancel up to thirty: each at most ten times a day."""
    room, wish = room_of(call), call.document()
    action = wish.get("action")
    status = {"approve": "approved", "deny": "denied", "cancel": "cancelled"}.get(str(action))
    if status is None:
        raise invalid({"action": "Invalid field."})
    people = _people(wish.get("registrants"))
    found = [_named(room, person) for person in people]
    new = sum(item.status != "approved" for item in found)
    if status == "approved" and new and not _is_room_for_more(room, new):
        raise full(room, 400)
    for item in found:
        if not call.world.count_today("status", f"{room.id} {item.id}", CHANGES_A_DAY):
            what = f"Update {room.kind} registrant status"
            raise person_limit(call.now, CHANGES_A_DAY, what, item.email)
        if item.status != status:
            item.status = status
            tell_registrant(call.world, room, item, status)
    return Answer(204)


def _named(room: Room, person: dict[str, Any]) -> Registrant:
    """Return the registrant that a request names by id or address."""
    for item in reversed(room.registrants):
        if person.get("id") == item.id or str(person.get("email", "")).lower() == item.email.lower():
            return item
    raise ZoomError(400, 300, "Invalid registrant.")


@route("GET", "/{kind}s/{id}/registrants/questions", label="Light", scope="{kind}:read:list_registration_questions")
def get_questions(call: Call) -> Answer:
    """Answer what is asked of registrants."""
    room = room_of(call)
    return Answer(200, {"questions": room.questions, "custom_questions": room.custom_questions})


@route("PATCH", "/{kind}s/{id}/registrants/questions", label="Light", scope="{kind}:update:registration_question")
def set_questions(call: Call) -> Answer:
    """Change what is asked."""
    room, wish = room_of(call), call.document()
    room.questions = list(wish.get("questions", room.questions))
    room.custom_questions = list(wish.get("custom_questions", room.custom_questions))
    return Answer(204)


def _registrant(call: Call, room: Room) -> Registrant:
    """Return the registrant in the path."""
    found = next((item for item in room.registrants if item.id == call.path["registrant"]), None)
    if found is None:
        raise ZoomError(400, 300, "Invalid registrant ID.")
    return found


@route("GET", "/{kind}s/{id}/registrants/{registrant}", label="Light", scope="{kind}:read:registrant")
def get_registrant(call: Call) -> Answer:
    """Answer one registrant."""
    room = room_of(call, may_be_over=True)
    return Answer(200, registrant_document(call.world, room, _registrant(call, room)))


@route("DELETE", "/{kind}s/{id}/registrants/{registrant}", label="Light", scope="{kind}:delete:registrant")
def remove_registrant(call: Call) -> Answer:
    """Take one registrant out."""
    room = room_of(call)
    item = _registrant(call, room)
    item.status = "cancelled"
    tell_registrant(call.world, room, item, "cancelled")
    return Answer(204)
