"""VTIMEZONE components that every client reads the same way (RFC 5545 §3.6.5).

Thunderbird reads only the first date of an RDATE list and Outlook none, so a zone is written either as
two yearly rules or, where its government follows no rule, as one block per change.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_DAY_S = 86_400
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- a wall time
_LAST_WEEK = -1


class _Change(NamedTuple):
    """One change of the UTC offset. ``onset`` is wall time in the offset before it; offsets in seconds."""

    onset: datetime
    before_s: int
    after_s: int
    name: str
    saving: bool


class _Rule(NamedTuple):
    """What the changes of one yearly rule have in common."""

    month: int
    weekday: int
    time: tuple[int, int, int]
    before_s: int
    after_s: int
    name: str
    saving: bool


@lru_cache(maxsize=2048)
def vtimezone(zone_name: str, first_year: int, last_year: int) -> bytes:
    """Return the VTIMEZONE of an IANA zone, right for every instant of these years (both included).

    The bytes end with CRLF and are the same for the same tzdata.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: when tzdata has no such zone.
    """
    zone = ZoneInfo(zone_name)
    changes = _changes(zone, first_year - 1, last_year + 1)
    if not changes:
        blocks = [_constant(zone, first_year)]
    else:
        blocks = _yearly(changes, years=last_year - first_year + 3) or [
            _constant(zone, first_year - 1),
            *(_block(change) for change in changes),
        ]
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone_name}", *blocks, "END:VTIMEZONE", ""]
    return "\r\n".join(lines).encode("ascii")


def _changes(zone: ZoneInfo, first_year: int, last_year: int) -> list[_Change]:
    """Return the zone's offset changes in these years, in order; found by days, then to the second."""
    start_s = int(datetime(first_year, 1, 1, tzinfo=UTC).timestamp())
    end_s = int(datetime(last_year + 1, 1, 1, tzinfo=UTC).timestamp())
    changes = []
    before_s = _offset_s(zone, start_s)
    for day_s in range(start_s + _DAY_S, end_s + 1, _DAY_S):
        after_s = _offset_s(zone, day_s)
        if after_s != before_s:
            changes.append(_change_between(zone, day_s - _DAY_S, day_s))
            before_s = after_s
    return changes


def _change_between(zone: ZoneInfo, low_s: int, high_s: int) -> _Change:
    """Return the one change after ``low_s`` and not after ``high_s`` (seconds since 1970, UTC)."""
    before_s = _offset_s(zone, low_s)
    while high_s - low_s > 1:
        middle_s = (low_s + high_s) // 2
        if _offset_s(zone, middle_s) == before_s:
            low_s = middle_s
        else:
            high_s = middle_s
    after = datetime.fromtimestamp(high_s, zone)
    onset = datetime.fromtimestamp(high_s + before_s, UTC).replace(tzinfo=None)
    return _Change(onset, before_s, _offset_s(zone, high_s), after.tzname() or "", _saving(after))


def _offset_s(zone: ZoneInfo, at_s: int) -> int:
    """Return the zone's UTC offset in seconds at an instant."""
    offset = datetime.fromtimestamp(at_s, zone).utcoffset()
    return int((offset or timedelta(0)).total_seconds())


def _constant(zone: ZoneInfo, year: int) -> str:
    """Return the block of the offset in force when ``year`` begins, said to hold since 1970."""
    start = datetime.fromtimestamp(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()), zone)
    offset_s = int((start.utcoffset() or timedelta(0)).total_seconds())
    return _block(_Change(_EPOCH, offset_s, offset_s, start.tzname() or "", _saving(start)))


def _saving(local: datetime) -> bool:
    """Say whether the clock is ahead of standard time; Morocco's Ramadan hour, behind it, is not."""
    return (local.dst() or timedelta(0)) > timedelta(0)


def _yearly(changes: list[_Change], years: int) -> list[str]:
    """Return one STANDARD and one DAYLIGHT block with a yearly rule, or nothing where no such pair fits."""
    groups: dict[_Rule, list[datetime]] = {}
    for change in changes:
        onset = change.onset
        time = (onset.hour, onset.minute, onset.second)
        rule = _Rule(onset.month, onset.weekday(), time, *change[1:])
        groups.setdefault(rule, []).append(onset)
    if len(groups) != 2:
        return []
    blocks = []
    # The greater offset is the daylight one: clients with room for one block of each kind expect it so.
    for rule, onsets in sorted(groups.items(), key=lambda item: item[0].after_s):
        week = _common_week(onsets)
        if week is None or len({onset.year for onset in onsets}) != years or len(onsets) != years:
            return []
        first = _Change(onsets[0], rule.before_s, rule.after_s, rule.name, rule.after_s > rule.before_s)
        by_day = f"{week}{_WEEKDAYS[rule.weekday]}"
        blocks.append(_block(first, f"RRULE:FREQ=YEARLY;BYMONTH={rule.month};BYDAY={by_day}"))
    return blocks


def _common_week(onsets: list[datetime]) -> int | None:
    """Return which weekday of its month all onsets are: -1 for the last, else 1 to 4, else nothing."""
    weeks = set.intersection(*({(onset.day - 1) // 7 + 1, _week_from_end(onset)} for onset in onsets)) - {0, 5}
    return min(weeks, default=None)


def _week_from_end(onset: datetime) -> int:
    """Return -1 when the onset falls on the last such weekday of its month, else 0."""
    return _LAST_WEEK if (onset + timedelta(days=7)).month != onset.month else 0


def _block(change: _Change, rule: str = "") -> str:
    """Return one STANDARD or DAYLIGHT block, without its last line end."""
    kind = "DAYLIGHT" if change.saving else "STANDARD"
    lines = [
        f"BEGIN:{kind}",
        f"DTSTART:{change.onset:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{_offset(change.before_s)}",
        f"TZOFFSETTO:{_offset(change.after_s)}",
        f"TZNAME:{change.name}",
        *([rule] if rule else []),
        f"END:{kind}",
    ]
    return "\r\n".join(lines)


def _offset(offset_s: int) -> str:
    """Return an offset as ``+HHMM``, with seconds only where history has them."""
    sign = "-" if offset_s < 0 else "+"
    hours, rest = divmod(abs(offset_s), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours:02}{minutes:02}" + (f"{seconds:02}" if seconds else "")
