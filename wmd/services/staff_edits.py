"""Changing what stands without waiting: edits by staff, cancelling, postponing and reviving, hiding and showing.

Each is a revision like any other, approved from the start, with its decision, its trail and its publication; whatever
an organiser has handed in meanwhile goes on waiting and is laid over the result when it is decided on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.changesets import changes, take
from wmd.domain.content import EventContent
from wmd.domain.documents.field_rules import lint_tags
from wmd.domain.documents.text_rules import lint_text, reason_texts
from wmd.domain.findings import N_, Finding, Level, errors
from wmd.domain.identities import adopt
from wmd.domain.vocabulary import SessionStatus
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import CoOrganiser, Decision, Event, Note, OrganisationContact, Revision, Submission
from wmd.services import hiding
from wmd.services.actors import Actor
from wmd.services.decision_mail import recipients, tell
from wmd.services.edits import receive_edit
from wmd.services.intake import next_revision, read_content
from wmd.services.moderation import (
    Conflict,
    DecidedMeanwhileError,
    lock_submission,
    require_moderator,
    waiting_revision,
)
from wmd.services.standing import Means, publish_if_due, put_standing, require_sound
from wmd.services.states import audit
from wmd.services.verdicts import versions

OFF = frozenset({SessionStatus.CANCELLED, SessionStatus.POSTPONED})


def staff_edit(
    dbs: Session,
    submission_id: str,
    content: EventContent,
    base_revision_id: str,
    means: Means,
    *,
    actor: Actor,
    now: datetime,
) -> Revision:
    """Put a moderator's own version in place of the one it was made from, and publish it if the old one was.

    Of a submission that still waits it becomes the revision that waits. Raises DecidedMeanwhileError when there is a
    newer version than the one it was made from, InvalidContentError with what is wrong.
    """
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    base = dbs.get_one(Revision, base_revision_id, populate_existing=True)
    current = approved_revision(dbs, submission) or base
    if base.submission_id != submission.id or base.state not in {"pending", "approved"}:
        raise DecidedMeanwhileError(Conflict("newer revision", current.actor, current.created_at))
    content = adopt(content, read_content(base), means.setting.mint)
    if base.state == "pending":
        audit(dbs, actor=actor.name, action="edit", kind="submission", subject_id=submission.id, now=now)
        return next_revision(
            dbs, submission, content, base=base, source="staff", actor=actor.name, mint=means.setting.mint, now=now
        )
    require_sound(dbs, submission, content)
    revision = put_standing(dbs, submission, content, base, means, source="staff", actor=actor.name, now=now)
    audit(dbs, actor=actor.name, action="edit", kind="submission", subject_id=submission.id, now=now)
    publish_if_due(dbs, submission, means, actor=actor.name, now=now)
    return revision


def approved_revision(dbs: Session, submission: Submission) -> Revision | None:
    """Return what stands of a submission."""
    return dbs.scalars(
        select(Revision).where(Revision.submission_id == submission.id, Revision.state == "approved")
    ).first()


def call_off(
    dbs: Session,
    submission_id: str,
    status: SessionStatus,
    reason: Mapping[str, str],
    means: Means,
    *,
    sessions: Collection[str] | None = None,
    actor: Actor,
    now: datetime,
) -> Revision:
    """Cancel, postpone or revive an event, or the sessions named by their ids, with a public reason by language.

    The listing stays and says so. Contacts of the organisation and of confirmed co-organisers are written to; what an
    organiser did is marked for a later look by staff. What staff called off an organiser revives only through a
    revision that waits: it is returned. Raises NotAllowedMoveError for what is not published, InvalidContentError
    without a reason (reviving needs none) or with one that may not be public.
    """
    submission = lock_submission(dbs, submission_id)
    if actor.role:
        require_moderator(submission, actor)
    base, event = approved_revision(dbs, submission), dbs.get(Event, submission.event_id)
    if base is None or event is None or submission.state != "approved":
        msg = f"submission {submission.id} is not published: there is nothing to call off"
        raise NotAllowedMoveError(msg)
    words = _sound_reason(reason, needed=status is not SessionStatus.SCHEDULED)
    before = read_content(base)
    touched = {session.id for session in before.sessions if sessions is None or session.id in sessions}
    after = _with_status(before, touched, status, words)
    if after == before:
        return base
    if not actor.role and status is not SessionStatus.CANCELLED and touched & _off_by_staff(dbs, submission):
        return _propose(dbs, submission, base, touched, status, words, means, actor=actor, now=now)
    source = "staff" if actor.role else "organiser"
    # The reason for calling it off, left in the form, is no reason for holding it after all.
    if status is SessionStatus.SCHEDULED and not after.public_reason:
        words = {tag: text for tag, text in words.items() if text != before.public_reason.get(tag)}
    revision = put_standing(
        dbs, submission, after, base, means, source=source, actor=actor.name, reason=next(iter(words.values()), ""),
        now=now,
    )  # fmt: skip
    publish_if_due(dbs, submission, means, actor=actor.name, now=now)
    if not actor.role:
        submission.later_look_at = now
    facts = {"revision_id": revision.id, "status": status.value, "partly": len(touched) < len(before.sessions)}
    to = sorted({*recipients(dbs, submission), *_co_contacts(dbs, submission)})
    tell(
        dbs, submission, "cancelled", mark=revision.id, thread="called-off", facts=facts, cause=actor.name,
        box=means.box, now=now, to=to,
    )  # fmt: skip
    return revision


def _sound_reason(reason: Mapping[str, str], *, needed: bool) -> dict[str, str]:
    """Return a public reason by language. Raises InvalidContentError with what may not be public, beside its field.

    Only the reason is looked at: an old fault elsewhere must not keep anybody from saying that nothing takes place.
    """
    words = {tag: "\n".join(text.strip().splitlines()) for tag, text in reason.items() if text.strip()}
    if not words and needed:
        text = N_("Say why, in the language of the event: people will read it.")
        raise InvalidContentError([Finding("reason.missing", Level.ERROR, "reason", text)])
    found = [*lint_tags(("reason", words)), *(one for text in reason_texts("reason", words) for one in lint_text(text))]
    if errors(found):
        raise InvalidContentError(errors(found))
    return words


def _with_status(
    before: EventContent, touched: Collection[str], status: SessionStatus, words: Mapping[str, str]
) -> EventContent:
    sessions = tuple(
        replace(session, status=status) if session.id in touched else session for session in before.sessions
    )
    is_off = any(session.status is not SessionStatus.SCHEDULED for session in sessions)
    return replace(before, sessions=sessions, public_reason={**before.public_reason, **words} if is_off else {})


def _off_by_staff(dbs: Session, submission: Submission) -> set[str]:
    """Return the ids of the sessions whose last calling off or reviving was the staff's, and which are off since.

    The revisions know it: each was made from the one that stood, by staff (an import is theirs too) or the organiser.
    """
    rows = dbs.scalars(
        select(Revision)
        .join(Decision, Decision.revision_id == Revision.id)
        .where(Revision.submission_id == submission.id, Decision.verdict == "approved", Revision.source != "moderation")
        .order_by(Decision.id)
    ).all()
    contents = {row.id: read_content(row) for row in rows}
    by_staff: dict[str, bool] = {}
    for row in rows:
        base = contents.get(row.base_revision_id or "")
        known = {one.id: one.status for one in base.sessions} if base else {}
        for session in contents[row.id].sessions:
            if session.status is not known.get(session.id, SessionStatus.SCHEDULED):
                by_staff[session.id] = row.source in {"staff", "import"} and session.status in OFF
    return {session_id for session_id, is_theirs in by_staff.items() if is_theirs}


def _propose(
    dbs: Session,
    submission: Submission,
    base: Revision,
    touched: Collection[str],
    status: SessionStatus,
    words: Mapping[str, str],
    means: Means,
    *,
    actor: Actor,
    now: datetime,
) -> Revision:
    """Let an organiser's revival of what staff called off wait for staff, together with what waits already.

    What they say with it goes to the team as a note: nothing of it is public before a person has decided.
    """
    content, waiting = read_content(base), waiting_revision(dbs, submission.id)
    if waiting is not None:
        began, proposed, standing = versions(dbs, submission, waiting)
        if began is not None and standing is not None:
            content = take(began, proposed, standing, [change.path for change in changes(began, proposed)])
    content = _with_status(content, touched, status, words if status is not SessionStatus.SCHEDULED else {})
    revision = next_revision(
        dbs, submission, content, base=base, source="organiser", actor=actor.name, mint=means.setting.mint, now=now
    )
    if words:
        said = "\n".join(words.values())
        dbs.add(
            Note(submission_id=submission.id, author=actor.name, by_staff=False, is_private=False, body=said, at=now)
        )
    receive_edit(dbs, submission.id, means, now=now)
    return revision


def _co_contacts(dbs: Session, submission: Submission) -> list[str]:
    return list(
        dbs.scalars(
            select(OrganisationContact.person_id)
            .join(CoOrganiser, CoOrganiser.organisation_id == OrganisationContact.organisation_id)
            .where(
                CoOrganiser.submission_id == submission.id, CoOrganiser.state == "confirmed",
                OrganisationContact.removed_at.is_(None),
            )
        )
    )  # fmt: skip


def hide_event(dbs: Session, submission_id: str, reason: str, means: Means, *, actor: Actor, now: datetime) -> None:
    """Take an event off the list, with a reason that staff read. Raises InvalidContentError without one."""
    submission, event = _published(dbs, submission_id, actor)
    _note_reason(dbs, submission, reason, actor=actor, now=now)
    hiding.hide(dbs, event, means.setting, actor=actor.name, now=now)


def show_event(dbs: Session, submission_id: str, reason: str, means: Means, *, actor: Actor, now: datetime) -> None:
    """List a hidden event again, with a reason that staff read. Raises InvalidContentError without one."""
    submission, event = _published(dbs, submission_id, actor)
    if event.hidden_at is None:
        msg = f"event {event.code} is not hidden"
        raise NotAllowedMoveError(msg)
    _note_reason(dbs, submission, reason, actor=actor, now=now)
    audit(
        dbs, actor=actor.name, action="shown", kind="event", subject_id=event.id, before="hidden", after="listed",
        now=now,
    )  # fmt: skip
    hiding.show(dbs, event, means.setting, actor=actor.name, now=now)


def _published(dbs: Session, submission_id: str, actor: Actor) -> tuple[Submission, Event]:
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    event = dbs.get(Event, submission.event_id)
    if event is None:
        msg = f"submission {submission.id} is not published"
        raise NotAllowedMoveError(msg)
    return submission, event


def _note_reason(dbs: Session, submission: Submission, reason: str, *, actor: Actor, now: datetime) -> None:
    if not reason.strip():
        text = N_("Say why: the next member of the staff will ask.")
        raise InvalidContentError([Finding("reason.missing", Level.ERROR, "reason", text)])
    dbs.add(
        Note(
            submission_id=submission.id, author=actor.name, by_staff=True, is_private=True, body=reason.strip(), at=now
        )
    )
    dbs.flush()
