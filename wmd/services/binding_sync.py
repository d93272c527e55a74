"""Reading rooms: claim what is due, and write down what Zoom said. Asking is the job's, between two transactions.

A claim is a token with a lease; what was read is written only ``WHERE`` the token is still ours. A hint that comes
while a room is being read makes it due again: the answer may be older than the hint.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.zoom import drift, states
from wmd.domain.zoom.answers import Room, RoomKind
from wmd.domain.zoom.drift import Comparison, Ours, OurSession, Registration
from wmd.domain.zoom.faults import AuthLost, Fix, Gone, Refused, RetryAt, ZoomFault
from wmd.domain.zoom.hooks import is_of_one_date
from wmd.domain.zoom.states import Effect, Frame, Outcome, Seen, Sign, Standing, State
from wmd.models import BindingSession, Event, EventText, PrivateLink, WebinarBinding, ZoomWebhook
from wmd.secretbox import SecretBox
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.bindings import READ_KINDS, room_alarm
from wmd.services.drifts import due_to_tell, event_of, open_drifts, sessions_of, settle
from wmd.services.hook_inbox import body_of
from wmd.services.private_links import YEAR, forget_former_link, keep_link, open_link
from wmd.services.room_mail import tell_drift, tell_lost
from wmd.services.states import audit
from wmd.services.versions import raise_status
from wmd.services.zoom_accounts import LOST, alarm_key

ACTOR: Final = "job:zoom-sync"
#: Longer than any batch takes that is read with all its time limits.
LEASE: Final = timedelta(minutes=5)
#: What Zoom's webhooks say of a room's life, and which sign a read that finds nothing is then.
_LIFE: Final = {"deleted": Sign.DELETED, "permanently_deleted": Sign.ERASED, "recovered": Sign.GONE}
_LIFE_EVENTS: Final = [f"{kind.value}.{what}" for kind in RoomKind for what in _LIFE]
#: So many of its messages are looked through for one that is of the whole room.
_MOST_MESSAGES: Final = 20
#: Limits of ours or of Zoom's, as against faults.
_LIMITS: Final = frozenset({"rate", "daily", "circuit", "budget"})


class Claim(NamedTuple):
    """A binding that is ours to read until the lease is over. ``room`` is what the room was when last read."""

    id: str
    account_id: str
    room: RoomKind
    zoom_id: str
    host_id: str
    state: str
    miss_count: int
    missing_since: datetime | None
    token: str
    began_at: datetime


#: What a room says that the trail, which forgets nothing, does not hold.
_NOT_IN_TRAIL: Final = frozenset({"topic", "uuid", "host_id", "registration_url"})


@dataclass(frozen=True, slots=True)
class SyncMeans:
    """What writing down needs beside the database. ``share`` gives a random part of some seconds.

    ``note_change`` is called for each room of which Zoom says something else than when it was last read.
    """

    box: SecretBox
    mint: Mint
    share: Callable[[float], float]
    note_change: Callable[[], None] = lambda: None


def due_accounts(dbs: Session, *, now: datetime, only: str = "") -> list[str]:
    """Return the accounts through which something is to be read now. ``only``: that one binding, due or not."""
    found = dbs.scalars(select(WebinarBinding.account_id).where(is_due(now, only)).distinct())
    return sorted(each for each in found if each is not None)


def claim(dbs: Session, *, now: datetime, limit: int, accounts: Collection[str], only: str = "") -> list[Claim]:
    """Claim up to ``limit`` bindings of these accounts that are due, those that somebody waits for first.

    ``only``: this one, due or not. The caller commits.
    """
    ids = dbs.scalars(
        select(WebinarBinding.id)
        .where(is_due(now, only), WebinarBinding.account_id.in_(accounts))
        .order_by(WebinarBinding.hinted_at.is_(None), WebinarBinding.next_try_at, WebinarBinding.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    token = secrets.token_hex(16)
    rows = dbs.execute(
        update(WebinarBinding)
        .where(WebinarBinding.id.in_(ids))
        .values(claim_token=token, lease_until=now + LEASE)
        .returning(
            WebinarBinding.id, WebinarBinding.account_id, WebinarBinding.kind, WebinarBinding.room,
            WebinarBinding.snapshot, WebinarBinding.zoom_id, WebinarBinding.host_id, WebinarBinding.state,
            WebinarBinding.miss_count, WebinarBinding.missing_since,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    found = {}
    for id_, account_id, how, room, kept, zoom_id, host_id, state, misses, since in rows.tuples():
        # What a room is, Zoom says at every read: a host may have converted it.
        kind = RoomKind(str(kept.get("kind") or room or RoomKind.WEBINAR.value))
        # A partner's token is a user's: Zoom takes no other name than "me" with it.
        host = "me" if how == "connected" else str(kept.get("host_id") or host_id)
        found[id_] = Claim(id_, str(account_id), kind, zoom_id, host, state, misses, since, token, now)
    return [found[id_] for id_ in ids]


def is_due(now: datetime, only: str = "") -> ColumnElement[bool]:
    """Return what makes a binding one that is read now, by whoever comes first. ``only``: that one, due or not."""
    return and_(
        WebinarBinding.ended_at.is_(None), WebinarBinding.kind.in_(READ_KINDS), WebinarBinding.zoom_id != "",
        or_(WebinarBinding.lease_until.is_(None), WebinarBinding.lease_until <= now),
        WebinarBinding.id == only if only else WebinarBinding.next_try_at <= now,
    )  # fmt: skip


def release(dbs: Session, claims: Sequence[Claim]) -> None:
    """Give claimed bindings back as they are. The caller commits."""
    for each in claims:
        dbs.execute(
            update(WebinarBinding)
            .where(WebinarBinding.id == each.id, WebinarBinding.claim_token == each.token)
            .values(claim_token=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )


def wants_list(claimed: Claim, now: datetime) -> bool:
    """Whether it is time to ask a host's list, when this room is not found once more."""
    since = claimed.missing_since
    return (
        claimed.state == State.MISSING.value
        and since is not None
        and claimed.miss_count + 1 >= states.MISSES
        and now - since >= states.MISSED_FOR
    )


def record_room(dbs: Session, claimed: Claim, room: Room, means: SyncMeans, *, now: datetime) -> bool:
    """Write down a room as it was just read; return whether the claim was still ours. The caller commits."""
    binding = _mine(dbs, claimed)
    if binding is None:
        return False
    event, frame = event_of(dbs, binding), _frame(dbs, binding, means, now)
    was = Registration(binding.registration)
    capacity = binding.snapshot.get("capacity")
    registration = drift.registration_of(room, was, capacity if isinstance(capacity, int) else 0)
    _keep_join_link(dbs, binding, room, means, now)
    comparison = drift.compare(_ours(dbs, binding, event, means.box, now), room, registration)
    before, was_lost = _public_side(dbs, binding), binding.state == State.AUTH_LOST.value
    is_over = states.is_over(frame, now)
    differences = () if is_over else comparison.differences
    open_ = settle(dbs, binding, differences, is_read=not is_over, actor=ACTOR, now=now)
    names = tuple(dict.fromkeys(row.field for row in open_))
    outcome = states.follow(_standing(binding), Seen(Sign.READ, names), frame, now=now)
    hash_was = binding.snapshot_hash
    _keep_answer(dbs, binding, room, comparison, now)
    if binding.snapshot_hash != hash_was:
        means.note_change()
    _apply(dbs, binding, claimed, outcome, now)
    _act(dbs, binding, event, outcome, means, now)
    if was_lost:
        clear_alarm(dbs, alarm_key(claimed.account_id), now=now)
    if told := due_to_tell(dbs, binding, frame.starts_at, now=now):
        tell_drift(dbs, binding, event, told, cause=ACTOR, box=means.box, now=now)
    _tell_readers(dbs, binding, before)
    return True


def record_fault(
    dbs: Session,
    claimed: Claim,
    fault: ZoomFault,
    means: SyncMeans,
    *,
    is_listed: bool | None = None,
    now: datetime,
) -> bool:
    """Write down why a room could not be read; return whether the claim was still ours. The caller commits.

    ``is_listed``: whether it stands in its host's list, if that was asked.
    """
    binding = _mine(dbs, claimed)
    if binding is None:
        return False
    event, frame = event_of(dbs, binding), _frame(dbs, binding, means, now)
    before = _public_side(dbs, binding)
    sign = _sign_of(fault)
    if sign is Sign.GONE:
        sign = _life_sign(dbs, binding, means.box)
    retry_at = fault.at if isinstance(fault, RetryAt) else None
    seen = Seen(sign, retry_at=retry_at, is_listed=is_listed)
    outcome = states.follow(_standing(binding), seen, frame, now=now)
    if outcome.standing.state is State.ENDED:
        settle(dbs, binding, (), actor=ACTOR, now=now)
    if isinstance(fault, Fix) and fault.scopes:
        # Rights that are missing lose no account, but its rooms cannot be read all the same.
        raise_alarm(dbs, alarm_key(claimed.account_id), LOST, now=now)
    _apply(dbs, binding, claimed, outcome, now, fault)
    _act(dbs, binding, event, outcome, means, now)
    _tell_readers(dbs, binding, before)
    return True


def _mine(dbs: Session, claimed: Claim) -> WebinarBinding | None:
    """Return the row of a claim, held, if it is still ours."""
    return dbs.scalars(
        select(WebinarBinding)
        .where(
            WebinarBinding.id == claimed.id, WebinarBinding.claim_token == claimed.token,
            WebinarBinding.zoom_id == claimed.zoom_id, WebinarBinding.ended_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()  # fmt: skip


def _sign_of(fault: ZoomFault) -> Sign:
    if isinstance(fault, Gone):
        return Sign.GONE
    if isinstance(fault, AuthLost) or (isinstance(fault, Fix) and fault.scopes):
        return Sign.AUTH_LOST
    if isinstance(fault, Fix | Refused):
        return Sign.REFUSED
    return Sign.LIMITED if isinstance(fault, RetryAt) and fault.reason in _LIMITS else Sign.FAILED


def _life_sign(dbs: Session, binding: WebinarBinding, box: SecretBox) -> Sign:
    """Return what Zoom itself, signed, last said became of a room that is not found.

    What it said before a good read is over: that read showed that the room was there again, or still.
    """
    since = binding.last_ok_at
    told = ZoomWebhook.received_at > since if since else ZoomWebhook.received_at >= binding.created_at
    rows = dbs.scalars(
        select(ZoomWebhook)
        .where(ZoomWebhook.object_id == binding.zoom_id, ZoomWebhook.event.in_(_LIFE_EVENTS), told)
        .order_by(ZoomWebhook.event_ts.desc(), ZoomWebhook.id.desc())
        .limit(_MOST_MESSAGES)
    )
    last = next((row.event for row in rows if not is_of_one_date(body_of(row, box))), "")
    return _LIFE[last.partition(".")[2]] if last else Sign.GONE


def _frame(dbs: Session, binding: WebinarBinding, means: SyncMeans, now: datetime) -> Frame:
    """Return when the event is: its next session that is not over, else its last."""
    held = [session for session, _ in sessions_of(dbs, binding.id).values()]
    ahead = [each for each in held if each.ends_at > now]
    shown = ahead[0] if ahead else held[-1] if held else None
    return Frame(binding.id, shown.starts_at if shown else None, shown.ends_at if shown else None, means.share)


def _ours(dbs: Session, binding: WebinarBinding, event: Event, box: SecretBox, now: datetime) -> Ours:
    sessions = [
        OurSession(
            each.id,
            each.starts_at,
            each.ends_at,
            each.all_day,
            bound.occurrence_id,
            bound.is_matched,
            each.ends_at <= now,
        )
        for each, bound in sessions_of(dbs, binding.id).values()
    ]
    titles = dbs.execute(
        select(EventText.body, EventText.language).where(EventText.owner_id == event.id, EventText.field == "title")
    ).tuples()
    in_order = sorted(titles, key=lambda each: (each[1] != event.language, each[1]))
    # The link of a room that we made holds whatever was pasted before.
    has_own = event.private_link_id is not None and binding.kind != "managed"
    link = dbs.get(PrivateLink, event.private_link_id) if has_own else None
    return Ours(
        sessions=sessions, link=event.registration_url, titles=[title for title, _ in in_order],
        registration="" if event.registration_here else event.registration_state, kind=binding.room,
        host_id=binding.host_id, join_link=open_link(box, link) if link is not None else "",
        join_ids=(event.private_link_id or "", binding.join_link_id or ""),
    )  # fmt: skip


def _standing(binding: WebinarBinding) -> Standing:
    return Standing(
        state=State(binding.state), drift=tuple(binding.drift), fail_count=binding.fail_count,
        miss_count=binding.miss_count, failing_since=binding.failing_since, missing_since=binding.missing_since,
        seen_at=binding.seen_at, last_ok_at=binding.last_ok_at, last_try_at=binding.last_try_at,
        next_try_at=binding.next_try_at,
    )  # fmt: skip


def _apply(
    dbs: Session,
    binding: WebinarBinding,
    claimed: Claim,
    outcome: Outcome,
    now: datetime,
    fault: ZoomFault | None = None,
) -> None:
    """Write a standing into its row, let go of the claim, and leave an entry where the state is another."""
    after, state_was = outcome.standing, binding.state
    for name in (
        "fail_count", "miss_count", "failing_since", "missing_since", "seen_at", "last_ok_at", "last_try_at",
        "next_try_at",
    ):  # fmt: skip
        setattr(binding, name, getattr(after, name))
    binding.state, binding.drift = after.state.value, list(after.drift)
    binding.claim_token = binding.lease_until = None
    if binding.hinted_at is not None and binding.hinted_at > claimed.began_at and after.state is not State.ENDED:
        # The hint may be of something that happened after the answer.
        binding.next_try_at = min(binding.next_try_at or now, now)
    elif binding.hinted_at is not None:
        binding.hinted_at = None
    if binding.state != state_was:
        audit(
            dbs, actor=ACTOR, action="move", kind="binding", subject_id=binding.id, before=state_was,
            after=binding.state, detail=_tracked(fault), now=now,
        )  # fmt: skip


def _tracked(fault: ZoomFault | None) -> dict[str, list[str]]:
    """Return the number under which Zoom's support finds what it answered, where it gave one."""
    return {"tracking": ["", fault.tracking_id]} if fault is not None and fault.tracking_id else {}


def _keep_answer(
    dbs: Session,
    binding: WebinarBinding,
    room: Room,
    comparison: Comparison,
    now: datetime,
) -> None:
    """Keep what Zoom said to compare the next answer with, and leave an entry with what changed."""
    kept = drift.snapshot(room, comparison.registration)
    if changes := drift.changed(binding.snapshot, kept):
        # A title may name people, and who is host may take back that we know it: the trail says that they changed.
        detail = {name: ["", "changed"] if name in _NOT_IN_TRAIL else both for name, both in changes.items()}
        audit(
            dbs, actor=ACTOR, action="read-room", kind="binding", subject_id=binding.id, detail=detail, now=now
        )  # fmt: skip
        binding.snapshot, binding.snapshot_hash = kept, drift.snapshot_digest(kept)
    binding.registration, binding.zoom_uuid = comparison.registration.value, room.uuid
    binding.room, binding.host_id = binding.room or room.kind.value, binding.host_id or room.host_id
    for row in dbs.scalars(select(BindingSession).where(BindingSession.binding_id == binding.id)):
        row.occurrence_id = comparison.occurrences.get(row.session_id, row.occurrence_id)
        row.is_matched = row.session_id == comparison.matched_id


def _keep_join_link(dbs: Session, binding: WebinarBinding, room: Room, means: SyncMeans, now: datetime) -> None:
    """Seal a room's private link; a row of its own stands for each link, so that its id tells two apart."""
    if room.join_url:
        # Kept as long as that of the event's last session is needed, and not that of its next.
        ends = [session.ends_at for session, _ in sessions_of(dbs, binding.id).values()]
        former = binding.join_link_id
        binding.join_link_id = keep_link(
            dbs, means.box, room.join_url, known_id=former, ends_at=max(ends, default=None),
            latest_at=now + YEAR, mint=means.mint, now=now,
        )  # fmt: skip
        if former != binding.join_link_id:
            forget_former_link(dbs, former, now=now)


def _act(
    dbs: Session, binding: WebinarBinding, event: Event, outcome: Outcome, means: SyncMeans, now: datetime
) -> None:
    """Do what a move asks for."""
    # That an account is refused is an alarm of its own, once for all its rooms (``zoom_accounts.py``).
    if Effect.ALARM in outcome.effects and outcome.standing.state is not State.AUTH_LOST:
        message = f"The room of event {event.code} is not on Zoom any more: its link leads nowhere."
        if outcome.standing.state is State.UNREACHABLE:
            message = (
                f"Zoom does not show us the room of event {event.code} any more: what changes there is not noticed."
            )
        raise_alarm(dbs, room_alarm(binding.id), message, now=now)
    if Effect.TELL_HOST in outcome.effects:
        tell_lost(dbs, binding, event, cause=ACTOR, box=means.box, now=now)
    if Effect.HEALED in outcome.effects or outcome.standing.state is State.ENDED:
        clear_alarm(dbs, room_alarm(binding.id), now=now)


def _tell_readers(dbs: Session, binding: WebinarBinding, before: _PublicSide) -> None:
    """Raise the status's version where readers see something else."""
    dbs.flush()
    if _public_side(dbs, binding) != before:
        raise_status(dbs)


class _PublicSide(NamedTuple):
    """What readers can see of a binding: the hour in which its link was seen, and which times differ."""

    state: str
    registration: str
    seen_at: datetime | None
    times: frozenset[str]


def _public_side(dbs: Session, binding: WebinarBinding) -> _PublicSide:
    shown = binding.state if binding.state in {"missing", "gone", "trashed", "ended"} else ""
    seen_at = binding.seen_at.replace(minute=0, second=0, microsecond=0) if binding.seen_at else None
    rows = open_drifts(dbs, binding.id) if "time" in binding.drift else []
    times = frozenset(row.digest for row in rows if row.field == "time")
    return _PublicSide("gone" if shown == "trashed" else shown, binding.registration, seen_at, times)
