"""The table of jobs, and the metronome that ticks them.

APScheduler holds no state: what is due is asked of the tables, each row is done and committed on its own, so that
running twice, late, or after a kill changes nothing except the time. The scheduler is a process of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from wmd.db import db
from wmd.domain.findings import N_
from wmd.gateways import Gateways
from wmd.jobs.bounces import read_bounces
from wmd.jobs.changes import due_changes, send_digests_of_new, tell_changes
from wmd.jobs.link_watch import watch_links
from wmd.jobs.mail_causes import (
    mail_alarms,
    publish_dates,
    remind_organisers,
    send_digests,
    send_letters,
    turn_waiting_lists,
)
from wmd.jobs.outbox import send_mail
from wmd.jobs.reminders import check_links, plan_reminders
from wmd.jobs.retention import clear_out
from wmd.jobs.tools import Tools, tools_of
from wmd.jobs.zoom_attendance import count_who_came
from wmd.jobs.zoom_hooks import work_hooks
from wmd.jobs.zoom_partners import keep_partners
from wmd.jobs.zoom_push import push_rooms
from wmd.jobs.zoom_registrants import push_registrants
from wmd.jobs.zoom_sync import sync_rooms
from wmd.models import Message, Submission, WebinarBinding, ZoomPush, ZoomRegistrant, ZoomWebhook
from wmd.services.alarms import clear_alarm, close_quiet, raise_alarm
from wmd.services.audit_seals import seal_audit
from wmd.services.binding_sync import is_due
from wmd.services.delivery import due
from wmd.services.health import note_tick
from wmd.services.hook_work import is_due as hook_is_due
from wmd.services.job_watch import Backlog, Run, Watched, forget_runs, note_run
from wmd.services.private_links import delete_if_due, due_for_deletion
from wmd.services.rate_limits import forget_counts
from wmd.services.registrant_pushes import is_due as registrants_due
from wmd.services.room_pushes import is_due as pushes_due
from wmd.services.visits import count_file
from wmd.services.zoom_calls import forget_calls

log = logging.getLogger(__name__)

#: A job that looks more often than this is not worth a line in the log when there was nothing to do.
_RARE_S = 60
#: Most rows one run works on; the next tick goes on.
BATCH = 100
#: Always the same words: each alarm whose words are new is a mail to administrators.
FAILED: Final = N_("A regular job of the service fails. The log says which, and why.")


#: Jobs of one lane run one after the other: mail may wait for its server, tidying may take long, and neither holds up
#: what is due now. So few write at once that SQLite, which has one writer, never lets one of them wait in vain.
LANES: Final = ("mail", "soon", "tidy", "rooms")


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table: what it does, how often it is asked to look, in which lane, and what it is in words.

    ``work`` returns how many rows it did.
    """

    every_s: int
    work: Callable[[Tools], int]
    lane: str = "tidy"
    what: str = ""
    #: The query for what is due, where somebody could wonder how much that is.
    backlog: Backlog | None = None


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


def forget_old_runs(dbs: Session, now: datetime) -> int:
    """Delete what is remembered of runs, schedulers and calls for long enough."""
    done = forget_runs(dbs, now=now) + forget_calls(dbs, now=now)
    dbs.commit()
    return done


def due_pushes(now: datetime) -> Select[Any]:
    """Return the query for what Zoom is to be told of rooms."""
    return select(ZoomPush.id).where(pushes_due(now))


def due_registrants(now: datetime) -> Select[Any]:
    """Return the query for people about whom Zoom is to be asked."""
    return select(ZoomRegistrant.id).where(registrants_due(now))


def due_mails(now: datetime) -> Select[Any]:
    """Return the query for mails that are due."""
    return select(Message.id).where(due(now))


def due_rooms(now: datetime) -> Select[Any]:
    """Return the query for rooms that are to be read."""
    return select(WebinarBinding.id).where(is_due(now))


def due_hooks(now: datetime) -> Select[Any]:
    """Return the query for messages of Zoom's that nobody worked on yet."""
    return select(ZoomWebhook.id).where(hook_is_due(now))


def due_dates(now: datetime) -> Select[Any]:
    """Return the query for events whose day to be published has come."""
    return select(Submission.id).where(Submission.state == "approved", Submission.publish_on <= now)


def _plain(work: Callable[[Session, datetime], int]) -> Callable[[Tools], int]:
    """Return a job that needs nothing but the database and the hour."""
    return lambda tools: work(tools.dbs, tools.now)


JOBS: Mapping[str, Job] = {
    "outbox": Job(5, send_mail, "mail", N_("Sends the mail that is due"), due_mails),
    "due-reminders": Job(20, plan_reminders, "soon", N_("Prepares the reminders that are due")),
    "link-checks": Job(600, check_links, "soon", N_("Asks organisers whether their links work")),
    "link-watch": Job(60, watch_links, what=N_("Looks whether pasted links still lead to a registration page")),
    "publish-dates": Job(60, publish_dates, "soon", N_("Publishes events whose day has come"), due_dates),
    "tell-changes": Job(30, tell_changes, "soon", N_("Tells people what changed"), due_changes),
    "send-digests-of-new": Job(600, send_digests_of_new, "soon", N_("Tells people what is new and matches a filter")),
    "alarm-mails": Job(60, mail_alarms, "soon", N_("Writes to administrators what is wrong")),
    "reminders-to-organisers": Job(3600, remind_organisers, "soon", N_("Reminds organisers of what is unfinished")),
    "waiting-lists": Job(60, turn_waiting_lists, "soon", N_("Offers free places to those who wait")),
    "registrant-letters": Job(30, send_letters, "soon", N_("Sends letters of organisers to those registered")),
    "staff-digest": Job(600, send_digests, "soon", N_("Writes the staff’s morning lists")),
    "delete-private-links": Job(
        3600, _plain(delete_private_links), what=N_("Deletes join links seven days after the event")
    ),
    "close-quiet-alarms": Job(600, _plain(close_quiet_alarms), what=N_("Closes alarms that have been quiet")),
    "seal-audit": Job(3600, _plain(seal_audit_entries), what=N_("Seals the trail")),
    "retention": Job(86_400, clear_out, what=N_("Deletes what is kept no longer")),
    "count-visits": Job(300, count_visits, what=N_("Counts how often the ways into events were opened")),
    "zoom-webhooks": Job(5, work_hooks, "rooms", N_("Works on messages that Zoom sent"), due_hooks),
    "zoom-partners": Job(3600, keep_partners, "rooms", N_("Keeps partners’ Zoom accounts connected")),
    "zoom-sync": Job(20, sync_rooms, "rooms", N_("Reads what Zoom says of rooms"), due_rooms),
    "zoom-push": Job(20, push_rooms, "rooms", N_("Tells Zoom of webinars that are made here"), due_pushes),
    "zoom-registrants": Job(
        20, push_registrants, "rooms", N_("Registers people on Zoom, and takes them back there"), due_registrants
    ),
    "zoom-attendance": Job(300, count_who_came, "rooms", N_("Reads how many came, as Zoom counts it")),
    "bounces": Job(300, read_bounces, what=N_("Reads which mails came back")),
    "forget-rate-counts": Job(3600, _plain(forget_rate_counts), what=N_("Forgets counts against misuse")),
    "forget-runs": Job(3600, _plain(forget_old_runs), what=N_("Forgets old runs of these jobs")),
}


def watched() -> list[Watched]:
    """Return the jobs as those know them who only look."""
    return [Watched(name, job.what, timedelta(seconds=job.every_s), job.backlog) for name, job in JOBS.items()]


def run_job(app: Flask, name: str, scheduler: str = "command") -> int:
    """Run one job now, in a context and database session of its own; return how many rows it did.

    What it did is remembered under the name of who ran it. An error is logged and rolled back, is an alarm until the
    job ran well again, and is raised again for a person at the command line; the scheduler goes on.
    """
    started = time.monotonic()
    gateways: Gateways = app.extensions["wmd.gateways"]
    started_at = gateways.clock()

    def run(rows: int = 0, error: str = "") -> Run:
        return Run(started_at, round((time.monotonic() - started) * 1000), rows, error)

    with app.app_context():
        try:
            tools = tools_of(app, db.session())
            done = JOBS[name].work(tools)
            note_tick(tools.dbs, name, now=tools.clock())
            clear_alarm(tools.dbs, _key(name), now=tools.clock())
            note_run(tools.dbs, name, scheduler, run(done))
            tools.dbs.commit()
        except Exception as error:
            db.session.rollback()
            log.exception("job_failed", extra={"job": name})
            # Its kind alone: its words may quote what people typed.
            _tell_failure(app, db.session(), name, scheduler, run(error=type(error).__name__))
            raise
    level = logging.INFO if done or JOBS[name].every_s > _RARE_S else logging.DEBUG
    log.log(level, "job_done", extra={"job": name, "rows": done, "duration_ms": run().duration_ms})
    return done


def _key(name: str) -> str:
    return f"job:{name}"


def _tell_failure(app: Flask, dbs: Session, name: str, scheduler: str, run: Run) -> None:
    """Raise the alarm of a job, and remember the run.

    Where the database is what fails, ``/readyz`` says so, and that no job ticks.
    """
    gateways: Gateways = app.extensions["wmd.gateways"]
    try:
        raise_alarm(dbs, _key(name), FAILED, now=gateways.clock())
        note_run(dbs, name, scheduler, run)
        dbs.commit()
    except SQLAlchemyError:
        dbs.rollback()
