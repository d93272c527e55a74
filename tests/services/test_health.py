"""Health: what is wrong, in words, for machines and for staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock, Databases, Engine, make_test_app
from wmd.db import db
from wmd.jobs import run_job
from wmd.models import MailSwitch
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.health import SILENT, Report, problems
from wmd.services.outbox import put_message
from wmd.services.outbox_watch import BACKLOG

NOT_MIGRATED = "the database is not migrated: run flask db upgrade"
UNREACHABLE = "the database cannot be reached"


def ask(app: Flask, path: str) -> tuple[int, dict[str, object]]:
    """Ask an address of the application for machines."""
    client: FlaskClient = app.test_client()
    response = client.get(path, base_url="http://wmd.example")
    return response.status_code, response.get_json()


@pytest.fixture
def bare(engine_name: Engine, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table."""
    url = databases.empty(engine_name, tmp_path)
    app = make_test_app(url, tmp_path)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def test_migrated_database_is_ready(app: Flask) -> None:
    with app.app_context():
        assert problems(db.engine, now=LEAD_STARTED_AT) == Report((), ())
    status, body = ask(app, "/readyz")
    assert (status, body["status"], body["faults"], body["alarms"]) == (200, "ready", [], [])


def test_database_without_tables_is_not_ready_until_it_is_migrated(bare: Flask) -> None:
    status, body = ask(bare, "/readyz")
    assert (status, body["status"], body["faults"]) == (503, "not ready", [NOT_MIGRATED])

    with bare.app_context():
        upgrade()
        db.engine.dispose()
    assert ask(bare, "/readyz")[0] == 200


def test_database_that_went_back_is_not_ready(app: Flask) -> None:
    with app.app_context():
        downgrade(revision="base")
        db.session.remove()

    status, body = ask(app, "/readyz")
    assert (status, body["faults"]) == (503, [NOT_MIGRATED])


def test_database_out_of_reach_is_not_ready_and_the_process_is_alive(
    database_url: str, databases: Databases, tmp_path: Path, engine_name: Engine
) -> None:
    if engine_name == "sqlite":
        (tmp_path / "text.sqlite3").write_text("This is no database. " * 100, encoding="ascii")
        url = f"sqlite:///{tmp_path / 'text.sqlite3'}"
    else:
        # Nobody listens on the discard port of loopback.
        url = "postgresql+psycopg://wmd:hidden-word@127.0.0.1:9/wmd"
    app = make_test_app(url, tmp_path)

    status, body = ask(app, "/readyz")

    assert (status, body["status"], body["faults"], body["alarms"]) == (503, "not ready", [UNREACHABLE], [])
    assert ask(app, "/healthz") == (200, {"status": "alive"})
    assert "hidden-word" not in str(body)
    with app.app_context():
        db.engine.dispose()


def test_database_that_is_dropped_while_the_service_runs_is_noticed(
    app: Flask, databases: Databases, database_url: str, tmp_path: Path
) -> None:
    assert ask(app, "/readyz")[0] == 200
    with app.app_context():
        db.engine.dispose()
    if database_url.startswith("sqlite"):
        for path in tmp_path.glob("test.sqlite3*"):
            path.unlink()
        (tmp_path / "test.sqlite3").mkdir()
    else:
        databases.remove(database_url)

    status, body = ask(app, "/readyz")

    assert (status, body["faults"]) == (503, [UNREACHABLE])


def test_open_alarms_are_told_and_do_not_make_it_unready(app: Flask, dbs: Session) -> None:
    raise_alarm(dbs, "b", "The second.", now=LEAD_STARTED_AT + timedelta(minutes=1))
    raise_alarm(dbs, "a", "The first.", now=LEAD_STARTED_AT)
    raise_alarm(dbs, "c", "Over.", now=LEAD_STARTED_AT)
    clear_alarm(dbs, "c", now=LEAD_STARTED_AT)
    dbs.commit()

    status, body = ask(app, "/readyz")

    assert (status, body["faults"], body["alarms"]) == (200, [], ["The first.", "The second."])


def test_silent_scheduler_and_mail_that_waits_are_told(app: Flask, dbs: Session, clock: Clock) -> None:
    run_job(app, "outbox")
    put_message(
        dbs, kind="test", dedupe_key="a", cause="command", to="a@example.org", now=clock.now,
        box=app.extensions["wmd.secretbox"],
    )  # fmt: skip
    dbs.commit()
    told = []
    for minutes in (5, 6, 11):
        clock.now = LEAD_STARTED_AT + timedelta(minutes=minutes)
        told.append(ask(app, "/readyz")[1]["alarms"])
    assert told == [[], [SILENT], [SILENT, BACKLOG]]

    dbs.execute(update(MailSwitch).values(held_at=clock.now, reason="restored"))
    dbs.commit()
    assert ask(app, "/readyz")[1]["alarms"] == [SILENT]

    dbs.execute(update(MailSwitch).values(held_at=None, reason=""))
    dbs.commit()
    run_job(app, "outbox")
    assert ask(app, "/readyz")[1]["alarms"] == []


def test_banner_of_the_staff_tells_of_a_silent_scheduler(app: Flask, dbs: Session, clock: Clock) -> None:
    make_cast(dbs, LEAD_STARTED_AT)
    dbs.commit()
    run_job(app, "outbox")
    client = app.test_client()
    clock.now += timedelta(minutes=6)
    sign_in(client, app, "mona", staff=True)
    assert SILENT in get(client, "/staff/").get_data(as_text=True)
    run_job(app, "outbox")
    assert SILENT not in get(client, "/staff/").get_data(as_text=True)


def test_asking_leaves_no_transaction_behind(app: Flask) -> None:
    with app.app_context():
        problems(db.engine, now=LEAD_STARTED_AT)
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        with db.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE site_state SET version = 1")
        with db.engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT version FROM site_state").scalar() == 1
