"""When reminders are due and of use: days on the wall clock, hours elapsed, and the nights on which that differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.domain.reminders import (
    EARLIEST,
    LATEST,
    NO_REMINDERS,
    RULES,
    Rule,
    RuleError,
    Slot,
    chosen_rules,
    due_at,
    is_same_start,
    rules_of,
    useful_until,
)


def slot(zone: str, *wall: int, minutes: int = 90) -> Slot:
    starts_at = datetime(*wall, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type,misc]
    return Slot(starts_at, starts_at + timedelta(minutes=minutes), zone)


def due(rule: str, at: Slot) -> str:
    return due_at(Rule.read(rule), at).isoformat()


@pytest.mark.parametrize("text", RULES)
def test_rule_is_written_as_it_is_read(text: str) -> None:
    assert str(Rule.read(text)) == text


@pytest.mark.parametrize(
    "text", ["", "start-", "start-0d", "start-1w", "middle-1d", "start-1D", "start-100h", "end+1d "]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        Rule.read(text)


@pytest.mark.parametrize(
    ("rule", "wall", "expected"),
    [
        # 25 October 2026: the night before has 25 hours in Europe. A day is a day on the clock, 24 hours are not.
        ("start-1d", (2026, 10, 25, 15), "2026-10-24T13:00:00+00:00"),
        ("start-12h", (2026, 10, 25, 15), "2026-10-25T02:00:00+00:00"),
        ("start-1h", (2026, 10, 25, 15), "2026-10-25T13:00:00+00:00"),
        ("start", (2026, 10, 25, 15), "2026-10-25T14:00:00+00:00"),
        ("end+1d", (2026, 10, 25, 15), "2026-10-26T15:30:00+00:00"),
        # 31 October 2021, World Cities Day, was such a day too.
        ("start-1d", (2021, 10, 31, 10), "2021-10-30T08:00:00+00:00"),
        ("start-3d", (2021, 10, 31, 10), "2021-10-28T08:00:00+00:00"),
        ("end+1d", (2021, 10, 30, 23), "2021-10-31T23:30:00+00:00"),
        # 28 March 2027: 02:30 does not exist; 02:30 a week later looks back into the gap.
        ("start-7d", (2027, 4, 4, 2, 30), "2027-03-28T01:30:00+00:00"),
        # 25 October 2026: 02:30 comes twice; the first is meant.
        ("start-1d", (2026, 10, 26, 2, 30), "2026-10-25T00:30:00+00:00"),
    ],
)
def test_days_are_counted_on_the_wall_clock_and_hours_as_they_pass(
    rule: str, wall: tuple[int, ...], expected: str
) -> None:
    assert due(rule, slot("Europe/Madrid", *wall)) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Pacific/Auckland", "2026-09-26T03:00:00+00:00"),
        ("Asia/Kathmandu", "2026-09-26T09:15:00+00:00"),
        ("America/Bogota", "2026-09-26T20:00:00+00:00"),
    ],
)
def test_days_are_those_of_the_zone_of_the_event(zone: str, expected: str) -> None:
    # In Auckland the clocks go forward in the night to 27 September 2026.
    assert due("start-1d", slot(zone, 2026, 9, 27, 15)) == expected


def until(rule: str, among: tuple[str, ...], at: Slot) -> datetime:
    return useful_until(Rule.read(rule), [Rule.read(each) for each in among], at)


def test_reminder_is_of_use_until_the_next_one_is_due_or_it_begins() -> None:
    at = slot("Europe/Madrid", 2026, 10, 7, 15)
    chosen = ("start-1d", "start-1h", "start", "end+1d")

    assert [until(rule, chosen, at) - at.starts_at for rule in chosen] == [
        timedelta(hours=-1), timedelta(0), timedelta(minutes=20), timedelta(minutes=90, days=4),
    ]  # fmt: skip
    assert until("start-1d", ("start-1d",), at) == at.starts_at


def test_it_is_on_now_is_not_said_after_the_end() -> None:
    at = slot("Europe/Madrid", 2026, 10, 7, 15, minutes=10)

    assert until("start", ("start",), at) == at.ends_at


def test_reminders_of_what_lasts_all_day_count_from_the_morning() -> None:
    at = replace(slot("America/Bogota", 2026, 10, 7, 0, minutes=24 * 60), all_day=True)

    assert [due(rule, at) for rule in ("start-1d", "start-1h", "start", "end+1d")] == [
        "2026-10-06T14:00:00+00:00", "2026-10-07T13:00:00+00:00", "2026-10-07T14:00:00+00:00",
        "2026-10-08T14:00:00+00:00",
    ]  # fmt: skip
    assert until("start", ("start",), at).isoformat() == "2026-10-07T14:20:00+00:00"


def test_day_after_what_lasts_several_days_is_the_day_after_its_last_one() -> None:
    at = replace(slot("Europe/Brussels", 2026, 12, 1, 0, minutes=5 * 24 * 60), all_day=True)

    assert due("end+1d", at) == "2026-12-06T08:00:00+00:00"


def test_small_move_is_the_same_start_and_a_quarter_of_an_hour_is_not() -> None:
    at = datetime(2026, 10, 7, 13, tzinfo=UTC)

    moves = [timedelta(minutes=14, seconds=59), timedelta(minutes=-14), timedelta(minutes=15), timedelta(minutes=-15)]
    assert [is_same_start(at + move, at) for move in moves] == [True, True, False, False]


@pytest.mark.parametrize(
    ("person", "event", "expected"),
    [
        (None, None, ["start-1d", "start-1h"]),
        (None, ["start-2h"], ["start-2h"]),
        (["start-12h"], ["start-2h"], ["start-12h"]),
        ([], ["start-2h"], []),
        (None, [], []),
        (["start-12h", "start-99d"], None, ["start-12h"]),
    ],
)
def test_own_choice_counts_before_the_events_and_that_before_the_editions(
    person: list[str] | None, event: list[str] | None, expected: list[str]
) -> None:
    assert [str(rule) for rule in rules_of(person, event, ["start-1h", "start-1d"])] == expected


@given(
    rule=st.sampled_from(RULES),
    among=st.sets(st.sampled_from(RULES)),
    zone=st.sampled_from(["Europe/Madrid", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Tehran"]),
    starts_at=st.datetimes(datetime(2018, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- the zone is given beside them
    minutes=st.integers(1, 3000),
)
def test_every_reminder_is_due_before_its_use_ends_and_within_the_bounds_of_a_search(
    rule: str, among: set[str], zone: str, starts_at: datetime, minutes: int
) -> None:
    at = Slot(starts_at, starts_at + timedelta(minutes=minutes), zone)
    first, last = due_at(Rule.read(rule), at), until(rule, tuple(among | {rule}), at)

    assert first < last
    assert first >= at.starts_at - EARLIEST
    assert last <= at.ends_at + LATEST


def test_organisers_choice_is_kept_in_order_and_none_means_none() -> None:
    assert chosen_rules(()) is None
    assert chosen_rules(("start-1h", "start-3d", "rubbish")) == ["start-3d", "start-1h"]
    assert chosen_rules((NO_REMINDERS,)) == []
