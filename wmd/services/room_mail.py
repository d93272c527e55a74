"""Mails about rooms: what differs, a room that is gone, an account that Zoom refuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.zoom.drift import snapshot_digest
from wmd.models import Event, Organisation, Submission, WebinarBinding, ZoomAccount, ZoomDrift
from wmd.secretbox import SecretBox
from wmd.services.contacts import contact_ids
from wmd.services.decision_mail import recipients
from wmd.services.outbox import put_message
from wmd.services.staff import staff_who_see


def tell_drift(
    dbs: Session,
    binding: WebinarBinding,
    event: Event,
    rows: Sequence[ZoomDrift],
    *,
    cause: str,
    box: SecretBox,
    now: datetime,
) -> int:
    """Write to who organises an event, and to the staff who look after it, what differs; return how many mails.

    One that is not out yet is taken back by the newer one, which says everything that is open.
    """
    drifts = [row.id for row in rows]
    pages = dict.fromkeys(staff_who_see(dbs, event), f"/staff/rooms/{binding.id}")
    submission = _submission(dbs, event)
    if submission is not None:
        pages |= dict.fromkeys(recipients(dbs, submission), f"/organiser/submissions/{submission.id}/room")
    put = 0
    for person_id, path in sorted(pages.items()):
        key = f"room-differs:{binding.id}:{now.isoformat()}:{person_id}"
        put += put_message(
            dbs, kind="room-differs", dedupe_key=key, cause=cause, person_id=person_id,
            subject_id=submission.id if submission else "", edition_id=event.edition_id,
            facts={"path": path, "drifts": drifts}, thread=f"room-differs:{binding.id}:{person_id}", box=box, now=now,
        ) is not None  # fmt: skip
    for row in rows:
        row.told_at = row.told_at or now
    binding.told_hash = snapshot_digest({"drifts": sorted(row.digest for row in rows)})
    dbs.flush()
    return put


def tell_lost(dbs: Session, binding: WebinarBinding, event: Event, *, cause: str, box: SecretBox, now: datetime) -> int:
    """Write to who organises an event that its room is gone, or to a partner that its account is; return how many."""
    if binding.state == "auth_lost":
        account = dbs.get(ZoomAccount, binding.account_id)
        return tell_account(dbs, account, cause=cause, box=box, now=now) if account is not None else 0
    submission = _submission(dbs, event)
    put = 0
    if binding.state == "unreachable":
        return _tell_refused(dbs, binding, event, submission, cause=cause, box=box, now=now)
    for person_id in recipients(dbs, submission) if submission is not None else []:
        key = f"room-lost:{binding.id}:{binding.zoom_id}:{binding.state}:{now.isoformat()}:{person_id}"
        put += put_message(
            dbs, kind="room-lost", dedupe_key=key, cause=cause, person_id=person_id,
            subject_id=submission.id if submission else "", edition_id=event.edition_id,
            facts={"path": "/organiser/submissions/{subject}/room", "loss": binding.state},
            thread=f"room-lost:{binding.id}:{person_id}", box=box, now=now,
        ) is not None  # fmt: skip
    return put


def _tell_refused(
    dbs: Session,
    binding: WebinarBinding,
    event: Event,
    submission: Submission | None,
    *,
    cause: str,
    box: SecretBox,
    now: datetime,
) -> int:
    """Write once that Zoom shows us a room no more: again only after it was read in between."""
    since = binding.last_ok_at.isoformat() if binding.last_ok_at is not None else ""
    put = 0
    for person_id in recipients(dbs, submission) if submission is not None else []:
        put += put_message(
            dbs, kind="room-refused", dedupe_key=f"room-refused:{binding.id}:{binding.zoom_id}:{since}:{person_id}",
            cause=cause, person_id=person_id, subject_id=submission.id if submission else "",
            edition_id=event.edition_id, facts={"path": "/organiser/submissions/{subject}/room"}, box=box, now=now,
        ) is not None  # fmt: skip
    return put


def tell_account(dbs: Session, account: ZoomAccount, *, cause: str, box: SecretBox, now: datetime) -> int:
    """Write once to the contacts of a partner whose account Zoom refuses; that ours is refused is an alarm."""
    organisation = dbs.get(Organisation, account.organisation_id) if account.organisation_id else None
    if account.kind != "partner" or organisation is None:
        return 0
    since = (account.lost_at or now).date()
    put = 0
    for person_id in contact_ids(dbs, organisation.id):
        put += put_message(
            dbs, kind="zoom-lost", dedupe_key=f"zoom-lost:{account.id}:{since}:{person_id}", cause=cause,
            person_id=person_id, subject_id=organisation.id,
            facts={"path": f"/organiser/organisations/{organisation.code}/zoom"}, box=box, now=now,
        ) is not None  # fmt: skip
    return put


def _submission(dbs: Session, event: Event) -> Submission | None:
    return dbs.scalars(select(Submission).where(Submission.event_id == event.id)).first()
