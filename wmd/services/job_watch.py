"""What the regular jobs did, what they are behind with, and which schedulers live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, literal_column, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.db import Model
from wmd.models import Alarm, CountedFile, Heartbeat, JobRun, JobTick, Message

#: A scheduler says so often that it lives, and is silent when it did not for so long.
BEAT_EVERY: Final = timedelta(seconds=30)
SILENT_AFTER: Final = timedelta(minutes=2)
#: What a scheduler that went without a word leaves is shown for so long.
SILENT_KEPT: Final = timedelta(days=1)
#: A run that did nothing is stored when it took longer.
LONG: Final = timedelta(seconds=5)
RUNS_KEPT: Final = timedelta(days=30)
#: … and the newest of each job only.
MOST_RUNS: Final = 500
FILES_KEPT: Final = timedelta(days=30)
#: A job is late when it was not well for twice its interval and this.
LATE_ROOM: Final = timedelta(minutes=10)
#: A backlog is counted up to here: what is more is as bad.
MOST_COUNTED: Final = 10_000
_DAY: Final = timedelta(days=1)

Backlog = Callable[[datetime], Select[Any]]


@dataclass(frozen=True, slots=True)
class Watched:
    """A job as those know it who only look: what it does in words, how often it looks, the query for what is due."""

    name: str
    what: str
    every: timedelta
    backlog: Backlog | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run that is remembered: it did something, took long, or failed."""

    started_at: datetime
    duration_ms: int
    rows: int
    error: str


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How a job stands. ``runs``, ``rows`` and ``errors`` are of the last 24 hours, of the runs that are remembered.

    ``backlog`` is how many rows are due, at most ``MOST_COUNTED``; None where nobody counts. ``is_failing``: its last
    run failed.
    """

    job: Watched
    good_at: datetime | None
    last: Run | None
    runs: int
    rows: int
    errors: int
    backlog: int | None
    is_failing: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class Living:
    """A scheduler, when it last said that it lives, and since when it is at what."""

    name: str
    started_at: datetime
    beat_at: datetime
    running: Mapping[str, datetime]
    is_silent: bool


def note_run(dbs: Session, name: str, scheduler: str, run: Run) -> None:
    """Remember a run that is worth it; idle ones leave only their tick. The caller commits."""
    if run.rows or run.error or run.duration_ms > LONG.total_seconds() * 1000:
        dbs.add(
            JobRun(
                name=name, scheduler=scheduler, started_at=run.started_at, duration_ms=run.duration_ms, rows=run.rows,
                error=run.error,
            )
        )  # fmt: skip
        dbs.flush()


def note_beat(dbs: Session, name: str, *, started_at: datetime, running: Mapping[str, datetime], now: datetime) -> None:
    """Store that a scheduler lives, and since when it is at which jobs. The caller commits."""
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    facts = {"running": {job: at.isoformat() for job, at in running.items()}}
    row = make(Heartbeat).values(name=name, started_at=started_at, beat_at=now, facts=facts)
    dbs.execute(row.on_conflict_do_update(index_elements=["name"], set_={"beat_at": now, "facts": facts}))


def forget_beat(dbs: Session, name: str) -> None:
    """Take the scheduler off the list: it ends in an orderly way. The caller commits."""
    dbs.execute(delete(Heartbeat).where(Heartbeat.name == name))


def count_living(dbs: Session | Connection, *, now: datetime) -> int:
    """Return how many schedulers live."""
    lives = select(func.count()).select_from(Heartbeat).where(Heartbeat.beat_at > now - SILENT_AFTER)
    return dbs.scalar(lives) or 0


def living(dbs: Session | Connection, *, now: datetime) -> list[Living]:
    """Return the schedulers, those that live first, then the newest."""
    rows = dbs.execute(
        select(Heartbeat.name, Heartbeat.started_at, Heartbeat.beat_at, Heartbeat.facts)
        .order_by(Heartbeat.beat_at.desc(), Heartbeat.name)
        .limit(50)
    ).all()
    return [
        Living(
            name=row.name, started_at=row.started_at, beat_at=row.beat_at,
            running={job: datetime.fromisoformat(at) for job, at in row.facts.get("running", {}).items()},
            is_silent=row.beat_at < now - SILENT_AFTER,
        )
        for row in rows
    ]  # fmt: skip


def job_statuses(
    dbs: Session | Connection, jobs: Sequence[Watched], *, now: datetime, counts: bool = True
) -> list[JobStatus]:
    """Return how each job stands, in four queries and, with ``counts``, one for each job that can say its backlog."""
    ticks = dict(dbs.execute(select(JobTick.name, JobTick.good_at)).tuples().all())
    newest = select(func.max(JobRun.id)).group_by(JobRun.name)
    last = {
        row.name: Run(row.started_at, row.duration_ms, row.rows, row.error)
        for row in dbs.execute(
            select(JobRun.name, JobRun.started_at, JobRun.duration_ms, JobRun.rows, JobRun.error)
            .where(JobRun.id.in_(newest))
        )
    }  # fmt: skip
    sums = {
        row.name: row
        for row in dbs.execute(
            select(
                JobRun.name, func.count().label("runs"), func.sum(JobRun.rows).label("rows"),
                func.sum(case((JobRun.error != "", 1), else_=0)).label("errors"),
            )
            .where(JobRun.started_at > now - _DAY)
            .group_by(JobRun.name)
        )
    }  # fmt: skip
    failing = set(dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None), Alarm.key.startswith("job:"))))
    found = []
    for job in jobs:
        good_at, day = ticks.get(job.name), sums.get(job.name)
        found.append(
            JobStatus(
                job=job, good_at=good_at, last=last.get(job.name), runs=day.runs if day else 0,
                rows=int(day.rows) if day else 0, errors=int(day.errors) if day else 0,
                backlog=_count(dbs, job, now) if counts else None, is_failing=f"job:{job.name}" in failing,
                is_late=good_at is not None and good_at < now - 2 * job.every - LATE_ROOM,
            )
        )  # fmt: skip
    return found


def _count(dbs: Session | Connection, job: Watched, now: datetime) -> int | None:
    if job.backlog is None:
        return None
    due = job.backlog(now).order_by(None).limit(MOST_COUNTED).subquery()
    return dbs.scalar(select(func.count()).select_from(due)) or 0


@dataclass(frozen=True, slots=True)
class OutboxFacts:
    """The instant since when the oldest mail is due, when the oldest lease ends, and how many failed in two days."""

    oldest_due_at: datetime | None
    oldest_lease_at: datetime | None
    failed: int


def outbox_facts(dbs: Session | Connection, *, now: datetime) -> OutboxFacts:
    """Return in one query what says whether mail flows."""
    is_open = text("messages.state IN ('queued','sending')")
    due = select(func.min(Message.not_before)).where(
        is_open, literal_column("messages.held_at").is_(None), Message.not_before <= now
    )
    lease = select(func.min(Message.lease_until)).where(is_open, Message.lease_until.is_not(None))
    failed = select(func.count()).where(Message.state == "failed", Message.created_at > now - 2 * _DAY)
    row = dbs.execute(
        select(due.scalar_subquery(), lease.scalar_subquery(), failed.scalar_subquery())
    ).one()  # fmt: skip
    return OutboxFacts(row[0], row[1], row[2])


def forget_runs(dbs: Session, *, now: datetime) -> int:
    """Delete old runs, schedulers that went without a word, and names of counted files. The caller commits."""
    done = _delete(dbs, JobRun.started_at < now - RUNS_KEPT, JobRun)
    done += _delete(dbs, Heartbeat.beat_at < now - SILENT_KEPT, Heartbeat)
    done += _delete(dbs, CountedFile.counted_at < now - FILES_KEPT, CountedFile)
    crowded = select(JobRun.name).group_by(JobRun.name).having(func.count() > MOST_RUNS)
    for name in dbs.scalars(crowded).all():
        of_job = JobRun.name == name
        last = dbs.scalars(select(JobRun.id).where(of_job).order_by(JobRun.id.desc()).offset(MOST_RUNS).limit(1)).one()
        done += _delete(dbs, and_(of_job, JobRun.id <= last), JobRun)
    return done


def _delete(dbs: Session, which: ColumnElement[bool], model: type[Model]) -> int:
    found = dbs.execute(delete(model).where(which).execution_options(synchronize_session=False))
    return int(found.rowcount)  # type: ignore[attr-defined]


def is_anybody_silent(now: datetime) -> Any:  # noqa: ANN401 -- a part of a query
    """Return the part of a query that gives the newest word of any scheduler, where none said one lately."""
    newest = select(func.max(Heartbeat.beat_at)).scalar_subquery()
    return case((newest < now - SILENT_AFTER, newest))
