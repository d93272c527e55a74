"""What a message of Zoom's says, as far as we need it: which event, of which object, when, and what that asks of us.

https://developers.zoom.us/docs/api/webhooks/. Ids come as numbers or as text, fields may be missing, and messages in
any order and twice: each is only a hint to look.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from wmd.domain.zoom.links import canonical_id

CHALLENGE: Final = "endpoint.url_validation"
DEAUTHORISED: Final = "app_deauthorized"

_EVENT = re.compile(r"[a-z0-9_.]{1,80}")
_OPAQUE_ID = re.compile(r"[A-Za-z0-9_=+/.-]{1,64}")
_LONGEST_NUMBER: Final = 2**63
#: So many of its fields are shown to staff.
_MOST_FIELDS: Final = 120
#: Fields whose values name nobody and open nothing; of all others only the name is shown.
_PLAIN: Final = frozenset(
    {
        "event", "event_ts", "time_stamp", "scope", "id", "type", "status", "start_time", "duration", "timezone",
        "created_at", "create_time", "end_time", "join_time", "leave_time", "deauthorization_time", "occurrence_id",
        "approval_type", "registration_type", "registrants_restrict_number", "close_registration", "operation",
    }
)  # fmt: skip
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9_:+/. -]{1,64}")


class Meaning(StrEnum):
    """What a message asks of us. All but ``DEAUTHORISED`` are hints, which a look at Zoom confirms or not."""

    ROOM = "room"
    REGISTRANTS = "registrants"
    DEAUTHORISED = "deauthorised"
    NOTHING = "nothing"


#: What happens to a room, as the end of ``webinar.…`` and ``meeting.…``.
_OF_ROOMS: Final = frozenset(
    {"created", "updated", "deleted", "recovered", "permanently_deleted", "started", "ended", "converted_to_webinar"}
)
_OF_REGISTRANTS: Final = frozenset(
    {"registration_created", "registration_approved", "registration_cancelled", "registration_denied"}
)


@dataclass(frozen=True, slots=True)
class Hook:
    """A message: ``object_id`` is a room's number, or the Zoom user who took an app's rights back; "" if there is none.

    ``event_ts`` is in milliseconds, 0 if it is missing. ``key`` tells messages apart.
    """

    event: str
    zoom_account: str
    object_id: str
    event_ts: int
    key: str

    @property
    def meaning(self) -> Meaning:
        """What it asks of us."""
        return meaning_of(self.event)


def meaning_of(event: str) -> Meaning:
    """Return what an event asks of us; those that no one here waits for ask nothing."""
    if event == DEAUTHORISED:
        return Meaning.DEAUTHORISED
    kind, _, what = event.partition(".")
    if kind not in {"webinar", "meeting"}:
        return Meaning.NOTHING
    if what in _OF_ROOMS:
        return Meaning.ROOM
    return Meaning.REGISTRANTS if what in _OF_REGISTRANTS else Meaning.NOTHING


def read_body(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object of a signed request. Raises ValueError for anything else, without repeating it."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("event"), str):
        return found
    msg = "this is no message of Zoom's"
    raise ValueError(msg)


def is_of_one_date(body: bytes) -> bool:
    """Whether a message is of dates of a recurring room and not of the room: it says so, or names the dates."""
    try:
        payload = _object(read_body(body).get("payload"))
    except ValueError:
        return False
    if operation := payload.get("operation"):
        return bool(operation != "all")
    dates = _object(payload.get("object")).get("occurrences")
    return isinstance(dates, list) and bool(dates)


def read_hook(body: bytes) -> Hook:
    """Return what a signed body says. Raises ValueError for what is no message at all; parts may be missing."""
    said = read_body(body)
    event = said["event"] if _EVENT.fullmatch(said["event"]) else "unknown"
    payload = _object(said.get("payload"))
    thing = _object(payload.get("object"))
    stamp = said.get("event_ts")
    event_ts = stamp if isinstance(stamp, int) and not isinstance(stamp, bool) and 0 < stamp < _LONGEST_NUMBER else 0
    object_id = _opaque(payload.get("user_id")) if event == DEAUTHORISED else _number(thing.get("id"))
    parts = (event, object_id, str(event_ts), hashlib.sha256(body).hexdigest())
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return Hook(event, _opaque(payload.get("account_id")), object_id, event_ts, key)


def plain_token(said: Mapping[str, Any]) -> str:
    """Return the token of a challenge, "" where there is none."""
    token = _object(said.get("payload")).get("plainToken")
    return token if isinstance(token, str) else ""


def client_of(said: Mapping[str, Any]) -> str:
    """Return the app that a message is about, "" where it does not say."""
    return _opaque(_object(said.get("payload")).get("client_id"))


def shown_fields(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a message and the values that name nobody and open nothing; "" for all others."""
    try:
        said = read_body(body)
    except ValueError:
        return []
    found: list[tuple[str, str]] = []
    for path, name, value in _leaves(said, ""):
        if len(found) == _MOST_FIELDS:
            break
        found.append((path, _shown(name, value)))
    return found


def _leaves(value: object, path: str, depth: int = 0) -> Iterator[tuple[str, str, object]]:
    """Give each field that holds no others, with the names that lead to it."""
    items: list[tuple[str, object]] = []
    if isinstance(value, dict):
        items = [(str(name)[:60], each) for name, each in value.items()]
    elif isinstance(value, list):
        items = [("[]", each) for each in value[:5]]
    for name, each in items:
        here = f"{path}.{name}".removeprefix(".")
        if isinstance(each, dict | list) and depth < 6:
            yield from _leaves(each, here, depth + 1)
        else:
            yield here, name, each


def _shown(name: str, value: object) -> str:
    if name not in _PLAIN or not isinstance(value, str | int | bool):
        return ""
    text = str(value)
    return text if _PLAIN_TEXT.fullmatch(text) else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> str:
    try:
        return canonical_id(value) if isinstance(value, int | str) else ""
    except ValueError:
        return ""


def _opaque(value: object) -> str:
    return value if isinstance(value, str) and _OPAQUE_ID.fullmatch(value) else ""
