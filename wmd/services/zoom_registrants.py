"""People who registered here and are carried to the room on Zoom, where the organiser wants it.

Off unless the organiser turns it on, since Zoom keeps people's data. The forms say so from then on, and who sends one
that did is carried over; who had registered earlier is told by mail and carried over only when they press a button.
What is due is asked of the tables: who has a place and no row gets one, and who has a row and no place is taken back.
Only rows of ours are ever taken back on Zoom.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    BindingSession,
    Event,
    EventSession,
    Person,
    Registration,
    WebinarBinding,
    ZoomRegistrant,
)
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.bindings import READ_KINDS, standing_binding
from wmd.services.outbox import put_message
from wmd.services.private_links import KEPT_AFTER
from wmd.services.states import audit

ACTOR: Final = "job:zoom-registrants"
#: People that one run looks at; the next tick goes on.
MOST: Final = 500
#: States in which Zoom may know somebody.
_MAY_BE_THERE: Final = ("registered", "pending")
#: States in which a row waits for Zoom, or was given up.
_MAY_NOT: Final = ("queued", "parked", "rejected", "filtered")
#: Rooms whose tickets open nothing.
_LOST: Final = ("gone", "trashed")
#: What a person reads of their place in the room, by state and reason.
WORDS: Final = {
    "queued": N_("You are being registered on Zoom. It takes a few minutes."),
    "sending": N_("You are being registered on Zoom. It takes a few minutes."),
    "parked": N_("Zoom takes no more for your address today. We try again tomorrow."),
    "registered": N_("You are registered on Zoom, with a link of your own."),
    "pending": N_("The host decides on Zoom who takes part. We write to you when it is decided."),
    "filtered": N_("You host this event, or speak in it: Zoom has a link of its own for you."),
    "rejected": N_("You could not be registered on Zoom. Please register on its own page."),
    "questions": N_("Zoom’s form asks more than you told us. Please register on its own page."),
    "full": N_("The room on Zoom is full. The organiser has been told."),
    "over": N_("On Zoom this event is over."),
    "denied": N_("The host has not let you in."),
    "unwanted": "",
    "cancelled": "",
}


def purpose(registrant_id: str) -> str:
    """Return what a ticket is sealed for: its own row."""
    return f"zoom_registrants.join_link.{registrant_id}"


# Turning it on and off


def may_push(event: Event, binding: WebinarBinding | None) -> bool:
    """Whether an organiser can have people carried over: they register here, and we know the room."""
    if binding is None or binding.kind not in READ_KINDS or binding.ended_at is not None:
        return False
    return event.registration_here


def is_pushing(dbs: Session, event_id: str) -> bool:
    """Whether who registers for an event now is carried to Zoom: they read so before."""
    binding = standing_binding(dbs, event_id)
    return binding is not None and binding.push


def turn_push(dbs: Session, event: Event, *, wanted: bool, actor: str, box: SecretBox, now: datetime) -> WebinarBinding:
    """Turn it on or off for an event. Who has a place already is told by mail, and decides for themselves.

    Turned off, nobody more is carried over; who is there stays. Raises NotAllowedMoveError where it cannot be.
    """
    binding = standing_binding(dbs, event.id)
    if binding is None or not (may_push(event, binding) or not wanted):
        msg = f"people of event {event.code} cannot be carried to Zoom"
        raise NotAllowedMoveError(msg)
    if binding.push == wanted:
        return binding
    words = ("off", "on")
    binding.push, binding.push_from = wanted, now if wanted else binding.push_from
    # A room of ours takes registrations only then: Zoom is told.
    binding.sent_version = 0
    audit(
        dbs, actor=actor, action="push-registrants", kind="binding", subject_id=binding.id,
        before=words[not wanted], after=words[wanted], now=now,
    )  # fmt: skip
    dbs.flush()
    if wanted:
        # What somebody read an earlier time does not count: all who asked for a place by now decide anew.
        dbs.execute(update(Registration).where(Registration.event_id == event.id).values(read_of_room=False))
        _tell_earlier(dbs, event, binding, actor=actor, box=box, now=now)
    else:
        waiting = and_(ZoomRegistrant.state.in_(("rejected", "filtered")), ZoomRegistrant.zoom_registrant == "")
        dbs.execute(
            delete(ZoomRegistrant).where(
                ZoomRegistrant.binding_id == binding.id, ZoomRegistrant.source == "here", waiting,
                ZoomRegistrant.sent_at.is_(None),
            )
        )  # fmt: skip
        _plan_unwished(dbs, now)
    return binding


def _tell_earlier(
    dbs: Session, event: Event, binding: WebinarBinding, *, actor: str, box: SecretBox, now: datetime
) -> None:
    """Write to those who have a place already what the organiser wants, and that they decide."""
    rows = dbs.scalars(
        select(Registration).where(Registration.event_id == event.id, Registration.state == "registered")
    )
    for row in rows.all():
        tell(dbs, row, event, "offered", mark=binding.id, cause=actor, box=box, now=now)


def tell(
    dbs: Session, place: Registration, event: Event, what: str, *, mark: str, cause: str, box: SecretBox, now: datetime
) -> None:
    """Mail somebody what is new about their way into the room: offered, approved, denied or renewed."""
    put_message(
        dbs, kind="room-place", dedupe_key=f"room-place:{what}:{mark}:{place.id}:{now.date().isoformat()}",
        cause=cause, person_id=place.person_id, subject_id=event.id, edition_id=event.edition_id,
        thread=f"room-place:{place.id}", facts={"registration_id": place.id, "what": what}, box=box, now=now,
    )  # fmt: skip


def ask_for_ticket(dbs: Session, place: Registration, digest: Callable[[str], str], *, now: datetime) -> bool:
    """Carry over somebody who asks for it on their own page; tell whether that is possible."""
    binding = standing_binding(dbs, place.event_id)
    if binding is None or not binding.push or place.state != "registered":
        return False
    person = dbs.get_one(Person, place.person_id)
    _carry(dbs, binding.id, place, digest(person.address.lower()), now)
    audit(
        dbs, actor=f"person:{place.person_id}", action="ask-for-ticket", kind="registration", subject_id=place.id,
        now=now,
    )  # fmt: skip
    dbs.flush()
    return True


# What is due


def plan(dbs: Session, digest: Callable[[str], str], *, now: datetime) -> int:
    """Make rows for who is to be carried over, and mark those to be taken back; return how many. The caller commits."""
    return _plan_new(dbs, digest, now) + _plan_back(dbs, now) + _plan_unwished(dbs, now) + _plan_over(dbs, now)


_STANDS = and_(WebinarBinding.is_primary, WebinarBinding.ended_at.is_(None))


def _takes_place(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        BindingSession.binding_id == WebinarBinding.id, EventSession.id == BindingSession.session_id,
        EventSession.status == "scheduled", EventSession.ends_at > now,
    )  # fmt: skip


def _plan_new(dbs: Session, digest: Callable[[str], str], now: datetime) -> int:
    """Make a row for everybody with a place who read of it before they asked for it."""
    has_row = exists().where(
        ZoomRegistrant.binding_id == WebinarBinding.id, ZoomRegistrant.registration_id == Registration.id
    )
    found = (
        select(WebinarBinding.id, Registration, Person.address)
        .join(Registration, Registration.event_id == WebinarBinding.event_id)
        .join(Person, Person.id == Registration.person_id)
        .where(
            _STANDS, WebinarBinding.push, WebinarBinding.kind.in_(READ_KINDS), _takes_place(now),
            Registration.state == "registered", Registration.read_of_room, ~has_row,
            Person.erased_at.is_(None),
        )
        .order_by(Registration.confirmed_at, Registration.id)
        .limit(MOST)
    )  # fmt: skip
    rows = dbs.execute(found).tuples().all()
    for binding_id, place, address in rows:
        _carry(dbs, binding_id, place, digest(address.lower()), now)
    dbs.flush()
    return len(rows)


def _carry(dbs: Session, binding_id: str, place: Registration, address_key: str, now: datetime) -> None:
    """Have somebody carried over. Who is known in the room already is looked up there before anything is sent."""
    row = dbs.scalars(
        select(ZoomRegistrant).where(
            ZoomRegistrant.binding_id == binding_id, ZoomRegistrant.address_key == address_key,
            ZoomRegistrant.occurrence_id == "",
        )
    ).first()  # fmt: skip
    if row is None:
        dbs.add(
            ZoomRegistrant(
                id=str(uuid.uuid4()), binding_id=binding_id, person_id=place.person_id, registration_id=place.id,
                address_key=address_key, not_before=now, created_at=now,
            )
        )  # fmt: skip
        dbs.flush()
        return
    row.person_id, row.registration_id = place.person_id, place.id
    if row.state not in {"sending", "queued"}:
        row.state, row.fault, row.attempts, row.not_before = "queued", "", 0, now
        row.claim_token = row.lease_until = None
        row.sent_at = row.sent_at or now
    dbs.flush()


def _plan_back(dbs: Session, now: datetime) -> int:
    """Mark for taking back who gave their place back. Whom we did not register stays as they are there."""
    gone = (
        select(ZoomRegistrant)
        .join(Registration, Registration.id == ZoomRegistrant.registration_id)
        .where(Registration.state != "registered", ZoomRegistrant.state.in_((*_MAY_BE_THERE, *_MAY_NOT)))
        .order_by(ZoomRegistrant.id)
        .limit(MOST)
    )
    rows = dbs.scalars(gone).all()
    for row in rows:
        give_up_place(row, now)
    dbs.flush()
    return len(rows)


def _plan_unwished(dbs: Session, now: datetime) -> int:
    """Let go of who is on the way to a room to which the organiser wants nobody carried any more.

    An answer that comes late may leave somebody on the way after it was turned off.
    """
    free = or_(
        ZoomRegistrant.state != "sending", ZoomRegistrant.lease_until.is_(None), ZoomRegistrant.lease_until <= now
    )
    rows = dbs.scalars(
        select(ZoomRegistrant)
        .join(WebinarBinding, WebinarBinding.id == ZoomRegistrant.binding_id)
        .where(
            ~WebinarBinding.push, WebinarBinding.ended_at.is_(None), free,
            ZoomRegistrant.state.in_(("queued", "parked", "sending")),
        )
        .order_by(ZoomRegistrant.id)
        .limit(MOST)
    ).all()  # fmt: skip
    for row in rows:
        carry_no_more(dbs, row, now)
    dbs.flush()
    return len(rows)


def carry_no_more(dbs: Session, row: ZoomRegistrant, now: datetime) -> None:
    """Carry somebody over no more, since the organiser does not want it; of whom nobody knows whether Zoom has them,
    it is looked up there, and they are taken back.
    """
    if row.join_link:
        # They were there before, and stay.
        row.state, row.fault, row.claim_token, row.lease_until, row.sent_at = "registered", "", None, None, None
        return
    give_up_place(row, now)
    if row.state == "cancelled":
        dbs.delete(row)


def _plan_over(dbs: Session, now: datetime) -> int:
    """End what waits for rooms whose events are over: Zoom takes nobody in or out any more."""
    free = or_(ZoomRegistrant.lease_until.is_(None), ZoomRegistrant.lease_until <= now)
    waits = ZoomRegistrant.state.in_(("queued", "sending", "parked", "pending", "unwanted"))
    over = select(ZoomRegistrant).where(waits, free, _over(now)).order_by(ZoomRegistrant.id).limit(MOST)
    rows = dbs.scalars(over).all()
    for row in rows:
        row.claim_token = row.lease_until = row.sent_at = None
        if row.registration_id is None:
            dbs.delete(row)
        elif row.state == "unwanted":
            row.state, row.fault = "cancelled", ""
        else:
            row.state, row.fault = "rejected", "over"
    dbs.flush()
    return len(rows)


def give_up_place(row: ZoomRegistrant, now: datetime) -> None:
    """Let a place in a room go: to be taken back there if it is ours and may be there."""
    row.join_link, row.fault, row.claim_token, row.lease_until = "", "", None, None
    if row.source == "zoom":
        row.person_id = row.registration_id = None
        row.state, row.sent_at = "registered", None
        return
    is_there = bool(row.zoom_registrant) or row.sent_at is not None
    row.state, row.not_before = ("unwanted" if is_there else "cancelled"), now


# Tickets


def place_of(dbs: Session, registration_id: str) -> ZoomRegistrant | None:
    """Return how somebody stands in the room of their event, if they are carried over."""
    return dbs.scalars(
        select(ZoomRegistrant)
        .join(WebinarBinding, WebinarBinding.id == ZoomRegistrant.binding_id)
        .where(ZoomRegistrant.registration_id == registration_id, _STANDS)
        .limit(1)
    ).first()


def words_of(row: ZoomRegistrant) -> str:
    """Return what its owner reads of a row, to be translated."""
    return WORDS.get(row.fault, WORDS[row.state]) if row.state == "rejected" else WORDS[row.state]


def ticket_of(dbs: Session, box: SecretBox, registration_id: str) -> str:
    """Return somebody's own link into the room; "" where there is none that works. For its owner alone."""
    row = place_of(dbs, registration_id)
    if row is None or row.state != "registered" or not row.join_link:
        return ""
    binding = dbs.get_one(WebinarBinding, row.binding_id)
    if binding.state in _LOST:
        return ""
    try:
        return box.open(row.join_link, purpose=purpose(row.id))
    except SecretBoxError:
        return ""


def form_of(dbs: Session, event_id: str) -> str:
    """Return Zoom's own public form for an event, for who could not be registered by us; "" if none is known."""
    binding = standing_binding(dbs, event_id)
    return str(binding.snapshot.get("registration_url") or "") if binding is not None else ""


class Counts(NamedTuple):
    """How many stand how in a room: let in, waiting for the host, on their way, not registered, of Zoom's own form."""

    registered: int
    pending: int
    waiting: int
    failed: int
    theirs: int


def counts_of(dbs: Session, binding_id: str) -> Counts:
    """Return how many of those who registered here are on Zoom, and how many registered there. One query."""
    rows = dbs.execute(
        select(ZoomRegistrant.state, ZoomRegistrant.registration_id.is_(None), func.count())
        .where(ZoomRegistrant.binding_id == binding_id)
        .group_by(ZoomRegistrant.state, ZoomRegistrant.registration_id.is_(None))
    ).tuples()
    ours: dict[str, int] = {}
    theirs = 0
    for state, is_theirs, number in rows:
        if not is_theirs:
            ours[state] = ours.get(state, 0) + number
        elif state in _MAY_BE_THERE:
            theirs += number
    waiting = sum(ours.get(state, 0) for state in ("queued", "sending", "parked"))
    return Counts(ours.get("registered", 0), ours.get("pending", 0), waiting, ours.get("rejected", 0), theirs)


# Forgetting


def _over(since: datetime) -> ColumnElement[bool]:
    return ~exists().where(
        BindingSession.binding_id == ZoomRegistrant.binding_id, EventSession.id == BindingSession.session_id,
        or_(EventSession.ends_at >= since, EventSession.status == "postponed"),
    )  # fmt: skip


def old_tickets(now: datetime) -> Select[tuple[str]]:
    """Return rows whose event was over seven days ago and that still hold a ticket, or only counted somebody."""
    keeps = or_(ZoomRegistrant.join_link != "", ZoomRegistrant.registration_id.is_(None))
    return select(ZoomRegistrant.id).where(keeps, _over(now - KEPT_AFTER))


def forget_tickets(dbs: Session, keys: Select[tuple[str]]) -> int:
    """Empty tickets, and delete who was only counted; return how many rows."""
    ids: Collection[str] = dbs.scalars(keys).all()
    mine = ZoomRegistrant.id.in_(ids)
    dbs.execute(delete(ZoomRegistrant).where(mine, ZoomRegistrant.registration_id.is_(None)))
    dbs.execute(update(ZoomRegistrant).where(mine).values(join_link=""))
    return len(ids)
