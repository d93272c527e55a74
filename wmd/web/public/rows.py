"""Sessions as lines of a timetable: what the ``row`` macro shows, made from programme values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from wmd.domain.agenda import Row, State, rows, state_of
from wmd.domain.change_notes import KIND_LABELS, fresh_changes, note_of_session
from wmd.domain.programme import ChangeView, EventView, OrganiserView, Programme, SessionView, TextView
from wmd.domain.vocabulary import Access, EventFormat
from wmd.web import names, words
from wmd.web.catalogue import gettext
from wmd.web.public import addresses
from wmd.web.public.phase import phase_at
from wmd.web.public.when import when


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whose eyes a list is made for: zone, interface language and the instant of looking.

    ``is_own`` is false where nobody has told the reader's zone, and times are shown in the event's.
    """

    zone: str
    language: str
    now: datetime
    is_own: bool = True


def title_of(event: EventView, session: SessionView | None, language: str) -> tuple[str, str]:
    """Return the title to show and its language: the event's, with the session's where there are several."""
    text: TextView = event.text(language)
    if session is None or len(event.sessions) < 2:
        return text.title, text.language
    part, _ = names.best_text(session.title, text.language, event.language)
    whole = f"{text.title} – {part}" if part and part != text.title else text.title
    return whole, text.language


def organiser_name(organiser: OrganiserView, programme: Programme, language: str) -> tuple[str, str, str, str]:
    """Return an organiser's name for a reader and its language, then its own name and language where that is another.

    An event keeps only the name it was published with; the organisation knows the others.
    """
    known = programme.organisations.get(organiser.code)
    every, own = (known.names, known.language) if known else ({organiser.language: organiser.name}, organiser.language)
    name, tag = names.best_text(every, language, own)
    original = every.get(own, name)
    return (name, tag, original, own) if original != name else (name, tag, "", "")


def tagged(text: str, tag: str, language: str) -> Markup:
    """Return a text as HTML, marked with its language and direction where that is another than the interface's."""
    if not text or not tag or tag == language:
        return escape(text)
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(tag, names.direction(tag), text)


def organiser_words(event: EventView, programme: Programme, language: str) -> Markup:
    """Return who holds an event, in one line of HTML: each name as the reader reads it, its own beside it."""
    shown = []
    for organiser in event.organisers:
        name, tag, original, own = organiser_name(organiser, programme, language)
        whole = tagged(name, tag, language)
        shown.append(Markup("{} ({})").format(whole, tagged(original, own, language)) if original else whole)
    return words.listed_html(shown)


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
    """Return the mark of a session's state; what is simply to come, or over, carries none but the lead event's.

    Whether it is worth saying that something is over depends on the list: see :func:`row_item`.
    """
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
        into = ", ".join(names.language_names(event.interpreted, language))
        facts.append(gettext("Interpreted into %(languages)s", languages=into))
    if event.captioned:
        captions = ", ".join(names.language_names(event.captioned, language))
        facts.append(gettext("Captions: %(languages)s", languages=captions))
    facts += names.language_names(event.signed, language)
    facts.append(names.label("format", event.format.value))
    if event.format is not EventFormat.ONLINE and event.venue and event.venue.city:
        facts.append(event.venue.city)
    if event.access is Access.INVITATION:
        facts.append(gettext("By invitation"))
    return facts


def _demo_fact(event: EventView, programme: Programme, *, mixed: bool) -> list[str]:
    """Mark what is made up beside what is not: a page of a demonstration edition says it once, on top."""
    return [gettext("Demonstration data")] if event.is_demo and (mixed or not programme.edition.is_demo) else []


def row_item(
    row: Row, programme: Programme, eyes: Eyes, *, dated: bool = False, mixed: bool = False, every_topic: bool = False
) -> dict[str, Any]:
    """Return one line.

    ``dated`` puts the date before the time, for lists without day headings; ``mixed`` says that the page shows several
    editions, so that made-up events are marked one by one; ``every_topic`` names all topics instead of the first.
    """
    event, session = row.event, row.session
    at = when(event, session, eyes.zone, eyes.language)
    state = state_of(session, eyes.now)
    # In an edition that is over, everything is; in one that runs, it tells what may still be attended.
    over = state == "ended" and phase_at(programme.edition, eyes.zone, eyes.now) == "running"
    topics = topic_items(event, programme)
    title, tag = title_of(event, session, eyes.language)
    notes = [at.zone, at.ends_note] if at.all_day else [at.zone, at.ends_note, at.there]
    return {
        "url": addresses.event(programme.edition.slug, event),
        "code": event.code,
        "title": title,
        "lang": tag if tag != eyes.language else "",
        "dir": names.direction(tag) if tag != eyes.language else "",
        "time": gettext("All day") if at.all_day else at.span,
        "day": at.dates or (words.short_day(at.day, eyes.language) if dated else ""),
        "starts_iso": at.starts,
        "ends_iso": at.ends,
        "there": " · ".join(filter(None, notes)),
        "plus": at.there_day,
        "who": organiser_words(event, programme, eyes.language),
        "topics": topics if every_topic else topics[:1],
        "facts": fact_words(event, eyes.language) + _demo_fact(event, programme, mixed=mixed),
        "state": {"kind": "ended", "label": gettext("Ended")} if over else state_item(state, event),
        "over": over,
        "off": state in {"cancelled", "postponed"},
        "live": state == "now",
        "lead": event.is_lead,
        "changed": changed_item(note_of_session(fresh_changes(programme, eyes.now), session, eyes.now), eyes),
    }


def changed_item(change: ChangeView | None, eyes: Eyes) -> dict[str, str] | None:
    """Return the mark of a change that people are told of: what, and when it was made."""
    if change is None:
        return None
    return {
        "kind": change.kind,
        "label": gettext(KIND_LABELS.get(change.kind, change.kind)),
        "at": words.moment(change.at, eyes.zone, eyes.language),
        "at_iso": words.iso(change.at),
    }


def row_items(
    programme: Programme,
    positions: Iterable[int],
    eyes: Eyes,
    *,
    dated: bool = False,
    mixed: bool = False,
    every_topic: bool = False,
) -> list[dict[str, Any]]:
    """Return the sessions at these positions as lines; the wishes are those of :func:`row_item`."""
    return [
        row_item(row, programme, eyes, dated=dated, mixed=mixed, every_topic=every_topic)
        for row in rows(programme, positions, eyes.zone)
    ]


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
