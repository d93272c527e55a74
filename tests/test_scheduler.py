"""The scheduler's process: it ticks, says that it lives, ends when told, and ends itself when its clock jumps."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT, Clock, make_config
from tests.mails import Answers, smtp_server
from tests.test_jobs import DUE, OVER, ROOT, add_links, kept
from wmd.db import make_engine, reading
from wmd.gateways import read_clock
from wmd.jobs import JOBS
from wmd.jobs.scheduler import JUMPED, SPREAD, TAKEN, ClockGuard, Pulse, beat, build_scheduler, run_one
from wmd.jobs.watch_address import readiness
from wmd.models import Heartbeat, Message
from wmd.secretbox import SecretBox
from wmd.services.outbox import put_message

PULSE = Pulse("here:1", LEAD_STARTED_AT)
#: Runs the scheduler as ``flask scheduler run`` does, in production mode with a mail server on loopback.
PRODUCTION = """
import sys
from pathlib import Path
from tests.conftest import make_config
from wmd import create_app
from wmd.jobs.scheduler import run_scheduler
url, folder, mail = sys.argv[1:]
sys.exit(run_scheduler(create_app(make_config(url, Path(folder), mode="production", mail_url=mail))))
"""
#: Runs it with a wall clock that is set back by an hour once a file is there.
JUMPY = """
import sys, time
from pathlib import Path
from tests.conftest import make_test_app
from wmd.jobs.scheduler import ClockGuard, run_scheduler
url, folder, sign = sys.argv[1:]
guard = ClockGuard(wall_s=lambda: time.time() - 3600 * Path(sign).exists())
sys.exit(run_scheduler(make_test_app(url, Path(folder)), guard=guard))
"""


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_metronome_ticks_in_utc_late_but_never_twice_at_once(app: Flask) -> None:
    scheduler = build_scheduler(app, PULSE)
    jobs = {job.id: job for job in scheduler.get_jobs()}

    assert str(scheduler.timezone) == "UTC"
    assert scheduler._job_defaults == {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    pulse = jobs.pop("beat")
    assert (pulse.trigger.interval, pulse.executor, pulse.args) == (timedelta(seconds=30), "beat", (app, PULSE))
    assert {name: job.trigger.interval for name, job in jobs.items()} == {
        name: timedelta(seconds=job.every_s) for name, job in JOBS.items()
    }
    assert {name: job.args for name, job in jobs.items()} == {name: (app, name, PULSE) for name in JOBS}
    assert {name: job.executor for name, job in jobs.items()} == {name: job.lane for name, job in JOBS.items()}
    starts = [jobs[name].next_run_time for name in JOBS]
    assert [later - first for first, later in pairwise(starts)] == [SPREAD] * (len(JOBS) - 1)
    # By its own clock: from an hour long ago it would count every beat up to now before the first run.
    assert abs(starts[0] - read_clock()) < timedelta(minutes=5)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_metronome_runs_every_job_at_its_start(app: Flask, dbs: Session, clock: Clock) -> None:
    # What each job does is tried alone: what makes work for one may be in the way of another's.
    for name in ("outbox", "delete-private-links", "seal-audit"):
        DUE[name](dbs, 1)
    clock.now = OVER
    dbs.close()
    scheduler = build_scheduler(app, PULSE)
    done: set[str] = set()
    failed: set[str] = set()

    def hear(event: JobExecutionEvent) -> None:
        # On a slow machine one that looks often has run again before another ran at all.
        (done if event.exception is None else failed).add(event.job_id)
        if done | failed >= set(JOBS):
            over.set()

    over = threading.Event()
    scheduler.add_listener(hear, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    scheduler.start()
    over.wait(60)
    scheduler.shutdown()

    assert (done - {"beat"}, failed) == (set(JOBS), set())


def test_job_that_runs_is_told_with_the_beat_and_not_after_it(app: Flask, dbs: Session, clock: Clock) -> None:
    pulse = Pulse("here:2", clock.now)
    with pulse.during("outbox", clock.now):
        clock.now += timedelta(minutes=3)
        beat(app, pulse)
        status, body = readiness(app, pulse.running())
    assert (status, body["running"]) == (200, {"outbox": 180.0})
    stored = dbs.get_one(Heartbeat, "here:2")
    assert (stored.started_at, stored.beat_at) == (LEAD_STARTED_AT, clock.now)
    assert stored.facts == {"running": {"outbox": LEAD_STARTED_AT.isoformat()}}
    dbs.rollback()

    run_one(app, "outbox", pulse)
    beat(app, pulse)
    dbs.expire_all()
    assert dbs.get_one(Heartbeat, "here:2").facts == {"running": {}}


def test_readiness_tells_what_is_late_and_how_mail_flows(app: Flask, dbs: Session, clock: Clock) -> None:
    clock.now = OVER
    DUE["outbox"](dbs, 1)
    run_one(app, "publish-dates", PULSE)
    clock.now += timedelta(minutes=5)
    status, body = readiness(app, {})
    assert (status, body["status"], body["jobs"]["publish-dates"], body["jobs"]["outbox"]) == (
        200, "ready", 300.0, None,
    )  # fmt: skip
    assert (body["oldest_due_s"], body["oldest_lease_s"], body["failed"], body["failing"]) == (300.0, None, 0, [])

    clock.now += timedelta(minutes=10)
    status, body = readiness(app, {})
    assert (status, body["status"], body["faults"]) == (503, "not ready", ["late: publish-dates"])


class Clocks:
    """Two clocks that a test moves."""

    def __init__(self) -> None:
        self.wall_s, self.monotonic_s = 1_600_000_000.0, 50.0
        self.held_up_s = 0.0

    def wall(self) -> float:
        # The process may be held up between its two looks.
        self.pass_(self.held_up_s)
        return self.wall_s

    def pass_(self, seconds: float, wall_s: float | None = None) -> None:
        """Let time pass, on the wall clock by another amount if one is given."""
        self.monotonic_s += seconds
        self.wall_s += seconds if wall_s is None else wall_s


def guarded() -> tuple[Clocks, ClockGuard]:
    """Return two clocks and their guard."""
    clocks = Clocks()
    return clocks, ClockGuard(wall_s=clocks.wall, monotonic_s=lambda: clocks.monotonic_s)


@pytest.mark.parametrize("wall_s", [2 - 3600, 2 + 3600, 8, -4, 2 + 8 * 3600])
def test_jump_of_the_wall_clock_is_told_once(wall_s: float) -> None:
    clocks, guard = guarded()
    clocks.pass_(2)
    assert guard.moved_s() == 0
    clocks.pass_(2, wall_s=wall_s)
    assert guard.moved_s() == wall_s - 2
    clocks.pass_(2)
    assert guard.moved_s() == 0


def test_clock_that_is_adjusted_slowly_or_a_process_that_slept_is_no_jump() -> None:
    clocks, guard = guarded()
    for _ in range(200):
        clocks.pass_(2, wall_s=2.5)
        assert guard.moved_s() == 0
    clocks.pass_(3600)
    assert guard.moved_s() == 0
    # Held up for a minute between the looks at the two clocks.
    clocks.held_up_s = 60
    assert guard.moved_s() == 0
    clocks.held_up_s = 0
    assert guard.moved_s() == 0


@contextmanager
def running(command: Sequence[str], **env: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python as a process of its own."""
    kept_env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT, env=kept_env | env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def scheduler_process(database_url: str, folder: Path, **env: str) -> Any:  # noqa: ANN401 -- a context of ``running``
    """Run ``flask scheduler run`` on a database."""
    env |= {"WMD_MODE": "demo", "WMD_VAR_DIR": str(folder), "WMD_DATABASE_URL": database_url, "FLASK_APP": "wsgi"}
    return running(["-m", "flask", "scheduler", "run", "--with-stdin"], **env)


def wait_until(happened: Callable[[], object], process: subprocess.Popen[str], seconds: float = 30) -> None:
    """Wait until something happened, as long as the process lives."""
    end_s = time.monotonic() + seconds
    while not happened() and process.poll() is None:
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.05)


def beating(database_url: str) -> list[str]:
    """Return the names of the schedulers that said that they live."""
    engine = make_engine(database_url)
    with reading(engine) as connection:
        found = list(connection.scalars(select(Heartbeat.name)))
    engine.dispose()
    return found


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def asked(port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Ask the scheduler's own address."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("engine_name", "stop"),
    [("sqlite", signal.SIGTERM), ("sqlite", signal.SIGINT), ("postgresql", signal.SIGTERM)],
)
def test_scheduler_works_answers_those_who_watch_and_ends_when_it_is_told(
    dbs: Session, database_url: str, tmp_path: Path, stop: signal.Signals
) -> None:
    add_links(dbs, 2)
    dbs.close()
    port = free_port()

    with scheduler_process(database_url, tmp_path, WMD_SCHEDULER_PORT=str(port)) as process:
        wait_until(lambda: not kept(database_url), process)
        left, lives = kept(database_url), beating(database_url)
        answers = [asked(port, path) for path in ("/healthz", "/readyz", "/staff/jobs")]
        process.send_signal(stop)
        said = "".join(process.communicate(timeout=20))

    assert (left, process.returncode) == ([], 0)
    assert "Traceback" not in said
    assert [name.rpartition(":")[2] for name in lives] == [str(process.pid)]
    assert beating(database_url) == []
    assert [status for status, _ in answers] == [200, 200, 404]
    assert (answers[0][1], answers[1][1]["status"]) == ({"status": "alive"}, "ready")
    assert set(answers[1][1]["jobs"]) == set(JOBS)
    with pytest.raises(ConnectionRefusedError):
        asked(port, "/healthz")


def test_second_scheduler_shares_the_work_on_postgresql_and_ends_on_sqlite(
    database_url: str, tmp_path: Path, engine_name: str
) -> None:
    with (
        scheduler_process(database_url, tmp_path) as first,
        scheduler_process(database_url, tmp_path) as second,
    ):
        processes = {first.pid: first, second.pid: second}
        if engine_name == "sqlite":
            wait_until(lambda: beating(database_url) and None in {p.poll() for p in processes.values()} and any(
                p.poll() is not None for p in processes.values()
            ), _Either(processes.values()))  # fmt: skip
            (ended,) = (each for each in processes.values() if each.poll() is not None)
            assert ended.returncode == TAKEN
            assert "Another scheduler works on this database" in ended.communicate()[1]
        else:
            wait_until(lambda: len(beating(database_url)) == 2, first)
        alive = [each for each in processes.values() if each.poll() is None]
        assert sorted(int(name.rpartition(":")[2]) for name in beating(database_url)) == sorted(p.pid for p in alive)
        for each in alive:
            each.send_signal(signal.SIGKILL)
            each.wait(10)
    # Killed: nobody could take it off the list, so that its silence is seen.
    assert len(beating(database_url)) == len(alive)
    if engine_name == "sqlite":
        # The kernel let go of the lock.
        with scheduler_process(database_url, tmp_path) as third:
            wait_until(lambda: len(beating(database_url)) == 2, third)
            third.send_signal(signal.SIGTERM)
            assert third.wait(20) == 0


class _Either:
    """Stands for several processes: it lives while any does."""

    def __init__(self, processes: Any) -> None:  # noqa: ANN401 -- processes
        self._processes = list(processes)

    def poll(self) -> int | None:
        codes = [each.poll() for each in self._processes]
        return None if None in codes else codes[0]


def test_scheduler_that_is_told_to_end_finishes_the_mail_in_hand(database_url: str, tmp_path: Path) -> None:
    answers = Answers(after_data_s=1.5)
    engine = make_engine(database_url)
    box = SecretBox.derived(make_config("", Path()).secret_key)
    with Session(engine) as dbs:
        for number in range(8):
            put_message(
                dbs, kind="test", dedupe_key=str(number), cause="command", to=f"a{number}@example.org",
                now=read_clock(), box=box,
            )  # fmt: skip
        dbs.commit()
    with smtp_server(answers) as port, running(
        ["-c", PRODUCTION, database_url, str(tmp_path), f"smtp://127.0.0.1:{port}"]
    ) as process:  # fmt: skip
        wait_until(lambda: answers.taken, process)
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        took_s = time.monotonic() - began_s
    assert (process.returncode, took_s < 10) == (0, True)
    with Session(engine) as dbs:
        rows = dbs.execute(select(Message.state, Message.dedupe_key)).all()
    engine.dispose()
    sent = sorted(f"a{key}@example.org" for state, key in rows if state == "sent")
    # Exactly one copy of each that the server had begun to take, and the others wait as before.
    assert sorted(answers.readers) == sent
    assert {state for state, _ in rows} == {"sent", "queued"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_scheduler_whose_clock_jumps_ends_so_that_it_is_started_again(database_url: str, tmp_path: Path) -> None:
    sign = tmp_path / "jump"
    with running(["-c", JUMPY, database_url, str(tmp_path), str(sign)]) as process:
        wait_until(lambda: beating(database_url), process)
        sign.touch()
        _, said = process.communicate(timeout=20)
    assert (process.returncode, "clock_jumped" in said) == (JUMPED, True)
    assert beating(database_url) == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_beat_of_a_database_that_is_away_is_no_fault(
    app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "test.sqlite3").unlink()
    beat(app, PULSE)
    assert [(record.msg, record.levelname) for record in caplog.records] == [("beat_not_stored", "WARNING")]
