"""Which region of UN-Habitat a country belongs to."""

from __future__ import annotations

import pytest

from wmd.domain.un_regions import un_habitat_region


@pytest.mark.parametrize(
    ("country", "region", "expected"),
    [
        ("ES", "europe", "europe"),
        ("MA", "africa", "arab-states"),
        ("JO", "asia-pacific", "arab-states"),
        ("MX", "north-america", "latin-america-caribbean"),
        ("CA", "north-america", "north-america"),
        ("SN", "africa", "africa"),
        ("ES", "global", ""),
        ("", "europe", ""),
    ],
)
def test_region_follows_from_the_country_where_it_can(country: str, region: str, expected: str) -> None:
    assert un_habitat_region(country, region) == expected
