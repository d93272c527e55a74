"""Reminders under faults that are real: two schedulers on one PostgreSQL, and processes that are killed anywhere."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.attendees import attend, follow
from tests.mails import Answers, smtp_server
from tests.test_mail_kills import production
from wmd.cli import publishing_setting
from wmd.db import db, make_engine
from wmd.gateways import read_clock
from wmd.jobs import run_job
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import tools_of
from wmd.models import Event, EventSession, Message, ReminderRun

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "100"))
SEED = int(os.environ.get("SOAK_SEED", "20211007"))
#: Plans and sends as ``flask jobs run`` does.
RUN = (
    "import sys; from pathlib import Path; from tests.conftest import make_config; from wmd import create_app;"
    "from wmd.jobs import run_job; url, folder, mail = sys.argv[1:];"
    "app = create_app(make_config(url, Path(folder), mode='production', mail_url=mail));"
    "print('ready', flush=True); run_job(app, 'due-reminders'); run_job(app, 'outbox')"
)


def gather(app: Flask, people: int, minutes: int = 55) -> None:
    """Let people follow a session that begins in so many minutes, and has been known for long."""
    now = read_clock()
    with app.app_context():
        dbs = db.session()
        if dbs.scalar(select(Event.id)) is None:
            documents.apply(dbs, publishing_setting(app), documents.document(documents.event()))
        begins_at = now + timedelta(minutes=minutes)
        dbs.execute(update(EventSession).values(
            starts_at=begins_at, ends_at=begins_at + timedelta(hours=1), last_modified_at=now - timedelta(days=20)
        ))  # fmt: skip
        event = dbs.scalars(select(Event)).one()
        for number in range(people):
            attend(dbs, f"p{number:03}", now, reminders=["start-1h"])
            follow(dbs, f"p{number:03}", event, now - timedelta(days=20))
        dbs.commit()
        db.session.remove()


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_two_schedulers_at_once_plan_each_mail_once(tmp_path: Path, database_url: str) -> None:
    app = production(database_url, tmp_path, 1)
    gather(app, 60)
    start, faults = Barrier(3), []

    def plan() -> None:
        start.wait(10)
        try:
            with app.app_context():
                plan_reminders(tools_of(app, db.session()))
                db.session.remove()
        except Exception as error:
            faults.append(error)

    threads = [Thread(target=plan) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Message)) == 60
        runs = {run.rule: (run.state, run.planned, run.missed) for run in db.session.scalars(select(ReminderRun))}
        assert runs["start-1h"] == ("done", 60, 0)
        assert {state for state, _, _ in runs.values()} == {"done"}
        db.session.remove()
        db.engine.dispose()


def start(url: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start planning and sending as a process of its own, and wait until it begins."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, url, str(folder), f"smtp://127.0.0.1:{port}"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def kill_at_random(url: str, folder: Path, people: int, kills: int, seed: int) -> None:
    """Kill one process after the other, let the last work, and count what each person got."""
    chance = random.Random(seed)  # noqa: S311 -- chooses when to kill, hides nothing
    answers = Answers(after_data_s=0.01)
    with smtp_server(answers) as port:
        app = production(url, folder, port)
        gather(app, people)
        for _ in range(kills):
            process = start(url, folder, port)
            time.sleep(chance.uniform(0.0, 0.8))
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)
            # Whatever lease it had is over.
            settle(url)
        for _ in range(2):
            settle(url)
            run_job(app, "due-reminders")
            run_job(app, "outbox")
        with app.app_context():
            rows = {row.person_id: row for row in db.session.scalars(select(Message))}
            run = db.session.scalars(select(ReminderRun).where(ReminderRun.rule == "start-1h")).one()
            assert (run.state, run.planned, run.missed) == ("done", people, 0)
            db.session.remove()
            db.engine.dispose()
    assert {row.state for row in rows.values()} == {"sent"}
    assert len(rows) == people
    copies = {person: answers.readers.count(f"{person}@attendees.example") for person in rows}
    for person, row in rows.items():
        # I2: exactly one, or the same Message-ID once more of a row that says so itself.
        assert copies[person] == 1 or (copies[person] == 2 and row.uncertain_at is not None), (person, copies[person])
    assert len(set(answers.message_ids())) == people


def settle(url: str) -> None:
    """Let all leases be over, as if their time had passed."""
    engine = make_engine(url)
    long_ago = read_clock() - timedelta(hours=1)
    with Session(engine) as dbs:
        dbs.execute(update(Message).where(Message.state == "sending").values(lease_until=long_ago))
        dbs.execute(update(ReminderRun).where(ReminderRun.state == "planning").values(lease_until=long_ago))
        dbs.commit()
    engine.dispose()


def test_killed_anywhere_loses_no_reminder(tmp_path: Path, database_url: str) -> None:
    kill_at_random(database_url, tmp_path, people=20, kills=2, seed=SEED)


@pytest.mark.soak
def test_killed_hundreds_of_times_loses_no_reminder(tmp_path: Path, database_url: str) -> None:
    kill_at_random(database_url, tmp_path, people=3 * ROUNDS, kills=ROUNDS, seed=SEED)
