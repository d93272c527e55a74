"""Which reminders are due: one look at the sessions around now, and at what was planned for them already.

One row of ``reminder_runs`` stands for one rule of one session at one start; ``reminder_runs.py`` goes through it.
A session that moves gets new runs, for its new start. A run that was done before its session last changed is gone
through once more: a mail that was taken back when the session was moved away, called off or hidden may be owed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.reminders import EARLIEST, LATEST, RULES, Rule, Slot, due_at, useful_until
from wmd.models import Edition, Event, EventSession, ReminderRun
from wmd.services.audience import have_audience

#: Sessions looked at in one query.
BATCH: Final = 500
#: Stamps of sessions are cut to whole seconds: what changed in the second in which a run ended may be after it.
_STAMP: Final = timedelta(seconds=1)
_RULES: Final = tuple(Rule.read(text) for text in RULES)


class Coming(NamedTuple):
    """A session that takes place, with what of its event and edition its reminders depend on."""

    id: str
    event_id: str
    edition_id: int
    slot: Slot
    changed_at: datetime
    event_rules: Sequence[str] | None
    edition_rules: Sequence[str]


class Due(NamedTuple):
    """A rule that is due for a session and not done. ``done_at``: when it was, if it is gone through once more."""

    session: Coming
    rule: Rule
    due_at: datetime
    done_at: datetime | None = None

    @property
    def until(self) -> datetime:
        """From when it is of use for nobody."""
        return useful_until(self.rule, (), self.session.slot)


@dataclass(slots=True)
class Look:
    """What one look found. ``faults``: ids of sessions whose reminders cannot be reckoned."""

    due: list[Due] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def takes_place() -> ColumnElement[bool]:
    """Return whether a session, joined with its event, is listed and neither cancelled nor postponed."""
    return and_(EventSession.status == "scheduled", Event.hidden_at.is_(None), Event.merged_into_id.is_(None))


def is_free(now: datetime) -> ColumnElement[bool]:
    """Return whether nobody goes through a run at the moment."""
    return or_(ReminderRun.lease_until.is_(None), ReminderRun.lease_until < now)


def look(dbs: Session, *, now: datetime) -> Look:
    """Return what is due and not done, first what is of use the shortest, last what came too late.

    Only sessions around ``now`` are read, three queries for each :data:`BATCH` of them.
    """
    found = Look()
    for rows in _coming(dbs, now):
        runs: dict[tuple[str, datetime], list[ReminderRun]] = {}
        for run in dbs.scalars(select(ReminderRun).where(ReminderRun.session_id.in_([row.id for row in rows]))):
            runs.setdefault((run.session_id, run.starts_at), []).append(run)
        due: list[Due] = []
        for row in rows:
            try:
                due += _due(_read(row), runs.get((row.id, row.starts_at), []), now)
            except Exception:
                found.faults.append(row.id)
        wanted = have_audience(dbs, {each.session.event_id for each in due}) if due else set()
        found.due += [each for each in due if each.session.event_id in wanted]
    found.due.sort(key=lambda each: (each.until <= now, each.until, each.session.id))
    return found


def _coming(dbs: Session, now: datetime) -> Iterator[Sequence[Row[Any]]]:
    """Yield the sessions whose rules may be due around ``now``, batch by batch."""
    after = ""
    while True:
        rows = dbs.execute(
            select(
                EventSession.id, EventSession.event_id, EventSession.starts_at, EventSession.ends_at,
                EventSession.zone, EventSession.all_day, EventSession.last_modified_at,
                Event.edition_id, Event.reminders, Edition.reminders.label("defaults"),
            )
            .join(Event, Event.id == EventSession.event_id)
            .join(Edition, Edition.id == Event.edition_id)
            .where(
                EventSession.starts_at <= now + EARLIEST, EventSession.ends_at >= now - LATEST,
                EventSession.id > after, takes_place(),
            )
            .order_by(EventSession.id)
            .limit(BATCH)
        ).all()  # fmt: skip
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def _read(row: Row[Any]) -> Coming:
    slot = Slot(row.starts_at, row.ends_at, row.zone, row.all_day)
    return Coming(row.id, row.event_id, row.edition_id, slot, row.last_modified_at, row.reminders, row.defaults)


def _due(session: Coming, runs: Sequence[ReminderRun], now: datetime) -> list[Due]:
    known = {run.rule: run for run in runs}
    found = []
    for rule in _RULES:
        at = due_at(rule, session.slot)
        if at > now:
            continue
        run = known.get(str(rule))
        if run is None or run.state == "planning":
            if run is None or run.lease_until is None or run.lease_until < now:
                found.append(Due(session, rule, at))
        elif run.finished_at is not None and session.changed_at + _STAMP > run.finished_at:
            anew = Due(session, rule, at, run.finished_at)
            if anew.until > now:
                found.append(anew)
    return found


def end_orphans(dbs: Session, *, now: datetime) -> int:
    """Close runs that nobody goes on with: their session has another start by now, or does not take place.

    Returns how many. The caller commits.
    """
    stands = (
        exists()
        .where(
            EventSession.id == ReminderRun.session_id, EventSession.starts_at == ReminderRun.starts_at,
            Event.id == EventSession.event_id, takes_place(),
        )
    )  # fmt: skip
    done = dbs.execute(
        update(ReminderRun)
        .where(ReminderRun.state == "planning", is_free(now), ~stands)
        .values(state="done", finished_at=now, claim_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    return done.rowcount  # type: ignore[attr-defined, no-any-return]
