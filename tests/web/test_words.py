from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from wmd.web import words

THREE_IN_MADRID = datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
EIGHT_IN_THE_EVENING = datetime(2021, 10, 7, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Madrid", "15:00"),
        ("America/Bogota", "08:00"),
        ("Asia/Kathmandu", "18:45"),
        ("Pacific/Chatham", "02:45"),
        ("UTC", "13:00"),
    ],
)
def test_clock_of_one_instant_follows_the_zone(zone: str, said: str) -> None:
    assert words.clock(THREE_IN_MADRID, zone) == said


def test_span_is_written_with_an_en_dash() -> None:
    assert words.span(THREE_IN_MADRID, EIGHT_IN_THE_EVENING, "Europe/Madrid") == "15:00–20:00"


def test_dates_in_three_lengths() -> None:
    day = date(2021, 10, 7)
    assert words.day(day) == "Thursday 7 October 2021"
    assert words.day_month(day) == "Thursday 7 October"
    assert words.short_day(day) == "Thu 7 Oct"
    assert words.date_of(day) == "7 October 2021"


def test_dates_follow_the_interface_language() -> None:
    assert words.day(date(2021, 10, 7), "fr") == "jeudi 7 octobre 2021"
    assert words.short_day(date(2021, 10, 7), "es") == "jue, 7 oct"


def test_day_span_names_the_year_once() -> None:
    assert words.day_span(date(2021, 10, 4), date(2021, 10, 8)) == "Monday 4 October – Friday 8 October 2021"


def test_day_span_over_new_year_names_both_years() -> None:
    said = words.day_span(date(2021, 12, 30), date(2022, 1, 2))
    assert said == "Thursday 30 December 2021 – Sunday 2 January 2022"


def test_day_span_of_one_day_is_that_day() -> None:
    assert words.day_span(date(2021, 10, 7), date(2021, 10, 7)) == "Thursday 7 October 2021"


@pytest.mark.parametrize(
    ("zone", "city", "said"),
    [
        ("Europe/Madrid", "Barcelona", "Barcelona (CEST, UTC+2)"),
        ("Europe/Madrid", "", "Madrid (CEST, UTC+2)"),
        ("Asia/Kathmandu", "", "Kathmandu (UTC+5:45)"),
        ("America/Bogota", "", "Bogotá (UTC−5)"),
        ("UTC", "", "UTC"),
    ],
)
def test_zone_words_name_place_letters_and_offset(zone: str, city: str, said: str) -> None:
    assert words.zone_words(zone, THREE_IN_MADRID, city) == said


def test_zone_words_in_winter_have_the_winter_letters() -> None:
    assert words.zone_words("Europe/Madrid", datetime(2021, 12, 7, 13, 0, tzinfo=UTC)) == "Madrid (CET, UTC+1)"


def test_day_note_for_melbourne_seen_from_a_madrid_evening() -> None:
    assert words.day_note(EIGHT_IN_THE_EVENING, "Australia/Melbourne", "Europe/Madrid") == "Fri 8 Oct there"


def test_day_note_on_the_same_date_is_blank() -> None:
    assert words.day_note(THREE_IN_MADRID, "Asia/Kathmandu", "Europe/Madrid") == ""


@pytest.mark.parametrize(("days", "said"), [(0, ""), (1, "+1 day"), (2, "+2 days"), (-1, "−1 day")])
def test_shift_label(days: int, said: str) -> None:
    assert words.shift_label(days) == said


def test_end_note_of_a_span_over_midnight() -> None:
    late = datetime(2021, 10, 7, 23, 0, tzinfo=UTC)
    assert words.end_note(THREE_IN_MADRID, late, "Europe/Madrid") == "ends Fri 8 Oct"


def test_end_note_of_a_span_that_ends_at_midnight_is_blank() -> None:
    midnight = datetime(2021, 10, 7, 22, 0, tzinfo=UTC)
    assert words.end_note(THREE_IN_MADRID, midnight, "Europe/Madrid") == ""


def test_moment_names_date_time_and_zone() -> None:
    assert words.moment(THREE_IN_MADRID, "America/Bogota") == "Thu 7 Oct, 08:00 (Bogotá, UTC−5)"


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")],
)
def test_listed(names: list[str], said: str) -> None:
    assert words.listed(names) == said


def test_iso_is_utc_with_a_z() -> None:
    assert words.iso(THREE_IN_MADRID) == "2021-10-07T13:00:00Z"


@pytest.mark.parametrize(("number", "said"), [(0, "0 events"), (1, "1 event"), (42, "42 events")])
def test_event_count(number: int, said: str) -> None:
    assert words.event_count(number) == said


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 12, 1), date(2026, 12, 5), "Tue 1 – Sat 5 Dec"),
        (date(2026, 11, 30), date(2026, 12, 5), "Mon 30 Nov – Sat 5 Dec"),
        (date(2026, 12, 1), date(2026, 12, 1), "Tue 1 Dec"),
    ],
)
def test_short_span_names_a_shared_month_once(first: date, last: date, said: str) -> None:
    assert words.short_span(first, last) == said
