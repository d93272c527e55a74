"""A real calendar takes the first invitation of a session, its update and its cancelling: one entry, three states."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest

from tests.clients.test_khal import client
from tests.domain.ical import cast
from wmd.domain.ical.invitations import Party, call_off, invite
from wmd.domain.programme import SessionView
from wmd.domain.vocabulary import SessionStatus

_CONFIG = """
[calendars]
[[own]]
path = {folder}/calendar/
[locale]
local_timezone = America/Bogota
default_timezone = America/Bogota
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
"""
AT = datetime(2021, 9, 30, 8, tzinfo=UTC)
US, ANA = Party("World Metropolitan Day", "events@wmd.example"), Party("Ana Example", "ana@people.example")


def versions() -> list[SessionView]:
    """Return a session as it is first, moved by two hours, and called off."""
    first = cast.lead_event().sessions[0]
    later = timedelta(hours=2)
    moved = replace(
        first, starts_at=first.starts_at + later, ends_at=first.ends_at + later, sequence=first.sequence + 1
    )
    return [first, moved, replace(moved, status=SessionStatus.CANCELLED, sequence=moved.sequence + 1)]


def messages() -> list[bytes]:
    """Return what is mailed to one person of each version."""
    found = []
    for number, session in enumerate(versions()):
        event = cast.published(replace(cast.lead_event(), sessions=(session,)))
        make = invite if session.status is SessionStatus.SCHEDULED else call_off
        shown = event.sessions[0]
        made = make(
            shown, shown.entries["en"], organiser=US, attendee=ANA, stamped_at=AT + timedelta(days=number)
        )  # fmt: skip
        found.append(made.data)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Somebody's computer with an empty calendar."""
    client("khal")
    (tmp_path / "calendar").mkdir()
    (tmp_path / "khal.cfg").write_text(_CONFIG.format(folder=tmp_path))
    return tmp_path


def khal(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [client("khal"), "-c", str(folder / "khal.cfg"), *arguments], capture_output=True, text=True, timeout=60,
        check=False, env={"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def shows(folder: Path) -> list[str]:
    said = khal(
        folder, "list", "--once", "--day-format", "", "--format", "{start-long}|{end-long}|{title}|{status}",
        "2021-10-01", "2021-10-30",
    )  # fmt: skip
    return [line.strip() for line in said.splitlines() if line.strip()]


def test_khal_takes_an_invitation_its_update_and_its_cancelling_as_one_entry(folder: Path) -> None:
    title = "Caring metropolises: framing recovery for all"
    seen = []
    for number, data in enumerate(messages()):
        file = folder / f"invite-{number}.ics"
        file.write_bytes(data)
        khal(folder, "import", "--batch", "-a", "own", str(file))
        seen.append(shows(folder))
    assert seen == [
        [f"2021-10-07 08:00|2021-10-07 09:30|{title}|CONFIRMED"],
        [f"2021-10-07 10:00|2021-10-07 11:30|{title}|CONFIRMED"],
        [f"2021-10-07 10:00|2021-10-07 11:30|Cancelled: {title}|CANCELLED"],
    ]
    kept = [icalendar.Calendar.from_ical(path.read_bytes()) for path in (folder / "calendar").glob("*.ics")]
    entries = [entry for calendar in kept for entry in calendar.walk("VEVENT")]
    assert [(str(entry["UID"]), int(entry["SEQUENCE"])) for entry in entries] == [(versions()[0].uid, 4)]
