"""When links are looked at, and what looks make of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from wmd.domain.zoom.looks import AFTER_FAULT, AFTER_GONE, MISSED_FOR, Dates, after_look, next_look
from wmd.domain.zoom.pages import Says
from wmd.domain.zoom.states import DAY, HOUR, MINUTE, Effect, Standing, State

STARTS = datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
ENDS = STARTS + HOUR
NOW = STARTS - 10 * DAY
SESSIONS = (Dates(STARTS, ENDS),)


def walk(*said: Says, every: timedelta = MISSED_FOR, start: datetime = NOW) -> list[tuple[State, str, Effect | None]]:
    """Return what several looks in a row make of a link that was just published."""
    standing, registration, found = Standing(State.CHECKING), "unknown", []
    for number, says in enumerate(said):
        outlook = after_look(standing, registration, says, SESSIONS, key="a", now=start + number * every)
        standing, registration = outlook.standing, outlook.registration
        found.append((standing.state, registration, outlook.effect))
    return found


def test_page_that_works_is_full_or_closed_is_seen_and_fine() -> None:
    assert walk(Says.WORKS, Says.FULL, Says.CLOSED, Says.WORKS) == [
        (State.OK, "open", None), (State.OK, "full", None), (State.OK, "closed", None), (State.OK, "open", None),
    ]  # fmt: skip


def test_page_without_a_form_is_there_and_was_not_seen_working() -> None:
    assert walk(Says.ANSWERS, Says.NOT_FOUND, Says.ANSWERS) == [
        (State.OK, "unknown", None), (State.MISSING, "unknown", None), (State.OK, "unknown", Effect.HEALED),
    ]  # fmt: skip
    before = Standing(State.OK, seen_at=NOW - DAY, last_ok_at=NOW - DAY)
    for says, seen_at in ((Says.ANSWERS, NOW - DAY), (Says.WORKS, NOW)):
        after = after_look(before, "open", says, SESSIONS, key="a", now=NOW)
        assert (after.standing.seen_at, after.standing.last_ok_at, after.registration) == (seen_at, seen_at, "open")


def test_page_not_found_twice_over_half_an_hour_is_gone_and_told_once() -> None:
    assert walk(Says.WORKS, *[Says.NOT_FOUND] * 3) == [
        (State.OK, "open", None), (State.MISSING, "open", None), (State.GONE, "unknown", Effect.ALARM),
        (State.GONE, "unknown", None),
    ]  # fmt: skip


def test_page_not_found_twice_within_minutes_is_still_only_missing() -> None:
    states = [state for state, _, _ in walk(Says.NOT_FOUND, Says.NOT_FOUND, every=MINUTE)]
    assert states == [State.MISSING, State.MISSING]


def test_page_that_comes_back_heals_all() -> None:
    assert walk(Says.NOT_FOUND, Says.WORKS) == [(State.MISSING, "unknown", None), (State.OK, "open", Effect.HEALED)]
    assert walk(Says.NOT_FOUND, Says.NOT_FOUND, Says.FULL)[-1] == (State.OK, "full", Effect.HEALED)


def test_look_that_says_nothing_changes_nothing() -> None:
    for before in (Says.WORKS, Says.NOT_FOUND):
        first, *others = walk(before, *[Says.UNKNOWN] * 5)
        assert {(state, registration) for state, registration, _ in others} == {first[:2]}
    gone = walk(Says.NOT_FOUND, Says.NOT_FOUND, Says.UNKNOWN)
    assert gone[-1] == (State.GONE, "unknown", None)


def test_what_was_read_of_a_page_that_turns_us_away_holds_for_two_days() -> None:
    said = walk(Says.FULL, *[Says.UNKNOWN] * 3, every=DAY)
    assert [registration for _, registration, _ in said] == ["full", "full", "full", "unknown"]


def test_link_is_looked_at_daily_then_three_two_days_and_two_hours_before() -> None:
    now, seen = STARTS - 5 * DAY, []
    while (due := next_look(SESSIONS, key="a", now=now)) is not None:
        seen.append(now := due)
    assert {STARTS - 72 * HOUR, STARTS - 24 * HOUR, STARTS - 2 * HOUR} <= set(seen)
    assert all(later - before <= DAY for before, later in pairwise([STARTS - 5 * DAY, *seen]))
    assert len(seen) <= 10


def test_looks_of_links_are_spread() -> None:
    dues = {next_look(SESSIONS, key=str(number), now=NOW) for number in range(20)}
    assert len(dues) > 15
    assert all(due is not None and NOW + 23 * HOUR <= due <= NOW + DAY for due in dues)


def test_missing_gone_and_silent_pages_are_looked_at_sooner() -> None:
    def due(before: Standing, says: Says) -> timedelta:
        found = after_look(before, "open", says, SESSIONS, key="a", now=NOW).standing.next_try_at
        assert found is not None
        return found - NOW

    fresh = Standing(State.OK)
    missing = Standing(State.MISSING, miss_count=1, missing_since=NOW - MISSED_FOR + 5 * MINUTE)
    assert due(fresh, Says.NOT_FOUND) == MISSED_FOR
    assert due(missing, Says.NOT_FOUND) == 5 * MINUTE
    assert due(replace(missing, missing_since=NOW - HOUR), Says.NOT_FOUND) == AFTER_GONE
    assert [due(replace(fresh, fail_count=count), Says.UNKNOWN) <= AFTER_FAULT for count in range(5)] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_looks_end_with_the_last_session() -> None:
    for says in Says:
        found = after_look(Standing(State.MISSING, missing_since=NOW), "open", says, SESSIONS, key="a", now=ENDS)
        assert (found.standing.state, found.standing.next_try_at, found.effect) == (State.ENDED, None, None)
