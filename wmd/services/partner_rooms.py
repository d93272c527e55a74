"""Which rooms the events of an organisation take place in, as far as the organisation itself can say so."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.zoom.answers import Room
from wmd.errors import NotAllowedMoveError
from wmd.models import Event, EventSession, Submission, WebinarBinding, ZoomAccount
from wmd.services.bindings import bind_room, standing_binding

#: Most events of one page.
MOST: Final = 100


class EventRoom(NamedTuple):
    """An event to come, its title as handed in, and what ties it to a room."""

    event: Event
    submission: Submission
    binding: WebinarBinding | None

    @property
    def may_pick(self) -> bool:
        """Whether its organiser may say which room it is: not where staff have said so, or we made the room."""
        return self.binding is None or self.binding.kind in {"link", "connected"}


def rooms_of(dbs: Session, organisation_id: str, *, code: str = "", now: datetime) -> list[EventRoom]:
    """Return the listed events of an organisation that are not over, with their rooms. One query.

    ``code``: only the event with this code.
    """
    to_come = exists().where(
        EventSession.event_id == Event.id, EventSession.ends_at > now, EventSession.status != "cancelled"
    )
    primary = (
        (WebinarBinding.event_id == Event.id) & WebinarBinding.is_primary.is_(True) & WebinarBinding.ended_at.is_(None)
    )
    found = (
        select(Event, Submission, WebinarBinding)
        .join(Submission, Submission.event_id == Event.id)
        .outerjoin(WebinarBinding, primary)
        .where(
            Submission.organisation_id == organisation_id, Event.hidden_at.is_(None), Event.merged_into_id.is_(None),
            to_come, *([Event.code == code] if code else []),
        )
        .order_by(Submission.title, Event.code)
        .limit(MOST)
    )  # fmt: skip
    return [EventRoom(*row) for row in dbs.execute(found).tuples()]


def bind_partner_room(
    dbs: Session, event: Event, room: Room, account: ZoomAccount, *, actor: str, mint: Mint, now: datetime
) -> WebinarBinding:
    """Say that an event takes place in a room of an account that its organisation has connected.

    Raises NotAllowedMoveError where staff have said which room it is, or we made it.
    """
    standing = standing_binding(dbs, event.id)
    if standing is not None and standing.kind not in {"link", "connected"}:
        msg = f"the room of event {event.code} was chosen by staff"
        raise NotAllowedMoveError(msg)
    return bind_room(dbs, event, room, kind="connected", account_id=account.id, actor=actor, mint=mint, now=now)
