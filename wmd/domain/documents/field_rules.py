"""Rules for single fields, used by ``content_check.py``: each yields findings, and none when all is well."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping

from wmd.domain.codes import is_code
from wmd.domain.content import VenueContent
from wmd.domain.documents import places
from wmd.domain.documents.shape import child
from wmd.domain.documents.text_rules import PublicText, lint_text
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.iso_codes import COUNTRIES, LANGUAGES

# BCP 47 (RFC 5646 §2.1) without its rarer parts, in the canonical case of §2.1.1.
_LANGUAGE_TAG = re.compile(
    r"([a-z]{2,3})(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*", re.ASCII
)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_LONGEST_KEY = 200


def error(code: str, where: str, text: str, **params: object) -> Finding:
    """Return a finding that stops a publication."""
    return Finding(code, Level.ERROR, where, text, params)


def warning(code: str, where: str, text: str, **params: object) -> Finding:
    """Return a finding that asks."""
    return Finding(code, Level.WARNING, where, text, params)


def lint_needed(where: str, text: str) -> Iterator[Finding]:
    """Refuse an empty text."""
    if not text.strip():
        yield error("content.missing", where, N_("This is needed."))


def lint_key(where: str, key: str) -> Iterator[Finding]:
    """Check an external key."""
    yield from lint_needed(where, key)
    if len(key) > _LONGEST_KEY or not key.isprintable() or key != key.strip():
        yield error("key.invalid", where, N_("A key is one short line without spaces around it."))


def lint_slug(where: str, slug: str) -> Iterator[Finding]:
    """Check the name that stands in an address."""
    if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST_KEY:
        yield error("slug.invalid", where, N_("Use small letters a–z, digits and hyphens only."))


def lint_code(code: str, where: str = "code") -> Iterator[Finding]:
    """Check a public code (empty: none is given)."""
    if code and not is_code(code):
        yield error("code.invalid", where, N_("This is not one of our codes; leave it out."))


def lint_choice(where: str, value: str, known: Collection[str]) -> Iterator[Finding]:
    """Check a value against a closed vocabulary."""
    if value not in known:
        choices = ", ".join(sorted(known))
        yield error("vocabulary.unknown", where, N_("This must be one of: {choices}."), choices=choices)


def lint_repeated(where: str, values: Iterable[Hashable]) -> Iterator[Finding]:
    """Refuse a list that holds a value twice."""
    seen: set[Hashable] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield error("list.repeated", child(where, index), N_("This stands twice in the list."))
        seen.add(value)


def lint_texts(texts: Iterable[PublicText]) -> Iterator[Finding]:
    """Check texts that will be public."""
    for text in texts:
        yield from lint_text(text)


def lint_original(where: str, words: Collection[str], language: str) -> Iterator[Finding]:
    """Require the text in the language it was written in."""
    if language not in words:
        text = N_("There is no text in {language}, the language it was written in.")
        yield error("text.original-missing", where, text, language=language)


def lint_tags(*tagged: tuple[str, Iterable[str]]) -> Iterator[Finding]:
    """Check language tags; a mapping's paths are its keys, a list's its numbers."""
    for where, tags in tagged:
        for index, tag in enumerate(tags):
            match = _LANGUAGE_TAG.fullmatch(tag)
            if match is None or match[1] not in LANGUAGES:
                place = where if where == "language" else child(where, tag if isinstance(tags, Mapping) else index)
                text = N_("This is not a language tag such as es, pt-BR or zh-Hant.")
                yield error("language.tag", place, text)


def lint_country(where: str, code: str) -> Iterator[Finding]:
    """Check a country code (empty: none is given)."""
    if code and code not in COUNTRIES:
        text = N_("Use the two capital letters of ISO 3166, such as ES.")
        yield error("country.unknown", where, text)


def lint_pin(venue: VenueContent) -> Iterator[Finding]:
    """Check the coordinates of a venue."""
    if venue.latitude is None or venue.longitude is None:
        if venue.latitude is not venue.longitude:
            where = "venue.latitude" if venue.latitude is None else "venue.longitude"
            yield error("coordinates.one", where, N_("Coordinates come in pairs: latitude and longitude."))
        return
    match places.judge(venue.latitude, venue.longitude, venue.country):
        case places.Pin.OUT_OF_RANGE:
            text = N_("Latitude goes from −90 to 90 and longitude from −180 to 180 degrees.")
            yield error("coordinates.range", "venue.latitude", text)
        case places.Pin.SWAPPED:
            text = N_("Latitude and longitude look swapped.")
            yield error("coordinates.swapped", "venue.latitude", text)
        case places.Pin.ELSEWHERE:
            text = N_("These coordinates do not lie in {country}.")
            yield warning("coordinates.elsewhere", "venue.latitude", text, country=venue.country)
        case places.Pin.PLAUSIBLE:
            return
