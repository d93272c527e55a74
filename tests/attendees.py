"""Attendees as rows, made shortly: for tests of what they get."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from wmd.models import Attendee, Event, Follow, Person, Registration


def attend(dbs: Session, name: str, now: datetime, *, zone: str = "", language: str = "en", **changes: Any) -> str:
    """Make a person with a confirmed address ``<name>@attendees.example`` and return the id, which is the name.

    ``changes`` are those of the attendee's row. The caller commits.
    """
    address = f"{name}@attendees.example"
    if dbs.get(Person, name) is None:
        dbs.add(
            Person(id=name, name=name.title(), address=address, address_key=address, zone=zone, language=language,
                   created_at=now)
        )  # fmt: skip
        dbs.flush()
    values: dict[str, Any] = {"confirmed_at": now, "created_at": now}
    dbs.add(Attendee(person_id=name, **(values | changes)))
    dbs.flush()
    return name


def follow(dbs: Session, person_id: str, event: Event, now: datetime, **changes: Any) -> Follow:
    """Let a person follow an event since ``now``."""
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()), "person_id": person_id, "edition_id": event.edition_id, "event_id": event.id,
        "created_at": now, "confirmed_at": now,
    }  # fmt: skip
    row = Follow(**(values | changes))
    dbs.add(row)
    dbs.flush()
    return row


def register(dbs: Session, person_id: str, event: Event, now: datetime, **changes: Any) -> Registration:
    """Give a person a place in an event since ``now``."""
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()), "person_id": person_id, "event_id": event.id, "state": "registered",
        "created_at": now, "confirmed_at": now,
    }  # fmt: skip
    row = Registration(**(values | changes))
    dbs.add(row)
    dbs.flush()
    return row
