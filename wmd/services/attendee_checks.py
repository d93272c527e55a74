"""What a mail about a session depends on besides its event, asked in the statement that marks it as handed over."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from wmd.models import Attendee, Event, Follow, Message, Person, Registration, WebinarBinding, ZoomDrift
from wmd.services.audience import HAS_OR_WAITS, follow_stands, gets_mail
from wmd.services.status import RENEWING, is_current


class Depends(NamedTuple):
    """What was read of an event and of a reader's wish.

    ``is_wish``: the reader must still want to hear of the session ``session_id``, and with the reminders of their own
    that were read (``rules``, as the column has them). ``is_room``: the room must be as it was read, its link being
    renewed or not (``is_renewing``), and with the same open differences of its times (``drifts``: their ids).
    """

    event_id: str
    link_is_wrong: bool
    is_wish: bool = False
    session_id: str = ""
    rules: str = ""
    is_room: bool = False
    is_renewing: bool = False
    drifts: str = ""

    def values(self) -> dict[str, Any]:
        """Return what :func:`stands` is asked with."""
        return {
            "p_of_event": self.event_id, "p_link_is_wrong": self.link_is_wrong, "p_is_wish": self.is_wish,
            "p_session": self.session_id, "p_rules": self.rules, "p_is_room": self.is_room,
            "p_is_renewing": self.is_renewing, "p_drifts": self.drifts,
            "p_drift_count": len(self.drifts.split(",")) if self.drifts else 0,
        }  # fmt: skip


def rules_as_stored() -> ColumnElement[str]:
    """Return an attendee's own reminders as the column has them, to be compared; blank when there are none."""
    return func.coalesce(cast(Attendee.reminders, String), literal(""))


def stands() -> ColumnElement[bool]:
    """Return whether an event's link is as it was read, and the wish of a message's reader still stands."""
    event_id, session_id = bindparam("p_of_event", type_=String), bindparam("p_session", type_=String)
    link = exists().where(
        Event.id == event_id, Event.link_wrong_at.is_not(None) == bindparam("p_link_is_wrong", type_=Boolean)
    )
    reader = exists(
        select(literal(1))
        .select_from(Attendee)
        .join(Person, Person.id == Attendee.person_id)
        .where(
            Attendee.person_id == Message.person_id, gets_mail(),
            rules_as_stored() == bindparam("p_rules", type_=String),
        )
        .correlate(Message)
    )  # fmt: skip
    follows = exists().where(Follow.person_id == Message.person_id, Follow.event_id == event_id, follow_stands())
    # One after the other and not with IN, which the driver is not told in time how often to ask.
    registered = and_(
        Registration.person_id == Message.person_id, Registration.event_id == event_id,
        Registration.ended_at.is_(None), or_(*(Registration.state == state for state in HAS_OR_WAITS)),
    )  # fmt: skip
    chosen = cast(Registration.sessions, String)
    # Ids have no character that means something here; who chose sessions wants to hear of these alone.
    elsewhere = exists().where(
        registered, session_id != "", chosen != "[]", ~chosen.like(literal('%"') + session_id + literal('"%'))
    )
    wish = and_(reader, or_(follows, exists().where(registered, Registration.muted_at.is_(None))), ~elsewhere)
    return and_(
        link, or_(~bindparam("p_is_wish", type_=Boolean), wish),
        or_(~bindparam("p_is_room", type_=Boolean), _room_stands(event_id)),
    )  # fmt: skip


def _room_stands(event_id: BindParameter[str]) -> ColumnElement[bool]:
    """Return whether an event's room is as it was read."""
    drifts, mine = bindparam("p_drifts", type_=String), and_(WebinarBinding.event_id == event_id, is_current())
    renewing = exists().where(mine, or_(*(WebinarBinding.state == state for state in RENEWING)))
    open_ = (
        select(func.count())
        .select_from(ZoomDrift)
        .join(WebinarBinding, WebinarBinding.id == ZoomDrift.binding_id)
        .where(mine, ZoomDrift.state == "open", ZoomDrift.field == "time")
    )
    # Ids have no character that means something here.
    known = open_.where(drifts.like(literal("%") + ZoomDrift.id + literal("%")))
    count = bindparam("p_drift_count", type_=Integer)
    return and_(
        renewing == bindparam("p_is_renewing", type_=Boolean), open_.scalar_subquery() == count,
        known.scalar_subquery() == count,
    )  # fmt: skip
