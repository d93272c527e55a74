"""The thread of a submission: questions that are mailed and wait, answers, and notes that only staff read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import MONA, RITA, propose
from wmd.errors import InvalidContentError
from wmd.models import AuditEntry, Message, Submission
from wmd.services.actors import Actor
from wmd.services.moderation import NotYoursError
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.threads import answer_question, ask_question, thread_of, write_note

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(hours=1)
ANA = Actor("person:ana", "ana")


@pytest.fixture
def submission(dbs: Session) -> Submission:
    return propose(dbs, make_cast(dbs, NOW), NOW)


@pytest.fixture
def means(setting: Setting) -> Means:
    return Means(setting, BOX)


def test_question_is_mailed_and_waits_until_it_is_answered(dbs: Session, submission: Submission, means: Means) -> None:
    submission.waiting_since = None
    note = ask_question(dbs, submission.id, "Which hall?", means, actor=MONA, now=NOW)
    mails = dbs.execute(select(Message.kind, Message.person_id, Message.facts).order_by(Message.person_id)).all()
    assert [tuple(mail) for mail in mails] == [
        ("question", "ana", {"note_id": note.id}), ("question", "cleo", {"note_id": note.id})
    ]  # fmt: skip
    assert note.answered_at is None

    answer_question(dbs, submission, "The blue one.", actor=ANA, now=LATER)
    dbs.commit()
    dbs.expire_all()
    assert (note.answered_at, submission.waiting_since) == (LATER, LATER)
    said = [(one.author, one.by_staff, one.body) for one in thread_of(dbs, submission.id, for_staff=False)]
    assert said == [("person:mona", True, "Which hall?"), ("person:ana", False, "The blue one.")]


def test_private_note_is_for_staff_alone_and_its_words_are_not_in_the_trail(
    dbs: Session, submission: Submission
) -> None:
    note = write_note(dbs, submission.id, "Known for being late.", actor=MONA, now=NOW)
    assert [one.id for one in thread_of(dbs, submission.id, for_staff=True)] == [note.id]
    assert thread_of(dbs, submission.id, for_staff=False) == []
    entry = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "note")).one()
    assert (entry.after, entry.detail) == (str(note.id), {})


@pytest.mark.parametrize("body", ["", "  \n ", "x" * 4_001])
def test_empty_or_endless_note_is_refused(dbs: Session, submission: Submission, body: str) -> None:
    with pytest.raises(InvalidContentError):
        write_note(dbs, submission.id, body, actor=MONA, now=NOW)


def test_reader_writes_nothing(dbs: Session, submission: Submission, means: Means) -> None:
    with pytest.raises(NotYoursError):
        ask_question(dbs, submission.id, "Why?", means, actor=RITA, now=NOW)
