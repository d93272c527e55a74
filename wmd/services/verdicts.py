"""The verdicts of the desk: approve, ask for changes, refuse, take some of an edit; each with its mails.

Nothing here is decided twice: :func:`moderation.hold` locks the submission and compares it with what was seen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wmd.domain.changesets import changes, take
from wmd.domain.content import EventContent
from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Decision, FieldComment, Note, Organisation, Revision, Submission
from wmd.services.actors import Actor
from wmd.services.decision_mail import tell, words_of
from wmd.services.field_words import change_facts
from wmd.services.intake import latest_revision, next_revision, read_content
from wmd.services.moderation import Seen, decide, hold, leave_desk, lock_submission, require_moderator, take_on
from wmd.services.outbox import withdraw_messages
from wmd.services.private_links import forget_links_of
from wmd.services.profiles import settle_profiles
from wmd.services.standing import Means, publish_if_due, put_standing, require_sound
from wmd.services.states import audit, move

#: The thread of a submission's decisions: a newer one takes back the mail of an older one that is not out yet.
THREAD = "decision"


@dataclass(frozen=True, slots=True)
class Said:
    """What a moderator says with a verdict: slugs of canned reasons, own words, and remarks on fields by path."""

    reasons: tuple[str, ...] = ()
    own: str = ""
    comments: tuple[tuple[str, str], ...] = field(default=())


def approve(
    dbs: Session,
    seen: Seen,
    means: Means,
    *,
    actor: Actor,
    now: datetime,
    publish_on: datetime | None = None,
) -> Decision:
    """Approve what was seen, and publish it: now, or from ``publish_on`` (a job does that).

    An edit is laid over what stands by now. Raises InvalidContentError with what stops a publication; the caller
    rolls back. A ``publish_on`` that is over is one of these things.
    """
    submission, revision = hold(dbs, seen, actor)
    return approve_held(dbs, submission, revision, means, actor=actor.name, now=now, publish_on=publish_on)


def approve_held(
    dbs: Session,
    submission: Submission,
    revision: Revision,
    means: Means,
    *,
    actor: str,
    now: datetime,
    publish_on: datetime | None = None,
    silent: bool = False,
) -> Decision:
    """Approve a revision of a submission that is held already; ``silent``: without a mail."""
    if publish_on is not None and publish_on <= now:
        text = N_("This is over already. Choose a moment still to come, or no day: then it is shown at once.")
        raise InvalidContentError([Finding("publish-on.past", Level.ERROR, "publish_day", text)])
    base, proposed, standing = versions(dbs, submission, revision)
    is_edit = submission.state == "approved"
    merged = proposed
    if standing is not None and base is not None and base != standing:
        merged = take(base, proposed, standing, [change.path for change in changes(base, proposed)])
    require_sound(dbs, submission, merged)
    take_on(dbs, submission, actor=actor, now=now)
    decision = decide(dbs, revision, "approved", moderator=actor, now=now)
    if merged != proposed:
        put_standing(dbs, submission, merged, revision, means, source="moderation", actor=actor, now=now)
    _list_organisations(dbs, merged, actor=actor, now=now)
    if not is_edit or publish_on is not None:
        submission.publish_on = publish_on
    publish_if_due(dbs, submission, means, actor=actor, now=now)
    kind = "approved-dated" if submission.publish_on else "edit-accepted" if is_edit else "approved"
    _close(dbs, submission, decision, kind, {}, means, actor=actor, now=now, settle=True, silent=silent)
    return decision


def ask_for_changes(dbs: Session, seen: Seen, said: Said, means: Means, *, actor: Actor, now: datetime) -> Decision:
    """Ask the organiser to change what was seen; the revision goes on waiting, for the next one to replace it.

    Raises InvalidContentError when nothing is said at all.
    """
    submission, revision = hold(dbs, seen, actor)
    reason = _reason(dbs, revision, said, needed=not said.comments)
    take_on(dbs, submission, actor=actor.name, now=now)
    decision = decide(
        dbs, revision, "changes requested", moderator=actor.name, reason=reason, reasons=said.reasons,
        own=said.own.strip(), now=now,
    )  # fmt: skip
    _comment(dbs, submission, revision, said, actor=actor.name, now=now)
    if submission.state != "approved":
        move(dbs, submission, "changes requested", actor=actor.name, now=now)
    _close(dbs, submission, decision, "changes-requested", {}, means, actor=actor.name, now=now)
    return decision


def refuse(
    dbs: Session, seen: Seen, said: Said, means: Means, *, actor: Actor, now: datetime, tell: bool | None = None
) -> Decision:
    """Refuse what was seen: a submission is rejected, an edit leaves the listing as it is.

    ``tell``: whether by mail; unless it is said, everybody is told but who sent what looks like spam, for the address
    is often a stranger's.
    Raises InvalidContentError without a reason.
    """
    submission, revision = hold(dbs, seen, actor)
    reason = _reason(dbs, revision, said, needed=True)
    is_edit = submission.state == "approved"
    decision = decide(
        dbs, revision, "refused", moderator=actor.name, reason=reason, reasons=said.reasons, own=said.own.strip(),
        now=now,
    )  # fmt: skip
    leave_desk(submission)
    if not is_edit:
        submission.confirm_until = submission.publish_on = None
        move(dbs, submission, "rejected", actor=actor.name, now=now)
        forget_links_of(dbs, submission.id, now=now)
    kind = "edit-refused" if is_edit else "rejected"
    silent = (submission.suspect_at is not None) if tell is None else not tell
    _close(
        dbs, submission, decision, kind, {}, means, actor=actor.name, now=now, settle=True,
        silent=silent,
    )  # fmt: skip
    return decision


def take_some(
    dbs: Session,
    seen: Seen,
    paths: Collection[str],
    said: Said,
    means: Means,
    *,
    actor: Actor,
    now: datetime,
) -> Decision:
    """Take some changes of an edit: they become an approved revision of the moderator's, and are published.

    All of them is :func:`approve`, none :func:`refuse`. Raises NotAllowedMoveError for what is no edit, and
    InvalidContentError without a reason or when the result cannot stand.
    """
    submission, revision = hold(dbs, seen, actor)
    base, proposed, standing = versions(dbs, submission, revision)
    if standing is None or base is None:
        msg = f"submission {submission.id} has no approved version to take changes into"
        raise NotAllowedMoveError(msg)
    offered = changes(base, proposed)
    taken = [change for change in offered if change.path in paths]
    if not taken or len(taken) == len(offered):
        msg = "take_some is for some of the changes: approve takes all, refuse none"
        raise NotAllowedMoveError(msg)
    reason = _reason(dbs, revision, said, needed=True)
    merged = take(base, proposed, standing, [change.path for change in taken])
    require_sound(dbs, submission, merged)
    decision = decide(
        dbs, revision, "partly approved", moderator=actor.name, reason=reason, reasons=said.reasons,
        own=said.own.strip(), taken=[change.path for change in taken], now=now,
    )  # fmt: skip
    put_standing(dbs, submission, merged, revision, means, source="moderation", actor=actor.name, now=now)
    publish_if_due(dbs, submission, means, actor=actor.name, now=now)
    told = sorted(offered, key=lambda change: change not in taken)
    facts = {"taken": [change_facts(change, taken=change in taken) for change in told]}
    _close(dbs, submission, decision, "edit-partly-accepted", facts, means, actor=actor.name, now=now, settle=True)
    return decision


def reopen(dbs: Session, submission_id: str, means: Means, *, actor: Actor, now: datetime) -> Revision:
    """Take a rejected submission up again: what was refused waits once more, as a revision of its own.

    Raises NotAllowedMoveError for what is not rejected, or was merged into another.
    """
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    refused = latest_revision(dbs, submission)
    if submission.state != "rejected" or submission.merged_into_id is not None or refused is None:
        msg = f"submission {submission.id} is not rejected"
        raise NotAllowedMoveError(msg)
    move(dbs, submission, "in review", actor=actor.name, now=now)
    submission.waiting_since = now
    withdraw_messages(dbs, subject_id=submission.id, reason="superseded", now=now)
    return next_revision(
        dbs, submission, read_content(refused), base=refused, source="staff", actor=actor.name,
        mint=means.setting.mint, now=now,
    )  # fmt: skip


def publish_now(dbs: Session, submission_id: str, means: Means, *, actor: str, now: datetime) -> bool:
    """Publish an approved submission whose day has come, and say so by mail; False when somebody was here before."""
    submission = dbs.get_one(Submission, submission_id, with_for_update=True, populate_existing=True)
    if submission.state != "approved" or submission.publish_on is None or submission.publish_on > now:
        return False
    mark = f"shown:{submission.id}:{submission.publish_on.isoformat()}"
    publish_if_due(dbs, submission, means, actor=actor, now=now)
    tell(dbs, submission, "approved", mark=mark, thread=THREAD, facts={}, cause=actor, box=means.box, now=now)
    return True


def versions(
    dbs: Session, submission: Submission, revision: Revision
) -> tuple[EventContent | None, EventContent, EventContent | None]:
    """Return what an edit began from, what it proposes, and what stands now (None, of what was never approved).

    The beginning is the nearest revision before it that was approved: what waited between was never public.
    """
    proposed = read_content(revision)
    rows = {row.id: row for row in dbs.scalars(select(Revision).where(Revision.submission_id == submission.id))}
    approved = next((row for row in rows.values() if row.state == "approved"), None)
    if approved is None or approved.id == revision.id:
        return None, proposed, None
    standing = read_content(approved)
    taken = select(Decision.revision_id).where(Decision.revision_id.in_(rows), Decision.verdict == "approved")
    were_approved = {approved.id, *dbs.scalars(taken)}
    base = rows.get(revision.base_revision_id or "")
    while base is not None and base.id not in were_approved:
        base = rows.get(base.base_revision_id or "")
    return read_content(base) if base is not None else standing, proposed, standing


def _reason(dbs: Session, revision: Revision, said: Said, *, needed: bool) -> str:
    reason = words_of(dbs, said.reasons, said.own, read_content(revision).language)
    if needed and not reason:
        text = N_("Say why: choose a reason or write one.")
        raise InvalidContentError([Finding("reason.missing", Level.ERROR, "own", text)])
    return reason


def _comment(
    dbs: Session, submission: Submission, revision: Revision, said: Said, *, actor: str, now: datetime
) -> None:
    dbs.add_all(
        FieldComment(submission_id=submission.id, revision_id=revision.id, path=path, body=body, author=actor, at=now)
        for path, body in said.comments
    )


def _list_organisations(dbs: Session, content: EventContent, *, actor: str, now: datetime) -> None:
    """List organisations that nobody of the staff had seen before: whoever approves the event has seen them."""
    keys = [organiser.key for organiser in content.organisers]
    wanted = select(Organisation).where(Organisation.key.in_(keys), Organisation.state == "proposed")
    rows = dbs.scalars(wanted).all()
    settle_profiles(dbs, rows, moderator=actor, now=now)
    for row in rows:
        row.state = "listed"
        audit(
            dbs, actor=actor, action="move", kind="organisation", subject_id=row.id, before="proposed",
            after="listed", now=now,
        )  # fmt: skip


def _close(
    dbs: Session,
    submission: Submission,
    decision: Decision,
    kind: str,
    facts: Mapping[str, object],
    means: Means,
    *,
    actor: str,
    now: datetime,
    settle: bool = False,
    silent: bool = False,
) -> None:
    """Take the submission off the desk, settle what hung on the verdict, audit it and write the mails."""
    leave_desk(submission)
    if settle:
        open_remarks = FieldComment.submission_id == submission.id, FieldComment.settled_at.is_(None)
        dbs.execute(update(FieldComment).where(*open_remarks).values(settled_at=now))
        open_questions = Note.submission_id == submission.id, Note.is_question, Note.answered_at.is_(None)
        dbs.execute(update(Note).where(*open_questions).values(answered_at=now))
    audit(
        dbs, actor=actor, action="decide", kind="submission", subject_id=submission.id, after=decision.verdict,
        detail={"revision": ["", decision.revision_id], "reasons": [[], list(decision.reasons)]}, now=now,
    )  # fmt: skip
    if not silent:
        facts = {"revision_id": decision.revision_id, "decision_id": decision.id, **facts}
        mark = str(decision.id)
        tell(dbs, submission, kind, mark=mark, thread=THREAD, facts=facts, cause=actor, box=means.box, now=now)
    dbs.flush()
