"""What is remembered of jobs and schedulers: enough to see what is wrong, and never without bound."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Connection, event, func, select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT, Clock
from wmd.db import db
from wmd.jobs import JOBS, watched
from wmd.models import CountedFile, Heartbeat, JobRun, JobTick
from wmd.services.alarms import raise_alarm
from wmd.services.health import NONE_LIVES, SILENT, note_tick, troubles
from wmd.services.job_watch import (
    MOST_RUNS,
    Run,
    count_living,
    forget_beat,
    forget_runs,
    job_statuses,
    living,
    note_beat,
    note_run,
)

NOW = LEAD_STARTED_AT
DAY = timedelta(days=1)


def ran(dbs: Session, name: str, at: datetime, *, rows: int = 0, duration_ms: int = 10, error: str = "") -> None:
    note_run(dbs, name, "here:1", Run(at, duration_ms, rows, error))


def test_run_that_did_something_took_long_or_failed_is_remembered(dbs: Session) -> None:
    ran(dbs, "idle", NOW, duration_ms=5_000)
    ran(dbs, "did", NOW, rows=1)
    ran(dbs, "long", NOW, duration_ms=5_001)
    ran(dbs, "failed", NOW, error="OSError")
    found = dbs.execute(select(JobRun.name, JobRun.scheduler, JobRun.rows, JobRun.error).order_by(JobRun.id)).all()
    assert [tuple(row) for row in found] == [
        ("did", "here:1", 1, ""), ("long", "here:1", 0, ""), ("failed", "here:1", 0, "OSError"),
    ]  # fmt: skip


def test_status_says_when_it_was_well_what_it_did_and_what_is_due(app: Flask, dbs: Session, clock: Clock) -> None:
    note_tick(dbs, "outbox", now=NOW - timedelta(minutes=11))
    note_tick(dbs, "publish-dates", now=NOW)
    ran(dbs, "outbox", NOW - DAY, rows=100)
    ran(dbs, "outbox", NOW - timedelta(hours=2), rows=7)
    ran(dbs, "outbox", NOW - timedelta(hours=1), duration_ms=70, error="OSError")
    raise_alarm(dbs, "job:outbox", "It fails.", now=NOW)
    found = {each.job.name: each for each in job_statuses(dbs, watched(), now=NOW)}

    outbox = found["outbox"]
    assert outbox.last == Run(NOW - timedelta(hours=1), 70, 0, "OSError")
    assert (outbox.good_at, outbox.is_failing, outbox.is_late) == (NOW - timedelta(minutes=11), True, True)
    assert (outbox.runs, outbox.rows, outbox.errors, outbox.backlog) == (2, 7, 1, 0)
    dates, never = found["publish-dates"], found["retention"]
    assert (dates.good_at, dates.last, dates.runs, dates.is_failing, dates.is_late) == (NOW, None, 0, False, False)
    assert (never.good_at, never.is_late, never.backlog) == (None, False, None)
    assert list(found) == list(JOBS)


@pytest.mark.parametrize("rows", [1, 3])
def test_statuses_take_a_fixed_number_of_queries(app: Flask, dbs: Session, rows: int) -> None:
    for number in range(rows):
        for name in JOBS:
            ran(dbs, name, NOW - timedelta(minutes=number), rows=1)
        note_beat(dbs, f"here:{number}", started_at=NOW, running={}, now=NOW)
    dbs.commit()
    asked: list[str] = []

    def note(_c: Connection, _k: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    job_statuses(dbs, watched(), now=NOW)
    living(dbs, now=NOW)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len([each for each in asked if each.startswith("SELECT")]) == 5 + sum(
        job.backlog is not None for job in JOBS.values()
    )


def test_scheduler_lives_while_it_says_so(dbs: Session) -> None:
    since = NOW - timedelta(minutes=7)
    note_beat(dbs, "a:1", started_at=since, running={}, now=since)
    note_beat(dbs, "b:2", started_at=since, running={}, now=since)
    note_beat(dbs, "b:2", started_at=NOW, running={"retention": since}, now=NOW)
    assert [(each.name, each.started_at, each.is_silent, each.running) for each in living(dbs, now=NOW)] == [
        ("b:2", since, False, {"retention": since}), ("a:1", since, True, {}),
    ]  # fmt: skip
    assert count_living(dbs, now=NOW) == 1
    forget_beat(dbs, "b:2")
    assert [each.name for each in living(dbs, now=NOW)] == ["a:1"]


def test_silence_of_all_schedulers_is_told_once(dbs: Session) -> None:
    assert troubles(dbs, now=NOW) == []
    note_beat(dbs, "a:1", started_at=NOW, running={}, now=NOW)
    note_beat(dbs, "b:2", started_at=NOW, running={}, now=NOW + timedelta(minutes=2))
    note_tick(dbs, "outbox", now=NOW)
    dbs.commit()
    said = [
        [(each.key, each.message, each.raised_at) for each in troubles(dbs, now=NOW + timedelta(seconds=seconds))]
        for seconds in (240, 241, 301)
    ]
    assert said == [
        [],
        [("scheduler:silent", NONE_LIVES, NOW + timedelta(minutes=2))],
        [("job:silent", SILENT, NOW)],
    ]


def test_runs_and_schedulers_are_forgotten_in_time_and_never_more_than_a_number(dbs: Session) -> None:
    dbs.add_all(
        JobRun(name="busy", scheduler="a", started_at=NOW, duration_ms=1, rows=number)
        for number in range(MOST_RUNS + 3)
    )
    ran(dbs, "rare", NOW - timedelta(days=29), rows=1)
    ran(dbs, "rare", NOW - timedelta(days=31), rows=1)
    note_beat(dbs, "gone", started_at=NOW, running={}, now=NOW - timedelta(hours=25))
    note_beat(dbs, "silent", started_at=NOW, running={}, now=NOW - timedelta(hours=23))
    dbs.add_all([CountedFile(name="old", counted_at=NOW - 31 * DAY), CountedFile(name="new", counted_at=NOW)])
    dbs.add(JobTick(name="busy", good_at=NOW - 400 * DAY))
    dbs.flush()

    assert (forget_runs(dbs, now=NOW), forget_runs(dbs, now=NOW)) == (6, 0)
    counts = dbs.execute(select(JobRun.name, func.count(), func.min(JobRun.rows)).group_by(JobRun.name)).all()
    assert sorted(tuple(row) for row in counts) == [("busy", MOST_RUNS, 3), ("rare", 1, 1)]
    assert (dbs.scalars(select(Heartbeat.name)).all(), dbs.scalars(select(CountedFile.name)).all()) == (
        ["silent"], ["new"],
    )  # fmt: skip
    assert dbs.scalars(select(JobTick.name)).all() == ["busy"]
