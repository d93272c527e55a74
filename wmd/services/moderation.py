"""Deciding on a revision: a moderator's verdict, appended, and the moves that follow from it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.errors import NotAllowedMoveError
from wmd.models import Decision, Revision, Submission
from wmd.services.states import move

Verdict = Literal["approved", "refused"]


def decide(
    dbs: Session, revision: Revision, verdict: Verdict, *, moderator: str, reason: str = "", now: datetime
) -> Decision:
    """Record a verdict on a pending revision; the approved one before it is superseded.

    Raises NotAllowedMoveError when the revision is no longer pending. Publishing is a step of its own.
    """
    if revision.state != "pending":
        msg = f"revision {revision.id} is {revision.state}: it was decided on already"
        raise NotAllowedMoveError(msg)
    submission = dbs.get_one(Submission, revision.submission_id)
    if verdict == "approved":
        earlier = dbs.scalars(
            select(Revision).where(
                Revision.submission_id == submission.id,
                Revision.id != revision.id,
                Revision.state == "approved",
            )
        )
        for other in earlier:
            move(dbs, other, "superseded", actor=moderator, now=now)
        # Written first: the database holds that only one revision of a submission stands.
        dbs.flush()
    move(dbs, revision, verdict, actor=moderator, now=now)
    if verdict == "approved":
        move(dbs, submission, "approved", actor=moderator, now=now)
    decision = Decision(revision_id=revision.id, verdict=verdict, moderator=moderator, reason=reason, decided_at=now)
    dbs.add(decision)
    dbs.flush()
    return decision
