"""VTIMEZONE: every zone of tzdata, read by a reader poorer than any client."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.ical.evaluator import ZoneReader
from wmd.domain.ical.vtimezone import vtimezone

SPANS = ((2021, 2021), (2026, 2026), (2021, 2026))


def days_to_probe(year: int) -> list[datetime]:
    """Noon and midnight of each fifth day and of the days around the clock changes of the season."""
    days = [datetime(year, 1, 1) + timedelta(days=step) for step in range(0, 365, 5)]  # noqa: DTZ001
    days += [datetime(year, 10, day) for day in range(1, 32)] + [datetime(year, 11, day) for day in range(1, 9)]  # noqa: DTZ001
    return [day + timedelta(hours=hour) for day in days for hour in (0, 1, 12)]


@pytest.mark.parametrize("span", SPANS)
def test_vtimezone_of_every_zone_gives_the_offset_of_tzdata_on_every_probed_day(span: tuple[int, int]) -> None:
    probes = [probe for year in sorted(set(span)) for probe in days_to_probe(year)]
    wrong = []
    zones = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})
    for name in zones:
        reader = ZoneReader(vtimezone(name, *span), span[1] + 1)
        zone = zoneinfo.ZoneInfo(name)
        wrong += [
            (name, probe)
            for probe in probes
            if reader.offset_at(probe) != probe.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        ]
    assert wrong == []
    assert len(zones) > 400


@pytest.mark.parametrize(
    ("name", "instants"),
    [
        ("Europe/Madrid", ["2021-03-28T01:00:00", "2021-10-31T01:00:00"]),
        ("Australia/Sydney", ["2021-04-03T16:00:00", "2021-10-02T16:00:00"]),
        ("America/Asuncion", ["2021-03-28T03:00:00", "2021-10-03T04:00:00"]),
        ("Asia/Amman", ["2021-03-25T22:00:00", "2021-10-28T22:00:00"]),
        ("Africa/Casablanca", ["2021-04-11T02:00:00", "2021-05-16T02:00:00"]),
        ("Pacific/Chatham", ["2021-04-03T14:00:00", "2021-09-25T14:00:00"]),
    ],
)
def test_vtimezone_changes_on_the_very_second(name: str, instants: list[str]) -> None:
    reader = ZoneReader(vtimezone(name, 2021, 2021), 2022)
    zone = zoneinfo.ZoneInfo(name)
    second = timedelta(seconds=1)
    for instant in map(datetime.fromisoformat, instants):
        assert reader.offset_at(instant - second) != reader.offset_at(instant)
        for probe in (instant - second, instant, instant + second):
            assert reader.offset_at(probe) == probe.replace(tzinfo=UTC).astimezone(zone).utcoffset()


def test_vtimezone_with_a_yearly_rule_is_two_short_blocks() -> None:
    assert vtimezone("Europe/Madrid", 2021, 2021).decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Madrid",
        "BEGIN:STANDARD",
        "DTSTART:20201025T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:20200329T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "END:DAYLIGHT",
        "END:VTIMEZONE",
        "",
    ]


def test_vtimezone_without_changes_is_one_block_since_1970() -> None:
    assert vtimezone("Asia/Kathmandu", 2021, 2026).decode().split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Kathmandu",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0545",
        "TZOFFSETTO:+0545",
        "TZNAME:+0545",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


def test_vtimezone_of_a_zone_without_a_rule_writes_each_change_and_no_rdate() -> None:
    node = ZoneReader(vtimezone("Africa/Casablanca", 2021, 2021), 2022).node
    assert [block.raw("DTSTART") for block in node.children] == [
        "19700101T000000",
        "20200419T030000",
        "20200531T020000",
        "20210411T030000",
        "20210516T020000",
        "20220327T030000",
        "20220508T020000",
    ]
    assert {found.name for block in node.children for found in block.properties} == {
        "DTSTART",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "TZNAME",
    }


def test_vtimezone_of_a_zone_that_changed_once_says_what_held_before() -> None:
    # Kazakhstan moved to one time on 1 March 2024; nothing else changed in these years.
    reader = ZoneReader(vtimezone("Asia/Almaty", 2021, 2026), 2027)
    assert reader.offset_at(datetime(2021, 10, 7)) == timedelta(hours=6)  # noqa: DTZ001
    assert reader.offset_at(datetime(2026, 10, 7)) == timedelta(hours=5)  # noqa: DTZ001


def test_vtimezone_of_an_unknown_zone_is_refused() -> None:
    with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
        vtimezone("Europe/Atlantis", 2021, 2021)
