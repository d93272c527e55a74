"""What an entry says in words: its title line, its description in two lengths, its place."""

from __future__ import annotations

from typing import NamedTuple

from wmd.domain.ical.plaintext import from_markdown
from wmd.domain.ical.text import cut, fill, joined, one_line, paragraphs
from wmd.domain.ical.words import CalendarWords
from wmd.domain.programme import EditionView, EventView, SessionView, TextView, VenueView
from wmd.domain.vocabulary import EventFormat, SessionStatus

TITLE_CHARACTERS = 200
_SESSION_TITLE_CHARACTERS = 100
SUMMARY_CHARACTERS = 160
TEXT_CHARACTERS = 600
REASON_CHARACTERS = 300
_MINIMAL_TITLE_CHARACTERS = 100


class Addresses(NamedTuple):
    """The two permanent addresses of an entry: of its event, and (``""`` where nobody can go) to take part."""

    event: str
    take_part: str


def addresses(event: EventView, session: SessionView, base_url: str) -> Addresses:
    """Return the addresses under ``base_url``. A session that does not take place has no way to take part."""
    base = base_url.rstrip("/")
    going = session.status is SessionStatus.SCHEDULED
    return Addresses(f"{base}/e/{event.code}", f"{base}/go/{session.code}" if going else "")


def title(event: EventView, session: SessionView, text: TextView, words: CalendarWords) -> str:
    """Return the entry's title: the event's, the session's where there are several, the state in front."""
    whole = cut(one_line(text.title), TITLE_CHARACTERS)
    part = cut(one_line(_session_title(event, session, text.language)), _SESSION_TITLE_CHARACTERS)
    if len(event.sessions) > 1 and part and part != whole:
        whole = joined(whole, part, " – ")
    if session.status is SessionStatus.CANCELLED:
        return fill(words.cancelled_title, title=whole)
    if session.status is SessionStatus.POSTPONED:
        return fill(words.postponed_title, title=whole)
    return whole


def minimal_title(event: EventView, text: TextView) -> str:
    """Return a title of letters, digits and spaces alone, so that nothing in it can break a reader."""
    plain = "".join(char if char.isalnum() or char in " -.:'" else " " for char in one_line(text.title))
    return cut(one_line(plain), _MINIMAL_TITLE_CHARACTERS) or event.code


def _session_title(event: EventView, session: SessionView, language: str) -> str:
    """Return the session's title in ``language``, else in English, else the event's, else any."""
    for tag in (language, "en", event.language, *sorted(session.title)):
        if session.title.get(tag):
            return session.title[tag]
    return ""


def full_text(
    edition: EditionView, event: EventView, session: SessionView, text: TextView, words: CalendarWords, to: Addresses
) -> str:
    """Return the whole description: state, texts, languages, organisers, links. It names no time: times move."""
    facts = [
        *_language_facts(event, words),
        _organisers(event, words),
        "" if edition.is_permanent else fill(words.part_of, edition=one_line(edition.name)),
        words.demo_note if event.is_demo else "",
    ]
    state = _state(event, session, text.language, words)
    return _blocks(state, _prose(text), "\n".join(filter(None, facts)), _links(words, to))


def short_text(event: EventView, session: SessionView, text: TextView, words: CalendarWords, to: Addresses) -> str:
    """Return the short description: state, at most 160 characters of text, links."""
    summary = one_line(text.summary) or one_line(from_markdown(text.description))
    state = _state(event, session, text.language, words)
    return _blocks(state, cut(summary, SUMMARY_CHARACTERS), _links(words, to))


def _blocks(*blocks: str) -> str:
    """Return the blocks that hold something, with a blank line between them."""
    return "\n\n".join(block for block in blocks if block)


def _state(event: EventView, session: SessionView, language: str, words: CalendarWords) -> str:
    """Return the sentence about a session that does not take place as planned, and why as far as somebody said."""
    notes = {SessionStatus.CANCELLED: words.cancelled_note, SessionStatus.POSTPONED: words.postponed_note}
    note = notes.get(session.status, "")
    said = event.public_reason
    reason = next((said[tag] for tag in (language, "en", event.language, *said) if said.get(tag)), "")
    return _blocks(note, cut(paragraphs(reason), REASON_CHARACTERS)) if note else ""


def _prose(text: TextView) -> str:
    """Return summary and description as plain text of at most 600 characters together, nothing said twice."""
    summary = paragraphs(text.summary)
    description = from_markdown(text.description)
    if description.startswith(summary):
        summary = ""
    return cut(_blocks(summary, description), TEXT_CHARACTERS)


def _language_facts(event: EventView, words: CalendarWords) -> list[str]:
    """Return one line each for the languages spoken, interpreted into, captioned and signed."""
    facts = (
        (words.spoken, event.spoken),
        (words.interpreted, event.interpreted),
        (words.captioned, event.captioned),
        (words.signed, event.signed),
    )
    return [
        fill(template, languages=words.list_comma.join(words.language_names.get(tag, tag) for tag in tags))
        for template, tags in facts
        if tags
    ]


def _organisers(event: EventView, words: CalendarWords) -> str:
    """Return the line that names the organisers, in the order of the listing."""
    names = words.list_comma.join(one_line(organiser.name) for organiser in event.organisers)
    return fill(words.organised_by, names=names) if names else ""


def _links(words: CalendarWords, to: Addresses) -> str:
    """Return the lines with the two addresses.

    An address is never isolated for its direction: calendars take the invisible mark behind it for a
    part of the link.
    """
    lines = [words.take_part.replace("{link}", to.take_part)] if to.take_part else []
    lines.append(words.more.replace("{link}", to.event))
    return "\n".join(lines)


def place(event: EventView, words: CalendarWords, to: Addresses) -> tuple[str, str]:
    """Return where it happens and the language of that text; two empty strings when nobody said."""
    if event.format is EventFormat.ONLINE:
        text = words.online_at.replace("{link}", to.take_part) if to.take_part else words.online
        return text, words.language
    where = _venue(event.venue, words) or one_line(event.host_city)
    if event.format is EventFormat.HYBRID:
        both = joined(where, words.online, words.list_comma)
        return (both, event.language) if where else (words.online, words.language)
    return (where, event.language) if where else ("", "")


def _venue(venue: VenueView | None, words: CalendarWords) -> str:
    """Return a venue on one line: name, address, city, country, each once."""
    if venue is None:
        return ""
    parts: list[str] = []
    for part in (venue.name, venue.address, venue.city, words.country_names.get(venue.country, "")):
        line = one_line(part)
        if line and line not in parts:
            parts.append(line)
    return ", ".join(parts)
