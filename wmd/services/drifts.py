"""Differences between programme and room as rows: opened when they are seen, closed by a decision or by themselves.

A row is never changed to say something else: another difference is another row. Nothing here changes what is public.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wmd.domain.zoom.drift import Difference, Field
from wmd.models import BindingSession, Event, EventSession, WebinarBinding, ZoomDrift
from wmd.services.states import audit

#: From so long before the start on, a new difference is told at once.
URGENT: Final = timedelta(hours=48)
#: Else at most so often.
DIGEST_EVERY: Final = timedelta(days=1)
_ORDER = {each.value: number for number, each in enumerate(Field)}


def settle(
    dbs: Session,
    binding: WebinarBinding,
    found: Sequence[Difference],
    *,
    is_read: bool = False,
    actor: str,
    now: datetime,
) -> list[ZoomDrift]:
    """Bring the rows of a binding in line with what differs now; return the open ones, the gravest first.

    ``is_read``: this is all that a room differs in now. A difference for which somebody said that ours holds stays
    decided as long as every read shows it: when one does not, either side moved, and what comes back is to be decided
    anew. One that was told before and went undecided is not told again.
    """
    digests = [each.digest for each in found]
    rows = dbs.scalars(
        select(ZoomDrift)
        .where(
            ZoomDrift.binding_id == binding.id,
            or_(ZoomDrift.state.in_(("open", "ours")), ZoomDrift.digest.in_(digests)),
        )
        .order_by(ZoomDrift.found_at, ZoomDrift.id)
    ).all()
    open_ = {row.digest: row for row in rows if row.state == "open"}
    told = {row.digest: row.told_at for row in rows if row.told_at is not None and row.closed_by is None}
    wanted = [each for each in found if not _is_kept(rows, each.digest)]
    stay = [open_[each.digest] for each in wanted if each.digest in open_]
    for row in open_.values():
        if row not in stay:
            close(dbs, row, "over", actor=actor, now=now)
    for row in rows if is_read else ():
        if row.state == "ours" and row.digest not in digests:
            _expire(dbs, row, actor, now)
    # What closes is written before what opens: one difference of a kind is open for each session.
    dbs.flush()
    for each in wanted:
        if each.digest not in open_:
            row = ZoomDrift(
                id=str(uuid.uuid4()), binding_id=binding.id, session_id=each.session_id, field=each.field.value,
                ours=dict(each.ours), theirs=dict(each.theirs), digest=each.digest, state="open", found_at=now,
                told_at=told.get(each.digest),
            )  # fmt: skip
            dbs.add(row)
            stay.append(row)
            audit(
                dbs, actor=actor, action="find-drift", kind="drift", subject_id=row.id, after="open",
                detail={"field": ["", row.field], "event": ["", binding.event_id]}, now=now,
            )  # fmt: skip
    dbs.flush()
    return in_order(stay)


def close(dbs: Session, row: ZoomDrift, state: str, *, actor: str, person_id: str | None = None, now: datetime) -> None:
    """Close a difference: ``ours``, ``theirs`` or ``over``."""
    row.state, row.closed_at, row.closed_by = state, now, person_id
    audit(
        dbs, actor=actor, action="move", kind="drift", subject_id=row.id, before="open", after=state,
        detail={"field": ["", row.field]}, now=now,
    )  # fmt: skip


def _expire(dbs: Session, row: ZoomDrift, actor: str, now: datetime) -> None:
    """Let a decision that ours holds be over with what it was about; when and by whom it was made stays."""
    row.state = "over"
    audit(
        dbs, actor=actor, action="move", kind="drift", subject_id=row.id, before="ours", after="over",
        detail={"field": ["", row.field]}, now=now,
    )  # fmt: skip


def open_drifts(dbs: Session, binding_id: str) -> list[ZoomDrift]:
    """Return the open differences of a binding, the gravest first."""
    return in_order(
        dbs.scalars(select(ZoomDrift).where(ZoomDrift.binding_id == binding_id, ZoomDrift.state == "open")).all()
    )


def in_order(rows: Sequence[ZoomDrift]) -> list[ZoomDrift]:
    """Return differences, the gravest first, then by session."""
    return sorted(rows, key=lambda row: (_ORDER[row.field], row.session_id, row.id))


def due_to_tell(dbs: Session, binding: WebinarBinding, starts_at: datetime | None, *, now: datetime) -> list[ZoomDrift]:
    """Return the open differences that somebody is to be written of now: none where all were told, or one was today.

    Inside 48 hours before the start nothing waits.
    """
    rows = open_drifts(dbs, binding.id)
    if all(row.told_at is not None for row in rows):
        return []
    last = dbs.scalars(
        select(ZoomDrift.told_at)
        .where(ZoomDrift.binding_id == binding.id, ZoomDrift.told_at.is_not(None))
        .order_by(ZoomDrift.told_at.desc())
        .limit(1)
    ).first()
    is_urgent = starts_at is not None and starts_at - now <= URGENT
    return rows if is_urgent or last is None or now - last >= DIGEST_EVERY else []


def sessions_of(dbs: Session, binding_id: str) -> dict[str, tuple[EventSession, BindingSession]]:
    """Return the sessions of a binding that take place, each with what it is in the room, by id."""
    rows = dbs.execute(
        select(EventSession, BindingSession)
        .join(BindingSession, BindingSession.session_id == EventSession.id)
        .where(BindingSession.binding_id == binding_id, EventSession.status == "scheduled")
        .order_by(EventSession.starts_at, EventSession.id)
        .execution_options(populate_existing=True)
    )
    return {session.id: (session, bound) for session, bound in rows.tuples()}


def event_of(dbs: Session, binding: WebinarBinding) -> Event:
    """Return the event of a binding as it is published now."""
    return dbs.get_one(Event, binding.event_id, populate_existing=True)


def _is_kept(rows: Sequence[ZoomDrift], digest: str) -> bool:
    """Whether the last word on this difference was that ours holds."""
    decided = [row.state for row in rows if row.digest == digest and row.state in {"ours", "theirs"}]
    return bool(decided) and decided[-1] == "ours"
