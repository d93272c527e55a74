"""The dates of a recurring room, from Zoom's recurrence object: daily, weekly, monthly by day of the month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from wmd_fakezoom.calls import invalid

DAILY, WEEKLY, MONTHLY = 1, 2, 3
_MOST: Final = 50


def dates(recurrence: dict[str, Any], starts_at: datetime, zone: str) -> list[datetime]:
    """Return the starts as instants; the wall time in the zone stays the same over changes of the clock."""
    here = starts_at.astimezone(ZoneInfo(zone))
    most = min(int(recurrence.get("end_times") or _MOST), _MOST)
    until = _until(recurrence)
    found: list[datetime] = []
    for day in _days(recurrence, here.date()):
        at = datetime.combine(day, here.time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if len(found) >= most or (until is not None and at > until):
            break
        found.append(at)
    return found


def _until(recurrence: dict[str, Any]) -> datetime | None:
    """Return until when dates are made, if the recurrence says so."""
    text = recurrence.get("end_date_time")
    return datetime.fromisoformat(str(text)) if text else None


def _days(recurrence: dict[str, Any], first: date) -> Iterator[date]:
    """Yield days from the first on, without end."""
    kind, every = recurrence.get("type"), int(recurrence.get("repeat_interval") or 1)
    if kind == DAILY:
        yield from (first + timedelta(days=every * count) for count in range(1000))
    elif kind == WEEKLY:
        yield from _weekly(recurrence, first, every)
    elif kind == MONTHLY:
        yield from _monthly(recurrence, first, every)
    else:
        raise invalid({"recurrence.type": "Invalid field."})


def _weekly(recurrence: dict[str, Any], first: date, every: int) -> Iterator[date]:
    """Yield the wanted weekdays (1 is Sunday) of every n-th week."""
    wanted = {int(item) for item in str(recurrence.get("weekly_days") or first.isoweekday() % 7 + 1).split(",")}
    sunday = first - timedelta(days=first.isoweekday() % 7)
    for week in range(0, 1000, every):
        for weekday in sorted(wanted):
            day = sunday + timedelta(days=7 * week + weekday - 1)
            if day >= first:
                yield day


def _monthly(recurrence: dict[str, Any], first: date, every: int) -> Iterator[date]:
    """Yield a day of every n-th month, where the month has it."""
    wanted = int(recurrence.get("monthly_day") or first.day)
    for count in range(0, 1000, every):
        month = first.month - 1 + count
        try:
            day = date(first.year + month // 12, month % 12 + 1, wanted)
        except ValueError:
            continue
        if day >= first:
            yield day
