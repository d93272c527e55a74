"""A real calendar: vdirsyncer subscribes to the feed and khal shows it, as people's own computers do.

Both are looked for on PATH, or in the virtual environment that WMD_CALENDAR_CLIENTS names
(``python -m venv somewhere && somewhere/bin/pip install khal vdirsyncer``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests import documents
from tests.clients.server import served
from tests.conftest import LEAD_STARTED_AT, Databases
from tests.web.machine import entries
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.programme import Programme

_SYNC = """
[general]
status_path = "{folder}/status/"
[pair feed]
a = "there"
b = "here"
collections = null
conflict_resolution = "a wins"
[storage there]
type = "http"
url = "{url}"
[storage here]
type = "filesystem"
path = "{folder}/calendar/"
fileext = ".ics"
"""

_SHOW = """
[calendars]
[[feed]]
path = {folder}/calendar/
readonly = True
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
"""


def client(name: str) -> str:
    """Return the path of a calendar program, or skip the test."""
    environment = os.environ.get("WMD_CALENDAR_CLIENTS", "")
    found = shutil.which(name, path=f"{environment}/bin") if environment else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is neither on PATH nor in the environment that WMD_CALENDAR_CLIENTS names")
    return found


@dataclass
class Subscriber:
    """Somebody's computer with a subscription, in a folder of its own."""

    folder: Path
    url: str

    def _run(self, *command: str, say: str = "") -> str:
        done = subprocess.run(
            command, input=say, capture_output=True, text=True, timeout=60, check=False,
            env={"HOME": str(self.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def subscribe(self) -> None:
        """Make the subscription known to vdirsyncer."""
        (self.folder / "calendar").mkdir(parents=True)
        config = self.folder / "sync.cfg"
        config.write_text(_SYNC.format(folder=self.folder, url=self.url))
        self._run(client("vdirsyncer"), "-c", str(config), "discover", say="y\n" * 4)

    def synchronise(self) -> int:
        """Fetch the feed and return how many entries lie here now."""
        self._run(client("vdirsyncer"), "-c", str(self.folder / "sync.cfg"), "sync", "--force-delete")
        return len(list((self.folder / "calendar").glob("*.ics")))

    def shows(self, zone: str) -> list[tuple[str, str, str, str]]:
        """Return what khal shows in a zone: start, end, title, status of each entry."""
        config = self.folder / f"show-{zone.replace('/', '-')}.cfg"
        config.write_text(_SHOW.format(folder=self.folder, zone=zone))
        said = self._run(
            client("khal"), "-c", str(config), "list", "--once", "--day-format", "",
            "--format", "{start-long}|{end-long}|{title}|{status}", "2021-09-01", "2021-12-01",
        )  # fmt: skip
        lines = [line.split("|") for line in said.splitlines() if line.strip()]
        return sorted((starts, ends, title, status.strip()) for starts, ends, title, status in lines)


@pytest.fixture
def subscriber(tmp_path: Path) -> Subscriber:
    for name in ("khal", "vdirsyncer"):
        client(name)
    return Subscriber(tmp_path / "computer", "")


def expected(programme: Programme, feed: bytes, zone: str) -> list[tuple[str, str, str, str]]:
    """Return what a calendar in a zone must show, from the programme itself and the titles of its entries."""
    shown = []
    fed = entries(feed)
    for session in programme.sessions:
        entry = fed[session.uid]
        if session.all_day:
            times = [f"{session.starts_on}", f"{session.ends_on}"]
        else:
            local = [at.astimezone(ZoneInfo(zone)) for at in (session.starts_at, session.ends_at)]
            times = [at.strftime("%Y-%m-%d %H:%M") for at in local]
        shown.append((times[0], times[1], entry.text("SUMMARY"), entry.raw("STATUS")))
    return sorted(shown)


def test_khal_shows_every_session_at_its_time_in_two_zones(
    databases: Databases, subscriber: Subscriber, tmp_path: Path
) -> None:
    with served(databases.copy("sqlite", tmp_path, demo=True), tmp_path) as (machine, address):
        subscriber.url = f"{address}/2021/calendar.ics"
        subscriber.subscribe()
        count = subscriber.synchronise()
        programme, feed = machine.programme(), machine.feed("/2021/calendar.ics")

    assert count == len(programme.sessions) == 49
    for zone in ("Europe/Madrid", "Asia/Kathmandu"):
        shown = subscriber.shows(zone)
        assert shown == expected(programme, feed, zone)
        titles = [title for _, _, title, status in shown if status == "CANCELLED"]
        assert [title.partition(":")[0] for title in titles] == ["Cancelled", "Cancelled", "Postponed"]
    assert ("2021-10-07 15:00", "2021-10-07 16:30", "Caring metropolises: framing recovery for all", "CONFIRMED") in (
        subscriber.shows("Europe/Madrid")
    )


@pytest.fixture
def two_events() -> dict[str, object]:
    return documents.document(documents.event("one"), documents.event("two", texts={"en": {"title": "Stays as it is"}}))


def test_khal_follows_a_move_and_a_cancellation(
    databases: Databases, subscriber: Subscriber, tmp_path: Path, two_events: dict[str, object]
) -> None:
    with served(databases.copy("sqlite", tmp_path), tmp_path) as (machine, address):

        def publish(now: object = LEAD_STARTED_AT) -> None:
            with machine.app.app_context():
                documents.apply(db.session(), publishing_setting(machine.app), two_events, now)  # type: ignore[arg-type]
                db.session.remove()
            machine.library.refresh()

        publish()
        subscriber.url = f"{address}/2021/calendar.ics"
        subscriber.subscribe()
        seen = []
        slot = two_events["events"][0]["sessions"][0]  # type: ignore[index]
        for change in (
            {},
            {"starts": "2021-10-08T10:00", "ends": "2021-10-08T11:00", "time_text": ""},
            {"status": "cancelled"},
        ):
            slot |= change
            publish(LEAD_STARTED_AT + timedelta(hours=len(seen)))
            assert subscriber.synchronise() == 2
            seen.append(subscriber.shows("Europe/Madrid"))

    stays = ("2021-10-07 15:00", "2021-10-07 16:30", "Stays as it is", "CONFIRMED")
    assert seen == [
        [("2021-10-07 15:00", "2021-10-07 16:30", "Care in the city", "CONFIRMED"), stays],
        [stays, ("2021-10-08 10:00", "2021-10-08 11:00", "Care in the city", "CONFIRMED")],
        [stays, ("2021-10-08 10:00", "2021-10-08 11:00", "Cancelled: Care in the city", "CANCELLED")],
    ]
