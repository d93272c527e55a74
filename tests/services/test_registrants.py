"""What an organiser sees of those who registered, and writes to them."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event as sql_event
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.services.test_registrations import QUESTIONS, join, publish
from tests.submissions import MONA
from wmd.errors import InvalidContentError
from wmd.models import Event, EventSession, Message, RegistrantLetter, Submission
from wmd.secretbox import SecretBox
from wmd.services import registrant_letters as letters
from wmd.services.actors import Actor
from wmd.services.moderation import NotYoursError
from wmd.services.publishing import Setting
from wmd.services.registrants import Places, places_of, registrant_cells, registrants


@pytest.fixture
def box(app: Flask) -> SecretBox:
    """The box of the application."""
    found: SecretBox = app.extensions["wmd.secretbox"]
    return found


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast."""
    return make_cast(dbs, NOW)


@pytest.fixture
def event(dbs: Session, setting: Setting, cast: Cast, box: SecretBox) -> Event:
    """An event with two places, one taken by somebody who is seen, one by somebody who is not, and one who waits."""
    found = publish(dbs, setting, questions=QUESTIONS)
    lift, table = (each["id"] for each in found.registration_questions)
    answers = {lift: "yes", table: "Air"}
    join(dbs, box, found, "seen", name="=Sum(A1)", shares_name=True, answers=answers)
    join(dbs, box, found, "unseen", name="Hidden Name", answers={lift: "no"})
    join(dbs, box, found, "waits", name="Walter", shares_name=True, answers={lift: "no"})
    return found


def test_organiser_sees_counts_of_all(dbs: Session, event: Event) -> None:
    assert places_of(dbs, event) == Places(2, 2, 0, 1, 0, 0, 2)


def test_names_and_addresses_are_of_those_who_agreed_alone(dbs: Session, box: SecretBox, event: Event) -> None:
    rows = registrants(dbs, event, box)

    assert sorted((row.name, row.address, row.state) for row in rows) == [
        ("", "", "registered"), ("=Sum(A1)", "seen@people.example", "registered"),
        ("Walter", "waits@people.example", "waiting"),
    ]  # fmt: skip


def test_file_has_a_row_for_each_and_no_word_of_who_did_not_agree(dbs: Session, box: SecretBox, event: Event) -> None:
    codes = dict(dbs.execute(select(EventSession.id, EventSession.code)).tuples().all())
    head, *rows = registrant_cells(dbs, event, box, codes)

    assert head == ["state", "registered_at", "name", "address", "sessions", "Do you need a lift?", "Which table?"]
    assert len(rows) == 3
    assert "Hidden" not in str(rows)
    assert "unseen@" not in str(rows)


def test_list_takes_one_query_however_many_there_are(dbs: Session, box: SecretBox, event: Event) -> None:
    statements: list[str] = []
    engine = dbs.get_bind()
    sql_event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for limit in (1, 3):
        dbs.commit()
        dbs.refresh(event)
        statements.clear()
        registrants(dbs, event, box, limit=limit)
        counts.append(len(statements))

    assert counts == [1, 1]


def write(dbs: Session, event: Event, cast: Cast, *, subject: str = "Bring water", form: str = "t") -> RegistrantLetter:
    letter = letters.write_letter(
        dbs, event, subject, "It will be hot.", author=cast.ana, language="en", form_token=form, now=NOW
    )
    dbs.commit()
    return letter


def send(dbs: Session, box: SecretBox) -> int:
    count = 0
    for identity in letters.due_letters(dbs, limit=10):
        after: str | None = ""
        while after is not None:
            after = letters.send_page(dbs, identity, after, box=box, now=NOW)
            dbs.commit()
            count += 1
    return count


def mails(dbs: Session) -> int:
    return dbs.scalar(select(func.count()).where(Message.kind == "registrants-letter")) or 0


def test_letter_goes_out_once_to_each_when_a_moderator_let_it(
    dbs: Session, box: SecretBox, event: Event, cast: Cast
) -> None:
    letter = write(dbs, event, cast)
    assert (send(dbs, box), mails(dbs)) == (0, 0)

    assert letters.decide_letter(dbs, letter, "approved", "", actor=MONA, box=box, now=NOW) is True
    dbs.commit()
    send(dbs, box)
    assert mails(dbs) == 3
    letter.sent_at = None
    dbs.commit()
    send(dbs, box)
    assert (mails(dbs), letters.due_letters(dbs, limit=10)) == (3, [])


def test_second_moderator_is_told_that_it_was_decided(dbs: Session, box: SecretBox, event: Event, cast: Cast) -> None:
    letter = write(dbs, event, cast)

    assert letters.decide_letter(dbs, letter, "refused", "Too loud.", actor=MONA, box=box, now=NOW) is True
    dbs.commit()
    assert letters.decide_letter(dbs, letter, "approved", "", actor=MONA, box=box, now=NOW) is False
    assert (letter.state, letter.reason) == ("refused", "Too loud.")
    told = select(Message.kind, Message.person_id).where(Message.kind.like("letter-%"))
    # One mail for one verdict. Ana, who wrote it, does not answer for this organisation: nobody does.
    assert dbs.execute(told).tuples().all() == []
    submission = dbs.scalars(select(Submission)).one()
    submission.person_id = cast.ana
    other = write(dbs, event, cast, form="other")
    letters.decide_letter(dbs, other, "refused", "Too loud.", actor=MONA, box=box, now=NOW)
    assert dbs.execute(told).tuples().all() == [("letter-refused", "ana")]


def test_refusal_needs_a_reason_and_a_moderator(dbs: Session, box: SecretBox, event: Event, cast: Cast) -> None:
    letter = write(dbs, event, cast)
    with pytest.raises(InvalidContentError):
        letters.decide_letter(dbs, letter, "refused", " ", actor=MONA, box=box, now=NOW)
    with pytest.raises(NotYoursError):
        letters.decide_letter(
            dbs, letter, "approved", "", actor=Actor("person:rita", cast.rita, "reader"), box=box, now=NOW
        )
    assert [each.id for each, _ in letters.waiting_letters(dbs, MONA)] == [letter.id]


@pytest.mark.parametrize(
    ("subject", "body", "found"),
    [
        ("", "x", [("letter.missing", "subject")]),
        ("x", " ", [("letter.missing", "body")]),
        ("x" * 151, "x", [("letter.long", "subject")]),
        ("x\nBcc: all@example.org", "x", [("letter.lines", "subject")]),
        ("x", "x" * 5001, [("letter.long", "body")]),
        ("x", "Join at https://zoom.us/j/12345678901?pwd=abc", [("letter.private", "body")]),
    ],
)
def test_what_is_wrong_with_a_letter_is_said_beside_its_field(
    subject: str, body: str, found: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidContentError) as caught:
        letters.check_letter(subject, body)

    assert [(finding.code, finding.where) for finding in caught.value.findings] == found


def test_same_form_sent_twice_is_one_letter_and_there_are_not_many(dbs: Session, event: Event, cast: Cast) -> None:
    assert write(dbs, event, cast).id == write(dbs, event, cast).id
    for number in range(letters.MOST_WAITING - 1):
        write(dbs, event, cast, form=f"t{number}")
    with pytest.raises(InvalidContentError) as caught:
        write(dbs, event, cast, form="one more")

    assert [finding.code for finding in caught.value.findings] == ["letter.many"]
