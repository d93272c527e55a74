"""The single checks behind ``times.lint_slot``: what can be wrong about one slot, each as a finding.

They work on values that are already converted (:class:`Reading`), so that ``times.py`` stays the only place that
turns wall time into instants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from wmd.domain.abbreviations import literal_offsets, offset_text
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.time_text import SaidTime, said_times, said_tokens, said_weekdays
from wmd.domain.tzdb import place_zones
from wmd.domain.zone_hints import meanings_of, name_in_force, suggest_zones

#: So far outside the edition's window a date is doubtful; farther away it is a slip (day and month swapped).
WINDOW_TOLERANCE_DAYS = 60

#: A timed slot longer than this is nearly always an umbrella that should be an all-day one.
LONGEST_TIMED = timedelta(hours=24)

_DAY = timedelta(days=1)
_WEEKDAY_NAMES = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """The first and the last day (included) on which an edition's events may take place."""

    opens_on: date
    closes_on: date


@dataclass(frozen=True, slots=True)
class Claim:
    """One slot as somebody typed it; the fields are those of ``SessionContent``."""

    starts: datetime | None
    ends: datetime | None
    zone: str
    all_day: bool
    starts_on: date | None
    ends_on: date | None
    time_text: str
    time_confirmed: bool
    host_country: str

    @property
    def first_on(self) -> date | None:
        """The date on which the slot begins, on its own clocks."""
        if self.all_day:
            return self.starts_on
        return self.starts.date() if self.starts is not None else None

    @property
    def last_on(self) -> date | None:
        """The last date the slot touches; an end at midnight belongs to the day before."""
        if self.all_day:
            return self.ends_on
        if self.ends is None:
            return None
        midnight = self.ends.time() == self.ends.min.time() and self.starts is not None and self.ends > self.starts
        return self.ends.date() - _DAY if midnight else self.ends.date()


@dataclass(frozen=True, slots=True)
class Reading:
    """The claim's times converted, as far as possible.

    ``starts_at``/``ends_at`` are UTC instants; ``offset`` ("UTC+2") and ``letters`` ("CEST" or "") hold at the start;
    ``host_starts`` is the start on the host's wall clock; ``change_at`` a clock change within a day of the slot, local.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    offset: str = ""
    letters: str = ""
    host_starts: datetime | None = None
    change_at: datetime | None = None


def missing_times(claim: Claim) -> list[Finding]:
    """Return which of start and end are missing."""
    fields = ("starts_on", "ends_on") if claim.all_day else ("starts", "ends")
    found = []
    if getattr(claim, fields[0]) is None:
        found.append(Finding("time.missing-start", Level.ERROR, fields[0], N_("The start is missing.")))
    if getattr(claim, fields[1]) is None:
        found.append(
            Finding("time.missing-end", Level.ERROR, fields[1], N_("The end is missing; people plan their day by it."))
        )
    return found


def lint_zone(claim: Claim) -> list[Finding]:
    """Return what is wrong with the zone: missing, unknown, or letters that only look like one."""
    if claim.zone in place_zones():
        return []
    token = claim.zone
    if not token and not claim.all_day:
        token = next(iter(said_tokens(claim.time_text)), "")
    if literal_offsets(token):
        return [_abbreviation_only(claim, token)]
    if not claim.zone:
        text = N_("The time zone is missing; choose the city whose clock counts.")
        return [Finding("time.zone-missing", Level.ERROR, "zone", text)]
    text = N_("“{zone}” is not a time zone of the IANA list such as Europe/Madrid; choose the city whose clock counts.")
    return [Finding("time.zone-unknown", Level.ERROR, "zone", text, {"zone": claim.zone[:64]})]


def _abbreviation_only(claim: Claim, token: str) -> Finding:
    """Return the question that an abbreviation raises: which place is meant."""
    on = claim.first_on
    zones = suggest_zones(token, claim.host_country, on.year if on else 2020)
    meanings = meanings_of(token)
    params: dict[str, object] = {
        "said": token,
        "zone": zones[0] if zones else "",
        "zones": ", ".join(zones),
        "name": "",
        "meanings": ", ".join(f"{name} ({offset_text(minutes * 60)})" for name, minutes in meanings),
    }
    text = N_("“{said}” is not a time zone. Choose the city whose clock counts.")
    if zones and len(meanings) > 1 and not claim.host_country:
        text = N_("“{said}” can mean: {meanings}. Choose the city whose clock counts, for instance {zone}.")
    elif zones:
        params["name"] = name_in_force(zones[0], on, token) if on else (meanings[0][0] if meanings else "")
        text = N_("“{said}” is not a time zone. Do you mean {zone}?")
        if params["name"]:
            text = N_("“{said}” is not a time zone. Do you mean {name}, {zone}?")
    return Finding("time.abbreviation-only", Level.ERROR, "zone", text, params)


def lint_days(claim: Claim) -> list[Finding]:
    """Return what is wrong with the dates of an all-day slot."""
    if claim.starts_on is None or claim.ends_on is None or claim.ends_on >= claim.starts_on:
        return []
    text = N_("The last day lies before the first.")
    return [Finding("time.end-before-start", Level.ERROR, "ends_on", text)]


def lint_times(claim: Claim, reading: Reading) -> list[Finding]:
    """Return what is wrong or doubtful about the times of a timed slot."""
    return [
        *_lint_order(claim, reading),
        *_lint_words(claim, reading),
        *_lint_night(reading),
        *_lint_clock_change(claim, reading),
    ]


def _lint_order(claim: Claim, reading: Reading) -> Iterator[Finding]:
    """Compare start and end as instants where both are known, else on the wall."""
    if claim.starts is None or claim.ends is None:
        return
    length = claim.ends - claim.starts
    if reading.starts_at is not None and reading.ends_at is not None:
        length = reading.ends_at - reading.starts_at
    if length <= timedelta(0):
        text = N_("The end does not lie after the start.")
        yield Finding("time.end-before-start", Level.ERROR, "ends", text)
    elif length > LONGEST_TIMED:
        text = N_("The slot lasts {hours} hours. Several days are better given as all-day dates with sessions in them.")
        yield Finding("time.too-long", Level.WARNING, "ends", text, {"hours": round(length / timedelta(hours=1))})


def _lint_words(claim: Claim, reading: Reading) -> Iterator[Finding]:
    """Compare the organiser's own words with the start."""
    if claim.starts is None or not claim.time_text:
        return
    said = said_times(claim.time_text)
    here = claim.starts.hour * 60 + claim.starts.minute
    if reading.starts_at is not None:
        yield from _lint_abbreviations(claim, reading, said, here)
    if said and not any(time.minutes == here or _agrees(time, reading) for time in said):
        text = N_("The text says {said}, the start is {clock}.")
        params = {"said": said[0].clock, "clock": f"{claim.starts:%H:%M}"}
        yield Finding("time.text-differs", Level.WARNING, "time_text", text, params)


def _agrees(said: SaidTime, reading: Reading) -> bool:
    """Tell whether a time with an abbreviation, read literally, is the start (the date may be another there)."""
    if reading.starts_at is None:
        return False
    utc_min = reading.starts_at.hour * 60 + reading.starts_at.minute
    return any((said.minutes - offset_min - utc_min) % (24 * 60) == 0 for offset_min in literal_offsets(said.token))


def _lint_abbreviations(claim: Claim, reading: Reading, said: list[SaidTime], here: int) -> Iterator[Finding]:
    """Report the first abbreviation that read literally gives another instant, unless one of them agrees."""
    pairs = [time for time in said if time.token]
    pairs = pairs or [SaidTime(here, token) for token in said_tokens(claim.time_text)]
    if not pairs or any(_agrees(pair, reading) for pair in pairs) or reading.starts_at is None:
        return
    pair = pairs[0]
    literal = [
        f"{(pair.minutes - offset_min) % (24 * 60) // 60:02d}:{(pair.minutes - offset_min) % 60:02d}"
        for offset_min in literal_offsets(pair.token)
    ]
    params = {
        "said": f"{pair.clock} {pair.token}",
        "token": pair.token,
        "literal": " / ".join(literal),
        "wall": f"{claim.starts:%H:%M}",
        "zone": claim.zone,
        "in_force": ", ".join(dict.fromkeys(filter(None, (reading.letters, reading.offset)))),
        "utc": f"{reading.starts_at:%H:%M}",
    }
    if claim.time_confirmed:
        text = N_("“{said}” was confirmed to mean {wall} in {zone} ({in_force}), {utc} UTC.")
        yield Finding("time.abbreviation-disagrees", Level.NOTE, "time_text", text, params)
        return
    text = N_(
        "“{said}” read literally is {literal} UTC, but {token} is not in force in {zone} on that day: "
        "we read {wall} there ({in_force}), {utc} UTC. Confirm that, or correct the time."
    )
    yield Finding("time.abbreviation-disagrees", Level.ERROR, "time_text", text, params)


def _lint_night(reading: Reading) -> Iterator[Finding]:
    """Doubt a start in the small hours of the host's own clock."""
    if reading.host_starts is not None and reading.host_starts.hour < 6:
        text = N_("It starts at {clock}, in the host's night. Is the time zone right?")
        yield Finding("time.night", Level.WARNING, "starts", text, {"clock": f"{reading.host_starts:%H:%M}"})


def _lint_clock_change(claim: Claim, reading: Reading) -> Iterator[Finding]:
    """Mention a clock change close by: people there will be unsure, and copied offsets will be wrong."""
    if reading.change_at is not None:
        text = N_("The clocks change in {zone} on {on}, within a day of this slot.")
        params = {"zone": claim.zone, "on": reading.change_at.date().isoformat()}
        yield Finding("time.clock-change", Level.NOTE, "starts", text, params)


def lint_window(claim: Claim, window: Window | None) -> list[Finding]:
    """Return whether the slot lies outside the days of its edition."""
    first, last = claim.first_on, claim.last_on
    if window is None or (first is None and last is None):
        return []
    first, last = first or last, last or first
    if first is None or last is None:  # pragma: no cover -- said above; the type checker cannot see it
        return []
    outside_days = max((window.opens_on - first).days, (last - window.closes_on).days)
    if outside_days <= 0:
        return []
    level = Level.WARNING if outside_days <= WINDOW_TOLERANCE_DAYS else Level.ERROR
    text = N_("The date lies {days} days outside {opens} to {closes}.")
    params = {"days": outside_days, "opens": window.opens_on.isoformat(), "closes": window.closes_on.isoformat()}
    return [Finding("time.outside-window", level, "starts_on" if claim.all_day else "starts", text, params)]


def lint_weekday(claim: Claim) -> list[Finding]:
    """Return whether the words name a weekday, but none that is the date's own."""
    said = said_weekdays(claim.time_text)
    if claim.first_on is None or not said or claim.first_on.weekday() in said.values():
        return []
    params = {
        "said": next(iter(said)),
        "on": claim.first_on.isoformat(),
        "weekday": _WEEKDAY_NAMES[claim.first_on.weekday()],
    }
    level = Level.NOTE if claim.time_confirmed else Level.ERROR
    text = N_("The text says “{said}”, but {on} is a {weekday}.")
    return [Finding("time.weekday", level, "time_text", text, params)]
