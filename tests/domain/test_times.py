"""Wall time, zone and instant: conversions, and what the lint says about slots as people type them."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.domain.abbreviations import ABBREVIATIONS, literal_offsets, offset_text
from wmd.domain.findings import Finding, Level
from wmd.domain.times import (
    TzdataMissingError,
    UnknownZone,
    WallTimeError,
    Window,
    abbreviation,
    all_day_bounds,
    clock_change_between,
    day_shift,
    lint_slot,
    local,
    offset_label,
    to_instant,
    use_pinned_tzdata,
    zone,
)
from wmd.domain.tzdb import modern_names, place_zones
from wmd.domain.vocabulary import SessionStatus

ZONES = [
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Europe/Lisbon",
    "America/Asuncion",
    "Asia/Amman",
    "Pacific/Apia",
    "UTC",
]
FLYER = "7 OCT 2021 | 15:00-16:30 CET"
WINDOW = Window(date(2021, 10, 1), date(2021, 10, 31))

zone_names = st.sampled_from(ZONES)
minutes = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2035, 12, 31)).map(  # noqa: DTZ001 -- wall
    lambda wall: wall.replace(second=0, microsecond=0)
)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lint(starts: str | None, ends: str | None, zone_name: str, **more: Any) -> list[Finding]:
    return lint_slot(starts=wall(starts) if starts else None, ends=wall(ends) if ends else None, zone=zone_name, **more)


def told(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.level.value, finding.where) for finding in findings]


# --- the pinned data ---------------------------------------------------------------------------------------------


def test_system_zone_files_are_not_used() -> None:
    assert zoneinfo.TZPATH == ()


def test_missing_tzdata_package_is_said_clearly() -> None:
    with pytest.raises(TzdataMissingError, match="'tzdata_is_not_here' with the time zone rules is not installed"):
        use_pinned_tzdata("tzdata_is_not_here")


@pytest.mark.parametrize(
    "name",
    [
        "", "CET", "EST", "EST5EDT", "GMT+2", "GMT", "Etc/GMT-1", "Etc/UTC", "US/Eastern", "Cuba", "NZ", "localtime",
        "posixrules", "posix/Europe/Madrid", "right/UTC", "Factory", "europe/madrid", "Europe", "Europe/",
        "Europe/Madrid ", "../../etc/passwd", "/etc/localtime", "Europe/../Europe/Madrid", "Europe/Madrid\0", "utc",
    ],
)  # fmt: skip
def test_zone_refuses_what_names_no_place(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


@pytest.mark.parametrize("name", ["UTC", "Europe/Madrid", "Asia/Calcutta", "America/Argentina/Buenos_Aires"])
def test_zone_accepts_places_in_old_and_new_spelling(name: str) -> None:
    assert zone(name).key == name


# --- wall time to instant ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "zone_name", "expected"),
    [
        ("2021-10-07 15:00", "Europe/Madrid", "2021-10-07 13:00"),
        ("2021-10-07 18:45", "Asia/Kathmandu", "2021-10-07 13:00"),
        ("2021-10-08 00:00", "Australia/Melbourne", "2021-10-07 13:00"),
        ("2021-10-07 07:00", "America/El_Salvador", "2021-10-07 13:00"),
        ("2021-10-08 02:45", "Pacific/Chatham", "2021-10-07 13:00"),
        ("2021-10-31 01:59", "Europe/Madrid", "2021-10-30 23:59"),
        ("2021-10-31 03:00", "Europe/Madrid", "2021-10-31 02:00"),
        ("2021-10-07 15:00", "UTC", "2021-10-07 15:00"),
    ],
)
def test_to_instant_known_times(text: str, zone_name: str, expected: str) -> None:
    assert to_instant(wall(text), zone_name) == instant(expected)


@pytest.mark.parametrize(
    ("text", "zone_name", "code"),
    [
        ("2021-10-31 02:30", "Europe/Madrid", "time.ambiguous"),
        ("2021-10-31 02:00", "Europe/Madrid", "time.ambiguous"),
        ("2021-03-28 02:30", "Europe/Madrid", "time.nonexistent"),
        ("2021-03-28 02:00", "Europe/Madrid", "time.nonexistent"),
        ("2021-10-03 02:15", "Australia/Sydney", "time.nonexistent"),
        ("2021-04-04 01:45", "Australia/Lord_Howe", "time.ambiguous"),
        ("2021-10-03 00:30", "America/Asuncion", "time.nonexistent"),
        ("2021-10-29 00:30", "Asia/Amman", "time.ambiguous"),
        ("2011-12-30 12:00", "Pacific/Apia", "time.nonexistent"),
        ("0001-01-01 00:00", "Asia/Kathmandu", "time.out-of-range"),
        ("9999-12-31 23:59", "America/Bogota", "time.out-of-range"),
    ],
)
def test_to_instant_refuses_what_is_no_single_instant(text: str, zone_name: str, code: str) -> None:
    with pytest.raises(WallTimeError) as caught:
        to_instant(wall(text), zone_name)
    assert (caught.value.code, caught.value.params) == (code, {"wall": text, "zone": zone_name})
    assert text in str(caught.value)


def test_to_instant_ignores_fold_and_refuses_aware_times() -> None:
    with pytest.raises(WallTimeError):
        to_instant(wall("2021-10-31 02:30").replace(fold=1), "Europe/Madrid")
    with pytest.raises(ValueError, match="naive"):
        to_instant(instant("2021-10-31 02:30"), "Europe/Madrid")


def _preimages(at: datetime, zone_name: str) -> set[datetime]:
    """All instants at which the clocks show ``at``, found the slow way: by trying every offset in force around it."""
    tz = zoneinfo.ZoneInfo(zone_name)
    around = (at.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-30, 31))
    offsets = {offset for near in around if (offset := near.astimezone(tz).utcoffset()) is not None}
    tried = {at.replace(tzinfo=UTC) - offset for offset in offsets}
    return {near for near in tried if near.astimezone(tz).replace(tzinfo=None, fold=0) == at}


def _searched(at: datetime, zone_name: str) -> datetime | str:
    """The instant found by the search, or the code of the error it calls for."""
    found = _preimages(at, zone_name)
    return found.pop() if len(found) == 1 else {0: "time.nonexistent", 2: "time.ambiguous"}[len(found)]


def _outcome(at: datetime, zone_name: str) -> datetime | str:
    """What the conversion says: an instant, or the code of its error."""
    try:
        return to_instant(at, zone_name)
    except WallTimeError as error:
        return error.code


@given(minutes, zone_names)
def test_to_instant_agrees_with_a_search_of_all_offsets(at: datetime, zone_name: str) -> None:
    assert _outcome(at, zone_name) == _searched(at, zone_name)


@given(zone_names, st.integers(2000, 2034), st.integers(0, 1), st.integers(-180, 180))
def test_to_instant_agrees_with_the_search_near_clock_changes(
    zone_name: str, year: int, which: int, shift_min: int
) -> None:
    change = instant(f"{year}-01-01")
    for _ in range(which + 1):
        change = _next_change(change, zone_name)
    at = (change.astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)) + timedelta(minutes=shift_min)
    assert _outcome(at, zone_name) == _searched(at, zone_name)


def _next_change(since: datetime, zone_name: str) -> datetime:
    """The next clock change after ``since``, or ``since`` when there is none within two years."""
    for month in range(13):
        begin = since + timedelta(days=59 * month + 1)
        if found := clock_change_between(begin, begin + timedelta(days=59), zone_name):
            return found
    return since


@given(minutes, zone_names)
def test_local_is_the_way_back(at: datetime, zone_name: str) -> None:
    try:
        there = to_instant(at, zone_name)
    except WallTimeError:
        return
    assert local(there, zone_name).replace(tzinfo=None) == at
    assert there.tzinfo is UTC


# --- days --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "zone_name", "starts", "ends"),
    [
        ("2021-10-04", "2021-10-08", "Europe/Madrid", "2021-10-03 22:00", "2021-10-08 22:00"),
        ("2021-10-31", "2021-10-31", "Europe/Madrid", "2021-10-30 22:00", "2021-10-31 23:00"),
        # The clocks jump from 0:00 to 1:00: the day begins at one o'clock.
        ("2021-10-03", "2021-10-03", "America/Asuncion", "2021-10-03 04:00", "2021-10-04 03:00"),
        # Midnight happens twice: the day begins with the first.
        ("2021-10-29", "2021-10-29", "Asia/Amman", "2021-10-28 21:00", "2021-10-29 22:00"),
        # A day that was left out is empty.
        ("2011-12-30", "2011-12-30", "Pacific/Apia", "2011-12-30 10:00", "2011-12-30 10:00"),
        ("2021-10-07", "2021-10-07", "Pacific/Kiritimati", "2021-10-06 10:00", "2021-10-07 10:00"),
    ],
)
def test_all_day_bounds(first: str, last: str, zone_name: str, starts: str, ends: str) -> None:
    bounds = all_day_bounds(date.fromisoformat(first), date.fromisoformat(last), zone_name)
    assert bounds == (instant(starts), instant(ends))


def test_all_day_bounds_refuses_days_in_the_wrong_order_and_the_end_of_time() -> None:
    with pytest.raises(ValueError, match="before the first"):
        all_day_bounds(date(2021, 10, 8), date(2021, 10, 7), "UTC")
    with pytest.raises(WallTimeError):
        all_day_bounds(date.max, date.max, "UTC")


@given(st.dates(date(2000, 1, 1), date(2035, 1, 1)), zone_names)
def test_all_day_bounds_are_the_first_instants_of_their_dates(on: date, zone_name: str) -> None:
    starts, ends = all_day_bounds(on, on, zone_name)
    second = timedelta(seconds=1)
    assert local(starts, zone_name).date() >= on > local(starts - second, zone_name).date()
    assert local(ends, zone_name).date() > on
    assert local(ends - second, zone_name).date() <= on


# --- labels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone_name", "label", "letters"),
    [
        ("Europe/Madrid", "UTC+2", "CEST"),
        ("Asia/Kathmandu", "UTC+5:45", ""),
        ("America/Sao_Paulo", "UTC−3", ""),
        ("America/New_York", "UTC−4", "EDT"),
        ("Pacific/Marquesas", "UTC−9:30", ""),
        ("Pacific/Chatham", "UTC+13:45", ""),
        ("Africa/Dakar", "UTC", "GMT"),
        ("UTC", "UTC", "UTC"),
    ],
)
def test_labels_on_the_day(zone_name: str, label: str, letters: str) -> None:
    at = instant("2021-10-07 13:00")
    assert (offset_label(at, zone_name), abbreviation(at, zone_name)) == (label, letters)


def test_labels_follow_the_date_not_the_zone() -> None:
    assert abbreviation(instant("2021-10-31 02:00"), "Europe/Madrid") == "CET"
    assert offset_label(instant("1900-01-01 00:00"), "Europe/Madrid") == "UTC−0:14:44"


@pytest.mark.parametrize(
    ("to_zone", "days"), [("Europe/Madrid", 0), ("Australia/Melbourne", 1), ("Asia/Shanghai", 0), ("Pacific/Apia", 1)]
)
def test_day_shift_from_madrid(to_zone: str, days: int) -> None:
    assert day_shift(instant("2021-10-07 13:00"), "Europe/Madrid", to_zone) == days


def test_day_shift_backwards_and_far() -> None:
    at = instant("2021-10-07 10:30")
    assert day_shift(at, "Australia/Melbourne", "Pacific/Pago_Pago") == -1
    assert day_shift(at, "Pacific/Pago_Pago", "Pacific/Kiritimati") == 2


def test_naive_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        offset_label(wall("2021-10-07 13:00"), "UTC")


def test_clock_change_between_finds_the_instant() -> None:
    since, until = instant("2021-10-30 00:00"), instant("2021-11-01 00:00")
    assert clock_change_between(since, until, "Europe/Madrid") == instant("2021-10-31 01:00")
    assert clock_change_between(since, until, "Asia/Kathmandu") is None


# --- abbreviations -----------------------------------------------------------------------------------------------


def test_abbreviations_are_true_somewhere() -> None:
    """Every meaning's first place really has that offset at some time of the last thirty years."""
    for letters, meanings in ABBREVIATIONS.items():
        for meaning in meanings:
            assert set(meaning.zones) <= place_zones(), letters
            tz = zoneinfo.ZoneInfo(meaning.zones[0])
            seen = {datetime(year, month, 15, tzinfo=tz).utcoffset() for year in range(1996, 2027) for month in (1, 7)}
            assert timedelta(minutes=meaning.offset_min) in seen, letters


@pytest.mark.parametrize(
    ("token", "offsets"),
    [
        ("CET", (60,)),
        ("cest", (120,)),
        ("IST", (330, 60, 120)),
        ("GMT+2", (120,)),
        ("UTC-03:30", (-210,)),
        ("utc −3", (-180,)),
        ("GMT+15", ()),
        ("XYZ", ()),
        ("", ()),
    ],
)
def test_literal_offsets(token: str, offsets: tuple[int, ...]) -> None:
    assert literal_offsets(token) == offsets


def test_offset_text_of_minutes_and_none() -> None:
    assert [offset_text(seconds) for seconds in (0, 3600, -12600)] == ["UTC", "UTC+1", "UTC−3:30"]


# --- lint: the flyer ---------------------------------------------------------------------------------------------


def test_lint_flyer_disagrees_until_confirmed() -> None:
    (finding,) = lint("2021-10-07 15:00", "2021-10-07 16:30", "Europe/Madrid", time_text=FLYER, window=WINDOW)
    assert told([finding]) == [("time.abbreviation-disagrees", "error", "time_text")]
    assert finding.say() == (
        "“15:00 CET” read literally is 14:00 UTC, but CET is not in force in Europe/Madrid on that day: "
        "we read 15:00 there (CEST, UTC+2), 13:00 UTC. Confirm that, or correct the time."
    )


def test_lint_flyer_confirmed_leaves_a_note() -> None:
    (finding,) = lint(
        "2021-10-07 15:00", "2021-10-07 16:30", "Europe/Madrid", time_text=FLYER, time_confirmed=True, window=WINDOW
    )
    assert told([finding]) == [("time.abbreviation-disagrees", "note", "time_text")]
    assert finding.say() == "“15:00 CET” was confirmed to mean 15:00 in Europe/Madrid (CEST, UTC+2), 13:00 UTC."


@pytest.mark.parametrize(("zone_name", "text"), [("", FLYER), ("CET", FLYER), ("CET", ""), (" cet ", "")])
def test_lint_abbreviation_instead_of_a_zone_asks_for_the_place(zone_name: str, text: str) -> None:
    (finding,) = lint("2021-10-07 15:00", "2021-10-07 16:30", zone_name, time_text=text, host_country="ES")
    assert told([finding]) == [("time.abbreviation-only", "error", "zone")]
    assert "Do you mean Central European Summer Time, Europe/Madrid?" in finding.say()
    assert finding.params["zones"] == "Europe/Madrid, Africa/Ceuta"


@pytest.mark.parametrize(
    ("token", "country", "words"),
    [
        ("CST", "", "“CST” can mean: Central Standard Time (UTC−6), China Standard Time (UTC+8), Cuba Standard Time "
                    "(UTC−5). Choose the city whose clock counts, for instance America/Chicago."),
        ("CST", "TW", "“CST” is not a time zone. Do you mean China Standard Time, Asia/Taipei?"),
        ("CST", "HN", "“CST” is not a time zone. Do you mean Central Standard Time, America/Tegucigalpa?"),
        ("CST", "CL", "“CST” is not a time zone. Do you mean UTC−3, America/Santiago?"),
        ("BST", "BD", "“BST” is not a time zone. Do you mean Bangladesh Standard Time, Asia/Dhaka?"),
        ("BST", "BR", "“BST” is not a time zone. Do you mean UTC−3, America/Sao_Paulo?"),
        ("EST", "AU", "“EST” is not a time zone. Do you mean Australian Eastern Daylight Time, Australia/Sydney?"),
        ("IST", "IN", "“IST” is not a time zone. Do you mean India Standard Time, Asia/Kolkata?"),
        ("EST", "US", "“EST” is not a time zone. Do you mean Eastern Daylight Time, America/New_York?"),
        ("GMT+2", "ES", "“GMT+2” is not a time zone. Do you mean Central European Summer Time, Europe/Madrid?"),
        ("GMT+2", "", "“GMT+2” is not a time zone. Choose the city whose clock counts."),
        ("JST", "", "“JST” is not a time zone. Do you mean Japan Standard Time, Asia/Tokyo?"),
    ],
)  # fmt: skip
def test_lint_abbreviation_by_country(token: str, country: str, words: str) -> None:
    (finding,) = lint("2021-10-07 15:00", "2021-10-07 16:30", token, host_country=country)
    assert (finding.code, finding.say()) == ("time.abbreviation-only", words)


def test_lint_abbreviation_without_a_date_still_asks() -> None:
    findings = lint(None, None, "CET", host_country="ES")
    assert findings[0].say() == "“CET” is not a time zone. Do you mean Central European Time, Europe/Madrid?"
    assert told(findings)[1:] == [("time.missing-start", "error", "starts"), ("time.missing-end", "error", "ends")]


@pytest.mark.parametrize(
    ("zone_name", "code"),
    [("", "time.zone-missing"), ("Barcelona", "time.zone-unknown"), ("EST5EDT", "time.zone-unknown"),
     ("Etc/GMT-1", "time.zone-unknown"), ("../x", "time.zone-unknown")],
)  # fmt: skip
def test_lint_zone_missing_or_unknown(zone_name: str, code: str) -> None:
    assert told(lint("2021-10-07 15:00", "2021-10-07 16:30", zone_name)) == [(code, "error", "zone")]


# --- lint: words against times -----------------------------------------------------------------------------------

AGREE = [
    ("2021-10-07 15:00", "Europe/Madrid", "15:00-16:30 CEST"),
    ("2021-10-07 15:00", "Europe/Madrid", "15:00 CET (13:00 UTC)"),
    ("2021-10-07 15:00", "Europe/Madrid", "16:00 EEST / 9 am EDT"),
    ("2021-10-07 15:00", "Europe/Madrid", "3-4:30 pm GMT+2"),
    ("2021-12-07 15:00", "Europe/Madrid", "15:00 CET"),
    ("2021-10-07 18:30", "Asia/Kolkata", "18:30 IST"),
    ("2021-07-07 18:30", "Europe/Dublin", "18h30 IST"),
    ("2021-10-07 18:30", "Asia/Shanghai", "6.30 pm CST"),
    ("2021-10-07 07:00", "America/Los_Angeles", "7 am PT"),
    ("2021-10-08 10:00", "Asia/Tokyo", "Thursday 7 October 21:00 EDT, Friday 10:00 JST"),
    ("2021-10-07 15:00", "Europe/Paris", "jeudi 7 octobre à 15h00, il est prévu"),
    ("2021-10-07 15:00", "Europe/Madrid", "jueves 7"),
    ("2021-10-07 15:00", "Europe/Madrid", "dijous 7, de 15 a 16.30h"),
    ("2021-10-07 15:00", "America/Sao_Paulo", "Quinta-feira, 7 de outubro, das 15h às 16h"),
    ("2021-10-07 15:00", "Europe/Berlin", "Donnerstag, 15.00 Uhr"),
    ("2021-10-07 15:00", "Europe/Rome", "Giovedì 7 ottobre ore 15:00"),
    ("2021-10-07 15:00", "Europe/Rome", "Monday 4 to Thursday 7 October"),
    ("2021-10-07 15:00", "Europe/Rome", "to be announced, 2 parts, 90 minutes"),
]


@pytest.mark.parametrize(("starts", "zone_name", "text"), AGREE)
def test_lint_words_that_agree(starts: str, zone_name: str, text: str) -> None:
    ends = (wall(starts) + timedelta(hours=1)).isoformat()
    assert lint(starts, ends, zone_name, time_text=text) == []


DISAGREE = [
    ("2021-10-07 15:00", "Europe/Madrid", "15:00 CET", ["time.abbreviation-disagrees"]),
    ("2021-10-07 15:00", "Europe/Madrid", "CET", ["time.abbreviation-disagrees"]),
    ("2021-10-07 15:00", "Europe/Madrid", "15:00 GMT+1", ["time.abbreviation-disagrees"]),
    ("2021-07-07 20:30", "America/New_York", "8.30 PM EST", ["time.abbreviation-disagrees"]),
    ("2021-10-07 09:00", "America/Santiago", "9:00 CST", ["time.abbreviation-disagrees"]),
    ("2021-10-07 15:00", "Europe/Madrid", "16:00", ["time.text-differs"]),
    ("2021-10-07 15:00", "Europe/Madrid", "4pm", ["time.text-differs"]),
    ("2021-10-07 15:00", "Europe/Madrid", "16h", ["time.text-differs"]),
    ("2021-10-07 15:00", "Europe/Madrid", "16:00 CEST", ["time.abbreviation-disagrees", "time.text-differs"]),
    ("2021-10-07 15:00", "Europe/Madrid", "Friday 15:00", ["time.weekday"]),
    ("2021-10-07 15:00", "Europe/Madrid", "(Fri) 15:00", ["time.weekday"]),
    ("2021-10-07 15:00", "Europe/Madrid", "Viernes", ["time.weekday"]),
    ("2021-10-07 15:00", "Europe/Madrid", "vendredi", ["time.weekday"]),
    ("2021-10-07 15:00", "Europe/Madrid", "sexta-feira", ["time.weekday"]),
    ("2021-10-07 15:00", "Europe/Madrid", "divendres", ["time.weekday"]),
    ("2021-10-07 15:00", "Europe/Madrid", "Freitag", ["time.weekday"]),
    ("2021-10-07 15:00", "Europe/Madrid", "VENERDÌ", ["time.weekday"]),
]


@pytest.mark.parametrize(("starts", "zone_name", "text", "expected"), DISAGREE)
def test_lint_words_that_disagree(starts: str, zone_name: str, text: str, expected: list[str]) -> None:
    ends = (wall(starts) + timedelta(hours=1)).isoformat()
    assert [finding.code for finding in lint(starts, ends, zone_name, time_text=text)] == expected


def test_lint_wrong_weekday_says_the_right_one_and_can_be_confirmed() -> None:
    (asked,) = lint("2021-10-07 15:00", "2021-10-07 16:00", "Europe/Madrid", time_text="Tuesday")
    (kept,) = lint("2021-10-07 15:00", "2021-10-07 16:00", "Europe/Madrid", time_text="Tuesday", time_confirmed=True)
    assert asked.say() == "The text says “tuesday”, but 2021-10-07 is a Thursday."
    assert (asked.level, kept.level) == (Level.ERROR, Level.NOTE)


# --- lint: start, end and surroundings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "zone_name", "expected"),
    [
        ("2021-10-31 02:30", "2021-10-31 04:00", "Europe/Madrid", [("time.ambiguous", "error", "starts")]),
        ("2021-10-31 00:30", "2021-10-31 02:30", "Europe/Madrid",
         [("time.ambiguous", "error", "ends"), ("time.night", "warning", "starts"),
          ("time.clock-change", "note", "starts")]),
        ("2021-03-28 02:30", "2021-03-28 02:45", "Europe/Madrid",
         [("time.nonexistent", "error", "starts"), ("time.nonexistent", "error", "ends")]),
        ("2021-10-30 23:00", "2021-10-31 04:00", "Europe/Madrid", [("time.clock-change", "note", "starts")]),
        ("2021-10-29 15:00", "2021-10-29 16:00", "Europe/Madrid", []),
        ("2021-10-30 15:00", "2021-10-30 16:00", "Europe/Madrid", [("time.clock-change", "note", "starts")]),
        ("2021-10-07 15:00", "2021-10-07 15:00", "Europe/Madrid", [("time.end-before-start", "error", "ends")]),
        ("2021-10-07 15:00", "2021-10-07 14:00", "Europe/Madrid", [("time.end-before-start", "error", "ends")]),
        ("2021-10-07 15:00", "2021-10-08 15:00", "Europe/Madrid", []),
        ("2021-10-07 15:00", "2021-10-08 15:01", "Europe/Madrid", [("time.too-long", "warning", "ends")]),
        ("2021-10-07 00:00", "2021-10-07 01:00", "Europe/Madrid", [("time.night", "warning", "starts")]),
        ("2021-10-07 05:59", "2021-10-07 07:00", "Europe/Madrid", [("time.night", "warning", "starts")]),
        ("2021-10-07 06:00", "2021-10-07 07:00", "Europe/Madrid", []),
        ("2021-10-07 15:00", None, "Europe/Madrid", [("time.missing-end", "error", "ends")]),
        (None, "2021-10-07 15:00", "Europe/Madrid", [("time.missing-start", "error", "starts")]),
        ("2021-10-07 15:00", "2021-10-07 14:00", "Nowhere/City",
         [("time.zone-unknown", "error", "zone"), ("time.end-before-start", "error", "ends")]),
    ],
)  # fmt: skip
def test_lint_times(starts: str | None, ends: str | None, zone_name: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(lint(starts, ends, zone_name)) == expected


def test_lint_length_counts_the_hour_of_a_clock_change() -> None:
    """From 30 October 15:00 to 31 October 15:00 Madrid lasts 25 hours."""
    found = [finding.code for finding in lint("2021-10-30 15:00", "2021-10-31 15:00", "Europe/Madrid")]
    assert found == ["time.too-long", "time.clock-change"]


def test_lint_night_is_the_hosts_when_the_zone_is_elsewhere() -> None:
    assert told(lint("2021-10-07 21:00", "2021-10-07 22:00", "UTC", host_country="NP")) == [
        ("time.night", "warning", "starts")
    ]
    assert lint("2021-10-07 21:00", "2021-10-07 22:00", "UTC", host_country="US") == []


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2021-10-01 12:00", "2021-10-01 13:00", []),
        ("2021-10-30 22:00", "2021-10-31 00:00", []),
        ("2021-10-31 22:00", "2021-11-01 00:00", []),
        ("2021-09-30 22:00", "2021-10-01 00:00", [("time.outside-window", "warning", "starts")]),
        ("2021-08-02 12:00", "2021-08-02 13:00", [("time.outside-window", "warning", "starts")]),
        ("2021-08-01 12:00", "2021-08-01 13:00", [("time.outside-window", "error", "starts")]),
        ("2021-12-30 12:00", "2021-12-30 13:00", [("time.outside-window", "warning", "starts")]),
        ("2022-10-07 12:00", "2022-10-07 13:00", [("time.outside-window", "error", "starts")]),
    ],
)
def test_lint_window(starts: str, ends: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(lint(starts, ends, "Asia/Kathmandu", window=WINDOW)) == expected


def all_day(first: str | None, last: str | None, **more: Any) -> list[tuple[str, str, str]]:
    return told(
        lint(
            None, None, more.pop("zone_name", "Europe/Madrid"), all_day=True,
            starts_on=date.fromisoformat(first) if first else None,
            ends_on=date.fromisoformat(last) if last else None, window=WINDOW, **more,
        )
    )  # fmt: skip


def test_lint_all_day() -> None:
    assert all_day("2021-10-04", "2021-10-08") == []
    assert all_day("2021-10-04", "2021-10-04", time_text="Monday, 24 hours") == []
    assert all_day("2021-10-31", "2021-10-31") == []
    assert all_day("2021-10-08", "2021-10-04") == [("time.end-before-start", "error", "ends_on")]
    assert all_day("2021-10-04", None) == [("time.missing-end", "error", "ends_on")]
    assert all_day(None, None)[0] == ("time.missing-start", "error", "starts_on")
    assert all_day("2021-10-04", "2021-11-02") == [("time.outside-window", "warning", "starts_on")]
    assert all_day("2021-10-04", "2021-10-08", zone_name="") == [("time.zone-missing", "error", "zone")]
    assert all_day("2021-10-04", "2021-10-08", time_text="Friday") == [("time.weekday", "error", "time_text")]


def test_lint_only_a_postponed_slot_may_lack_times() -> None:
    assert lint(None, None, "", status=SessionStatus.POSTPONED) == []
    assert lint("2021-10-07 15:00", None, "Europe/Madrid", status=SessionStatus.POSTPONED) == []
    assert told(lint(None, None, "Nowhere", status=SessionStatus.POSTPONED)) == [("time.zone-unknown", "error", "zone")]
    assert told(lint(None, None, "UTC", status=SessionStatus.CANCELLED)) == [
        ("time.missing-start", "error", "starts"),
        ("time.missing-end", "error", "ends"),
    ]


def test_lint_postponed_slot_with_times_is_read_like_any_other() -> None:
    found = lint("2021-10-07 15:00", "2021-10-07 14:00", "UTC", status=SessionStatus.POSTPONED)
    assert told(found) == [("time.end-before-start", "error", "ends")]


@given(
    st.none() | st.datetimes(),
    st.none() | st.datetimes(),
    st.sampled_from([*ZONES, "CET", "", "x"]),
    st.text(max_size=40),
    st.sampled_from(["", "ES", "AU", "NP", "XX"]),
)
def test_lint_any_claim_is_answered_in_words(
    starts: datetime | None, ends: datetime | None, zone_name: str, text: str, country: str
) -> None:
    findings = lint_slot(starts=starts, ends=ends, zone=zone_name, time_text=text, window=WINDOW, host_country=country)
    assert all("{" not in finding.text.format(**finding.params) or "{" in text for finding in findings)


def test_modern_names_are_places_that_can_be_used() -> None:
    assert modern_names() <= place_zones()
