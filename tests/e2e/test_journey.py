"""The whole way of an event in a real browser: with scripts, without, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.conftest import Clock, Databases
from tests.e2e.conftest import PATIENCE_MS, Watch
from tests.e2e.driven import Driven
from tests.e2e.live import listening
from tests.journey import BEGAN_AT, Installation, tell

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["scripts", "no scripts", "keyboard"])
def here(
    request: pytest.FixtureRequest, browser: Browser, databases: Databases, tmp_path: Path
) -> Iterator[Installation]:
    """An installation on a port of its own, and a browser with those habits for each person."""
    clock = Clock(BEGAN_AT)
    contexts: list[BrowserContext] = []
    with listening(databases.copy("sqlite", tmp_path), tmp_path, clock) as (base_url, app):
        watch = Watch(base_url)

        def sit_down() -> Driven:
            context = browser.new_context(
                locale="en-GB", timezone_id="Europe/Madrid", java_script_enabled=request.param != "no scripts"
            )
            contexts.append(context)
            context.set_default_timeout(PATIENCE_MS)
            watch.attach(context)
            return Driven(context.new_page(), base_url, by_keyboard=request.param == "keyboard")

        yield Installation(app, clock, tmp_path, sit_down, host=base_url)
        for context in contexts:
            context.close()
    assert watch.problems == []


@pytest.mark.timeout(180)
def test_an_event_from_an_empty_form_to_the_feed(here: Installation) -> None:
    tell(here)
