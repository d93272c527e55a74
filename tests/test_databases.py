"""What tests get: a PostgreSQL database that another test has used is as a new one, or is not given out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import inspect, make_url, text

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT, Databases, make_test_app
from wmd.db import db, make_engine


def whole(url: str) -> dict[str, Any]:
    """Return all rows as they stand in each table, and every sequence's value."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found: dict[str, Any] = {
            name: [row[0] for row in connection.execute(text(f'SELECT t::text FROM "{name}" AS t'))]
            for name in inspect(connection).get_table_names()
        }
        counted = connection.execute(text("SELECT sequencename, last_value FROM pg_sequences"))
        found["sequences"] = sorted(tuple(row) for row in counted)
    engine.dispose()
    return found


def write_in_every_way(url: str, folder: Path) -> psycopg.Connection[Any]:
    """Add rows, change and delete rows that were there, and return a connection that holds on to what it wrote."""
    app = make_test_app(url, folder)
    with app.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
        db.session.execute(text("DELETE FROM topics WHERE slug <> 'x'"))
        db.session.execute(text("UPDATE site_state SET version = version + 1"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    left_open = psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    left_open.execute("UPDATE mail_switch SET reason = 'held'")
    return left_open


def test_used_database_is_given_out_again_as_a_new_one(databases: Databases, tmp_path: Path) -> None:
    urls = [databases.copy("postgresql", tmp_path) for _ in range(2)]
    new = whole(urls[0])
    for _ in range(3):
        left_open = write_in_every_way(urls[1], tmp_path)
        assert whole(urls[1]) != new

        databases.drop(urls[1])

        assert databases.copy("postgresql", tmp_path) == urls[1]
        assert whole(urls[1]) == new
        assert left_open.closed is False, "only the server has ended it"
        left_open.close()
    for url in urls:
        databases.drop(url)


def test_database_of_another_shape_is_not_given_out_again(databases: Databases, tmp_path: Path) -> None:
    for statement in (
        "ALTER TABLE topics ADD COLUMN other text",
        "CREATE TABLE other (id int)",
        "DROP TABLE mail_switch",
    ):
        url = databases.copy("postgresql", tmp_path)
        engine = make_engine(url)
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

        databases.drop(url)

        other = databases.copy("postgresql", tmp_path)
        assert other != url
        databases.drop(other)
