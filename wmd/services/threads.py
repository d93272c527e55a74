"""The words around a submission: the thread with its organiser, questions in it, and private notes of the staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError
from wmd.models import Note, Submission
from wmd.services.actors import Actor
from wmd.services.decision_mail import tell
from wmd.services.moderation import lock_submission, require_moderator
from wmd.services.standing import Means
from wmd.services.states import audit

LONGEST_NOTE = 4_000


def write_note(dbs: Session, submission_id: str, body: str, *, actor: Actor, now: datetime) -> Note:
    """Add a private note that only staff read. Raises InvalidContentError for an empty or far too long one."""
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    return _add(dbs, submission, body, actor=actor, is_private=True, now=now)


def ask_question(dbs: Session, submission_id: str, body: str, means: Means, *, actor: Actor, now: datetime) -> Note:
    """Ask the organiser something: it is mailed, waits for an answer, and a job reminds of it.

    Raises InvalidContentError for an empty or far too long one.
    """
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    note = _add(dbs, submission, body, actor=actor, is_private=False, now=now)
    note.is_question = True
    dbs.flush()
    facts = {"note_id": note.id}
    tell(
        dbs, submission, "question", mark=str(note.id), thread="", facts=facts, cause=actor.name, box=means.box,
        now=now,
    )  # fmt: skip
    return note


def answer_question(dbs: Session, submission: Submission, body: str, *, actor: Actor, now: datetime) -> Note:
    """Add what an organiser says. Open questions count as answered, and it is the staff's turn again.

    The caller has seen to it that this is an organiser of the submission.
    """
    submission = lock_submission(dbs, submission.id)
    note = _add(dbs, submission, body, actor=actor, is_private=False, by_staff=False, now=now)
    answered = dbs.scalars(
        update(Note)
        .where(Note.submission_id == submission.id, Note.is_question, Note.answered_at.is_(None))
        .values(answered_at=now)
        .returning(Note.id)
    ).all()
    if submission.state in {"submitted", "in review", "changes requested"} or answered:
        submission.waiting_since = submission.waiting_since or now
    dbs.flush()
    return note


def thread_of(dbs: Session, submission_id: str, *, for_staff: bool) -> list[Note]:
    """Return the notes of a submission, the oldest first; private ones only for staff."""
    wanted = select(Note).where(Note.submission_id == submission_id).order_by(Note.at, Note.id).limit(500)
    return list(dbs.scalars(wanted if for_staff else wanted.where(Note.is_private.is_(False))))


def _add(
    dbs: Session,
    submission: Submission,
    body: str,
    *,
    actor: Actor,
    is_private: bool,
    by_staff: bool = True,
    now: datetime,
) -> Note:
    text = body.strip()
    if not text or len(text) > LONGEST_NOTE:
        words = N_("Write something first.") if not text else N_("This is too long: at most 4,000 characters.")
        raise InvalidContentError([Finding("note.length", Level.ERROR, "body", words)])
    note = Note(
        submission_id=submission.id, author=actor.name, by_staff=by_staff, is_private=is_private, is_question=False,
        body=text, at=now,
    )  # fmt: skip
    dbs.add(note)
    dbs.flush()
    # What was said stands in the note; the trail only says that something was.
    audit(
        dbs, actor=actor.name, action="note", kind="submission", subject_id=submission.id, after=str(note.id), now=now
    )
    return note
