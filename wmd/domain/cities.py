"""The city whose clocks a session follows, as people there would say it: Busan, and not Seoul, whose zone it has."""

from __future__ import annotations

from collections.abc import Iterable

from wmd.domain.tzdb import country_zones


def city_in(zone: str, places: Iterable[tuple[str, str]]) -> str:
    """Return the first city among ``places`` (name, ISO 3166-1 alpha-2) whose country has the zone; else a blank."""
    return next((city for city, country in places if city and zone in country_zones(country.upper())), "")
