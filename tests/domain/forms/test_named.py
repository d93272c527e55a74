"""Countries, languages and cities as people write them."""

from __future__ import annotations

import pytest

from wmd.domain.country_names import COUNTRY_NAMES
from wmd.domain.forms.named import cities, code_of, name_of, near
from wmd.domain.language_names import LANGUAGE_NAMES
from wmd.domain.tzdb import modern_names
from wmd.domain.zones import CHOICES


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("countries", "Kenya", "KE"),
        ("countries", " kenya ", "KE"),
        ("countries", "KE", "KE"),
        ("countries", "espana", "ES"),
        ("countries", "المغرب", "MA"),
        ("countries", "Antigua and Barbuda", "AG"),
        ("countries", "the Gambia", "GM"),
        ("countries", "Ivory Coast", "CI"),
        ("countries", "UK", "GB"),
        ("countries", "Kenja", ""),
        ("countries", "Congo", ""),
        ("countries", "", ""),
        ("countries", "x" * 200_000, ""),
        ("languages", "spanish", "es"),
        ("languages", "ESPAÑOL", "es"),
        ("languages", "es", "es"),
        ("languages", "pt-BR", "pt-BR"),
        ("languages", "zh-Hant", "zh-Hant"),
        ("languages", "Ga", "gaa"),
        ("languages", "ga", "ga"),
        ("languages", "isiNdebele", ""),
        ("languages", "xx-klingon", ""),
        ("zones", "Nairobi", "Africa/Nairobi"),
        ("zones", "barcelona", "Europe/Madrid"),
        ("zones", "Sao Paulo", "America/Sao_Paulo"),
        ("zones", "Mexico City", "America/Mexico_City"),
        ("zones", "Kenya", "Africa/Nairobi"),
        ("zones", "Europe/Kiev", "Europe/Kyiv"),
        ("zones", "Malta", "Europe/Malta"),
        ("zones", "utc", "UTC"),
        ("zones", "San José (Costa Rica)", "America/Costa_Rica"),
        ("zones", "San Jose", ""),
        ("zones", "Brazil", ""),
        ("zones", "CET", ""),
        ("zones", "GMT", ""),
        ("zones", "UTC+2", ""),
        ("zones", "Mars/Olympus", ""),
    ],
)
def test_typed_name_stands_for_its_code_and_a_doubtful_one_for_none(kind: str, typed: str, code: str) -> None:
    assert code_of(kind, typed) == code


def test_every_name_that_is_shown_is_understood_again() -> None:
    codes = {"countries": list(COUNTRY_NAMES), "languages": list(LANGUAGE_NAMES), "zones": sorted(modern_names())}
    lost = [
        (kind, code) for kind, known in codes.items() for code in known if code_of(kind, name_of(kind, code)) != code
    ]
    assert lost == []


def test_every_city_that_is_proposed_is_understood() -> None:
    assert [city for city in cities() if not code_of("zones", city)] == []
    assert len(cities()) == len(set(cities())) == sum(len(one.cities) for group in CHOICES for one in group.choices)


@pytest.mark.parametrize(
    ("kind", "typed", "country", "close"),
    [
        ("countries", "Kenja", "", ["Kenya"]),
        ("languages", "Spansh", "", ["Spanish"]),
        ("languages", "xx-klingon", "", []),
        ("zones", "Nairobbi", "", ["Nairobi"]),
        ("zones", "Lyon", "FR", ["Paris"]),
        ("zones", "San Jose", "", ["San José (Costa Rica)"]),
        ("zones", "Mexico", "", ["Mexico City", "Monterrey", "Tijuana"]),
        ("zones", "x" * 200_000, "", []),
    ],
)
def test_names_near_an_unknown_one(kind: str, typed: str, country: str, close: list[str]) -> None:
    assert near(kind, typed, country=country) == close
