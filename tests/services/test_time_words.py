"""Dates and times in words: how the end of a time is said."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from wmd.services.session_words import moment_text
from wmd.services.time_words import last_minute


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("2026-12-01T00:00", "Monday 30 November 2026, 23:59 (Madrid, UTC+1)"),
        ("2026-11-30T23:59", "Monday 30 November 2026, 23:59 (Madrid, UTC+1)"),
        ("2026-11-30T12:00", "Monday 30 November 2026, 12:00 (Madrid, UTC+1)"),
    ],
)
def test_deadline_reads_as_the_last_minute_of_its_last_day(stored: str, said: str) -> None:
    at = datetime.fromisoformat(stored).replace(tzinfo=ZoneInfo("Europe/Madrid"))
    assert moment_text(last_minute(at, "Europe/Madrid"), "Europe/Madrid", "en") == said
