"""Merging duplicates: one listing, both as co-hosts; the old address leads to it, and all contacts keep access."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent, OrganiserContent
from wmd.domain.vocabulary import OrganiserRole
from wmd.errors import NotAllowedMoveError
from wmd.models import CoOrganiser, Event, Organisation, Submission
from wmd.services import hiding
from wmd.services.actors import Actor
from wmd.services.decision_mail import recipients, tell
from wmd.services.intake import read_content
from wmd.services.moderation import Seen, decide, hold, leave_desk, lock_submission, require_moderator, take_on
from wmd.services.staff_edits import approved_revision
from wmd.services.standing import Means, publish_if_due, put_standing
from wmd.services.states import audit, move


def merge_published(
    dbs: Session, submission_id: str, into_id: str, means: Means, *, actor: Actor, now: datetime
) -> None:
    """Let another published event take the place of this one. Raises NotAllowedMoveError when one is not listed."""
    first, second = sorted((submission_id, into_id))
    rows = {id_: lock_submission(dbs, id_) for id_ in (first, second)}
    submission, into = rows[submission_id], rows[into_id]
    for one in (submission, into):
        require_moderator(one, actor)
    event, target = dbs.get(Event, submission.event_id), dbs.get(Event, into.event_id)
    standing = approved_revision(dbs, submission)
    if event is None or target is None or standing is None or not _may_take_in(submission, into, target):
        msg = "both events must be listed"
        raise NotAllowedMoveError(msg)
    hiding.merge(dbs, event, target, means.setting, actor=actor.name, now=now)
    _join(dbs, submission, read_content(standing), into, means, actor=actor, now=now)


def merge_waiting(dbs: Session, seen: Seen, into_id: str, means: Means, *, actor: Actor, now: datetime) -> None:
    """Merge what still waits into a published event: it is not listed itself, its organisers become co-hosts.

    Raises NotAllowedMoveError for an edit, or when the other is not listed; DecidedMeanwhileError as every verdict.
    """
    submission, revision = hold(dbs, seen, actor)
    into = lock_submission(dbs, into_id)
    require_moderator(into, actor)
    target = dbs.get(Event, into.event_id)
    if submission.state == "approved" or target is None or not _may_take_in(submission, into, target):
        msg = "only what waits is merged into a listed event"
        raise NotAllowedMoveError(msg)
    content = read_content(revision)
    take_on(dbs, submission, actor=actor.name, now=now)
    decide(dbs, revision, "refused", moderator=actor.name, reason=f"merged: {target.code}", now=now)
    leave_desk(submission)
    move(dbs, submission, "withdrawn", actor=actor.name, now=now)
    _join(dbs, submission, content, into, means, actor=actor, now=now)


def _may_take_in(submission: Submission, into: Submission, target: Event) -> bool:
    """Whether a listing takes another in: one that is hidden, or leads on itself, would swallow it unseen."""
    if target.hidden_at is not None or target.merged_into_id is not None:
        return False
    return into.id != submission.id and into.merged_into_id is None and submission.merged_into_id is None


def _join(
    dbs: Session,
    submission: Submission,
    content: EventContent,
    into: Submission,
    means: Means,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Make the organisers of one submission co-hosts of another, and tell its contacts where it is now."""
    submission.merged_into_id = into.id
    base = approved_revision(dbs, into)
    if base is None:
        msg = f"submission {into.id} has no approved version"
        raise NotAllowedMoveError(msg)
    before = read_content(base)
    known = {organiser.key for organiser in before.organisers}
    come = [
        OrganiserContent(organiser.key, OrganiserRole.CO if organiser.role is OrganiserRole.LEAD else organiser.role)
        for organiser in content.organisers
        if organiser.key not in known
    ]
    # Who led the other listing has agreed to be named by handing it in; the others' answers are carried over.
    _carry_answers(dbs, submission, content, into, now=now)
    if come:
        after = replace(before, organisers=(*before.organisers, *come))
        put_standing(dbs, into, after, base, means, source="staff", actor=actor.name, now=now)
        publish_if_due(dbs, into, means, actor=actor.name, now=now)
    audit(
        dbs, actor=actor.name, action="merge", kind="submission", subject_id=submission.id, after=into.id, now=now
    )  # fmt: skip
    _tell_both(dbs, submission, into, actor=actor, means=means, now=now)
    dbs.flush()


def _tell_both(
    dbs: Session, submission: Submission, into: Submission, *, actor: Actor, means: Means, now: datetime
) -> None:
    """Write to the contacts of both sides where the common listing is; who answers for both gets one mail."""
    code = dbs.get_one(Event, into.event_id).code
    moved = recipients(dbs, submission)
    sides = ((submission, into, moved), (into, submission, [one for one in recipients(dbs, into) if one not in moved]))
    for side, other, to in sides:
        tell(
            dbs, side, "merged", mark=f"{submission.id}", thread="decision" if side is submission else "",
            facts={"other": other.title, "path": f"/e/{code}"}, cause=actor.name, box=means.box, now=now, to=to,
        )  # fmt: skip


def _carry_answers(
    dbs: Session, submission: Submission, content: EventContent, into: Submission, *, now: datetime
) -> None:
    leads = [organiser.key for organiser in content.organisers if organiser.role is OrganiserRole.LEAD]
    agreed = set(dbs.scalars(select(Organisation.id).where(Organisation.key.in_(leads))))
    for row in dbs.scalars(select(CoOrganiser).where(CoOrganiser.submission_id == submission.id)):
        if row.state == "confirmed":
            agreed.add(row.organisation_id)
    for organisation_id in sorted(agreed):
        known = dbs.get(CoOrganiser, (into.id, organisation_id))
        if known is None:
            dbs.add(
                CoOrganiser(
                    submission_id=into.id, organisation_id=organisation_id, state="confirmed", asked_at=now,
                    answered_at=now,
                )
            )  # fmt: skip
        elif known.state == "asked":
            known.state, known.answered_at = "confirmed", now
    dbs.flush()
