"""A real scheduler process is killed around the handover to a real mail server: nothing is lost, and what may be there
twice says so."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import make_config
from tests.mails import Answers, smtp_server
from wmd import create_app
from wmd.db import db, make_engine
from wmd.gateways import Gateways, read_clock
from wmd.jobs import run_job
from wmd.models import Message
from wmd.services.outbox import put_message

ROOT = Path(__file__).resolve().parents[1]
#: Starts the outbox job as ``flask jobs run outbox`` does, in production mode with a mail server on loopback.
RUN = (
    "import sys; from pathlib import Path; from tests.conftest import make_config; from wmd import create_app;"
    "from wmd.jobs import run_job; url, folder, mail = sys.argv[1:];"
    "app = create_app(make_config(url, Path(folder), mode='production', mail_url=mail)); run_job(app, 'outbox')"
)


def production(url: str, folder: Path, port: int, later: timedelta = timedelta(0)) -> Flask:
    """Return the application with a mail server on loopback, and a clock that is ahead."""
    config = make_config(url, folder, mode="production", mail_url=f"smtp://127.0.0.1:{port}")
    return create_app(config, Gateways(clock=lambda: read_clock() + later))


def put(app: Flask, count: int) -> None:
    """Put mails into the outbox, every fifth one a sign-in link."""
    with app.app_context():
        for number in range(count):
            is_link = number % 5 == 4
            put_message(
                db.session(), kind="sign-in" if is_link else "announcement", dedupe_key=str(number), cause="command",
                to=f"r{number}@example.org", secret="/sign-in/confirm?t=x" if is_link else None,
                facts={} if is_link else {"subject": "News", "text": "Hi"}, now=read_clock(),
                not_after=read_clock() + timedelta(days=1), box=app.extensions["wmd.secretbox"],
            )  # fmt: skip
        db.session.commit()
        db.engine.dispose()


def start(url: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the job as a process of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}
    return subprocess.Popen(
        [sys.executable, "-c", RUN, url, str(folder), f"smtp://127.0.0.1:{port}"],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill_when(process: subprocess.Popen[bytes], happened: Callable[[], bool]) -> None:
    """Kill a process as soon as something happened."""
    end_s = time.monotonic() + 30
    while not happened() and process.poll() is None and time.monotonic() < end_s:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def settle(url: str, folder: Path, port: int) -> dict[str, Message]:
    """Let the leases end, run until nothing waits, and return the rows by reader."""
    for round_ in range(1, 4):
        app = production(url, folder, port, timedelta(minutes=6 * round_))
        run_job(app, "outbox")
        with app.app_context():
            db.engine.dispose()
    engine = make_engine(url)
    with Session(engine, expire_on_commit=False) as dbs:
        rows = {f"r{row.dedupe_key}@example.org": row for row in dbs.scalars(select(Message))}
    engine.dispose()
    return rows


def check(answers: Answers, rows: dict[str, Message]) -> None:
    """See that nobody's mail is lost, nobody got two that are not flagged, and no link went out twice."""
    copies = {reader: answers.readers.count(reader) for reader in rows}
    for reader, row in rows.items():
        if row.kind == "sign-in":
            assert copies[reader] <= 1
            assert row.state == "sent" or row.uncertain_at is not None
        else:
            assert (row.state, copies[reader] == 1 or (copies[reader] == 2 and row.uncertain_at is not None)) == (
                "sent", True,
            )  # fmt: skip
    assert len(set(answers.message_ids())) == len({reader for reader, number in copies.items() if number})
    assert {row.sealed for row in rows.values()} == {""}


def test_scheduler_killed_between_the_mark_and_the_servers_answer(tmp_path: Path, database_url: str) -> None:
    answers = Answers(after_data_s=0.6)
    with smtp_server(answers) as port:
        app = production(database_url, tmp_path, port)
        put(app, 1)
        process = start(database_url, tmp_path, port)
        # The server has the text and has not said 250 yet.
        kill_when(process, lambda: len(answers.taken) == 1)
        answers.after_data_s = 0
        rows = settle(database_url, tmp_path, port)
    check(answers, rows)
    assert answers.readers == ["r0@example.org"] * 2
    assert rows["r0@example.org"].uncertain_at is not None


def test_scheduler_killed_before_it_hands_over(tmp_path: Path, database_url: str) -> None:
    answers, seen = Answers(), []

    def greet(address: str) -> str | None:
        seen.append(address)
        time.sleep(0.5)
        return None

    answers.mail = greet
    with smtp_server(answers) as port:
        app = production(database_url, tmp_path, port)
        put(app, 3)
        process = start(database_url, tmp_path, port)
        kill_when(process, lambda: len(seen) == 1)
        answers.mail = lambda _: None
        rows = settle(database_url, tmp_path, port)
    check(answers, rows)
    assert sorted(answers.readers) == ["r0@example.org", "r1@example.org", "r2@example.org"]


@pytest.mark.soak
def test_schedulers_killed_again_and_again(tmp_path: Path, database_url: str) -> None:
    chance = random.Random(int(os.environ.get("SOAK_SEED", "7")))  # noqa: S311 -- a seed repeats a run
    answers = Answers(after_data_s=0.002)
    with smtp_server(answers) as port:
        app = production(database_url, tmp_path, port)
        put(app, 200)
        for _ in range(12):
            process = start(database_url, tmp_path, port)
            wanted = len(answers.taken) + chance.randrange(0, 12)
            kill_when(process, lambda wanted=wanted: len(answers.taken) > wanted)  # type: ignore[misc]
        answers.after_data_s = 0
        rows = settle(database_url, tmp_path, port)
    check(answers, rows)
