"""The job that reads how many came, before a fake Zoom over HTTP: numbers alone, and again until Zoom has settled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from tests.carried import Carried
from tests.cast import get, sign_in
from tests.web.staff.test_day import said, visit
from tests.zoom_house import STARTS, zoom_house
from wmd.models import Submission, ZoomAttendance
from wmd_fakezoom import Room

ENDS = STARTS + timedelta(minutes=90)
PAST = "GET /past_webinars/{id}/participants"


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Carried]:
    with zoom_house(database_url, tmp_path) as house:
        yield Carried(house)


def hold(here: Carried) -> Room:
    """Let an event take place to which ann comes twice, bob once, cleo not, and a stranger without an address."""
    room = here.begin()
    room.panelists.append({"id": "x", "name": "Speaker", "email": "speaker@elsewhere.example"})
    here.join("ann", "bob", "cleo")
    here.carry()
    control = here.house.zoom.control
    to(here, STARTS)
    control.start(room.id)
    first = control.join(room.id, "Somebody", "ann@attendees.example", minutes=10)
    control.join(room.id, "Somebody", "BOB@attendees.example", minutes=60)
    control.join(room.id, "Somebody", room.host.email, minutes=90)
    control.join(room.id, "Somebody", "speaker@elsewhere.example", minutes=90)
    control.join(room.id, "Somebody", "", minutes=20)
    to(here, STARTS + timedelta(minutes=10))
    control.leave(room.id, first)
    control.join(room.id, "Somebody", "ann@attendees.example", minutes=50)
    to(here, ENDS)
    control.end(room.id)
    here.house.calls()
    return room


def to(here: Carried, at: object) -> None:
    """Set both clocks."""
    here.house.clock.now = at  # type: ignore[assignment]
    here.house.zoom.control.set_time(here.house.clock.now)


def numbers(here: Carried) -> list[tuple[int, ...]]:
    here.house.dbs.rollback()
    rows = here.house.dbs.scalars(select(ZoomAttendance).execution_options(populate_existing=True))
    return [(row.registered, row.came, row.matched, row.absent, row.average_s // 60, row.reads) for row in rows]


def test_numbers_are_read_an_hour_a_day_and_three_days_after_the_end(here: Carried) -> None:
    hold(here)
    assert here.run("zoom-attendance", minutes=59) == 0
    assert here.run("zoom-attendance", minutes=1) == 1
    assert numbers(here) == [(3, 3, 2, 1, 46, 1)]
    here.house.calls()
    assert (here.run("zoom-attendance", hours=22), here.house.calls()) == (0, {})
    assert [here.run("zoom-attendance", hours=hours) for hours in (1, 1, 48, 24)] == [1, 0, 1, 0]
    assert numbers(here) == [(3, 3, 2, 1, 46, 3)]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_event_that_did_not_take_place_is_asked_about_for_some_days_only(here: Carried) -> None:
    here.begin()
    to(here, ENDS)
    asked = []
    for _ in range(6):
        here.run("zoom-attendance", hours=24)
        asked.append(bool(here.house.calls()))
    assert (asked, numbers(here)) == ([True, True, True, True, False, False], [(0, 0, 0, 0, 0, 0)])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_outage_only_puts_it_off(here: Carried) -> None:
    hold(here)
    here.house.zoom.control.fault("status", PAST, times=None, status=503)
    assert (here.run("zoom-attendance", hours=2), numbers(here)[0][-1]) == (0, 0)
    here.house.zoom.control.no_faults()
    assert (here.run("zoom-attendance", hours=1), numbers(here)) == (1, [(3, 3, 2, 1, 46, 1)])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_organiser_and_staff_read_numbers_and_no_names(here: Carried) -> None:
    hold(here)
    here.run("zoom-attendance", hours=2)
    house = here.house
    submission, binding = house.dbs.scalars(select(Submission.id)).one(), house.binding().id
    house.dbs.rollback()
    browser = house.app.test_client()
    sign_in(browser, house.app, "ana")
    pages = [
        get(browser, f"/organiser/submissions/{submission}/registrants").text,
        get(visit(house.app, "mona"), f"/staff/rooms/{binding}").text,
    ]
    for page in pages:
        assert said(page, "//section[@aria-labelledby='came']//dd") == ["3", "2", "3", "1", "47"]
        assert "ann@" not in page
    metadata = MetaData()
    metadata.reflect(house.dbs.connection())
    row = house.dbs.execute(select(metadata.tables["zoom_attendance"])).one()
    assert "example" not in str(row)
