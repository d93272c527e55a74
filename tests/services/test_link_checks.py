"""Does your link work? Asked in time, answered by a button, and acted on at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tests.attendees import attend, follow
from tests.cast import find_token, get, make_cast, sign_in
from tests.conftest import Clock
from tests.mails import Mailbox, text_of
from tests.services.test_reminder_planning import DAY, HOUR, LONG_AGO, MINUTE, STARTS, move_to, publish
from wmd.jobs.outbox import send_mail
from wmd.jobs.reminders import check_links, plan_reminders
from wmd.jobs.tools import tools_of
from wmd.models import AuditEntry, Event, EventSession, LinkCheck, OrganisationContact, PrivateLink, Submission
from wmd.services.link_check_tokens import make_answer_token, open_answer_token
from wmd.services.link_checks import answer, checks_of, look_at_question
from wmd.services.publishing import Setting


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event of organisation A, for which ana and cleo answer."""
    cast = make_cast(dbs, LONG_AGO)
    found = publish(dbs, setting)
    dbs.execute(update(Submission).values(organisation_id=cast.a, person_id=cast.ana))
    dbs.commit()
    return found


@pytest.fixture
def mailbox() -> Mailbox:
    """Where mail goes."""
    return Mailbox()


@pytest.fixture
def run(app: Flask, dbs: Session, clock: Clock, mailbox: Mailbox) -> Callable[[datetime], int]:
    """Ask at an instant and send; return how many mails were put."""

    def at(now: datetime) -> int:
        clock.now = now
        tools = replace(tools_of(app, dbs), mailer=mailbox, workers=1)
        done = check_links(tools)
        send_mail(tools)
        dbs.expire_all()
        return done

    return at


def secret_of(mailbox: Mailbox, reader: str) -> str:
    """Return the token of the newest question to somebody."""
    mails = [mail for to, mail in mailbox.mails if to == reader]
    found = re.search(r"/organiser/link-check\?t=(\S+)", text_of(mails[-1]))
    assert found is not None
    return found[1]


def test_organisers_are_asked_two_days_before_and_once_more_if_nobody_answers(
    dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    offsets = (3 * DAY, 2 * DAY, 2 * DAY - MINUTE, DAY + MINUTE, DAY, DAY - MINUTE, 3 * HOUR, HOUR)
    assert [run(STARTS - offset) for offset in offsets] == [0, 2, 0, 0, 2, 0, 0, 0]
    assert sorted(mailbox.readers) == ["ana@people.example"] * 2 + ["cleo@people.example"] * 2
    assert [mail["Subject"] for _, mail in mailbox.mails] == ["Does your link work? Care in the city"] * 4
    assert mailbox.mails[0][1]["List-Unsubscribe"] is None
    row = dbs.scalars(select(LinkCheck)).one()
    assert (row.starts_at, row.asked_at, row.answer) == (STARTS, STARTS - 2 * DAY, "")


@pytest.mark.parametrize("change", ["in-person", "cancelled", "hidden", "soon"])
def test_nobody_is_asked_about_what_has_no_link_or_does_not_take_place(
    dbs: Session, event: Event, run: Callable[[datetime], int], change: str
) -> None:
    if change == "in-person":
        event.format = "in-person"
    elif change == "hidden":
        event.hidden_at = LONG_AGO
    elif change == "cancelled":
        dbs.execute(update(EventSession).values(status="cancelled"))
    dbs.commit()
    assert run(STARTS - (HOUR if change == "soon" else DAY)) == 0


def test_moved_session_is_asked_about_anew_and_a_small_move_keeps_the_answer(
    dbs: Session, event: Event, run: Callable[[datetime], int]
) -> None:
    assert run(STARTS - 2 * DAY) == 2
    dbs.execute(update(LinkCheck).values(answer="works", answered_at=STARTS - 2 * DAY, answered_by="ana"))
    move_to(dbs, STARTS + 10 * MINUTE, STARTS - 47 * HOUR)
    assert run(STARTS - 46 * HOUR) == 0
    assert {row.answer for row in dbs.scalars(select(LinkCheck))} == {"works"}
    move_to(dbs, STARTS + 3 * HOUR, STARTS - 45 * HOUR)
    assert [row.starts_at for row in checks_of(dbs, event.id)] == []
    assert run(STARTS - 44 * HOUR) == 2
    assert [row.starts_at for row in checks_of(dbs, event.id)] == [STARTS + 3 * HOUR]


def test_answer_through_the_link_of_the_mail_counts_after_a_small_move(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    assert run(STARTS - 2 * DAY) == 2
    secret = secret_of(mailbox, "cleo@people.example")
    move_to(dbs, STARTS + 10 * MINUTE, STARTS - 47 * HOUR)
    assert run(STARTS - 46 * HOUR) == 0
    question = look_at_question(dbs, secret, app.extensions["wmd.secretbox"], now=STARTS - 40 * HOUR)
    assert question is not None
    answer(dbs, question, "works", box=app.extensions["wmd.secretbox"], now=STARTS - 40 * HOUR)
    dbs.commit()

    assert run(STARTS - 23 * HOUR) == 0
    assert [row.answer for row in dbs.scalars(select(LinkCheck))] == ["works", "works"]


def test_link_that_takes_the_place_of_a_wrong_one_is_asked_about(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    run(STARTS - 2 * DAY)
    box, at = app.extensions["wmd.secretbox"], STARTS - 40 * HOUR
    question = look_at_question(dbs, secret_of(mailbox, "cleo@people.example"), box, now=at)
    assert question is not None
    answer(dbs, question, "wrong", box=box, now=at)
    dbs.commit()
    assert run(at + MINUTE) == 0
    # As publishing another link leaves it.
    dbs.execute(update(Event).values(link_wrong_at=None))
    dbs.commit()

    assert [run(at + offset) for offset in (2 * MINUTE, 3 * MINUTE, HOUR)] == [2, 0, 0]
    assert dbs.scalars(select(LinkCheck.answer)).all() == [""]
    assert [run(STARTS - offset) for offset in (DAY, 20 * HOUR)] == [2, 0]


def test_wrong_is_said_at_once_in_reminders_and_on_the_page_until_it_works_again(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox, clock: Clock
) -> None:
    run(STARTS - 2 * DAY)
    secret = secret_of(mailbox, "cleo@people.example")
    client = app.test_client()
    page = get(client, f"/organiser/link-check?t={secret}")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert get(client, f"/organiser/link-check?t={secret}", method="HEAD").status_code == 200
    assert dbs.scalars(select(LinkCheck.answer)).all() == [""]
    dbs.rollback()

    def say(word: str) -> str:
        token = find_token(get(client, f"/organiser/link-check?t={secret}").get_data(as_text=True))
        form = {"csrf_token": token, "t": secret, "answer": word}
        answer = client.post("/organiser/link-check", data=form, base_url="http://wmd.example")
        assert answer.status_code == 303, answer.status
        return str(answer.headers["Location"])

    submission_id = dbs.scalars(select(Submission.id)).one()
    dbs.rollback()
    assert say("wrong") == f"/organiser/link-check/thanks?answer=wrong&to={submission_id}"
    sign_in(client, app, "cleo")
    own = get(client, f"/organiser/submissions/{submission_id}").get_data(as_text=True)
    assert "The way into your event does not work" in own
    dbs.expire_all()
    check = dbs.scalars(select(LinkCheck)).one()
    assert (check.answer, check.answered_by, check.answered_at) == ("wrong", "cleo", STARTS - 2 * DAY)
    assert dbs.get_one(Event, event.id).link_wrong_at == STARTS - 2 * DAY
    trail = {(row.action, row.actor, row.after) for row in dbs.scalars(select(AuditEntry))}
    assert {("check-link", "person:cleo", "wrong"), ("mark-link", "person:cleo", "wrong")} <= trail
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", dbs.get_one(Event, event.id), LONG_AGO)
    dbs.commit()
    clock.now = STARTS - HOUR
    plan_reminders(tools_of(app, dbs))
    run(STARTS - HOUR)
    assert "We have been told that the link of this event does not work." in text_of(mailbox.mails[-1][1])
    clock.now = STARTS - 30 * MINUTE
    assert say("works") == "/organiser/link-check/thanks?answer=works"
    dbs.expire_all()
    assert dbs.get_one(Event, event.id).link_wrong_at is None
    dbs.rollback()
    own = get(client, f"/organiser/submissions/{submission_id}").get_data(as_text=True)
    assert "The way into your event does not work" not in own


def test_organiser_of_an_event_that_registers_here_reads_which_link_to_try(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    box = app.extensions["wmd.secretbox"]
    secret_link = "https://a-example.zoom.us/j/98765431234?pwd=SECRET"
    dbs.execute(update(Event).values(registration_here=True, registration_url=""))
    dbs.commit()

    def reads(at: datetime) -> tuple[str, str]:
        dbs.execute(delete(LinkCheck))
        dbs.commit()
        run(at)
        mail = text_of(mailbox.mails[-1][1])
        to = mailbox.mails[-1][0]
        return mail, get(app.test_client(), f"/organiser/link-check?t={secret_of(mailbox, to)}").get_data(as_text=True)

    for text in reads(STARTS - 2 * DAY):
        assert ("you have given us no link" in text.lower(), "private window" in text) == (True, False)
    dbs.add(PrivateLink(id="room", sealed=box.seal(secret_link, purpose="private-link"), created_at=LONG_AGO))
    dbs.flush()
    dbs.execute(update(Event).values(private_link_id="room"))
    dbs.commit()
    mail, page = reads(STARTS - 2 * DAY + HOUR)
    for text in (mail, page):
        assert ("a-example.zoom.us/j/…1234" in text, "98765431234" in text, "SECRET" in text) == (True, False, False)
        assert "/go/" not in text
    assert "Care in the city" in page
    submission_id = dbs.scalars(select(Submission.id)).one()
    assert f'href="/organiser/submissions/{submission_id}"' in page


@pytest.mark.parametrize(("is_here", "words"), [(True, "The way into the room is being renewed"), (False, "told that")])
def test_reminder_speaks_of_the_room_where_people_register_here(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox, clock: Clock,
    is_here: bool, words: str,
) -> None:  # fmt: skip
    dbs.execute(update(Event).values(registration_here=is_here, link_wrong_at=LONG_AGO))
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", dbs.get_one(Event, event.id), LONG_AGO)
    dbs.commit()
    clock.now = STARTS - HOUR
    plan_reminders(tools_of(app, dbs))
    run(STARTS - HOUR)
    assert words in text_of(mailbox.mails[-1][1])


def test_question_that_is_answered_or_settled_takes_no_more_mail_and_no_more_answer(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    run(STARTS - 2 * DAY)
    secret = secret_of(mailbox, "ana@people.example")
    dbs.execute(update(LinkCheck).values(answer="works", answered_at=STARTS - 2 * DAY))
    dbs.commit()
    assert run(STARTS - DAY) == 0
    client = app.test_client()
    assert "It was answered already: it works." in get(client, f"/organiser/link-check?t={secret}").get_data(
        as_text=True
    )
    dbs.execute(update(EventSession).values(status="cancelled"))
    dbs.commit()
    assert get(client, f"/organiser/link-check?t={secret}").status_code == 410
    for forged in ("", "none", secret[:-1] + "x", "x" * 500):
        assert get(client, f"/organiser/link-check?t={forged}").status_code == 410


def test_who_answers_for_the_event_no_more_says_no_more_about_its_link(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    run(STARTS - 2 * DAY)
    secrets = {name: secret_of(mailbox, f"{name}@people.example") for name in ("ana", "cleo")}
    dbs.execute(
        update(OrganisationContact).where(OrganisationContact.person_id == "cleo").values(removed_at=STARTS - 2 * DAY)
    )
    dbs.commit()
    client = app.test_client()
    answers = {name: get(client, f"/organiser/link-check?t={secret}").status_code for name, secret in secrets.items()}
    assert answers == {"ana": 200, "cleo": 410}


def test_token_opens_only_what_it_was_made_for(app: Flask) -> None:
    box = app.extensions["wmd.secretbox"]
    assert open_answer_token(box, make_answer_token(box, "check", "ana")) == ("check", "ana")
    assert open_answer_token(box, box.seal('["check","ana"]', purpose="personal-link.me")) is None


def test_staff_read_in_their_list_which_event_a_mail_about_a_session_names(
    app: Flask, dbs: Session, event: Event, run: Callable[[datetime], int]
) -> None:
    assert run(STARTS - 2 * DAY) > 0
    client = app.test_client()
    sign_in(client, app, "mona", staff=True)
    page = get(client, "/staff/mail?kind=link-check").get_data(as_text=True)
    assert "<td><bdi>Care in the city</bdi></td>" in page
