"""Reminders while it is not settled when a session begins, or while its link is renewed: held, never lost, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.attendees import attend, follow
from tests.bindings import bind, differ
from tests.conftest import Clock
from tests.mails import Mailbox, text_of
from tests.services.test_reminder_planning import (
    DAY,
    ENDS,
    HOUR,
    LONG_AGO,
    MINUTE,
    STARTS,
    move_to,
    publish,
    row_of,
    session,
)
from wmd.domain.reminders import held_until
from wmd.jobs.outbox import send_mail
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import tools_of
from wmd.models import Event, EventSession, Message, WebinarBinding, ZoomDrift
from wmd.services import delivery
from wmd.services.letters import make_ready
from wmd.services.publishing import Setting

LATER = STARTS + HOUR
EVE = STARTS - DAY
RELEASE = STARTS - 2 * HOUR


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event that Ada follows, who is reminded a day and an hour before."""
    found = publish(dbs, setting)
    attend(dbs, "ada", LONG_AGO, reminders=["start-1d", "start-1h"])
    follow(dbs, "ada", found, LONG_AGO)
    dbs.commit()
    return found


@pytest.fixture
def mailbox() -> Mailbox:
    """Where mail goes."""
    return Mailbox()


@pytest.fixture
def tick(app: Flask, dbs: Session, clock: Clock, mailbox: Mailbox) -> Callable[[datetime], int]:
    """Plan and send at an instant, as the jobs do; return how many mails have gone out in all."""

    def run(at: datetime) -> int:
        clock.now = at
        tools = replace(tools_of(app, dbs), mailer=mailbox, workers=1)
        plan_reminders(tools)
        send_mail(tools)
        dbs.expire_all()
        return len(mailbox.mails)

    return run


def dispute(dbs: Session, event: Event, theirs: datetime | None = LATER, now: datetime = LONG_AGO) -> ZoomDrift:
    """Let the room have another time, and commit."""
    row = differ(dbs, bind(dbs, event, now, state="drift", drift=["time"]), row_of(dbs).id, theirs, now)
    dbs.commit()
    return row


def settle(dbs: Session, row: ZoomDrift, now: datetime) -> None:
    row.state, row.closed_at = "over", now
    dbs.commit()


def words(mailbox: Mailbox, number: int = -1) -> str:
    return " ".join(text_of(mailbox.mails[number][1]).split())


def test_reminder_is_held_while_the_time_is_in_dispute_then_says_both(
    dbs: Session, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    dispute(dbs, event)
    sent, now = [], EVE
    while now < RELEASE:
        sent.append(tick(now))
        now += 30 * MINUTE
    assert set(sent) == {0}
    assert tick(RELEASE) == 1
    text = words(mailbox)
    assert "Thursday 7 October 2021, 15:00–16:30, Barcelona (CEST, UTC+2)" in text
    assert (
        "The organisers are still confirming when this begins. The programme says the time above; the room on Zoom is"
        " set to: Thursday 7 October 2021, 16:00–17:30, Barcelona (CEST, UTC+2) The page of the event says" in text
    )
    assert "/go/" in text
    # That of the hour before is of use until the start, and waits for nothing.
    assert tick(STARTS - HOUR) == 2
    assert "To be safe, be there at the earlier one." in words(mailbox)
    assert tick(STARTS) == 2
    assert {row.state for row in dbs.scalars(select(Message))} == {"sent"}


def test_reminder_goes_out_soon_after_the_dispute_is_settled_and_says_nothing_of_it(
    dbs: Session, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    row = dispute(dbs, event)
    tick(EVE)
    settle(dbs, row, EVE + MINUTE)
    assert [tick(EVE + minutes * MINUTE) for minutes in (5, 9, 10, 11)] == [0, 0, 1, 1]
    assert "confirming" not in words(mailbox)


def test_earlier_of_the_two_times_decides_how_long_a_reminder_waits(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    dispute(dbs, event, STARTS - 3 * HOUR)
    assert [tick(STARTS - hours * HOUR) for hours in (24, 6, 5)] == [0, 0, 1]


def test_dispute_about_the_length_alone_holds_nothing(
    dbs: Session, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    row = dispute(dbs, event, STARTS)
    row.theirs = {"starts_at": STARTS.isoformat(), "ends_at": (ENDS + HOUR).isoformat()}
    dbs.commit()
    assert tick(EVE) == 1
    assert "confirming" not in words(mailbox)


def test_room_without_such_a_date_is_said(
    dbs: Session, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    dispute(dbs, event, None)
    assert [tick(EVE), tick(RELEASE)] == [0, 1]
    assert "the room on Zoom has no such date" in words(mailbox)


def test_reminder_is_held_while_the_link_is_gone_then_says_that_it_is_being_renewed(
    dbs: Session, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    bind(dbs, event, LONG_AGO, state="gone")
    dbs.commit()
    assert [tick(EVE), tick(RELEASE - MINUTE), tick(RELEASE + 9 * MINUTE)] == [0, 0, 1]
    assert "The link of this event is being renewed. The button leads to the new one" in words(mailbox)
    assert f"/go/{row_of(dbs).code}" in words(mailbox)


@pytest.mark.parametrize("state", ["missing", "auth_lost", "unreachable", "drift", "ok", "checking"])
def test_other_states_of_a_room_hold_nothing(
    dbs: Session, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox, state: str
) -> None:
    bind(dbs, event, LONG_AGO, state=state)
    dbs.commit()
    assert tick(EVE) == 1
    assert "renewed" not in words(mailbox)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_rule_with_a_smaller_one_close_by_goes_out_before_it_is_of_no_more_use(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    attend(dbs, "ben", LONG_AGO, reminders=["start-1d", "start-12h"])
    follow(dbs, "ben", event, LONG_AGO)
    dispute(dbs, event)
    tick(EVE)
    tick(STARTS - 12 * HOUR - 15 * MINUTE)
    assert [row.person_id for row in dbs.scalars(select(Message).where(Message.state == "sent"))] == ["ben"]
    for hours in (12, 2, 1):
        tick(STARTS - hours * HOUR)
    assert sorted(row.person_id or "" for row in dbs.scalars(select(Message))) == ["ada", "ada", "ben", "ben"]
    assert {row.state for row in dbs.scalars(select(Message))} == {"sent"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_dispute_about_one_session_of_the_day_holds_the_mail_that_speaks_of_both(
    dbs: Session, setting: Setting, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    event = publish(
        dbs, setting, session("main", "2021-10-07T15:00", "2021-10-07T16:30"),
        session("evening", "2021-10-07T20:00", "2021-10-07T21:00"),
    )  # fmt: skip
    attend(dbs, "ada", LONG_AGO, reminders=["start-1d"])
    follow(dbs, "ada", event, LONG_AGO)
    evening = dbs.scalars(select(EventSession).where(EventSession.key == "evening")).one()
    differ(dbs, bind(dbs, event, LONG_AGO), evening.id, STARTS + 6 * HOUR, LONG_AGO)
    dbs.commit()
    assert [tick(EVE), tick(RELEASE)] == [0, 1]
    assert "set to: Thursday 7 October 2021, 21:00–22:00, Barcelona" in words(mailbox)


def test_what_follows_an_event_is_not_held(
    dbs: Session, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    attend(dbs, "ben", LONG_AGO, reminders=["end+1d"])
    follow(dbs, "ben", event, LONG_AGO)
    dispute(dbs, event)
    assert tick(ENDS + DAY) == 1
    assert "confirming" not in words(mailbox)


@pytest.mark.parametrize("change", ["opened", "closed", "replaced", "gone", "back"])
def test_reminder_is_asked_about_once_more_in_the_statement_that_marks_it(
    app: Flask, dbs: Session, event: Event, clock: Clock, change: str
) -> None:
    tools = tools_of(app, dbs)
    at = STARTS - HOUR
    binding = bind(dbs, event, LONG_AGO, state="gone" if change == "back" else "ok")
    drift = None if change in {"opened", "gone"} else differ(dbs, binding, row_of(dbs).id, LATER, LONG_AGO)
    dbs.commit()
    clock.now = at
    plan_reminders(replace(tools, now=at))
    (claimed,) = delivery.claim(dbs, now=at, limit=5)
    dbs.commit()
    ready = make_ready(dbs, [claimed], tools.press, tools.box, digest=tools.digest, now=at)[claimed.id]
    assert not isinstance(ready, str)
    if change in {"closed", "replaced"} and drift is not None:
        settle(dbs, drift, at)
    if change in {"opened", "replaced"}:
        differ(dbs, binding, row_of(dbs).id, LATER + HOUR, at)
    if change in {"gone", "back"}:
        dbs.get_one(WebinarBinding, binding.id).state = "ok" if change == "back" else "gone"
    dbs.commit()
    assert not delivery.mark(dbs, ready, now=at)
    assert delivery.why_not(dbs, ready, now=at) == ("", "")
    fresh = make_ready(dbs, [claimed], tools.press, tools.box, digest=tools.digest, now=at)[claimed.id]
    assert not isinstance(fresh, str)
    assert delivery.mark(dbs, fresh, now=at)


def test_dispute_that_opens_while_a_mail_is_on_its_way_holds_it(
    app: Flask, dbs: Session, event: Event, clock: Clock
) -> None:
    def just_before() -> None:
        if not dbs.scalars(select(ZoomDrift)).all():
            dispute(dbs, event)

    clock.now = EVE
    mailbox = Mailbox(against=just_before)
    tools = replace(tools_of(app, dbs), mailer=mailbox, workers=1)
    plan_reminders(tools)
    send_mail(tools)
    dbs.expire_all()
    row = dbs.scalars(select(Message)).one()
    assert mailbox.mails == []
    assert (row.state, row.not_before, row.attempts, row.claim_token) == ("queued", EVE + 10 * MINUTE, 0, None)


def test_session_that_moves_to_the_rooms_time_is_reminded_of_once(
    dbs: Session, setting: Setting, event: Event, tick: Callable[[datetime], int], mailbox: Mailbox
) -> None:
    row = dispute(dbs, event)
    tick(EVE)
    settle(dbs, row, EVE + MINUTE)
    move_to(dbs, LATER, EVE + MINUTE)
    for minutes in (5, 10, 20, 60, 70):
        tick(EVE + minutes * MINUTE)
    reminders = [mail for _, mail in mailbox.mails if mail["Subject"] == "Tomorrow: Care in the city"]
    assert len(reminders) == 1
    assert "16:00–17:30" in text_of(reminders[0])


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (timedelta(hours=-24), timedelta(hours=-24, minutes=10)),
        (timedelta(hours=-2, minutes=-3), timedelta(hours=-2)),
        (timedelta(hours=-2), None),
        (timedelta(0), None),
    ],
)
def test_held_mail_is_looked_at_every_ten_minutes(now: timedelta, expected: timedelta | None) -> None:
    found = held_until([LATER, STARTS], STARTS - HOUR, STARTS + now)
    assert found == (None if expected is None else STARTS + expected)
