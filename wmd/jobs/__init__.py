"""The table of jobs, and the metronome that ticks them.

APScheduler holds no state: what is due is asked of the tables, each row is done and committed on its own, so that
running twice, late, or after a kill changes nothing except the time. The scheduler is a process of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from wmd.db import db
from wmd.domain.findings import N_
from wmd.gateways import Gateways, read_clock
from wmd.jobs.mail_causes import mail_alarms, publish_dates, remind_organisers, send_digests
from wmd.jobs.outbox import send_mail
from wmd.jobs.retention import clear_out
from wmd.jobs.tools import Tools, tools_of
from wmd.services.alarms import clear_alarm, close_quiet, raise_alarm
from wmd.services.audit_seals import seal_audit
from wmd.services.health import note_tick
from wmd.services.private_links import delete_if_due, due_for_deletion
from wmd.services.rate_limits import forget_counts
from wmd.services.visits import count_file

log = logging.getLogger(__name__)

#: A job that looks more often than this is not worth a line in the log when there was nothing to do.
_RARE_S = 60
#: Most rows one run works on; the next tick goes on.
BATCH = 100
#: Always the same words: each alarm whose words are new is a mail to administrators.
FAILED: Final = N_("A regular job of the service fails. The log says which, and why.")


#: Jobs of one lane run one after the other: mail may wait for its server, tidying may take long, and neither holds up
#: what is due now. So few write at once that SQLite, which has one writer, never lets one of them wait in vain.
LANES: Final = ("mail", "soon", "tidy")
#: First runs begin this much after one another, in the order of the table.
SPREAD: Final = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table: what it does, how often it is asked to look, and in which lane. Returns how many rows."""

    every_s: int
    work: Callable[[Tools], int]
    lane: str = "tidy"


def delete_private_links(dbs: Session, now: datetime) -> int:
    """Empty join links whose event ended more than seven days ago; one commit each."""
    done = 0
    for row in due_for_deletion(dbs, now=now, limit=BATCH):
        # Asked again under its lock: the event may have been moved ahead, or another scheduler may have been here.
        done += delete_if_due(dbs, row.id, now=now)
        dbs.commit()
    return done


def close_quiet_alarms(dbs: Session, now: datetime) -> int:
    """Close alarms that were noted while answering and have been quiet for an hour."""
    done = close_quiet(dbs, now=now, limit=BATCH)
    dbs.commit()
    return done


def seal_audit_entries(dbs: Session, now: datetime) -> int:
    """Put a seal on the audit entries that have none. Its digest goes into the log, out of reach of the database."""
    try:
        seal = seal_audit(dbs, now=now)
        dbs.commit()
    except IntegrityError:
        # Another scheduler was quicker.
        dbs.rollback()
        return 0
    if seal is None:
        return 0
    log.info("audit_sealed", extra={"seal": seal.id, "rows": seal.entries, "digest": seal.digest})
    return seal.entries


def forget_rate_counts(dbs: Session, now: datetime) -> int:
    """Delete what was counted for limits whose window is over."""
    done = forget_counts(dbs, now=now)
    dbs.commit()
    return done


def count_visits(tools: Tools) -> int:
    """Add up the files of visits that nobody writes any more; one commit each. Returns how many visits."""
    done, fault = 0, None
    for path in tools.visits.finished(tools.now)[:BATCH]:
        try:
            done += count_file(tools.dbs, path, now=tools.now)
        except FileNotFoundError:
            # Another scheduler on this machine counted it meanwhile.
            tools.dbs.rollback()
        except OSError as error:
            # One that cannot be read or deleted holds up no other.
            tools.dbs.rollback()
            fault = error
    if fault is not None:
        raise fault
    return done


def _plain(work: Callable[[Session, datetime], int]) -> Callable[[Tools], int]:
    """Return a job that needs nothing but the database and the hour."""
    return lambda tools: work(tools.dbs, tools.now)


JOBS: Mapping[str, Job] = {
    "outbox": Job(every_s=5, work=send_mail, lane="mail"),
    "publish-dates": Job(every_s=60, work=publish_dates, lane="soon"),
    "alarm-mails": Job(every_s=60, work=mail_alarms, lane="soon"),
    "reminders-to-organisers": Job(every_s=3600, work=remind_organisers, lane="soon"),
    "staff-digest": Job(every_s=600, work=send_digests, lane="soon"),
    "delete-private-links": Job(every_s=3600, work=_plain(delete_private_links)),
    "close-quiet-alarms": Job(every_s=600, work=_plain(close_quiet_alarms)),
    "seal-audit": Job(every_s=3600, work=_plain(seal_audit_entries)),
    "retention": Job(every_s=86_400, work=clear_out),
    "count-visits": Job(every_s=300, work=count_visits),
    "forget-rate-counts": Job(every_s=3600, work=_plain(forget_rate_counts)),
}


def run_job(app: Flask, name: str) -> int:
    """Run one job now, in a context and database session of its own; return how many rows it did.

    An error is logged and rolled back, is an alarm until the job ran well again, and is raised again for a person at
    the command line; the scheduler goes on.
    """
    started = time.monotonic()
    with app.app_context():
        try:
            tools = tools_of(app, db.session())
            done = JOBS[name].work(tools)
            note_tick(tools.dbs, name, now=tools.clock())
            clear_alarm(tools.dbs, _key(name), now=tools.clock())
            tools.dbs.commit()
        except Exception:
            db.session.rollback()
            log.exception("job_failed", extra={"job": name})
            _tell_failure(app, db.session(), name)
            raise
    level = logging.INFO if done or JOBS[name].every_s > _RARE_S else logging.DEBUG
    log.log(
        level, "job_done", extra={"job": name, "rows": done, "duration_ms": round((time.monotonic() - started) * 1000)}
    )
    return done


def _key(name: str) -> str:
    return f"job:{name}"


def _tell_failure(app: Flask, dbs: Session, name: str) -> None:
    """Raise the alarm of a job. Where the database is what fails, ``/readyz`` says so, and that no job ticks."""
    gateways: Gateways = app.extensions["wmd.gateways"]
    try:
        raise_alarm(dbs, _key(name), FAILED, now=gateways.clock())
        dbs.commit()
    except SQLAlchemyError:
        dbs.rollback()


def build_scheduler(app: Flask) -> BlockingScheduler:
    """Return the metronome with every job of the table, in UTC, with nothing kept between runs.

    Each job first runs at once, in the order of the table, because a process that is often started anew would else
    never come to a rare one. A late run still runs (``misfire_grace_time=None``), several missed ones become one
    (``coalesce``), and a job never overlaps itself.
    """
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    lanes = {lane: ThreadPoolExecutor(1) for lane in LANES}
    scheduler = BlockingScheduler(timezone=UTC, job_defaults=defaults, executors=lanes)
    # The metronome's own clock, whatever hour the jobs are told: it counts every beat since the one it begins with.
    start_at = read_clock()
    for place, (name, job) in enumerate(JOBS.items()):
        scheduler.add_job(
            run_job, "interval", seconds=job.every_s, args=[app, name], id=name, executor=job.lane,
            next_run_time=start_at + place * SPREAD,
        )  # fmt: skip
    return scheduler
