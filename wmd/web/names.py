"""Names of languages, countries and other coded things, in the language of the interface.

Language and country names come from Babel (CLDR); the vocabularies' labels from the gettext catalogue, and so do the
names of sign languages, of which CLDR knows only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from wmd.domain.findings import N_
from wmd.domain.language_names import SIGN_LANGUAGE_NAMES
from wmd.domain.vocabulary import (
    ACCESS_FACT_LABELS,
    ACTIVITY_LABELS,
    FORMAT_LABELS,
    METROPOLIS_REGION_LABELS,
    ORGANISATION_KIND_LABELS,
    PLATFORM_LABELS,
    SDG_LABELS,
    UN_HABITAT_REGION_LABELS,
)
from wmd.web.catalogue import gettext

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "arz", "ary", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr"})
_RIGHT_TO_LEFT |= {"ug", "ur", "yi"}
_RTL_SCRIPTS = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "adlm"})

#: Whom an event is for. The field is free, these are the values that forms and files offer.
AUDIENCE_LABELS: Mapping[str, str] = {
    "public": N_("Everybody"),
    "local-officials": N_("Local officials"),
    "elected-leaders": N_("Elected leaders"),
    "practitioners": N_("Practitioners"),
    "researchers": N_("Researchers"),
    "students": N_("Students"),
    "youth": N_("Young people"),
    "businesses": N_("Businesses"),
    "press": N_("Press"),
}

_LABELS: Mapping[str, Mapping[str, str]] = {
    "format": FORMAT_LABELS,
    "activity": ACTIVITY_LABELS,
    "audience": AUDIENCE_LABELS,
    "organiser": ORGANISATION_KIND_LABELS,
    "platform": PLATFORM_LABELS,
    "region": METROPOLIS_REGION_LABELS,
    "un_region": UN_HABITAT_REGION_LABELS,
    "access_fact": ACCESS_FACT_LABELS,
    "sdg": {str(number): label for number, label in SDG_LABELS.items()},
}


def label(kind: str, value: str | int) -> str:
    """Return the translated label of a vocabulary's value; any other is shown with blanks for hyphens."""
    found = _LABELS[kind].get(str(value))
    return gettext(found) if found else str(value).replace("-", " ")


@lru_cache(maxsize=16)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=4096)
def _cldr_language(tag: str, language: str) -> str:
    names = _locale(language).languages
    if tag in names:
        return str(names[tag])
    try:
        named = Locale.parse(tag, sep="-").get_display_name(_locale(language))
    except (UnknownLocaleError, ValueError):
        named = None
    return named or str(names.get(tag.partition("-")[0], tag))


def language_name(tag: str, language: str = "en") -> str:
    """Return the name of a language (BCP 47 tag) in ``language``: "Spanish", "Chinese (Simplified)"."""
    if tag in SIGN_LANGUAGE_NAMES:
        return gettext(SIGN_LANGUAGE_NAMES[tag])
    name = _cldr_language(tag, language)
    return name[:1].upper() + name[1:]


def language_names(tags: Iterable[str], language: str = "en") -> list[str]:
    """Return the names of several languages, in their order."""
    return [language_name(tag, language) for tag in tags]


@lru_cache(maxsize=1024)
def country_name(code: str, language: str = "en") -> str:
    """Return the name of a country (ISO 3166-1 alpha-2) in ``language``; an unknown code is shown as it is."""
    return str(_locale(language).territories.get(code, code))


@lru_cache(maxsize=1024)
def direction(tag: str) -> str:
    """Return "rtl" or "ltr" for a language tag, by its script where it names one."""
    parts = tag.split("-")
    if len(parts) > 1 and len(parts[1]) == 4:
        return "rtl" if parts[1].lower() in _RTL_SCRIPTS else "ltr"
    return "rtl" if parts[0].lower() in _RIGHT_TO_LEFT else "ltr"


def best_text(words: Mapping[str, str], language: str, original: str = "") -> tuple[str, str]:
    """Return a short text and its language: the reader's, else English, else the original, else any; or two blanks."""
    for tag in (language, "en", original, *words):
        if text := words.get(tag):
            return text, tag
    return "", ""
