"""Working days: weekends do not count, in the edition's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.domain.working_days import is_overdue, working_age

ZONE = "Europe/Madrid"
#: Friday 1 October 2021, noon in Madrid.
FRIDAY = datetime(2021, 10, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "age"),
    [
        (0, timedelta()),
        (6, timedelta(hours=6)),
        (12, timedelta(hours=12)),
        (36, timedelta(hours=12)),
        (60, timedelta(hours=12)),
        (72, timedelta(days=1)),
        (96, timedelta(days=2)),
        (168, timedelta(days=5)),
        (168 * 3 + 6, timedelta(days=15, hours=6)),
    ],
)
def test_saturday_and_sunday_do_not_count(hours: int, age: timedelta) -> None:
    assert working_age(FRIDAY, FRIDAY + timedelta(hours=hours), ZONE) == age


def test_weekend_is_that_of_the_zone() -> None:
    friday_evening = datetime(2021, 10, 1, 20, 0, tzinfo=UTC)
    assert working_age(friday_evening, friday_evening + timedelta(hours=4), "Asia/Tokyo") == timedelta()
    assert working_age(friday_evening, friday_evening + timedelta(hours=4), "UTC") == timedelta(hours=4)


def test_target_is_two_working_days() -> None:
    assert is_overdue(FRIDAY, FRIDAY + timedelta(hours=96), ZONE) is False
    assert is_overdue(FRIDAY, FRIDAY + timedelta(hours=96, minutes=1), ZONE) is True


@given(st.integers(0, 60 * 24 * 40), st.integers(0, 60 * 24 * 40))
def test_age_adds_up(first: int, second: int) -> None:
    middle, end = FRIDAY + timedelta(minutes=first), FRIDAY + timedelta(minutes=first + second)
    parts = working_age(FRIDAY, middle, "UTC") + working_age(middle, end, "UTC")
    assert parts == working_age(FRIDAY, end, "UTC")


def test_nothing_is_younger_than_new() -> None:
    assert working_age(FRIDAY, FRIDAY - timedelta(hours=1), ZONE) == timedelta()
