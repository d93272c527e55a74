"""Rows made into mails: what is at fault when one cannot be made, the row or the database, and who asks what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update
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


@contextmanager
def locked(dbs: Session) -> Iterator[None]:
    """Keep others from reading people, from a connection of one's own: SQLite has one lock for all."""
    with dbs.get_bind().engine.connect() as other, other.begin():
        if other.dialect.name == "postgresql":
            other.exec_driver_sql("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("count", [1, 3])
def test_locked_database_loses_no_mail(app: Flask, dbs: Session, cast: Cast, clock: Clock, count: int) -> None:
    box = app.extensions["wmd.secretbox"]
    for number in range(count):
        put_message(
            dbs, kind="sign-in", dedupe_key=str(number), cause="visitor", person_id=cast.ana, secret=LINK, now=NOW,
            facts={"minutes": 10}, not_after=NOW + timedelta(hours=1), box=box,
        )  # fmt: skip
    dbs.commit()
    mailbox, asked = Mailbox(), []

    with locked_at(dbs, clock, asked) as late_clock, pytest.raises(OperationalError):
        send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1, clock=late_clock))
    dbs.rollback()
    states = set(dbs.execute(select(Message.state, Message.sealed != "")).tuples())
    # Given back at once where the lock allowed it, else when the lease is over; in no case ended or emptied.
    assert len(states) == 1
    assert states <= {("sending", True), ("queued", True)}
    dbs.commit()

    clock.now += timedelta(minutes=6)
    assert send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1)) >= count
    assert len(mailbox.mails) == count
    assert all(LINK in text_of(mail) for _, mail in mailbox.mails)


@contextmanager
def locked_at(dbs: Session, clock: Clock, asked: list[datetime]) -> Iterator[Callable[[], datetime]]:
    """Give a clock; when it is asked after rows were claimed, somebody else holds the lock until the end."""
    held: list[Any] = []

    def read() -> datetime:
        asked.append(clock.now)
        if len(asked) == 2:
            held.append(locked(dbs))
            held[0].__enter__()
        return clock.now

    try:
        yield read
    finally:
        for each in held:
            each.__exit__(None, None, None)


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
