"""The job that reads rooms, before a fake Zoom over HTTP: what it asks, how often, and what it leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select, text

from tests.zoom_house import LIST, NOW, ROOM, STARTS, ZoomHouse, zoom_house
from wmd.db import db
from wmd.domain.zoom.answers import RoomKind
from wmd.gateways import zoom_of
from wmd.jobs import run_job
from wmd.jobs.tools import tools_of
from wmd.jobs.zoom_sync import sync_rooms
from wmd.models import Alarm, Message, WebinarBinding, ZoomBudget
from wmd.services.binding_sync import claim
from wmd.services.zoom_accounts import connect_again, find_account


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ZoomHouse]:
    with zoom_house(database_url, tmp_path) as found:
        yield found


def test_rooms_that_are_due_are_read_once_each_and_nothing_else_is_asked(house: ZoomHouse) -> None:
    house.bound("one", "two", "three")
    assert (house.sync(), house.calls()) == (3, {ROOM: 3})
    assert [house.binding(key).state for key in ("one", "two", "three")] == ["ok", "ok", "ok"]
    assert (house.sync(), house.calls()) == (0, {})
    assert (house.sync(hours=8), house.calls()) == (3, {ROOM: 3})


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_run_says_what_it_cost_and_what_was_new(house: ZoomHouse, caplog: pytest.LogCaptureFixture) -> None:
    first, second = house.bound("one", "two")
    house.sync()
    house.zoom.control.move_room(first.id, STARTS + timedelta(hours=1))
    house.zoom.control.delete(second.id)
    caplog.set_level(logging.INFO, "wmd.jobs.zoom_sync")
    house.sync(hours=8)
    said = [vars(each) for each in caplog.records if each.getMessage() == "rooms_read"]
    assert [(each["calls"], each["changes"], each["faults"]) for each in said] == [(2, 1, 1)]


def test_room_that_the_host_moves_differs_until_the_host_moves_it_back(house: ZoomHouse) -> None:
    (room,) = house.bound("one")
    before = house.event().version
    house.zoom.control.move_room(room.id, STARTS + timedelta(hours=1))
    house.sync()
    assert (house.binding().drift, house.drifts(), house.event().version) == (["time"], [("time", "open")], before)
    house.zoom.control.move_room(room.id, STARTS)
    house.sync(hours=8)
    assert (house.binding().state, house.drifts()) == ("ok", [("time", "over")])


def test_room_that_is_deleted_is_believed_after_half_an_hour_and_one_look_at_the_list(house: ZoomHouse) -> None:
    first, second = house.bound("one", "two")
    house.sync()
    house.calls()
    for room in (first, second):
        house.zoom.control.delete(room.id)
    seen = []
    for minutes in (480, 2, 10, 30):
        house.sync(minutes=minutes)
        seen.append((house.binding().state, house.binding("two").state, house.calls()))
    assert seen == [
        ("missing", "missing", {ROOM: 2}),
        ("missing", "missing", {ROOM: 2}),
        ("missing", "missing", {ROOM: 2}),
        ("gone", "gone", {ROOM: 2, LIST: 1}),
    ]
    house.zoom.control.recover(first.id)
    house.sync(hours=1)
    assert [house.binding(key).state for key in ("one", "two")] == ["ok", "gone"]


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_outage_changes_nothing_that_anybody_sees(house: ZoomHouse, kind: str) -> None:
    house.bound("one")
    house.sync()
    link, seen_at = house.binding().link, house.binding().seen_at
    if kind == "500":
        house.zoom.control.fault("status", ROOM, times=None, status=503)
    else:
        house.zoom.control.fault("reset", ROOM, times=None)
    house.sync(hours=8)
    for _ in range(3):
        house.sync(minutes=16)
    binding = house.binding()
    assert (binding.state, binding.link, binding.seen_at) == ("ok", link, seen_at)
    assert binding.failing_since == NOW + timedelta(hours=8)
    house.sync(hours=6)
    assert house.binding().state == "unreachable"
    house.zoom.control.no_faults()
    house.sync(minutes=16)
    assert (house.binding().state, house.binding().fail_count) == ("ok", 0)


def test_account_that_is_refused_is_asked_no_more_until_it_is_connected_again(house: ZoomHouse) -> None:
    house.bound("one", "two")
    house.sync()
    house.zoom.control.fault("unauthorised", "*", times=None)
    house.sync(hours=8)
    house.calls()
    assert [house.binding(key).state for key in ("one", "two")] == ["auth_lost", "auth_lost"]
    alarms = house.dbs.scalars(select(Alarm).where(Alarm.cleared_at.is_(None))).all()
    assert [alarm.key for alarm in alarms] == ["zoom:own"]
    assert (house.sync(hours=8), house.calls()) == (0, {})

    house.zoom.control.no_faults()
    account = find_account(house.dbs, "own")
    assert account is not None
    connect_again(house.dbs, account, actor="person:adam", now=house.clock.now)
    house.dbs.commit()
    assert house.sync() == 2
    assert [house.binding(key).state for key in ("one", "two")] == ["ok", "ok"]


def test_several_workers_read_each_room_once(house: ZoomHouse) -> None:
    house.bound(*[f"e{number}" for number in range(12)])

    def work(_: int) -> int:
        with house.app.app_context():
            tools = tools_of(house.app, db.session())
            return sync_rooms(tools)

    house.dbs.rollback()
    with ThreadPoolExecutor(3) as pool:
        done = sum(pool.map(work, range(3)))
    assert (done, house.calls()) == (12, {ROOM: 12})
    assert set(house.dbs.scalars(select(WebinarBinding.state))) == {"ok"}


def test_what_a_killed_worker_had_claimed_comes_back_after_its_lease(house: ZoomHouse) -> None:
    house.bound("one")
    (left,) = claim(house.dbs, now=NOW, limit=10, accounts=["own"])
    house.dbs.commit()
    assert (house.sync(), house.calls()) == (0, {})
    assert (house.sync(minutes=5), house.calls()) == (1, {ROOM: 1})
    assert house.binding().claim_token != left.token


def test_no_transaction_is_open_while_zoom_is_asked(house: ZoomHouse) -> None:
    house.bound("one")
    house.zoom.control.fault("slow", ROOM, seconds=0.6)
    house.dbs.rollback()
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(run_job, house.app, "zoom-sync")
        # A writer that had to wait for the job would wait for as long as Zoom takes.
        while not house.zoom.control.counts().get(ROOM):
            assert not job.done()
        with db.engine.connect() as other, other.begin():
            other.execute(text("UPDATE webinar_bindings SET hinted_at = NULL"))
        assert not job.done()
        assert job.result() == 1


def test_one_room_is_read_at_once_when_somebody_asks(house: ZoomHouse) -> None:
    house.bound("one", "two")
    house.sync()
    house.calls()
    house.dbs.rollback()
    tools = tools_of(house.app, house.dbs)
    assert sync_rooms(tools, house.binding().id) == 1
    assert house.calls() == {ROOM: 1}


def test_no_private_link_or_address_is_left_anywhere(house: ZoomHouse, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (room,) = house.bound("one")
    house.sync()
    house.zoom.control.change(room.id, topic="Another title")
    house.zoom.control.change_link(room.id)
    house.sync(hours=8)
    assert house.binding().drift == ["link", "title"]
    links = house.zoom.control.links(room.id)
    private = [links.join, links.start, "/j/", "/s/", "pwd=", "zak=", room.host.email]
    kept = _everything(house) + caplog.text
    assert "Another title" in kept
    assert [word for word in private if word in kept] == []
    assert len(house.dbs.scalars(select(Message).where(Message.kind == "room-differs")).all()) == 5


def _everything(house: ZoomHouse) -> str:
    """Return all that stands in the database, in words."""
    metadata = MetaData()
    house.dbs.rollback()
    metadata.reflect(house.dbs.connection())
    rows = [str(row) for table in metadata.sorted_tables for row in house.dbs.execute(select(table))]
    return "\n".join(rows)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_reading_rooms_stops_where_a_fifth_of_the_day_is_left(database_url: str, tmp_path: Path) -> None:
    with zoom_house(database_url, tmp_path, zoom_plan="free") as house:
        (room,) = house.bound("one")
        house.sync()
        house.dbs.get_one(ZoomBudget, ("own", "light:day"), populate_existing=True).used = 2400
        house.dbs.commit()
        house.calls()
        read_at = house.binding().last_ok_at
        house.sync(hours=7)
        assert (house.binding().last_ok_at, house.calls()) == (read_at, {})
        house.dbs.rollback()
        client = zoom_of(house.app)
        assert client is not None
        # What concerns people goes on.
        assert client.room(RoomKind.WEBINAR, str(room.id)).id == str(room.id)
