"""What is wrong, in words: is the database reachable and migrated, do the jobs tick, and which alarms are open.

A scheduler that is dead or fails cannot tell; so whether it ticks is asked here, by those who answer requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from wmd.db import reading
from wmd.domain.findings import N_
from wmd.models import Alarm, JobTick
from wmd.services.job_watch import is_anybody_silent
from wmd.services.outbox_watch import BACKLOG, BACKLOG_KEY, oldest_late

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

#: The job without which no mail goes out, and for how long it may have been silent.
OUTBOX: Final = "outbox"
SILENT_AFTER: Final = timedelta(minutes=5)
SILENT: Final = N_("The scheduler has not sent mail for more than five minutes. Is it running?")
NONE_LIVES: Final = N_("No scheduler has said for two minutes that it lives. Is one running?")
#: A tick is stored to the minute: the outbox is looked at every few seconds.
_TICK_STEP: Final = timedelta(minutes=1)
_MOST: Final = 20


class Trouble(NamedTuple):
    """Something that is wrong now: its key, what it is in words, and since when."""

    key: str
    message: str
    raised_at: datetime


def note_tick(dbs: Session, name: str, *, now: datetime) -> None:
    """Store that a job ran to its end. The caller commits."""
    known = dbs.scalar(select(JobTick.good_at).where(JobTick.name == name))
    if known is not None and known <= now < known + _TICK_STEP:
        return
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = make(JobTick).values(name=name, good_at=now)
    # Another scheduler may be storing the same.
    dbs.execute(row.on_conflict_do_update(index_elements=["name"], set_={"good_at": now}))


def troubles(dbs: Session | Connection, *, now: datetime) -> list[Trouble]:
    """Return what is wrong, the oldest first: open alarms, a silent scheduler, mail that waits for too long.

    One statement, because every page of the staff asks.
    """
    tick = select(JobTick.good_at).where(JobTick.name == OUTBOX).scalar_subquery().label("tick")
    late = oldest_late(now).scalar_subquery().label("late")
    silent = is_anybody_silent(now).label("silent")
    always = select(literal(1).label("one")).subquery()
    found = dbs.execute(
        select(Alarm.key, Alarm.message, Alarm.raised_at, tick, late, silent)
        .select_from(always)
        .outerjoin(Alarm, Alarm.cleared_at.is_(None))
        .order_by(Alarm.raised_at)
        .limit(_MOST)
    ).all()
    wrong = [Trouble(row.key, row.message, row.raised_at) for row in found if row.key is not None]
    if found[0].tick is not None and found[0].tick < now - SILENT_AFTER:
        wrong.append(Trouble("job:silent", SILENT, found[0].tick))
    elif found[0].silent is not None:
        wrong.append(Trouble("scheduler:silent", NONE_LIVES, found[0].silent))
    if found[0].late is not None and BACKLOG_KEY not in {each.key for each in wrong}:
        wrong.append(Trouble(BACKLOG_KEY, BACKLOG, found[0].late))
    return sorted(wrong, key=lambda each: each.raised_at)


@dataclass(frozen=True, slots=True)
class Report:
    """``faults`` keep the service from working; ``alarms`` need a person but do not."""

    faults: tuple[str, ...]
    alarms: tuple[str, ...]


def problems(engine: Engine, *, now: datetime) -> Report:
    """Return what is wrong now, without a word that would tell a stranger how the service is built."""
    script = ScriptDirectory(str(MIGRATIONS))
    try:
        with reading(engine) as connection:
            present = MigrationContext.configure(connection).get_current_revision()
            if present != script.get_current_head():
                return Report(("the database is not migrated: run flask db upgrade",), ())
            return Report((), tuple(each.message for each in troubles(connection, now=now)))
    except SQLAlchemyError:
        return Report(("the database cannot be reached",), ())
