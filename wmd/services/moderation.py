"""Deciding on a revision: a moderator's verdict, appended, and the moves that follow from it.

Two moderators, or a moderator and an organiser, may be at the same thing at once. So who decides says what it was
looking at (:class:`Seen`), the submission's row is held, and whoever comes second is told what the first did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.errors import NotAllowedMoveError, WmdError
from wmd.models import AuditEntry, Decision, Revision, Submission
from wmd.services.actors import Actor
from wmd.services.states import audit, move

Verdict = Literal["approved", "partly approved", "refused", "changes requested"]

#: A submission in one of these is a staff member's to decide on.
OPEN_STATES = ("unconfirmed", "submitted", "in review", "changes requested")
#: Where a submission stands whose published version has an edit, in place of ``approved``.
EDIT_WAITS, EDIT_CHANGES = "edit waiting", "edit changes requested"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a moderator was looking at: the submission, its revision that waits, and where it stood (see standing).

    ``decision_id`` is the last verdict on that revision (0: none yet), so that asking for changes twice is noticed.
    """

    submission_id: str
    revision_id: str
    state: str
    decision_id: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """What somebody else did meanwhile. ``what`` is a verdict, a state, ``claimed`` or ``newer revision``."""

    what: str
    by: str
    at: datetime


class DecidedMeanwhileError(WmdError):
    """Somebody else was first; nothing was changed. Look at it again."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(f"{conflict.what} meanwhile")
        self.conflict = conflict


class NotYoursError(WmdError):
    """A staff member's role, regions or languages do not reach this."""


def decide(
    dbs: Session,
    revision: Revision,
    verdict: Verdict,
    *,
    moderator: str,
    reason: str = "",
    reasons: Sequence[str] = (),
    own: str = "",
    taken: Sequence[str] = (),
    now: datetime,
) -> Decision:
    """Record a verdict on a pending revision; an approved one supersedes the approved one before it.

    Raises NotAllowedMoveError when the revision is no longer pending. Publishing is a step of its own.
    """
    if revision.state != "pending":
        msg = f"revision {revision.id} is {revision.state}: it was decided on already"
        raise NotAllowedMoveError(msg)
    submission = dbs.get_one(Submission, revision.submission_id)
    if verdict == "approved":
        supersede_standing(dbs, submission, actor=moderator, now=now)
    if verdict != "changes requested":
        move(dbs, revision, verdict, actor=moderator, now=now)
    if verdict == "approved":
        move(dbs, submission, "approved", actor=moderator, now=now)
    decision = Decision(
        revision_id=revision.id, verdict=verdict, moderator=moderator, reason=reason, reasons=list(reasons),
        own=own, taken=list(taken), decided_at=now,
    )  # fmt: skip
    dbs.add(decision)
    dbs.flush()
    return decision


def supersede_standing(dbs: Session, submission: Submission, *, actor: str, now: datetime) -> None:
    """Let the approved revision of a submission make room for the next one."""
    standing = select(Revision).where(Revision.submission_id == submission.id, Revision.state == "approved")
    for other in dbs.scalars(standing):
        move(dbs, other, "superseded", actor=actor, now=now)
    # Written first: the database holds that only one revision of a submission stands.
    dbs.flush()


def waiting_revision(dbs: Session, submission_id: str) -> Revision | None:
    """Return the revision of a submission that waits for a person."""
    return dbs.scalars(
        select(Revision).where(
            Revision.submission_id == submission_id, Revision.state == "pending", Revision.source != "import"
        )
    ).first()


def last_decision(dbs: Session, revision_id: str) -> Decision | None:
    """Return the newest decision on a revision."""
    return dbs.scalars(
        select(Decision).where(Decision.revision_id == revision_id).order_by(Decision.id.desc()).limit(1)
    ).first()


def seen_now(dbs: Session, submission: Submission, waiting: Revision) -> Seen:
    """Return what a moderator sees of a submission at this moment."""
    decision = last_decision(dbs, waiting.id)
    return Seen(submission.id, waiting.id, standing(submission, waiting, decision), decision.id if decision else 0)


def standing(submission: Submission, waiting: Revision | None, decision: Decision | None) -> str:
    """Return where a submission stands for the desk: its state, and of an approved one where its edit stands."""
    if submission.state != "approved" or waiting is None:
        return submission.state
    return EDIT_CHANGES if decision is not None else EDIT_WAITS


def lock_submission(dbs: Session, submission_id: str) -> Submission:
    """Read a submission anew and hold its row until the transaction ends.

    PostgreSQL locks the row; a transaction on SQLite has the whole file from its first statement.
    """
    return dbs.get_one(Submission, submission_id, with_for_update=True, populate_existing=True)


def hold(dbs: Session, seen: Seen, actor: Actor) -> tuple[Submission, Revision]:
    """Hold a submission for a verdict; return it and the revision to decide on.

    Raises NotYoursError for whom it is none of, and DecidedMeanwhileError when it is no longer as it was seen.
    """
    submission = lock_submission(dbs, seen.submission_id)
    require_moderator(submission, actor)
    revision = dbs.get(Revision, seen.revision_id, populate_existing=True)
    if revision is None or revision.submission_id != submission.id:
        msg = "this revision belongs to another submission"
        raise NotAllowedMoveError(msg)
    if (conflict := _conflict(dbs, seen, submission, revision, actor)) is not None:
        raise DecidedMeanwhileError(conflict)
    return submission, revision


def require_moderator(submission: Submission, actor: Actor) -> None:
    """Raise NotYoursError unless this is a moderator whose regions and languages reach the submission."""
    allowed = actor.role in {"moderator", "administrator"} and actor.may_see(submission.region, submission.language)
    if not allowed:
        msg = f"{actor.name} may not decide on submission {submission.id}"
        raise NotYoursError(msg)


def _conflict(dbs: Session, seen: Seen, submission: Submission, revision: Revision, actor: Actor) -> Conflict | None:
    decision = last_decision(dbs, revision.id)
    if revision.state == "superseded":
        newer = dbs.scalars(
            select(Revision)
            .where(Revision.submission_id == submission.id, Revision.number > revision.number)
            .order_by(Revision.number)
            .limit(1)
        ).first()
        if newer is not None:
            return Conflict("newer revision", newer.actor, newer.created_at)
    if revision.state != "pending" and decision is not None:
        return Conflict(decision.verdict, decision.moderator, decision.decided_at)
    if standing(submission, revision, decision) != seen.state or (decision.id if decision else 0) != seen.decision_id:
        if decision is not None:
            return Conflict(decision.verdict, decision.moderator, decision.decided_at)
        return _last_move(dbs, submission)
    if submission.claimed_by not in {None, actor.person_id} and submission.claimed_at is not None:
        return Conflict("claimed", f"person:{submission.claimed_by}", submission.claimed_at)
    return None


def _last_move(dbs: Session, submission: Submission) -> Conflict:
    entry = dbs.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_id == submission.id, AuditEntry.after == submission.state)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    if entry is None:
        return Conflict(submission.state, "", submission.created_at)
    return Conflict(submission.state, entry.actor, entry.at)


def take_on(dbs: Session, submission: Submission, *, actor: str, now: datetime) -> None:
    """Let staff take on what its sender has not confirmed: from now on it is submitted, and no term ends it."""
    if submission.state == "unconfirmed":
        submission.confirm_until = None
        move(dbs, submission, "submitted", actor=actor, now=now)


def leave_desk(submission: Submission) -> None:
    """Take a submission off the desk: nobody holds it, and nobody waits for staff."""
    submission.waiting_since = submission.claimed_by = submission.claimed_at = None
    submission.flags = [flag for flag in submission.flags if flag not in {"urgent"}]


def claim(dbs: Session, submission_id: str, *, actor: Actor, take_over: bool = False, now: datetime) -> Submission:
    """Take a submission on; what is submitted is then in review.

    Raises DecidedMeanwhileError when somebody else has it, unless ``take_over``; NotYoursError for whom it is none of.
    """
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    _hand(dbs, submission, actor.person_id, actor, take_over=take_over, now=now)
    take_on(dbs, submission, actor=actor.name, now=now)
    if submission.state == "submitted":
        move(dbs, submission, "in review", actor=actor.name, now=now)
    dbs.flush()
    return submission


def hand_over(dbs: Session, submission_id: str, to_person_id: str, *, actor: Actor, now: datetime) -> None:
    """Give a submission to another moderator. The caller has seen to it that this is one."""
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    _hand(dbs, submission, to_person_id, actor, take_over=False, now=now)
    dbs.flush()


def release(dbs: Session, submission_id: str, *, actor: Actor, now: datetime) -> None:
    """Put a submission back for anybody to take on; nothing happens when nobody has it."""
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    _hand(dbs, submission, None, actor, take_over=False, now=now)
    dbs.flush()


def _hand(
    dbs: Session, submission: Submission, to: str | None, actor: Actor, *, take_over: bool, now: datetime
) -> None:
    before = submission.claimed_by
    if submission.state in {"rejected", "withdrawn"}:
        raise DecidedMeanwhileError(_last_move(dbs, submission))
    if before not in {None, actor.person_id} and not take_over and submission.claimed_at is not None:
        raise DecidedMeanwhileError(Conflict("claimed", f"person:{before}", submission.claimed_at))
    if before == to:
        return
    submission.claimed_by, submission.claimed_at = to, now if to else None
    audit(
        dbs, actor=actor.name, action="claim", kind="submission", subject_id=submission.id, before=before or "",
        after=to or "", now=now,
    )  # fmt: skip
