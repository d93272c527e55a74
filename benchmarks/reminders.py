"""How fast reminders are planned: ``python -m benchmarks.reminders [--quick]``.

A hundred thousand people follow one session that is an hour away: one run of the job puts their mails into the outbox,
in bounded memory. And the tick that finds nothing due is timed with nothing behind it and with a million past mails and
runs: the fastest of many, so that what else the machine does counts little.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, text

from benchmarks.delivery import close_app, database, make_app
from benchmarks.section import write_section
from wmd.db import db
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import tools_of
from wmd.models import Event, EventSession, Message, ReminderRun

_SECTION = """## Reminders

100,000 people who follow one session are put into the outbox by one run of the job (at most 20 s), page by page in
bounded memory; and the tick that finds nothing due is timed with nothing and with a million mails and runs behind it.
Alone: `python -m benchmarks.reminders`.

<!-- reminders -->

<!-- /reminders -->
"""


def follow(app: Flask, people: int) -> None:
    """Let so many people follow the first event, whose session begins in an hour; the others are long over."""
    now = datetime.now(UTC)
    with app.app_context():
        dbs = db.session()
        event = dbs.scalars(select(Event).order_by(Event.id)).first()
        assert event is not None
        slot = dbs.scalars(select(EventSession).where(EventSession.event_id == event.id)).one()
        slot.starts_at, slot.ends_at = now + timedelta(minutes=59), now + timedelta(hours=2)
        slot.last_modified_at, event.reminders = now - timedelta(days=30), ["start-1h"]
        dbs.commit()
        values = {"edition": event.edition_id, "event": event.id, "at": now - timedelta(days=20), "most": people - 1}
        name = "'a' || lpad(n::text, 7, '0')"
        for statement in (
            "INSERT INTO people (id, name, address, address_key, role_title, phone, language, zone, created_at)"
            f" SELECT {name}, {name}, {name} || '@people.example', {name} || '@people.example', '', '', 'en', '', :at",
            "INSERT INTO attendees (person_id, invitations, generation, confirmed_at, created_at)"
            f" SELECT {name}, 'request', 1, :at, :at",
            "INSERT INTO follows (id, person_id, edition_id, event_id, query, cadence, told_change_id, created_at,"
            f" confirmed_at) SELECT {name}, {name}, :edition, :event, '', '', 0, :at, :at",
        ):
            dbs.execute(text(f"{statement} FROM generate_series(0, :most) AS n"), values)
        dbs.commit()


def plan(app: Flask) -> tuple[int, float]:
    """Run the job once; return how many mails it put and the seconds it took."""
    with app.app_context():
        tools = tools_of(app, db.session())
        began_s = time.perf_counter()
        done = plan_reminders(tools)
        took_s = time.perf_counter() - began_s
        db.session.remove()
    return done, took_s


def memory_of_planning(app: Flask) -> float:
    """Return the most megabytes that one run held; it is slower while they are counted."""
    tracemalloc.start()
    plan(app)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def forget(app: Flask) -> None:
    """Delete what was planned."""
    with app.app_context():
        for table in ("messages", "reminder_runs"):
            db.session.execute(text(f"DELETE FROM {table}"))
        db.session.commit()


def add_past(app: Flask, rows: int) -> None:
    """Put so many sent mails and done runs behind us (PostgreSQL)."""
    with app.app_context():
        dbs = db.session()
        slot = dbs.scalars(select(EventSession.id).order_by(EventSession.starts_at)).first()
        past = {"slot": slot, "rows": rows}
        dbs.execute(text("SET statement_timeout = 0"))
        dbs.execute(
            text(
                "INSERT INTO messages (id, dedupe_key, kind, thread, person_id, subject_id, facts, sealed, cause,"
                " not_before, state, reason, attempts, message_id, last_error, created_at, sent_at)"
                " SELECT 'm' || n, 'm' || n, 'reminder', '', 'a' || lpad((n % 1000)::text, 7, '0'), :slot, '{}', '',"
                " 'job:due-reminders', at, 'sent', '', 1, 'm' || n, '', at, at FROM (SELECT n, TIMESTAMPTZ"
                " '2020-01-01' + n * INTERVAL '1 minute' AS at FROM generate_series(1, :rows) AS n) AS past"
            ),
            past,
        )
        dbs.execute(
            text(
                "INSERT INTO reminder_runs (session_id, rule, starts_at, due_at, state, after_person, planned, missed,"
                " created_at, finished_at) SELECT :slot, 'start-1d', at, at, 'done', '', 1, 0, at, at FROM (SELECT"
                " TIMESTAMPTZ '2020-01-01' + n * INTERVAL '1 minute' AS at FROM generate_series(1, :rows) AS n) AS past"
            ),
            past,
        )
        dbs.commit()
        dbs.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("ANALYZE"))
        db.session.remove()


def idle_ms(app: Flask, times: int) -> float:
    """Return the milliseconds of the fastest of some ticks that find nothing to do."""
    taken = []
    for _ in range(times):
        done, took_s = plan(app)
        assert done == 0, done
        taken.append(1_000 * took_s)
    return min(taken)


def main() -> None:
    """Measure, print, and write the figures into the README (not with ``--quick``)."""
    is_quick = "--quick" in sys.argv[1:]
    people, past = (5_000, 20_000) if is_quick else (100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name, database("postgresql", Path(name)) as url:
        app = make_app(url, Path(name), 1)
        follow(app, people)
        before_s = time.process_time()
        done, took_s = plan(app)
        processor_s = time.process_time() - before_s
        assert done == people, done
        empty_ms = idle_ms(app, 100)
        forget(app)
        megabytes = memory_of_planning(app)
        with app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Message)) == people
            assert db.session.scalar(select(func.sum(ReminderRun.planned))) == people
        add_past(app, past)
        full_ms = idle_ms(app, 100)
        close_app(app)
    lines = [
        "| PostgreSQL | figure | bound |",
        "|---|---|---|",
        f"| {people:,} due reminders put into the outbox | {took_s:.1f} s | 20 s |",
        f"| of these, processor of the job itself | {processor_s:.1f} s | |",
        f"| most memory of that run beyond what is held anyway | {megabytes:.0f} MB | does not grow with people |",
        f"| tick with nothing due | {empty_ms:.1f} ms | |",
        f"| the same with {past:,} past mails and runs | {full_ms:.1f} ms ({full_ms / empty_ms:.2f} ×) | 1.5 × |",
    ]
    said = "\n".join(lines)
    print(said)
    if not is_quick:
        write_section("reminders", _SECTION, said, more="; every commit reaches the disk")


if __name__ == "__main__":
    main()
