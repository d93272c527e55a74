"""What an attendee's own page says: reminders in words, selections by name, and what waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from wmd.domain.filters import BadQuery, Query, parse
from wmd.domain.findings import N_
from wmd.domain.programme import Programme
from wmd.domain.reminders import RULES
from wmd.domain.zones import canonical
from wmd.errors import NotLoadedError
from wmd.services.own_programme import Waiting
from wmd.web.catalogue import gettext
from wmd.web.public import addresses
from wmd.web.public.events import taking_its_place
from wmd.web.public.selection import selection_name
from wmd.web.reading import library

RULE_WORDS: Final[Mapping[str, str]] = {
    "start-7d": N_("A week before"),
    "start-3d": N_("Three days before"),
    "start-2d": N_("Two days before"),
    "start-1d": N_("The day before"),
    "start-12h": N_("12 hours before"),
    "start-3h": N_("3 hours before"),
    "start-2h": N_("2 hours before"),
    "start-1h": N_("One hour before"),
    "start": N_("When it begins"),
    "end+1d": N_("The day after: thanks and the recording"),
}
CADENCES: Final[Mapping[str, str]] = {"daily": N_("every day"), "weekly": N_("every week")}


#: How a place stands, by what became of the session it is for; "" is a session that is to come.
_STANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "registered": {
        "": N_("You have a place."),
        "cancelled": N_("It is cancelled and does not take place. You had a place; you need not do anything."),
        "postponed": N_("It is postponed. Your place stands, and we write when the new time is known."),
        "ended": N_("It is over. You had a place."),
    },
    "waiting": {
        "": N_("You are on the waiting list."),
        "cancelled": N_("It is cancelled and does not take place. You were on the waiting list."),
        "postponed": N_("It is postponed. You stay on the waiting list."),
        "ended": N_("It is over. You were on the waiting list."),
    },
    "offered": {
        "": N_("A place is kept for you."),
        "cancelled": N_("It is cancelled and does not take place. A place was kept for you."),
        "postponed": N_("It is postponed. A place was kept for you, and you stay on the waiting list."),
        "ended": N_("It is over. A place was kept for you."),
    },
}


def standing_words(registration: str, sessions: Iterable[str]) -> str:
    """Return how a registration stands, in words, with what became of its sessions (``agenda.State`` each).

    A blank for a registration that is none. As long as one session is to come, that is what is said.
    """
    words = _STANDS.get(registration)
    if words is None:
        return ""
    states = {state if state in words else "" for state in sessions}
    found = next((state for state in ("", "postponed", "cancelled", "ended") if state in states), "")
    return gettext(words[found])


def rule_choices() -> list[tuple[str, str]]:
    """Return every reminder that can be chosen, the earliest first, in words."""
    return [(rule, gettext(RULE_WORDS[rule])) for rule in RULES]


def programme_of(slug: str) -> Programme | None:
    """Return an edition's programme as far as it can be read."""
    try:
        return library().programme(slug)
    except NotLoadedError:
        return None


def query_of(programme: Programme, text: str) -> Query | None:
    """Return a stored query; None when a later change of the programme made it meaningless."""
    try:
        return parse(parse_qsl(text, keep_blank_values=True), programme, kind="page", canonical_zone=canonical)
    except BadQuery:
        return None


def filter_line(slug: str, text: str, language: str) -> tuple[str, str]:
    """Return the name of a filtered programme and the address of its page."""
    programme = programme_of(slug)
    if programme is None:
        return slug, f"/{slug}/programme"
    query = query_of(programme, text)
    if query is None:
        return programme.edition.name, addresses.programme(slug)
    return selection_name(query, programme, language), addresses.programme(slug, query)


def wish_lines(waiting: list[Waiting], language: str) -> list[dict[str, str]]:
    """Return what waits for the button, each with its id, its words, and its page."""
    found = []
    for each in waiting:
        if each.code:
            label, url = event_line(each.edition, each.code, language)
            found.append({"id": each.follow_id, "label": label, "url": url, "cadence": ""})
        else:
            label, url = filter_line(each.edition, each.query, language)
            cadence = gettext(CADENCES[each.cadence])
            found.append({"id": each.follow_id, "label": label, "url": url, "cadence": cadence})
    return found


def event_line(slug: str, code: str, language: str) -> tuple[str, str]:
    """Return the title and the address of an event, or what can be said of one that was taken off."""
    programme = programme_of(slug)
    event = taking_its_place(programme, code) if programme else None
    if event is None:
        return gettext("An event that is no longer listed"), addresses.short(code)
    return event.text(language).title, addresses.short(code)
