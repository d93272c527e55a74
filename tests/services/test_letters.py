"""Rows made into mails: what is at fault when one cannot be made, the row or the database, and who asks what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock
from tests.mails import Mailbox, text_of
from tests.submissions import MONA, propose
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import tools_of
from wmd.models import Alarm, Message, Revision
from wmd.services.outbox import put_message
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.threads import ask_question

LINK = "/sign-in/link?t=x"


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast."""
    return make_cast(dbs, NOW)


@pytest.fixture
def impatient(dbs: Session) -> Iterator[None]:
    """Let the database give up on a lock soon, so that a test need not wait for it."""

    def set_limit(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401 -- any DB-API driver
        with_sqlite = type(connection).__module__.startswith("sqlite3")
        connection.execute("PRAGMA busy_timeout=100" if with_sqlite else "SET lock_timeout = '100ms'")
        if not with_sqlite:
            connection.commit()

    engine = dbs.get_bind()
    event.listen(engine, "checkout", set_limit)
    yield
    event.remove(engine, "checkout", set_limit)


class Lock:
    """A lock that somebody else has: on everything in SQLite, which has one for all, on one table in PostgreSQL."""

    def __init__(self, dbs: Session, table: str) -> None:
        self.engine, self.table = dbs.get_bind().engine, table
        self.held: Connection | None = None

    def take(self) -> None:
        """Take it, once."""
        if self.held is None:
            self.held = self.engine.connect()
            self.held.begin()
            if self.engine.dialect.name == "postgresql":
                self.held.exec_driver_sql(f"LOCK TABLE {self.table} IN ACCESS EXCLUSIVE MODE")

    def let_go(self) -> None:
        """Let go of it, and leave it alone from now on."""
        if self.held is not None:
            self.held.close()


class SecondTry(Session):
    """A session of the job; when the job turns to it after a fault, ``before`` is called first."""

    before: Callable[[], None]

    def rollback(self) -> None:
        self.before()
        super().rollback()

    def connection(self, *args: Any, **kwargs: Any) -> Connection:
        self.before()
        return super().connection(*args, **kwargs)


def put_links(app: Flask, dbs: Session, cast: Cast, count: int) -> None:
    """Put some sign-in links into the outbox."""
    for number in range(count):
        put_message(
            dbs, kind="sign-in", dedupe_key=str(number), cause="visitor", person_id=cast.ana, secret=LINK, now=NOW,
            facts={"minutes": 10}, not_after=NOW + timedelta(hours=1), box=app.extensions["wmd.secretbox"],
        )  # fmt: skip
    dbs.commit()


def rows(dbs: Session) -> list[tuple[str, bool, bool]]:
    """Return of each row its state, whether it was handed over, and whether its link is still there."""
    dbs.rollback()
    found = select(Message.state, Message.handoff_at.is_not(None), Message.sealed != "").order_by(Message.dedupe_key)
    said = list(dbs.execute(found).tuples())
    dbs.commit()
    return said


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize("at", ["reading", "mark"])
def test_claims_are_given_back_when_the_database_is_locked_before_a_handover(
    app: Flask, dbs: Session, cast: Cast, clock: Clock, count: int, lasts: bool, at: str
) -> None:
    put_links(app, dbs, cast, count)
    mailbox, lock = Mailbox(), Lock(dbs, "people")
    tools = replace(tools_of(app, dbs), mailer=mailbox, workers=1)

    def late_clock() -> datetime:
        if rows(dbs)[0][0] == "sending":
            lock.take()
        return clock.now

    if at == "mark":
        mailbox.against = lock.take  # type: ignore[assignment]
    with SecondTry(lock.engine) as session:
        session.before = (lambda: None) if lasts else lock.let_go
        with pytest.raises(OperationalError):
            send_mail(replace(tools, dbs=session, clock=late_clock if at == "reading" else clock))
    lock.let_go()

    # At once, so that a link does not wait; only where the lock is on that row too, when the lease is over.
    stays = lasts and lock.engine.dialect.name == "sqlite"
    assert rows(dbs) == [("sending" if stays else "queued", False, True)] * count
    mailbox.against = lambda: None
    if stays:
        assert send_mail(tools) == 0
        clock.now += timedelta(minutes=6)
    brought_back = count if stays else 0
    assert send_mail(replace(tools, now=clock.now)) == brought_back + count
    assert rows(dbs) == [("sent", True, False)] * count
    assert [LINK in text_of(mail) for _, mail in mailbox.mails] == [True] * count


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("count", [1, 3])
def test_mail_that_the_server_took_is_written_down_once_the_lock_is_over(
    app: Flask, dbs: Session, cast: Cast, count: int
) -> None:
    put_links(app, dbs, cast, count)
    mailbox, lock = Mailbox(), Lock(dbs, "messages")
    mailbox.before = lambda _: lock.take()
    with SecondTry(lock.engine) as session:
        session.before = lock.let_go
        assert send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1, dbs=session)) == count
    assert rows(dbs) == [("sent", True, False)] * count
    assert len(mailbox.mails) == count


@pytest.mark.usefixtures("impatient")
def test_mail_that_the_server_took_is_uncertain_when_the_lock_lasts(
    app: Flask, dbs: Session, cast: Cast, clock: Clock
) -> None:
    put_links(app, dbs, cast, 3)
    mailbox, lock = Mailbox(), Lock(dbs, "messages")
    mailbox.before = lambda _: lock.take()
    tools = replace(tools_of(app, dbs), mailer=mailbox, workers=1)
    with pytest.raises(OperationalError):
        send_mail(tools)
    lock.let_go()
    assert rows(dbs) == [("sending", True, True), ("sending", False, True), ("sending", False, True)]

    clock.now += timedelta(minutes=6)
    # Three are brought back, one of them for good: a link is never sent twice.
    assert send_mail(replace(tools, now=clock.now)) == 3 + 2
    assert rows(dbs) == [("failed", True, False), ("sent", True, False), ("sent", True, False)]
    assert len(mailbox.mails) == 3


def test_row_whose_words_cannot_be_made_ends_alone_and_is_an_alarm(app: Flask, dbs: Session, cast: Cast) -> None:
    box, broken = app.extensions["wmd.secretbox"], propose(dbs, cast, NOW)
    dbs.execute(update(Revision).where(Revision.submission_id == broken.id).values(content={}))
    put_message(
        dbs, kind="received", dedupe_key="a", cause="visitor", person_id=cast.ana, subject_id=broken.id, now=NOW,
        box=box,
    )  # fmt: skip
    put_message(dbs, kind="test", dedupe_key="b", cause="command", person_id=cast.ana, now=NOW, box=box)
    dbs.commit()

    assert send_mail(replace(tools_of(app, dbs), mailer=Mailbox(), workers=1)) == 1

    rows = dbs.execute(select(Message.dedupe_key, Message.state, Message.reason).order_by(Message.dedupe_key)).tuples()
    assert list(rows) == [("a", "skipped", "its words could not be made"), ("b", "sent", "")]
    assert dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))).all() == ["mail:failed"]


def test_two_questions_in_one_batch_each_say_their_own(app: Flask, dbs: Session, cast: Cast, setting: Setting) -> None:
    row, means, mailbox = propose(dbs, cast, NOW), Means(setting, app.extensions["wmd.secretbox"]), Mailbox()
    for words in ("Which hall is it?", "Who speaks?"):
        ask_question(dbs, row.id, words, means, actor=MONA, now=NOW)
    dbs.commit()

    assert send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1)) == 4

    said = [
        (reader, [words for words in ("Which hall is it?", "Who speaks?") if words in text_of(mail)])
        for reader, mail in mailbox.mails
    ]
    assert sorted(said) == [
        ("ana@people.example", ["Which hall is it?"]), ("ana@people.example", ["Who speaks?"]),
        ("cleo@people.example", ["Which hall is it?"]), ("cleo@people.example", ["Who speaks?"]),
    ]  # fmt: skip
