"""Fixtures: real databases of both kinds (tests/databases.py), applications on them, and clocks that stand."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import Config
from tests.databases import Databases, Engine, fast_folder, share_statements, start_postgresql
from wmd import create_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import SeededMint
from wmd.gateways import Gateways
from wmd.services.demo import load_demo
from wmd.services.library import Library
from wmd.services.publishing import Setting

__all__ = ["Databases", "Engine", "start_postgresql"]

#: More tests than these are a run of everything.
MANY = 3000
_TESTS = Path(__file__).parent
#: Tests that start processes or servers, or ask every address of the service: each takes seconds.
LONG = (
    "test_ground.py", "test_jobs.py", "test_journey.py", "test_journey_of_a_form.py", "test_mail_kills.py",
    "test_zoom_sync.py", "services/test_zoom_machine.py", "soak",
    "faults", "clients", "cli", "test_cli.py", "web/test_reading_writes_nothing.py", "web/test_odd_input.py",
    "web/test_roles.py", "web/test_statements.py", "web/test_feed_bytes.py",
)  # fmt: skip
# Some sixty processes are started, and compiling what they import was a third of their start: they keep it, as Python
# does unless it is told otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# The folders of tests are in memory too, unless somebody has said where they shall be.
if (_folder := fast_folder()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _folder)

# How fast a machine makes up examples says nothing about what they show.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

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


class KeptTemplates(BytecodeCache):
    """Page templates that were compiled in this process: each test has an application of its own, of one and the same
    templates."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled of the same source before."""
        if (known := self._kept.get((bucket.key, bucket.checksum))) is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_TEMPLATES = KeptTemplates()


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
    app.jinja_env.bytecode_cache = _TEMPLATES
    with app.app_context():
        share_statements(db.engine)
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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make soak` ask for everything."""
    parser.addoption(
        "--both", action="store_true", help="run the pages on both databases, however many tests there are"
    )


def _on_one_database(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests of pages that are left out: each page is asked on one database, services on both.

    Which one is chosen by the test's name, so that the tests of a page are shared out between the two.
    """
    pages = [item for item in items if isinstance(item, pytest.Function) and item.path.is_relative_to(_TESTS / "web")]
    names = {item.nodeid for item in pages}
    out: list[pytest.Item] = []
    for item in pages:
        engine = item.callspec.params.get("engine_name") if hasattr(item, "callspec") else None
        if engine is None:
            continue
        other = {"sqlite": "postgresql", "postgresql": "sqlite"}[engine]
        twin = item.nodeid.replace(engine, other)
        first = min(item.nodeid, twin)
        if twin in names and item.nodeid != (first if crc32(first.encode()) % 2 else max(item.nodeid, twin)):
            out.append(item)
    return out


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out in a run of everything what would prove the same twice, and put what takes long first.

    Two processes then end together: pytest-xdist gives each of them half of the list, and whoever has done its half
    takes from the end of the other's. The first half begins with the browser's tests, the second with those that start
    processes or ask every address.
    """
    if len(items) > MANY and not config.getoption("--both"):
        left_out = _on_one_database(items)
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
    browser = [item for item in items if item.path.is_relative_to(_TESTS / "e2e")]
    long = [item for item in items if any(item.path.is_relative_to(_TESTS / name) for name in LONG)]
    taken = {*browser, *long}
    short = [item for item in items if item not in taken]
    beside = max(0, len(items) // 2 - len(browser))
    items[:] = [*browser, *short[:beside], *long, *short[beside:]]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Set apart what lives as long as the run, and look for garbage less often.

    Thousands of tests and all modules would be walked by each full collection, and each test's application brought
    several.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Database templates of this test process."""
    found = Databases(tmp_path_factory.mktemp("databases"), migrate=_migrate, load_demo=_load_demo)
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
