"""Planning reminders: what is due is put into the outbox, for the right people, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.attendees import attend, follow, register
from tests.conftest import Clock
from tests.mails import count_statements
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import tools_of
from wmd.models import Alarm, Event, EventSession, Message, ReminderRun
from wmd.services.publishing import Setting
from wmd.services.reminder_planning import look
from wmd.services.reminder_runs import MOVED, LostRun, Round, begin, give_back, plan_page

#: The session begins on 7 October 2021 at 15:00 in Madrid.
STARTS = datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
ENDS = datetime(2021, 10, 7, 14, 30, tzinfo=UTC)
LONG_AGO = STARTS - timedelta(days=20)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event with one session, known for long."""
    return publish(dbs, setting)


def publish(
    dbs: Session, setting: Setting, *sessions: dict[str, Any], at: datetime = LONG_AGO, year: int = 2021
) -> Event:
    """Publish the event with these sessions, or with its usual one."""
    changes = {"sessions": list(sessions)} if sessions else {}
    document = documents.document(documents.event(**changes))
    document["edition"] |= {
        "main_day": f"{year}-10-07", "window_from": f"{year}-01-01", "window_to": f"{year}-12-31",
    }  # fmt: skip
    documents.apply(dbs, setting, document, now=at)
    dbs.expire_all()
    return dbs.scalars(select(Event)).one()


def session(key: str, starts: str, ends: str, zone: str = "Europe/Madrid") -> dict[str, Any]:
    """Return a session by its wall times."""
    return documents.session(key=key, starts=starts, ends=ends, zone=zone, time_text="")


@pytest.fixture
def tick(app: Flask, dbs: Session, clock: Clock) -> Callable[[datetime], int]:
    """Run the job at an instant."""

    def run(at: datetime) -> int:
        clock.now = at
        done = plan_reminders(tools_of(app, dbs))
        dbs.expire_all()
        return done

    return run


def planned(dbs: Session) -> list[tuple[str, str, str]]:
    """Return person, rule and state of each message, in order."""
    rows = dbs.scalars(select(Message))
    return sorted((row.person_id or "", row.facts["rule"], row.state) for row in rows)


def counts(dbs: Session) -> dict[str, tuple[int, int]]:
    """Return how many were planned and missed, by rule."""
    return {
        run.rule: (run.planned, run.missed) for run in dbs.scalars(select(ReminderRun)) if run.planned or run.missed
    }


def row_of(dbs: Session, key: str = "main") -> EventSession:
    """Return a session by its key."""
    return dbs.scalars(select(EventSession).where(EventSession.key == key)).one()


def move_to(dbs: Session, starts_at: datetime, now: datetime, key: str = "main") -> None:
    """Move a session as a publication does."""
    slot = row_of(dbs, key)
    length = slot.ends_at - slot.starts_at
    slot.starts_at, slot.ends_at, slot.last_modified_at = starts_at, starts_at + length, now
    dbs.commit()


def test_defaults_go_out_each_once_and_only_when_due(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    ticks = [STARTS + offset for offset in (
        -8 * DAY, -DAY - MINUTE, -DAY, -DAY + MINUTE, -HOUR, timedelta(0), MINUTE, DAY, 2 * DAY,
    )]  # fmt: skip
    assert [tick(at) for at in ticks] == [0, 0, 1, 0, 1, 1, 0, 0, 1]
    assert planned(dbs) == [("ada", rule, "queued") for rule in ("end+1d", "start", "start-1d", "start-1h")]
    rows = {row.facts["rule"]: row for row in dbs.scalars(select(Message))}
    assert {rule: (row.kind, row.not_before, row.not_after) for rule, row in rows.items()} == {
        "start-1d": ("reminder", STARTS - DAY, STARTS - HOUR),
        "start-1h": ("reminder", STARTS - HOUR, STARTS),
        "start": ("reminder-now", STARTS, STARTS + 20 * MINUTE),
        "end+1d": ("afterwards", STARTS + 2 * DAY, ENDS + 4 * DAY),
    }
    slot = row_of(dbs)
    one = rows["start-1d"]
    assert one.dedupe_key == f"reminder:ada:{slot.id}:start-1d:2021-10-07T13:00:00+00:00"
    assert (one.subject_id, one.edition_id, one.cause) == (slot.id, event.edition_id, "job:due-reminders")
    assert one.facts == {"event_id": event.id, "rule": "start-1d", "start": "2021-10-07T13:00:00+00:00"}


def test_own_rules_come_before_the_events_and_those_before_the_editions(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    event.reminders = ["start-3h"]
    for name, rules in {"ada": None, "bo": ["start-2h", "start-99y"], "none": []}.items():
        attend(dbs, name, LONG_AGO, reminders=rules)
        follow(dbs, name, event, LONG_AGO)
    dbs.commit()
    for at in (STARTS - DAY, STARTS - 3 * HOUR, STARTS - 2 * HOUR, STARTS - HOUR, STARTS):
        tick(at)
    assert planned(dbs) == [("ada", "start-3h", "queued"), ("bo", "start-2h", "queued")]


def test_who_came_late_gets_no_tomorrow(dbs: Session, event: Event, tick: Callable[[datetime], int]) -> None:
    for name, since in {"before": STARTS - DAY, "after": STARTS - DAY + MINUTE}.items():
        attend(dbs, name, LONG_AGO)
        follow(dbs, name, event, since)
    dbs.commit()
    tick(STARTS - 20 * HOUR)
    assert planned(dbs) == [("before", "start-1d", "queued")]
    tick(STARTS - HOUR)
    assert [each for each in planned(dbs) if each[0] == "after"] == [("after", "start-1h", "queued")]


def test_outage_ends_in_what_is_still_useful_and_the_rest_is_counted(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    attend(dbs, "ada", LONG_AGO)
    attend(dbs, "bo", LONG_AGO, reminders=["start-1d"])
    for name in ("ada", "bo"):
        follow(dbs, name, event, LONG_AGO)
    dbs.commit()
    # Of "one day before", only who has no smaller reminder can still use it half an hour before the start.
    assert tick(STARTS - 30 * MINUTE) == 2
    assert planned(dbs) == [("ada", "start-1h", "queued"), ("bo", "start-1d", "queued")]
    assert counts(dbs) == {"start-1d": (1, 1), "start-1h": (1, 0)}
    tick(ENDS + 9 * DAY)
    assert counts(dbs) == {"start-1d": (1, 1), "start-1h": (1, 0)}


def test_outage_of_days_is_on_record_for_everybody(dbs: Session, event: Event, tick: Callable[[datetime], int]) -> None:
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    assert tick(ENDS + 3 * DAY) == 1
    assert planned(dbs) == [("ada", "end+1d", "queued")]
    assert counts(dbs) == {"start-1d": (0, 1), "start-1h": (0, 1), "start": (0, 1), "end+1d": (1, 0)}


def test_edit_of_words_makes_no_reminder_missed_that_was_sent(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    attend(dbs, "ada", LONG_AGO)
    attend(dbs, "bo", LONG_AGO, reminders=["start-7d"])
    for name in ("ada", "bo"):
        follow(dbs, name, event, LONG_AGO)
    dbs.commit()
    for offset in (DAY, HOUR):
        tick(STARTS - offset)
    # Nobody ran the scheduler a week before, when Bo should have been told: he is still told, late.
    expected = {"start-7d": (1, 0), "start-1d": (1, 0), "start-1h": (1, 0)}
    assert counts(dbs) == expected
    row_of(dbs).last_modified_at = STARTS - 30 * MINUTE
    dbs.commit()
    assert tick(STARTS - 29 * MINUTE) == 0
    assert counts(dbs) == expected


def test_who_was_missed_is_counted_once_however_often_words_change(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    tick(STARTS - 50 * MINUTE)
    assert counts(dbs) == {"start-1d": (0, 1), "start-1h": (1, 0)}
    for minutes in (40, 30):
        row_of(dbs).last_modified_at = STARTS - minutes * MINUTE
        dbs.commit()
        tick(STARTS - (minutes - 1) * MINUTE)
    assert counts(dbs) == {"start-1d": (0, 1), "start-1h": (1, 0)}


def test_what_nobody_could_have_been_told_is_not_missed(
    dbs: Session, setting: Setting, event: Event, tick: Callable[[datetime], int]
) -> None:
    attend(dbs, "ada", LONG_AGO, reminders=["start-3d", "start-1d", "start-1h"])
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    moved = STARTS - 10 * DAY
    publish(dbs, setting, session("main", "2021-09-28T15:00", "2021-09-28T16:30"), at=moved)
    # It begins a day later now: three days before is over, one day before is just due.
    assert tick(moved + MINUTE) == 1
    assert planned(dbs) == [("ada", "start-1d", "queued")]
    assert counts(dbs) == {"start-1d": (1, 0)}


def test_move_is_planned_anew_and_a_small_one_reopens_nothing(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    attend(dbs, "ada", LONG_AGO)
    attend(dbs, "bo", LONG_AGO)
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    assert tick(STARTS - HOUR) == 1
    follow(dbs, "bo", event, STARTS - HOUR + MINUTE)
    move_to(dbs, STARTS + 10 * MINUTE, STARTS - 55 * MINUTE)
    # Who follows since is told, who was told is not told again.
    assert tick(STARTS - 50 * MINUTE) == 1
    assert planned(dbs) == [("ada", "start-1h", "queued"), ("bo", "start-1h", "queued")]
    move_to(dbs, STARTS + 5 * HOUR, STARTS - 40 * MINUTE)
    assert tick(STARTS - 39 * MINUTE) == 1
    assert tick(STARTS + 4 * HOUR) == 2
    assert planned(dbs) == [
        ("ada", "start-1d", "queued"), ("ada", "start-1h", "queued"), ("ada", "start-1h", "queued"),
        ("bo", "start-1h", "queued"), ("bo", "start-1h", "queued"),
    ]  # fmt: skip


def test_what_was_taken_back_by_a_move_goes_out_when_the_session_comes_back(
    dbs: Session, event: Event, tick: Callable[[datetime], int]
) -> None:
    for name in ("ada", "bo", "cy"):
        attend(dbs, name, LONG_AGO)
        follow(dbs, name, event, LONG_AGO)
    dbs.commit()
    assert tick(STARTS - HOUR) == 3
    for name, state, reason in (("ada", "skipped", MOVED), ("bo", "skipped", "no longer wanted"), ("cy", "sent", "")):
        dbs.execute(update(Message).where(Message.person_id == name).values(
            state=state, reason=reason, sent_at=STARTS
        ))  # fmt: skip
    move_to(dbs, STARTS + 5 * HOUR, STARTS - 50 * MINUTE)
    tick(STARTS - 45 * MINUTE)
    move_to(dbs, STARTS, STARTS - 40 * MINUTE)
    assert tick(STARTS - 35 * MINUTE) == 1
    hours = [each for each in planned(dbs) if each[1] == "start-1h"]
    assert hours == [("ada", "start-1h", "queued"), ("bo", "start-1h", "skipped"), ("cy", "start-1h", "sent")]
    assert tick(STARTS - 30 * MINUTE) == 0


@pytest.mark.parametrize("change", ["cancelled", "postponed", "hidden"])
def test_nothing_is_planned_for_what_does_not_take_place_until_it_does_again(
    dbs: Session, event: Event, tick: Callable[[datetime], int], change: str
) -> None:
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", event, LONG_AGO)
    slot = row_of(dbs)
    if change == "hidden":
        event.hidden_at = LONG_AGO
    else:
        slot.status = change
    dbs.commit()
    assert [tick(at) for at in (STARTS - DAY, STARTS - 2 * HOUR)] == [0, 0]
    slot.status, event.hidden_at = "scheduled", None
    dbs.commit()
    assert tick(STARTS - 2 * HOUR) == 1
    assert planned(dbs) == [("ada", "start-1d", "queued")]


def test_sessions_of_one_day_have_one_mail_and_other_days_their_own(
    dbs: Session, setting: Setting, tick: Callable[[datetime], int]
) -> None:
    event = publish(
        dbs, setting, session("morning", "2021-10-07T09:00", "2021-10-07T10:00"),
        session("evening", "2021-10-07T19:00", "2021-10-07T20:00"),
        session("next", "2021-10-08T09:00", "2021-10-08T10:00"),
    )  # fmt: skip
    morning, evening, following = (row_of(dbs, key).id for key in ("morning", "evening", "next"))
    for name, chosen in {"all": [], "late": [evening], "both": [evening, following]}.items():
        attend(dbs, name, LONG_AGO, reminders=["start-1d", "start-1h"])
        register(dbs, name, event, LONG_AGO, sessions=chosen)
    # Who came between the two hours is told of the evening, which is the first they could be told of.
    attend(dbs, "between", LONG_AGO, reminders=["start-1d"])
    follow(dbs, "between", event, datetime(2021, 10, 6, 12, tzinfo=UTC))
    dbs.commit()
    at = datetime(2021, 10, 6, 6, tzinfo=UTC)
    while at < datetime(2021, 10, 8, 12, tzinfo=UTC):
        tick(at)
        at += HOUR
    of = {morning: "morning", evening: "evening", following: "next"}
    found = sorted((row.person_id, row.facts["rule"], of[row.subject_id]) for row in dbs.scalars(select(Message)))
    assert found == [
        ("all", "start-1d", "morning"), ("all", "start-1d", "next"),
        ("all", "start-1h", "evening"), ("all", "start-1h", "morning"), ("all", "start-1h", "next"),
        ("between", "start-1d", "evening"), ("between", "start-1d", "next"),
        ("both", "start-1d", "evening"), ("both", "start-1d", "next"),
        ("both", "start-1h", "evening"), ("both", "start-1h", "next"),
        ("late", "start-1d", "evening"), ("late", "start-1h", "evening"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "length_h"),
    [("2026-10-25", 25), ("2021-10-31", 25), ("2026-03-29", 23)],
)
def test_a_day_before_is_the_same_hour_on_the_wall_also_across_a_clock_change(
    dbs: Session, setting: Setting, tick: Callable[[datetime], int], day: str, length_h: int
) -> None:
    starts_on = datetime.fromisoformat(f"{day}T15:00")
    event = publish(
        dbs, setting, session("main", f"{day}T15:00", f"{day}T16:00"),
        at=datetime(2021, 9, 1, tzinfo=UTC), year=starts_on.year,
    )  # fmt: skip
    starts = row_of(dbs).starts_at
    assert starts_on.hour - starts.hour == (1 if length_h == 25 else 2)
    attend(dbs, "ada", datetime(2021, 9, 1, tzinfo=UTC))
    follow(dbs, "ada", event, datetime(2021, 9, 1, tzinfo=UTC))
    dbs.commit()
    due = starts - timedelta(hours=length_h)
    assert [tick(due - MINUTE), tick(due), tick(starts - HOUR - MINUTE), tick(starts - HOUR)] == [0, 1, 0, 1]


def test_one_broken_person_or_session_holds_up_no_other(
    dbs: Session, setting: Setting, tick: Callable[[datetime], int]
) -> None:
    event = publish(
        dbs, setting, session("main", "2021-10-07T15:00", "2021-10-07T16:00"),
        session("other", "2021-10-07T15:00", "2021-10-07T17:00"),
    )  # fmt: skip
    for name, rules in {"ada": None, "odd": 7, "zoe": None}.items():
        attend(dbs, name, LONG_AGO, reminders=rules)
        follow(dbs, name, event, LONG_AGO)
    row_of(dbs, "other").zone = "Nowhere/Atlantis"
    dbs.commit()
    assert tick(STARTS - HOUR) == 2
    assert planned(dbs) == [("ada", "start-1h", "queued"), ("zoe", "start-1h", "queued")]
    assert [(row.key, row.cleared_at) for row in dbs.scalars(select(Alarm))] == [("serving:due-reminders", None)]


def test_page_after_page_is_kept_and_a_stop_between_two_loses_and_doubles_nothing(
    app: Flask, dbs: Session, event: Event, clock: Clock, tick: Callable[[datetime], int]
) -> None:
    people = [f"p{number}" for number in range(7)]
    for name in people:
        attend(dbs, name, LONG_AGO)
        follow(dbs, name, event, LONG_AGO)
    dbs.commit()
    now = clock.now = STARTS - HOUR
    (due,) = [each for each in look(dbs, now=now).due if str(each.rule) == "start-1h"]
    run = begin(dbs, due, now=now)
    assert run is not None
    assert begin(dbs, due, now=now) is None
    run, page = plan_page(dbs, run, Round(dbs, due), now=now, page=3)
    assert (page.planned, page.last) == (3, "p2")
    dbs.commit()
    # The process was killed in the next page: another one takes over when the lease is over.
    plan_page(dbs, run, Round(dbs, due), now=now, page=3)
    dbs.rollback()
    assert tick(now + MINUTE) == 0
    assert tick(now + 3 * MINUTE) == 4
    assert [each[0] for each in planned(dbs) if each[1] == "start-1h"] == people
    assert counts(dbs)["start-1h"] == (7, 0)
    # Who slept past the lease changes nothing.
    with pytest.raises(LostRun):
        plan_page(dbs, run, Round(dbs, due), now=now, page=3)
    dbs.rollback()
    give_back(dbs, run)
    dbs.commit()
    assert {row.state for row in dbs.scalars(select(ReminderRun))} == {"done"}


def test_run_of_a_start_that_is_no_more_is_closed(dbs: Session, event: Event, tick: Callable[[datetime], int]) -> None:
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    (due,) = [each for each in look(dbs, now=STARTS - HOUR).due if str(each.rule) == "start-1h"]
    assert begin(dbs, due, now=STARTS - HOUR) is not None
    dbs.commit()
    move_to(dbs, STARTS + 9 * DAY, STARTS - HOUR)
    assert tick(STARTS - HOUR + 3 * MINUTE) == 0
    assert [(row.state, row.planned) for row in dbs.scalars(select(ReminderRun))] == [("done", 0)]


@pytest.mark.parametrize("many", [1, 3])
def test_idle_tick_asks_the_same_however_much_there_is(
    app: Flask, dbs: Session, setting: Setting, clock: Clock, many: int
) -> None:
    documents.apply(
        dbs, setting, documents.document(*(documents.event(f"e{number}") for number in range(many))), now=LONG_AGO
    )
    attend(dbs, "ada", LONG_AGO)
    for event in dbs.scalars(select(Event)).all():
        follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    clock.now = STARTS - HOUR
    assert plan_reminders(tools_of(app, dbs)) == many
    clock.now += MINUTE
    tools = tools_of(app, dbs)
    with count_statements(dbs) as count:
        assert plan_reminders(tools) == 0
        # SQLite is told in a statement of its own that a transaction begins.
        assert count() == {"sqlite": 4, "postgresql": 3}[dbs.get_bind().dialect.name]
    assert dbs.scalar(select(func.count()).select_from(Message)) == many


def test_clock_that_jumps_back_plans_nothing_twice(dbs: Session, event: Event, tick: Callable[[datetime], int]) -> None:
    attend(dbs, "ada", LONG_AGO)
    follow(dbs, "ada", event, LONG_AGO)
    dbs.commit()
    jumps = (-HOUR, -3 * HOUR, -HOUR, -2 * DAY, -HOUR + MINUTE)
    assert [tick(STARTS + jump) for jump in jumps] == [1, 0, 0, 0, 0]
    assert len(planned(dbs)) == 1
