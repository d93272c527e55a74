"""The demonstration with the cast, before which attendees stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import make_cast
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.web.machine import forget_database
from wmd.db import db


class Ticking(Clock):
    """A clock that goes on by a little each time it is read, so that what happens in turn has an order."""

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of the application."""
    return Ticking()


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application on the demonstration."""
    url = databases.copy(engine_name, tmp_path, demo=True)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        make_cast(db.session(), clock.now)
    yield found
    forget_database(found)
    databases.drop(url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser."""
    return app.test_client()
