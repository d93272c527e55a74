"""The one function that changes a state, and the audit entry that every change leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from wmd.domain.states import may_move
from wmd.errors import NotAllowedMoveError
from wmd.models import AuditEntry, EventSession, Registration, Revision, Submission


def audit(
    dbs: Session,
    *,
    actor: str,
    action: str,
    kind: str,
    subject_id: str,
    before: str = "",
    after: str = "",
    detail: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    """Add one audit entry. ``before``, ``after`` and ``detail`` hold states, ids and settings, never a person's data.

    ``actor`` is ``person:<id>``, ``import``, ``command`` or ``job:<name>``; ``detail`` maps a field to ``[old, new]``.
    """
    dbs.add(
        AuditEntry(
            at=now, actor=actor, action=action, subject_kind=kind, subject_id=subject_id, before=before, after=after,
            detail=dict(detail or {}),
        )
    )  # fmt: skip


_MACHINES: Mapping[type, tuple[str, str]] = {
    Submission: ("submission", "state"), Revision: ("revision", "state"), EventSession: ("session", "status"),
    Registration: ("registration", "state"),
}  # fmt: skip


def move(
    dbs: Session, subject: Submission | Revision | EventSession | Registration, to: str, *, actor: str, now: datetime
) -> None:
    """Move a submission, revision, event session or registration to another state and audit it.

    Raises NotAllowedMoveError when its table has no such move. A move to the present state does nothing.
    """
    machine, attribute = _MACHINES[type(subject)]
    before = getattr(subject, attribute)
    if before == to:
        return
    if not may_move(machine, before, to):
        msg = f"a {machine} cannot go from {before!r} to {to!r}"
        raise NotAllowedMoveError(msg)
    setattr(subject, attribute, to)
    audit(dbs, actor=actor, action="move", kind=machine, subject_id=subject.id, before=before, after=to, now=now)
