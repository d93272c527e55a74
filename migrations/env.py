"""Run migrations on the application's own engine.

SQLite rebuilds a table to change it, and with foreign keys on that empties child tables with ON DELETE
CASCADE; so they are off during migrations, on a fresh connection before its transaction, and checked after.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine

from wmd.db import Model, UtcDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> Any:
    """Write our instant type as the plain type, so that migrations never import the application."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate on a connection of the application's engine, with references unchecked in SQLite."""
    engine: Engine = current_app.extensions["migrate"].db.engine
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if is_sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            migrate(connection)
        finally:
            # The connection goes back to the pool, where nobody expects references to be unchecked.
            if is_sqlite:
                raw.execute("PRAGMA foreign_keys=ON")


def migrate(connection: Connection) -> None:
    """Run what is asked for in one transaction; RuntimeError undoes it when references are broken after it."""
    is_sqlite = connection.dialect.name == "sqlite"
    # Begun before Alembic looks: for SQLite it would otherwise commit each migration by itself, before the check below.
    with connection.begin():
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            render_as_batch=is_sqlite,
            compare_type=True,
            render_item=render_item,
        )
        context.run_migrations()
        if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
            msg = f"the migration left {len(broken)} rows without their parent"
            raise RuntimeError(msg)


run()
