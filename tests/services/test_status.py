"""The status value as it is read from the tables, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.bindings import bind, differ
from tests.services.test_reminder_planning import HOUR, STARTS, publish, row_of
from wmd.db import db
from wmd.domain.status import EventStatus, Status
from wmd.models import Event, SiteState
from wmd.services.publishing import Setting
from wmd.services.source import DatabaseSource
from wmd.services.versions import raise_status

NOW = datetime(2021, 10, 6, 9, 41, 7, tzinfo=UTC)
THIS_HOUR = datetime(2021, 10, 6, 9, 0, tzinfo=UTC)


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event with one session."""
    return publish(dbs, setting)


def read(dbs: Session, *, shows_looks: bool = True) -> Status:
    """Commit, and read the status as a process does."""
    dbs.commit()
    return DatabaseSource(db.engine, shows_looks=shows_looks).status()


def version_of(dbs: Session) -> int:
    dbs.expire_all()
    return dbs.scalars(select(SiteState)).one().status_version


def test_status_has_only_events_of_which_something_is_known(dbs: Session, event: Event) -> None:
    bind(dbs, event, NOW)
    assert read(dbs).events == {}


def test_last_look_is_said_to_the_hour(dbs: Session, event: Event) -> None:
    bind(dbs, event, NOW, state="ok", registration="open", seen_at=NOW)
    assert read(dbs).of(event.code) == EventStatus(event.code, THIS_HOUR, "open")


def test_without_looks_a_pasted_link_has_none_while_a_room_that_is_read_has(dbs: Session, event: Event) -> None:
    bind(dbs, event, NOW, state="ok", seen_at=NOW)
    assert read(dbs, shows_looks=False).of(event.code).seen_at is None


@pytest.mark.parametrize(
    ("state", "is_renewing"), [("ok", False), ("gone", True), ("trashed", True), ("auth_lost", False),
                               ("unreachable", False), ("drift", False), ("missing", False)],
)  # fmt: skip
def test_link_is_being_renewed_only_when_it_is_gone(dbs: Session, event: Event, state: str, is_renewing: bool) -> None:
    bind(dbs, event, NOW, state=state, seen_at=NOW)
    found = read(dbs).of(event.code)
    assert (found.is_renewing, found.doubtful_from) == (is_renewing, None)


def test_link_that_is_missing_is_in_doubt_half_an_hour_later(dbs: Session, event: Event) -> None:
    bind(dbs, event, NOW, state="missing", missing_since=NOW)
    found = read(dbs).of(event.code)
    half = timedelta(minutes=30)
    assert (found.is_doubtful(NOW + half - timedelta(seconds=1)), found.is_doubtful(NOW + half)) == (False, True)


def test_binding_that_ended_or_is_no_primary_one_says_nothing(dbs: Session, event: Event) -> None:
    bind(dbs, event, NOW, state="gone")
    bind(dbs, event, NOW, state="gone", is_primary=False)
    bind(dbs, event, NOW, state="ended", seen_at=NOW)
    assert read(dbs).events == {}


def test_only_an_open_difference_of_the_time_is_a_dispute(dbs: Session, event: Event) -> None:
    slot = row_of(dbs)
    binding = bind(dbs, event, NOW, state="drift", drift=["time"])
    differ(dbs, binding, slot.id, STARTS + HOUR, NOW)
    differ(dbs, binding, slot.id, STARTS - HOUR, NOW, state="over", closed_at=NOW)
    differ(dbs, binding, "", None, NOW, field="title")
    assert read(dbs).of(event.code) == EventStatus(event.code, disputed={slot.code: STARTS + HOUR})


def test_raising_the_version_moves_the_status_and_no_edition(app: Flask, dbs: Session, event: Event) -> None:
    library = app.extensions["wmd.library"]
    library.refresh()
    before = library.versions()

    raise_status(dbs)
    dbs.commit()
    library.refresh()

    assert library.versions() == {**before, "status": before["status"] + 1}
    assert library.status().version == version_of(dbs) == before["status"] + 1
