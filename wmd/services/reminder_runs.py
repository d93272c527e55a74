"""One rule of one session at one start: its mails are put into the outbox, page by page, each once.

Whoever makes the row of ``reminder_runs`` and claims it (a token with a lease) goes through the event's audience; each
page is committed together with how far it came. A kill, a second scheduler or a late tick change nothing: the keys of
messages hold person, session, rule and start. Nobody who has a mail for a start less than 15 minutes away gets another.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.reminders import Rule, Slot, due_at, is_same_start, rules_of, useful_until
from wmd.models import Change, Event, EventSession, Message, ReminderRun
from wmd.services.audience import Wish, audience_page
from wmd.services.outbox import Line, Sheet, message_name, put_many
from wmd.services.reminder_planning import Due, is_free, takes_place

log = logging.getLogger(__name__)

ACTOR: Final = "job:due-reminders"
LEASE: Final = timedelta(minutes=2)
#: People of one page: few enough for little memory and a short transaction.
PAGE: Final = 5_000

#: Why a reminder was not sent: it goes out after all if its session comes back to this start in time.
MOVED: Final = "the session was moved"
OFF: Final = "the session was called off"
COMES_BACK: Final = (MOVED, OFF)
#: What changes of a session can make a reminder due that was not before.
_APPEARS: Final = ("added", "moved", "revived")
_ON_ITS_WAY: Final = ("queued", "sending", "sent")
_OUT: Final = ("sending", "sent")


class LostRun(Exception):  # noqa: N818 -- reads as what it is at the place where it is caught
    """The run is another scheduler's by now: roll back and leave it."""


class Claimed(NamedTuple):
    """A run that is ours; ``after_person`` is how far it came. ``again``: it was done before."""

    due: Due
    token: str
    after_person: str
    again: bool


class Page(NamedTuple):
    """What became of one page: mails put, people for whom it came too late, ids of people who cannot be reckoned."""

    planned: int
    missed: int
    faults: tuple[str, ...]
    last: str


def kind_of(rule: Rule) -> str:
    """Return the kind of mail of a rule."""
    if rule.anchor == "end":
        return "afterwards"
    return "reminder" if rule.amount else "reminder-now"


def key_of(person_id: str, session_id: str, rule: Rule, starts_at: datetime) -> str:
    """Return the dedupe key of a person's reminder."""
    return f"reminder:{person_id}:{session_id}:{rule}:{starts_at.isoformat()}"


def begin(dbs: Session, due: Due, *, now: datetime) -> Claimed | None:
    """Make the run unless it is there, and claim it; None when another scheduler has it. The caller commits."""
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    key = {"session_id": due.session.id, "rule": str(due.rule), "starts_at": due.session.slot.starts_at}
    if due.done_at is None:
        values = {
            **key, "due_at": due.due_at, "state": "planning", "after_person": "", "planned": 0, "missed": 0,
            "created_at": now,
        }  # fmt: skip
        dbs.execute(make(ReminderRun).values(values).on_conflict_do_nothing())
    token = secrets.token_hex(16)
    changes: dict[str, Any] = {"claim_token": token, "lease_until": now + LEASE}
    which = and_(ReminderRun.state == "planning", is_free(now))
    if due.done_at is not None:
        which = and_(ReminderRun.state == "done", ReminderRun.finished_at == due.done_at)
        changes |= {"state": "planning", "finished_at": None, "after_person": ""}
    row = dbs.execute(
        update(ReminderRun)
        .where(*_is(due), which)
        .values(changes)
        .returning(ReminderRun.after_person)
        .execution_options(synchronize_session=False)
    ).first()
    return Claimed(due, token, row.after_person, due.done_at is not None) if row else None


def _is(due: Due) -> tuple[Any, ...]:
    slot = due.session.slot
    return (
        ReminderRun.session_id == due.session.id, ReminderRun.rule == str(due.rule),
        ReminderRun.starts_at == slot.starts_at,
    )  # fmt: skip


def give_back(dbs: Session, run: Claimed) -> None:
    """Let go of a run that could not be gone on with: the next tick tries again. The caller commits."""
    dbs.execute(
        update(ReminderRun)
        .where(*_is(run.due), ReminderRun.claim_token == run.token)
        .values(claim_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def plan_page(dbs: Session, run: Claimed, rounds: Round, *, now: datetime, page: int = PAGE) -> tuple[Claimed, Page]:
    """Put the mails of the next people into the outbox and note how far it came; the caller commits.

    ``last`` of the page is empty at the end of the audience: the run is then done. Raises LostRun.
    """
    session = run.due.session
    of_all = session.edition_rules if session.event_rules is None else session.event_rules
    wishes = audience_page(
        dbs, session.event_id, after=run.after_person, limit=page, own_reminders=str(run.due.rule) not in of_all
    )
    lines, missed, faults = rounds.lines(dbs, wishes, now=now)
    due = run.due
    sheet = Sheet(
        kind_of(due.rule), due.session.id, due.session.edition_id, ACTOR,
        {
            "event_id": due.session.event_id, "rule": str(due.rule),
            "start": due.session.slot.starts_at.isoformat(),
        },
        now,
    )  # fmt: skip
    planned = put_many(dbs, sheet, lines, now=now)
    if run.again:
        planned += _bring_back(dbs, lines, now)
    last = wishes[-1].person_id if len(wishes) == page else ""
    changes: dict[Any, Any] = {
        "planned": ReminderRun.planned + planned, "missed": ReminderRun.missed + missed, "lease_until": now + LEASE,
        "after_person": wishes[-1].person_id if wishes else run.after_person,
    }  # fmt: skip
    if not last:
        changes |= {"state": "done", "finished_at": now, "claim_token": None, "lease_until": None}
    done = dbs.execute(
        update(ReminderRun)
        .where(*_is(due), ReminderRun.claim_token == run.token)
        .values(changes)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LostRun
    return run._replace(after_person=last), Page(planned, missed, faults, last)


def _bring_back(dbs: Session, lines: Sequence[Line], now: datetime) -> int:
    """Let go out after all what was taken back when the session was away; return how many."""
    by_end: dict[datetime, list[str]] = {}
    for line in lines:
        by_end.setdefault(line.not_after, []).append(message_name(line.dedupe_key))
    done = 0
    for not_after, ids in by_end.items():
        brought = dbs.execute(
            update(Message)
            .where(Message.id.in_(ids), Message.state == "skipped", Message.reason.in_(COMES_BACK))
            .values(state="queued", reason="", not_before=now, not_after=not_after)
            .execution_options(synchronize_session=False)
        )
        done += brought.rowcount  # type: ignore[attr-defined]
    return done


class Round:
    """What of a run is the same for everybody: the day's other sessions, and starts that are nearly this one."""

    def __init__(self, dbs: Session, due: Due) -> None:
        self._due = due
        self._near = _near_starts(dbs, due)
        self._before = _earlier_that_day(dbs, due) if is_by_day(due.rule) else []
        self._gone = _gone_that_day(dbs, due) if is_by_day(due.rule) else []
        self._since: datetime | None = None
        self._until: dict[tuple[str, tuple[Rule, ...]], datetime] = {}
        self._rules: dict[tuple[str, ...] | None, tuple[Rule, ...]] = {}

    def lines(self, dbs: Session, wishes: Sequence[Wish], *, now: datetime) -> tuple[list[Line], int, tuple[str, ...]]:
        """Return the mails that some people are owed, how many came too late, and whose wishes make no sense."""
        asked: list[tuple[Wish, datetime, list[str], list[str]]] = []
        faults: list[str] = []
        for wish in wishes:
            try:
                one = self._ask(wish, now)
            except Exception:
                faults.append(wish.person_id)
                continue
            if one is not None:
                asked.append((wish, *one))
        told = _states(dbs, self._keys_to_read(asked, now))
        lines: list[Line] = []
        missed = 0
        for wish, until, near, before in asked:
            if any(_blocks(told.get(key)) for key in near) or any(_is_out(told.get(key)) for key in before):
                continue
            if any(self._spoke_of_this(dbs, told.get(key)) for key in self._gone_keys(wish)):
                continue
            if until > now:
                lines.append(Line(wish.person_id, self._own_key(wish), until))
            elif until > self._counted_until(dbs) and not _blocks(told.get(self._own_key(wish))):
                missed += 1
        # Who cannot be reckoned was counted when the run was gone through first.
        return lines, missed + (len(faults) if self._due.done_at is None else 0), tuple(faults)

    def _ask(self, wish: Wish, now: datetime) -> tuple[datetime, list[str], list[str]] | None:
        """Return until when a person's mail is of use, and the keys of mails that would stand in its place.

        None: they are owed none by this run.
        """
        session, rule = self._due.session, self._due.rule
        if not wish.is_for(session.id) or wish.wants_since > self._due.due_at:
            return None
        own = None if wish.reminders is None else tuple(wish.reminders)
        rules = self._rules.get(own)
        if rules is None:
            rules = self._rules[own] = rules_of(own, session.event_rules, session.edition_rules)
        if rule not in rules:
            return None
        before = []
        for earlier_id, slot, at in self._before:
            if wish.is_for(earlier_id) and wish.wants_since <= at:
                if self._useful(rules, earlier_id, slot) > now:
                    return None
                before.append(key_of(wish.person_id, earlier_id, rule, slot.starts_at))
        near = [self._key(wish, starts_at) for starts_at in self._near]
        return self._useful(rules, session.id, session.slot), near, before

    def _keys_to_read(self, asked: Sequence[tuple[Wish, datetime, list[str], list[str]]], now: datetime) -> list[str]:
        """Return the keys of mails that may stand in the place of another, or were put before it became too late."""
        late = [self._own_key(wish) for wish, until, _, _ in asked if until <= now]
        gone = [key for wish, *_ in asked for key in self._gone_keys(wish)]
        return [*late, *gone, *(key for _, _, near, before in asked for key in (*near, *before))]

    def _gone_keys(self, wish: Wish) -> list[str]:
        return [key_of(wish.person_id, id_, self._due.rule, starts_at) for id_, starts_at in self._gone]

    def _spoke_of_this(self, dbs: Session, told: _Told | None) -> bool:
        """Whether a mail planned for an earlier session of the day, which is gone since, spoke of this one.

        It did if this one stood as it is when the mail went out.
        """
        if told is None or told.state not in _OUT:
            return False
        return told.sent_at is None or told.sent_at >= self._known_since(dbs)

    def _own_key(self, wish: Wish) -> str:
        return self._key(wish, self._due.session.slot.starts_at)

    def _key(self, wish: Wish, starts_at: datetime) -> str:
        return key_of(wish.person_id, self._due.session.id, self._due.rule, starts_at)

    def _useful(self, rules: tuple[Rule, ...], session_id: str, slot: Slot) -> datetime:
        key = (session_id, rules)
        if key not in self._until:
            self._until[key] = useful_until(self._due.rule, rules, slot)
        return self._until[key]

    def _counted_until(self, dbs: Session) -> datetime:
        """Return until when nobody is counted as missed: they could not be told, or are counted already."""
        known = self._known_since(dbs)
        return known if self._due.done_at is None else max(known, self._due.done_at)

    def _known_since(self, dbs: Session) -> datetime:
        """Return since when the session has been as it is: what was over by then, nobody could have been told."""
        if self._since is None:
            session = self._due.session
            created_at = select(EventSession.created_at).where(EventSession.id == session.id)
            changed_at = select(func.max(Change.at)).where(
                Change.edition_id == session.edition_id, Change.event_id == session.event_id,
                or_(Change.session_id == session.id, Change.session_id.is_(None)), Change.kind.in_(_APPEARS),
            )  # fmt: skip
            known = [at for at in (dbs.scalar(created_at), dbs.scalar(changed_at)) if at is not None]
            self._since = max(known)
        return self._since


def is_by_day(rule: Rule) -> bool:
    """Whether one mail speaks of all the sessions of a day."""
    return rule.unit == "d" and rule.amount != 0


def _near_starts(dbs: Session, due: Due) -> list[datetime]:
    """Return other starts of the session, nearly the present one, for which the rule was planned."""
    starts_at = due.session.slot.starts_at
    planned = dbs.scalars(
        select(ReminderRun.starts_at).where(
            ReminderRun.session_id == due.session.id, ReminderRun.rule == str(due.rule),
            ReminderRun.starts_at != starts_at,
        )
    )  # fmt: skip
    return [other for other in planned if is_same_start(other, starts_at)]


def day_of_slot(slot: Slot, starts_at: datetime) -> date:
    """Return the day of the calendar, in its own zone, that a slot belongs to when it begins at an instant."""
    return starts_at.astimezone(ZoneInfo(slot.zone)).date()


def _earlier_that_day(dbs: Session, due: Due) -> list[tuple[str, Slot, datetime]]:
    """Return the event's earlier sessions on the day of this one: their mail of the rule speaks of this one too."""
    rows = dbs.execute(
        select(
            EventSession.id, EventSession.starts_at, EventSession.ends_at, EventSession.zone, EventSession.all_day
        )
        .join(Event, Event.id == EventSession.event_id)
        .where(EventSession.event_id == due.session.event_id, takes_place())
    )  # fmt: skip
    own = due.session.slot
    day, found = day_of_slot(own, own.starts_at), []
    for row in rows:
        slot = Slot(row.starts_at, row.ends_at, row.zone, row.all_day)
        comes_first = (slot.begins_at, row.id) < (own.begins_at, due.session.id)
        if comes_first and day_of_slot(slot, slot.starts_at) == day:
            found.append((row.id, slot, due_at(due.rule, slot)))
    return found


def _gone_that_day(dbs: Session, due: Due) -> list[tuple[str, datetime]]:
    """Return earlier sessions of the day for which the rule was planned, and which are off or begin otherwise by now.

    Each with the start it was planned for.
    """
    rows = dbs.execute(
        select(ReminderRun.session_id, ReminderRun.starts_at, EventSession.zone, EventSession.all_day)
        .join(EventSession, EventSession.id == ReminderRun.session_id)
        .where(
            EventSession.event_id == due.session.event_id, EventSession.id != due.session.id,
            ReminderRun.rule == str(due.rule),
            or_(EventSession.status != "scheduled", EventSession.starts_at != ReminderRun.starts_at),
        )
    )  # fmt: skip
    own = due.session.slot
    day = day_of_slot(own, own.starts_at)
    found = []
    for row in rows:
        slot = Slot(row.starts_at, row.starts_at, row.zone, row.all_day)
        if slot.begins_at <= own.begins_at and day_of_slot(slot, slot.starts_at) == day:
            found.append((row.session_id, row.starts_at))
    return found


class _Told(NamedTuple):
    """What became of a message that is there."""

    state: str
    reason: str
    sent_at: datetime | None


def _states(dbs: Session, keys: Collection[str]) -> Mapping[str, _Told]:
    """Return what became of the messages among some keys that are there, by key."""
    names = {message_name(key): key for key in keys}
    ids = list(names)
    found: dict[str, _Told] = {}
    for start in range(0, len(ids), PAGE):
        rows = dbs.execute(
            select(Message.id, Message.state, Message.reason, Message.sent_at).where(
                Message.id.in_(ids[start : start + PAGE])
            )
        )
        found |= {names[row.id]: _Told(row.state, row.reason, row.sent_at) for row in rows}
    return found


def _blocks(told: _Told | None) -> bool:
    """Whether a mail for a start nearby stands in the place of one for this start, whatever became of it."""
    return told is not None and not (told.state == "skipped" and told.reason in COMES_BACK)


def _is_out(told: _Told | None) -> bool:
    """Whether a mail about an earlier session of the day, which speaks of this one too, went or goes out."""
    return told is not None and told.state in _ON_ITS_WAY
