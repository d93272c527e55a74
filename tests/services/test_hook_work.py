"""Working on Zoom's messages: in order, once, as hints; what fails is tried three times and then waits for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.hook_house import HookHouse, hook_house
from tests.zoom_house import NOW, ROOM, STARTS
from wmd.domain.zoom.hooks import read_hook
from wmd.models import Alarm, WebinarBinding
from wmd.secretbox import SecretBox
from wmd.services.hook_inbox import insert_hooks, sealed
from wmd.services.hook_work import claim_hooks, close_alarm, note_failure

BROKEN = b'{"event": "app_deauthorized", "payload": {"user_id": "u", "client_id": "app"}, "event_ts": 1}'


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[HookHouse]:
    with hook_house(database_url, tmp_path) as found:
        yield found


def store(house: HookHouse, *bodies: bytes, box: SecretBox | None = None) -> None:
    """Store messages as they come in."""
    box = box or house.app.extensions["wmd.secretbox"]
    insert_hooks(house.dbs, [sealed(read_hook(body), body, box, now=house.clock.now) for body in bodies])
    house.dbs.commit()


def said(event: str, room_id: object, stamp: int = 1, **more: Any) -> bytes:
    """Return the body of a message about a room."""
    return json.dumps({"event": event, "payload": {"object": {"id": room_id, **more}}, "event_ts": stamp}).encode()


def outcomes(house: HookHouse) -> list[tuple[str, str]]:
    """Return state and outcome of each message."""
    return [(row.state, row.outcome) for row in house.rows()]


def open_alarms(house: HookHouse) -> list[str]:
    """Return the keys of open alarms."""
    house.dbs.rollback()
    return list(house.dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))))


@pytest.mark.parametrize("form", [int, str])
def test_message_about_a_room_lets_it_be_read_at_once(house: HookHouse, form: type) -> None:
    (room,) = house.bound("one")
    house.sync()
    house.zoom.control.move_room(room.id, STARTS + timedelta(hours=1))
    house.calls()
    store(house, said("webinar.updated", form(room.id)))
    assert (house.sync(), house.work(), house.sync()) == (0, 1, 1)
    assert (house.binding().drift, outcomes(house)) == (["time"], [("done", "read")])
    assert house.calls() == {ROOM: 1}


def test_message_alone_changes_nothing_that_a_look_does_not_confirm(house: HookHouse) -> None:
    (room,) = house.bound("one")
    house.sync()
    store(house, said("webinar.deleted", room.id), said("webinar.updated", room.id, start_time="2030-01-01T00:00:00Z"))
    assert (house.work(), house.sync()) == (2, 1)
    assert (house.binding().state, house.binding().drift) == ("ok", [])


def test_room_that_is_deleted_and_told_so_is_believed_at_the_first_look_and_comes_back(house: HookHouse) -> None:
    (room,) = house.bound("one")
    house.sync()
    house.send()
    # A message counts only when it is newer than the last good read.
    house.sync_clock(seconds=1)
    house.zoom.control.delete(room.id)
    assert house.send() == [204]
    house.work()
    house.sync()
    assert house.binding().state == "trashed"
    house.sync_clock(minutes=1)
    house.zoom.control.recover(room.id)
    house.send()
    house.work()
    house.sync()
    assert house.binding().state == "ok"
    house.sync_clock(minutes=1)
    house.zoom.control.delete_for_good(room.id)
    house.send()
    house.work()
    house.sync()
    assert house.binding().state == "gone"


def test_order_in_which_messages_come_does_not_matter(house: HookHouse) -> None:
    (room,) = house.bound("one")
    house.sync()
    house.send()
    house.zoom.control.webhooks.tweak("reorder", times=2)
    house.zoom.control.delete(room.id)
    house.sync_clock(seconds=5)
    house.zoom.control.recover(room.id)
    assert house.send() == [204, 204]
    house.work()
    house.sync()
    assert house.binding().state == "ok"


def test_registration_lets_that_rooms_registrants_be_compared_soon(house: HookHouse) -> None:
    first, _ = house.bound("one", "two")
    house.dbs.execute(WebinarBinding.__table__.update().values(reconciled_on=NOW.date()))  # type: ignore[attr-defined]
    house.dbs.commit()
    house.send()
    house.work()
    house.zoom.control.register(first.id, "somebody@example.org")
    house.send()
    assert house.work() == 1
    assert [house.binding(key).reconciled_on for key in ("one", "two")] == [None, NOW.date()]
    assert outcomes(house)[-1] == ("done", "registrants")


def test_what_nobody_waits_for_is_left_alone(house: HookHouse) -> None:
    store(house, said("webinar.updated", 84999999999), said("user.updated", 5), said("webinar.participant_joined", 5))
    assert (house.work(), house.work()) == (3, 0)
    assert outcomes(house) == [("ignored", "no-room"), ("ignored", "not-wanted"), ("ignored", "not-wanted")]


def test_message_that_fails_is_tried_three_times_and_holds_up_no_other(house: HookHouse) -> None:
    # Its body was sealed with a key that is gone, and it is one whose body is needed.
    store(house, BROKEN, box=SecretBox.derived("another secret that is gone"))
    store(house, said("user.updated", 5))
    assert house.work() == 1
    tried = []
    for minutes in (0, 1, 1, 1, 60):
        house.work(minutes=minutes)
        tried.append((house.rows()[0].state, house.rows()[0].attempts))
    assert tried == [("received", 1), ("received", 2), ("received", 2), ("failed", 3), ("failed", 3)]
    assert open_alarms(house) == ["zoom-webhooks"]
    house.rows()[0].state = "ignored"
    house.dbs.commit()
    close_alarm(house.dbs, now=house.clock.now)
    house.dbs.commit()
    assert open_alarms(house) == []


def test_message_whose_worker_was_killed_comes_back_and_is_given_up_in_the_end(house: HookHouse) -> None:
    store(house, said("user.updated", 5))
    for _ in range(3):
        assert len(claim_hooks(house.dbs, now=house.clock.now, limit=10)) == 1
        house.dbs.commit()
        assert house.work() == 0
        house.sync_clock(minutes=3)
    assert house.work() == 0
    assert (outcomes(house), open_alarms(house)) == ([("failed", "error")], ["zoom-webhooks"])


def test_messages_are_claimed_in_the_order_in_which_they_came_and_once(house: HookHouse) -> None:
    store(house, *[said("user.updated", 1, stamp) for stamp in range(9, 4, -1)])
    first = claim_hooks(house.dbs, now=NOW, limit=3)
    house.dbs.commit()
    second = claim_hooks(house.dbs, now=NOW, limit=3)
    house.dbs.commit()
    ids = [row.id for row in house.rows()]
    assert ([each.id for each in first], [each.id for each in second]) == (ids[:3], ids[3:])
    assert not note_failure(house.dbs, first[0]._replace(token="another's"), now=NOW)
