"""What staff see of reminders: of each session around now what is planned when and for how many, and what became of it.

Always the same number of queries, however many sessions and mails there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.reminders import RULES, Rule, Slot, due_at
from wmd.models import Edition, Event, EventSession, EventText, Message, ReminderRun, Submission
from wmd.services.audience import Counts, count_audiences
from wmd.services.reminder_planning import takes_place

PAGE_SIZE: Final = 20
#: What is over stays in the list for so long: thanks go out, and what was missed is of interest.
KEPT: Final = timedelta(days=4)
KINDS: Final = ("reminder", "reminder-now", "afterwards")


class Planned(NamedTuple):
    """One rule of a session. ``is_default``: it holds for who chose nothing. A run that was not yet is None."""

    rule: str
    due_at: datetime
    is_default: bool
    run: ReminderRun | None


class Outcome(NamedTuple):
    """How many mails are in a state, and why."""

    state: str
    reason: str
    number: int


class Shown(NamedTuple):
    """A session with all that is known of its reminders."""

    session: EventSession
    event: Event
    title: str
    submission_id: str
    counts: Counts
    planned: tuple[Planned, ...]
    outcomes: tuple[Outcome, ...]


def shown_sessions(dbs: Session, *, page: int, now: datetime) -> tuple[list[Shown], int]:
    """Return a page of the sessions that take place and are not long over, the next first, and how many pages."""
    which = (EventSession.ends_at > now - KEPT, takes_place())
    joined = select(EventSession, Event, Edition).join(Event, Event.id == EventSession.event_id).join(
        Edition, Edition.id == Event.edition_id
    ).where(*which)  # fmt: skip
    total = dbs.scalar(
        select(func.count()).select_from(EventSession).join(Event, Event.id == EventSession.event_id).where(*which)
    )
    rows = dbs.execute(
        joined.order_by(EventSession.starts_at, EventSession.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    event_ids = sorted({event.id for _, event, _ in rows})
    session_ids = [session.id for session, _, _ in rows]
    titles = _titles(dbs, event_ids)
    counts = count_audiences(dbs, event_ids)
    runs = _runs(dbs, session_ids)
    outcomes = _outcomes(dbs, session_ids)
    submissions = dict(
        dbs.execute(select(Submission.event_id, Submission.id).where(Submission.event_id.in_(event_ids))).tuples().all()
    )
    shown = [
        Shown(
            session, event, titles.get((event.id, event.language), ""), submissions.get(event.id, ""), counts[event.id],
            _planned(session, event, edition, runs.get(session.id, [])), tuple(outcomes.get(session.id, [])),
        )
        for session, event, edition in rows
    ]  # fmt: skip
    return shown, max(1, -(-(total or 0) // PAGE_SIZE))


def _titles(dbs: Session, event_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    found = dbs.execute(
        select(EventText.owner_id, EventText.language, EventText.body).where(
            EventText.event_id.in_(event_ids), EventText.owner_id.in_(event_ids), EventText.field == "title"
        )
    )
    return {(owner_id, language): body for owner_id, language, body in found}


def _runs(dbs: Session, session_ids: Sequence[str]) -> dict[str, list[ReminderRun]]:
    found: dict[str, list[ReminderRun]] = {}
    for run in dbs.scalars(select(ReminderRun).where(ReminderRun.session_id.in_(session_ids))):
        found.setdefault(run.session_id, []).append(run)
    return found


def _outcomes(dbs: Session, session_ids: Sequence[str]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    rows = dbs.execute(
        select(Message.subject_id, Message.state, Message.reason, func.count())
        .where(Message.subject_id.in_(session_ids), Message.kind.in_(KINDS))
        .group_by(Message.subject_id, Message.state, Message.reason)
        .order_by(func.count().desc(), Message.state, Message.reason)
    )
    for session_id, state, reason, count in rows:
        found.setdefault(session_id, []).append(Outcome(state, reason, count))
    return found


def _planned(session: EventSession, event: Event, edition: Edition, runs: Sequence[ReminderRun]) -> tuple[Planned, ...]:
    """Return the rules that hold for who chose nothing, and others of which mails were put or missed."""
    of_all = edition.reminders if event.reminders is None else event.reminders
    done = {run.rule: run for run in runs if run.starts_at == session.starts_at}
    slot = Slot(session.starts_at, session.ends_at, session.zone, session.all_day)
    return tuple(
        Planned(text, due_at(Rule.read(text), slot), text in of_all, done.get(text))
        for text in RULES
        if text in of_all or (text in done and (done[text].planned or done[text].missed))
    )
