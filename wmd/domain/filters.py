"""A filter over a programme as an address says it, read strictly and written in one canonical order.

``?topic=gender-equality&language=es&language=en`` asks for events on gender equality spoken in Spanish or English:
repeated keys are OR within a facet and AND across facets. What was never valid is refused with a reason
(:class:`BadQuery`); what was valid once stays valid, so vocabularies and lists behind it only grow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, urlencode

from wmd.domain.findings import N_
from wmd.domain.iso_codes import COUNTRIES, LANGUAGES
from wmd.domain.programme import EventView, Programme
from wmd.domain.vocabulary import (
    FORMAT_LABELS,
    METROPOLIS_REGION_LABELS,
    ORGANISATION_KIND_LABELS,
    SDG_LABELS,
    TOOLKIT_TOPICS,
)

Kind = Literal["page", "feed", "export"]
CanonicalZone = Callable[[str], str | None]

#: Facets in the order that a canonical address writes them. ``organiser`` is the kind of an organisation.
FACETS: tuple[str, ...] = (
    "topic", "day", "format", "language", "interpretation", "captions", "sign", "region", "country", "organiser",
    "organisation", "sdg", "series",
)  # fmt: skip
SCALARS: tuple[str, ...] = ("q", "tz", "upcoming", "page")
PAGE_ONLY = frozenset({"upcoming", "page"})

#: What mail programs and social networks add to links; ignored everywhere, as is anything that begins ``utm_``.
TRACKING = frozenset({"fbclid", "gclid", "mc_cid", "mc_eid", "_hsenc", "_hsmi", "igshid", "msclkid", "ref"})

MAX_VALUES = 40
MAX_VALUE_LENGTH = 100
MAX_PAGE = 10_000
#: How far outside an edition's window a day may be asked for.
DAY_MARGIN = timedelta(days=60)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TAG = re.compile(
    r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?((?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*)", re.ASCII | re.IGNORECASE
)
#: Control characters, halves of surrogate pairs, and line and paragraph separators; joiners and marks are text.
_UNREADABLE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_NUMBER = re.compile(r"[1-9]\d{0,5}", re.ASCII)

_UNKNOWN_PARAMETER = N_("There is no filter of this name.")
_TOO_MANY = N_("There are too many filters at once.")
_UNREADABLE = N_("This holds characters that no filter has.")
_TOO_LONG = N_("This is too long.")
_PAGES_ONLY = N_("This works on pages only, not in feeds and downloads.")
_TWICE = N_("This can be given only once.")
_REASONS: Mapping[str, str] = {
    "topic": N_("There is no such topic."),
    "day": N_("This is not a day of this programme, written like 2021-10-07."),
    "format": N_("There is no such format."),
    "language": N_("This is not the code of a language."),
    "interpretation": N_("This is not the code of a language."),
    "captions": N_("This is not the code of a language."),
    "sign": N_("This is not the code of a language."),
    "region": N_("There is no such region."),
    "country": N_("This is not the two-letter code of a country."),
    "organiser": N_("There is no such kind of organisation."),
    "organisation": N_("There is no such organisation in this programme."),
    "sdg": N_("This is not the number of a Sustainable Development Goal, 1 to 17."),
    "series": N_("There is no such series."),
    "tz": N_("This is not a time zone, written like Europe/Madrid."),
    "upcoming": N_("This can only be 1."),
    "page": N_("This is not the number of a page."),
}


class BadQuery(ValueError):  # noqa: N818 -- it names what came in, as the 400 page does
    """An address that was never valid: the parameter and value at fault, cut to a length fit to be shown.

    ``reason`` is an English sentence marked for gettext, without placeholders.
    """

    def __init__(self, parameter: str, value: str, reason: str) -> None:
        self.parameter = _showable(parameter)
        self.value = _showable(value)
        self.reason = reason
        super().__init__(f"{self.parameter}={self.value}: {reason}")


def _showable(text: str) -> str:
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:61])
    return clean if len(clean) <= 60 else clean[:60] + "…"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a programme, always in canonical form; equal questions are equal values.

    ``facets`` holds (facet, sorted distinct values) in the order of :data:`FACETS`, without empty ones. ``tz`` is a
    canonical zone or ``""``. Build one with :func:`parse` or from ``Query()`` with :meth:`changed`.
    """

    facets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    q: str = ""
    tz: str = ""
    upcoming: bool = False
    page: int = 1

    def values(self, facet: str) -> tuple[str, ...]:
        """Return the chosen values of a facet; none means that the facet does not narrow."""
        return next((values for name, values in self.facets if name == facet), ())

    @property
    def is_plain(self) -> bool:
        """Whether this selects the whole programme, whatever the zone or page."""
        return not (self.facets or self.q or self.upcoming)

    def canonical(self) -> list[tuple[str, str]]:
        """Return the parameters of the address in canonical order, each value once."""
        pairs = [(facet, value) for facet, values in self.facets for value in values]
        if self.q:
            pairs.append(("q", self.q))
        if self.tz:
            pairs.append(("tz", self.tz))
        if self.upcoming:
            pairs.append(("upcoming", "1"))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs

    def changed(self, **changes: object) -> Query:
        """Return the query with some facets (one value or several) or scalars replaced; None clears either.

        Raises ``KeyError`` for a name that is neither. Values are taken as valid.
        """
        facets = dict(self.facets)
        scalars: dict[str, object] = {"q": self.q, "tz": self.tz, "upcoming": self.upcoming, "page": self.page}
        for name, value in changes.items():
            if name in SCALARS:
                scalars[name] = value
            elif name not in FACETS:
                raise KeyError(name)
            else:
                facets[name] = _several(value)
        page = scalars["page"]
        return Query(
            _canonical_facets(facets),
            q=str(scalars["q"] or ""),
            tz=str(scalars["tz"] or ""),
            upcoming=bool(scalars["upcoming"]),
            page=page if isinstance(page, int) else 1,
        )

    def to_string(self, **changes: object) -> str:
        """Return the canonical query string, without ``?``, after :meth:`changed`; ``""`` when nothing is asked.

        Spaces are ``%20`` and never ``+``, which some calendar clients take literally in a ``webcal:`` address.
        """
        query = self.changed(**changes) if changes else self
        return urlencode(query.canonical(), quote_via=quote, safe="/")

    def with_toggled(self, facet: str, value: str) -> Query:
        """Return the query with this value chosen, or no longer chosen, on its first page."""
        values = self.values(facet)
        chosen = tuple(each for each in values if each != value) if value in values else (*values, value)
        return self.changed(**{facet: chosen, "page": 1})

    def without(self, facet: str) -> Query:
        """Return the query without a facet or scalar, on its first page."""
        return self.changed(**{"page": 1, facet: None})

    def for_feed(self, zone: str = "") -> Query:
        """Return what a subscribe link asks: no page, nothing that changes by itself, the same days.

        A day means a day in a zone; when one is chosen and the address does not say whose, ``zone`` (the viewer's)
        is written down, because the feed would read it in the edition's.
        """
        tz = self.tz or (zone if self.values("day") else "")
        return replace(self, tz=tz, upcoming=False, page=1)


def _several(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, Iterable) else ()


def _canonical_facets(facets: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((facet, tuple(sorted(set(facets[facet]), key=_order))) for facet in FACETS if facets.get(facet))


def _order(value: str) -> tuple[int, str]:
    """Sort goals as numbers and everything else as text."""
    return (int(value), "") if value.isdigit() else (0, value)


def parse(
    args: Sequence[tuple[str, str]],
    programme: Programme,
    *,
    kind: Kind,
    canonical_zone: CanonicalZone,
    ignored: Collection[str] = (),
) -> Query:
    """Read the parameters of an address, in any order, into the canonical query.

    ``canonical_zone`` returns the IANA name that a zone or alias stands for, or None. Names in ``ignored`` belong
    to the caller and are skipped, as tracking parameters are. An empty value, as a form sends it, asks nothing.
    Raises :class:`BadQuery` for what was never valid.
    """
    facets: dict[str, list[str]] = {}
    scalars: dict[str, str] = {}
    read = 0
    for name, raw in args:
        if name in TRACKING or name.startswith("utm_") or name in ignored:
            continue
        read += 1
        _check(name, raw, kind, read)
        value = _spaced(raw)
        if not value:
            continue
        accepted = _accepted(name, value, programme, canonical_zone)
        if accepted is None:
            raise BadQuery(name, raw, _REASONS[name])
        if name in SCALARS:
            if scalars.setdefault(name, accepted) != accepted:
                raise BadQuery(name, raw, _TWICE)
        else:
            facets.setdefault(name, []).append(accepted)
    return Query(
        _canonical_facets(facets),
        q=scalars.get("q", ""),
        tz=scalars.get("tz", ""),
        upcoming="upcoming" in scalars,
        page=int(scalars.get("page", "1")),
    )


def _check(name: str, raw: str, kind: Kind, read: int) -> None:
    """Refuse what no filter can be, before anything is looked up."""
    if read > MAX_VALUES:
        raise BadQuery(name, raw, _TOO_MANY)
    if name not in SCALARS and name not in FACETS:
        raise BadQuery(name, raw, _UNKNOWN_PARAMETER)
    if kind != "page" and name in PAGE_ONLY:
        raise BadQuery(name, raw, _PAGES_ONLY)
    if len(raw) > MAX_VALUE_LENGTH:
        raise BadQuery(name, raw, _TOO_LONG)
    if not raw.isprintable() and any(unicodedata.category(letter) in _UNREADABLE_CATEGORIES for letter in raw):
        raise BadQuery(name, raw, _UNREADABLE)


def _spaced(raw: str) -> str:
    return " ".join(raw.split())


def _accepted(name: str, value: str, programme: Programme, canonical_zone: CanonicalZone) -> str | None:
    """Return the canonical form of a value, or None when it was never valid for this parameter."""
    if name == "q":
        return unicodedata.normalize("NFC", value)
    if name == "tz":
        return canonical_zone(value)
    return _READERS[name](value, programme)


def _one_of(allowed: Collection[str]) -> Callable[[str, Programme], str | None]:
    return lambda value, _programme: value if value in allowed else None


def _topic(value: str, programme: Programme) -> str | None:
    # All topics of the toolkit, whichever the edition uses: an event may have one beside those.
    known = (slug for slug, _ in TOOLKIT_TOPICS)
    return value if value in known or any(topic.slug == value for topic in programme.topics) else None


def _organisation(value: str, programme: Programme) -> str | None:
    code = value.upper()
    return code if code in programme.organisations else None


def _series(value: str, programme: Programme) -> str | None:
    return value if value in programme.series else None


def _country(value: str, _programme: Programme) -> str | None:
    code = value.upper()
    return code if code in COUNTRIES else None


def _day(value: str, programme: Programme) -> str | None:
    if not _DAY.fullmatch(value):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    earliest, latest = programme.edition.window_from, programme.edition.window_to
    if programme.sessions:
        # A session may have been moved out of the window; its day is shown as a choice, so it can be asked for.
        earliest = min(earliest, programme.sessions[0].starts_on)
        latest = max(latest, programme.sessions[-1].starts_on)
    # Compared as distances, because a date near year 1 or 9999 cannot be shifted.
    return value if earliest - day <= DAY_MARGIN and day - latest <= DAY_MARGIN else None


def canonical_tag(tag: str) -> str | None:
    """Return a language tag in its usual letter case (``zh-Hant-TW``), or None when it is none (RFC 5646 2.1.1).

    Understood are language, script, region and variants; extensions and private use are not.
    """
    match = _TAG.fullmatch(tag)
    if match is None:
        return None
    language, script, region, variants = match.groups()
    parts = [language.lower(), (script or "").title(), (region or "").upper()]
    return "-".join(filter(None, parts)) + variants.lower()


def _language(value: str, programme: Programme) -> str | None:
    tag = canonical_tag(value)
    if tag is None or tag.partition("-")[0] in LANGUAGES:
        return tag
    # Rare enough to be looked for only when asked: a language that is in no list of ours and yet in the programme.
    known = (language_tags(tags) for event in programme.events.values() for tags in _facts(event))
    return tag if any(tag in tags for tags in known) else None


def _facts(event: EventView) -> tuple[tuple[str, ...], ...]:
    return event.spoken, event.interpreted, event.captioned, event.signed


@lru_cache(maxsize=2048)
def language_tags(tags: tuple[str, ...]) -> frozenset[str]:
    """Return the tags that a filter finds these by: each one, and its language without script or region."""
    canonical = [tag for tag in map(canonical_tag, tags) if tag]
    return frozenset(canonical).union(tag.partition("-")[0] for tag in canonical)


_READERS: Mapping[str, Callable[[str, Programme], str | None]] = {
    "topic": _topic,
    "day": _day,
    "format": _one_of(FORMAT_LABELS),
    "language": _language,
    "interpretation": _language,
    "captions": _language,
    "sign": _language,
    "region": _one_of(METROPOLIS_REGION_LABELS),
    "country": _country,
    "organiser": _one_of(ORGANISATION_KIND_LABELS),
    "organisation": _organisation,
    "sdg": _one_of(frozenset(map(str, SDG_LABELS))),
    "series": _series,
    "upcoming": _one_of(frozenset({"1"})),
    "page": lambda value, _programme: value if _NUMBER.fullmatch(value) and int(value) <= MAX_PAGE else None,
}
