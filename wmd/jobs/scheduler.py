"""The scheduler's process: the metronome, its pulse, its clock's guard, and an address for machines that watch.

Any number of schedulers may work on one PostgreSQL: they share the rows. SQLite has one writer, so that a second one
on the same file says so and ends.
"""

from __future__ import annotations

import faulthandler
import fcntl
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from wmd.db import db
from wmd.gateways import Gateways, read_clock
from wmd.jobs import JOBS, LANES, run_job
from wmd.jobs.clock_check import check_clock
from wmd.jobs.watch_address import watch_address
from wmd.services.job_watch import BEAT_EVERY, forget_beat, note_beat

log = logging.getLogger(__name__)

#: First runs begin this much after one another, in the order of the table.
SPREAD: Final = timedelta(milliseconds=50)
BEAT: Final = "beat"
#: A wall clock that moves by more than this between two looks has jumped (or the machine slept); less is adjustment.
JUMP_S: Final = 5.0
LOOK_EVERY_S: Final = 2.0
#: EX_TEMPFAIL of sysexits.h: whoever watches over the process starts it again.
JUMPED: Final = 75
#: EX_UNAVAILABLE of sysexits.h: another scheduler works on this database.
TAKEN: Final = 69
#: A mail in hand is finished within its limits (half a minute); what hangs longer is ended by force.
ENDED_S: Final = 60.0


#: The words to end.
TOLD: Final = (signal.SIGTERM, signal.SIGINT)


class TakenError(Exception):
    """Another scheduler works on this SQLite database."""


class Pulse:
    """What a scheduler says of itself: its name, since when it runs, and since when it is at which jobs."""

    def __init__(self, name: str, started_at: datetime) -> None:
        self.name, self.started_at = name, started_at
        self._running: dict[str, datetime] = {}
        self._lock = Lock()

    @contextmanager
    def during(self, job: str, now: datetime) -> Iterator[None]:
        """Say that a job runs, as long as it does."""
        with self._lock:
            self._running[job] = now
        try:
            yield
        finally:
            with self._lock:
                self._running.pop(job, None)

    def running(self) -> dict[str, datetime]:
        """Return the jobs that run, and since when."""
        with self._lock:
            return dict(self._running)


def own_name() -> str:
    """Return a name for this process: its machine and number."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def build_scheduler(app: Flask, pulse: Pulse) -> BackgroundScheduler:
    """Return the metronome with every job of the table, in UTC, with nothing kept between runs.

    Each job first runs at once, in the order of the table, because a process that is often started anew would else
    never come to a rare one. A late run still runs (``misfire_grace_time=None``), several missed ones become one
    (``coalesce``), and a job never overlaps itself. The pulse has a lane of its own: one that is stuck is seen.
    """
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    lanes = {lane: ThreadPoolExecutor(1) for lane in (*LANES, BEAT)}
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults, executors=lanes)
    # The metronome's own clock, whatever hour the jobs are told: it counts every beat since the one it begins with.
    start_at = read_clock()
    for place, (name, job) in enumerate(JOBS.items()):
        scheduler.add_job(
            run_one, "interval", seconds=job.every_s, args=[app, name, pulse], id=name, executor=job.lane,
            next_run_time=start_at + place * SPREAD,
        )  # fmt: skip
    scheduler.add_job(beat, "interval", seconds=BEAT_EVERY.seconds, args=[app, pulse], id=BEAT, executor=BEAT)
    return scheduler


def run_one(app: Flask, name: str, pulse: Pulse) -> int:
    """Run a job, and say so meanwhile."""
    gateways: Gateways = app.extensions["wmd.gateways"]
    with pulse.during(name, gateways.clock()):
        return run_job(app, name, pulse.name)


def beat(app: Flask, pulse: Pulse) -> None:
    """Say that this scheduler lives. A database that is away is no reason to end: the next beat tells."""
    gateways: Gateways = app.extensions["wmd.gateways"]
    with app.app_context():
        try:
            note_beat(
                db.session(), pulse.name, started_at=pulse.started_at, running=pulse.running(), now=gateways.clock()
            )
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.warning("beat_not_stored", extra={"error": type(error).__name__})


def _last_beat(app: Flask, pulse: Pulse) -> None:
    with app.app_context():
        try:
            forget_beat(db.session(), pulse.name)
            db.session.commit()
        except SQLAlchemyError:
            # It is then shown as silent, for a day.
            db.session.rollback()


class ClockGuard:
    """Tells when the wall clock jumped: set by hand, or the machine slept, which its monotonic clock does not count.

    ``wall_s`` and ``monotonic_s`` are the two clocks, in seconds. The metronome waits by one and counts by the other:
    after a jump back it would be silent for as long.
    """

    def __init__(
        self, *, wall_s: Callable[[], float] | None = None, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall_s = wall_s or (lambda: read_clock().timestamp())
        self._monotonic_s = monotonic_s
        self._apart_s = self._look() or 0.0

    def _look(self) -> float | None:
        """Return how far the clocks are apart; None when the process was held up between the two looks."""
        before_s = self._monotonic_s()
        wall_s = self._wall_s()
        after_s = self._monotonic_s()
        return wall_s - after_s if after_s - before_s < 1.0 else None

    def moved_s(self) -> float:
        """Return by how many seconds the wall clock jumped since the last look, 0.0 when it did not.

        A clock that is adjusted little by little is followed.
        """
        apart_s = self._look()
        if apart_s is None:
            return 0.0
        moved_s, self._apart_s = apart_s - self._apart_s, apart_s
        return moved_s if abs(moved_s) > JUMP_S else 0.0

    def watch(self, over: Event, jumped: Callable[[], object]) -> None:
        """Look every few seconds until it is over; call ``jumped`` after the first jump and end."""
        while not over.wait(LOOK_EVERY_S):
            if moved_s := self.moved_s():
                log.warning("clock_jumped", extra={"seconds": round(moved_s)})
                jumped()
                return


@contextmanager
def only_one(database_url: str) -> Iterator[None]:
    """Hold an SQLite database's lock for schedulers as long as this process lives; raises TakenError.

    The kernel lets go of it with the process, however that ends. PostgreSQL needs none.
    """
    if not database_url.startswith("sqlite:///"):
        yield
        return
    path = Path(f"{database_url.removeprefix('sqlite:///')}.scheduler")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise TakenError from error
    try:
        yield
    finally:
        os.close(descriptor)


def keep_signals() -> None:
    """Keep the words to end until they are asked for. To be called before any thread is started.

    They are taken where nothing else is done: a handler that raises would do so anywhere, also where the metronome
    takes every exception for a fault of a job.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)


def run_scheduler(app: Flask, *, port: int = 0, guard: ClockGuard | None = None) -> int:
    """Run until SIGTERM or Ctrl-C, in the main thread; return the status to end with.

    ``port``: where machines that watch may ask on loopback, 0 for nowhere. Raises TakenError and, for a port that is
    taken, OSError, both before anything is done.
    """
    gateways: Gateways = app.extensions["wmd.gateways"]
    pulse = Pulse(own_name(), gateways.clock())
    over, has_jumped = Event(), Event()

    def jumped() -> None:
        has_jumped.set()
        os.kill(os.getpid(), signal.SIGTERM)

    keep_signals()
    with ExitStack() as stack:
        stack.enter_context(only_one(str(app.config["SQLALCHEMY_DATABASE_URI"])))
        stack.enter_context(watch_address(app, port, pulse.running))
        metronome = build_scheduler(app, pulse)
        Thread(target=(guard or ClockGuard()).watch, args=(over, jumped), name="clock", daemon=True).start()
        beat(app, pulse)
        check_clock(app)
        metronome.start()
        signal.sigwait(TOLD)
        over.set()
        _end(app, metronome)
        _last_beat(app, pulse)
    return JUMPED if has_jumped.is_set() else 0


def _end(app: Flask, metronome: BackgroundScheduler) -> None:
    """Let each job finish the row it is at, and end the process by force should one hang."""
    faulthandler.dump_traceback_later(ENDED_S, exit=True, file=sys.__stderr__ or 2)
    app.extensions["wmd.stopping"].set()
    metronome.shutdown(wait=True)
    faulthandler.cancel_dump_traceback_later()
