"""Comparing the people of a room with Zoom's own lists, once a night: who was let in, denied, or taken out there.

Whom we did not register is counted by a digest of the address and nothing else, as long as the room is of use.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import delete, exists, insert, or_, select
from sqlalchemy.orm import Session

from wmd.domain.zoom.answers import RoomKind
from wmd.models import BindingSession, EventSession, WebinarBinding, ZoomRegistrant
from wmd.secretbox import SecretBox
from wmd.services.registrant_pushes import AGAIN_AT_NIGHT, Found, next_start, settle

#: Rooms that one run compares; the next tick goes on.
MOST: Final = 20
#: Zoom's lists may lag so long behind what it answered.
LAG: Final = timedelta(minutes=10)
_READABLE: Final = ("ok", "drift", "checking", "unreachable")
_CHUNK: Final = 500


class Compared(NamedTuple):
    """A room whose people are to be compared."""

    id: str
    account_id: str
    kind: RoomKind
    zoom_id: str


def claim_rooms(dbs: Session, *, now: datetime) -> list[Compared]:
    """Return rooms whose people were not compared today (UTC), and take them. The caller commits."""
    today = now.astimezone(UTC).date()
    comes = exists().where(
        BindingSession.binding_id == WebinarBinding.id, EventSession.id == BindingSession.session_id,
        EventSession.status == "scheduled", EventSession.ends_at > now,
    )  # fmt: skip
    people = exists().where(ZoomRegistrant.binding_id == WebinarBinding.id)
    rows = dbs.scalars(
        select(WebinarBinding)
        .where(
            WebinarBinding.ended_at.is_(None), WebinarBinding.zoom_id != "", WebinarBinding.state.in_(_READABLE),
            WebinarBinding.registration != "none", comes,
            or_(WebinarBinding.reconciled_on.is_(None), WebinarBinding.reconciled_on < today),
            or_(WebinarBinding.push, WebinarBinding.kind == "managed", people),
        )
        .order_by(WebinarBinding.id)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    for row in rows:
        row.reconciled_on = today
    dbs.flush()
    return [
        Compared(
            row.id, row.account_id or "", RoomKind(str(row.snapshot.get("kind") or row.room or "webinar")), row.zoom_id
        )
        for row in rows
    ]


def try_again(dbs: Session, room: Compared, *, wanted: bool) -> None:
    """Let a room be compared at the next tick, since its lists could not be read. The caller commits."""
    if wanted:
        dbs.get_one(WebinarBinding, room.id, populate_existing=True).reconciled_on = None


def reconcile(
    dbs: Session, room: Compared, everybody: Mapping[str, Found], box: SecretBox, *, began_at: datetime, now: datetime
) -> None:
    """Bring the people of a room in line with Zoom's lists, which were asked for from ``began_at`` on.

    Who is on the way there or back is left alone, but looked up first where Zoom has them already. The caller commits.
    """
    rows = dbs.scalars(
        select(ZoomRegistrant)
        .where(ZoomRegistrant.binding_id == room.id)
        .order_by(ZoomRegistrant.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    starts_at = next_start(dbs, room.id, now)
    for row in rows:
        if row.registration_id is not None:
            _compare(dbs, row, everybody.get(row.address_key), box, starts_at, began_at, now)
    _count_others(dbs, room, rows_of={row.address_key: row for row in rows}, everybody=everybody, now=now)


def _compare(
    dbs: Session,
    row: ZoomRegistrant,
    found: Found | None,
    box: SecretBox,
    starts_at: datetime | None,
    began_at: datetime,
    now: datetime,
) -> None:
    if row.state == "rejected" and row.fault in AGAIN_AT_NIGHT and found is None:
        row.state, row.fault, row.attempts, row.not_before = "queued", "", 0, now
        return
    if row.state in {"queued", "parked"} and found is not None:
        # Zoom has them, from a time before this row: they are looked up again, and not sent a second time.
        row.sent_at = row.sent_at or now
        return
    if row.state not in {"registered", "pending", "rejected"}:
        return
    # What was settled while the lists were read, or shortly before, they may not have yet.
    if row.not_before > began_at - LAG and (row.state == "registered" or found is None):
        return
    if found is None:
        if row.state != "rejected":
            settle(dbs, row, Found("", "gone"), box, starts_at=starts_at, now=now)
        return
    if row.state == "rejected" and not row.zoom_registrant:
        # They found the way themselves: what is not of our making is never taken back there.
        row.source = "zoom"
    wanted = {"approved": "registered", "pending": "pending"}.get(found.status, "rejected")
    if row.state != wanted or (wanted == "registered" and not row.join_link):
        settle(dbs, row, found, box, starts_at=starts_at, now=now)


def _count_others(
    dbs: Session,
    room: Compared,
    *,
    rows_of: Mapping[str, ZoomRegistrant],
    everybody: Mapping[str, Found],
    now: datetime,
) -> None:
    """Keep a row for whom we did not register: a digest, and whether they are let in."""
    theirs = {key: found for key, found in everybody.items() if found.status in {"approved", "pending"}}
    left = [row.id for key, row in rows_of.items() if row.registration_id is None and key not in theirs]
    for start in range(0, len(left), _CHUNK):
        dbs.execute(
            delete(ZoomRegistrant).where(
                ZoomRegistrant.id.in_(left[start : start + _CHUNK]), ZoomRegistrant.source == "zoom"
            )
        )
    new = []
    for key, found in theirs.items():
        state = "registered" if found.status == "approved" else "pending"
        known = rows_of.get(key)
        if known is not None:
            if known.source == "zoom" and known.registration_id is None:
                known.state = state
            continue
        new.append(
            {
                "id": str(uuid.uuid4()), "binding_id": room.id, "address_key": key, "source": "zoom", "state": state,
                "zoom_registrant": found.id, "not_before": now, "created_at": now,
            }
        )  # fmt: skip
    for start in range(0, len(new), _CHUNK):
        dbs.execute(insert(ZoomRegistrant), new[start : start + _CHUNK])
    dbs.flush()
