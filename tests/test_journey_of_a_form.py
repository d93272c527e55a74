"""Read this first: an organiser, a moderator and a stranger, from an empty form to the feed (the steps: journey.py).

Without scripts and without a real browser, on both databases. Nothing is replaced but the clock; mails are read from
the folder they went to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.journey import BEGAN_AT, Installation, tell
from wmd.db import db


@pytest.fixture
def here(engine_name: Engine, databases: Databases, tmp_path: Path) -> Iterator[Installation]:
    """An installation with the edition of 2021 and one event, on each kind of database."""
    url, clock = databases.copy(engine_name, tmp_path), Clock(BEGAN_AT)
    app = make_test_app(url, tmp_path, clock)
    yield Installation(app, clock, tmp_path, lambda: Browser(app))
    app.extensions["wmd.library"].settle()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def test_an_event_from_an_empty_form_to_the_feed(here: Installation) -> None:
    tell(here)
