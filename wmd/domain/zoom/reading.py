"""From Zoom's JSON to values: one mapper for each kind of answer, so that old and new fields are never mixed.

Unknown fields are ignored; a missing or mistyped one that we rely on raises
:class:`~wmd.domain.zoom.faults.Garbled`, which names the field and never its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from wmd.domain.times import UnknownZone, zone
from wmd.domain.zoom.answers import (
    Absentee,
    Added,
    Approval,
    Instance,
    Occurrence,
    Page,
    Panelist,
    Participant,
    Question,
    Registrant,
    Room,
    RoomKind,
    RoomListing,
    TrackingSource,
    ZoomUser,
)
from wmd.domain.zoom.faults import Garbled
from wmd.domain.zoom.links import canonical_id

T = TypeVar("T")
Json = Mapping[str, object]

#: Settings that we send when we create a room and compare when we read it back. None of them is about a person.
KEPT_SETTINGS = (
    "allow_multiple_devices", "approval_type", "attendees_and_panelists_reminder_email_notification", "audio",
    "auto_recording", "close_registration", "email_language", "follow_up_absentees_email_notification",
    "follow_up_attendees_email_notification", "host_video", "join_before_host", "meeting_authentication",
    "mute_upon_entry", "on_demand", "panelist_authentication", "panelists_invitation_email_notification",
    "panelists_video", "post_webinar_survey", "practice_session", "question_and_answer",
    "registrants_confirmation_email", "registrants_email_notification",
    "registrants_restrict_number", "registration_type", "show_share_button",
    "participant_video", "waiting_room",
)  # fmt: skip

#: Types of webinars; all other numbers are meetings (Zoom's reference, "type").
_WEBINAR_TYPES = frozenset({5, 6, 9})
_APPROVALS = {0: Approval.AUTOMATIC, 1: Approval.MANUAL, 2: Approval.NONE}
#: Longest text that is taken over; Zoom's topics have at most 200 characters, its links about 600.
_LONGEST = 4096
#: So many entries of one answer are looked at; a page has at most 300.
MOST_ENTRIES = 2000


def room(answer: object, asked: RoomKind) -> Room:
    """Return a room. Its kind is what Zoom's ``type`` says; ``asked`` counts only where that is missing."""
    data = _object(answer, "room")
    settings = _object_or_empty(data, "settings")
    number = _whole(data, "type")
    zone_name = _text(data, "timezone")
    approval = _whole_or_none(settings, "approval_type")
    return Room(
        kind=_kind(number, asked),
        id=_id(data, "id"),
        uuid=_text(data, "uuid"),
        type=number or 0,
        topic=_text(data, "topic"),
        starts_at=_instant(data, "start_time", zone_name),
        duration_minutes=_whole(data, "duration"),
        zone=zone_name,
        host_id=_text(data, "host_id"),
        host_email=_text(data, "host_email"),
        join_url=_text(data, "join_url"),
        registration_url=_text(data, "registration_url") or None,
        # Zoom's default; a room whose settings are left out has no registration that we know of.
        approval=_approval(2 if approval is None else approval),
        registration_type=_whole_or_none(settings, "registration_type"),
        capacity=_whole_or_none(settings, "registrants_restrict_number") or 0,
        is_closed=_flag(settings, "close_registration"),
        occurrences=tuple(_occurrence(each, zone_name) for each in _entries(data, "occurrences")),
        alternative_hosts=_addresses(_text(settings, "alternative_hosts")),
        confirmation_email=_flag(settings, "registrants_confirmation_email"),
        settings={name: settings[name] for name in KEPT_SETTINGS if name in settings},
    )


def listing(answer: object, asked: RoomKind) -> RoomListing:
    """Return an entry of a host's list."""
    data = _object(answer, "entry")
    number, zone_name = _whole(data, "type"), _text(data, "timezone")
    return RoomListing(
        kind=_kind(number, asked), id=_id(data, "id"), uuid=_text(data, "uuid"), type=number or 0,
        topic=_text(data, "topic"), starts_at=_instant(data, "start_time", zone_name),
        duration_minutes=_whole(data, "duration"), zone=zone_name, host_id=_text(data, "host_id"),
        agenda=_text(data, "agenda"),
    )  # fmt: skip


def registrant(answer: object) -> Registrant:
    """Return somebody of a room's list of registrants."""
    data = _object(answer, "registrant")
    return Registrant(
        id=_needed(data, "id"), email=_needed(data, "email"), first_name=_text(data, "first_name"),
        last_name=_text(data, "last_name"), status=_text(data, "status"), join_url=_text(data, "join_url") or None,
        created_at=_instant(data, "create_time", ""),
        occurrence_ids=tuple(_occurrence_id(each) for each in _entries(data, "occurrences")),
    )  # fmt: skip


def added(answer: object) -> Added:
    """Return what Zoom says of somebody whom it took."""
    data = _object(answer, "registrant")
    return Added(_needed(data, "registrant_id"), _text(data, "join_url") or None, _text(data, "email"))


def questions(answer: object) -> tuple[Question, ...]:
    """Return what a registration form asks, Zoom's own fields first."""
    data = _object(answer, "questions")
    own = [
        Question(_needed(each, "field_name"), "", is_required=_flag(each, "required") or False)
        for each in _entries(data, "questions")
    ]
    custom = [
        Question(
            "", _needed(each, "title"), is_required=_flag(each, "required") or False, type=_text(each, "type"),
            answers=tuple(text for text in _list(each, "answers") if isinstance(text, str)),
        )
        for each in _entries(data, "custom_questions")
    ]  # fmt: skip
    return (*own, *custom)


def participant(answer: object) -> Participant:
    """Return one stay."""
    data = _object(answer, "participant")
    return Participant(
        email=_text(data, "user_email"), joined_at=_instant(data, "join_time", ""),
        left_at=_instant(data, "leave_time", ""), duration_s=_whole(data, "duration"),
        registrant_id=_text(data, "registrant_id"),
    )  # fmt: skip


def absentee(answer: object) -> Absentee:
    """Return somebody who stayed away."""
    data = _object(answer, "absentee")
    return Absentee(_text(data, "id"), _needed(data, "email"))


def tracking_source(answer: object) -> TrackingSource:
    """Return a link for one place of publication."""
    data = _object(answer, "tracking source")
    return TrackingSource(
        _needed(data, "id"), _text(data, "source_name"), _text(data, "tracking_url"),
        _whole(data, "registration_count") or 0, _whole(data, "visitor_count") or 0,
    )  # fmt: skip


def panelist(answer: object) -> Panelist:
    """Return somebody on the stage."""
    data = _object(answer, "panelist")
    return Panelist(_text(data, "id"), _text(data, "email"))


def instance(answer: object) -> Instance:
    """Return one time that a room took place."""
    data = _object(answer, "instance")
    return Instance(_needed(data, "uuid"), _instant(data, "start_time", ""))


def user(answer: object) -> ZoomUser:
    """Return a user; whether they may hold webinars is in ``feature`` where the answer has it."""
    data = _object(answer, "user")
    feature = _object_or_empty(data, "feature")
    return ZoomUser(
        id=_needed(data, "id"), email=_text(data, "email"), is_active=_text(data, "status") in {"", "active"},
        zone=_text(data, "timezone"), has_webinars=_flag(feature, "webinar"),
        account_id=_text(data, "account_id"),
    )  # fmt: skip


def page(answer: object, name: str, read: Callable[[object], T]) -> Page[T]:
    """Return one page of a list that stands under ``name``; a page without that list is garbled."""
    data = _object(answer, name)
    if name not in data:
        raise Garbled(f"{name} is missing")
    return Page(tuple(read(each) for each in _list(data, name)), _text(data, "next_page_token"))


def total(answer: object) -> int | None:
    """Return how many entries a list has by Zoom's own count, if it says."""
    return _whole_or_none(_object(answer, "page"), "total_records")


def page_count(answer: object) -> int:
    """Return how many pages a list has by Zoom's own count, 0 if it does not say."""
    return _whole_or_none(_object(answer, "page"), "page_count") or 0


def _kind(number: int | None, asked: RoomKind) -> RoomKind:
    if number is None:
        return asked
    return RoomKind.WEBINAR if number in _WEBINAR_TYPES else RoomKind.MEETING


def _approval(number: int) -> Approval:
    if number not in _APPROVALS:
        raise Garbled("approval_type is unknown")
    return _APPROVALS[number]


def _occurrence(answer: object, zone_name: str) -> Occurrence:
    data = _object(answer, "occurrence")
    starts_at = _instant(data, "start_time", zone_name)
    if starts_at is None:
        raise Garbled("start_time is missing")
    is_available = _text(data, "status") in {"", "available"}
    return Occurrence(_occurrence_id(data), starts_at, _whole(data, "duration") or 0, is_available)


def _occurrence_id(answer: object) -> str:
    return _id(_object(answer, "occurrence"), "occurrence_id")


def _addresses(text: str) -> tuple[str, ...]:
    # Zoom writes them with commas or semicolons, and takes both.
    return tuple(part for part in (each.strip().lower() for each in text.replace(";", ",").split(",")) if part)


def _object(value: object, name: str) -> Json:
    if not isinstance(value, Mapping):
        raise Garbled(f"{name} is not an object")
    return value


def _object_or_empty(data: Json, name: str) -> Json:
    value = data.get(name)
    return {} if value is None else _object(value, name)


def _list(data: Json, name: str) -> list[object]:
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        raise Garbled(f"{name} is not a list, or too long")
    return value


def _entries(data: Json, name: str) -> Iterable[Json]:
    return (_object(each, name) for each in _list(data, name))


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    # Ids of people and of occurrences come as numbers here and there.
    if isinstance(value, bool) or not isinstance(value, (str, int)) or len(str(value)) > _LONGEST:
        raise Garbled(f"{name} is not a text, or too long")
    return str(value)


def _needed(data: Json, name: str) -> str:
    if not (text := _text(data, name)):
        raise Garbled(f"{name} is missing")
    return text


def _id(data: Json, name: str) -> str:
    value = data.get(name)
    try:
        return canonical_id(value if isinstance(value, (int, str)) else "")
    except ValueError:
        raise Garbled(f"{name} is not a number") from None


def _whole(data: Json, name: str) -> int | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Garbled(f"{name} is not a whole number")
    return value


def _whole_or_none(data: Json, name: str) -> int | None:
    return None if data.get(name) == "" else _whole(data, name)


def _flag(data: Json, name: str) -> bool | None:
    value = data.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise Garbled(f"{name} is neither true nor false")


def _instant(data: Json, name: str, zone_name: str) -> datetime | None:
    """Return an instant. Without an offset it is on the clock of the room's own zone; without that it is garbled."""
    text = _text(data, name)
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=read.tzinfo or _zone(zone_name)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Garbled(f"{name} is not a time") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return zone(name)
    except UnknownZone:
        raise ValueError(name) from None
