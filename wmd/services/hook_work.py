"""Working on Zoom's messages: each is a hint to look, and what is then read decides.

They are claimed in the order in which they came, with a lease; one that fails is tried three times, then it waits for
a person. That an app may do nothing any more is the one message that is believed: it can only take rights away.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.domain.zoom.hooks import Meaning, client_of, meaning_of
from wmd.models import ZoomWebhook
from wmd.secretbox import SecretBox
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.bindings import hint_room, reconcile_soon
from wmd.services.hook_inbox import purpose

ACTOR: Final = "job:zoom-webhooks"
LEASE: Final = timedelta(minutes=2)
#: So often one is tried, and so long it waits after a failure, each time longer.
TRIES: Final = 3
WAIT: Final = timedelta(minutes=1)
ALARM: Final = "zoom-webhooks"
FAILED: Final = N_("A message that Zoom sent could not be worked on. The page of Zoom’s messages lists it.")

#: What became of a message, in the row and in words on the staff's page.
OUTCOMES: Final = {
    "read": N_("room is read anew"),
    "registrants": N_("registrants are compared anew"),
    "no-room": N_("no room of ours"),
    "not-wanted": N_("nothing for us"),
    "ended": N_("partner’s account taken out"),
    "no-account": N_("no account we know"),
    "error": N_("failed"),
}


class HookClaim(NamedTuple):
    """A message that is ours to work on until the lease is over."""

    id: int
    token: str


class HookMeans(NamedTuple):
    """What working needs: ``end_account`` takes a partner's account out (account, user) and returns how many."""

    box: SecretBox
    partner_client: str
    end_account: Callable[[Session, str, str, datetime], int]


def is_due(now: datetime) -> ColumnElement[bool]:
    """Return what makes a message one that is worked on now."""
    return and_(ZoomWebhook.state == "received", or_(ZoomWebhook.lease_until.is_(None), ZoomWebhook.lease_until <= now))


def claim_hooks(dbs: Session, *, now: datetime, limit: int) -> list[HookClaim]:
    """Claim up to ``limit`` messages in the order in which they came. The caller commits."""
    ids = dbs.scalars(
        select(ZoomWebhook.id)
        .where(is_due(now))
        .order_by(ZoomWebhook.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    token = secrets.token_hex(16)
    dbs.execute(
        update(ZoomWebhook)
        .where(ZoomWebhook.id.in_(ids))
        .values(claim_token=token, lease_until=now + LEASE, attempts=ZoomWebhook.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return [HookClaim(id_, token) for id_ in ids]


def release_hooks(dbs: Session, claims: list[HookClaim]) -> None:
    """Give claimed messages back as they are. The caller commits."""
    for each in claims:
        dbs.execute(
            update(ZoomWebhook)
            .where(ZoomWebhook.id == each.id, ZoomWebhook.claim_token == each.token)
            .values(claim_token=None, lease_until=None, attempts=ZoomWebhook.attempts - 1)
            .execution_options(synchronize_session=False)
        )


def work_on(dbs: Session, claimed: HookClaim, means: HookMeans, *, now: datetime) -> bool:
    """Do what a message asks; return whether it was still ours. The caller commits."""
    row = _mine(dbs, claimed)
    if row is None:
        return False
    if row.attempts > TRIES:
        msg = "whoever worked on this was killed each time"
        raise RuntimeError(msg)
    outcome = _act(dbs, row, means, now)
    row.state = "done" if outcome in {"read", "registrants", "ended"} else "ignored"
    row.outcome, row.done_at, row.claim_token, row.lease_until = outcome, now, None, None
    dbs.flush()
    return True


def note_failure(dbs: Session, claimed: HookClaim, *, now: datetime) -> bool:
    """Let a message be tried again later, or leave it to a person; return whether it is the latter.

    The caller commits.
    """
    row = _mine(dbs, claimed)
    if row is None:
        return False
    row.claim_token, row.lease_until = None, now + WAIT * row.attempts
    if row.attempts < TRIES:
        dbs.flush()
        return False
    row.state, row.outcome, row.done_at, row.lease_until = "failed", "error", now, None
    raise_alarm(dbs, ALARM, FAILED, now=now)
    return True


def close_alarm(dbs: Session, *, now: datetime) -> None:
    """Close the alarm where no message is left that failed."""
    if not dbs.scalar(select(exists().where(ZoomWebhook.state == "failed"))):
        clear_alarm(dbs, ALARM, now=now)


def _act(dbs: Session, row: ZoomWebhook, means: HookMeans, now: datetime) -> str:
    meaning = meaning_of(row.event)
    if meaning is Meaning.ROOM:
        return "read" if hint_room(dbs, row.object_id, zoom_account=row.zoom_account, now=now) else "no-room"
    if meaning is Meaning.REGISTRANTS:
        return "registrants" if reconcile_soon(dbs, row.object_id) else "no-room"
    if meaning is Meaning.DEAUTHORISED:
        return _deauthorise(dbs, row, means, now)
    return "not-wanted"


def _deauthorise(dbs: Session, row: ZoomWebhook, means: HookMeans, now: datetime) -> str:
    """Take a partner's account out. Only for the app that partners connect to, and for that one user."""
    said = json.loads(means.box.open(row.body, purpose=purpose(row.dedupe_key))) if row.body else {}
    if not means.partner_client or client_of(said) != means.partner_client or not row.object_id:
        return "not-wanted"
    return "ended" if means.end_account(dbs, row.zoom_account, row.object_id, now) else "no-account"


def _mine(dbs: Session, claimed: HookClaim) -> ZoomWebhook | None:
    return dbs.scalars(
        select(ZoomWebhook)
        .where(
            ZoomWebhook.id == claimed.id, ZoomWebhook.claim_token == claimed.token, ZoomWebhook.state == "received"
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()  # fmt: skip
