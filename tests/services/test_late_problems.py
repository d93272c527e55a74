"""What staff hear of time and link: at once shortly before, and in the morning whatever else waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.services.test_reminder_planning import DAY, HOUR, LONG_AGO, MINUTE, STARTS, publish
from wmd.models import Event, EventSession, LinkCheck, Message, ProblemReport, RegistrantLetter, StaffMember, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import person_actor
from wmd.services.link_check_tokens import Asked
from wmd.services.link_checks import Answer, Question, answer
from wmd.services.problems import close_problem, report_problem
from wmd.services.publishing import Setting
from wmd.services.staff_mail import put_digests

BOX = SecretBox.derived("a secret that is long enough")
SOON = STARTS - timedelta(hours=71)
EVERYBODY = ["adam", "mona", "rita"]


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event of organisation A, for which ana and cleo answer; adam, mona and rita are staff."""
    cast = make_cast(dbs, LONG_AGO)
    found = publish(dbs, setting)
    dbs.execute(update(Submission).values(organisation_id=cast.a, person_id=cast.ana))
    dbs.commit()
    return found


def report(dbs: Session, event: Event, now: datetime, what: str = "time", *, is_suspect: bool = False) -> ProblemReport:
    found = report_problem(
        dbs, event, what=what, words="The flyer says 16:00.", address="", is_suspect=is_suspect, box=BOX, now=now
    )
    dbs.commit()
    return found


def ask(dbs: Session, asked_at: datetime, said: str = "") -> LinkCheck:
    """Put the question about the event's session, answered or not."""
    slot = dbs.scalars(select(EventSession)).one()
    check = LinkCheck(
        id="check", session_id=slot.id, starts_at=slot.starts_at, asked_at=asked_at, answer=said,
        answered_at=asked_at if said else None,
    )  # fmt: skip
    dbs.add(check)
    dbs.commit()
    return check


def say(dbs: Session, event: Event, said: Answer, now: datetime) -> None:
    check, slot = dbs.scalars(select(LinkCheck)).one(), dbs.scalars(select(EventSession)).one()
    answer(
        dbs, Question(Asked(check.id, "ana"), check, slot, event, "", True, event.slug, None), said, box=BOX, now=now
    )
    dbs.commit()


def readers(dbs: Session) -> list[str | None]:
    return sorted(dbs.scalars(select(Message.person_id).where(Message.kind == "late-problem")))


def to_all(**counts: int) -> dict[str, dict[str, int]]:
    return dict.fromkeys(EVERYBODY, counts)


def digest(dbs: Session, now: datetime) -> dict[str, dict[str, int]]:
    """Return what the morning's list counts, by reader, without what is nought."""
    put_digests(dbs, box=BOX, now=now)
    rows = dbs.scalars(select(Message).where(Message.kind == "staff-digest", Message.created_at == now))
    return {
        row.person_id or "": {name: count for name, count in row.facts["counts"].items() if count} for row in rows
    }  # fmt: skip


@pytest.mark.parametrize("what", ["time", "link"])
def test_report_of_time_or_link_shortly_before_reaches_staff_at_once(dbs: Session, event: Event, what: str) -> None:
    found = report(dbs, event, SOON, what)
    assert readers(dbs) == EVERYBODY
    row = dbs.scalars(select(Message).where(Message.person_id == "mona")).one()
    submission = dbs.scalars(select(Submission)).one()
    assert (row.subject_id, row.cause) == (submission.id, "visitor")
    assert row.facts == {"report_id": found.id, "by": "visitor", "path": "/staff/problems"}


def test_what_can_wait_until_the_morning_is_not_mailed_at_once(dbs: Session, event: Event) -> None:
    report(dbs, event, STARTS - 72 * HOUR)
    report(dbs, event, SOON, "text")
    report(dbs, event, SOON, is_suspect=True)
    report(dbs, event, STARTS + 3 * HOUR)
    dbs.execute(update(EventSession).values(status="cancelled"))
    report(dbs, event, SOON)
    assert readers(dbs) == []


def test_staff_of_another_region_is_not_told(dbs: Session, event: Event) -> None:
    other = "africa" if event.region != "africa" else "europe"
    dbs.execute(update(StaffMember).where(StaffMember.person_id == "rita").values(regions=[other]))
    report(dbs, event, SOON)
    assert readers(dbs) == ["adam", "mona"]
    assert sorted(digest(dbs, datetime(2021, 10, 5, 7, tzinfo=SOON.tzinfo))) == ["adam", "mona"]


def test_link_that_its_organiser_calls_wrong_reaches_staff_at_once(dbs: Session, event: Event) -> None:
    ask(dbs, STARTS - 2 * DAY)
    say(dbs, event, "works", STARTS - 2 * DAY)
    assert readers(dbs) == []
    say(dbs, event, "wrong", STARTS - 2 * DAY + HOUR)
    say(dbs, event, "wrong", STARTS - 2 * DAY + HOUR)
    assert readers(dbs) == EVERYBODY
    row = dbs.scalars(select(Message).where(Message.person_id == "mona")).one()
    assert (row.cause, row.facts) == ("person:ana", {"by": "organiser", "problem": "link"})


def test_flood_of_reports_is_two_mails_a_day_and_hides_no_answer(dbs: Session, event: Event) -> None:
    for minute in range(5):
        report(dbs, event, STARTS - 2 * DAY + minute * MINUTE)
    assert readers(dbs) == sorted(EVERYBODY * 2)
    ask(dbs, STARTS - 2 * DAY)
    say(dbs, event, "wrong", STARTS - 2 * DAY + HOUR)
    assert readers(dbs) == sorted(EVERYBODY * 3)


def test_mornings_list_counts_reports_letters_and_links(dbs: Session, event: Event) -> None:
    morning = datetime(2021, 10, 6, 7, tzinfo=SOON.tzinfo)
    assert digest(dbs, morning - DAY) == {}
    closed = report(dbs, event, LONG_AGO)
    close_problem(
        dbs, closed, "solved", actor=person_actor("mona", dbs.get_one(StaffMember, "mona")), now=LONG_AGO
    )  # fmt: skip
    report(dbs, event, LONG_AGO, "text")
    report(dbs, event, LONG_AGO, is_suspect=True)
    dbs.add(
        RegistrantLetter(
            id="letter", event_id=event.id, author="ana", language="en", subject="Hello", body="Hello", form_token="t",
            created_at=LONG_AGO,
        )
    )  # fmt: skip
    ask(dbs, morning - 12 * HOUR)
    counts = {"reports": 2, "letters": 1, "links_unanswered": 1}
    assert digest(dbs, morning) == to_all(**counts)
    event.link_wrong_at = morning
    dbs.commit()
    assert digest(dbs, morning + MINUTE) == {}
    counts = {"reports": 2, "letters": 1, "links_wrong": 1}
    assert digest(dbs, morning + DAY) == to_all(**counts)
    assert digest(dbs, morning + 2 * DAY) == to_all(reports=2, letters=1)


@pytest.mark.parametrize(("hours", "said", "counted"), [(11, "", False), (12, "", True), (36, "works", False)])
def test_question_counts_when_nobody_answered_for_long(
    dbs: Session, event: Event, hours: int, said: str, *, counted: bool
) -> None:
    morning = datetime(2021, 10, 6, 7, tzinfo=SOON.tzinfo)
    ask(dbs, morning - hours * HOUR, said)
    assert digest(dbs, morning) == (to_all(links_unanswered=1) if counted else {})
