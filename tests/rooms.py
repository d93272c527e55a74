"""A room on Zoom as it was read, and the bindings of an event, for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.codes import SeededMint
from wmd.domain.zoom.answers import Approval, Room, RoomKind
from wmd.models import Event, WebinarBinding, ZoomAccount

TOKEN = "WN_TG7X-dycRuOObP11RPHuqA"
LINK = f"https://a-example.zoom.us/webinar/register/{TOKEN}"
OTHER = "https://a-example.zoom.us/webinar/register/WN_BBBBBBBBQBCBBBBBBBBBBB"
MINT = SeededMint("bindings")
ROOM = Room(
    kind=RoomKind.WEBINAR, id="84123456789", uuid="u1", type=5, topic="Care in the city",
    starts_at=datetime(2021, 10, 7, 13, tzinfo=UTC), duration_minutes=90, zone="Europe/Madrid", host_id="h1",
    host_email="host@a.example", join_url="https://zoom.us/j/84123456789", registration_url=LINK,
    approval=Approval.AUTOMATIC, registration_type=1, capacity=0, is_closed=None,
)  # fmt: skip


def only(dbs: Session) -> WebinarBinding:
    """Return the binding that stands."""
    return dbs.scalars(select(WebinarBinding).where(WebinarBinding.ended_at.is_(None))).one()


def one_event(dbs: Session) -> Event:
    """Return the event."""
    return dbs.scalars(select(Event)).one()


def own_account(dbs: Session, now: datetime) -> str:
    """Return the id of our own account, which is connected."""
    dbs.add(ZoomAccount(id="own", kind="own", created_at=now))
    dbs.commit()
    return "own"
