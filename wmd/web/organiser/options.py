"""The lists of choices that the form offers, in the reader's language; what was typed otherwise is never lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from wmd.domain.content import OrganisationContent
from wmd.domain.country_names import COUNTRY_NAMES
from wmd.domain.findings import N_
from wmd.domain.forms.named import cities, code_of, folded, name_of, written
from wmd.domain.forms.reading import Form
from wmd.domain.language_names import LANGUAGE_NAMES, SIGN_LANGUAGE_NAMES
from wmd.domain.reminders import NO_REMINDERS
from wmd.domain.tzdb import modern_names
from wmd.domain.vocabulary import (
    ACTIVITY_LABELS,
    FORMAT_LABELS,
    METROPOLIS_REGION_LABELS,
    ORGANISATION_KIND_LABELS,
    PLATFORM_LABELS,
    SDG_LABELS,
    TOOLKIT_TOPICS,
    UN_HABITAT_REGION_LABELS,
)
from wmd.domain.zones import CHOICES
from wmd.web import names
from wmd.web.attendee.own_words import RULE_WORDS
from wmd.web.catalogue import gettext
from wmd.web.reading import read_site
from wmd.web.words import select_locale

Pair = tuple[str, str]
Options = Sequence[Pair | Mapping[str, object]]

#: Languages that most events are held in; every other one can be named in words.
_COMMON = ("en", "es", "fr", "pt", "ar", "ca", "zh", "ru", "de", "it", "tr", "id", "hi", "ja", "ko", "fa", "sw")
_MAIL_LANGUAGES = ("en", "es", "fr")

#: So long a text is no name.
_LONGEST_NAME = 80

#: The fixed lists of the form: what is stored, and the words for it. The desk reads them out as well.
FIXED: Mapping[str, Mapping[str, str]] = {
    "kinds": ORGANISATION_KIND_LABELS,
    "regions": METROPOLIS_REGION_LABELS,
    "un-regions": UN_HABITAT_REGION_LABELS,
    "activities": ACTIVITY_LABELS,
    "formats": FORMAT_LABELS,
    "platforms": PLATFORM_LABELS,
    "audiences": names.AUDIENCE_LABELS,
    "accesses": {
        "open": N_("Everybody, without registering"),
        "registration": N_("Everybody who registers"),
        "invitation": N_("Only people who are invited (listed without a link)"),
    },
    "registration-states": {
        "missing": N_("The link follows"),
        "open": N_("People can register now"),
        "not-yet": N_("It opens later"),
        "full": N_("It is full"),
        "closed": N_("It is closed"),
        "not-needed": N_("Nobody needs to register"),
    },
    "yes-no-unsure": {"yes": N_("Yes"), "no": N_("No"), "unsure": N_("Not sure")},
    "yes-no-unknown": {"yes": N_("Yes"), "no": N_("No"), "unknown": N_("Not known yet")},
    "yes-no-please": {"yes": N_("Yes"), "no": N_("No"), "please": N_("No, please do it for us")},
    "speaker-roles": {"speaker": N_("Speaker"), "moderator": N_("Moderator"), "opening": N_("Opening words")},
    "sign-up-kinds": {
        "text": N_("In their own words"),
        "choice": N_("By one of several answers"),
        "yes-no": N_("Yes or no"),
        "number": N_("A number"),
    },
    "reminders": {**RULE_WORDS, NO_REMINDERS: N_("No reminders at all")},
    "partner-roles": {"co": N_("Co-organiser"), "supporter": N_("Supporter")},
}
#: Lists that begin with a blank: nothing is chosen for people.
_BLANK_FIRST = frozenset({"kinds", "regions", "un-regions", "platforms", "yes-no-unknown"})


def options_of(name: str, form: Form, chosen: Sequence[str] = ()) -> list[Pair | dict[str, object]]:
    """Return the choices of a list; a chosen value that it has not is added at the end."""
    found = _list(name, form, chosen)
    known = {pair[0] for pair in _flat(found)}
    return [*found, *((value, value) for value in chosen if value and value not in known)]


def _flat(options: Sequence[Pair | dict[str, object]]) -> list[Pair]:
    pairs: list[Pair] = []
    for option in options:
        if isinstance(option, dict):
            inner = option["options"]
            pairs += inner if isinstance(inner, list) else []
        else:
            pairs.append(option)
    return pairs


def _list(name: str, form: Form, chosen: Sequence[str]) -> list[Pair | dict[str, object]]:
    if name in FIXED:
        blank: list[Pair | dict[str, object]] = [("", gettext("Choose …"))] if name in _BLANK_FIRST else []
        return [*blank, *((value, gettext(words)) for value, words in FIXED[name].items())]
    if name in {"organisations", "topics", "sdgs", "series"}:
        return _of_edition(name, form)
    return _languages(name, form, chosen)


def _of_edition(name: str, form: Form) -> list[Pair | dict[str, object]]:
    if name == "organisations":
        return _organisations(form.organisations)
    if name == "topics":
        wanted = form.edition.topics or tuple(slug for slug, _ in TOOLKIT_TOPICS)
        return [(slug, gettext(words)) for slug, words in TOOLKIT_TOPICS if slug in wanted]
    if name == "sdgs":
        return [(str(number), f"{number} {gettext(words)}") for number, words in SDG_LABELS.items()]
    names = {slug: series.name for slug, series in read_site().series.items()}
    known = sorted((names.get(slug, slug), slug) for slug in form.series)
    return [("", gettext("Not part of one")), *((slug, name) for name, slug in known)]


def _organisations(own: Mapping[str, OrganisationContent]) -> list[Pair | dict[str, object]]:
    found: list[Pair | dict[str, object]] = [
        (key, row.names.get(row.language) or next(iter(row.names.values()), key)) for key, row in own.items()
    ]
    return [*found, ("", gettext("Another organisation, described below"))]


@lru_cache(maxsize=12)
def _names(kind: str, language: str) -> Mapping[str, str]:
    """Return the names of a kind by code, as a page in ``language`` writes them; a name of two codes is the first's."""
    if kind == "countries":
        named = {code: names.country_name(code, language) for code in COUNTRY_NAMES}
    elif kind == "languages":
        named = {tag: names.language_name(tag, language) for tag in LANGUAGE_NAMES}
    else:
        first = {choice.name: written(choice.cities[0], gettext) for group in CHOICES[1:] for choice in group.choices}
        named = {zone: first.get(zone) or name_of("zones", zone) for zone in modern_names()}
    codes: dict[str, str] = {}
    for code, name in named.items():
        codes.setdefault(name, code)
    # A name that people would be understood to mean something else by is not shown for this.
    return {code: name for name, code in codes.items() if code_of(kind, name) in {"", code}}


@lru_cache(maxsize=24)
def _codes(kind: str, language: str, *, is_folded: bool) -> Mapping[str, str]:
    return {folded(name) if is_folded else name: code for code, name in _names(kind, language).items()}


def shown_name(kind: str, typed: str) -> str:
    """Return the name of a code in the page's language; whatever else was typed is shown as it was."""
    return _names(kind, select_locale()).get(typed, typed)


def with_cities(params: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters of a sentence with cities, as one types them, in place of the names of zones."""
    return {
        name: ", ".join(shown_name("zones", zone) for zone in str(value).split(", "))
        if name in {"zone", "zones"}
        else value
        for name, value in params.items()
    }


def code_shown(kind: str, typed: str) -> str:
    """Return the code whose name was shown and came back, or that only the page's language has a name for.

    Everything else is returned as it was typed, and shown so again.
    """
    language = select_locale()
    code = _codes(kind, language, is_folded=False).get(typed)
    if code is None and not code_of(kind, typed):
        code = _codes(kind, language, is_folded=True).get(folded(typed[:_LONGEST_NAME]))
    return code or typed


@lru_cache(maxsize=12)
def _sorted_names(kind: str, language: str) -> tuple[str, ...]:
    found = cities(gettext) if kind == "zones" else list(_names(kind, language).values())
    return tuple(sorted(found, key=folded))


def names_to_type(kind: str) -> tuple[str, ...]:
    """Return the names that a field proposes while somebody types, in the page's language."""
    return _sorted_names(kind, select_locale())


def _languages(name: str, form: Form, chosen: Sequence[str]) -> list[Pair | dict[str, object]]:
    if name == "sign-languages":
        pairs = [(tag, names.language_name(tag)) for tag in SIGN_LANGUAGE_NAMES]
        return [*sorted(pairs, key=lambda pair: pair[1])]
    if name == "mail-languages":
        return [(tag, names.language_name(tag)) for tag in _MAIL_LANGUAGES]
    common = list(dict.fromkeys([*form.edition.languages, *_COMMON]))
    return [(tag, names.language_name(tag)) for tag in dict.fromkeys([*common, *chosen])]


@lru_cache(maxsize=8)
def _zones(_language: str) -> list[Pair | dict[str, object]]:
    groups: list[Pair | dict[str, object]] = [
        {
            "label": gettext(group.label),
            "options": [(choice.name, choice.label(gettext)) for choice in group.choices],
        }
        for group in CHOICES
    ]
    return [("", gettext("Choose the city …")), *groups]


def zone_choices(chosen: str) -> list[Pair | dict[str, object]]:
    """Return the cities whose clocks can be chosen, a blank first, and at the end a chosen zone that is not there."""
    # The first one asks to choose; here nothing chosen is an answer too.
    found: list[Pair | dict[str, object]] = [("", gettext("Not chosen")), *_zones(select_locale())[1:]]
    known = {pair[0] for pair in _flat(found)}
    return [*found, (chosen, chosen)] if chosen and chosen not in known else found
