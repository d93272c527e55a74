"""Handing in: a proposal becomes a Submission and an immutable Revision. An import comes the same way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.content import SCHEMA_VERSION, EventContent
from wmd.domain.content_json import event_from_json, event_to_json, upcast
from wmd.domain.identities import adopt, without_claims
from wmd.errors import NotPublishableError
from wmd.models import Edition, Event, Revision, Submission
from wmd.services.states import audit, move


def read_content(revision: Revision) -> EventContent:
    """Return a revision's content as a value; older schema versions are upcast on reading."""
    content, findings = event_from_json(upcast(revision.content, revision.schema_version), "content")
    if content is None:
        msg = f"revision {revision.id} cannot be read: {findings[0].say() if findings else 'unknown'}"
        raise NotPublishableError(msg)
    return content


def latest_revision(dbs: Session, submission: Submission) -> Revision | None:
    """Return the newest revision of a submission, whatever its state."""
    return dbs.scalars(
        select(Revision).where(Revision.submission_id == submission.id).order_by(Revision.number.desc()).limit(1)
    ).first()


def standing_revision(dbs: Session, submission: Submission) -> Revision | None:
    """Return the newest approved revision of a submission, or while there is none the newest of all.

    An import is laid beside this one: a revision that still waits for its decision is not what the programme holds.
    """
    approved = dbs.scalars(
        select(Revision).where(Revision.submission_id == submission.id, Revision.state == "approved")
    ).first()
    return approved or latest_revision(dbs, submission)


def find_submission(dbs: Session, edition: Edition, key: str, code: str = "") -> Submission | None:
    """Return the submission that an external key names in an edition; without a key, that of the event's code.

    What was handed in through a form has no external key, and its export names it by its public code.
    """
    wanted = select(Submission).where(Submission.edition_id == edition.id)
    if key:
        wanted = wanted.where(Submission.key == key)
    elif code:
        wanted = wanted.join(Event, Event.id == Submission.event_id).where(Event.code == code)
    else:
        return None
    return dbs.scalars(wanted).first()


def hand_in(
    dbs: Session, edition: Edition, content: EventContent, *, source: str, actor: str, mint: Mint, now: datetime
) -> Revision | None:
    """Make a submission (or find it by the content's key or code) and its next revision, in state pending.

    Ids are adopted from the previous revision: the newest, but for an import the standing one. Returns None when
    nothing differs from that revision, which is how a repeated import changes nothing.
    """
    submission = find_submission(dbs, edition, content.key, content.code)
    find_previous = standing_revision if source == "import" else latest_revision
    previous = find_previous(dbs, submission) if submission else None
    before = read_content(previous) if previous else None
    full = without_claims(adopt(content, before, mint))
    if before is not None and source == "import":
        # A file says nothing of these: what was said through the form stays.
        full = replace(
            full, image=before.image, answers=before.answers, review=before.review,
            public_reason=full.public_reason or before.public_reason,
        )  # fmt: skip
    if before is not None and full == before:
        return None
    if submission is None:
        submission = Submission(
            id=mint.uuid(), edition_id=edition.id, key=content.key or None, source=source, state="submitted",
            event_id=mint.uuid(), created_at=now,
        )  # fmt: skip
        dbs.add(submission)
        audit(
            dbs, actor=actor, action="submit", kind="submission", subject_id=submission.id, before="",
            after="submitted", now=now,
        )  # fmt: skip
        dbs.flush()
    return next_revision(dbs, submission, full, base=previous, source=source, actor=actor, mint=mint, now=now)


def next_revision(
    dbs: Session,
    submission: Submission,
    content: EventContent,
    *,
    base: Revision | None,
    source: str,
    actor: str,
    mint: Mint,
    now: datetime,
    form_token: str | None = None,
    decided: bool = False,
) -> Revision:
    """Add a submission's next revision in state pending, and note its title and facets for the desk's lists.

    ``content`` has all its ids (:func:`adopt`). One that still waits for a person is superseded, except by an
    import, which is decided on at once beside it, and by one of staff that is ``decided``: approved from the start.
    """
    waiting = [base] if base is not None and base.state == "pending" and not decided else []
    if source != "import" and not decided:
        waiting = list(
            dbs.scalars(
                select(Revision).where(
                    Revision.submission_id == submission.id, Revision.state == "pending", Revision.source != "import"
                )
            )
        )
    for one in waiting:
        move(dbs, one, "superseded", actor=actor, now=now)
    # Written first: the database holds that only one revision of a submission waits for a person.
    dbs.flush()
    number = dbs.scalar(select(func.max(Revision.number)).where(Revision.submission_id == submission.id)) or 0
    revision = Revision(
        id=mint.uuid(), submission_id=submission.id, number=number + 1, kind="event",
        state="approved" if decided else "pending", base_revision_id=base.id if base else None,
        schema_version=SCHEMA_VERSION, content=event_to_json(content),
        source=source, actor=actor, form_token=form_token, created_at=now,
    )  # fmt: skip
    dbs.add(revision)
    submission.title = content.texts[content.language].title
    submission.language, submission.region, submission.topics = content.language, content.region, list(content.topics)
    dbs.flush()
    return revision
