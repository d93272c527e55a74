"""Telling people of a change while schedulers share the work or are killed: everybody once, nobody missed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from tests import attendees, documents
from wmd.db import make_engine
from wmd.models import ChangeNotice, Event, Message
from wmd.services.publishing import Setting
from wmd.services.telling import due_notices, tell_page

NOW = datetime(2021, 10, 1, 9, tzinfo=UTC)
DUE = NOW + timedelta(minutes=16)
PEOPLE = 60
MOVED = {"starts": "2021-10-07T17:00", "ends": "2021-10-07T18:30", "time_text": ""}


def publish(dbs: Session, setting: Setting, now: datetime, **session: str) -> None:
    sessions = [documents.session(**session)] if session else [documents.session()]
    documents.apply(dbs, setting, documents.document(documents.event(sessions=sessions)), now)


@pytest.fixture
def moved(dbs: Session, setting: Setting) -> None:
    """A moved event that sixty people follow, of which they are to be told."""
    publish(dbs, setting, NOW)
    event = dbs.scalars(select(Event)).one()
    for number in range(PEOPLE):
        attendees.follow(dbs, attendees.attend(dbs, f"p{number:02}", NOW), event, NOW)
    dbs.commit()
    publish(dbs, setting, NOW + timedelta(minutes=1), **MOVED)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Connections of one's own, as another process has them."""
    found = make_engine(database_url)
    yield found
    found.dispose()


def tell_all(engine: Engine, size: int = 1) -> int:
    """Do what the job does, page by page; return how many pages."""
    pages = 0
    with Session(engine) as dbs:
        for notice_id in due_notices(dbs, now=DUE, limit=10):
            dbs.rollback()
            more = True
            while more:
                more = tell_page(dbs, notice_id, now=DUE, size=size)
                dbs.commit()
                pages += 1
    return pages


def told(dbs: Session) -> list[tuple[str, int]]:
    """Return how many mails each person has."""
    dbs.rollback()
    rows = dbs.execute(select(Message.person_id, func.count()).group_by(Message.person_id).order_by(Message.person_id))
    return [(str(person), count) for person, count in rows]


EVERYBODY = [(f"p{number:02}", 1) for number in range(PEOPLE)]


@pytest.mark.usefixtures("moved")
def test_killed_at_any_moment_it_goes_on_where_it_was(dbs: Session, database_url: str, engine: Engine) -> None:
    rounds = 0
    while rounds < 6:
        rounds += 1
        child = os.fork()
        if child == 0:
            tell_all(make_engine(database_url))
            os._exit(0)
        time.sleep(random.uniform(0.01, 0.08))  # noqa: S311 -- any moment will do
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    # The server may still hold what the killed process had locked: a later tick finds it free.
    ends_s = time.monotonic() + 30
    while told(dbs) != EVERYBODY and time.monotonic() < ends_s:
        dbs.rollback()
        tell_all(engine)
        time.sleep(0.05)
    assert told(dbs) == EVERYBODY
    notice = dbs.scalars(select(ChangeNotice)).one()
    assert (notice.people, notice.told_at) == (PEOPLE, DUE)


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_two_schedulers_share_a_notice(dbs: Session, engine: Engine) -> None:
    threads = [threading.Thread(target=tell_all, args=(engine, 7)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    tell_all(engine)
    assert told(dbs) == EVERYBODY
    assert dbs.scalars(select(ChangeNotice.people)).one() == PEOPLE


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_page_that_another_scheduler_has_in_hand_is_passed_over(dbs: Session, engine: Engine) -> None:
    notice = dbs.scalars(select(ChangeNotice.id)).one()
    dbs.rollback()
    with Session(engine) as first, Session(engine) as second:
        assert tell_page(first, notice, now=DUE, size=7)
        assert not tell_page(second, notice, now=DUE, size=7)
        second.commit()
        first.rollback()
        assert tell_page(second, notice, now=DUE, size=7)
        second.commit()
    assert told(dbs) == EVERYBODY[:7]


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_publication_while_a_page_is_put_makes_a_notice_of_its_own(
    dbs: Session, setting: Setting, engine: Engine
) -> None:
    notice = dbs.scalars(select(ChangeNotice.id)).one()
    dbs.rollback()
    with Session(engine) as first:
        tell_page(first, notice, now=DUE, size=7)
        timer = threading.Timer(0.2, first.commit)
        timer.start()
        # Waits for the page, and finds that its notice takes nothing more in.
        publish(dbs, setting, DUE, starts="2021-10-07T20:00", ends="2021-10-07T21:00", time_text="")
        timer.join()
    rows = dbs.execute(select(ChangeNotice.first_id, ChangeNotice.through_id, ChangeNotice.began_at)).tuples().all()
    assert sorted(rows) == [(2, 2, DUE), (3, 3, None)]
    tell_all(engine, size=200)
    assert told(dbs) == EVERYBODY
