"""Countries, languages and cities of a clock as people write them: a typed name is found, never guessed.

What is stored is always the code (ISO 3166-1 alpha-2, BCP 47, IANA). A name is found however its letters are written:
in English, in the language itself or the country's own, with or without accents. Names of two clocks are refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache

from wmd.domain.country_names import COUNTRY_NAMES
from wmd.domain.findings import N_
from wmd.domain.iso_codes import LANGUAGES
from wmd.domain.language_names import LANGUAGE_NAMES
from wmd.domain.tzdb import country_zones
from wmd.domain.zones import CHOICES, canonical

#: The kinds of names, as the table of fields calls their lists.
KINDS = ("countries", "languages", "zones")

#: Names in official use (United Nations, M49) or older ones that the lists of CLDR do not have.
_ALSO_COUNTRIES: Mapping[str, str] = {
    "United States of America": "US", "England": "GB", "Scotland": "GB", "Wales": "GB", "Northern Ireland": "GB",
    "United Kingdom of Great Britain and Northern Ireland": "GB", "Holland": "NL", "Burma": "MM", "Myanmar": "MM",
    "Republic of Korea": "KR", "Korea": "KR", "Democratic People's Republic of Korea": "KP", "Palestine": "PS",
    "State of Palestine": "PS", "Macedonia": "MK", "Vatican": "VA", "Holy See": "VA", "Hong Kong": "HK",
    "Macao": "MO", "Macau": "MO", "Lao People's Democratic Republic": "LA", "Islamic Republic of Iran": "IR",
    "Plurinational State of Bolivia": "BO", "Bolivarian Republic of Venezuela": "VE",
    "United Republic of Tanzania": "TZ", "East Timor": "TL", "UAE": "AE", "Emirates": "AE",
    "Syrian Arab Republic": "SY", "Russian Federation": "RU", "Brunei Darussalam": "BN", "Republic of Moldova": "MD",
    "DR Congo": "CD", "DRC": "CD", "Republic of the Congo": "CG", "Swaziland": "SZ",
    "People's Republic of China": "CN",
}  # fmt: skip
_ALSO_LANGUAGES: Mapping[str, str] = {
    "Castilian": "es", "Castellano": "es", "Mandarin": "zh", "Farsi": "fa", "Tagalog": "fil", "Bahasa": "id",
    "Bahasa Indonesia": "id", "Valencian": "ca", "Brazilian Portuguese": "pt-BR",
}  # fmt: skip
#: Cities of two clocks that carry one name: each is written with its country, and the bare name is asked back.
_WITH_COUNTRY: Mapping[str, str] = {
    "Córdoba": N_("Argentina"), "San José": N_("Costa Rica"), "Santiago": N_("Chile"), "San Juan": N_("Puerto Rico"),
    "La Paz": N_("Bolivia"), "Guadalajara": N_("Mexico"), "St. John's": N_("Canada"),
}  # fmt: skip
_NOT_LETTERS = re.compile(r"[\s,;:.()/\\'’ʻ`´\-–—]+")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}", re.ASCII)
_MOST_NEAR = 4
#: So long a text is no name; looking for what is near it would take time.
_LONGEST_NAME = 80


def code_of(kind: str, text: str) -> str:
    """Return the code that a typed name or code stands for; a blank when it stands for none, or for two."""
    said = text.strip()
    if not said or len(said) > _LONGEST_NAME:
        return ""
    # "Ga" is a language of Ghana, and "ga" the code of Irish.
    if kind == "languages" and said[0].isupper() and (code := _table(kind).get(folded(said))):
        return code
    return _found_as(kind, said) or _table(kind).get(folded(said), "")


def _found_as(kind: str, said: str) -> str:
    """Return a code that was typed as such."""
    if kind == "countries":
        return said.upper() if said.upper() in COUNTRY_NAMES else ""
    if kind == "languages":
        first = said.partition("-")[0].lower()
        return first + said[len(first) :] if _TAG.fullmatch(said) and first in LANGUAGES else ""
    # "GMT" is what people in London write all year round, and "CET" all over Europe: neither names a clock.
    return (canonical(said) or "") if "/" in said else ("UTC" if said.upper() == "UTC" else "")


def name_of(kind: str, code: str) -> str:
    """Return the English name of a code, which :func:`code_of` finds again; anything else is returned as it is."""
    if kind == "countries":
        name = COUNTRY_NAMES.get(code, (code,))[0]
    elif kind == "languages":
        name = LANGUAGE_NAMES.get(code, (code,))[0]
        name = name[:1].upper() + name[1:]
    else:
        name = _city_of(code)
    return name if code_of(kind, name) == code else code


def _city_of(zone: str) -> str:
    return _first_cities().get(zone) or zone.rpartition("/")[2].replace("_", " ")


def written(city: str, translate: Callable[[str], str] = str) -> str:
    """Return a city of the chooser as the form writes it: with its country where another has the same name."""
    country = _WITH_COUNTRY.get(city)
    return f"{translate(city)} ({translate(country)})" if country else translate(city)


def cities(translate: Callable[[str], str] = str) -> list[str]:
    """Return the cities of the chooser as the form writes them, with ``UTC``."""
    return ["UTC", *(written(city, translate) for _, city in _CITIES)]


def near(kind: str, text: str, *, country: str = "") -> list[str]:
    """Return up to four names that somebody may have meant, the likeliest first.

    For a city also those of its country: the one that was typed instead, or ``country``.
    """
    said = folded(text[:_LONGEST_NAME])
    table = _table(kind)
    codes = [table[name] for name in get_close_matches(said, table, n=_MOST_NEAR, cutoff=0.75)]
    found = [name_of(kind, code) for code in codes]
    if kind == "zones":
        meant = [written(city) for _, city in _CITIES if city in _WITH_COUNTRY and folded(city) == said]
        # A name of two clocks is asked back alone: the country would be a guess.
        found = meant or [*found, *_in_country(code_of("countries", text) or country)]
    return list(dict.fromkeys(found))[:_MOST_NEAR]


def _in_country(country: str) -> list[str]:
    """Return the cities of a country's clocks, those of the chooser before the others."""
    zones = [canonical(zone) or zone for zone in country_zones(country)]
    known = [zone for zone in zones if zone in _first_cities()]
    return [name_of("zones", zone) for zone in known or zones]


def folded(text: str) -> str:
    """Return a name without case, accents and what stands between its words."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = _NOT_LETTERS.sub(" ", bare).split()
    if len(words) > 1 and words[0] in {"the", "st"}:
        words = ["saint", *words[1:]] if words[0] == "st" else words[1:]
    return " ".join(words)


@cache
def _table(kind: str) -> Mapping[str, str]:
    """Return the codes of a kind by their folded names."""
    if kind == "countries":
        return _by_name(COUNTRY_NAMES, _ALSO_COUNTRIES)
    if kind == "languages":
        return _by_name(LANGUAGE_NAMES, _ALSO_LANGUAGES)
    return _zones_by_name()


def _by_name(names: Mapping[str, tuple[str, ...]], also: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    unclear = set()
    for name, code in (*((name, code) for code, said in names.items() for name in said), *also.items()):
        if found.setdefault(folded(name), code) != code:
            unclear.add(folded(name))
    return {name: code for name, code in found.items() if name not in unclear}


_CITIES = [(choice.name, city) for group in CHOICES[1:] for choice in group.choices for city in choice.cities]


@cache
def _first_cities() -> Mapping[str, str]:
    """Return the best known city of each zone of the chooser, as the form writes it."""
    found: dict[str, str] = {}
    for zone, city in _CITIES:
        found.setdefault(zone, written(city))
    return found


def _zones_by_name() -> dict[str, str]:
    """Return zones by city, and by country where it has one clock alone; what is two things is left out."""
    found = {folded(written(city)): zone for zone, city in _CITIES}
    unclear = {folded(city) for city in _WITH_COUNTRY}
    countries = [(code, name) for code, names in COUNTRY_NAMES.items() for name in names]
    for code, name in (*countries, *((code, name) for name, code in _ALSO_COUNTRIES.items())):
        zones = [canonical(zone) or zone for zone in country_zones(code)]
        for city, zone in ((folded(_city_of(zone)), zone) for zone in zones):
            if city not in unclear:
                found.setdefault(city, zone)
        if len(zones) == 1:
            found.setdefault(folded(name), zones[0])
    return found
