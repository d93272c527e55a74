"""Carrying people to rooms: claim what waits for one room, mark before anything is sent, write down what came of it.

The mark (``sent_at``) is committed before Zoom is asked. Whoever comes after a kill, or after an answer that was lost,
finds it, and looks into Zoom's list before anybody is registered a second time. Asking is the job's.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.registering import Named, ask_again_at, named
from wmd.domain.zoom.wishes import RegistrantWish
from wmd.models import BindingSession, Event, EventSession, Person, Registration, WebinarBinding, ZoomRegistrant
from wmd.secretbox import SecretBox
from wmd.services.registration_wishes import said_by
from wmd.services.zoom_registrants import ACTOR, carry_no_more, give_up_place, purpose, tell

LEASE: Final = timedelta(minutes=5)
#: Most people of one room that are worked on together: as many as Zoom takes at once.
MOST_AT_ONCE: Final = 30
#: After an answer that was lost, before the list is asked.
UNKNOWN_FOR: Final = timedelta(minutes=1)
#: Why somebody is not registered, for which another try at night may help.
AGAIN_AT_NIGHT: Final = ("full", "not-registrable")
_WAITS: Final = ("queued", "parked", "unwanted", "pending")


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody of a claim. ``state`` is what they were; ``is_unknown``: Zoom may have them, nobody knows."""

    id: str
    state: str
    address_key: str
    address: str = field(repr=False)
    name: Named = field(repr=False)
    zoom_registrant: str
    occurrences: tuple[str, ...]
    is_unknown: bool

    @property
    def wish(self) -> RegistrantWish:
        """What Zoom is told of them: a name and an address."""
        return RegistrantWish(self.address, self.name.first, self.name.last)


@dataclass(frozen=True, slots=True)
class Work:
    """People of one room that are ours until the lease is over."""

    binding_id: str
    account_id: str
    kind: RoomKind
    zoom_id: str
    is_managed: bool
    starts_at: datetime | None
    token: str
    rows: tuple[Row, ...]

    def of(self, *states: str) -> list[Row]:
        """Return those who were in one of these states."""
        return [row for row in self.rows if row.state in states]


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return what makes somebody one about whom Zoom is to be asked now."""
    free = or_(ZoomRegistrant.lease_until.is_(None), ZoomRegistrant.lease_until <= now)
    return or_(
        and_(
            ZoomRegistrant.state.in_(_WAITS),
            ZoomRegistrant.not_before <= now,
            free,
            or_(ZoomRegistrant.state != "pending", ZoomRegistrant.registration_id.is_not(None)),
        ),
        and_(ZoomRegistrant.state == "sending", free),
    )


def _reachable() -> ColumnElement[bool]:
    """Whether a room can be asked about somebody: nobody is carried there while the organiser does not want it.

    Who waits for the host there is asked about all the same, and who was erased is taken back also from a room that is
    let go.
    """
    stands = and_(WebinarBinding.ended_at.is_(None), WebinarBinding.state != "auth_lost")
    wanted = and_(stands, or_(WebinarBinding.push, ZoomRegistrant.state == "pending"))
    return and_(WebinarBinding.zoom_id != "", or_(wanted, ZoomRegistrant.state == "unwanted"))


def due_accounts(dbs: Session, *, now: datetime) -> list[str]:
    """Return the accounts through which Zoom is to be asked about people now."""
    found = dbs.scalars(
        select(WebinarBinding.account_id)
        .join(ZoomRegistrant, ZoomRegistrant.binding_id == WebinarBinding.id)
        .where(is_due(now), _reachable())
        .distinct()
    )
    return sorted(each for each in found if each is not None)


def claim(
    dbs: Session, accounts: Collection[str], box: SecretBox, *, now: datetime, passed: Collection[str] = ()
) -> Work | None:
    """Claim people of one room of these accounts, the one that waits longest; None when nobody waits.

    ``passed``: rooms to leave out. The caller commits.
    """
    due = (
        select(ZoomRegistrant.binding_id)
        .join(WebinarBinding, WebinarBinding.id == ZoomRegistrant.binding_id)
        .where(
            is_due(now), _reachable(), WebinarBinding.account_id.in_(accounts),
            WebinarBinding.id.not_in(sorted(passed)),
        )
        .order_by(ZoomRegistrant.not_before, ZoomRegistrant.id)
        .limit(1)
    )  # fmt: skip
    binding_id = dbs.scalar(due)
    if binding_id is None:
        return None
    binding = dbs.get_one(WebinarBinding, binding_id)
    rows = dbs.scalars(
        select(ZoomRegistrant)
        .join(WebinarBinding, WebinarBinding.id == ZoomRegistrant.binding_id)
        .where(ZoomRegistrant.binding_id == binding_id, is_due(now), _reachable())
        .order_by(ZoomRegistrant.not_before, ZoomRegistrant.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True, of=ZoomRegistrant)
        .execution_options(populate_existing=True)
    ).all()
    token = secrets.token_hex(16)
    people = _people(dbs, rows, box)
    found = [_row(dbs, row, people, binding) for row in rows]
    for row in rows:
        row.claim_token, row.lease_until = token, now + LEASE
        if row.state in {"queued", "parked"}:
            row.state, row.attempts = "sending", row.attempts + 1
    dbs.flush()
    kind = RoomKind(str(binding.snapshot.get("kind") or binding.room or RoomKind.WEBINAR.value))
    return Work(
        binding_id, binding.account_id or "", kind, binding.zoom_id, binding.kind == "managed",
        next_start(dbs, binding_id, now), token, tuple(found),
    )  # fmt: skip


def _people(dbs: Session, rows: Iterable[ZoomRegistrant], box: SecretBox) -> dict[str, tuple[str, Named, list[str]]]:
    """Return address, name and chosen sessions by registration."""
    wanted = [row.registration_id for row in rows if row.registration_id]
    found = select(Registration, Person).join(Person, Person.id == Registration.person_id)
    return {
        place.id: (person.address, named(said_by(place, box).name or person.name), place.sessions)
        for place, person in dbs.execute(found.where(Registration.id.in_(wanted))).tuples()
    }


def _row(
    dbs: Session, row: ZoomRegistrant, people: dict[str, tuple[str, Named, list[str]]], binding: WebinarBinding
) -> Row:
    address, name, sessions = people.get(row.registration_id or "", ("", Named("", ""), []))
    chosen: tuple[str, ...] = ()
    if sessions:
        dates = select(BindingSession.occurrence_id).where(
            BindingSession.binding_id == binding.id, BindingSession.session_id.in_(sessions),
            BindingSession.occurrence_id != "",
        )  # fmt: skip
        chosen = tuple(sorted(dbs.scalars(dates)))
    state = "queued" if row.state in {"sending", "parked"} else row.state
    return Row(
        row.id, state, row.address_key, address, name, row.zoom_registrant, chosen,
        is_unknown=row.sent_at is not None,
    )  # fmt: skip


def next_start(dbs: Session, binding_id: str, now: datetime) -> datetime | None:
    """Return when the next session of a room begins, the one that is on included."""
    return dbs.scalar(
        select(EventSession.starts_at)
        .join(BindingSession, BindingSession.session_id == EventSession.id)
        .where(BindingSession.binding_id == binding_id, EventSession.ends_at > now)
        .order_by(EventSession.starts_at)
        .limit(1)
    )


def mark(dbs: Session, work: Work, rows: Collection[Row], *, now: datetime) -> list[Row]:
    """Note that these are being sent, and return those who still want it and are still ours. The caller commits.

    Who gave their place back since is left out, and settled; so is everybody where the organiser wants it no more.
    """
    sent = []
    binding = dbs.get_one(WebinarBinding, work.binding_id, populate_existing=True)
    for row, person in _held(dbs, work, rows):
        if not binding.push or binding.ended_at is not None:
            carry_no_more(dbs, person, now)
            continue
        place = dbs.get(Registration, person.registration_id or "", populate_existing=True)
        if place is None or place.state != "registered":
            give_up_place(person, now)
            continue
        person.sent_at, person.lease_until = now, now + LEASE
        sent.append(row)
    dbs.flush()
    return sent


def _held(dbs: Session, work: Work, rows: Collection[Row]) -> list[tuple[Row, ZoomRegistrant]]:
    """Return rows that are still ours with what stands in the table, held."""
    by_id = {row.id: row for row in rows}
    held = dbs.scalars(
        select(ZoomRegistrant)
        .where(ZoomRegistrant.id.in_(by_id), ZoomRegistrant.claim_token == work.token)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    order = {id_: number for number, id_ in enumerate(by_id)}
    return sorted(((by_id[each.id], each) for each in held), key=lambda pair: order[pair[0].id])


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody as Zoom has them. ``status``: approved, pending, denied, or gone (in none of its lists)."""

    id: str
    status: str
    ticket: str = field(default="", repr=False)


def record(dbs: Session, work: Work, row: Row, found: Found, box: SecretBox, *, now: datetime) -> bool:
    """Write down how somebody stands in the room; who waited for the host is told. Tells whether it was still ours.

    The caller commits.
    """
    for _, person in _held(dbs, work, [row]):
        settle(dbs, person, found, box, starts_at=work.starts_at, now=now)
        return True
    return False


def settle(
    dbs: Session, person: ZoomRegistrant, found: Found, box: SecretBox, *, starts_at: datetime | None, now: datetime
) -> None:
    """Bring somebody's row in line with what Zoom says of them."""
    was, why = person.state, person.fault
    person.claim_token = person.lease_until = person.sent_at = None
    person.zoom_registrant = found.id or person.zoom_registrant
    if found.ticket:
        person.join_link = box.seal(found.ticket, purpose=purpose(person.id))
    if found.status == "approved":
        person.state, person.fault, person.not_before = "registered", "", now
    elif found.status == "pending":
        person.state, person.fault, person.not_before = "pending", why, ask_again_at(starts_at, now)
    else:
        person.state, person.fault, person.join_link = "rejected", "denied", ""
    dbs.flush()
    is_news = {
        "registered": was in {"pending", "rejected"} or why == "renewed",
        "rejected": was in {"pending", "registered"},
    }
    if is_news.get(person.state) and person.registration_id:
        what = "denied" if person.state == "rejected" else "renewed" if why == "renewed" else "approved"
        place = dbs.get_one(Registration, person.registration_id)
        event = dbs.get_one(Event, place.event_id)
        if place.state == "registered":
            tell(dbs, place, event, what, mark=person.zoom_registrant, cause=ACTOR, box=box, now=now)
            person.told_at = now


def record_state(
    dbs: Session, work: Work, rows: Collection[Row], state: str, fault: str = "", *, now: datetime
) -> None:
    """Write down that people are not registered (rejected, filtered), or are taken back. The caller commits."""
    for _, person in _held(dbs, work, rows):
        person.state, person.fault, person.sent_at = state, fault, None
        person.claim_token = person.lease_until = None
        if state == "cancelled":
            person.join_link = ""
            if person.registration_id is None:
                dbs.delete(person)
    if fault == "full":
        dbs.execute(update(WebinarBinding).where(WebinarBinding.id == work.binding_id).values(registration="full"))
    dbs.flush()


def wait(
    dbs: Session,
    work: Work,
    rows: Collection[Row],
    until: datetime,
    *,
    fault: str = "",
    is_unknown: bool = False,
    parked: bool = False,
) -> None:
    """Let people wait. ``is_unknown``: Zoom may have them; else it surely has not what we sent just now.

    The caller commits.
    """
    for row, person in _held(dbs, work, rows):
        if row.state == "queued":
            person.state = "parked" if parked else "queued"
            # What was not known before is not known now.
            person.sent_at = person.sent_at if is_unknown or row.is_unknown else None
        person.fault = person.fault if person.fault == "renewed" else fault
        person.not_before, person.claim_token, person.lease_until = until, None, None
    dbs.flush()


def note_crew(dbs: Session, work: Work, crew: Collection[str]) -> None:
    """Remember by digest who holds the event. The caller commits."""
    found = sorted(crew)
    binding = dbs.get_one(WebinarBinding, work.binding_id)
    if binding.crew != found:
        binding.crew = found
