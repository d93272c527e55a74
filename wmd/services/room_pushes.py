"""Telling Zoom of rooms that are ours: claim what waits, and write down what came of it. Asking is the job's.

A claim is a token with a lease. Creating a room has two ends: its number is written down as soon as Zoom has said it,
and the rest when it was read back; whoever comes after a kill finds the number, or the room by its marker.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.findings import N_
from wmd.domain.vocabulary import RegistrationState
from wmd.domain.zoom import drift
from wmd.domain.zoom.answers import Room, RoomKind
from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, Refused, RetryAt, ZoomFault
from wmd.domain.zoom.made_rooms import MadeRoom, not_taken
from wmd.domain.zoom.states import State
from wmd.models import AuditEntry, Event, StaffMember, Submission, WebinarBinding, ZoomDrift, ZoomPush, ZoomRegistrant
from wmd.services.actors import person_actor
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.bindings import read_now
from wmd.services.drifts import event_of
from wmd.services.intake import read_content
from wmd.services.managed_rooms import coming_dates, finding_alarm, room_of_event
from wmd.services.private_links import YEAR, keep_link
from wmd.services.staff_edits import approved_revision, staff_edit
from wmd.services.standing import Means
from wmd.services.states import audit
from wmd.services.versions import raise_status

ACTOR: Final = "job:zoom-push"
LEASE: Final = timedelta(minutes=5)
#: After an outcome that nobody knows a room may stand in its host's list only a little later.
UNKNOWN_FOR: Final = timedelta(minutes=2)
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(minutes=15)
#: Where an account is lost, or rights are missing, somebody has to act first.
_SOMEBODY: Final = timedelta(minutes=15)
#: Faults of a push, in words for staff.
FAULTS: Final = {
    "budget": N_("today’s hundred changes of this host are used up; it goes on at 00:00 UTC"),
    "daily": N_("Zoom takes no more today; it goes on at 00:00 UTC"),
    "unknown": N_("Zoom’s answer was lost; we look whether it was done before we ask again"),
    "scopes": N_("the app on Zoom lacks rights"),
    "token": N_("Zoom does not let us in"),
    "no-licence": N_("the host has no licence for webinars"),
    "gone": N_("Zoom does not know the webinar any more"),
    "running": N_("the webinar is on just now"),
}


class Claim(NamedTuple):
    """Something to tell Zoom that is ours until the lease is over."""

    id: str
    binding_id: str
    act: str
    token: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done now. ``zoom_id`` is "" where no room was made yet; ``names``: what of it is to be changed."""

    made: MadeRoom
    zoom_id: str
    host_id: str
    names: frozenset[str] = frozenset()
    #: A partner's account, in which we change the time alone, and only when the partner pressed it; None: our own.
    account_id: str | None = None
    kind: RoomKind = RoomKind.WEBINAR


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return what makes something that Zoom is to be told due."""
    return or_(
        and_(ZoomPush.state == "queued", ZoomPush.not_before <= now),
        and_(ZoomPush.state == "sending", ZoomPush.lease_until <= now),
    )


def claim(dbs: Session, *, now: datetime, limit: int, is_own_there: bool = True) -> list[Claim]:
    """Claim up to ``limit`` of what is due, the oldest first. The caller commits.

    ``is_own_there``: whether our own account can be asked; else what concerns partners' rooms alone is claimed.
    """
    partners = select(WebinarBinding.id).where(WebinarBinding.kind == "connected")
    ids = dbs.scalars(
        select(ZoomPush.id)
        .where(is_due(now), *([] if is_own_there else [ZoomPush.binding_id.in_(partners)]))
        .order_by(ZoomPush.not_before, ZoomPush.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    token = secrets.token_hex(16)
    dbs.execute(
        update(ZoomPush)
        .where(ZoomPush.id.in_(ids))
        .values(state="sending", claim_token=token, lease_until=now + LEASE, attempts=ZoomPush.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    rows = {row.id: row for row in dbs.scalars(select(ZoomPush).where(ZoomPush.id.in_(ids)))}
    return [Claim(id_, rows[id_].binding_id, rows[id_].act, token) for id_ in ids]


def release(dbs: Session, claims: Sequence[Claim], *, now: datetime) -> None:
    """Give back what was not begun. The caller commits."""
    for each in claims:
        if (push := _mine(dbs, each)) is not None:
            _wait(dbs, push, push.fault, now)


def _mine(dbs: Session, claimed: Claim) -> ZoomPush | None:
    return dbs.scalars(
        select(ZoomPush)
        .where(ZoomPush.id == claimed.id, ZoomPush.claim_token == claimed.token)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def order_of(dbs: Session, claimed: Claim, base_url: str, *, now: datetime) -> Order | None:
    """Return what is to be done, with a whole lease from now on.

    None where the lease is over, or where it is not wanted any more: that is written down then. The caller commits.
    """
    push = _mine(dbs, claimed)
    if push is None or push.lease_until is None or push.lease_until <= now:
        # Those claimed together are told one after the other: somebody else may begin with it just now.
        return None
    push.lease_until = now + LEASE
    binding = dbs.get_one(WebinarBinding, push.binding_id, populate_existing=True)
    made = room_of_event(dbs, binding, base_url, now=now)
    stands = binding.ended_at is None
    is_ours = binding.kind == "managed"
    names: frozenset[str] = frozenset()
    if push.act == "update":
        asked = _asked_for(dbs, binding)
        names = made.news(binding.sent) | asked if is_ours else asked & {"starts_at"}
    is_wanted = {
        "create": stands and made.starts_at is not None,
        # What is over, or has no date, is told when it has one.
        "update": stands and bool(binding.zoom_id) and bool(names) and made.starts_at is not None,
        "delete": not stands and bool(binding.zoom_id),
    }[push.act]
    if not is_wanted:
        _finish(push, "dropped", now)
        dbs.flush()
        return None
    kind = RoomKind(str(binding.snapshot.get("kind") or binding.room or RoomKind.WEBINAR.value))
    return Order(made, binding.zoom_id, binding.host_id, names, None if is_ours else binding.account_id, kind)


def _asked_for(dbs: Session, binding: WebinarBinding) -> frozenset[str]:
    """Return what somebody wants Zoom to be told once more: ours was to be sent, and the difference is still there."""
    fields = dbs.scalars(
        select(ZoomDrift.field)
        .join(AuditEntry, and_(AuditEntry.subject_kind == "drift", AuditEntry.subject_id == ZoomDrift.id))
        .where(ZoomDrift.binding_id == binding.id, ZoomDrift.state == "open", AuditEntry.action == "send-ours")
    )
    names = {"time": "starts_at", "title": "topic"}
    return frozenset(names[field] for field in fields if field in names)


def taken_rooms(dbs: Session, claimed: Claim) -> frozenset[str]:
    """Return the numbers of rooms that another binding has, or had: none of them is the one we look for."""
    rows = select(WebinarBinding.zoom_id).where(WebinarBinding.zoom_id != "", WebinarBinding.id != claimed.binding_id)
    return frozenset(dbs.scalars(rows))


# What came of it


def keep_number(dbs: Session, claimed: Claim, zoom_id: str, *, now: datetime) -> bool:
    """Write down a room's number at once; return whether the claim was still ours. The caller commits."""
    push = _mine(dbs, claimed)
    if push is None:
        return False
    binding = dbs.get_one(WebinarBinding, push.binding_id, populate_existing=True)
    binding.room, binding.zoom_id, binding.next_try_at = "webinar", zoom_id, None
    push.lease_until = now + LEASE
    audit(
        dbs, actor=push.actor, action="create-room", kind="binding", subject_id=binding.id, after=zoom_id, now=now
    )  # fmt: skip
    dbs.flush()
    return True


def record_room(
    dbs: Session, claimed: Claim, room: Room, made: MadeRoom, means: Means, *, now: datetime
) -> WebinarBinding | None:
    """Write down a room as it was read back after its creation; None where the claim is ours no more.

    What Zoom has otherwise than it was told is an alarm. The caller commits, and puts the link into the programme.
    """
    push = _mine(dbs, claimed)
    if push is None:
        return None
    binding = dbs.get_one(WebinarBinding, push.binding_id, populate_existing=True)
    event = event_of(dbs, binding)
    binding.zoom_uuid, binding.host_id = room.uuid, room.host_id
    kept = drift.snapshot(room, drift.registration_of(room))
    binding.snapshot, binding.snapshot_hash = kept, drift.snapshot_digest(kept)
    binding.registration = str(kept["registration"])
    binding.sent, binding.sent_version = made.as_sent(), 0
    dates = coming_dates(dbs, binding.event_id, now=now)
    if room.join_url:
        binding.join_link_id = keep_link(
            dbs, means.box, room.join_url, known_id=binding.join_link_id, ends_at=dates[0].ends_at if dates else None,
            latest_at=now + YEAR, mint=Mint(), now=now,
        )  # fmt: skip
    if binding.ended_at is None:
        binding.state = State.CHECKING.value
        read_now(binding, now=now)
    # Readers were told that the link is being renewed, if the room took the place of one that was lost.
    raise_status(dbs)
    if wrong := not_taken(made, room):
        message = f"Zoom has set up the webinar of event {event.code} otherwise than it was told: {', '.join(wrong)}."
        raise_alarm(dbs, finding_alarm(binding.id), message, now=now)
    dbs.flush()
    return binding


def put_link(dbs: Session, claimed: Claim, means: Means, *, now: datetime) -> None:
    """Put the way into a new room into the programme, by the one door, as an edit of who asked for the room.

    What nobody pressed changes nothing of the programme: the new link is a difference then. Raises what a staff edit
    raises. The caller commits.
    """
    push = _mine(dbs, claimed)
    if push is None:
        return
    binding = dbs.get_one(WebinarBinding, push.binding_id, populate_existing=True)
    kind, _, person_id = push.actor.partition(":")
    submission = dbs.scalars(select(Submission).where(Submission.event_id == binding.event_id)).first()
    base = approved_revision(dbs, submission) if submission is not None else None
    if kind != "person" or submission is None or base is None or binding.ended_at is not None:
        return
    content = read_content(base)
    registration, link = content.registration, str(binding.snapshot.get("registration_url") or "")
    if registration.takes_here:
        registration = replace(registration, private_link_id=binding.join_link_id)
    elif link:
        state = registration.state
        registration = replace(
            registration, url=link, state=RegistrationState.OPEN if state is RegistrationState.MISSING else state
        )
    if registration == content.registration:
        return
    actor = person_actor(person_id, dbs.get(StaffMember, person_id))
    changed = replace(content, registration=registration)
    staff_edit(dbs, submission.id, changed, base.id, means, actor=actor, now=now)


def record_link_failed(dbs: Session, claimed: Claim, *, now: datetime) -> None:
    """Say that the link of a new room could not be put into the programme: somebody does it by hand."""
    binding = dbs.get_one(WebinarBinding, claimed.binding_id)
    event = dbs.get_one(Event, binding.event_id)
    message = f"The webinar of event {event.code} is made, but its link could not be put into the programme."
    raise_alarm(dbs, finding_alarm(binding.id), message, now=now)


def record_done(dbs: Session, claimed: Claim, order: Order, *, now: datetime) -> bool:
    """Write down that Zoom did it; return whether the claim was still ours. The caller commits."""
    push = _mine(dbs, claimed)
    if push is None:
        return False
    binding = dbs.get_one(WebinarBinding, push.binding_id, populate_existing=True)
    _finish(push, "done", now)
    if push.act == "update":
        # Only what was told is known there: the rest may have been changed by somebody's hand.
        told = order.made.as_sent()
        times = ("starts_at", "duration_minutes", "zone")
        names = {*order.names, *(times if order.names & set(times) else ())}
        if order.account_id is None:
            binding.sent = {**binding.sent, **{name: told[name] for name in names}}
        read_now(binding, now=now)
        clear_alarm(dbs, finding_alarm(binding.id), now=now)
        audit(
            dbs, actor=push.actor, action="update-room", kind="binding", subject_id=binding.id,
            detail={name: ["", "sent"] for name in sorted(names)}, now=now,
        )  # fmt: skip
    elif push.act == "delete":
        audit(
            dbs, actor=push.actor, action="delete-room", kind="binding", subject_id=binding.id,
            before=binding.zoom_id, now=now,
        )  # fmt: skip
        _end_registrants(dbs, binding)
    dbs.flush()
    return True


def _end_registrants(dbs: Session, binding: WebinarBinding) -> None:
    """Let go of tickets to a room that was deleted."""
    mine = ZoomRegistrant.binding_id == binding.id
    dbs.execute(update(ZoomRegistrant).where(mine).values(join_link=""))


def record_fault(dbs: Session, claimed: Claim, fault: ZoomFault, *, share: float, now: datetime) -> bool:
    """Write down why it could not be done, and when it is tried again; return whether the claim was still ours.

    ``share`` (0 to 1) spreads what failed together. The caller commits.
    """
    push = _mine(dbs, claimed)
    if push is None:
        return False
    binding = dbs.get_one(WebinarBinding, push.binding_id, populate_existing=True)
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(push.attempts - 1, 10))
    later = now + wait * (0.5 + share / 2)
    if isinstance(fault, RetryAt) and (fault.surely_not_arrived or push.act != "create"):
        _wait(dbs, push, fault.reason, max(fault.at or later, now))
    elif isinstance(fault, (RetryAt, Garbled)):
        # What was to be changed or deleted is simply told once more.
        is_unknown = push.act == "create"
        _wait(dbs, push, "unknown" if is_unknown else "server", max(later, now + UNKNOWN_FOR) if is_unknown else later)
    elif isinstance(fault, Refused) and push.act == "delete" and fault.reason == "running":
        _wait(dbs, push, "running", now + _LONGEST_WAIT)
    elif isinstance(fault, AuthLost) or (isinstance(fault, Fix) and fault.scopes):
        _wait(dbs, push, "scopes" if isinstance(fault, Fix) else "token", now + _SOMEBODY)
        _tell(dbs, binding, push.fault, now)
    else:
        push.fault = fault.reason
        _finish(push, "failed", now)
        _tell(dbs, binding, fault.reason, now)
        if push.act == "update":
            read_now(binding, now=now)
    dbs.flush()
    return True


def _tell(dbs: Session, binding: WebinarBinding, reason: str, now: datetime) -> None:
    event = dbs.get_one(Event, binding.event_id)
    words = {"scopes": "the app on Zoom lacks rights", "token": "Zoom does not let us in", "no-licence": "the host has "
             "no licence for webinars"}.get(reason, f"Zoom refuses it ({reason})")  # fmt: skip
    raise_alarm(dbs, finding_alarm(binding.id), f"The webinar of event {event.code} is held up: {words}.", now=now)


def _wait(dbs: Session, push: ZoomPush, fault: str, until: datetime) -> None:
    """Let a push wait; one of its kind that came meanwhile says the same, and takes its place."""
    other = select(ZoomPush.id).where(
        ZoomPush.binding_id == push.binding_id, ZoomPush.act == push.act, ZoomPush.state == "queued",
        ZoomPush.id != push.id,
    )  # fmt: skip
    push.fault, push.not_before = fault, until
    if dbs.scalar(other) is not None:
        _finish(push, "dropped", until)
        dbs.execute(
            update(ZoomPush)
            .where(ZoomPush.binding_id == push.binding_id, ZoomPush.act == push.act, ZoomPush.state == "queued")
            .values(fault=fault, not_before=until, attempts=push.attempts)
        )
        return
    push.state, push.claim_token, push.lease_until = "queued", None, None


def _finish(push: ZoomPush, state: str, now: datetime) -> None:
    push.state, push.done_at, push.claim_token, push.lease_until = state, now, None, None


def waiting_pushes(dbs: Session, binding_id: str) -> list[ZoomPush]:
    """Return what Zoom is still to be told of a room, and what failed last, for the page that shows it."""
    rows = dbs.scalars(
        select(ZoomPush)
        .where(ZoomPush.binding_id == binding_id, ZoomPush.state.in_(("queued", "sending", "failed")))
        .order_by(ZoomPush.created_at, ZoomPush.id)
    ).all()
    done = select(ZoomPush.created_at).where(ZoomPush.binding_id == binding_id, ZoomPush.state == "done")
    last = dbs.scalar(done.order_by(ZoomPush.created_at.desc()).limit(1))
    return [row for row in rows if row.state != "failed" or last is None or row.created_at > last]
