"""What somebody asks for when they register with us: whether it can be asked for now, and how it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.invisible import is_plain_line, without_marks
from wmd.domain.questions import Asked, check_answers
from wmd.errors import InvalidContentError
from wmd.models import Event, EventSession, Registration
from wmd.secretbox import SecretBox, SecretBoxError

LONGEST_NAME: Final = 150

CLOSED = N_("This event takes no registrations here now.")
_NO_SESSION = N_("Choose at least one of the dates that are still to come.")
NONE_ON = N_("None of the dates that were chosen takes place any more. Please register for others.")
_NAME = N_("Write the name on one line, with at most {most} characters.")
_NAME_NEEDED = N_("Write your name: you agreed that the organiser may see it.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks for. ``answers`` by the id of the event's question.

    ``sessions``: ids, empty for all, None where there was nothing to choose among. ``read_of_room``: the form said that
    they are registered on Zoom too.
    """

    name: str = ""
    sessions: tuple[str, ...] | None = ()
    answers: Mapping[str, str] | None = None
    shares_name: bool = False
    read_of_room: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a registration's sealed part holds."""

    name: str
    answers: Mapping[str, str]


def asked_of(event: Event) -> list[Asked]:
    """Return the event's own questions as values; ``slug`` is the question's id."""
    return [
        Asked(
            each["id"], each["kind"], each["label"], choices={word: {"": word} for word in each["choices"]},
            is_required=each["is_required"],
        )
        for each in event.registration_questions
    ]  # fmt: skip


def is_open(dbs: Session, event: Event, *, now: datetime) -> bool:
    """Whether an event takes registrations here now: it says so, is within its dates, and something is to come."""
    if not event.registration_here or event.hidden_at is not None or event.merged_into_id is not None:
        return False
    if event.access == "invitation" or event.registration_state in {"closed", "full", "not-needed"}:
        return False
    if event.registration_state == "not-yet" and event.registration_opens_at is None:
        return False
    if event.registration_opens_at is not None and now < event.registration_opens_at:
        return False
    if event.registration_closes_at is not None and now >= event.registration_closes_at:
        return False
    return bool(coming_sessions(dbs, event.id, now=now))


def coming_sessions(dbs: Session, event_id: str, *, now: datetime) -> list[EventSession]:
    """Return the sessions that one can still take part in, the first first."""
    return list(
        dbs.scalars(
            select(EventSession)
            .where(EventSession.event_id == event_id, EventSession.status == "scheduled", EventSession.ends_at > now)
            .order_by(EventSession.starts_at, EventSession.code)
        )
    )


def takes_place(dbs: Session, row: Registration, *, now: datetime) -> bool:
    """Whether anything that somebody registered for is still to take place, in an event that is listed."""
    event = dbs.get_one(Event, row.event_id)
    if event.hidden_at is not None or event.merged_into_id is not None:
        return False
    coming = coming_sessions(dbs, row.event_id, now=now)
    return any(not row.sessions or session.id in row.sessions for session in coming)


def check_wanted(dbs: Session, event: Event, wanted: Wanted, *, now: datetime) -> None:
    """Raise InvalidContentError with everything that is wrong with what somebody asks for, beside each field."""
    if not is_open(dbs, event, now=now):
        raise InvalidContentError([Finding("register.closed", Level.ERROR, "event", CLOSED)])
    found = check_answers(asked_of(event), wanted.answers or {})
    found += check_name(wanted.name, shares_name=wanted.shares_name)
    coming = {session.id for session in coming_sessions(dbs, event.id, now=now)}
    if wanted.sessions and not set(wanted.sessions) <= coming:
        found.append(Finding("register.sessions", Level.ERROR, "sessions", _NO_SESSION))
    if found:
        raise InvalidContentError(found)


def check_name(name: str, *, shares_name: bool) -> list[Finding]:
    """Return what is wrong with a name that the organiser may see, or may not."""
    name, found = without_marks(name), []
    if len(name) > LONGEST_NAME or not is_plain_line(name):
        found.append(Finding("register.name", Level.ERROR, "name", _NAME, {"most": LONGEST_NAME}))
    if shares_name and not name:
        found.append(Finding("register.name-missing", Level.ERROR, "name", _NAME_NEEDED))
    return found


def seal_said(registration_id: str, said: Said, box: SecretBox) -> str:
    """Return name and answers as a registration keeps them."""
    whole = {"name": said.name, "answers": dict(said.answers)}
    return box.seal(json.dumps(whole, ensure_ascii=False), purpose=_purpose(registration_id))


def said_by(row: Registration, box: SecretBox) -> Said:
    """Return the name and answers somebody gave; blanks when the key is gone."""
    try:
        found = json.loads(box.open(row.answers, purpose=_purpose(row.id))) if row.answers else {}
    except SecretBoxError:
        found = {}
    return Said(found.get("name", ""), found.get("answers", {}))


def _purpose(registration_id: str) -> str:
    return f"registrations.answers.{registration_id}"
