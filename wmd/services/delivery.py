"""Sending what waits in the outbox: claim, look once more and mark, hand over, write down how it ended.

A claim is a token with a lease. Whoever holds it may mark the row as handed over (``handoff_at``) and write the
outcome, each only ``WHERE`` the token is still theirs: a worker that slept past its lease changes nothing. The
handover itself happens between two commits, never inside a transaction. What crashed before the mark was certainly
not sent; what crashed after it is uncertain, and its kind says what happens then (``mail_kinds.py``).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.db import Pen, Prepared, among
from wmd.domain.mail_handover import Outcome
from wmd.domain.mail_kinds import BULK, KINDS, URGENT
from wmd.models import (
    MailSwitch,
    Message,
    Person,
    Suppression,
)
from wmd.services.attendee_checks import Depends
from wmd.services.handover_checks import marking, wanted

LEASE: Final = timedelta(minutes=5)
#: A handover is begun only while the lease has this much room; all limits of the way out together are shorter.
ROOM: Final = timedelta(seconds=60)
#: Waits between tries grow up to this, so that ten minutes after a fault is over nothing waits any more.
LONGEST_WAIT: Final = timedelta(minutes=5)
FIRST_WAIT: Final = timedelta(seconds=20)
#: What is too late within this time overtakes what can wait.
_PRESSING: Final = timedelta(hours=2)
#: Refusals of an address after which it gets no mail any more.
HARD_BOUNCES: Final = 3
#: Why an address gets no mail: its server refused it, or took it and sent it back.
REFUSED: Final = "hard bounces"
RETURNED: Final = "returned mails"
#: Said with these very words, so that both databases see that the partial index ``ix_messages_due`` has all such rows.
_OPEN: Final = text("messages.state IN ('queued','sending')")
_URGENT: Final = sorted(kind.name for kind in KINDS.values() if kind.priority == URGENT)
_BULK: Final = sorted(kind.name for kind in KINDS.values() if kind.priority == BULK)
_TWICE: Final = sorted(kind.name for kind in KINDS.values() if kind.resend_uncertain)
_FREE: Final[dict[str, Any]] = {"claim_token": None, "lease_until": None}
_OVER: Final[dict[str, Any]] = {**_FREE, "sealed": ""}


class Claim(NamedTuple):
    """A row that is ours until ``lease_until``, as it was read when it was claimed."""

    id: str
    kind: str
    person_id: str | None
    edition_id: int | None
    subject_id: str
    facts: dict[str, Any]
    sealed: str
    attempts: int
    uncertain_at: datetime | None
    not_after: datetime | None
    message_id: str
    created_at: datetime
    token: str
    lease_until: datetime


class Ready(NamedTuple):
    """A claimed row with its mail, and what was read for it: the mark is made only if that still holds.

    ``address`` is the person's as it was read; ``submission_id`` is empty when it is about none. ``has_bounced``: the
    address was refused before. ``event_version`` is that of the published event it tells of: any publication or hiding
    of that event raises it. ``depends``: what a mail about a session depends on besides.
    ``hold_until``: when to look again at one that shall not go out yet.
    """

    claim: Claim
    reader: str
    data: bytes
    digest: str
    address: str = ""
    submission_id: str = ""
    submission_state: str = ""
    revision_number: int = 0
    has_bounced: bool = False
    event_id: str = ""
    event_version: int = 0
    depends: Depends | None = None
    hold_until: datetime | None = None


def due(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return what makes a row one that a worker may claim now."""
    return and_(
        _OPEN, Message.not_before <= now, literal_column("messages.state") == literal_column("'queued'"),
        Message.held_at.is_(None),
    )  # fmt: skip


#: Finds rows that a worker may claim now (``p_now``), the oldest first, and locks them; passes over those that another
#: worker has. The statements that each batch needs are put together once.
FIND_DUE: Final = (
    select(Message.id)
    .where(due(bindparam("p_now", type_=Message.not_before.type)))
    .order_by(Message.not_before)
    .limit(bindparam("p_limit", type_=Integer))
    .with_for_update(skip_locked=True)
)  # fmt: skip
#: The same of what many do not get at once.
FIND_NORMAL: Final = FIND_DUE.where(Message.kind.not_in(_BULK))
_IS_URGENT: Final = Message.kind.in_(_URGENT)
#: The urgent kinds, then what is worth nothing any more at ``p_soon``: what ends soonest first. Most rows are neither,
#: so that these few are put in order beside the index.
FIND_PRESSING: Final = (
    FIND_NORMAL.where(or_(_IS_URGENT, Message.not_after <= bindparam("p_soon", type_=Message.not_after.type)))
    .order_by(None)
    .order_by(case((_IS_URGENT, 0), else_=1), case((_IS_URGENT, Message.not_before), else_=Message.not_after))
)
_CLAIM: Final = (
    update(Message)
    .where(among(Message.id, "p_ids"))
    .values(
        state="sending", claim_token=bindparam("p_token"), handoff_at=None, attempts=Message.attempts + 1,
        lease_until=bindparam("p_until", type_=Message.lease_until.type),
    )
    .returning(*(getattr(Message, name) for name in Claim._fields if name not in {"token", "lease_until"}))
    .execution_options(synchronize_session=False)
)  # fmt: skip


def claim(dbs: Session, *, now: datetime, limit: int) -> list[Claim]:
    """Claim up to ``limit`` due rows. The caller commits.

    The urgent kinds come first, then what would soon be too late, then the oldest, and what many get at the end: a
    letter to thousands holds up no reminder. Nothing is claimed while all mail is held.
    """
    if is_held(dbs):
        return []
    asked = {"p_now": now, "p_limit": limit}
    found = list(dbs.scalars(FIND_PRESSING, {**asked, "p_soon": now + _PRESSING}))
    for rest in (FIND_NORMAL, FIND_DUE):
        if len(found) < limit:
            already = set(found)
            found += [each for each in dbs.scalars(rest, asked) if each not in already][: limit - len(found)]
    if not found:
        return []
    token, until = secrets.token_hex(16), now + LEASE
    rows = dbs.execute(_CLAIM, {"p_ids": found, "p_token": token, "p_until": until}).all()
    place = {identity: number for number, identity in enumerate(found)}
    return sorted((Claim._make((*row, token, until)) for row in rows), key=lambda each: place[each.id])


def is_held(dbs: Session) -> bool:
    """Tell whether all mail is held."""
    return dbs.scalar(select(MailSwitch.id).where(MailSwitch.held_at.is_not(None)).limit(1)) is not None


_END = (
    update(Message)
    .where(Message.id == bindparam("p_id"), Message.claim_token == bindparam("p_token"))
    .execution_options(synchronize_session=False)
)
_SENT = Prepared(
    _END.values(
        state=literal_column("'sent'"), sent_at=bindparam("p_at", type_=Message.sent_at.type), claim_token=null(),
        lease_until=null(), **dict.fromkeys(("reason", "last_error", "sealed"), literal_column("''")),
    )
)  # fmt: skip


def _run(dbs: Session | Pen, statement: Prepared, values: dict[str, Any]) -> bool:
    """Run one of the two statements of each mail; tell whether it changed its row."""
    return statement.run(dbs.connection() if isinstance(dbs, Session) else dbs, values) == 1


def mark(dbs: Session | Pen, ready: Ready, *, now: datetime) -> bool:
    """Mark a row as being handed over, if it is still ours and all that was read for it still holds.

    Cancelled, held, expired, suppressed, erased and changed since it was read are all asked in this one statement, so
    that nothing can come between the look and the mark. It is committed before the handover.
    """
    claim = ready.claim
    values = {
        "p_id": claim.id, "p_token": claim.token, "p_room": now + ROOM, "p_now": now, "p_digest": ready.digest,
        "p_person": claim.person_id, "p_address": ready.address, "p_submission": ready.submission_id,
        "p_state": ready.submission_state, "p_number": ready.revision_number, "p_event": ready.event_id,
        "p_version": ready.event_version,
    }  # fmt: skip
    if ready.depends is not None:
        values |= ready.depends.values()
    statement = marking(
        claim.kind, claim.person_id is not None, bool(ready.submission_id), bool(ready.event_id),
        ready.depends is not None,
    )  # fmt: skip
    return _run(dbs, statement, values)


def record_sent(dbs: Session | Pen, claim: Claim, *, now: datetime) -> bool:
    """Write down that the server took a mail, if the row is still ours; tell whether it was."""
    return _run(dbs, _SENT, {"p_id": claim.id, "p_token": claim.token, "p_at": now})


def record(
    dbs: Session, claim: Claim, outcome: Outcome, *, now: datetime, jitter: Callable[[float], float], digest: str = ""
) -> str:
    """Write down how a handover ended, if the row is still ours; return the state it is in now, or a blank.

    ``jitter`` returns a random share of the seconds it is given. A row whose outcome is unknown goes out once more or
    never, as its kind says. The caller commits.
    """
    if outcome.verdict == "accepted":
        return "sent" if record_sent(dbs, claim, now=now) else ""
    if outcome.verdict == "later":
        wait = min(FIRST_WAIT * 2 ** min(claim.attempts - 1, 10), LONGEST_WAIT)
        later = now + timedelta(seconds=jitter(wait.total_seconds()))
        return _end(dbs, claim, "queued", not_before=later, handoff_at=None, last_error=outcome.code, **_FREE)
    if outcome.verdict == "unknown":
        return _end(dbs, claim, *_uncertain(claim, now, outcome.code))
    if outcome.bounced and digest:
        count_bounce(dbs, digest, now)
    reason = "the address was refused" if outcome.bounced else "the mail was refused"
    return _end(dbs, claim, "failed", reason=reason, handoff_at=None, last_error=outcome.code, **_OVER)


def _end(dbs: Session, claim: Claim, state: str, values: dict[str, Any] | None = None, **more: object) -> str:
    done = dbs.execute(_END.values(state=state, **(values or {}), **more), {"p_id": claim.id, "p_token": claim.token})
    return state if done.rowcount == 1 else ""  # type: ignore[attr-defined]


def _uncertain(claim: Claim, now: datetime, code: str) -> tuple[str, dict[str, Any]]:
    """Return state and values for a row that may or may not have reached the server."""
    seen = {"uncertain_at": claim.uncertain_at or now, "last_error": code}
    if KINDS[claim.kind].resend_uncertain and claim.uncertain_at is None:
        return "queued", {**seen, **_FREE, "handoff_at": None, "not_before": now}
    return "failed", {**seen, **_OVER, "reason": "nobody knows whether the server has it"}


def give_up(dbs: Session, claim: Claim, state: str, reason: str) -> str:
    """End a claimed row that shall not go out: skipped, cancelled, expired or failed. The caller commits."""
    return _end(dbs, claim, state, reason=reason, handoff_at=None, **_OVER)


def release(dbs: Session, claims: Sequence[Claim]) -> None:
    """Give back claimed rows that were not handed over; they are due as before. The caller commits."""
    for each in claims:
        dbs.execute(
            _END.where(Message.handoff_at.is_(None)).values(state="queued", attempts=Message.attempts - 1, **_FREE),
            {"p_id": each.id, "p_token": each.token},
        )


def postpone(dbs: Session, claim: Claim, until: datetime) -> None:
    """Give back a claimed row that was not handed over, for later: its reader's domain rests, or it waits for something
    to be settled. The caller commits.
    """
    dbs.execute(
        _END.where(Message.handoff_at.is_(None)).values(
            state="queued", attempts=Message.attempts - 1, not_before=until, **_FREE
        ),
        {"p_id": claim.id, "p_token": claim.token},
    )


def why_not(dbs: Session, ready: Ready, *, now: datetime) -> tuple[str, str]:
    """Return the state and reason for a row that could not be marked; blanks when it may be read and tried anew.

    ``("lost", …)``: it is not ours any more. ``("queued", …)``: it must wait.
    """
    row = dbs.execute(
        select(
            Message.claim_token, Message.held_at, Message.lease_until, Message.not_after,
            wanted(ready.claim.kind).label("wanted"), Person.erased_at, Person.address,
        )
        .select_from(Message)
        .outerjoin(Person, Person.id == Message.person_id)
        .where(Message.id == ready.claim.id)
    ).one()  # fmt: skip
    if row.claim_token != ready.claim.token:
        return "lost", ""
    if row.held_at is not None or row.lease_until <= now + ROOM or is_held(dbs):
        return "queued", ""
    gone = ready.claim.person_id is not None and (row.erased_at is not None or not row.address)
    against = (
        ("expired", "it came too late", row.not_after is not None and row.not_after <= now),
        ("skipped", "the person has no address any more", gone),
        ("cancelled", "no longer wanted", not row.wanted),
        ("skipped", "the address gets no mail any more", is_suppressed(dbs, ready.digest)),
    )
    return next(((state, reason) for state, reason, holds in against if holds), ("", ""))


def is_suppressed(dbs: Session, digest: str) -> bool:
    """Tell whether an address, by its keyed digest, gets no mail any more."""
    found = select(Suppression.digest).where(Suppression.digest == digest, Suppression.since_at.is_not(None))
    return dbs.scalar(found) is not None


def count_bounce(dbs: Session, digest: str, now: datetime, *, is_returned: bool = False, at_once: bool = False) -> None:
    """Count a refusal of an address, or with ``is_returned`` a mail that came back; after some it gets no more.

    In one statement: two workers may come with an address's first refusals at once. The caller commits.
    """
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    reason = RETURNED if is_returned else REFUSED
    first = make(Suppression).values(digest=digest, reason=reason, bounces=1)
    more: dict[str, Any] = {"bounces": Suppression.bounces + 1, **({"reason": reason} if is_returned else {})}
    dbs.execute(first.on_conflict_do_update(index_elements=["digest"], set_=more))
    dbs.execute(
        update(Suppression)
        .where(
            Suppression.digest == digest, Suppression.bounces >= (1 if at_once else HARD_BOUNCES),
            Suppression.since_at.is_(None),
        )
        .values(since_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


_BOUNCED = select(Suppression.digest).where(among(Suppression.digest, "p_digests"), Suppression.bounces > 0)


def bounced_among(dbs: Session, digests: Sequence[str]) -> set[str]:
    """Return the digests among some whose addresses were refused before."""
    return set(dbs.scalars(_BOUNCED, {"p_digests": list(digests)}))


def forgive(dbs: Session, digest: str) -> None:
    """Forget the refusals of an address that took a mail again.

    Not of one whose mails came back: a server that passes mail on takes each, and learns later.
    """
    dbs.execute(
        update(Suppression)
        .where(
            Suppression.digest == digest,
            Suppression.since_at.is_(None),
            Suppression.bounces > 0,
            Suppression.reason != RETURNED,
        )
        .values(bounces=0)
        .execution_options(synchronize_session=False)
    )


def recover(dbs: Session, *, now: datetime, limit: int = 200) -> int:
    """Bring back rows whose lease is over, and end those that came too late; return how many. The caller commits.

    Without a handoff mark a row was certainly not sent. With one it is uncertain: out once more, or never.
    """
    overdue = (
        select(Message.id)
        .where(_OPEN, literal_column("messages.state") == literal_column("'sending'"), Message.lease_until < now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = list(dbs.scalars(overdue))
    again = or_(Message.handoff_at.is_(None), and_(Message.kind.in_(_TWICE), Message.uncertain_at.is_(None)))
    uncertain = case((Message.handoff_at.is_not(None), now), else_=Message.uncertain_at)
    mine = update(Message).where(Message.id.in_(found)).execution_options(synchronize_session=False)
    if found:
        dbs.execute(
            mine.where(~again).values(
                state="failed", uncertain_at=uncertain, reason="nobody knows whether the server has it", **_OVER
            )
        )
        dbs.execute(
            mine.where(Message.state == "sending").values(
                state="queued", uncertain_at=uncertain, handoff_at=None, not_before=now, **_FREE
            )
        )
    late = select(Message.id).where(
        _OPEN, literal_column("messages.state") == literal_column("'queued'"), Message.not_before <= now,
        Message.not_after <= now,
    ).limit(limit).with_for_update(skip_locked=True)  # fmt: skip
    ended = list(dbs.scalars(late))
    if ended:
        dbs.execute(
            update(Message)
            .where(Message.id.in_(ended))
            .values(state="expired", reason="it came too late", **_OVER)
            .execution_options(synchronize_session=False)
        )
    return len(found) + len(ended)


def address_digest(secret: str) -> Callable[[str], str]:
    """Return what makes a keyed digest of an address: the list of suppressed ones holds no address."""
    key = secret.encode()
    return lambda address: hmac.digest(key, f"address {address}".encode(), "sha256").hex()
