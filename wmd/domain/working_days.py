"""Working days in a zone: Monday to Friday there; how old something is against a target in working days."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

#: Within how many working days a submission should be looked at.
TARGET_DAYS = 2
_SATURDAY = 5


def working_age(since: datetime, now: datetime, zone: str) -> timedelta:
    """Return how much time of working days went by between two instants, on the calendar of a zone.

    A working day counts as its 24 hours, whatever the clocks do on it.
    """
    place = ZoneInfo(zone)
    begin, end = (instant.astimezone(place).replace(tzinfo=None) for instant in (since, now))
    age = timedelta()
    # Whole weeks at once, so that what is years old costs no more.
    weeks = max(0, (end - begin).days // 7)
    age += timedelta(days=5 * weeks)
    begin += timedelta(weeks=weeks)
    while begin < end:
        midnight = datetime.combine(begin.date() + timedelta(days=1), datetime.min.time())
        stop = min(midnight, end)
        if begin.weekday() < _SATURDAY:
            age += stop - begin
        begin = stop
    return age


def is_overdue(since: datetime, now: datetime, zone: str, target_days: int = TARGET_DAYS) -> bool:
    """Whether more than ``target_days`` working days went by."""
    return working_age(since, now, zone) > timedelta(days=target_days)
