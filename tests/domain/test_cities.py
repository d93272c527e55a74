"""The city of a session: the venue's or the host's where it lies in the session's zone."""

from __future__ import annotations

import pytest

from wmd.domain.cities import city_in


@pytest.mark.parametrize(
    ("zone", "places", "city"),
    [
        ("Asia/Seoul", [("Busan", "kr")], "Busan"),
        ("Africa/Johannesburg", [("", ""), ("Durban", "ZA")], "Durban"),
        ("America/Mexico_City", [("Guadalajara", "MX"), ("Lima", "PE")], "Guadalajara"),
        ("Europe/Madrid", [("Bogotá", "CO")], ""),
        ("Europe/Madrid", [], ""),
    ],
)
def test_city_is_the_first_that_the_zone_can_be_of(zone: str, places: list[tuple[str, str]], city: str) -> None:
    assert city_in(zone, places) == city
