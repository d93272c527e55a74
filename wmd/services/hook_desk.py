"""Zoom's messages as staff see them: which came when, what became of each, and working on one again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.domain.zoom.hooks import shown_fields
from wmd.errors import NotAllowedMoveError
from wmd.models import WebinarBinding, ZoomWebhook
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.hook_inbox import purpose
from wmd.services.hook_work import close_alarm
from wmd.services.states import audit

PAGE: Final = 50
STATES: Final[dict[str, str]] = {
    "received": N_("waits"), "done": N_("done"), "ignored": N_("left alone"), "failed": N_("failed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HookLine:
    """One line of the list: a message, the fields that may be shown, and the standing binding of its room, if any."""

    row: ZoomWebhook
    fields: list[tuple[str, str]]
    binding_id: str


def list_hooks(dbs: Session, box: SecretBox, *, state: str = "", page: int = 1) -> tuple[list[HookLine], int]:
    """Return one page of messages, the newest first, and how many there are in all. Three queries."""
    wanted = [ZoomWebhook.state == state] if state else []
    total = dbs.scalar(select(func.count(ZoomWebhook.id)).where(*wanted)) or 0
    rows = dbs.scalars(
        select(ZoomWebhook).where(*wanted).order_by(ZoomWebhook.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    ).all()
    rooms = {row.object_id for row in rows if row.object_id}
    bindings = dbs.execute(
        select(WebinarBinding.zoom_id, WebinarBinding.id)
        .where(WebinarBinding.zoom_id.in_(rooms), WebinarBinding.zoom_id != "", WebinarBinding.ended_at.is_(None))
        .order_by(WebinarBinding.created_at, WebinarBinding.id)
    ).tuples()
    known = dict(bindings.all())
    return [HookLine(row, _fields(row, box), known.get(row.object_id, "")) for row in rows], total


def count_hooks(dbs: Session) -> Counter[str]:
    """Return how many messages are in each state."""
    states = select(ZoomWebhook.state, func.count()).group_by(ZoomWebhook.state)
    return Counter(dict(dbs.execute(states).tuples().all()))


def replay(dbs: Session, hook_id: int, *, actor: str, now: datetime) -> None:
    """Have a message worked on again. Raises NotAllowedMoveError for one that waits, or is not there."""
    row = dbs.get(ZoomWebhook, hook_id, with_for_update=True)
    if row is None or row.state == "received":
        msg = "there is no such message, or it waits already"
        raise NotAllowedMoveError(msg)
    before = row.state
    row.state, row.outcome, row.attempts, row.done_at = "received", "", 0, None
    row.claim_token = row.lease_until = None
    audit(
        dbs, actor=actor, action="replay", kind="webhook", subject_id=str(hook_id), before=before, after="received",
        now=now,
    )  # fmt: skip
    dbs.flush()
    close_alarm(dbs, now=now)


def replay_failed(dbs: Session, *, actor: str, now: datetime) -> int:
    """Have all messages worked on again that failed; return how many."""
    found = dbs.scalars(
        update(ZoomWebhook)
        .where(ZoomWebhook.state == "failed")
        .values(state="received", outcome="", attempts=0, done_at=None, claim_token=None, lease_until=None)
        .returning(ZoomWebhook.id)
        .execution_options(synchronize_session=False)
    ).all()
    for hook_id in sorted(found):
        audit(
            dbs, actor=actor, action="replay", kind="webhook", subject_id=str(hook_id), before="failed",
            after="received", now=now,
        )  # fmt: skip
    dbs.flush()
    close_alarm(dbs, now=now)
    return len(found)


def _fields(row: ZoomWebhook, box: SecretBox) -> list[tuple[str, str]]:
    """Return the fields of a message that may be shown; none once its body is gone, or its key."""
    if not row.body:
        return []
    try:
        return shown_fields(box.open(row.body, purpose=purpose(row.dedupe_key)).encode())
    except SecretBoxError:
        return []
