"""Sessions as lines of a timetable: what the ``row`` macro shows, made from programme values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wmd.domain.agenda import Row, State, rows, state_of
from wmd.domain.programme import EventView, Programme, SessionView, TextView
from wmd.domain.vocabulary import Access, EventFormat
from wmd.web import names, words
from wmd.web.catalogue import gettext
from wmd.web.public import addresses
from wmd.web.public.when import when


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose eyes a list is made for: zone, interface language and the instant of looking."""

    zone: str
    language: str
    now: datetime


def title_of(event: EventView, session: SessionView | None, language: str) -> tuple[str, str]:
    """Return the title to show and its language: the event's, with the session's where there are several."""
    text: TextView = event.text(language)
    if session is None or len(event.sessions) < 2:
        return text.title, text.language
    part, _ = names.best_text(session.title, text.language, event.language)
    whole = f"{text.title} – {part}" if part and part != text.title else text.title
    return whole, text.language


def topic_items(event: EventView, programme: Programme, *, linked: bool = False) -> list[dict[str, str]]:
    """Return an event's topics for the ``topic`` macro, each with its page when ``linked``."""
    known = {topic.slug: topic.name for topic in programme.topics}
    slug = programme.edition.slug
    return [
        {"slug": topic, "name": gettext(known[topic]), "url": addresses.topic(slug, topic) if linked else ""}
        for topic in event.topics
        if topic in known
    ]


def state_item(state: State, event: EventView) -> dict[str, str] | None:
    """Return the mark of a session's state; what is simply to come, or over, carries none but the lead event's."""
    marks = {
        "cancelled": ("cancelled", gettext("Cancelled")),
        "postponed": ("postponed", gettext("Postponed")),
        "now": ("live", gettext("On now")),
    }
    if state not in marks and event.is_lead:
        return {"kind": "lead", "label": gettext("Lead event")}
    if state not in marks:
        return None
    kind, label = marks[state]
    return {"kind": kind, "label": label}


def fact_words(event: EventView, language: str) -> list[str]:
    """Return the short facts of a line: languages, interpretation, captions, sign language, format, place."""
    facts = [", ".join(names.language_names(event.spoken, language))] if event.spoken else []
    if event.interpreted:
        facts.append(gettext("Interpretation"))
    if event.captioned:
        facts.append(gettext("Captions"))
    facts += names.language_names(event.signed, language)
    facts.append(names.label("format", event.format.value))
    if event.format is not EventFormat.ONLINE and event.venue and event.venue.city:
        facts.append(event.venue.city)
    if event.access is Access.INVITATION:
        facts.append(gettext("By invitation"))
    return facts


def _demo_fact(event: EventView, programme: Programme) -> list[str]:
    """Mark what is made up in an edition that is not: a demonstration edition says it once, on every page."""
    return [gettext("Demonstration data")] if event.is_demo and not programme.edition.is_demo else []


def row_item(row: Row, programme: Programme, eyes: Eyes, *, dated: bool = False) -> dict[str, Any]:
    """Return one line; ``dated`` puts the date before the time, for lists without day headings."""
    event, session = row.event, row.session
    at = when(event, session, eyes.zone, eyes.language)
    state = state_of(session, eyes.now)
    title, tag = title_of(event, session, eyes.language)
    notes = [at.zone, at.ends_note] if at.all_day else [at.zone, at.ends_note, at.there]
    return {
        "url": addresses.event(programme.edition.slug, event),
        "title": title,
        "lang": tag if tag != eyes.language else "",
        "dir": names.direction(tag) if tag != eyes.language else "",
        "time": gettext("All day") if at.all_day else at.span,
        "day": words.short_day(at.day, eyes.language) if dated else "",
        "starts_iso": at.starts,
        "ends_iso": at.ends,
        "there": " · ".join(filter(None, notes)),
        "plus": at.there_day,
        "who": words.listed([organiser.name for organiser in event.organisers]),
        "topics": topic_items(event, programme)[:1],
        "facts": fact_words(event, eyes.language) + _demo_fact(event, programme),
        "state": state_item(state, event),
        "off": state in {"cancelled", "postponed"},
        "live": state == "now",
        "lead": event.is_lead,
    }


def row_items(
    programme: Programme, positions: Iterable[int], eyes: Eyes, *, dated: bool = False
) -> list[dict[str, Any]]:
    """Return the sessions at these positions as lines."""
    return [row_item(row, programme, eyes, dated=dated) for row in rows(programme, positions, eyes.zone)]


def positions_of(programme: Programme, events: Iterable[EventView]) -> list[int]:
    """Return where the first session of each event stands, the events' order kept; events without one are left out."""
    firsts = (min(event.sessions, key=_order) for event in events if event.sessions)
    return [bisect_left(programme.sessions, _order(session), key=_order) for session in firsts]


def _order(session: SessionView) -> tuple[datetime, str]:
    """Return what a programme's sessions are ordered by."""
    return session.starts_at, session.code


def earliest(*instants: datetime | None) -> datetime | None:
    """Return the first of several instants, None being never."""
    return min((instant for instant in instants if instant is not None), default=None)
