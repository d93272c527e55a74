"""Rooms as staff and organisers look at them: what ties them to which event, how they stand, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from wmd.models import Event, EventSession, EventText, Submission, WebinarBinding, ZoomDrift, ZoomPush
from wmd.services.actors import Actor, theirs
from wmd.services.drifts import in_order

PAGE: Final = 50
#: States that somebody should look at.
WANTING: Final = ("drift", "missing", "trashed", "gone", "auth_lost", "unreachable")
_STANDS = and_(WebinarBinding.is_primary, WebinarBinding.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A binding with its event; ``starts_at`` is when its next session begins, or None when all are over."""

    binding: WebinarBinding
    event: Event
    title: str
    starts_at: datetime | None


class RoomView(NamedTuple):
    """One room whole. ``drifts`` are open; ``sessions`` those of the event, by id; ``sends``: ours is on its way."""

    binding: WebinarBinding
    event: Event
    title: str
    submission_id: str
    sessions: dict[str, EventSession]
    drifts: list[ZoomDrift]
    sends: bool


def list_rooms(dbs: Session, *, actor: Actor, only: str, page: int, now: datetime) -> tuple[list[RoomRow], int]:
    """Return a page of rooms of events to come that a member of the staff may see, and how many there are.

    ``only``: ``wanting`` (somebody should look), ``read`` (tied to a room on Zoom), ``link`` (a pasted link alone) or
    ``all``. Those that want a look come first, then by date. Three queries.
    """
    ahead = (
        select(EventSession.event_id, func.min(EventSession.starts_at).label("starts_at"))
        .where(EventSession.ends_at > now, EventSession.status == "scheduled")
        .group_by(EventSession.event_id)
        .subquery()
    )
    asked = and_(_STANDS, theirs(actor, Event.region, Event.language), _only(only))
    found = (
        select(WebinarBinding, Event, ahead.c.starts_at)
        .join(Event, Event.id == WebinarBinding.event_id)
        .join(ahead, ahead.c.event_id == Event.id)
        .where(asked)
    )
    total = dbs.scalar(select(func.count()).select_from(found.with_only_columns(WebinarBinding.id).subquery())) or 0
    wants = case((WebinarBinding.state.in_(WANTING), 0), else_=1)
    rows = dbs.execute(
        found.order_by(wants, ahead.c.starts_at, WebinarBinding.id).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    titles = titles_of(dbs, [event for _, event, _ in rows])
    return [RoomRow(binding, event, titles.get(event.id, ""), starts_at) for binding, event, starts_at in rows], total


def _only(only: str) -> ColumnElement[bool]:
    if only == "wanting":
        return WebinarBinding.state.in_(WANTING)
    if only == "link":
        return WebinarBinding.kind == "link"
    return WebinarBinding.kind != "link" if only == "read" else true()


def find_room_view(dbs: Session, binding_id: str, *, actor: Actor) -> RoomView | None:
    """Return one room, if a member of the staff may see its event."""
    binding = dbs.get(WebinarBinding, binding_id)
    event = dbs.get(Event, binding.event_id) if binding is not None else None
    if binding is None or event is None or not actor.may_see(event.region, event.language):
        return None
    return room_view(dbs, binding, event)


def room_view(dbs: Session, binding: WebinarBinding, event: Event) -> RoomView:
    """Return one room whole."""
    sessions = dbs.scalars(
        select(EventSession).where(EventSession.event_id == event.id).order_by(EventSession.starts_at, EventSession.id)
    )
    drifts = dbs.scalars(select(ZoomDrift).where(ZoomDrift.binding_id == binding.id, ZoomDrift.state == "open")).all()
    sends = select(ZoomPush.id).where(
        ZoomPush.binding_id == binding.id, ZoomPush.act == "update", ZoomPush.state.in_(("queued", "sending"))
    )
    return RoomView(
        binding, event, titles_of(dbs, [event]).get(event.id, ""),
        dbs.scalar(select(Submission.id).where(Submission.event_id == event.id).limit(1)) or "",
        {each.id: each for each in sessions}, in_order(drifts), dbs.scalar(sends.limit(1)) is not None,
    )  # fmt: skip


def titles_of(dbs: Session, events: Sequence[Event]) -> dict[str, str]:
    """Return the titles of events, each in its own language."""
    languages = {event.id: event.language for event in events}
    found = select(EventText.owner_id, EventText.language, EventText.body).where(
        EventText.owner_id.in_(languages), EventText.field == "title"
    )
    return {
        owner: body for owner, language, body in dbs.execute(found).tuples() if languages.get(owner) == language
    }  # fmt: skip
