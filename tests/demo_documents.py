"""The demonstration files as plain documents, and how the tests look into them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from wmd.domain.documents.check_file import check_file
from wmd.domain.documents.read_json import read
from wmd.domain.findings import Finding
from wmd.domain.times import to_instant

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "wmd" / "demo"
FAULTS = ROOT / "tests" / "data" / "demo_faults"
WAITING = DEMO / "submissions"
SEEDS = ROOT.parent / "shared" / "seeds"
FLYER = SEEDS / "002_5d8d93a74fc46174.txt"

Json = dict[str, Any]

THEME = "Resilience for all: creating caring metropolises beyond COVID-19"
LEAD_TITLE = "Caring metropolises: framing recovery for all"
LEAD_TIME_TEXT = "7 OCT 2021 | 15:00-16:30 CET"
LEAD_URL = "https://metropolis-org.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA"
LEAD_PANELS = [
    (
        "Creating caring metropolises",
        [
            "What are the key lessons learned from the pandemic to implement in global agendas?",
            "How can metropolises overcome sustainability challenges by creating more caring spaces and policies?",
            "What is the role of care and equity in improving metropolitan governance and achieving sustainability?",
        ],
    ),
    (
        "Framing recovery for all",
        [
            "What are the key lessons learned from the pandemic to implement in global agendas?",
            "What are the social, economic and environmental transformations in which metropolises should focus"
            " to become more resilient territories?",
            "How are recovery strategies building resilience to future shocks?",
        ],
    ),
]


def path_of(name: str) -> Path:
    """Return where a file of the index is: what waits or was refused belongs to the demonstration itself."""
    return next(folder / name for folder in (WAITING, FAULTS) if (folder / name).exists())


def document(path: Path) -> Json:
    loaded: Json = json.loads(path.read_text(encoding="utf-8"))
    return loaded


ARCHIVE = document(DEMO / "2021.json")
TEMPLATE = document(DEMO / "demo.json")
PLACEMENT: list[Json] = json.loads((DEMO / "placement.json").read_text(encoding="utf-8"))
EVENTS: dict[str, Json] = {event["key"]: event for event in ARCHIVE["events"]}
LEAD = EVENTS["lead"]
SIDE = [event for event in ARCHIVE["events"] if event["key"].startswith("side-")]
KINDS: dict[str, str] = {organisation["key"]: organisation["kind"] for organisation in ARCHIVE["organisations"]}
ALL_FILES = sorted([DEMO / "2021.json", DEMO / "demo.json", *FAULTS.glob("*.json")])


def side(number: int) -> Json:
    return next(event for event in SIDE if event["key"].startswith(f"side-{number:02d}-"))


def strings(value: object) -> Iterator[str]:
    """Yield every text in a document, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def instant(session: Json, name: str) -> datetime:
    return to_instant(datetime.fromisoformat(session[name]), session["zone"])


def offset_hours(session: Json, name: str) -> float:
    wall = datetime.fromisoformat(session[name])
    return (wall - instant(session, name).replace(tzinfo=None)) / timedelta(hours=1)


def first_timed(event: Json) -> Json:
    return next(session for session in event["sessions"] if "starts" in session)


def first_day(event: Json) -> date:
    session = event["sessions"][0]
    return date.fromisoformat(session.get("starts_on") or session["starts"][:10])


def slot(event: Json) -> tuple[datetime, datetime]:
    session = first_timed(event)
    return instant(session, "starts"), instant(session, "ends")


def checked(path: Path) -> list[Finding]:
    """Return all findings of a programme file, laid beside the archive edition."""
    archive = read((DEMO / "2021.json").read_bytes(), "2021.json").file
    return check_file(
        read(path.read_bytes(), path.name),
        edition=archive.edition,
        organisations={item.key for item in archive.organisations},
        series={item.slug for item in archive.series},
    )
