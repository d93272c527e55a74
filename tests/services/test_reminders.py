"""Mails that the hour causes: reminders that stop when somebody acts, the staff's morning list, alarms, dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock
from tests.documents import BOX
from tests.submissions import MONA, make_edition, propose, seen
from wmd.jobs import run_job
from wmd.models import Alarm, Draft, Edition, Event, Message, Note, Person, Revision, StaffMember, Submission
from wmd.services.alarms import raise_alarm
from wmd.services.confirming import confirm_submission
from wmd.services.outbox import put_message
from wmd.services.publishing import Setting
from wmd.services.reminders import due_drafts, due_questions
from wmd.services.standing import Means
from wmd.services.threads import answer_question, ask_question
from wmd.services.verdicts import Said, approve, ask_for_changes

DAY = timedelta(days=1)
Days = Callable[..., list[int]]


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast."""
    return make_cast(dbs, NOW)


@pytest.fixture
def means(app: Flask, setting: Setting) -> Means:
    """What a verdict needs."""
    return Means(setting, app.extensions["wmd.secretbox"])


@pytest.fixture
def days(app: Flask, dbs: Session, clock: Clock) -> Days:
    """Run a job each day for some time and return on which of them it did something."""

    def run(count: int, job: str = "reminders-to-organisers", first: int = 1) -> list[int]:
        found = []
        for day in range(first, first + count):
            clock.now = NOW + day * DAY
            if run_job(app, job):
                found.append(day)
        dbs.expire_all()
        return found

    return run


def mails(dbs: Session, kind: str) -> list[str]:
    """Return to whom mails of a kind are, in order."""
    rows = dbs.scalars(select(Message).where(Message.kind == kind).order_by(Message.created_at, Message.dedupe_key))
    return [str(row.person_id) for row in rows]


def begin(dbs: Session, person: str | None = "ana") -> Draft:
    """Begin a draft."""
    edition = make_edition(dbs, NOW)
    edition.window_to = (NOW + 900 * DAY).date()
    draft = Draft(
        id="d", edition_id=edition.id, person_id=person, form_token="t", sealed="x", created_at=NOW, updated_at=NOW
    )
    dbs.add(draft)
    dbs.commit()
    return draft


def test_draft_is_reminded_of_three_times_with_growing_distance(dbs: Session, cast: Cast, days: Days) -> None:
    begin(dbs)
    assert days(60) == [3, 10, 24]
    assert mails(dbs, "draft-reminder") == ["ana"] * 3


@pytest.mark.parametrize("change", [{"handed_in_at": NOW}, {"discarded_at": NOW}])
def test_draft_is_not_reminded_of_once_somebody_acted(
    dbs: Session, cast: Cast, days: Days, change: dict[str, datetime]
) -> None:
    begin(dbs)
    assert days(5) == [3]
    dbs.execute(update(Draft).values(**change))
    dbs.commit()
    assert days(60, first=6) == []


def test_change_of_a_draft_begins_the_wait_anew(dbs: Session, cast: Cast, days: Days) -> None:
    begin(dbs)
    assert days(9) == [3]
    dbs.execute(update(Draft).values(updated_at=NOW + 9 * DAY))
    dbs.commit()
    assert days(60, first=10) == [16, 30]


def test_no_reminder_when_the_edition_is_closed(dbs: Session, cast: Cast, days: Days) -> None:
    begin(dbs)
    dbs.execute(update(Edition).values(submit_closes_at=NOW + 2 * DAY))
    dbs.commit()
    assert days(30) == []


def test_open_question_is_reminded_of_until_it_is_answered(dbs: Session, cast: Cast, days: Days, means: Means) -> None:
    row = propose(dbs, cast, NOW)
    ask_question(dbs, row.id, "Who speaks?", means, actor=MONA, now=NOW)
    dbs.commit()
    assert days(30) == [2, 6, 14]
    # Both contacts of organisation A.
    assert mails(dbs, "question-reminder") == ["ana", "cleo"] * 3
    ask_question(dbs, row.id, "In which language?", means, actor=MONA, now=NOW + 30 * DAY)
    dbs.commit()
    assert days(3, first=31) == [32]
    answer_question(dbs, row, "In English.", actor=MONA, now=NOW + 33 * DAY)
    dbs.commit()
    assert days(30, first=34) == []
    assert dbs.scalars(select(Note.answered_at).where(Note.is_question).distinct()).all() == [NOW + 33 * DAY]


def test_no_reminder_when_the_days_of_the_edition_are_over(dbs: Session, cast: Cast, days: Days) -> None:
    begin(dbs)
    dbs.execute(update(Edition).values(window_from=NOW.date(), window_to=(NOW + 2 * DAY).date(), zone="UTC"))
    dbs.commit()
    assert days(30) == []


def test_rows_that_are_done_do_not_stand_before_those_that_are_due(
    app: Flask, dbs: Session, cast: Cast, days: Days, clock: Clock, means: Means
) -> None:
    begin(dbs)
    row = propose(dbs, cast, NOW)
    ask_question(dbs, row.id, "Who speaks?", means, actor=MONA, now=NOW)
    dbs.commit()
    found = []
    for day in (1, 2, 3, 6, 10, 14, 24, 40):
        days(1, first=day)
        found.append((len(due_drafts(dbs, now=clock.now, limit=9)), len(due_questions(dbs, now=clock.now, limit=9))))
        dbs.rollback()
    assert found == [(0, 0)] * 8
    # What is known of mails is emptied some day; that they went out stays known.
    dbs.execute(update(Message).values(person_id=None, subject_id="", thread="", facts={}, state="sent", sent_at=NOW))
    dbs.commit()
    assert due_drafts(dbs, now=NOW + 300 * DAY, limit=9) == []


def test_request_for_changes_is_reminded_of_until_somebody_acts(
    app: Flask, dbs: Session, cast: Cast, days: Days, means: Means
) -> None:
    row = propose(dbs, cast, NOW)
    ask_for_changes(dbs, seen(dbs, row), Said(own="Name a speaker."), means, actor=MONA, now=NOW)
    dbs.commit()
    assert days(40) == [2, 6, 14]
    # The request itself, and three reminders of it, to both contacts of organisation A.
    assert mails(dbs, "changes-requested") == ["ana", "cleo"] * 4

    withdraw_submission(dbs, row)
    late = put_one_more(app, dbs, row)
    run_job(app, "outbox")
    dbs.refresh(late)
    assert (late.state, late.reason) == ("cancelled", "no longer wanted")


def withdraw_submission(dbs: Session, row: Submission) -> None:
    """Act: the organiser takes it back."""
    dbs.refresh(row)
    row.state, row.waiting_since = "withdrawn", None
    dbs.commit()


def put_one_more(app: Flask, dbs: Session, row: Submission) -> Message:
    """Put a reminder that was on its way when somebody acted."""
    message = put_message(
        dbs, kind="changes-requested", dedupe_key="late", cause="command", person_id="ana", subject_id=row.id,
        thread="changes-reminder:1:ana", not_after=NOW + 90 * DAY, now=NOW, box=app.extensions["wmd.secretbox"],
    )  # fmt: skip
    assert message is not None
    dbs.commit()
    return message


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_unconfirmed_address_is_reminded_of_once(dbs: Session, cast: Cast, days: Days, is_confirmed: bool) -> None:
    row = propose(dbs, cast, NOW, state="unconfirmed")
    row.confirm_until = NOW + 14 * DAY
    if is_confirmed:
        confirm_submission(dbs, row, actor="visitor", box=BOX, now=NOW)
    dbs.commit()
    assert days(20) == ([] if is_confirmed else [7])
    found = dbs.scalars(select(Message).where(Message.kind == "confirm-reminder")).all()
    assert [(each.person_id, each.not_after) for each in found] == ([] if is_confirmed else [("ana", NOW + 14 * DAY)])


def test_suspected_spam_is_not_reminded(dbs: Session, cast: Cast, days: Days) -> None:
    row = propose(dbs, cast, NOW, state="unconfirmed")
    row.confirm_until, row.suspect_at = NOW + 14 * DAY, NOW
    dbs.commit()
    assert days(13) == []


def test_digest_goes_out_in_the_morning_of_each_reader_when_something_waits(
    app: Flask, dbs: Session, cast: Cast, clock: Clock
) -> None:
    dbs.execute(update(Person).where(Person.id == "mona").values(zone="Asia/Tokyo"))
    dbs.execute(update(StaffMember).where(StaffMember.person_id == "rita").values(regions=["africa"]))
    dbs.commit()
    midnight = datetime(2021, 10, 8, tzinfo=UTC)
    clock.now = midnight + timedelta(hours=7)
    assert run_job(app, "staff-digest") == 0
    propose(dbs, cast, NOW)
    for hour in range(24 * 4):
        clock.now = midnight + timedelta(days=1, hours=hour)
        run_job(app, "staff-digest")
    rows = dbs.scalars(select(Message).where(Message.kind == "staff-digest").order_by(Message.created_at)).all()
    # Rita's region has nothing waiting; four mornings each for the others, in Tokyo at 22 hours UTC.
    assert [(row.person_id, row.created_at.hour) for row in rows] == [("adam", 7), ("mona", 22)] * 4
    assert [row.facts["counts"]["overdue"] for row in rows if row.person_id == "adam"] == [0, 0, 0, 1]


def test_each_administrator_gets_one_mail_each_time_an_alarm_is_raised(
    app: Flask, dbs: Session, cast: Cast, clock: Clock
) -> None:
    raise_alarm(dbs, "mail:backlog", "Mails wait.", now=NOW)
    dbs.commit()
    assert [run_job(app, "alarm-mails") for _ in range(3)] == [1, 0, 0]
    raise_alarm(dbs, "mail:backlog", "Mails wait.", now=NOW + DAY)
    dbs.commit()
    assert run_job(app, "alarm-mails") == 0
    dbs.execute(update(Alarm).values(cleared_at=NOW + DAY))
    dbs.commit()
    assert run_job(app, "alarm-mails") == 0
    raise_alarm(dbs, "mail:backlog", "Mails wait.", now=NOW + 2 * DAY)
    dbs.commit()
    assert run_job(app, "alarm-mails") == 1
    assert mails(dbs, "alarm") == ["adam", "adam"]


def test_event_is_published_when_its_day_has_come(
    app: Flask, dbs: Session, cast: Cast, clock: Clock, means: Means
) -> None:
    row = propose(dbs, cast, NOW)
    approve(dbs, seen(dbs, row), means, actor=MONA, now=NOW, publish_on=NOW + DAY)
    dbs.commit()
    clock.now = NOW + DAY - timedelta(seconds=1)
    assert run_job(app, "publish-dates") == 0
    clock.now = NOW + DAY
    assert [run_job(app, "publish-dates") for _ in range(2)] == [1, 0]
    assert len(dbs.scalars(select(Event)).all()) == 1


@pytest.mark.parametrize("content", [{}, 7])
def test_event_that_cannot_be_published_is_an_alarm_and_holds_up_nobody(
    app: Flask, dbs: Session, cast: Cast, clock: Clock, means: Means, content: object
) -> None:
    for city in ("Broken", "Sound"):
        row = propose(dbs, cast, NOW, host_city=city)
        approve(dbs, seen(dbs, row), means, actor=MONA, now=NOW, publish_on=NOW + DAY)
    broken = dbs.scalars(select(Submission).order_by(Submission.created_at)).first()
    assert broken is not None
    dbs.execute(update(Revision).where(Revision.submission_id == broken.id).values(content=content))
    dbs.commit()
    clock.now = NOW + DAY
    assert run_job(app, "publish-dates") == 1
    assert dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))).all() == [f"publish-date:{broken.id}"]
