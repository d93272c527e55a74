"""A reminder from its planning to the mail: it says what holds when it goes out, or does not go out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.attendees import attend, follow, register
from tests.conftest import Clock
from tests.mails import Mailbox, count_statements, html_of, text_of
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
from wmd.jobs.outbox import send_mail
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import tools_of
from wmd.models import Attendee, Change, Event, EventSession, Follow, Message, Registration
from wmd.services.delivery import claim
from wmd.services.hiding import hide
from wmd.services.letters import make_ready
from wmd.services.outbox import put_message
from wmd.services.personal_links import STOP_LIVES, open_token
from wmd.services.publishing import Setting


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event with one session, known for long."""
    return publish(dbs, setting)


@pytest.fixture
def mailbox() -> Mailbox:
    """Where mail goes."""
    return Mailbox()


@pytest.fixture
def plan(app: Flask, dbs: Session, clock: Clock) -> Callable[[datetime], int]:
    """Plan at an instant."""

    def run(at: datetime) -> int:
        clock.now = at
        done = plan_reminders(tools_of(app, dbs))
        dbs.expire_all()
        return done

    return run


@pytest.fixture
def send(app: Flask, dbs: Session, clock: Clock, mailbox: Mailbox) -> Callable[..., list[tuple[str, str]]]:
    """Send at an instant, and return state and reason of each message, in the order of the people."""

    def run(at: datetime | None = None) -> list[tuple[str, str]]:
        clock.now = at or clock.now
        send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1))
        dbs.expire_all()
        rows = dbs.scalars(select(Message).order_by(Message.person_id, Message.dedupe_key))
        return [(row.state, row.reason) for row in rows]

    return run


def ada_follows(dbs: Session, event: Event, **changes: object) -> None:
    """Let Ada follow the event for long."""
    attend(dbs, "ada", LONG_AGO, **changes)
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()


def republish(dbs: Session, setting: Setting, at: datetime, **changes: object) -> None:
    """Publish the event again with another session."""
    document = documents.document(documents.event(sessions=[documents.session(key="main", time_text="", **changes)]))
    document["edition"] |= {"window_from": "2021-01-01", "window_to": "2021-12-31"}
    documents.apply(dbs, setting, document, now=at)


def test_reminder_says_the_readers_time_first_and_has_links_that_are_theirs(
    app: Flask, dbs: Session, event: Event, plan: Callable[[datetime], int], send: Callable[..., object],
    mailbox: Mailbox,
) -> None:  # fmt: skip
    attend(dbs, "ada", LONG_AGO, zone="Pacific/Auckland")
    attend(dbs, "ben", LONG_AGO, zone="America/Bogota")
    follow(dbs, "ada", event, LONG_AGO)
    register(dbs, "ben", event, LONG_AGO)
    dbs.commit()
    slot = row_of(dbs)
    plan(STARTS - DAY)
    send()
    (_, to_ada), (_, to_ben) = sorted(mailbox.mails, key=lambda each: each[0])
    assert to_ada["Subject"] == "Tomorrow: Care in the city"
    in_madrid = "= Thursday 7 October 2021, 15:00–16:30, Barcelona (CEST, UTC+2)"
    assert f"Friday 8 October 2021, 02:00–03:30, Auckland (NZDT, UTC+13)\n{in_madrid}" in text_of(to_ada)
    assert f"Thursday 7 October 2021, 08:00–09:30, Bogotá (UTC−5)\n{in_madrid}" in text_of(to_ben)
    box = app.extensions["wmd.secretbox"]
    assert f"http://wmd.example/go/{slot.code}\n" in text_of(to_ada)
    way = re.search(rf"http://wmd\.example/go/{slot.code}\?t=(\S+)", text_of(to_ben))
    assert way is not None
    token = open_token(box, way[1], scope="go", now=STARTS)
    assert token is not None
    assert (token.person_id, token.subject, token.until) == ("ben", slot.code, STARTS - DAY + STOP_LIVES)
    address = to_ada["List-Unsubscribe"]
    assert to_ada["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = re.fullmatch(r"<http://wmd\.example/me/unsubscribe/(\S+)>", address)
    assert stop is not None
    token = open_token(box, stop[1], scope="stop", now=STARTS + 300 * DAY)
    assert token is not None
    assert (token.person_id, token.subject) == ("ada", f"event:{event.id}")
    assert stop[1] in text_of(to_ada)
    assert stop[1] in html_of(to_ada)
    mine = re.search(r"http://wmd\.example/me/(v1\S+)/", text_of(to_ada))
    assert mine is not None
    assert open_token(box, mine[1], scope="me", now=ENDS + 29 * DAY) is not None
    assert f"http://wmd.example/e/{event.code}.ics" in text_of(to_ada)


@pytest.mark.parametrize(
    ("minutes_before", "words"),
    [
        (60, "In one hour"), (41, "In 41 minutes"), (1, "In one minute"), (121, "In 2 hours"), (400, "Today"),
        (960, "Tomorrow"),
    ],
)  # fmt: skip
def test_lead_is_what_is_true_when_the_mail_goes_out(
    dbs: Session, event: Event, plan: Callable[[datetime], int], send: Callable[..., object], mailbox: Mailbox,
    minutes_before: int, words: str,
) -> None:  # fmt: skip
    ada_follows(dbs, event, reminders=["start-1d"])
    plan(STARTS - DAY)
    send(STARTS - minutes_before * MINUTE)
    assert [mail["Subject"] for _, mail in mailbox.mails] == [f"{words}: Care in the city"]


def test_move_takes_back_what_is_not_out_and_a_small_one_goes_out_with_the_new_time(
    dbs: Session, setting: Setting, event: Event, plan: Callable[[datetime], int],
    send: Callable[..., list[tuple[str, str]]], mailbox: Mailbox,
) -> None:  # fmt: skip
    ada_follows(dbs, event)
    plan(STARTS - HOUR)
    republish(dbs, setting, STARTS - 58 * MINUTE, starts="2021-10-07T15:10", ends="2021-10-07T16:30")
    assert send(STARTS - 57 * MINUTE) == [("sent", "")]
    assert "15:10–16:30, Barcelona" in text_of(mailbox.mails[0][1])
    assert plan(STARTS - 50 * MINUTE) == 0
    plan(STARTS + 10 * MINUTE)
    republish(dbs, setting, STARTS + 11 * MINUTE, starts="2021-10-07T18:00", ends="2021-10-07T19:00")
    assert send(STARTS + 12 * MINUTE) == [("sent", ""), ("skipped", "the session was moved")]


def make_change(dbs: Session, setting: Setting, what: str) -> None:
    """Let something change, and commit."""
    at = STARTS - 59 * MINUTE
    statements = {
        "unfollow": update(Follow).values(ended_at=at),
        "pause": update(Attendee).values(paused_at=at),
        "leave": update(Attendee).values(left_at=at),
        "own rules": update(Attendee).values(reminders=["start-1d"]),
        "other session": update(Registration).values(sessions=["00000000-0000-4000-8000-000000000000"]),
        "link": update(Event).values(link_wrong_at=at),
    }
    if what in statements:
        dbs.execute(statements[what])
    elif what == "hide":
        hide(dbs, dbs.scalars(select(Event)).one(), setting, actor="command", now=at)
    elif what in {"cancel", "postpone"}:
        republish(dbs, setting, at, status={"cancel": "cancelled", "postpone": "postponed"}[what])
    elif what == "title":
        changed = documents.event(texts={"en": {"title": "A new title", "summary": "", "description": ""}})
        document = documents.document(changed)
        document["edition"] |= {"window_from": "2021-01-01", "window_to": "2021-12-31"}
        documents.apply(dbs, setting, document, now=at)
    dbs.commit()


@pytest.mark.parametrize("when", ["before it is read", "between the look and the mark"])
@pytest.mark.parametrize(
    ("what", "state", "reason"),
    [
        ("unfollow", "skipped", "no longer wanted"),
        ("pause", "skipped", "no longer wanted"),
        ("leave", "skipped", "no longer wanted"),
        ("own rules", "skipped", "no longer wanted"),
        ("hide", "skipped", "the session was called off"),
        ("cancel", "skipped", "the session was called off"),
        ("postpone", "skipped", "the session was called off"),
        ("other session", "skipped", "no longer wanted"),
        ("nothing", "sent", ""),
        ("title", "sent", ""),
        ("link", "sent", ""),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_nothing_goes_out_that_is_not_right_at_that_moment(
    dbs: Session, setting: Setting, event: Event, plan: Callable[[datetime], int],
    send: Callable[..., list[tuple[str, str]]], mailbox: Mailbox, what: str, state: str, reason: str, when: str,
) -> None:  # fmt: skip
    attend(dbs, "ada", LONG_AGO)
    if what == "other session":
        register(dbs, "ada", event, LONG_AGO)
    else:
        follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    plan(STARTS - HOUR)

    def change() -> None:
        make_change(dbs, setting, what)

    changed: list[bool] = []

    def between() -> None:
        if not changed:
            changed.append(True)
            change()

    if when == "before it is read":
        change()
    else:
        mailbox.against = between  # type: ignore[assignment] -- nothing is against it
    assert send(STARTS - 58 * MINUTE) == [(state, reason)]
    mails = [mail for _, mail in mailbox.mails]
    assert len(mails) == (state == "sent")
    if what == "title":
        assert mails[0]["Subject"].endswith("A new title")
    if what == "link":
        text = text_of(mails[0])
        assert "We have been told that the link of this event does not work." in text
        assert "/go/" not in text
        assert f"See the page of the event:\nhttp://wmd.example/e/{event.code}\n" in text


def test_mail_by_days_names_the_sessions_of_the_day_and_speaks_for_those_that_stay(
    dbs: Session, setting: Setting, plan: Callable[[datetime], int], send: Callable[..., list[tuple[str, str]]],
    mailbox: Mailbox,
) -> None:  # fmt: skip
    event = publish(
        dbs, setting, session("main", "2021-10-07T09:00", "2021-10-07T10:00"),
        session("evening", "2021-10-07T19:00", "2021-10-07T20:00"),
        session("next", "2021-10-08T09:00", "2021-10-08T10:00"),
    )  # fmt: skip
    ada_follows(dbs, event, reminders=["start-1d"])
    plan(datetime(2021, 10, 6, 7, tzinfo=UTC))
    send()
    said = text_of(mailbox.mails[0][1])
    assert (
        "7 October 2021, 09:00–10:00, Barcelona (CEST, UTC+2)\nThursday 7 October 2021, 19:00–20:00, Barcelona" in said
    )
    assert "8 October" not in said
    # The mail of another reader waits for the server while the first session is cancelled.
    dbs.execute(update(Message).values(state="queued", sent_at=None, handoff_at=None))
    dbs.commit()
    plan(datetime(2021, 10, 6, 17, tzinfo=UTC))
    dbs.execute(update(EventSession).where(EventSession.key == "main").values(status="cancelled"))
    dbs.commit()
    assert send(datetime(2021, 10, 6, 18, tzinfo=UTC)) == [("sent", "")]
    said = text_of(mailbox.mails[1][1])
    assert "19:00–20:00, Barcelona" in said
    assert "09:00" not in said


def call_away(dbs: Session, how: str) -> None:
    """Take the day's first session away."""
    if how == "cancelled":
        dbs.execute(update(EventSession).where(EventSession.key == "main").values(status="cancelled"))
        dbs.commit()
    else:
        move_to(dbs, row_of(dbs).starts_at + 14 * DAY, datetime(2021, 10, 6, 17, 30, tzinfo=UTC))


@pytest.mark.parametrize("how", ["cancelled", "moved"])
@pytest.mark.parametrize("waits", [True, False])
def test_day_that_was_spoken_of_has_no_second_mail_when_words_change(
    dbs: Session, setting: Setting, plan: Callable[[datetime], int], send: Callable[..., list[tuple[str, str]]],
    mailbox: Mailbox, how: str, *, waits: bool,
) -> None:  # fmt: skip
    event = publish(
        dbs, setting, session("main", "2021-10-07T09:00", "2021-10-07T10:00"),
        session("evening", "2021-10-07T19:00", "2021-10-07T20:00"),
    )  # fmt: skip
    ada_follows(dbs, event, reminders=["start-1d"])
    assert plan(datetime(2021, 10, 6, 7, tzinfo=UTC)) == 1
    if not waits:
        send()
    plan(datetime(2021, 10, 6, 17, tzinfo=UTC))
    call_away(dbs, how)
    assert send(datetime(2021, 10, 6, 18, tzinfo=UTC)) == [("sent", "")]
    assert "19:00–20:00, Barcelona" in text_of(mailbox.mails[0][1])
    row_of(dbs, "evening").last_modified_at = datetime(2021, 10, 6, 18, 30, tzinfo=UTC)
    dbs.commit()
    assert plan(datetime(2021, 10, 6, 18, 31, tzinfo=UTC)) == 0
    send()
    assert len(mailbox.mails) == 1


def test_day_that_was_not_spoken_of_has_a_mail_of_its_own(
    dbs: Session, setting: Setting, plan: Callable[[datetime], int], send: Callable[..., list[tuple[str, str]]],
    mailbox: Mailbox,
) -> None:  # fmt: skip
    event = publish(
        dbs, setting, session("main", "2021-10-07T09:00", "2021-10-07T10:00"),
        session("evening", "2021-10-09T19:00", "2021-10-09T20:00"),
    )  # fmt: skip
    ada_follows(dbs, event, reminders=["start-1d"])
    plan(datetime(2021, 10, 6, 7, tzinfo=UTC))
    send()
    # The evening comes to that day when its mail is out already, and the morning is called off.
    later = row_of(dbs, "evening")
    dbs.add(
        Change(
            edition_id=event.edition_id, event_id=event.id, session_id=later.id, kind="moved", version=9,
            at=datetime(2021, 10, 6, 17, 20, tzinfo=UTC), before={}, after={},
        )
    )  # fmt: skip
    move_to(dbs, later.starts_at - 2 * DAY, datetime(2021, 10, 6, 17, 20, tzinfo=UTC), "evening")
    call_away(dbs, "cancelled")
    assert plan(datetime(2021, 10, 6, 18, tzinfo=UTC)) == 1
    send()
    assert [text_of(mail).count("19:00–20:00, Barcelona") for _, mail in mailbox.mails] == [0, 1]


def test_afterwards_leads_to_the_recording_when_there_is_one(
    dbs: Session, event: Event, plan: Callable[[datetime], int], send: Callable[..., object], mailbox: Mailbox
) -> None:
    ada_follows(dbs, event)
    event.recording_url = "https://video.example/recording"
    dbs.commit()
    plan(ENDS + DAY)
    send()
    text = text_of(mailbox.mails[-1][1])
    assert "Watch the recording:\nhttps://video.example/recording\n" in text
    assert f"The page of the event:  \nhttp://wmd.example/e/{event.code}\n" in text


def test_place_is_said_where_there_is_one(
    dbs: Session, event: Event, plan: Callable[[datetime], int], send: Callable[..., object], mailbox: Mailbox
) -> None:
    ada_follows(dbs, event)
    dbs.execute(update(Event).values(
        format="hybrid", has_venue=True, venue_name="City Hall", address="Plaça 1", venue_city="Barcelona"
    ))  # fmt: skip
    dbs.commit()
    plan(STARTS - HOUR)
    send()
    assert "Place: City Hall, Plaça 1, Barcelona\n" in text_of(mailbox.mails[0][1])


def test_what_came_too_late_for_its_own_reader_does_not_go_out(
    dbs: Session, setting: Setting, event: Event, plan: Callable[[datetime], int],
    send: Callable[..., list[tuple[str, str]]],
) -> None:  # fmt: skip
    ada_follows(dbs, event)
    plan(STARTS - HOUR)
    # The mail server is away for an hour, and the session begins ten minutes earlier than planned.
    republish(dbs, setting, STARTS - 50 * MINUTE, starts="2021-10-07T14:50", ends="2021-10-07T16:30")
    assert send(STARTS - 5 * MINUTE) == [("skipped", "it came too late")]


@pytest.mark.parametrize(
    ("day", "zone", "lines"),
    [
        ("2026-10-25", "Europe/Madrid", "Sunday 25 October 2026, 15:00–16:00, Barcelona (CET, UTC+1)"),
        ("2021-10-31", "Europe/Madrid", "Sunday 31 October 2021, 15:00–16:00, Barcelona (CET, UTC+1)"),
        (
            "2026-10-25",
            "America/Bogota",
            "Sunday 25 October 2026, 09:00–10:00, Bogotá (UTC−5)\n= Sunday 25 October 2026, 15:00–16:00, Barcelona",
        ),
        (
            "2021-10-31",
            "Pacific/Auckland",
            "Monday 1 November 2021, 03:00–04:00, Auckland (NZDT, UTC+13)\n= Sunday 31 October 2021, 15:00–16:00",
        ),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_night_with_a_clock_change_through_the_whole_way(
    dbs: Session, setting: Setting, plan: Callable[[datetime], int], send: Callable[..., object], mailbox: Mailbox,
    day: str, zone: str, lines: str,
) -> None:  # fmt: skip
    known = datetime(2021, 9, 1, tzinfo=UTC)
    event = publish(
        dbs, setting, session("main", f"{day}T15:00", f"{day}T16:00"), at=known, year=int(day[:4])
    )  # fmt: skip
    attend(dbs, "ada", known, zone=zone)
    follow(dbs, "ada", event, known)
    dbs.commit()
    starts_at = row_of(dbs).starts_at
    for at, lead in (
        (starts_at - 25 * HOUR, "Tomorrow"),
        (starts_at - HOUR, "In one hour"),
        (starts_at, "It is on now"),
    ):
        assert plan(at - MINUTE) == 0
        assert plan(at) == 1
        send()
        mail = mailbox.mails[-1][1]
        assert mail["Subject"] == f"{lead}: Care in the city"
        assert lines in text_of(mail)
    assert len(mailbox.mails) == 3


def test_reading_a_batch_costs_the_same_for_one_and_three(
    app: Flask, dbs: Session, event: Event, plan: Callable[[datetime], int], clock: Clock
) -> None:
    for name in ("a", "b", "c"):
        attend(dbs, name, LONG_AGO)
        follow(dbs, name, event, LONG_AGO)
    dbs.commit()
    plan(STARTS - HOUR)
    tools = tools_of(app, dbs)
    claims = claim(dbs, now=clock.now, limit=9)
    dbs.commit()
    counts = []
    for some in (claims[:1], claims):
        dbs.expire_all()
        with count_statements(dbs) as count:
            ready = make_ready(dbs, some, tools.press, tools.box, digest=tools.digest, now=clock.now)
            counts.append(count())
        dbs.commit()
        assert not any(isinstance(each, str) for each in ready.values())
    assert counts[0] == counts[1]


@pytest.mark.parametrize("kind", ["reminder", "reminder-now", "afterwards", "link-check"])
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_mail_is_the_golden_one(
    app: Flask, dbs: Session, setting: Setting, plan: Callable[[datetime], int], send: Callable[..., object],
    mailbox: Mailbox, kind: str,
) -> None:  # fmt: skip
    event = publish(
        dbs, setting, session("main", "2021-10-07T15:00", "2021-10-07T16:30"),
        session("evening", "2021-10-07T23:30", "2021-10-08T01:00"),
    )  # fmt: skip
    attend(dbs, "ravi", LONG_AGO, zone="Asia/Kathmandu")
    register(dbs, "ravi", event, LONG_AGO)
    event.recording_url = "https://video.example/care"
    dbs.commit()
    at = {"reminder": STARTS - DAY, "reminder-now": STARTS, "afterwards": ENDS + DAY, "link-check": STARTS - 2 * DAY}
    if kind == "link-check":
        facts = {"event_id": event.id, "check_id": "check", "start": STARTS.isoformat()}
        put_message(
            dbs, kind=kind, dedupe_key=kind, cause="command", person_id="ravi", subject_id=row_of(dbs).id,
            edition_id=event.edition_id, facts=facts, now=at[kind], box=app.extensions["wmd.secretbox"],
        )  # fmt: skip
        dbs.commit()
    plan(at[kind])
    send()
    mail = next(mail for _, mail in mailbox.mails if mail["X-Mail-Kind"] == kind)
    headers = "".join(
        f"{name}: {value}\n" for name, value in mail.items() if name not in {"Content-Type", "Message-ID"}
    )
    found = re.sub(r"v1\.derived\.[\w.-]+", "TOKEN", f"{headers}\n{text_of(mail)}\n==== HTML\n{html_of(mail)}")
    path = Path(__file__).resolve().parents[1] / "golden" / "mail" / f"{kind}.txt"
    if os.environ.get("WMD_WRITE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
