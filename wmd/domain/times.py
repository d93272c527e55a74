"""Wall time and zone to instant, and back: the one place in the product that converts.

The truth of a slot is a wall time and an IANA zone; the UTC instant is derived from them. :func:`lint_slot` says
what is doubtful about a slot that somebody typed; its single checks are in ``slot_lint.py``. Rules follow PEP 495 for
times that happen twice or never, and the tz database pinned in our lock file (``tzdb.py``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from wmd.domain import slot_lint
from wmd.domain.abbreviations import offset_text
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.slot_lint import Claim, Reading, Window
from wmd.domain.tzdb import TzdataMissingError, country_zones, place_zones, use_pinned_tzdata
from wmd.domain.vocabulary import SessionStatus

__all__ = [
    "TzdataMissingError",
    "UnknownZone",
    "WallTimeError",
    "Window",
    "abbreviation",
    "all_day_bounds",
    "clock_change_between",
    "day_shift",
    "lint_slot",
    "local",
    "offset_label",
    "to_instant",
    "use_pinned_tzdata",
    "zone",
]

use_pinned_tzdata()

_DAY = timedelta(days=1)
_FIRST = datetime(1900, 1, 1, tzinfo=UTC)
_LAST = datetime(9990, 1, 1, tzinfo=UTC)


class UnknownZone(ValueError):  # noqa: N818 -- reads as what it is at the place where it is caught
    """The name is not an IANA region/city zone (nor "UTC")."""


class WallTimeError(ValueError):
    """A wall time that names no single instant.

    ``code`` is ``time.nonexistent`` (the clocks go forward over it), ``time.ambiguous`` (it happens twice) or
    ``time.out-of-range`` (beyond what a calendar can hold); ``text`` is the gettext template of the sentence.
    """

    def __init__(self, code: str, text: str, wall: datetime, zone_name: str) -> None:
        self.code = code
        self.text = text
        self.params = {"wall": wall.isoformat(" ", "minutes"), "zone": zone_name}
        super().__init__(text.format(**self.params))


_NONEXISTENT = N_("{wall} does not exist in {zone}: the clocks go forward over it that day.")
_AMBIGUOUS = N_("{wall} happens twice in {zone}: the clocks go back over it that day. Choose another time.")
_OUT_OF_RANGE = N_("{wall} in {zone} is beyond what a calendar can hold.")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the zone of that IANA name: a region/city such as ``Asia/Kathmandu``, or ``UTC``.

    Old spellings of a place (``Asia/Calcutta``) are accepted. Abbreviations, fixed offsets and legacy names (``CET``,
    ``EST5EDT``, ``Etc/GMT-1``, ``US/Eastern``) raise :class:`UnknownZone`: they say an offset, not a place,
    and would be an hour off for half of the year. So does anything that is not exactly a known name.
    """
    if name not in place_zones():
        raise UnknownZone(f"{name!r} is not a time zone name such as Europe/Madrid")
    return ZoneInfo(name)


def to_instant(wall: datetime, zone_name: str) -> datetime:
    """Return the UTC instant at which the clocks of a zone show ``wall`` (naive).

    Raises :class:`WallTimeError` when they never do or do so twice, :class:`UnknownZone`, and ``ValueError``
    when ``wall`` is aware. ``wall.fold`` is ignored: no form or file can say it, so it would only be an accident.
    """
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no offset of its own; pass it naive with its zone")
    first, second = _readings(wall, zone(zone_name), zone_name)
    if first > second:
        raise WallTimeError("time.nonexistent", _NONEXISTENT, wall, zone_name)
    if first < second:
        raise WallTimeError("time.ambiguous", _AMBIGUOUS, wall, zone_name)
    return first


def _readings(wall: datetime, tz: ZoneInfo, zone_name: str) -> tuple[datetime, datetime]:
    """Return the instants for fold 0 and 1: equal normally, rising where time repeats, falling in a gap (PEP 495)."""
    try:
        return (
            wall.replace(tzinfo=tz, fold=0).astimezone(UTC),
            wall.replace(tzinfo=tz, fold=1).astimezone(UTC),
        )
    except OverflowError:
        raise WallTimeError("time.out-of-range", _OUT_OF_RANGE, wall, zone_name) from None


def all_day_bounds(starts_on: date, ends_on: date, zone_name: str) -> tuple[datetime, datetime]:
    """Return the UTC instants that bound the days ``starts_on`` to ``ends_on`` (included); the end is exclusive.

    Where the clocks go forward over midnight (Asunción, Amman), the day begins at the first instant with its date.
    Raises :class:`UnknownZone`, and ``ValueError`` when ``ends_on`` lies before ``starts_on``.
    """
    if ends_on < starts_on:
        raise ValueError("the last day lies before the first")
    if ends_on == date.max:
        raise WallTimeError("time.out-of-range", _OUT_OF_RANGE, datetime.combine(ends_on, time.min), zone_name)
    return _day_start(starts_on, zone_name), _day_start(ends_on + _DAY, zone_name)


def _day_start(on: date, zone_name: str) -> datetime:
    """Return the first instant at which the date of a zone is ``on`` or later."""
    tz = zone(zone_name)
    midnight = datetime.combine(on, time.min)
    first, second = _readings(midnight, tz, zone_name)
    if first <= second:
        return first
    # Midnight is skipped: the change lies between the two readings, and before it the older offset holds.
    return _bisect(second, first, tz)


def _bisect(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """Return the instant (to the second) of the one clock change between two instants."""
    old = before.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > before else middle
        if middle.astimezone(tz).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def clock_change_between(since: datetime, until: datetime, zone_name: str) -> datetime | None:
    """Return the first instant of a new UTC offset in a zone between two instants, or None when it stays.

    The span is walked in half days, at most sixty days of it.
    """
    tz = zone(zone_name)
    before = since
    for _ in range(120):
        if before >= until:
            break
        after = min(before + _DAY / 2, until)
        if before.astimezone(tz).utcoffset() != after.astimezone(tz).utcoffset():
            return _bisect(before, after, tz).astimezone(UTC)
        before = after
    return None


def local(instant: datetime, zone_name: str) -> datetime:
    """Return an aware instant on the clocks of a zone, as an aware datetime."""
    if instant.tzinfo is None:
        raise ValueError("an instant is aware; this one is naive")
    return instant.astimezone(zone(zone_name))


def offset_label(instant: datetime, zone_name: str) -> str:
    """Return the offset in force at an instant as people write it: "UTC+2", "UTC+5:45", "UTC−3", "UTC".

    The minus is U+2212, which screen readers say and lines do not break after.
    """
    offset = local(instant, zone_name).utcoffset()
    seconds = round(offset.total_seconds()) if offset is not None else 0
    return offset_text(seconds)


def abbreviation(instant: datetime, zone_name: str) -> str:
    """Return the letters for the time in force at an instant ("CEST"), or "" where the database has only a number."""
    name = local(instant, zone_name).tzname() or ""
    return name if name.isascii() and name.isalpha() else ""


def day_shift(instant: datetime, from_zone: str, to_zone: str) -> int:
    """Return by how many days the date in ``to_zone`` differs: +1 when it is already tomorrow there."""
    return (local(instant, to_zone).date() - local(instant, from_zone).date()).days


def lint_slot(
    *,
    starts: datetime | None,
    ends: datetime | None,
    zone: str,
    all_day: bool = False,
    starts_on: date | None = None,
    ends_on: date | None = None,
    time_text: str = "",
    time_confirmed: bool = False,
    window: Window | None = None,
    host_country: str = "",
    status: SessionStatus = SessionStatus.SCHEDULED,
) -> list[Finding]:
    """Return all that is wrong or doubtful about one slot as somebody typed it; empty when nothing is.

    ``starts`` and ``ends`` are naive wall times in ``zone``; an all-day slot has ``starts_on`` and ``ends_on`` (the
    last day included) instead. ``time_text`` are the organiser's own words, ``time_confirmed`` that a person confirmed
    the reading, ``window`` the edition's days (None: any), ``host_country`` ISO 3166-1 alpha-2 or "".
    Only a postponed slot may lack its times. ``where`` of a finding is the name of the argument it is about.
    """
    claim = Claim(starts, ends, zone.strip(), all_day, starts_on, ends_on, time_text, time_confirmed, host_country)
    missing = slot_lint.missing_times(claim)
    if status is SessionStatus.POSTPONED and missing:
        return slot_lint.lint_zone(claim) if claim.zone else []
    findings = slot_lint.lint_zone(claim) + missing
    if all_day:
        findings += slot_lint.lint_days(claim)
    else:
        reading, faults = _read(claim)
        findings += faults + slot_lint.lint_times(claim, reading)
    return findings + slot_lint.lint_window(claim, window) + slot_lint.lint_weekday(claim)


def _read(claim: Claim) -> tuple[Reading, list[Finding]]:
    """Convert the wall times of a claim, as far as they can be."""
    instants: dict[str, datetime | None] = {"starts": None, "ends": None}
    faults: list[Finding] = []
    if claim.zone not in place_zones():
        return Reading(), faults
    for where, wall in (("starts", claim.starts), ("ends", claim.ends)):
        try:
            instants[where] = to_instant(wall, claim.zone) if wall is not None else None
        except WallTimeError as error:
            faults.append(Finding(error.code, Level.ERROR, where, error.text, error.params))
    starts_at, ends_at = instants["starts"], instants["ends"]
    if starts_at is None:
        return Reading(ends_at=ends_at), faults
    change_at = None
    if starts_at > _FIRST and (ends_at or starts_at) < _LAST:
        change_at = clock_change_between(starts_at - _DAY, (ends_at or starts_at) + _DAY, claim.zone)
    return (
        Reading(
            starts_at=starts_at,
            ends_at=ends_at,
            offset=offset_label(starts_at, claim.zone),
            letters=abbreviation(starts_at, claim.zone),
            host_starts=local(starts_at, _host_zone(claim)).replace(tzinfo=None),
            change_at=local(change_at, claim.zone) if change_at else None,
        ),
        faults,
    )


def _host_zone(claim: Claim) -> str:
    """Return the zone of the host's wall clock: the slot's, unless the host's country has one other zone only."""
    zones = country_zones(claim.host_country.strip().upper())
    return zones[0] if len(zones) == 1 and claim.zone not in zones else claim.zone
