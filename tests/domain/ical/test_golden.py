"""Golden calendars: what subscribers receive, byte for byte.

They are written anew only with ``WMD_REGENERATE_GOLDEN=1`` in the environment; look at the difference
before committing it.
"""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.domain.ical import cast
from tests.factories import make_edition
from wmd.domain.ical import feed, strict

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
HTML = '<p lang="en">An interactive exchange; <strong>two panels</strong>, six questions.</p>\n<p>Welcome</p>'


def ladder(size: int) -> bytes:
    """Return the feed of everything, squeezed under ``size`` octets as far as the ladder reaches."""
    sessions = cast.sessions_of(map(cast.published, cast.everything()))
    return feed.join(cast.HEAD, sessions, language="en", now_day=date(2021, 11, 8), running=True, limit_bytes=size).body


CALENDARS: dict[str, Callable[[], bytes]] = {
    "calendar-lead": lambda: cast.feed_of([cast.lead_event()]),
    "calendar-cancelled": lambda: cast.feed_of([cast.cancelled_event()]),
    "calendar-postponed": lambda: cast.feed_of([cast.postponed_event()]),
    "calendar-umbrella": lambda: cast.feed_of([cast.umbrella_event()]),
    "calendar-scripts": lambda: cast.feed_of(cast.scripts_events()),
    "calendar-arabic": lambda: cast.feed_of([cast.cancelled_event(), *cast.scripts_events()], language="ar"),
    "calendar-punctuation": lambda: cast.feed_of([cast.punctuation_event()]),
    "calendar-empty": lambda: cast.feed_of([]),
    "calendar-short": lambda: ladder(12_000),
    "calendar-too-large": lambda: ladder(1_000),
    "download-lead": lambda: feed.single(make_edition(), cast.published(cast.lead_event()), language="en", html=HTML),
}


@pytest.mark.parametrize("name", CALENDARS)
def test_calendar_is_the_golden_one_to_the_byte(name: str) -> None:
    made = CALENDARS[name]()
    path = GOLDEN / f"{name}.ics"
    if os.environ.get("WMD_REGENERATE_GOLDEN") == "1":
        path.write_bytes(made)
    assert made.decode().split("\r\n") == path.read_bytes().decode().split("\r\n")
    assert made == path.read_bytes()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("calendar-*.ics")), ids=lambda path: path.stem)
def test_golden_feed_passes_the_strict_check(path: Path) -> None:
    assert strict.check_calendar(path.read_bytes()) == []


def test_golden_download_passes_the_strict_check() -> None:
    assert strict.check_calendar((GOLDEN / "download-lead.ics").read_bytes(), feed=False) == []


def test_every_golden_calendar_is_made_by_a_test() -> None:
    assert {path.stem for path in GOLDEN.glob("*.ics") if path.stem.split("-")[0] in {"calendar", "download"}} == set(
        CALENDARS
    )
