"""Any order of putting, claiming, marking, handing over, crashing, cancelling, holding, and clocks that jump.

What must hold after each step: nobody gets a second copy but of a row that says so itself, never a second sign-in link,
and nothing that was taken back or held is marked afterwards. At the end nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from tests.conftest import LEAD_STARTED_AT as NOW
from wmd.db import Model
from wmd.domain.mail_handover import Outcome
from wmd.models import MailSwitch, Message
from wmd.secretbox import SecretBox
from wmd.services import delivery
from wmd.services.delivery import Claim, Ready
from wmd.services.outbox import put_message, withdraw_messages

BOX = SecretBox.derived("a secret for tests only")
OUTCOMES = {
    "accepted": Outcome("accepted", "250"),
    "later": Outcome("later", "450"),
    "refused": Outcome("refused", "550 5.1.1", bounced=True),
    "unknown": Outcome("unknown", "gone"),
}
FINAL = {"sent", "failed", "cancelled", "expired", "skipped"}


@dataclass
class Worker:
    """A worker: what it claimed, what it marked, and what the server has but the row does not know yet."""

    claimed: list[Claim] = field(default_factory=list)
    marked: list[Claim] = field(default_factory=list)


class Outbox(RuleBasedStateMachine):
    """The outbox with three workers and a mail server that remembers everything."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        Model.metadata.create_all(self.engine, tables=[
            Model.metadata.tables[name]
            for name in ("people", "editions", "messages", "suppressions", "mail_switch", "submissions", "revisions",
                         "organisations", "public_codes", "drafts", "notes", "web_sessions", "events", "event_sessions",
                         "attendees", "follows", "registrations")
        ])  # fmt: skip
        self.now, self.count = NOW, 0
        self.workers = [Worker() for _ in range(3)]
        self.copies: dict[str, int] = {}
        self.refused: set[str] = set()
        with self.session() as dbs:
            dbs.execute(insert(MailSwitch).values(id=1, reason=""))
            dbs.commit()

    def teardown(self) -> None:
        """Let all faults end, and see that nothing is lost."""
        try:
            self.see_that_nothing_is_lost()
        finally:
            self.engine.dispose()

    def see_that_nothing_is_lost(self) -> None:
        """Run without faults until everything is over."""
        with self.session() as dbs:
            dbs.execute(update(MailSwitch).values(held_at=None))
            dbs.commit()
        self.workers = [Worker() for _ in range(3)]
        for _ in range(60):
            self.now += timedelta(minutes=6)
            self.bring_back()
            self.claim(0, 50)
            while self.workers[0].claimed:
                self.mark(0)
                if self.workers[0].marked:
                    self.hand_over(0, "accepted", crash=False)
        for identity, (state, kind, _) in self.rows().items():
            assert state in FINAL, (identity, state)
            if state == "sent":
                assert self.copies.get(identity, 0) >= 1
            if self.copies.get(identity, 0) == 0:
                assert state in {"cancelled", "expired"} or kind == "sign-in" or identity in self.refused, state

    def session(self) -> Session:
        """Return a database session of its own."""
        return Session(self.engine)

    def rows(self) -> dict[str, tuple[str, str, datetime | None]]:
        """Return state, kind and since when uncertain, by id."""
        with self.session() as dbs:
            found = dbs.execute(select(Message.id, Message.state, Message.kind, Message.uncertain_at))
            return {row.id: (row.state, row.kind, row.uncertain_at) for row in found}

    @rule(is_link=st.booleans(), thread=st.sampled_from(["", "t"]))
    def put(self, is_link: bool, thread: str) -> None:
        """Put a mail, perhaps one that takes back an older one."""
        self.count += 1
        with self.session() as dbs:
            row = put_message(
                dbs, kind="sign-in" if is_link else "test", dedupe_key=str(self.count), cause="command", now=self.now,
                to=f"r{self.count}@example.org", secret="/x" if is_link else None, thread=thread, box=BOX,
                not_after=self.now + timedelta(hours=5),
            )  # fmt: skip
            assert row is not None
            dbs.commit()
            self.copies[row.id] = 0

    @rule(worker=st.integers(0, 2), limit=st.integers(1, 4))
    def claim(self, worker: int, limit: int) -> None:
        """Let a worker claim what is due."""
        with self.session() as dbs:
            self.workers[worker].claimed += delivery.claim(dbs, now=self.now, limit=limit)
            dbs.commit()

    @precondition(lambda self: any(each.claimed for each in self.workers))
    @rule(worker=st.integers(0, 2))
    def mark(self, worker: int) -> None:
        """Let a worker mark one row; what it may not mark it gives back."""
        mine = self.workers[worker]
        if not mine.claimed:
            return
        claim = mine.claimed.pop(0)
        ready = Ready(claim, "r@example.org", b"", f"digest {claim.id}")
        with self.session() as dbs:
            before = dbs.execute(select(Message.state, Message.held_at).where(Message.id == claim.id)).one()
            is_held = delivery.is_held(dbs)
            if delivery.mark(dbs, ready, now=self.now):
                assert (before.state, before.held_at, is_held) == ("sending", None, False)
                mine.marked.append(claim)
            else:
                state, reason = delivery.why_not(dbs, ready, now=self.now)
                if state in {"", "queued"}:
                    delivery.release(dbs, [claim])
                elif state != "lost":
                    delivery.give_up(dbs, claim, state, reason)
            dbs.commit()

    @precondition(lambda self: any(each.marked for each in self.workers))
    @rule(worker=st.integers(0, 2), verdict=st.sampled_from(sorted(OUTCOMES)), crash=st.booleans())
    def hand_over(self, worker: int, verdict: str, crash: bool) -> None:
        """Hand one over; perhaps the worker is killed before it can write down how that ended."""
        mine = self.workers[worker]
        if not mine.marked:
            return
        claim = mine.marked.pop(0)
        self.copies[claim.id] += verdict in {"accepted", "unknown"}
        if crash:
            self.workers[worker] = Worker()
            return
        if verdict == "refused":
            self.refused.add(claim.id)
        with self.session() as dbs:
            delivery.record(dbs, claim, OUTCOMES[verdict], now=self.now, jitter=lambda s: s / 2)
            dbs.commit()

    @rule(worker=st.integers(0, 2))
    def kill(self, worker: int) -> None:
        """Kill a worker."""
        self.workers[worker] = Worker()

    @rule()
    def withdraw(self) -> None:
        """Take back what can be taken back of the thread."""
        with self.session() as dbs:
            withdraw_messages(dbs, thread="t", reason="withdrawn", now=self.now)
            dbs.commit()

    @rule(is_held=st.booleans())
    def switch(self, is_held: bool) -> None:
        """Hold or release all mail."""
        with self.session() as dbs:
            dbs.execute(update(MailSwitch).values(held_at=self.now if is_held else None))
            dbs.commit()

    @rule()
    def bring_back(self) -> None:
        """Let a scheduler look for leases that are over."""
        with self.session() as dbs:
            delivery.recover(dbs, now=self.now)
            dbs.commit()

    @rule(minutes=st.sampled_from([0.1, 1, 4, 6, 30, -10]))
    def pass_time(self, minutes: float) -> None:
        """Let time pass, or jump back as clocks do."""
        self.now += timedelta(minutes=minutes)

    @invariant()
    def nobody_gets_a_second_copy_that_is_not_flagged(self) -> None:
        """One copy each; two only of a row that says so itself; never two sign-in links."""
        marked = {claim.id for worker in self.workers for claim in worker.marked}
        for identity, (state, kind, uncertain_at) in self.rows().items():
            most = 2 if uncertain_at is not None and kind != "sign-in" else 1
            assert self.copies[identity] <= most, (identity, state, kind)
            assert identity not in marked or state in {"sending", *FINAL, "queued"}


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
