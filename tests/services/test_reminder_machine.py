"""Any order of follows, pauses, own rules, moves, cancellations, ticks, outages and sends, against a small model.

After each tick: who was owed a mail has exactly one, and nobody else got one. After each sending: what was queued went
out if it was still right at that moment, and only then.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from tests import documents
from tests.attendees import attend
from tests.conftest import Databases, make_test_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.reminders import RULES, Rule, Slot, due_at, is_same_start, rules_of, useful_until
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import Tools, tools_of
from wmd.models import Attendee, Event, EventSession, Follow, Message
from wmd.models.editions import DEFAULT_REMINDERS
from wmd.secretbox import SecretBox
from wmd.services import delivery
from wmd.services.letters import make_ready
from wmd.services.reminder_runs import COMES_BACK

STARTS = datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
BEGINS = STARTS - timedelta(days=2)
LENGTH = timedelta(minutes=90)
PEOPLE = ("ada", "bo", "cy")
BOX = SecretBox.derived("a secret for tests only")


class Ground(NamedTuple):
    """A database with one published event and three attendees, as bytes; and what jobs are given."""

    data: bytes
    tools: Tools


@pytest.fixture
def ground(databases: Databases, tmp_path: Path) -> Ground:
    """The beginning of each run."""
    app = make_test_app(databases.copy("sqlite", tmp_path), tmp_path)
    with app.app_context():
        dbs = db.session()
        documents.apply(
            dbs, publishing_setting(app), documents.document(documents.event()), BEGINS - timedelta(days=30)
        )
        for name in PEOPLE:
            attend(dbs, name, BEGINS)
        dbs.commit()
        raw = dbs.connection().connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        data = bytearray(raw.serialize())
        # A database in memory keeps no log of its own beside it (https://www.sqlite.org/fileformat2.html §1.3.3).
        data[18:20] = b"\x01\x01"
        found = Ground(bytes(data), tools_of(app, dbs))
        db.session.remove()
        db.engine.dispose()
    return found


@dataclass
class Wish:
    """What the model knows of a person."""

    since: datetime | None = None
    paused: bool = False
    own: tuple[str, ...] | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return rules_of(self.own, None, DEFAULT_REMINDERS)


class Row(NamedTuple):
    """A message as it is in the outbox."""

    person: str
    rule: str
    start: datetime
    state: str
    reason: str

    @property
    def is_back(self) -> bool:
        """Whether it was taken back because the session was away."""
        return self.state == "skipped" and self.reason in COMES_BACK


class Reminders(RuleBasedStateMachine):
    """One event, three people, one scheduler."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self.tools = ground.tools
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        with self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.deserialize(ground.data)
        self.now, self.start, self.status = BEGINS, STARTS, "scheduled"
        self.wishes = {name: Wish() for name in PEOPLE}
        #: Rule and start that were looked at when they were due.
        self.seen: set[tuple[str, datetime]] = set()
        with self.session() as dbs:
            event = dbs.scalars(select(Event)).one()
            self.event_id, self.edition_id = event.id, event.edition_id
            self.session_id = dbs.scalars(select(EventSession.id)).one()

    @initialize(some=st.sets(st.sampled_from(PEOPLE)))
    def some_follow(self, some: set[str]) -> None:
        """Let some follow from the beginning."""
        for person in sorted(some):
            self.follow(person)

    def teardown(self) -> None:
        """Close the database."""
        self.engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a database session that is committed."""
        with Session(self.engine) as dbs:
            yield dbs
            dbs.commit()

    @property
    def slot(self) -> Slot:
        """The session as it is now."""
        return Slot(self.start, self.start + LENGTH, "Europe/Madrid")

    def rows(self) -> dict[str, Row]:
        """Return all messages by id."""
        with self.session() as dbs:
            return {
                row.id: Row(
                    row.person_id or "", row.facts["rule"], datetime.fromisoformat(row.facts["start"]), row.state,
                    row.reason,
                )
                for row in dbs.scalars(select(Message))
            }  # fmt: skip

    def is_wanted(self, person: str, rule: Rule) -> bool:
        """Whether somebody wants to be reminded so, now."""
        wish = self.wishes[person]
        return wish.since is not None and not wish.paused and rule in wish.rules

    def is_owed(self, person: str, rule: Rule) -> bool:
        """Whether somebody is to be reminded so of the present start, as far as they are concerned."""
        wish = self.wishes[person]
        at = due_at(rule, self.slot)
        return (
            self.status == "scheduled" and at <= self.now < useful_until(rule, wish.rules, self.slot)
            and self.is_wanted(person, rule) and wish.since is not None and wish.since <= at
        )  # fmt: skip

    @rule(minutes=st.sampled_from([1, 7, 20, 60, 61, 300, 1440]))
    def wait(self, minutes: int) -> None:
        """Let time pass, in which nothing runs."""
        self.now += timedelta(minutes=minutes)

    @rule(text=st.sampled_from(DEFAULT_REMINDERS), minutes=st.sampled_from([-1, 0, 1, 10, 70]))
    def wait_until_about_due(self, text: str, minutes: int) -> None:
        """Let time pass until about when something is due, if that is still to come."""
        self.now = max(self.now, due_at(Rule.read(text), self.slot) + timedelta(minutes=minutes))

    @rule(minutes=st.sampled_from([120, 180, 200]), back=st.sampled_from([1, 20, 50]))
    def go_away_and_come_back(self, minutes: int, back: int) -> None:
        """Plan, move the session away, send what is queued, and move it back a while later."""
        self.wait_until_about_due("start-1h", 1)
        self.tick()
        self.move(minutes)
        self.send(is_stale=False)
        self.now += timedelta(minutes=back)
        self.move(-minutes)
        self.tick()

    @rule(person=st.sampled_from(PEOPLE))
    def follow_and_plan(self, person: str) -> None:
        """Follow, at the last moment or after it."""
        self.follow(person)
        self.tick()

    @rule(person=st.sampled_from(PEOPLE))
    def follow(self, person: str) -> None:
        """Follow, or follow again."""
        if self.wishes[person].since is not None:
            return
        self.wishes[person].since = self.now
        with self.session() as dbs:
            dbs.add(Follow(
                id=str(uuid.uuid4()), person_id=person, edition_id=self.edition_id, event_id=self.event_id,
                created_at=self.now, confirmed_at=self.now,
            ))  # fmt: skip

    @rule(person=st.sampled_from(PEOPLE))
    def unfollow(self, person: str) -> None:
        """Follow no more."""
        self.wishes[person].since = None
        with self.session() as dbs:
            dbs.execute(
                update(Follow).where(Follow.person_id == person, Follow.ended_at.is_(None)).values(ended_at=self.now)
            )

    @rule(person=st.sampled_from(PEOPLE), paused=st.booleans())
    def pause(self, person: str, paused: bool) -> None:
        """Pause, or go on."""
        self.wishes[person].paused = paused
        self._set(person, paused_at=self.now if paused else None)

    @rule(
        person=st.sampled_from(PEOPLE),
        own=st.none() | st.lists(st.sampled_from(["start-1d", "start-3h", "start-1h", "start", "end+1d"]), unique=True),
    )
    def choose(self, person: str, own: list[str] | None) -> None:
        """Choose reminders of one's own, or the event's again."""
        self.wishes[person].own = None if own is None else tuple(own)
        self._set(person, reminders=own)

    def _set(self, person: str, **values: object) -> None:
        with self.session() as dbs:
            dbs.execute(update(Attendee).where(Attendee.person_id == person).values(**values))

    @rule(minutes=st.sampled_from([-600, -120, -14, -5, 5, 14, 15, 120, 600, 1440]))
    def move(self, minutes: int) -> None:
        """Move the session, a little or far."""
        self.start += timedelta(minutes=minutes)
        self._publish()

    @rule(status=st.sampled_from(["scheduled", "cancelled", "postponed"]))
    def call_off(self, status: str) -> None:
        """Call the session off, or hold it after all."""
        if status != self.status:
            self.status = status
            self._publish()

    def _publish(self) -> None:
        with self.session() as dbs:
            dbs.execute(update(EventSession).values(
                starts_at=self.start, ends_at=self.start + LENGTH, status=self.status, last_modified_at=self.now
            ))  # fmt: skip
            dbs.execute(update(Event).values(version=Event.version + 1, changed_at=self.now))
        # Whatever was published is later than what ran before it.
        self.now += timedelta(minutes=1)

    @rule()
    def tick(self) -> None:
        """Plan what is due."""
        before = self.rows()
        with self.session() as dbs:
            plan_reminders(replace(self.tools, dbs=dbs, now=self.now, clock=lambda: self.now))
        after = self.rows()
        new = {key for key, row in after.items() if row.state == "queued" and before.get(key) != row}
        for key in new:
            row = after[key]
            assert self.is_owed(row.person, Rule.read(row.rule)), row
            assert row.start == self.start
        for text in RULES:
            due = Rule.read(text)
            if self.status != "scheduled" or due_at(due, self.slot) > self.now:
                continue
            is_first = (text, self.start) not in self.seen and any(each.since for each in self.wishes.values())
            for person in PEOPLE:
                mine = [row for row in after.values() if (row.person, row.rule) == (person, text)]
                near = [row for row in mine if is_same_start(row.start, self.start) and not row.is_back]
                came_back = any(
                    row.is_back and row.start == self.start
                    for row in before.values() if (row.person, row.rule) == (person, text)
                )  # fmt: skip
                if self.is_owed(person, due) and (is_first or came_back):
                    assert near, (person, text)
            if is_first:
                self.seen.add((text, self.start))
        self.see_that_nobody_has_two(after)

    @rule()
    def tick_twice(self) -> None:
        """Plan twice: the second time there is nothing to do."""
        self.tick()
        before = self.rows()
        self.tick()
        assert self.rows() == before

    def see_that_nobody_has_two(self, rows: dict[str, Row]) -> None:
        """See that of mails for starts that are nearly the same at most one stands."""
        alive = [row for row in rows.values() if not row.is_back]
        for one in alive:
            same = [
                other for other in alive
                if (other.person, other.rule) == (one.person, one.rule) and is_same_start(other.start, one.start)
            ]  # fmt: skip
            assert same == [one], same

    @rule(is_stale=st.booleans())
    def send(self, is_stale: bool) -> None:
        """Send what is queued; perhaps after it was read the session is moved a little."""
        before = {key: row for key, row in self.rows().items() if row.state == "queued"}
        means = self.tools
        with self.session() as dbs:
            delivery.recover(dbs, now=self.now)
            claims = delivery.claim(dbs, now=self.now, limit=99)
            dbs.commit()
            ready = make_ready(dbs, claims, means.press, BOX, digest=means.digest, now=self.now)
            dbs.commit()
        if is_stale and claims:
            self.move(5)
        sent = set()
        with self.session() as dbs:
            for each in claims:
                one = ready[each.id]
                if isinstance(one, str):
                    delivery.give_up(dbs, each, "skipped", one)
                elif delivery.mark(dbs, one, now=self.now):
                    delivery.record_sent(dbs, each, now=self.now)
                    sent.add(each.id)
                else:
                    assert is_stale
                    delivery.release(dbs, [each])
        if is_stale:
            assert not sent
            return
        for key, row in before.items():
            rule_ = Rule.read(row.rule)
            wish = self.wishes[row.person]
            is_right = (
                self.status == "scheduled" and is_same_start(row.start, self.start)
                and self.is_wanted(row.person, rule_) and self.now < useful_until(rule_, wish.rules, self.slot)
            )  # fmt: skip
            if key in sent:
                assert is_right, row
            elif is_right:
                # It was of use for less long when it was planned.
                assert self.rows()[key].state == "expired", self.rows()[key]


@pytest.mark.parametrize("examples", [30, pytest.param(1_000, marks=pytest.mark.soak)])
def test_whatever_happens_each_is_reminded_once_of_what_holds(ground: Ground, examples: int) -> None:
    run_state_machine_as_test(
        lambda: Reminders(ground), settings=settings(max_examples=examples, stateful_step_count=30, deadline=None)
    )
