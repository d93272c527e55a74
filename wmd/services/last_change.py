"""What became of an organiser's last change of a published event, for the page of that event."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.changesets import Change, changes
from wmd.models import Decision, Revision, Submission
from wmd.services.intake import read_content


@dataclass(frozen=True, slots=True)
class LastChange:
    """What was taken of a change, what not, and why in the words its organiser was written."""

    taken: tuple[Change, ...]
    left: tuple[Change, ...]
    reason: str


def last_change(dbs: Session, submission: Submission) -> LastChange | None:
    """Return what became of the last change, unless all of it was taken or it still waits."""
    if submission.state != "approved":
        return None
    last = dbs.scalars(
        select(Revision)
        .where(Revision.submission_id == submission.id, Revision.source.in_(("form", "organiser")))
        .order_by(Revision.number.desc())
        .limit(1)
    ).first()
    if last is None or last.state not in {"partly approved", "refused"} or last.base_revision_id is None:
        return None
    decision = dbs.scalars(
        select(Decision)
        .where(Decision.revision_id == last.id, Decision.verdict.in_(("partly approved", "refused")))
        .order_by(Decision.id.desc())
    ).first()
    if decision is None:
        return None
    base = dbs.get_one(Revision, last.base_revision_id)
    offered = changes(read_content(base), read_content(last))
    taken = tuple(change for change in offered if change.path in decision.taken)
    return LastChange(taken, tuple(change for change in offered if change not in taken), decision.reason)
