"""``Retry-After`` in each of its forms, and in forms that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.gateways.zoom.retry_after import LONGEST, wait_until

NOW = datetime(2026, 10, 7, 13, 30, tzinfo=UTC)
LATER = datetime(2026, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", NOW + timedelta(seconds=30)),
        ("0.5", NOW + timedelta(seconds=0.5)),
        ("0", NOW),
        ("999999999", NOW + LONGEST),
        ("2026-10-08T00:00:00Z", LATER),
        ("2026-10-08T00:00:00", LATER),
        ("2026-10-08T02:00:00+02:00", LATER),
        ("Thu, 08 Oct 2026 00:00:00 GMT", LATER),
        ("Thursday, 08-Oct-26 00:00:00 GMT", LATER),
        ("2026-10-07T13:00:00Z", NOW),
        ("2027-10-07T13:00:00Z", NOW + LONGEST),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9999-12-31T23:59:59-23:59", None),
    ],
)
def test_time_to_wait_is_read_and_bounded(value: str | None, expected: datetime | None) -> None:
    assert wait_until(value, NOW) == expected


@given(st.text(max_size=120))
def test_nothing_breaks_it_or_leads_outside_of_a_day(value: str) -> None:
    found = wait_until(value, NOW)
    assert found is None or NOW <= found <= NOW + LONGEST
