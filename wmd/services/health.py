"""What is wrong, in words: is the database reachable and migrated, and which alarms are open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from wmd.db import reading
from wmd.models import Alarm

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@dataclass(frozen=True, slots=True)
class Report:
    """``faults`` keep the service from working; ``alarms`` need a person but do not."""

    faults: tuple[str, ...]
    alarms: tuple[str, ...]


def problems(engine: Engine) -> Report:
    """Return what is wrong now, without a word that would tell a stranger how the service is built."""
    script = ScriptDirectory(str(MIGRATIONS))
    try:
        with reading(engine) as connection:
            present = MigrationContext.configure(connection).get_current_revision()
            if present != script.get_current_head():
                return Report(("the database is not migrated: run flask db upgrade",), ())
            alarms = connection.execute(
                select(Alarm.message).where(Alarm.cleared_at.is_(None)).order_by(Alarm.raised_at).limit(20)
            )
            return Report((), tuple(alarms.scalars()))
    except SQLAlchemyError:
        return Report(("the database cannot be reached",), ())
