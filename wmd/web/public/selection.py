"""What a query selects, said in words: for chips on pages, for the name of a feed, for a sentence.

Feeds and exports name themselves with the same words, so that a calendar called "World Metropolitan Day 2021: Gender
equality" holds what the page of that name showed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from wmd.domain.filters import FACETS, Query
from wmd.domain.findings import N_
from wmd.domain.programme import Programme
from wmd.domain.zones import city_label
from wmd.web import names, words
from wmd.web.catalogue import gettext

FACET_TITLES: Mapping[str, str] = {
    "topic": N_("Topic"),
    "day": N_("Day"),
    "format": N_("Online or on site"),
    "language": N_("Spoken language"),
    "interpretation": N_("Interpretation"),
    "captions": N_("Captions"),
    "sign": N_("Sign language"),
    "region": N_("Region"),
    "country": N_("Country"),
    "organiser": N_("Kind of organiser"),
    "organisation": N_("Organisation"),
    "sdg": N_("Sustainable Development Goal"),
    "series": N_("Series"),
}

#: How a chosen value reads without its facet's title beside it.
_ALONE: Mapping[str, str] = {
    "language": N_("Spoken in %(value)s"),
    "interpretation": N_("Interpreted into %(value)s"),
    "captions": N_("Captions in %(value)s"),
}


class Part(NamedTuple):
    """One chosen thing: its facet or scalar, its value in the address, and how it reads alone."""

    facet: str
    value: str
    label: str


def value_label(facet: str, value: str, programme: Programme, language: str = "en") -> str:
    """Return a facet's value as it reads under the facet's title; what nobody named is shown as it is."""
    if facet in _NAMED_HERE:
        return _NAMED_HERE[facet](value, programme, language)
    if facet in {"language", "interpretation", "captions", "sign"}:
        return names.language_name(value, language)
    label = names.label(facet, value)
    return f"{value}. {label}" if facet == "sdg" else label


def _topic(value: str, programme: Programme, _language: str) -> str:
    return gettext(next((topic.name for topic in programme.topics if topic.slug == value), value))


def _organisation(value: str, programme: Programme, language: str) -> str:
    found = programme.organisations.get(value)
    return names.best_text(found.names, language, found.language)[0] if found else value


def _series(value: str, programme: Programme, _language: str) -> str:
    found = programme.series.get(value)
    return found.name if found else value


_NAMED_HERE: Mapping[str, Callable[[str, Programme, str], str]] = {
    "topic": _topic,
    "day": lambda value, _programme, language: words.day_month(date.fromisoformat(value), language),
    "country": lambda value, _programme, language: names.country_name(value, language),
    "organisation": _organisation,
    "series": _series,
}


def alone(facet: str, value: str, programme: Programme, language: str = "en") -> str:
    """Return a facet's value as it reads by itself: "Spoken in Spanish"."""
    label = value_label(facet, value, programme, language)
    if facet == "sdg":
        return gettext("SDG %(value)s", value=label)
    return gettext(_ALONE[facet], value=label) if facet in _ALONE else label


def parts(query: Query, programme: Programme, language: str = "en") -> list[Part]:
    """Return everything that narrows a selection, in the canonical order."""
    found = [
        Part(facet, value, alone(facet, value, programme, language))
        for facet in FACETS
        for value in query.values(facet)
    ]
    if query.q:
        found.append(Part("q", query.q, gettext("“%(words)s”", words=query.q)))
    if query.upcoming:
        found.append(Part("upcoming", "1", gettext("Still to come")))
    return found


def selection_name(query: Query, programme: Programme, language: str = "en") -> str:
    """Return the name of a selection: "World Metropolitan Day 2021: Gender equality, Spoken in Spanish"."""
    narrowing = ", ".join(part.label for part in parts(query, programme, language))
    if query.tz and query.values("day"):
        narrowing = gettext("%(selection)s, days as in %(city)s", selection=narrowing, city=city_label(query.tz))
    return f"{programme.edition.name}: {narrowing}" if narrowing else programme.edition.name
