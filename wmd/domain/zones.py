"""The zone chooser: a list short enough to read, long enough that everybody finds a city with their clock.

``CHOICES`` covers every offset in use and every city of the programme's world; any other zone still works, when a
browser or an address names it (:func:`canonical`). Groups follow the regions of Metropolis; Western Asia is with Asia.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from wmd.domain.findings import N_
from wmd.domain.tzdb import modern_name


class ZoneChoice(NamedTuple):
    """One line of the chooser: the IANA name and its cities in English, the best known first."""

    name: str
    cities: tuple[str, ...]

    def label(self, translate: Callable[[str], str] = str) -> str:
        """Return the cities as one text in the language of ``translate``: "Madrid, Barcelona"."""
        return ", ".join(translate(city) for city in self.cities)


class ZoneGroup(NamedTuple):
    """A headed part of the chooser; ``label`` is English, marked for gettext."""

    label: str
    choices: tuple[ZoneChoice, ...]


def _z(name: str, *cities: str) -> ZoneChoice:
    return ZoneChoice(name, cities)


CHOICES: tuple[ZoneGroup, ...] = (
    ZoneGroup(N_("World"), (_z("UTC", N_("UTC, the world's common time")),)),
    ZoneGroup(
        N_("Africa"),
        (
            _z("Africa/Abidjan", N_("Abidjan")),
            _z("Africa/Accra", N_("Accra")),
            _z("Africa/Addis_Ababa", N_("Addis Ababa")),
            _z("Africa/Algiers", N_("Algiers")),
            _z("Africa/Bamako", N_("Bamako")),
            _z("Africa/Cairo", N_("Cairo")),
            _z("Africa/Casablanca", N_("Casablanca"), N_("Rabat")),
            _z("Africa/Dakar", N_("Dakar")),
            _z("Africa/Dar_es_Salaam", N_("Dar es Salaam")),
            _z("Africa/Douala", N_("Douala"), N_("Yaoundé")),
            _z("Africa/Harare", N_("Harare")),
            _z("Africa/Johannesburg", N_("Johannesburg"), N_("Durban")),
            _z("Africa/Kampala", N_("Kampala")),
            _z("Africa/Kinshasa", N_("Kinshasa")),
            _z("Africa/Lagos", N_("Lagos")),
            _z("Africa/Luanda", N_("Luanda")),
            _z("Africa/Maputo", N_("Maputo")),
            _z("Africa/Nairobi", N_("Nairobi")),
            _z("Africa/Nouakchott", N_("Nouakchott")),
            _z("Africa/Tunis", N_("Tunis")),
            _z("Africa/Windhoek", N_("Windhoek")),
            _z("Atlantic/Cape_Verde", N_("Praia")),
            _z("Indian/Mauritius", N_("Port Louis")),
        ),
    ),
    ZoneGroup(
        N_("Asia"),
        (
            _z("Asia/Almaty", N_("Almaty")),
            _z("Asia/Amman", N_("Amman")),
            _z("Asia/Baghdad", N_("Baghdad")),
            _z("Asia/Baku", N_("Baku")),
            _z("Asia/Bangkok", N_("Bangkok")),
            _z("Asia/Beirut", N_("Beirut")),
            _z("Asia/Colombo", N_("Colombo")),
            _z("Asia/Dhaka", N_("Dhaka")),
            _z("Asia/Dubai", N_("Dubai")),
            _z("Asia/Gaza", N_("Gaza")),
            _z("Asia/Ho_Chi_Minh", N_("Ho Chi Minh City")),
            _z("Asia/Hong_Kong", N_("Hong Kong")),
            _z("Asia/Jakarta", N_("Jakarta"), N_("Surabaya")),
            _z("Asia/Jerusalem", N_("Jerusalem")),
            _z("Asia/Kabul", N_("Kabul")),
            _z("Asia/Karachi", N_("Karachi")),
            _z("Asia/Kathmandu", N_("Kathmandu")),
            _z("Asia/Kolkata", N_("Mumbai"), N_("Delhi"), N_("Kolkata")),
            _z("Asia/Kuala_Lumpur", N_("Kuala Lumpur")),
            _z("Asia/Makassar", N_("Makassar")),
            _z("Asia/Manila", N_("Manila")),
            _z("Asia/Riyadh", N_("Riyadh")),
            _z("Asia/Seoul", N_("Seoul"), N_("Busan")),
            _z("Asia/Shanghai", N_("Beijing"), N_("Shanghai"), N_("Guangzhou"), N_("Chengdu")),
            _z("Asia/Singapore", N_("Singapore")),
            _z("Asia/Taipei", N_("Taipei")),
            _z("Asia/Tashkent", N_("Tashkent")),
            _z("Asia/Tehran", N_("Tehran"), N_("Mashhad")),
            _z("Asia/Tokyo", N_("Tokyo")),
            _z("Asia/Ulaanbaatar", N_("Ulaanbaatar")),
            _z("Asia/Vladivostok", N_("Vladivostok")),
            _z("Asia/Yangon", N_("Yangon")),
        ),
    ),
    ZoneGroup(
        N_("Oceania"),
        (
            _z("Australia/Adelaide", N_("Adelaide")),
            _z("Australia/Brisbane", N_("Brisbane")),
            _z("Australia/Darwin", N_("Darwin")),
            _z("Australia/Eucla", N_("Eucla")),
            _z("Australia/Lord_Howe", N_("Lord Howe Island")),
            _z("Australia/Melbourne", N_("Melbourne")),
            _z("Australia/Perth", N_("Perth")),
            _z("Australia/Sydney", N_("Sydney")),
            _z("Pacific/Apia", N_("Apia")),
            _z("Pacific/Auckland", N_("Auckland")),
            _z("Pacific/Chatham", N_("Chatham Islands")),
            _z("Pacific/Fiji", N_("Suva")),
            _z("Pacific/Gambier", N_("Gambier Islands")),
            _z("Pacific/Guam", N_("Hagåtña")),
            _z("Pacific/Honolulu", N_("Honolulu")),
            _z("Pacific/Kiritimati", N_("Kiritimati")),
            _z("Pacific/Marquesas", N_("Marquesas Islands")),
            _z("Pacific/Norfolk", N_("Norfolk Island")),
            _z("Pacific/Noumea", N_("Nouméa")),
            _z("Pacific/Pago_Pago", N_("Pago Pago")),
            _z("Pacific/Pitcairn", N_("Pitcairn")),
            _z("Pacific/Tahiti", N_("Papeete")),
            _z("Pacific/Tongatapu", N_("Nukuʻalofa")),
        ),
    ),
    ZoneGroup(
        N_("Europe"),
        (
            _z("Atlantic/Azores", N_("Ponta Delgada")),
            _z("Atlantic/Canary", N_("Las Palmas")),
            _z("Atlantic/Reykjavik", N_("Reykjavík")),
            _z("Europe/Amsterdam", N_("Amsterdam")),
            _z("Europe/Athens", N_("Athens")),
            _z("Europe/Berlin", N_("Berlin")),
            _z("Europe/Brussels", N_("Brussels")),
            _z("Europe/Bucharest", N_("Bucharest")),
            _z("Europe/Dublin", N_("Dublin")),
            _z("Europe/Helsinki", N_("Helsinki")),
            _z("Europe/Istanbul", N_("Istanbul")),
            _z("Europe/Kyiv", N_("Kyiv")),
            _z("Europe/Lisbon", N_("Lisbon")),
            _z("Europe/London", N_("London")),
            _z("Europe/Madrid", N_("Madrid"), N_("Barcelona")),
            _z("Europe/Moscow", N_("Moscow")),
            _z("Europe/Paris", N_("Paris")),
            _z("Europe/Rome", N_("Rome"), N_("Turin")),
            _z("Europe/Vienna", N_("Vienna")),
            _z("Europe/Warsaw", N_("Warsaw")),
            _z("Europe/Zurich", N_("Zurich")),
        ),
    ),
    ZoneGroup(
        N_("Latin America and the Caribbean"),
        (
            _z("America/Argentina/Buenos_Aires", N_("Buenos Aires")),
            _z("America/Argentina/Cordoba", N_("Córdoba"), N_("Rosario")),
            _z("America/Asuncion", N_("Asunción")),
            _z("America/Bogota", N_("Bogotá"), N_("Medellín")),
            _z("America/Caracas", N_("Caracas")),
            _z("America/Costa_Rica", N_("San José")),
            _z("America/El_Salvador", N_("San Salvador")),
            _z("America/Guatemala", N_("Guatemala City")),
            _z("America/Guayaquil", N_("Quito"), N_("Guayaquil")),
            _z("America/Havana", N_("Havana")),
            _z("America/Jamaica", N_("Kingston")),
            _z("America/La_Paz", N_("La Paz")),
            _z("America/Lima", N_("Lima")),
            _z("America/Managua", N_("Managua")),
            _z("America/Manaus", N_("Manaus")),
            _z("America/Montevideo", N_("Montevideo")),
            _z("America/Noronha", N_("Fernando de Noronha")),
            _z("America/Panama", N_("Panama City")),
            _z("America/Port-au-Prince", N_("Port-au-Prince")),
            _z("America/Puerto_Rico", N_("San Juan")),
            _z("America/Santiago", N_("Santiago")),
            _z("America/Santo_Domingo", N_("Santo Domingo")),
            _z("America/Sao_Paulo", N_("São Paulo"), N_("Porto Alegre"), N_("Belo Horizonte"), N_("Brasília")),
            _z("America/Tegucigalpa", N_("Tegucigalpa")),
            _z("Pacific/Easter", N_("Easter Island")),
        ),
    ),
    ZoneGroup(
        N_("North America"),
        (
            _z("America/Anchorage", N_("Anchorage")),
            _z("America/Chicago", N_("Chicago")),
            _z("America/Denver", N_("Denver")),
            _z("America/Halifax", N_("Halifax")),
            _z("America/Los_Angeles", N_("Los Angeles")),
            _z("America/Mexico_City", N_("Mexico City"), N_("Guadalajara")),
            _z("America/Monterrey", N_("Monterrey")),
            _z("America/New_York", N_("New York"), N_("Atlanta")),
            _z("America/Nuuk", N_("Nuuk")),
            _z("America/Phoenix", N_("Phoenix")),
            _z("America/St_Johns", N_("St. John's")),
            _z("America/Tijuana", N_("Tijuana")),
            _z("America/Toronto", N_("Toronto"), N_("Montréal")),
            _z("America/Vancouver", N_("Vancouver")),
        ),
    ),
)


def canonical(name: str) -> str | None:
    """Return today's IANA name for a zone that a browser, cookie or address named, or None when it names no place.

    ``Europe/Kiev`` gives ``Europe/Kyiv``, ``US/Eastern`` gives ``America/New_York``, ``Etc/UTC`` gives ``UTC``.
    """
    return modern_name(name)


def is_valid_viewer_zone(name: str) -> bool:
    """Tell whether a viewer's times can be shown in the zone of that name (see :func:`canonical`)."""
    return canonical(name) is not None


def city_label(zone_name: str, city: str = "") -> str:
    """Return the name of a zone for a reader: the host's city when it is known, else the city in the zone's name.

    "Europe/Madrid" gives "Madrid", or "Barcelona" with that city; "America/Bogota" gives "Bogotá".
    """
    if city.strip():
        return city.strip()
    plain = zone_name.rsplit("/", 1)[-1].replace("_", " ")
    return _written_cities().get(_fold(plain), plain)


@cache
def _written_cities() -> dict[str, str]:
    """Return the cities of the chooser by their name without accents, as it stands in zone names."""
    return {_fold(city): city for group in CHOICES for choice in group.choices for city in choice.cities}


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
