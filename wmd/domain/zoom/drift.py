"""What differs between the programme and a room as Zoom describes it: a list of facts, never a decision.

Instants are compared, not texts; a registration page is known by its token. What comes out is fit to be stored and
shown: no address, no join link, no host's key.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from wmd.domain.zoom.answers import Approval, Occurrence, Room
from wmd.domain.zoom.links import is_same_page, join_of, registration_token

#: Zoom keeps seconds, people do not.
START_TOLERANCE: Final = timedelta(seconds=60)
DURATION_TOLERANCE: Final = timedelta(minutes=5)
#: Shorter titles stand in others by chance.
_TELLING: Final = 12
#: Zoom cuts topics there.
_TOPIC: Final = 200


class Field(StrEnum):
    """What can differ, the gravest first."""

    TIME = "time"
    LINK = "link"
    JOIN = "join"
    REGISTRATION = "registration"
    TYPE = "type"
    HOST = "host"
    TITLE = "title"


class Registration(StrEnum):
    """Whether one can register on Zoom. ``manual``: the host lets people in one by one."""

    NONE = "none"
    OPEN = "open"
    MANUAL = "manual"
    FULL = "full"
    CLOSED = "closed"
    UNKNOWN = "unknown"


#: What of Zoom's contradicts what the programme says of registration; whatever is not here contradicts nothing.
_CONTRADICTS: Mapping[str, frozenset[Registration]] = {
    "open": frozenset({Registration.NONE, Registration.FULL, Registration.CLOSED}),
    "full": frozenset({Registration.OPEN, Registration.MANUAL}),
    "closed": frozenset({Registration.OPEN, Registration.MANUAL}),
}


@dataclass(frozen=True, slots=True)
class OurSession:
    """A session that shall take place in the room. ``occurrence_id``: its date there as it was last found.

    ``is_matched``: a room with one time is this session's, as was found before.
    """

    id: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool = False
    occurrence_id: str = ""
    is_matched: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Ours:
    """What the programme says. ``sessions``: those that take place, also such as are over.

    ``link`` is the public registration page or ""; ``registration`` the organiser's word for it, "" where people
    register with us. ``titles``: one for each language. ``kind`` and ``host_id`` as the room was when it was chosen.
    ``join_link`` is the event's own private link or "", ``join_ids`` the rows in which that and the room's are sealed.
    """

    sessions: Sequence[OurSession]
    link: str = ""
    registration: str = ""
    titles: Sequence[str] = ()
    kind: str = ""
    host_id: str = ""
    join_link: str = field(default="", repr=False)
    join_ids: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``session_id`` is "" where it is none of one session; ``ours`` and ``theirs`` are JSON."""

    field: Field
    ours: Mapping[str, object]
    theirs: Mapping[str, object]
    session_id: str = ""

    @property
    def digest(self) -> str:
        """What tells this difference from every other, the same in every process and version."""
        return _digest([self.field.value, self.session_id, dict(self.ours), dict(self.theirs)])


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out. ``has_time`` is False for a room without a time of its own: then there is none to compare.

    ``occurrences`` maps a session to the date of a recurring room that it is; ``matched_id`` is the session of a room
    with one time, "" where there is none.
    """

    differences: tuple[Difference, ...]
    has_time: bool
    registration: Registration
    occurrences: Mapping[str, str] = field(default_factory=dict)
    matched_id: str = ""

    @property
    def fields(self) -> list[str]:
        """The names of what differs, each once, the gravest first."""
        return names_of(self.differences)


def names_of(differences: Iterable[Difference]) -> list[str]:
    """Return the names of what differs, each once, the gravest first."""
    found = {each.field for each in differences}
    return [each.value for each in Field if each in found]


def digest_of(differences: Iterable[Difference]) -> str:
    """Return one digest for several differences, whatever their order; "" for none."""
    digests = sorted(each.digest for each in differences)
    return _digest(digests) if digests else ""


def compare(ours: Ours, room: Room, registration: Registration) -> Comparison:
    """Compare what the programme says with a room. ``registration``: see :func:`registration_of`."""
    only = _only(ours.sessions, room)
    matched = _match(ours.sessions, room, only)
    found = [
        *_times(ours.sessions, matched, alone=len(ours.sessions) == 1 or bool(room.occurrences)),
        *_link(ours, room),
        *_join(ours, room),
        *_registration(ours, registration),
    ]
    if ours.kind and ours.kind != room.kind.value:
        found.append(Difference(Field.TYPE, {"kind": ours.kind}, {"kind": room.kind.value}))
    if ours.host_id and room.host_id and ours.host_id != room.host_id:
        found.append(Difference(Field.HOST, {"host": _digest(ours.host_id)}, {"host": _digest(room.host_id)}))
    if ours.titles and not any(_is_same_title(title, room.topic) for title in ours.titles):
        found.append(Difference(Field.TITLE, {"title": ours.titles[0]}, {"title": room.topic}))
    occurrences = {
        session_id: occurrence.id for session_id, occurrence in matched.items() if occurrence and occurrence.id
    }
    has_time = bool(matched) or _has_time(room)
    return Comparison(tuple(found), has_time, registration, occurrences, only.id if only else "")


def registration_of(room: Room, was: Registration = Registration.UNKNOWN, capacity_was: int = 0) -> Registration:
    """Return whether one can register. That a room is full is said to who registers alone, never by a read.

    So it stays full as long as its capacity is the same, until somebody could register again.
    """
    if room.approval is Approval.NONE or not room.registration_url:
        return Registration.NONE
    if room.is_closed:
        return Registration.CLOSED
    if was is Registration.FULL and room.capacity and room.capacity == capacity_was:
        return Registration.FULL
    return Registration.MANUAL if room.approval is Approval.MANUAL else Registration.OPEN


def snapshot(room: Room, registration: Registration) -> dict[str, object]:
    """Return a room as it is kept to be compared with the next answer: JSON, without anything private."""
    return {
        "kind": room.kind.value,
        "type": room.type,
        "id": room.id,
        "uuid": room.uuid,
        "topic": room.topic[:_TOPIC],
        "starts_at": _iso(room.starts_at) if room.starts_at else None,
        "duration_minutes": room.duration_minutes,
        "zone": room.zone,
        "host_id": room.host_id,
        "registration_url": room.registration_url if registration_token(room.registration_url or "") else None,
        "registration": registration.value,
        "approval": room.approval.value,
        "capacity": room.capacity,
        "occurrences": [
            {"id": each.id, "starts_at": _iso(each.starts_at), "duration_minutes": each.duration_minutes}
            for each in room.occurrences
            if each.is_available
        ],
    }


def snapshot_digest(kept: Mapping[str, object]) -> str:
    """Return what tells two snapshots apart."""
    return _digest(dict(kept))


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, list[object]]:
    """Return what differs between two snapshots: a field and its values before and after."""
    names = sorted({*before, *after})
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def _has_time(room: Room) -> bool:
    return room.starts_at is not None or bool(room.occurrences)


def _only(sessions: Sequence[OurSession], room: Room) -> OurSession | None:
    """Return the session that a room with one time is: the one that it was, else the nearest, over or not.

    A room that was moved past the end of its session, when that was over, is used for another.
    """
    starts_at = room.starts_at
    if room.occurrences or starts_at is None or not sessions:
        return None
    was = next((each for each in sessions if each.is_matched), None)
    ahead = [each for each in sessions if not each.is_over]
    if was is not None and not (was.is_over and starts_at >= was.ends_at and ahead):
        return was
    choice = ahead if was is not None else sessions
    return min(choice, key=lambda each: (abs(each.starts_at - starts_at), each.starts_at, each.id))


def _match(sessions: Sequence[OurSession], room: Room, only: OurSession | None) -> dict[str, Occurrence | None]:
    """Return the date of the room for each session that has one to be compared with.

    In a recurring room each session takes the date that it had, else the nearest that is free; None: all are taken.
    A room with one time is compared with its session alone, and not once that is over: the others may be another
    room's.
    """
    sessions = [each for each in sessions if not each.is_over]
    if not room.occurrences:
        if room.starts_at is None or only is None or only.is_over:
            return {}
        return {only.id: Occurrence("", room.starts_at, room.duration_minutes or 0, is_available=True)}
    free = {each.id: each for each in room.occurrences if each.is_available}
    found: dict[str, Occurrence | None] = {
        each.id: free.pop(each.occurrence_id) for each in sessions if each.occurrence_id in free
    }
    pairs = sorted(
        (abs(session.starts_at - each.starts_at), each.starts_at, session.id, each.id)
        for session in sessions
        if session.id not in found
        for each in free.values()
    )
    for _, _, session_id, occurrence_id in pairs:
        if session_id not in found and occurrence_id in free:
            found[session_id] = free.pop(occurrence_id)
    return {session.id: found.get(session.id) for session in sessions}


def _times(
    sessions: Sequence[OurSession], matched: Mapping[str, Occurrence | None], *, alone: bool
) -> Iterable[Difference]:
    for session in sessions:
        if session.id not in matched:
            continue
        theirs = matched[session.id]
        if theirs is not None and _is_same_time(session, theirs, with_duration=alone):
            continue
        ours = {"starts_at": _iso(session.starts_at), "ends_at": _iso(session.ends_at)}
        yield Difference(Field.TIME, ours, _time_of(theirs), session.id)


def _time_of(occurrence: Occurrence | None) -> dict[str, object]:
    if occurrence is None:
        return {}
    ends_at = occurrence.starts_at + timedelta(minutes=occurrence.duration_minutes)
    return {"starts_at": _iso(occurrence.starts_at), "ends_at": _iso(ends_at)}


def _is_same_time(session: OurSession, theirs: Occurrence, *, with_duration: bool) -> bool:
    if session.all_day:
        return session.starts_at <= theirs.starts_at < session.ends_at
    if abs(session.starts_at - theirs.starts_at) > START_TOLERANCE:
        return False
    if not with_duration or not theirs.duration_minutes:
        return True
    length = session.ends_at - session.starts_at
    return abs(length - timedelta(minutes=theirs.duration_minutes)) <= DURATION_TOLERANCE


def _link(ours: Ours, room: Room) -> Iterable[Difference]:
    """Compare registration pages. One that is not Zoom's, or a room without any, says nothing of the other."""
    theirs = room.registration_url or ""
    if registration_token(ours.link) and registration_token(theirs) and not is_same_page(ours.link, theirs):
        yield Difference(Field.LINK, {"link": ours.link}, {"link": theirs})


def _join(ours: Ours, room: Room) -> Iterable[Difference]:
    """Compare private links by the room's number and its passcode. The link itself stands in no difference."""
    one, other = join_of(ours.join_link), join_of(room.join_url)
    if one is None or other is None or one == other:
        return
    of_ours, of_theirs = ours.join_ids
    yield Difference(
        Field.JOIN, {"room": one.shown, "link_id": of_ours}, {"room": other.shown, "link_id": of_theirs}
    )  # fmt: skip


def _registration(ours: Ours, theirs: Registration) -> Iterable[Difference]:
    if not registration_token(ours.link):
        return
    if theirs in _CONTRADICTS.get(ours.registration, frozenset()):
        yield Difference(Field.REGISTRATION, {"registration": ours.registration}, {"registration": theirs.value})


def _is_same_title(title: str, topic: str) -> bool:
    """Whether a topic is this title, perhaps with something before or after it, or cut."""
    one, other = sorted((_plain(title[:_TOPIC]), _plain(topic)), key=len)
    return one == other or (len(one) >= _TELLING and one in other)


def _plain(text: str) -> str:
    letters = "".join(each if each.isalnum() else " " for each in unicodedata.normalize("NFKC", text).casefold())
    return " ".join(letters.split())


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
