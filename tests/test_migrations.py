"""Migrations: they make exactly the tables of the models, go back to nothing, and lose no row on the way."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Inspector, inspect
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import Databases, Engine, make_test_app
from tests.models.dumps import counts, dump
from wmd.db import Model, db
from wmd.services.publishing import Setting

FOLDER = Path(__file__).resolve().parents[1] / "migrations"
SCRIPT = ScriptDirectory(str(FOLDER))
FILES = sorted((FOLDER / "versions").glob("*.py"))
#: Rows that every installation has from the start.
REFERENCE_DATA = {"reasons": 11, "topics": 8, "regions": 13, "site_state": 1, "mail_switch": 1}


@pytest.fixture
def empty_url(engine_name: Engine, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database without a table."""
    url = databases.empty(engine_name, tmp_path)
    yield url
    databases.drop(url)


@pytest.fixture
def bare(empty_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table, inside its context."""
    app = make_test_app(empty_url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def filled(app: Flask, dbs: Session, setting: Setting) -> Flask:
    """The application on a migrated database with two published events; its context is open."""
    two = [documents.event("one"), documents.event("two", organisers=[{"key": "b"}, {"key": "a", "role": "supporter"}])]
    documents.apply(dbs, setting, documents.document(*two))
    dbs.close()
    return app


def test_history_is_one_line() -> None:
    revisions = list(SCRIPT.walk_revisions())
    assert [SCRIPT.get_current_head()] == SCRIPT.get_heads()
    assert [revision.revision for revision in revisions if isinstance(revision.down_revision, tuple)] == []
    assert [revision.down_revision for revision in revisions][-1] is None
    assert len(revisions) == len(FILES)


def test_files_are_dated_in_the_order_in_which_they_run() -> None:
    in_order = [Path(revision.path).name for revision in reversed(list(SCRIPT.walk_revisions()))]
    assert in_order == [path.name for path in FILES]
    for path in FILES:
        match = re.fullmatch(r"(\d{8})_[a-z0-9_]+\.py", path.name)
        assert match is not None, path.name
        datetime.strptime(match[1], "%Y%m%d")  # noqa: DTZ007 -- the date in the name of a file


def check_rules(inspector: Inspector) -> dict[str, list[str]]:
    """Return the names of the CHECK constraints of every table of the database."""
    return {
        table: sorted(str(found["name"]) for found in inspector.get_check_constraints(table))
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_empty_to_head_makes_the_tables_of_the_models(bare: Flask) -> None:
    upgrade()

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Model.metadata) == []
        # Alembic does not compare CHECK constraints.
        assert check_rules(inspect(connection)) == {
            table.name: sorted(str(item.name) for item in table.constraints if isinstance(item, CheckConstraint))
            for table in Model.metadata.sorted_tables
        }


def test_head_to_nothing_and_back_leaves_no_table_and_keeps_reference_data(filled: Flask, database_url: str) -> None:
    downgrade(revision="base")
    with db.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]

    upgrade()
    assert counts(dump(database_url)) == REFERENCE_DATA


def test_each_migration_goes_down_and_up_again(filled: Flask) -> None:
    for _ in FILES:
        downgrade(revision="-1")
    for _ in FILES:
        upgrade(revision="+1")

    with db.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == SCRIPT.get_current_head()
        assert compare_metadata(MigrationContext.configure(connection), Model.metadata) == []


def test_migrating_again_changes_nothing(filled: Flask, database_url: str) -> None:
    before = dump(database_url)
    upgrade()
    assert dump(database_url) == before


def folder_with(folder: Path, body: str) -> str:
    """Return a copy of the migrations with one more behind the newest, whose upgrade is ``body``."""
    copied = folder / "migrations"
    shutil.copytree(FOLDER, copied, ignore=shutil.ignore_patterns("__pycache__"))
    text = f"""import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = {SCRIPT.get_current_head()!r}


def upgrade():
    {body}


def downgrade():
    pass
"""
    (copied / "versions" / "29991231_next.py").write_text(text, encoding="utf-8")
    return str(copied)


def test_table_that_is_rebuilt_keeps_its_rows_and_those_that_hang_on_it(
    filled: Flask, database_url: str, tmp_path: Path
) -> None:
    before = dump(database_url)
    kind = "always" if db.engine.dialect.name == "sqlite" else "never"
    body = f"""with op.batch_alter_table("events", recreate="{kind}") as table:
        table.add_column(sa.Column("dress_code", sa.String(), nullable=True))"""

    upgrade(directory=folder_with(tmp_path, body))

    assert dump(database_url) == before
    with db.engine.connect() as connection:
        assert "dress_code" in {column["name"] for column in inspect(connection).get_columns("events")}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_migration_that_orphans_rows_is_undone_and_references_are_checked_again(
    filled: Flask, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = dump(database_url)
    # References are unchecked inside a migration, so that this gets as far as the check at its end.
    folder = folder_with(tmp_path, 'op.execute("DELETE FROM organisations")')

    with pytest.raises(SystemExit):
        upgrade(directory=folder)

    assert [record.getMessage() for record in caplog.records if record.name == "flask_migrate"] == [
        "Error: the migration left 5 rows without their parent"
    ]
    assert dump(database_url) == before
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert MigrationContext.configure(connection).get_current_revision() == SCRIPT.get_current_head()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_references_are_checked_again_after_a_migration(bare: Flask) -> None:
    upgrade()

    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
