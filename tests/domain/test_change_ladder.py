"""The ladder of changes: how far each is carried, what several come to, and when they are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wmd.domain.change_ladder import (
    Net,
    Noted,
    Rung,
    SessionNet,
    Slot,
    due_at,
    is_told,
    net,
    rung_of,
    slots_of,
    starts_within,
)

NOW = datetime(2021, 10, 1, 12, tzinfo=UTC)
STARTS = datetime(2021, 10, 7, 13, tzinfo=UTC)
SLOT = Slot(STARTS, STARTS + timedelta(hours=1))


def times(hours: int, zone: str = "Europe/Madrid") -> dict[str, Any]:
    starts = STARTS + timedelta(hours=hours)
    return {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat(), "zone": zone}


def moved(number: int, before: int, after: int, session: str = "s") -> Noted:
    return Noted(number, "moved", session, times(before), times(after))


def state(number: int, before: str, after: str, session: str = "s") -> Noted:
    kind = {"cancelled": "cancelled", "postponed": "postponed", "scheduled": "revived"}[after]
    return Noted(number, kind, session, {"status": before}, {"status": after})


def link(number: int, before: tuple[str, str], after: tuple[str, str]) -> Noted:
    was, is_ = ({"state": state, "link": digest} for state, digest in (before, after))
    return Noted(number, "link", None, was, is_)


@pytest.mark.parametrize(
    ("change", "rung"),
    [
        (Noted(1, "text", None, {}, {}), Rung.FEED),
        (Noted(1, "added", None, {}, {}), Rung.FEED),
        (Noted(1, "hidden", None, {}, {}), Rung.INVITE),
        (Noted(1, "revived", None, {}, {}), Rung.FEED),
        (link(1, ("open", "a"), ("open", "b")), Rung.MAIL),
        (link(1, ("missing", ""), ("open", "a")), Rung.MAIL),
        (link(1, ("full", "a"), ("open", "a")), Rung.MAIL),
        (link(1, ("open", "a"), ("full", "a")), Rung.FEED),
        (link(1, ("open", "a"), ("missing", "")), Rung.FEED),
        (Noted(1, "link", None, {"state": "open"}, {"state": "open"}), Rung.MAIL),
        (Noted(1, "link", None, {"state": "open"}, {"state": "closed"}), Rung.FEED),
        (Noted(1, "place", None, {"city": "A"}, {"city": "B"}), Rung.INVITE),
        (Noted(1, "added", "s", {}, times(0)), Rung.INVITE),
        (moved(1, 0, 2), Rung.INVITE),
        (state(1, "scheduled", "cancelled"), Rung.INVITE),
        (state(1, "scheduled", "postponed"), Rung.INVITE),
        (state(1, "postponed", "scheduled"), Rung.INVITE),
    ],
)
def test_rung_of_a_change(change: Noted, rung: Rung) -> None:
    assert rung_of(change.kind, change.session_id, change.before, change.after) is rung


def test_several_moves_are_one_from_the_first_to_the_last() -> None:
    found = net([moved(2, 2, 5), moved(1, 0, 2)])
    assert found == Net(sessions={"s": SessionNet("s", moved=(times(0), times(5)))})


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [moved(1, 0, 2), moved(2, 2, 0)],
        [state(1, "scheduled", "cancelled"), state(2, "cancelled", "scheduled")],
        [state(1, "scheduled", "postponed"), moved(2, 0, 3), state(3, "postponed", "scheduled"), moved(4, 3, 0)],
        [Noted(1, "place", None, {"city": "A"}, {"city": "B"}), Noted(2, "place", None, {"city": "B"}, {"city": "A"})],
        [link(1, ("open", "a"), ("open", "b")), link(2, ("open", "b"), ("open", "a"))],
        [link(1, ("full", "a"), ("open", "a")), link(2, ("open", "a"), ("full", "a"))],
        [Noted(1, "added", "s", {}, times(0)), state(2, "scheduled", "cancelled")],
        [Noted(1, "text", None, {}, {})],
        [Noted(1, "moved", "s", times(0), times(0, zone="Europe/Paris"))],
    ],
)
def test_what_cancels_itself_out_tells_nobody(changes: list[Noted]) -> None:
    assert not net(changes)


def test_what_is_left_of_a_move_there_and_back_is_the_rest() -> None:
    found = net([moved(1, 0, 2), state(2, "scheduled", "cancelled", "t"), moved(3, 2, 0)])
    assert found == Net(sessions={"t": SessionNet("t", status=("scheduled", "cancelled"))})
    assert not found.about_all


def test_link_that_opens_after_it_was_replaced_is_told_from_its_first_state() -> None:
    found = net([link(1, ("missing", ""), ("full", "a")), link(2, ("full", "a"), ("open", "a"))])
    assert found.link == ({"state": "missing", "link": ""}, {"state": "open", "link": "a"})
    assert found.about_all


def test_slots_of_a_move_are_the_new_and_the_old() -> None:
    later = Slot(STARTS + timedelta(hours=2), STARTS + timedelta(hours=3))
    assert slots_of(moved(1, 0, 2), {"s": later}) == [later, SLOT]
    assert slots_of(Noted(1, "place", None, {}, {}), {"s": SLOT, "t": later}) == [SLOT, later]
    assert slots_of(state(1, "scheduled", "cancelled", "gone"), {"s": SLOT}) == []


@pytest.mark.parametrize(
    ("change", "now", "told"),
    [
        (moved(1, 0, 2), NOW, True),
        (moved(1, 0, 2), SLOT.ends_at, False),
        (moved(1, 48, 0), STARTS + timedelta(days=1), True),
        (Noted(1, "text", None, {}, {}), NOW, False),
        (Noted(1, "place", None, {}, {}), SLOT.ends_at - timedelta(minutes=1), True),
    ],
)
def test_change_of_what_is_over_is_not_told(change: Noted, now: datetime, told: bool) -> None:
    assert is_told(change, {"s": SLOT}, now) is told


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (NOW, NOW + timedelta(minutes=15)),
        (STARTS - timedelta(hours=3), STARTS - timedelta(hours=3) + timedelta(minutes=15)),
        (STARTS - timedelta(hours=3, seconds=-1), STARTS - timedelta(hours=3, seconds=-1) + timedelta(minutes=2)),
        (STARTS + timedelta(minutes=30), STARTS + timedelta(minutes=32)),
    ],
)
def test_first_change_waits_for_more_unless_a_session_is_near(now: datetime, due: datetime) -> None:
    assert due_at([state(1, "scheduled", "cancelled")], {"s": SLOT}, first_at=now, now=now) == due


def test_old_start_that_is_near_hurries_too() -> None:
    now = STARTS - timedelta(hours=1)
    later = Slot(STARTS + timedelta(days=9), STARTS + timedelta(days=9, hours=1))
    assert due_at([moved(1, 0, 216)], {"s": later}, first_at=now, now=now) == now + timedelta(minutes=2)


@pytest.mark.parametrize("minutes", [0, 14, 29, 30, 31, 44])
def test_wait_is_never_longer_than_45_minutes_from_the_first(minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    due = due_at([moved(1, 0, 2)], {"s": SLOT}, first_at=NOW, now=now)
    assert due == min(now + timedelta(minutes=15), NOW + timedelta(minutes=45))


def test_start_within_a_time_is_one_that_comes_or_is_on() -> None:
    limit = timedelta(hours=72)
    seen = [STARTS - limit, STARTS - limit + timedelta(seconds=1), SLOT.ends_at - timedelta(seconds=1), SLOT.ends_at]
    assert [starts_within(limit, [SLOT], now) for now in seen] == [False, True, True, False]
