"""Demonstration data: the 2021 edition as an archive, and an edition around today made from it.

The 2021 edition comes in two steps, as it would have: first announced, then with its cancellations, so that it has a
history. The edition ``demo`` holds the same side events shifted so that its main day lies two weeks ahead, a made-up
lead event, and twelve events placed on today and tomorrow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from wmd.domain.codes import SeededMint
from wmd.domain.content import (
    EventContent,
    OrganisationContent,
    OrganiserContent,
    ProgrammeFile,
    RegistrationContent,
    SessionContent,
)
from wmd.domain.documents.read_file import ReadFile
from wmd.domain.documents.read_json import from_document
from wmd.domain.forms.reading import NEW_LEAD
from wmd.domain.times import WallTimeError, to_instant
from wmd.domain.vocabulary import SessionStatus
from wmd.errors import InvalidContentError
from wmd.models import SiteState
from wmd.secretbox import SecretBox
from wmd.services.demo_attendee import load_attendee
from wmd.services.demo_desk import Waiting, load_desk
from wmd.services.importing import apply_file
from wmd.services.publishing import Setting
from wmd.services.references import find_edition
from wmd.services.standing import Means

FOLDER = Path(__file__).resolve().parents[1] / "demo"
#: When the archive's events were announced, and when its late changes came.
ANNOUNCED_AT = datetime(2021, 9, 1, 8, 0, tzinfo=UTC)
CHANGED_AT = datetime(2021, 10, 1, 8, 0, tzinfo=UTC)
#: How far ahead of today the demonstration's main day lies.
AHEAD = timedelta(days=14)


def read_demo_file(name: str) -> ReadFile:
    """Read one of the files of the demonstration. Raises InvalidContentError when it is faulty."""
    read = from_document(json.loads((FOLDER / name).read_text(encoding="utf-8")), {})
    if read.findings:
        raise InvalidContentError(read.findings)
    return read


def load_demo(dbs: Session, box: SecretBox, setting: Setting, *, today: date, now: datetime) -> None:
    """Load both editions, or bring them up to date; nothing is doubled."""
    archive = read_demo_file("2021.json")
    if find_edition(dbs, "2021") is None:
        # Codes and ids of a fresh demonstration are the same everywhere, so that its addresses can be shown.
        seeded = replace(setting, mint=SeededMint("wmd 2021"))
        apply_file(dbs, _as_announced(archive), box=box, setting=seeded, now=ANNOUNCED_AT)
        apply_file(dbs, archive, box=box, setting=seeded, now=CHANGED_AT)
    is_new = find_edition(dbs, "demo") is None
    seeded = replace(setting, mint=SeededMint("wmd demo")) if is_new else setting
    around = shifted(archive, today=today)
    if is_new:
        apply_file(dbs, _as_announced(around), box=box, setting=seeded, now=now - timedelta(days=3))
    apply_file(dbs, around, box=box, setting=seeded, now=now, silent=not is_new)
    if is_new:
        edition = find_edition(dbs, "demo")
        assert edition is not None  # noqa: S101 -- it was just put in place
        waiting = read_waiting(days=edition.main_day - _main_day())
        load_desk(dbs, edition, waiting, Means(seeded, box), now=now)
        load_attendee(dbs, edition, box, now=now)
    state = dbs.get_one(SiteState, 1)
    state.demo_refreshed_on = today
    dbs.flush()


def read_waiting(*, days: timedelta) -> dict[str, Waiting]:
    """Read what waits for a decision or was refused, by file name, moved by whole days."""
    found = {}
    known = {item.key for item in read_demo_file("2021.json").file.organisations}
    for path in sorted((FOLDER / "submissions").glob("*.json")):
        file = read_demo_file(f"submissions/{path.name}").file
        (event,) = file.events
        new = [item for item in file.organisations if item.key not in known]
        if new:
            lead = OrganiserContent(NEW_LEAD)
            others = tuple(one for one in event.organisers if one.key != new[0].key)
            event = replace(event, organisers=(lead, *others))
        found[path.stem] = Waiting(_shift(event, days), new[0] if new else None)
    return found


def _main_day() -> date:
    """Return the main day that the files are written around."""
    edition = read_demo_file("demo.json").file.edition
    assert edition is not None  # noqa: S101 -- the file of the demonstration describes its edition
    return edition.main_day


def refresh_demo(dbs: Session, box: SecretBox, setting: Setting, *, today: date, now: datetime) -> str:
    """Load the demonstration when there is none, shift it when it is older than a day; say what was done."""
    state = dbs.get(SiteState, 1)
    if state is not None and state.demo_refreshed_on == today:
        return "up to date"
    done = "loaded" if find_edition(dbs, "demo") is None else "shifted to today"
    load_demo(dbs, box, setting, today=today, now=now)
    return done


def _as_announced(read: ReadFile) -> ReadFile:
    """Return the file as it was before the late changes: every session still scheduled."""

    def before(session: SessionContent) -> SessionContent:
        return replace(session, status=SessionStatus.SCHEDULED)

    events = tuple(replace(event, sessions=tuple(map(before, event.sessions))) for event in read.file.events)
    return replace(read, file=replace(read.file, events=events))


def shifted(archive: ReadFile, *, today: date) -> ReadFile:
    """Return the demonstration edition around ``today``, as a file to import."""
    template = read_demo_file("demo.json")
    placement = {item["key"]: item for item in json.loads((FOLDER / "placement.json").read_text(encoding="utf-8"))}
    edition = template.file.edition
    assert edition is not None  # noqa: S101 -- the file of the demonstration describes its edition
    days = today + AHEAD - edition.main_day
    # A recording of what is still to come would be odd.
    side = [replace(event, recording_url="") for event in archive.file.events if not event.is_lead]
    events = [_shift(event, days) for event in side]
    for event in template.file.events:
        rule = placement.get(event.key)
        events.append(_place(event, rule, today) if rule else _shift(event, days))
    window = (min(edition.window_from + days, today - timedelta(days=1)), edition.window_to + days)
    moved = replace(edition, main_day=edition.main_day + days, window_from=window[0], window_to=window[1])
    file = ProgrammeFile(
        edition=moved,
        edition_slug=moved.slug,
        organisations=_by_key(archive.file.organisations, template.file.organisations),
        series=archive.file.series,
        people=(*archive.file.people, *template.file.people),
        events=tuple(events),
    )
    return ReadFile(
        file,
        join_links={**archive.join_links, **template.join_links},
        event_paths=tuple(f"events[{number}]" for number in range(len(file.events))),
        organisation_paths=tuple(f"organisations[{number}]" for number in range(len(file.organisations))),
    )


def _by_key(*groups: tuple[OrganisationContent, ...]) -> tuple[OrganisationContent, ...]:
    found = {item.key: item for group in groups for item in group}
    return tuple(found.values())


def _shift(event: EventContent, days: timedelta) -> EventContent:
    """Move an event by whole days on the wall clock. The organiser's own words no longer fit and go."""
    registration = event.registration
    moved = RegistrationContent(
        registration.state,
        registration.url,
        registration.opens_at + days if registration.opens_at else None,
        registration.closes_at + days if registration.closes_at else None,
    )
    return replace(event, registration=moved, sessions=tuple(_shift_session(s, days) for s in event.sessions))


def _shift_session(session: SessionContent, days: timedelta) -> SessionContent:
    moved = replace(
        session,
        starts=session.starts + days if session.starts else None,
        ends=session.ends + days if session.ends else None,
        starts_on=session.starts_on + days if session.starts_on else None,
        ends_on=session.ends_on + days if session.ends_on else None,
        time_text="",
        time_confirmed=False,
    )
    if moved.starts is None or moved.ends is None or (_exists(moved.starts, moved) and _exists(moved.ends, moved)):
        return moved
    # The shifted wall time falls into a clock change, where it is refused: three hours later it is plain again.
    later = timedelta(hours=3)
    return replace(moved, starts=moved.starts + later, ends=moved.ends + later)


def _exists(wall: datetime, session: SessionContent) -> bool:
    try:
        to_instant(wall, session.zone)
    except WallTimeError:
        return False
    return True


def _place(event: EventContent, rule: Mapping[str, object], today: date) -> EventContent:
    """Put an event on today or tomorrow at an instant of the day in UTC; its wall time follows from its zone."""
    hour, minute = (int(part) for part in str(rule["utc_start"]).split(":"))
    day = today + timedelta(days=int(str(rule["day_offset"])))
    starts_at = datetime.combine(day, time(hour, minute), UTC)
    ends_at = starts_at + timedelta(minutes=int(str(rule["minutes"])))

    def wall(instant: datetime, zone: str) -> datetime:
        return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)

    sessions = tuple(
        replace(session, starts=wall(starts_at, session.zone), ends=wall(ends_at, session.zone), time_text="")
        for session in event.sessions
    )
    return replace(event, sessions=tuple(s if _plain(s) else _shift_session(s, timedelta()) for s in sessions))


def _plain(session: SessionContent) -> bool:
    return all(_exists(wall, session) for wall in (session.starts, session.ends) if wall)
