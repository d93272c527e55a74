"""The demonstration's rooms on Zoom: a few of its events take place in webinars of the made-up Zoom beside it.

That Zoom forgets everything when it ends, so its webinars are written down for it at each start: with the same numbers,
around the events as they are placed now. One of them is as in the programme, one is an hour later, one is closed; all
other links of the demonstration are partners' own.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.zoom.answers import Approval, Room, RoomKind
from wmd.domain.zoom.links import registration_token
from wmd.models import Edition, Event, EventSession, EventText
from wmd.services.bindings import bind_room, standing_binding
from wmd.services.zoom_accounts import own_account

ACTOR: Final = "command"


class DemoRoom(NamedTuple):
    """An event of the demonstration (by its key) with a room, and how that differs from what the programme says."""

    key: str
    later: timedelta = timedelta()
    is_closed: bool = False


ROOMS: Final = (
    DemoRoom("lead"),
    DemoRoom("now-10", later=timedelta(hours=1)),
    DemoRoom("now-12", is_closed=True),
)  # fmt: skip


def load_rooms(dbs: Session, *, zoom_account: str, mint: Mint, now: datetime) -> list[dict[str, object]]:
    """Tie the events to their rooms, unless that was done before; return the rooms for the made-up Zoom to begin with.

    An event that staff tied to something else, or took off the list, is left alone.
    """
    account = own_account(dbs, zoom_account, now=now)
    found = []
    for wanted in ROOMS:
        row = dbs.execute(_session_of(wanted.key)).first()
        if row is None:
            continue
        event, slot, title = row
        document = _document(wanted, event, slot, title)
        binding = standing_binding(dbs, event.id)
        if binding is None or binding.kind == "link":
            bind_room(
                dbs, event, _room(document), kind="lookup", account_id=account.id, actor=ACTOR, mint=mint, now=now
            )
        found.append(document)
    dbs.flush()
    return found


def _session_of(key: str) -> Select[tuple[Event, EventSession, str]]:
    return (
        select(Event, EventSession, EventText.body)
        .join(Edition, Edition.id == Event.edition_id)
        .join(EventSession, EventSession.event_id == Event.id)
        .join(EventText, (EventText.owner_id == Event.id) & (EventText.field == "title"))
        .where(
            Edition.slug == "demo", Event.key == key, Event.hidden_at.is_(None), Event.merged_into_id.is_(None),
            EventText.language == Event.language,
        )
        .order_by(EventSession.starts_at)
        .limit(1)
    )  # fmt: skip


def _document(wanted: DemoRoom, event: Event, slot: EventSession, title: str) -> dict[str, object]:
    """Return a room as the made-up Zoom reads it. Its number is the same at each start, its token the pasted link's."""
    number = int.from_bytes(hashlib.sha256(event.id.encode()).digest()[:6])
    return {
        "id": 80_000_000_000 + number % 19_000_000_000,
        "token": (registration_token(event.registration_url) or "").removeprefix("WN_"),
        "topic": title,
        "start_time": f"{slot.starts_at + wanted.later:%Y-%m-%dT%H:%M:%SZ}",
        "duration": int((slot.ends_at - slot.starts_at).total_seconds() // 60),
        "timezone": slot.zone,
        "is_closed": wanted.is_closed,
    }


def _room(document: dict[str, object]) -> Room:
    """Return what is known of a room before it is read: its number."""
    return Room(
        kind=RoomKind.WEBINAR, id=str(document["id"]), uuid="", type=5, topic="", starts_at=None, duration_minutes=None,
        zone="UTC", host_id="", host_email="", join_url="", registration_url=None, approval=Approval.AUTOMATIC,
        registration_type=None, capacity=0, is_closed=None,
    )  # fmt: skip
