"""Jobs: work is rows, so that running twice, late or after a kill changes nothing except the time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT, Clock, make_config
from tests.models.dumps import differences, dump
from tests.services.test_private_links import LINK
from tests.submissions import MONA, make_edition, propose, seen
from wmd.db import make_engine, reading
from wmd.domain.codes import SeededMint
from wmd.domain.mail_handover import MailLine
from wmd.jobs import BATCH, JOBS, SPREAD, build_scheduler, delete_private_links, run_job
from wmd.models import Alarm, Draft, JobTick, MailToken, Person, PrivateLink
from wmd.secretbox import SecretBox
from wmd.services.alarms import SERVING, raise_alarm
from wmd.services.calendar_entries import english_setting
from wmd.services.outbox import put_message
from wmd.services.publishing import Setting
from wmd.services.rate_limits import Limit, hit
from wmd.services.standing import Means
from wmd.services.states import audit
from wmd.services.verdicts import approve
from wmd.services.visits import VisitSpool, line_of

ROOT = Path(__file__).resolve().parents[1]
OVER = LEAD_STARTED_AT + timedelta(days=30)


def add_links(dbs: Session, count: int, ends_at: datetime = LEAD_STARTED_AT) -> None:
    """Store some private links whose events end at an instant."""
    sealed = documents.BOX.seal(LINK, purpose="private-link")
    dbs.add_all(
        PrivateLink(id=f"{ends_at:%d}-{number:03d}", sealed=sealed, ends_at=ends_at, created_at=LEAD_STARTED_AT)
        for number in range(count)
    )
    dbs.commit()


def kept(database_url: str) -> list[str]:
    """Return the ids of the links that are not deleted, as another process sees them."""
    engine = make_engine(database_url)
    with reading(engine) as connection:
        found = list(connection.scalars(select(PrivateLink.id).where(PrivateLink.sealed != "")))
    engine.dispose()
    return sorted(found)


def add_alarms(dbs: Session, count: int) -> None:
    """Note some alarms of answering, which nobody notes again."""
    for number in range(count):
        raise_alarm(dbs, f"{SERVING}{number}", "A page is old.", now=LEAD_STARTED_AT)
    dbs.commit()


def add_entries(dbs: Session, count: int) -> None:
    """Write some audit entries."""
    for number in range(count):
        audit(dbs, actor="command", action="try", kind="edition", subject_id=str(number), now=LEAD_STARTED_AT)
    dbs.commit()


def add_mails(dbs: Session, count: int) -> None:
    """Put some mails into the outbox, due when the jobs run."""
    box = SecretBox.derived(make_config("", Path()).secret_key)
    for number in range(count):
        put_message(
            dbs, kind="test", dedupe_key=str(number), cause="command", to=f"a{number}@example.org",
            not_before=OVER, now=LEAD_STARTED_AT, box=box,
        )  # fmt: skip
    dbs.commit()


def add_counts(dbs: Session, count: int) -> None:
    """Count something for some limits."""
    limit = Limit("try", 1, timedelta(minutes=1))
    for number in range(count):
        hit(dbs, limit, str(number), secret="key", now=LEAD_STARTED_AT)
    dbs.commit()


def add_worn_links(dbs: Session, count: int) -> None:
    """Store links that were mailed and work no more for some time."""
    at = LEAD_STARTED_AT - timedelta(days=1)
    dbs.add_all(
        MailToken(id=str(number), digest=str(number), purpose="invite", created_at=at, expires_at=at)
        for number in range(count)
    )
    dbs.commit()


def the_cast(dbs: Session) -> Cast:
    """Return the cast, made if it is not there."""
    return Cast() if dbs.get(Person, "ana") else make_cast(dbs, LEAD_STARTED_AT)


def add_dates(dbs: Session, count: int) -> None:
    """Approve events that are to be published later."""
    cast, box = the_cast(dbs), SecretBox.derived(make_config("", Path()).secret_key)
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    for number in range(count):
        row = propose(dbs, cast, LEAD_STARTED_AT, host_city=f"City {number}")
        approve(
            dbs, seen(dbs, row), Means(setting, box), actor=MONA, now=LEAD_STARTED_AT,
            publish_on=LEAD_STARTED_AT + timedelta(days=1),
        )  # fmt: skip
    dbs.commit()


def add_open_alarms(dbs: Session, count: int) -> None:
    """Raise alarms that an administrator should read of."""
    the_cast(dbs)
    for number in range(count):
        raise_alarm(dbs, f"try:{number}", "Something is wrong.", now=LEAD_STARTED_AT)
    dbs.commit()


def add_waiting(dbs: Session, count: int) -> None:
    """Let something wait for the staff, three members in whose zone it is morning when the jobs run."""
    cast = the_cast(dbs)
    mornings = ("rita", "mona", "adam")[:count]
    dbs.execute(update(Person).where(Person.id.in_(mornings)).values(zone="America/Chicago"))
    propose(dbs, cast, LEAD_STARTED_AT)
    dbs.commit()


def add_drafts(dbs: Session, count: int) -> None:
    """Begin drafts that nobody goes on with."""
    cast, edition = the_cast(dbs), make_edition(dbs, LEAD_STARTED_AT)
    # Of an edition whose days are over nobody is reminded.
    edition.is_permanent = True
    dbs.add_all(
        Draft(
            id=str(number), edition_id=edition.id, person_id=cast.ana, form_token=str(number), sealed="x",
            created_at=LEAD_STARTED_AT, updated_at=LEAD_STARTED_AT,
        )
        for number in range(count)
    )  # fmt: skip
    dbs.commit()


def add_visits(_dbs: Session, count: int) -> None:
    """Write of some visits, into a file that is finished when the jobs run."""
    spool = VisitSpool(current_app.extensions["wmd.visit_spool"].folder, lambda: LEAD_STARTED_AT)
    spool.write("".join(f"{line_of('ABC234', 'page', LEAD_STARTED_AT)}\n" for _ in range(count)))


#: What makes three rows of work for each job.
DUE: dict[str, Callable[[Session, int], None]] = {
    "outbox": add_mails,
    "publish-dates": add_dates,
    "alarm-mails": add_open_alarms,
    "staff-digest": add_waiting,
    "reminders-to-organisers": add_drafts,
    "delete-private-links": add_links,
    "close-quiet-alarms": add_alarms,
    "seal-audit": add_entries,
    "retention": add_worn_links,
    "count-visits": add_visits,
    "forget-rate-counts": add_counts,
}


def test_every_job_is_tried_here() -> None:
    assert sorted(DUE) == sorted(JOBS)


@pytest.mark.parametrize("name", sorted(DUE))
def test_job_run_twice_changes_nothing_the_second_time(
    app: Flask, dbs: Session, clock: Clock, database_url: str, name: str
) -> None:
    DUE[name](dbs, 3)
    clock.now = OVER

    assert run_job(app, name) == 3
    after = dump(database_url)
    clock.now += timedelta(hours=1)

    assert run_job(app, name) == 0
    # But for the note that it ran.
    assert differences(after, dump(database_url)) == {"job_ticks": (1, 1)}


def test_private_links_are_deleted_seven_days_after(app: Flask, dbs: Session, clock: Clock, database_url: str) -> None:
    add_links(dbs, 1, LEAD_STARTED_AT)
    add_links(dbs, 1, LEAD_STARTED_AT + timedelta(days=1))
    clock.now = LEAD_STARTED_AT + timedelta(days=7)
    assert (run_job(app, "delete-private-links"), kept(database_url)) == (0, ["07-000", "08-000"])

    clock.now += timedelta(seconds=1)
    assert (run_job(app, "delete-private-links"), kept(database_url)) == (1, ["08-000"])


def test_job_does_a_batch_and_the_next_run_goes_on(dbs: Session) -> None:
    add_links(dbs, BATCH + 1)

    assert [delete_private_links(dbs, OVER) for _ in range(3)] == [BATCH, 1, 0]


def test_job_that_breaks_keeps_what_it_did_and_finishes_later(
    app: Flask, dbs: Session, clock: Clock, database_url: str
) -> None:
    add_links(dbs, 3)
    clock.now = OVER

    with pytest.raises(KeyboardInterrupt):
        delete_private_links(_Killed(dbs), OVER)  # type: ignore[arg-type]
    dbs.rollback()
    assert len(kept(database_url)) == 2

    assert (run_job(app, "delete-private-links"), kept(database_url)) == (2, [])


class _Killed:
    """A database session that is gone with the process at its second commit."""

    def __init__(self, dbs: Session) -> None:
        self._dbs, self._commits = dbs, 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the session has
        return getattr(self._dbs, name)

    def commit(self) -> None:
        self._commits += 1
        if self._commits == 2:
            raise KeyboardInterrupt
        self._dbs.commit()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_job_that_fails_is_logged_and_raised(app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "test.sqlite3").unlink()

    with pytest.raises(Exception, match="no such table"):
        run_job(app, "delete-private-links")

    assert [(record.msg, record.levelname) for record in caplog.records] == [("job_failed", "ERROR")]


def test_job_that_fails_is_an_alarm_until_it_runs_well(app: Flask, dbs: Session, clock: Clock) -> None:
    add_mails(dbs, 1)
    clock.now = OVER
    mailer = app.extensions["wmd.gateways"].mailer
    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailer=_NoWay())
    with pytest.raises(OSError, match="no way out"):
        run_job(app, "outbox")
    dbs.rollback()
    assert dbs.execute(select(Alarm.key, Alarm.cleared_at)).all() == [("job:outbox", None)]
    assert dbs.scalars(select(JobTick.name)).all() == []

    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailer=mailer)
    dbs.commit()
    run_job(app, "outbox")
    dbs.rollback()
    assert dbs.execute(select(Alarm.key, Alarm.cleared_at)).all() == [("job:outbox", OVER)]
    assert dbs.execute(select(JobTick.name, JobTick.good_at)).all() == [("outbox", OVER)]


class _NoWay:
    """A way out that is broken in a way nobody thought of."""

    def line(self) -> AbstractContextManager[MailLine]:
        msg = "no way out"
        raise OSError(msg)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_metronome_ticks_in_utc_late_but_never_twice_at_once(app: Flask) -> None:
    scheduler = build_scheduler(app)
    jobs = {job.id: job for job in scheduler.get_jobs()}

    assert str(scheduler.timezone) == "UTC"
    assert scheduler._job_defaults == {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    assert {name: job.trigger.interval for name, job in jobs.items()} == {
        name: timedelta(seconds=job.every_s) for name, job in JOBS.items()
    }
    assert {name: job.args for name, job in jobs.items()} == {name: (app, name) for name in JOBS}
    assert {name: job.executor for name, job in jobs.items()} == {name: job.lane for name, job in JOBS.items()}
    starts = [jobs[name].next_run_time for name in JOBS]
    assert [later - first for first, later in pairwise(starts)] == [SPREAD] * (len(JOBS) - 1)
    # By its own clock: from an hour long ago it would count every beat up to now before the first run.
    assert abs(starts[0] - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_metronome_runs_every_job_at_its_start(app: Flask, dbs: Session, clock: Clock) -> None:
    for arrange in DUE.values():
        arrange(dbs, 1)
    clock.now = OVER
    dbs.close()
    scheduler = build_scheduler(app)
    done: set[str] = set()
    failed: set[str] = set()

    def hear(event: JobExecutionEvent) -> None:
        # On a slow machine one that looks often has run again before another ran at all.
        (done if event.exception is None else failed).add(event.job_id)
        if done | failed == set(JOBS):
            scheduler.shutdown(wait=False)

    bound = threading.Timer(60, scheduler.shutdown, kwargs={"wait": False})
    scheduler.add_listener(hear, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    bound.start()
    scheduler.start()
    bound.cancel()
    bound.join()

    assert (done, failed) == (set(JOBS), set())


@contextmanager
def scheduler_process(database_url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run ``flask scheduler run`` on a database as a process of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}
    env |= {
        "WMD_MODE": "demo", "WMD_VAR_DIR": str(folder), "WMD_DATABASE_URL": database_url, "FLASK_APP": "wsgi",
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "flask", "scheduler", "run"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("engine_name", "stop"),
    [("sqlite", signal.SIGTERM), ("sqlite", signal.SIGINT), ("postgresql", signal.SIGTERM)],
)
def test_scheduler_process_works_and_ends_when_it_is_told(
    dbs: Session, database_url: str, tmp_path: Path, stop: signal.Signals
) -> None:
    add_links(dbs, 2)
    dbs.close()

    with scheduler_process(database_url, tmp_path) as process:
        end_s = time.monotonic() + 20
        while kept(database_url) and time.monotonic() < end_s and process.poll() is None:
            time.sleep(0.1)
        left = kept(database_url)
        process.send_signal(stop)
        said = process.communicate(timeout=10)

    assert (left, process.returncode) == ([], 0)
    assert "Traceback" not in "".join(said)
