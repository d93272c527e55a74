"""The job that reads how many came, before a fake Zoom over HTTP: numbers alone, and again until Zoom has settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import MetaData, select

from tests import documents
from tests.carried import Carried
from tests.cast import get, sign_in
from tests.made_rooms import HERE
from tests.partner_house import partner_house
from tests.web.staff.test_day import said, visit
from tests.zoom_house import STARTS, zoom_house
from wmd.domain.zoom.answers import RoomKind
from wmd.gateways.zoom.client import ZoomClient
from wmd.jobs.tools import tools_of
from wmd.jobs.zoom_attendance import count_who_came
from wmd.models import EventSession, Submission, ZoomAttendance
from wmd.services.room_attendance import Asked
from wmd_fakezoom import Room
from wmd_fakezoom.seed import PARTNER

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


def test_each_instance_counts_for_the_session_that_it_was(here: Carried) -> None:
    sessions = [
        documents.session(key="early", starts="2021-10-07T15:00", ends="2021-10-07T16:00"),
        documents.session(key="late", starts="2021-10-07T17:30", ends="2021-10-07T18:30"),
    ]
    here.publish(registration=HERE, sessions=sessions)
    room = here.house.zoom.control.add_webinar(STARTS, topic="Care in the city", duration=210)
    here.house.bind("one", room)
    control = here.house.zoom.control
    for begins, people in ((-2, 3), (149, 1)):
        to(here, STARTS + timedelta(minutes=begins))
        control.start(room.id)
        for number in range(people):
            control.join(room.id, f"Guest {number}", f"guest{number}@elsewhere.example", minutes=30)
        to(here, STARTS + timedelta(minutes=begins + 40))
        control.end(room.id)
    assert here.run("zoom-attendance", hours=8) == 2
    here.house.dbs.rollback()
    query = select(ZoomAttendance.came).join(EventSession, EventSession.id == ZoomAttendance.session_id)
    assert here.house.dbs.scalars(query.order_by(EventSession.starts_at)).all() == [3, 1]


HOURS = ((10, 0, 11, 0), (11, 0, 12, 0), (13, 30, 14, 0))


@pytest.mark.parametrize(
    ("at", "session"),
    [((7, 59), None), ((8, 0), 0), ((9, 58), 0), ((10, 44), 0), ((10, 58), 1), ((11, 20), 1), ((12, 30), 1),
     ((13, 0), 2), ((16, 0), 2), ((16, 1), None)],
)  # fmt: skip
def test_what_began_belongs_to_one_session(at: tuple[int, int], session: int | None) -> None:
    spans = [(datetime(2021, 10, 7, a, b, tzinfo=UTC), datetime(2021, 10, 7, c, d, tzinfo=UTC)) for a, b, c, d in HOURS]
    asked = [
        Asked("b", "s", "own", RoomKind.WEBINAR, "1", "h", *span, frozenset(),
              tuple(other for other in spans if other != span))
        for span in spans
    ]  # fmt: skip
    began_at = datetime(2021, 10, 7, *at, tzinfo=UTC)
    found = [number for number, each in enumerate(asked) if each.is_of(began_at)]
    assert found == ([] if session is None else [session])


def test_numbers_of_a_partners_room_leave_the_partner_out(database_url: str, tmp_path: Path) -> None:
    with partner_house(database_url, tmp_path) as house:
        room, account = house.partner_room(), house.connect()
        house.pick(room, account)
        house.sync()
        house.clock.now = STARTS
        control = house.zoom.control
        control.set_time(STARTS)
        control.start(room.id)
        control.join(room.id, "Host", PARTNER, minutes=90)
        control.join(room.id, "Guest", "guest@elsewhere.example", minutes=90)
        house.sync_clock(minutes=90)
        control.end(room.id)
        assert house.job("zoom-attendance", hours=2) == 1
        house.dbs.rollback()
        assert house.dbs.scalars(select(ZoomAttendance.came)).all() == [1]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_room_that_cannot_be_counted_holds_up_no_other(here: Carried) -> None:
    here.publish(registration=HERE, sessions=[
        documents.session(key="early", starts="2021-10-07T15:00", ends="2021-10-07T15:30"),
        documents.session(key="late", starts="2021-10-07T15:00", ends="2021-10-07T16:30"),
    ])  # fmt: skip
    room = here.house.zoom.control.add_webinar(STARTS, topic="Care in the city", duration=90)
    here.house.bind("one", room)
    to(here, STARTS)
    here.house.zoom.control.start(room.id)
    to(here, ENDS)
    here.house.zoom.control.end(room.id)
    here.house.clock.now = ENDS + timedelta(hours=2)
    tools = tools_of(here.house.app, here.house.dbs)
    asked: list[str | None] = []

    def zoom(account_id: str | None) -> ZoomClient | None:
        """Give what nobody expects at first, then what there is."""
        asked.append(account_id)
        return cast(ZoomClient, object()) if len(asked) == 1 else tools.zoom(account_id)

    with pytest.raises(AttributeError):
        count_who_came(replace(tools, zoom=zoom))
    here.house.dbs.rollback()
    assert sorted(here.house.dbs.scalars(select(ZoomAttendance.reads))) == [0, 1]


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
