"""Pasted links that are looked at: which are due, and what is written down of a look.

A look is made between two transactions: a row is claimed (lease and token), the page is fetched, and the outcome is
written only while the row is still ours. Nothing of a link or page is logged or noted beside the row.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.status import hour_of
from wmd.domain.zoom.looks import BEFORE, Dates, after_look
from wmd.domain.zoom.pages import Says
from wmd.domain.zoom.states import Effect, Standing, State
from wmd.models import Event, EventSession, WebinarBinding
from wmd.secretbox import SecretBox
from wmd.services.problems import close_gone_link, report_gone_link
from wmd.services.states import audit
from wmd.services.status import is_current
from wmd.services.versions import raise_status

ACTOR: Final = "job:link-watch"
#: Longer than a whole batch of looks can take.
LEASE: Final = timedelta(minutes=10)
#: Stands in ``told_hash`` of a link whose organiser was told that it is gone.
_TOLD: Final = "gone"
#: The last look before a session: who has not been looked at since then is due, also when the session was moved here.
_LAST: Final = min(BEFORE)


class Claim(NamedTuple):
    """A link that is ours to look at until its lease is over."""

    id: str
    link: str
    token: str


def due_looks(now: datetime) -> Select[tuple[str]]:
    """Return the query for links that are to be looked at now, the most pressing first."""
    soon = exists().where(
        EventSession.event_id == WebinarBinding.event_id, EventSession.status == "scheduled",
        EventSession.starts_at > now, EventSession.starts_at <= now + _LAST,
    )  # fmt: skip
    return (
        select(WebinarBinding.id)
        .where(
            WebinarBinding.kind == "link", is_current(), WebinarBinding.link != "",
            WebinarBinding.state != State.ENDED.value, WebinarBinding.next_try_at.is_not(None),
            or_(WebinarBinding.lease_until.is_(None), WebinarBinding.lease_until < now),
            or_(WebinarBinding.next_try_at <= now, and_(soon, WebinarBinding.last_try_at <= now - _LAST)),
        )
        .order_by(WebinarBinding.next_try_at, WebinarBinding.id)
    )  # fmt: skip


def claim_looks(dbs: Session, *, now: datetime, limit: int) -> list[Claim]:
    """Claim links that are due. The caller commits."""
    found = list(dbs.scalars(due_looks(now).limit(limit).with_for_update(skip_locked=True)))
    if not found:
        return []
    token = secrets.token_hex(16)
    rows = dbs.execute(
        update(WebinarBinding)
        .where(WebinarBinding.id.in_(found))
        .values(claim_token=token, lease_until=now + LEASE)
        .returning(WebinarBinding.id, WebinarBinding.link)
        .execution_options(synchronize_session=False)
    ).all()
    return sorted(Claim(row.id, row.link, token) for row in rows)


def give_back(dbs: Session, claims: Sequence[Claim], *, until: datetime | None = None) -> None:
    """Let go of links that were not looked at; they are due as before, or at an hour. The caller commits."""
    later = {"next_try_at": until} if until is not None else {}
    for each in claims:
        dbs.execute(
            update(WebinarBinding)
            .where(WebinarBinding.id == each.id, WebinarBinding.claim_token == each.token)
            .values(claim_token=None, lease_until=None, **later)
            .execution_options(synchronize_session=False)
        )


def record_look(dbs: Session, claim: Claim, says: Says | None, *, box: SecretBox, now: datetime) -> bool:
    """Write down what a look said, if the link is still ours; tell whether it was. The caller commits.

    ``says`` is None for a link that is not looked at: it rests until another takes its place.
    """
    row = dbs.get(WebinarBinding, claim.id, with_for_update=True, populate_existing=True)
    if row is None or row.claim_token != claim.token or row.ended_at is not None or row.kind != "link":
        return False
    row.claim_token = row.lease_until = None
    if row.link != claim.link:
        # Another text for the same page; looked at anew.
        return False
    if says is None:
        row.last_try_at, row.next_try_at = now, None
        return True
    before = _shown(row)
    effect = _apply(dbs, row, says, now)
    if _shown(row) != before:
        raise_status(dbs)
    event = dbs.get_one(Event, row.event_id)
    if effect is Effect.ALARM and row.told_hash != _TOLD and event.hidden_at is None:
        row.told_hash = _TOLD
        report_gone_link(dbs, event, actor=ACTOR, box=box, now=now)
    elif effect is Effect.HEALED and row.told_hash == _TOLD:
        row.told_hash = ""
        close_gone_link(dbs, event.id, actor=ACTOR, now=now)
    dbs.flush()
    return True


def _apply(dbs: Session, row: WebinarBinding, says: Says, now: datetime) -> Effect | None:
    """Move a binding to where a look brings it, and leave an audit entry when that is another state."""
    was, could = row.state, row.registration
    standing = Standing(
        State(was), tuple(row.drift), row.fail_count, row.miss_count, row.failing_since, row.missing_since,
        row.seen_at, row.last_ok_at, row.last_try_at, row.next_try_at,
    )  # fmt: skip
    found = after_look(standing, row.registration, says, _dates(dbs, row.event_id), key=row.id, now=now)
    is_, row.registration = found.standing, found.registration
    row.state = is_.state.value
    row.fail_count, row.miss_count = is_.fail_count, is_.miss_count
    row.failing_since, row.missing_since = is_.failing_since, is_.missing_since
    row.seen_at, row.last_ok_at = is_.seen_at, is_.last_ok_at
    row.last_try_at, row.next_try_at = is_.last_try_at, is_.next_try_at
    if was != row.state or could != row.registration:
        detail = {"registration": [could, row.registration]} if could != row.registration else {}
        audit(
            dbs, actor=ACTOR, action="move", kind="binding", subject_id=row.id, before=was, after=row.state,
            detail=detail, now=now,
        )  # fmt: skip
    return found.effect


def _dates(dbs: Session, event_id: str) -> list[Dates]:
    """Return the sessions of an event that take place; one that was put off may still be given a new time."""
    rows = dbs.execute(
        select(EventSession.starts_at, EventSession.ends_at).where(
            EventSession.event_id == event_id, EventSession.status == "scheduled"
        )
    )
    return [Dates(*row) for row in rows.tuples()]


def _shown(row: WebinarBinding) -> tuple[object, ...]:
    """Return what of a binding pages say."""
    return (
        row.state in {State.GONE.value, State.TRASHED.value}, row.missing_since if row.state == "missing" else None,
        row.registration if row.registration in {"full", "closed"} else "",
        hour_of(row.seen_at) if row.seen_at is not None else None,
    )  # fmt: skip
