"""The demonstration: loaded once, around today on every day of a year, and shifted without a word to anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT, Databases, Engine, make_test_app
from tests.models.dumps import differences, dump
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.content import EditionContent, SessionContent
from wmd.domain.documents.check_file import check_file
from wmd.domain.documents.read_file import ReadFile
from wmd.domain.findings import Finding, Level
from wmd.domain.slot_lint import Window
from wmd.domain.times import lint_slot
from wmd.domain.vocabulary import SessionStatus
from wmd.models import Alarm, CalendarEntry, Change, Edition, Event, EventSession, SiteState
from wmd.services.demo import load_demo, read_demo_file, refresh_demo, shifted
from wmd.services.projection import slot_of

ARCHIVE = read_demo_file("2021.json")
#: A year with the clock changes of all continents, and the leap day after it.
YEAR = [date(2027, 3, 1) + timedelta(days=number) for number in range(366)]
LOADED_ON = date(2021, 10, 7)


def edition_of(read: ReadFile) -> EditionContent:
    assert read.file.edition is not None
    return read.file.edition


def timely(read: ReadFile) -> Iterator[Finding]:
    """Yield what is wrong or doubtful about the times, which is all that differs from day to day."""
    window = Window(edition_of(read).window_from, edition_of(read).window_to)
    for event in read.file.events:
        for session in event.sessions:
            yield from lint_slot(
                starts=session.starts, ends=session.ends, zone=session.zone, all_day=session.all_day,
                starts_on=session.starts_on, ends_on=session.ends_on, time_text=session.time_text,
                time_confirmed=session.time_confirmed, window=window, host_country=event.host_country,
                status=session.status,
            )  # fmt: skip


def uncovered(read: ReadFile, today: date) -> list[datetime]:
    """Return the instants of today and tomorrow at which nothing that people can join is on."""
    sessions = [session for event in read.file.events for session in event.sessions]
    spans = sorted((slot_of(one).starts_at, slot_of(one).ends_at) for one in sessions if is_on(one))
    at, end = (datetime.combine(today + timedelta(days=days), time(), UTC) for days in (0, 2))
    gaps = []
    for starts_at, ends_at in spans:
        if starts_at > at:
            gaps.append(at)
        at = max(at, ends_at)
    return [gap for gap in [*gaps, at] if gap < end]


def is_on(session: SessionContent) -> bool:
    return session.status is SessionStatus.SCHEDULED and not session.all_day


def test_shifted_demonstration_is_sound_on_every_day_of_a_year() -> None:
    found: dict[str, Any] = {}
    for today in YEAR:
        read = shifted(ARCHIVE, today=today)
        edition = edition_of(read)
        # A note only tells that the clocks change near an event.
        faults = [finding.code for finding in timely(read) if finding.level is not Level.NOTE]
        if faults or uncovered(read, today) or edition.main_day != today + timedelta(days=14):
            found[today.isoformat()] = (faults, uncovered(read, today), edition.main_day)
    assert found == {}


@pytest.mark.parametrize("today", [*YEAR[::61], date(2027, 3, 28), date(2027, 10, 17), date(2028, 2, 29)])
def test_shifted_demonstration_passes_every_check_of_an_import(today: date) -> None:
    read = shifted(ARCHIVE, today=today)

    findings = check_file(read, edition=None, organisations=(), series=())

    assert [(found.code, found.where) for found in findings if found.level is not Level.NOTE] == []


def test_placed_events_are_on_today_and_tomorrow() -> None:
    today = date(2027, 5, 5)
    placed = [event for event in shifted(ARCHIVE, today=today).file.events if event.key.startswith("now-")]

    days = {slot_of(session).starts_at.date() for event in placed for session in event.sessions}
    assert (len(placed), days) == (12, {today, today + timedelta(days=1)})


def test_gap_in_the_day_is_noticed() -> None:
    read = shifted(ARCHIVE, today=date(2027, 5, 5))

    assert uncovered(read, date(2027, 5, 4))[0] == datetime(2027, 5, 4, tzinfo=UTC)


# --- in the database ---------------------------------------------------------------------------------------------


@pytest.fixture
def loaded_url(engine_name: Engine, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with the demonstration, built around 7 October 2021."""
    url = databases.copy(engine_name, tmp_path, demo=True)
    yield url
    databases.drop(url)


@pytest.fixture
def loaded(loaded_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on it, inside its context."""
    app = make_test_app(loaded_url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def refresh(app: Flask, today: date) -> str:
    """Refresh the demonstration a few minutes into a day and commit."""
    now = datetime.combine(today, time(0, 5), UTC)
    box = app.extensions["wmd.secretbox"]
    done = refresh_demo(db.session(), box, publishing_setting(app), today=today, now=now)
    db.session.commit()
    return done


def stamps(dbs: Session) -> dict[str, tuple[str, str, int]]:
    """Return UID, address and SEQUENCE of every session of the demonstration edition, by event and key."""
    query = (
        select(Event.key, EventSession.key, EventSession.uid, EventSession.code, EventSession.sequence)
        .join(Event, Event.id == EventSession.event_id)
        .join(Edition, Edition.id == Event.edition_id)
        .where(Edition.slug == "demo")
    )
    found = {f"{event}/{key}": (uid, code, sequence) for event, key, uid, code, sequence in dbs.execute(query)}
    dbs.rollback()
    return found


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_demonstration_is_two_editions_with_a_history(loaded: Flask) -> None:
    dbs = db.session()
    events = dict(
        dbs.execute(
            select(Edition.slug, func.count()).join(Event, Event.edition_id == Edition.id).group_by(Edition.slug)
        )
        .tuples()
        .all()
    )
    kinds = Counter(dbs.scalars(select(Change.kind).join(Edition).where(Edition.slug == "2021")))
    statuses = Counter(dbs.scalars(select(EventSession.status).join(Event).join(Edition).where(Edition.slug == "2021")))

    assert events == {"2021": 42, "demo": 54}
    assert kinds["added"] == 42
    assert (kinds["cancelled"], kinds["postponed"]) == (statuses["cancelled"], statuses["postponed"])
    assert kinds["cancelled"] * kinds["postponed"] > 0
    assert dbs.scalars(select(CalendarEntry.session_id).where(CalendarEntry.is_minimal)).all() == []
    assert dbs.scalars(select(Alarm.key)).all() == []


def test_loading_again_on_the_same_day_changes_nothing(loaded: Flask, loaded_url: str) -> None:
    before = dump(loaded_url)

    load_demo(
        db.session(), loaded.extensions["wmd.secretbox"], publishing_setting(loaded), today=LOADED_ON,
        now=LEAD_STARTED_AT + timedelta(hours=2),
    )  # fmt: skip
    db.session.commit()

    assert differences(before, dump(loaded_url)) == {}
    assert refresh(loaded, LOADED_ON) == "up to date"
    assert differences(before, dump(loaded_url)) == {}


def test_refreshing_the_next_day_shifts_everything_and_tells_nobody(loaded: Flask) -> None:
    dbs = db.session()
    before, changes = stamps(dbs), dbs.scalar(select(func.count()).select_from(Change))
    tomorrow = LOADED_ON + timedelta(days=1)

    assert refresh(loaded, tomorrow) == "shifted to today"

    dbs.expire_all()
    after = stamps(dbs)
    edition = dbs.scalars(select(Edition).where(Edition.slug == "demo")).one()
    assert edition.main_day == tomorrow + timedelta(days=14)
    assert dbs.get_one(SiteState, 1).demo_refreshed_on == tomorrow
    assert {key: found[:2] for key, found in after.items()} == {key: found[:2] for key, found in before.items()}
    assert {key for key in before if after[key][2] != before[key][2] + 1} == set()
    assert dbs.scalar(select(func.count()).select_from(Change)) == changes


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_refreshing_leaves_the_archive_alone(loaded: Flask) -> None:
    def archive() -> list[tuple[object, ...]]:
        query = select(Event.code, Event.version, EventSession.uid, EventSession.sequence, Edition.version)
        joined = query.join(EventSession, EventSession.event_id == Event.id).join(
            Edition, Edition.id == Event.edition_id
        )
        return [
            tuple(row) for row in db.session.execute(joined.where(Edition.slug == "2021").order_by(EventSession.uid))
        ]

    before = archive()
    db.session.rollback()

    refresh(loaded, LOADED_ON + timedelta(days=3))

    assert archive() == before


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_empty_database_is_loaded_with_the_same_addresses_everywhere(
    app: Flask, dbs: Session, databases: Databases, tmp_path: Path
) -> None:
    assert refresh(app, LOADED_ON) == "loaded"

    found = {key: (uid, code) for key, (uid, code, _) in stamps(dbs).items()}
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere = make_test_app(databases.copy("sqlite", folder, demo=True), folder)
    with elsewhere.app_context():
        there = {key: (uid, code) for key, (uid, code, _) in stamps(db.session()).items()}
        db.session.remove()
        db.engine.dispose()
    assert found == there
