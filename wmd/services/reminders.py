"""Reminders to organisers: of drafts that lie, of questions and requests for changes without an answer, of addresses
not confirmed yet.

What is due is read from the rows each time, so that a run may come twice, late, or after a kill. Of a draft, a
request and a question there are three reminders at most, each after a longer wait than the one before, and none once
somebody acted: handed in, thrown away, answered. The wait begins anew with each change of a draft.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from wmd.models import Decision, Draft, Edition, Message, Note, Revision, Submission
from wmd.secretbox import SecretBox
from wmd.services.confirming import send_confirm_link
from wmd.services.decision_mail import recipients
from wmd.services.form_parties import Tools
from wmd.services.handover_checks import CHANGES_REMINDER
from wmd.services.outbox import put_message
from wmd.services.submissions import phase_of

ACTOR: Final = "job:reminders-to-organisers"
DRAFT_WAITS: Final = (timedelta(days=3), timedelta(days=7), timedelta(days=14))
QUESTION_WAITS: Final = (timedelta(days=2), timedelta(days=4), timedelta(days=8))
#: The link lives for 14 days; half of them are left for who forgot.
CONFIRM_WAIT: Final = timedelta(days=7)


def _next(waits: Sequence[timedelta], sent: int, since: datetime, last: datetime | None, now: datetime) -> int | None:
    """Return the number of the reminder that is due, counted from 1, or None."""
    if sent >= len(waits) or now - max(since, last or since) < waits[sent]:
        return None
    return sent + 1


def _is_quiet(waits: Sequence[timedelta], now: datetime, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return that no reminder among some is the last, or too young for the next: such rows must not be read anew."""
    young = [
        and_(Message.dedupe_key.endswith(f":{number}"), Message.created_at > now - wait)
        for number, wait in enumerate(waits[1:], start=1)
    ]
    return ~exists().where(*which, or_(Message.dedupe_key.endswith(f":{len(waits)}"), *young))


def _draft_keys(draft_id: Any) -> list[Any]:  # noqa: ANN401 -- an id or the column of it
    """Return the keys of a draft's reminders: they stay when the mails are emptied."""
    return [literal("draft-reminder:") + draft_id + f":{number}" for number in range(1, len(DRAFT_WAITS) + 1)]


def due_drafts(dbs: Session, *, now: datetime, limit: int) -> list[str]:
    """Return ids of drafts that nobody touched for a while and that may still be handed in."""
    found = (
        select(Draft.id)
        .join(Edition, Edition.id == Draft.edition_id)
        .where(
            Draft.person_id.is_not(None), Draft.handed_in_at.is_(None), Draft.discarded_at.is_(None),
            Draft.kind == "event", Draft.updated_at <= now - DRAFT_WAITS[0],
            or_(Edition.submit_closes_at.is_(None), Edition.submit_closes_at > now),
            # Where the day is over everywhere; whether it is in the edition's own zone is asked of each.
            or_(Edition.is_permanent, Edition.window_to >= (now - timedelta(hours=12)).date()),
            _is_quiet(DRAFT_WAITS, now, Message.dedupe_key.in_(_draft_keys(Draft.id))),
        )
        .order_by(Draft.updated_at)
        .limit(limit)
    )  # fmt: skip
    return list(dbs.scalars(found))


def remind_of_draft(dbs: Session, draft_id: str, *, box: SecretBox, now: datetime) -> bool:
    """Put the reminder of a draft that is due into the outbox; tell whether one was. The caller commits."""
    draft = dbs.get_one(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft.handed_in_at is not None or draft.discarded_at is not None:
        return False
    if phase_of(dbs.get_one(Edition, draft.edition_id), now) == "closed":
        return False
    sent, last = dbs.execute(
        select(func.count(), func.max(Message.created_at)).where(Message.dedupe_key.in_(_draft_keys(draft_id)))
    ).one()
    number = _next(DRAFT_WAITS, sent, draft.updated_at, last, now)
    if number is None:
        return False
    return put_message(
        dbs, kind="draft-reminder", dedupe_key=f"draft-reminder:{draft_id}:{number}", cause=ACTOR,
        person_id=draft.person_id, subject_id=draft_id, edition_id=draft.edition_id,
        thread=f"draft-reminder:{draft_id}", box=box, now=now,
    ) is not None  # fmt: skip


def due_questions(dbs: Session, *, now: datetime, limit: int) -> list[int]:
    """Return ids of questions that wait for an answer for a while."""
    found = (
        select(Note.id)
        .join(Submission, Submission.id == Note.submission_id)
        .where(
            Note.by_staff, Note.is_question, ~Note.is_private, Note.answered_at.is_(None),
            Note.at <= now - QUESTION_WAITS[0], Note.at > now - timedelta(days=45),
            Submission.state.not_in(["rejected", "withdrawn"]),
            _is_quiet(
                QUESTION_WAITS, now, Message.subject_id == Submission.id,
                Message.thread.startswith(literal("question-reminder:") + cast(Note.id, String) + ":"),
            ),
        )
        .order_by(Note.at.desc())
        .limit(limit)
    )  # fmt: skip
    return list(dbs.scalars(found))


def remind_of_question(dbs: Session, note_id: int, *, box: SecretBox, now: datetime) -> int:
    """Put the reminders of a question that are due into the outbox, one per organiser; return how many."""
    note = dbs.get_one(Note, note_id, with_for_update=True, populate_existing=True)
    if note.answered_at is not None:
        return 0
    due = _due_to(dbs, dbs.get_one(Submission, note.submission_id), f"question-reminder:{note_id}", note.at, now)
    return sum(
        put_message(dbs, kind="question-reminder", facts={"note_id": note_id}, box=box, now=now, **one) is not None
        for one in due
    )


def _due_to(dbs: Session, submission: Submission, key: str, since: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield whom to remind of something that was said at an instant: what their mail is known by and is about."""
    for person_id in recipients(dbs, submission):
        thread = f"{key}:{person_id}"
        sent, last = dbs.execute(
            select(func.count(), func.max(Message.created_at)).where(Message.thread == thread)
        ).one()  # fmt: skip
        number = _next(QUESTION_WAITS, sent, since, last, now)
        if number is not None:
            yield {
                "dedupe_key": f"{thread}:{number}", "cause": ACTOR, "person_id": person_id, "thread": thread,
                "subject_id": submission.id, "edition_id": submission.edition_id,
            }  # fmt: skip


def due_changes(dbs: Session, *, now: datetime, limit: int) -> list[int]:
    """Return ids of decisions that asked for changes which nobody made for a while."""
    newest = select(func.max(Decision.id)).join(Revision).where(Revision.submission_id == Submission.id)
    found = (
        select(Decision.id)
        .join(Revision, Revision.id == Decision.revision_id)
        .join(Submission, Submission.id == Revision.submission_id)
        .where(
            Submission.state == "changes requested", Decision.verdict == "changes requested",
            Decision.id == newest.correlate(Submission).scalar_subquery(),
            Decision.decided_at <= now - QUESTION_WAITS[0], Decision.decided_at > now - timedelta(days=45),
            _is_quiet(
                QUESTION_WAITS, now, Message.subject_id == Submission.id,
                Message.thread.startswith(literal(CHANGES_REMINDER) + cast(Decision.id, String) + ":"),
            ),
        )
        .order_by(Decision.id.desc())
        .limit(limit)
    )  # fmt: skip
    return list(dbs.scalars(found))


def remind_of_changes(dbs: Session, decision_id: int, *, box: SecretBox, now: datetime) -> int:
    """Say once more which changes were asked for, to each organiser for whom it is due; return how many mails."""
    decision = dbs.get_one(Decision, decision_id)
    revision = dbs.get_one(Revision, decision.revision_id)
    submission = dbs.get_one(Submission, str(revision.submission_id), with_for_update=True, populate_existing=True)
    if submission.state != "changes requested":
        return 0
    due = _due_to(dbs, submission, f"{CHANGES_REMINDER}{decision_id}", decision.decided_at, now)
    facts, not_after = {"revision_id": revision.id, "decision_id": decision_id}, now + timedelta(days=2)
    return sum(
        put_message(dbs, kind="changes-requested", facts=facts, not_after=not_after, box=box, now=now, **one)
        is not None
        for one in due
    )


def due_confirmations(dbs: Session, *, now: datetime, limit: int) -> list[str]:
    """Return ids of submissions whose sender has not confirmed the address after half of the time, nor was reminded."""
    found = (
        select(Submission.id)
        .where(
            Submission.state == "unconfirmed", Submission.suspect_at.is_(None), Submission.confirm_until > now,
            Submission.person_id.is_not(None),
            Submission.created_at <= now - CONFIRM_WAIT,
            ~exists().where(Message.kind == "confirm-reminder", Message.subject_id == Submission.id),
        )
        .order_by(Submission.created_at)
        .limit(limit)
    )  # fmt: skip
    return list(dbs.scalars(found))


def remind_to_confirm(dbs: Session, submission_id: str, tools: Tools) -> bool:
    """Send the link that confirms an address once more; tell whether it was. The caller commits."""
    submission = dbs.get_one(Submission, submission_id, with_for_update=True, populate_existing=True)
    reminded = select(Message.id).where(Message.kind == "confirm-reminder", Message.subject_id == submission_id)
    if submission.state != "unconfirmed" or dbs.scalar(reminded.limit(1)) is not None:
        return False
    edition = dbs.get_one(Edition, submission.edition_id)
    send_confirm_link(dbs, edition, submission, kind="confirm-reminder", tools=tools)
    return True
