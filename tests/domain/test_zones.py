"""The zone chooser and the names that browsers report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from wmd.domain.times import zone
from wmd.domain.tzdb import country_zones, modern_names, place_zones
from wmd.domain.zones import CHOICES, ZoneChoice, canonical, city_label, is_valid_viewer_zone

NAMES = [choice.name for group in CHOICES for choice in group.choices]


def _offsets(name: str) -> set[timedelta | None]:
    return {datetime(2026, month, 15, tzinfo=UTC).astimezone(ZoneInfo(name)).utcoffset() for month in (1, 7)}


def test_choices_name_each_zone_once_in_its_modern_spelling() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert [canonical(name) for name in NAMES] == NAMES
    assert [zone(name).key for name in NAMES] == NAMES


def test_choices_cover_every_offset_in_use() -> None:
    assert set().union(*map(_offsets, NAMES)) == set().union(*map(_offsets, modern_names()))


def test_choices_cover_every_pair_of_winter_and_summer_offset_where_people_live() -> None:
    def pair(name: str) -> tuple[timedelta | None, ...]:
        tz = ZoneInfo(name)
        return tuple(datetime(2026, month, 15, tzinfo=tz).utcoffset() for month in (1, 7))

    missing = {name for name in modern_names() if pair(name) not in {pair(name) for name in NAMES}}
    # A polar station, some Aleutian islands and Saint-Pierre: their offsets are covered, their habits are not.
    assert missing == {"Antarctica/Troll", "America/Adak", "America/Miquelon"}


CITIES = {
    "Europe/Madrid": "Barcelona Madrid",
    "Europe/Berlin": "Berlin",
    "Europe/Brussels": "Brussels",
    "Europe/Rome": "Turin",
    "Europe/Paris": "Paris",
    "Europe/Lisbon": "Lisbon",
    "Europe/Athens": "Athens",
    "Europe/Istanbul": "Istanbul",
    "America/Montevideo": "Montevideo",
    "America/El_Salvador": "San_Salvador",
    "America/Bogota": "Bogotá Medellín",
    "America/Guayaquil": "Quito",
    "America/Lima": "Lima",
    "America/La_Paz": "La_Paz",
    "America/Santiago": "Santiago",
    "America/Argentina/Buenos_Aires": "Buenos_Aires",
    "America/Argentina/Cordoba": "Rosario",
    "America/Sao_Paulo": "São_Paulo Porto_Alegre Belo_Horizonte",
    "America/Asuncion": "Asunción",
    "America/Mexico_City": "Guadalajara Mexico_City",
    "America/Monterrey": "Monterrey",
    "America/Tijuana": "Tijuana",
    "America/Toronto": "Montréal Toronto",
    "America/New_York": "Atlanta",
    "Africa/Dakar": "Dakar",
    "Africa/Abidjan": "Abidjan",
    "Africa/Bamako": "Bamako",
    "Africa/Nouakchott": "Nouakchott",
    "Africa/Casablanca": "Rabat",
    "Africa/Tunis": "Tunis",
    "Africa/Cairo": "Cairo",
    "Africa/Douala": "Yaoundé",
    "Africa/Nairobi": "Nairobi",
    "Africa/Johannesburg": "Johannesburg Durban",
    "Africa/Harare": "Harare",
    "Asia/Shanghai": "Guangzhou Chengdu",
    "Asia/Seoul": "Seoul Busan",
    "Asia/Jakarta": "Jakarta Surabaya",
    "Asia/Kathmandu": "Kathmandu",
    "Asia/Kolkata": "Mumbai",
    "Asia/Tehran": "Mashhad Tehran",
    "Asia/Amman": "Amman",
    "Australia/Melbourne": "Melbourne",
    "Pacific/Auckland": "Auckland",
}


def test_choices_hold_every_city_of_the_programme() -> None:
    by_zone = {choice.name: choice for group in CHOICES for choice in group.choices}
    for name, cities in CITIES.items():
        wanted = {city.replace("_", " ") for city in cities.split()}
        assert wanted - set(by_zone[name].cities) == set(), name


def test_choice_label_is_translated_city_by_city() -> None:
    choice = ZoneChoice("Europe/Madrid", ("Madrid", "Barcelona"))
    assert choice.label() == "Madrid, Barcelona"
    assert choice.label(str.upper) == "MADRID, BARCELONA"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Europe/Madrid", "Europe/Madrid"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("Africa/Bamako", "Africa/Bamako"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Katmandu", "Asia/Kathmandu"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("Asia/Rangoon", "Asia/Yangon"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("America/Godthab", "America/Nuuk"),
        ("America/Montreal", "America/Toronto"),
        ("America/Coral_Harbour", "America/Atikokan"),
        ("Africa/Asmera", "Africa/Asmara"),
        ("Pacific/Truk", "Pacific/Chuuk"),
        ("Australia/NSW", "Australia/Sydney"),
        ("US/Eastern", "America/New_York"),
        ("Brazil/East", "America/Sao_Paulo"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
        ("CET", None),
        ("EST5EDT", None),
        ("Etc/GMT-1", None),
        ("Cuba", None),
        ("Europe/Nowhere", None),
        ("europe/madrid", None),
        ("../Europe/Madrid", None),
        ("", None),
    ],
)
def test_canonical_name(name: str, expected: str | None) -> None:
    assert canonical(name) == expected
    assert is_valid_viewer_zone(name) is (expected is not None)


def test_every_place_of_the_database_has_a_modern_name_with_the_same_clock_today() -> None:
    at = datetime(2026, 7, 15, tzinfo=UTC)
    for name in place_zones():
        modern = canonical(name)
        assert modern in modern_names(), name
        assert at.astimezone(ZoneInfo(name)).utcoffset() == at.astimezone(ZoneInfo(modern)).utcoffset(), name


@pytest.mark.parametrize(
    ("name", "city", "label"),
    [
        ("Europe/Madrid", "Barcelona", "Barcelona"),
        ("Europe/Madrid", " ", "Madrid"),
        ("America/Argentina/Buenos_Aires", "", "Buenos Aires"),
        ("America/Bogota", "", "Bogotá"),
        ("America/Sao_Paulo", "", "São Paulo"),
        ("America/Port-au-Prince", "", "Port-au-Prince"),
        ("America/North_Dakota/New_Salem", "", "New Salem"),
        ("Asia/Kolkata", "", "Kolkata"),
        ("UTC", "", "UTC"),
    ],
)
def test_city_label(name: str, city: str, label: str) -> None:
    assert city_label(name, city) == label


@pytest.mark.parametrize(
    ("country", "first"),
    [("ES", "Europe/Madrid"), ("BR", "America/Sao_Paulo"), ("AU", "Australia/Sydney"), ("PT", "Europe/Lisbon")],
)
def test_country_zones_begin_where_most_people_live(country: str, first: str) -> None:
    assert country_zones(country)[0] == first


def test_country_zones_of_no_country() -> None:
    assert country_zones("XX") == ()
