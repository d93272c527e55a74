"""The database: instants stay aware, writers wait for one another, readers see one snapshot, nothing waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from threading import Event as Signal
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import Engine, bindparam, insert, select, text, update
from sqlalchemy.exc import InvalidRequestError, OperationalError, StatementError
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT
from wmd.db import Prepared, among, db, each_committed, make_engine, reading
from wmd.models import MailSwitch, PrivateLink, SiteState


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a migrated database of each kind."""
    found = make_engine(database_url)
    yield found
    found.dispose()


def pragmas(engine: Engine) -> dict[str, object]:
    """Return the settings of SQLite that matter, as they are in one of the engine's connections."""
    with engine.connect() as connection:
        return {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout", "secure_delete")
        }


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_sqlite_is_safe_and_checks_references(app: Flask, engine: Engine) -> None:
    with app.app_context():
        found = pragmas(db.engine)
    # synchronous=2 is FULL: what was committed survives a power cut.
    assert found == {
        "foreign_keys": 1,
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 5000,
        "secure_delete": 1,
    }
    assert pragmas(engine) == found


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_postgresql_lets_nothing_wait_for_ever(app: Flask) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone")
    with app.app_context(), db.engine.connect() as connection:
        found = {name: connection.scalar(text(f"SHOW {name}")) for name in names}
    assert found == {
        "statement_timeout": "15s",
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "30s",
        "TimeZone": "UTC",
    }


def test_naive_instant_is_refused(dbs: Session) -> None:
    dbs.add(PrivateLink(id="a", sealed="", created_at=datetime(2021, 10, 7, 13, 1)))  # noqa: DTZ001 -- what is refused
    with pytest.raises(StatementError, match="a naive datetime cannot be stored as an instant"):
        dbs.flush()


def test_instant_comes_back_aware_and_in_utc(dbs: Session) -> None:
    madrid = timezone(timedelta(hours=2))
    given = datetime(2021, 10, 7, 15, 1, 2, 345678, tzinfo=madrid)
    dbs.add(PrivateLink(id="a", sealed="", created_at=given))
    dbs.commit()

    found = dbs.scalars(select(PrivateLink)).one()
    assert (found.created_at, found.created_at.utcoffset()) == (given, timedelta(0))
    assert found.created_at.tzinfo is UTC
    assert found.deleted_at is None


def test_instant_is_compared_as_an_instant(dbs: Session) -> None:
    dbs.add(PrivateLink(id="a", sealed="", created_at=LEAD_STARTED_AT))
    dbs.commit()
    elsewhere = LEAD_STARTED_AT.astimezone(timezone(timedelta(hours=-8)))

    same = dbs.scalars(select(PrivateLink.id).where(PrivateLink.created_at == elsewhere)).all()
    earlier = dbs.scalars(
        select(PrivateLink.id).where(PrivateLink.created_at < elsewhere + timedelta(microseconds=1))
    ).all()
    assert (same, earlier) == (["a"], ["a"])


def version(engine: Engine) -> int:
    """Return the site's version as a reader sees it."""
    with reading(engine) as connection:
        return int(connection.scalar(select(SiteState.version)) or 0)


def test_second_writer_waits_and_does_not_fail(engine: Engine) -> None:
    started, failed = Signal(), []

    def second() -> None:
        started.set()
        try:
            with engine.begin() as connection:
                # A transaction that first reads and then writes is the one that could not wait in SQLite.
                connection.scalar(select(PrivateLink.id))
                connection.execute(update(SiteState).values(version=SiteState.version + 1))
        except OperationalError as error:
            failed.append(error)

    thread = Thread(target=second)
    with engine.begin() as first:
        first.execute(update(SiteState).values(version=SiteState.version + 1))
        thread.start()
        started.wait(5)
        thread.join(0.3)
        is_waiting = thread.is_alive()
    thread.join(10)

    assert (is_waiting, failed, version(engine)) == (True, [], 2)


def test_reader_sees_one_snapshot_while_a_writer_writes(engine: Engine) -> None:
    with reading(engine) as reader:
        before = reader.scalar(select(SiteState.version))
        with engine.begin() as writer:
            writer.execute(update(SiteState).values(version=7))
        during = reader.scalar(select(SiteState.version))

    assert (before, during, version(engine)) == (0, 0, 7)


def test_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    with engine.begin() as writer:
        writer.execute(update(SiteState).values(version=7))
        seen = version(engine)

    assert (seen, version(engine)) == (0, 7)


def test_connection_that_read_can_write_afterwards(database_url: str) -> None:
    engine = make_engine(database_url)
    for number in (1, 2):
        assert version(engine) == number - 1
        with engine.begin() as connection:
            connection.execute(update(SiteState).values(version=number))
    assert version(engine) == 2
    engine.dispose()


def test_failed_transaction_leaves_nothing(engine: Engine) -> None:
    def change_and_fail() -> None:
        with engine.begin() as connection:
            connection.execute(update(SiteState).values(version=7))
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        change_and_fail()

    assert version(engine) == 0


HOLD = Prepared(
    update(MailSwitch)
    .where(MailSwitch.reason == bindparam("p_before"), MailSwitch.id == 1)
    .values(reason=bindparam("p_after"), held_at=bindparam("p_at", type_=MailSwitch.held_at.type))
)


def held(engine: Engine) -> tuple[str, datetime | None]:
    """Return why and since when all mail is held."""
    with Session(engine) as dbs:
        return dbs.execute(select(MailSwitch.reason, MailSwitch.held_at)).tuples().one()


def test_prepared_statement_belongs_to_the_transaction_it_runs_in(engine: Engine) -> None:
    madrid = LEAD_STARTED_AT.astimezone(timezone(timedelta(hours=2)))
    with engine.connect() as connection:
        transaction = connection.begin()
        assert HOLD.run(connection, {"p_before": "", "p_after": "a", "p_at": madrid}) == 1
        assert HOLD.run(connection, {"p_before": "", "p_after": "b", "p_at": madrid}) == 0
        assert connection.execute(select(MailSwitch.reason, MailSwitch.held_at)).tuples().one() == (
            "a",
            LEAD_STARTED_AT,
        )
        transaction.rollback()
    assert held(engine) == ("", None)
    with each_committed(engine) as pen:
        assert HOLD.run(pen, {"p_before": "", "p_after": "a", "p_at": madrid}) == 1
        assert held(engine) == ("a", LEAD_STARTED_AT)


def test_prepared_statement_fails_as_any_other(engine: Engine) -> None:
    values = {"p_before": "", "p_after": "a", "p_at": LEAD_STARTED_AT}
    is_sqlite = engine.dialect.name == "sqlite"
    with each_committed(engine) as pen:
        pen.connection.exec_driver_sql("PRAGMA busy_timeout=50" if is_sqlite else "SET lock_timeout = '50ms'")
        with engine.begin() as other:
            other.execute(update(MailSwitch).values(reason="other"))
            with pytest.raises(OperationalError) as caught:
                HOLD.run(pen, values)
    assert "2021" not in str(caught.value)
    assert not caught.value.connection_invalidated


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_prepared_statement_on_a_dead_connection_lets_go_of_it(engine: Engine) -> None:
    with each_committed(engine) as pen:
        number = pen.connection.scalar(text("SELECT pg_backend_pid()"))
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
        with pytest.raises(OperationalError) as caught:
            HOLD.run(pen, {"p_before": "", "p_after": "a", "p_at": LEAD_STARTED_AT})
        assert caught.value.connection_invalidated
        with pytest.raises(InvalidRequestError, match="the connection was lost"):
            HOLD.run(pen, {"p_before": "", "p_after": "a", "p_at": LEAD_STARTED_AT})
    assert held(engine) == ("", None)


@pytest.mark.parametrize(
    ("asked", "found"), [([], []), (["b"], ["b"]), (["a", 'o"d,d{}', "c", "a"], ["a", 'o"d,d{}']), (["%"], [])]
)
def test_list_is_handed_over_as_one_value(dbs: Session, asked: list[str], found: list[str]) -> None:
    dbs.add_all(PrivateLink(id=name, sealed="", created_at=LEAD_STARTED_AT) for name in ("a", "b", 'o"d,d{}'))
    dbs.commit()
    statement = select(PrivateLink.id).where(among(PrivateLink.id, "p_ids")).order_by(PrivateLink.id)
    assert dbs.scalars(statement, {"p_ids": asked}).all() == found
    numbers = select(MailSwitch.id).where(among(MailSwitch.id, "p_ids"))
    assert dbs.scalars(numbers, {"p_ids": [3, 1]}).all() == [1]


def test_rows_of_a_list_are_found_by_their_key(dbs: Session) -> None:
    one = {"sealed": "", "created_at": LEAD_STARTED_AT}
    dbs.execute(insert(PrivateLink), [{"id": f"{number:05}", **one} for number in range(10_000)])
    dbs.commit()
    dbs.execute(text("ANALYZE private_links"))
    bind = dbs.get_bind()
    is_sqlite = bind.dialect.name == "sqlite"
    compiled = select(PrivateLink).where(among(PrivateLink.id, "p_ids")).compile(bind)
    said = dbs.connection().exec_driver_sql(
        f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{compiled}",
        ('["00001", "00002"]',) if is_sqlite else {"p_ids": ["00001", "00002"]},
    )
    plan = "\n".join(str(row) for row in said)
    assert ("SEARCH private_links USING" if is_sqlite else "pk_private_links") in plan
