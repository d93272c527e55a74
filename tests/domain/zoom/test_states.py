"""The machine of a binding: every row of its table, the cadence, and the waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wmd.domain.zoom.states import (
    AFTER_MISS,
    Effect,
    Frame,
    Outcome,
    Seen,
    Sign,
    Standing,
    State,
    back_off,
    follow,
    next_read,
)

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
STARTS = datetime(2026, 10, 7, 13, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=90)
OVER = ENDS + timedelta(minutes=3)
ALARMED = frozenset({Effect.ALARM, Effect.TELL_HOST})
HEALED = frozenset({Effect.HEALED})
NOTHING: frozenset[Effect] = frozenset()
MISSED = Standing(State.MISSING, miss_count=2, missing_since=NOW - timedelta(minutes=31))


def frame(key: str = "b1") -> Frame:
    return Frame(key, STARTS, ENDS, share=lambda seconds: seconds)


def go(before: Standing | State, seen: Seen, now: datetime = NOW) -> Outcome:
    return follow(before if isinstance(before, Standing) else Standing(before), seen, frame(), now=now)


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize(("drift", "after"), [((), State.OK), (("time",), State.DRIFT)])
def test_state_after_a_good_read_is_right_from_anywhere(before: State, drift: tuple[str, ...], after: State) -> None:
    sick = Standing(
        before, ("link",), fail_count=4, miss_count=2, failing_since=NOW - timedelta(hours=9), missing_since=NOW
    )
    outcome = go(sick, Seen(Sign.READ, drift))
    assert replace(outcome.standing, next_try_at=None) == Standing(
        after, drift, seen_at=NOW, last_ok_at=NOW, last_try_at=NOW
    )
    bad = {State.MISSING, State.TRASHED, State.GONE, State.AUTH_LOST, State.UNREACHABLE}
    assert outcome.effects == (HEALED if before in bad else NOTHING)


@pytest.mark.parametrize(
    ("before", "seen", "after", "effects"),
    [
        (State.OK, Seen(Sign.GONE), State.MISSING, NOTHING),
        (State.DRIFT, Seen(Sign.GONE), State.MISSING, NOTHING),
        (State.CHECKING, Seen(Sign.GONE), State.MISSING, NOTHING),
        (State.UNREACHABLE, Seen(Sign.GONE), State.MISSING, NOTHING),
        # Three times over half an hour, and its host does not list it either.
        (MISSED, Seen(Sign.GONE, is_listed=False), State.GONE, ALARMED),
        (MISSED, Seen(Sign.GONE, is_listed=True), State.MISSING, NOTHING),
        (MISSED, Seen(Sign.GONE, is_listed=None), State.MISSING, NOTHING),
        (replace(MISSED, miss_count=1), Seen(Sign.GONE, is_listed=False), State.MISSING, NOTHING),
        (replace(MISSED, missing_since=NOW - timedelta(minutes=29)), Seen(Sign.GONE, is_listed=False), State.MISSING,
         NOTHING),
        (State.OK, Seen(Sign.DELETED), State.TRASHED, ALARMED),
        (State.MISSING, Seen(Sign.DELETED), State.TRASHED, ALARMED),
        (State.TRASHED, Seen(Sign.DELETED), State.TRASHED, NOTHING),
        (State.TRASHED, Seen(Sign.GONE, is_listed=False), State.TRASHED, NOTHING),
        (State.OK, Seen(Sign.ERASED), State.GONE, ALARMED),
        (State.TRASHED, Seen(Sign.ERASED), State.GONE, ALARMED),
        (State.GONE, Seen(Sign.GONE), State.GONE, NOTHING),
        (State.GONE, Seen(Sign.DELETED), State.GONE, NOTHING),
        (State.OK, Seen(Sign.AUTH_LOST), State.AUTH_LOST, ALARMED | {Effect.STOP_CALLS}),
        (State.MISSING, Seen(Sign.AUTH_LOST), State.AUTH_LOST, ALARMED | {Effect.STOP_CALLS}),
        # Once.
        (State.AUTH_LOST, Seen(Sign.AUTH_LOST), State.AUTH_LOST, NOTHING),
        (State.OK, Seen(Sign.FAILED), State.OK, NOTHING),
        (State.DRIFT, Seen(Sign.FAILED), State.DRIFT, NOTHING),
        (State.OK, Seen(Sign.REFUSED), State.UNREACHABLE, ALARMED),
        (State.MISSING, Seen(Sign.REFUSED), State.UNREACHABLE, ALARMED),
        (State.TRASHED, Seen(Sign.REFUSED), State.TRASHED, NOTHING),
        (State.OK, Seen(Sign.LIMITED), State.OK, NOTHING),
        (State.GONE, Seen(Sign.CHOSEN), State.CHECKING, NOTHING),
    ],
)  # fmt: skip
def test_state_follows_the_sign(before: Standing | State, seen: Seen, after: State, effects: frozenset[Effect]) -> None:
    outcome = go(before, seen)
    assert (outcome.standing.state, outcome.effects) == (after, effects)


@pytest.mark.parametrize("sign", [Sign.READ, Sign.GONE, Sign.DELETED, Sign.ERASED, Sign.FAILED, Sign.REFUSED])
@pytest.mark.parametrize("before", [State.OK, State.DRIFT, State.MISSING, State.UNREACHABLE])
def test_state_after_the_end_is_ended_without_alarm(before: State, sign: Sign) -> None:
    outcome = go(before, Seen(sign, is_listed=False), OVER)
    assert (outcome.standing.state, outcome.standing.next_try_at) == (State.ENDED, None)
    assert Effect.ALARM not in outcome.effects


def test_state_without_answer_is_unreachable_after_six_hours_and_silent() -> None:
    standing, now = Standing(State.OK, seen_at=NOW), NOW
    seen = []
    for hours in (0, 1, 5.9, 6, 12):
        now = NOW + timedelta(hours=hours)
        outcome = follow(standing, Seen(Sign.FAILED), frame(), now=now)
        standing = outcome.standing
        seen.append((standing.state.value, standing.fail_count, outcome.effects))
    assert seen == [
        ("ok", 1, NOTHING), ("ok", 2, NOTHING), ("ok", 3, NOTHING), ("unreachable", 4, NOTHING),
        ("unreachable", 5, NOTHING),
    ]  # fmt: skip
    assert standing.seen_at == NOW


@pytest.mark.parametrize("before", [State.MISSING, State.TRASHED, State.GONE])
def test_state_known_to_be_bad_is_not_forgotten_for_want_of_an_answer(before: State) -> None:
    sick = Standing(before, failing_since=NOW - timedelta(days=1), miss_count=2)
    assert go(sick, Seen(Sign.FAILED)).standing.state is before
    assert go(sick, Seen(Sign.FAILED)).standing.miss_count == 2


def test_misses_are_looked_at_again_after_2_10_and_30_minutes() -> None:
    standing, waits = Standing(State.OK), []
    now = NOW
    for _ in range(4):
        standing = follow(standing, Seen(Sign.GONE, is_listed=True), frame(), now=now).standing
        assert standing.next_try_at is not None
        waits.append(standing.next_try_at - now)
        now = standing.next_try_at
    assert waits == [*AFTER_MISS, AFTER_MISS[-1]]
    assert standing.missing_since == NOW


def test_room_that_is_gone_is_still_looked_for_and_comes_back() -> None:
    gone = go(MISSED, Seen(Sign.GONE, is_listed=False)).standing
    assert gone.next_try_at == NOW + timedelta(hours=1)
    assert go(gone, Seen(Sign.READ)).standing.state is State.OK


@pytest.mark.parametrize(
    ("retry_at", "wait"),
    [
        (NOW + timedelta(minutes=5), timedelta(minutes=5)),
        (None, timedelta(minutes=1)),
        (NOW - timedelta(hours=1), timedelta(seconds=2)),
        (NOW + timedelta(days=900), timedelta(days=1)),
    ],
)
def test_limit_is_waited_for_within_reason(retry_at: datetime | None, wait: timedelta) -> None:
    before = Standing(State.DRIFT, ("time",), miss_count=1, fail_count=3)
    after = go(before, Seen(Sign.LIMITED, retry_at=retry_at)).standing
    jitter = timedelta(seconds=10)
    assert after == replace(before, last_try_at=NOW, next_try_at=NOW + wait + jitter)


@pytest.mark.parametrize(
    ("ahead", "every"),
    [
        (timedelta(days=31), timedelta(days=1)),
        (timedelta(days=30), timedelta(hours=6)),
        (timedelta(days=8), timedelta(hours=6)),
        (timedelta(days=7), timedelta(hours=1)),
        (timedelta(hours=25), timedelta(hours=1)),
        (timedelta(hours=24), timedelta(minutes=15)),
        (timedelta(hours=3), timedelta(minutes=15)),
        (timedelta(hours=2), timedelta(minutes=5)),
        (timedelta(minutes=-80), timedelta(minutes=5)),
    ],
)
def test_cadence_grows_with_the_event(ahead: timedelta, every: timedelta) -> None:
    now = STARTS - ahead
    waits = []
    for number in range(40):
        at = next_read(frame(f"binding {number}"), now=now)
        assert at is not None
        waits.append((at - now) / every)
    assert 0.9 <= min(waits) < 0.95
    assert 1.05 < max(waits) <= 1.1
    assert next_read(frame(), now=now) == next_read(frame(), now=now)


def test_cadence_stops_with_the_event_and_without_one() -> None:
    assert next_read(frame(), now=ENDS) is None
    assert next_read(Frame("b1", None, None, share=float), now=NOW) is None


def test_back_off_doubles_up_to_a_quarter_of_an_hour_with_full_jitter() -> None:
    assert [back_off(count, lambda seconds: seconds).total_seconds() for count in (0, 1, 2, 8, 9, 400)] == [
        2, 4, 8, 512, 900, 900,
    ]  # fmt: skip
    assert back_off(3, lambda seconds: seconds / 4) == timedelta(seconds=4)
