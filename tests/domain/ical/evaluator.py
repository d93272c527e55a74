"""A reader of VTIMEZONE that knows only DTSTART, RRULE and the two offsets, as the poorest clients do."""

from __future__ import annotations

import bisect
import calendar
from datetime import datetime, timedelta

from wmd.domain.ical.grammar import offset_value
from wmd.domain.ical.tree import Node, parse

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class ZoneReader:
    """The offsets that a VTIMEZONE gives, for naive UTC instants up to the end of ``last_year``."""

    def __init__(self, vtimezone: bytes, last_year: int) -> None:
        self.node = parse(vtimezone)
        pairs = sorted(pair for block in self.node.children for pair in _onsets(block, last_year))
        self._onsets = [onset for onset, _ in pairs]
        self._offsets = [offset for _, offset in pairs]

    def offset_at(self, utc: datetime) -> timedelta:
        """Return the UTC offset in force at a naive UTC instant."""
        place = bisect.bisect_right(self._onsets, utc)
        assert place, f"nothing said about {utc}"
        return self._offsets[place - 1]


def _onsets(block: Node, last_year: int) -> list[tuple[datetime, timedelta]]:
    """Return (UTC instant, new offset) of a block's onsets."""
    first = datetime.strptime(block.raw("DTSTART"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 -- wall time
    before, after = offset_value(block.raw("TZOFFSETFROM")), offset_value(block.raw("TZOFFSETTO"))
    if not block.raw("RRULE"):
        return [(first - before, after)]
    rule = dict(part.split("=") for part in block.raw("RRULE").split(";"))
    assert rule["FREQ"] == "YEARLY"
    weekday, nth = _WEEKDAYS.index(rule["BYDAY"][-2:]), int(rule["BYDAY"][:-2])
    onsets = []
    for year in range(first.year, last_year + 1):
        weeks = calendar.monthcalendar(year, int(rule["BYMONTH"]))
        days = [week[weekday] for week in weeks if week[weekday]]
        day = days[nth - 1 if nth > 0 else nth]
        onset = first.replace(year=year, month=int(rule["BYMONTH"]), day=day)
        onsets.append((onset - before, after))
    assert onsets[0][0] + before == first, "DTSTART is not an instance of its rule"
    return onsets
