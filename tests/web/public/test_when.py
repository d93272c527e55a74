from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.factories import make_event, make_session
from wmd.domain.programme import VenueView
from wmd.web.public.when import city_of, faces, when

EVENING = make_session(1, starts=datetime(2021, 10, 7, 20, 0))  # noqa: DTZ001 -- wall time in Madrid
EVENT = make_event(1, sessions=[EVENING])


def test_when_in_bogota_shows_the_viewers_clock_first_and_the_events_beside_it() -> None:
    found = when(EVENT, EVENING, "America/Bogota")
    assert (found.span, found.zone, found.there, found.there_day) == ("13:00–14:30", "UTC−5", "20:00 in Barcelona", "")
    assert found.day == date(2021, 10, 7)


def test_when_in_melbourne_for_a_madrid_evening_is_the_next_day() -> None:
    found = when(EVENT, EVENING, "Australia/Melbourne")
    assert (found.span, found.zone, found.day) == ("05:00–06:30", "UTC+11", date(2021, 10, 8))
    assert (found.there, found.there_day) == ("20:00 in Barcelona", "Thu 7 Oct there")


def test_when_the_clocks_are_the_same_names_only_the_city() -> None:
    found = when(EVENT, EVENING, "Europe/Madrid")
    assert (found.span, found.zone, found.there) == ("20:00–21:30", "UTC+2", "in Barcelona")


def test_when_a_session_runs_past_midnight_says_when_it_ends() -> None:
    night = make_session(1, starts=datetime(2021, 10, 7, 23, 0), minutes=300)  # noqa: DTZ001
    assert when(EVENT, night, "Europe/Madrid").ends_note == "ends Fri 8 Oct"


def test_when_all_day_keeps_its_own_dates_everywhere() -> None:
    umbrella = make_session(1, all_day=True, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8))
    found = when(EVENT, umbrella, "Australia/Melbourne")
    assert (found.span, found.day, found.zone, found.dates) == (
        "",
        date(2021, 10, 4),
        "in Barcelona",
        "Mon 4 – Fri 8 Oct",
    )


@pytest.mark.parametrize(
    ("zone", "shift"), [("Australia/Melbourne", "+1 day"), ("America/Bogota", ""), ("Europe/Madrid", "")]
)
def test_faces_put_the_viewer_first_with_the_shift_of_its_date(zone: str, shift: str) -> None:
    mine = faces(EVENT, EVENING, zone)[0]
    assert mine.mine is True
    assert mine.shift == shift


def test_faces_for_melbourne_read_three_clocks() -> None:
    found = [(face.place, face.span, face.shift) for face in faces(EVENT, EVENING, "Australia/Melbourne")]
    assert found == [
        ("Melbourne (AEDT, UTC+11)", "05:00–06:30", "+1 day"),
        ("Barcelona (CEST, UTC+2)", "20:00–21:30", ""),
        ("UTC", "18:00–19:30", ""),
    ]


def test_faces_before_the_date_line_count_backwards() -> None:
    morning = make_session(1, starts=datetime(2021, 10, 8, 9, 0), zone="Pacific/Auckland")  # noqa: DTZ001
    event = make_event(1, sessions=[morning], host_city="Auckland", host_country="NZ")
    shifts = [(face.place, face.shift) for face in faces(event, morning, "America/Bogota")]
    assert shifts == [("Bogotá (UTC−5)", "−1 day"), ("Auckland (NZDT, UTC+13)", ""), ("UTC", "−1 day")]


def test_faces_of_two_zones_with_the_same_clocks_are_one() -> None:
    places = [face.place for face in faces(EVENT, EVENING, "Europe/Paris")]
    assert places == ["Paris (CEST, UTC+2), as in Barcelona", "UTC"]


def test_face_of_the_events_own_zone_is_named_as_in_the_chooser() -> None:
    places = [face.place for face in faces(EVENT, EVENING, "Europe/Madrid")]
    assert places == ["Madrid (CEST, UTC+2), as in Barcelona", "UTC"]


def test_shift_says_whose_date_it_counts_from() -> None:
    notes = [(face.shift, face.shift_note) for face in faces(EVENT, EVENING, "Australia/Melbourne")]
    assert notes == [("+1 day", "Thursday in Barcelona"), ("", ""), ("", "")]


def test_faces_in_utc_do_not_repeat_utc() -> None:
    assert [face.place for face in faces(EVENT, EVENING, "UTC")] == ["UTC", "Barcelona (CEST, UTC+2)"]


def test_city_of_a_host_in_another_zone_is_the_zones_own_city() -> None:
    session = make_session(1, zone="America/Mexico_City")
    assert city_of(make_event(1, sessions=[session]), session) == "Mexico City"


def test_city_of_a_venue_comes_before_the_hosts() -> None:
    venue = VenueView("Hall", "", "Sevilla", "ES", None, None)
    assert city_of(make_event(1, venue=venue), EVENING) == "Sevilla"
