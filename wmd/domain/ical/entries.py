"""One VEVENT per session and language, cut into pieces that feeds join (RFC 5545 §3.6.1, RFC 7986).

The order of properties is ours and fixed, so that the same event gives the same bytes for ever. An
entry carries no METHOD, ORGANIZER, ATTENDEE or VALARM: it is published, not an invitation.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from wmd.domain.ical import description as said
from wmd.domain.ical.lines import (
    date_line,
    fold,
    local_line,
    plain_line,
    text_line,
    text_list_line,
    unfold,
    uri_line,
    utc_line,
)
from wmd.domain.ical.text import one_line
from wmd.domain.ical.words import ENGLISH, CalendarWords
from wmd.domain.programme import EditionView, EntryView, EventView, SessionView
from wmd.domain.vocabulary import EventFormat, SessionStatus

__all__ = [
    "ENGLISH",
    "CalendarWords",
    "build_entry",
    "build_hidden",
    "build_minimal",
    "content_digest",
    "download_extras",
]

_BEGIN = b"BEGIN:VEVENT\r\n"
_END = b"END:VEVENT\r\n"
_UTC_ZONES = frozenset({"UTC", "Etc/UTC"})
_UNSTAMPED_AT = datetime(1970, 1, 1, tzinfo=UTC)


def build_entry(
    edition: EditionView,
    event: EventView,
    session: SessionView,
    *,
    language: str,
    words: CalendarWords,
    topic_names: Mapping[str, str],
    base_url: str,
    minimal: bool = False,
) -> EntryView:
    """Return the entry of one session in one language.

    ``language`` chooses the event's texts (see :meth:`EventView.text`); each text says in LANGUAGE what
    it really is in. ``words`` and ``topic_names`` (slug to name) are those of the same interface
    language; ``base_url`` is the public origin. ``minimal`` gives times, state, plain title and URL only.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: when a timed session's zone is unknown.
    """
    text = event.text(language)
    to = said.addresses(event, session, base_url)
    if minimal:
        title = text_line("SUMMARY", said.minimal_title(event, text))
        return _cut_entry(_what_and_when(session), title, uri_line("URL", to.event) + _courtesy())
    tag = {"LANGUAGE": text.language}
    full = said.full_text(edition, event, session, text, words, to)
    short = said.short_text(event, session, text, words, to)
    return _cut_entry(
        _what_and_when(session),
        text_line("SUMMARY", said.title(event, session, text, words), tag),
        _tail(event, session, words, topic_names, to),
        full=text_line("DESCRIPTION", full, tag),
        short=text_line("DESCRIPTION", short, tag),
    )


def build_minimal(
    edition: EditionView, event: EventView, session: SessionView, *, language: str, words: CalendarWords, base_url: str
) -> EntryView:
    """Return the minimal entry, for when the full one failed the strict check."""
    return build_entry(
        edition, event, session, language=language, words=words, topic_names={}, base_url=base_url, minimal=True
    )


def build_hidden(session: SessionView, *, words: CalendarWords) -> EntryView:
    """Return the entry of a session whose event was taken from the list: cancelled, and none of its texts."""
    gone = replace(session, status=SessionStatus.CANCELLED)
    title = text_line("SUMMARY", words.hidden_title, {"LANGUAGE": words.language})
    return _cut_entry(_what_and_when(gone), title, _courtesy())


def _cut_entry(what: bytes, summary: bytes, tail: bytes, *, full: bytes = b"", short: bytes = b"") -> EntryView:
    """Return the pieces with a digest over them."""
    head, tail = _BEGIN + what + summary, tail + _END
    digest = hashlib.blake2b(b"\x00".join((head, full, short, tail)), digest_size=16)
    return EntryView(head, full, short, tail, digest.hexdigest())


def _what_and_when(session: SessionView) -> bytes:
    """Return identity, stamps, state and times."""
    confirmed = session.status is SessionStatus.SCHEDULED
    return b"".join(
        (
            text_line("UID", session.uid),
            utc_line("DTSTAMP", session.last_modified_at),
            utc_line("CREATED", session.created_at),
            utc_line("LAST-MODIFIED", session.last_modified_at),
            plain_line("SEQUENCE", str(session.sequence)),
            plain_line("STATUS", "CONFIRMED" if confirmed else "CANCELLED"),
            *_times(session),
        )
    )


def _times(session: SessionView) -> tuple[bytes, bytes]:
    """Return DTSTART and DTEND: two dates (the end excluded), wall times with TZID, or UTC."""
    if session.all_day:
        return date_line("DTSTART", session.starts_on), date_line("DTEND", session.ends_on + timedelta(days=1))
    if session.zone not in _UTC_ZONES:
        zone = ZoneInfo(session.zone)
        starts, ends = session.starts_at.astimezone(zone), session.ends_at.astimezone(zone)
        # A wall time that comes twice means its first coming (RFC 5545 §3.3.5), but readers disagree: UTC is plain.
        if not _comes_twice(starts) and not _comes_twice(ends):
            return local_line("DTSTART", starts, session.zone), local_line("DTEND", ends, session.zone)
    return utc_line("DTSTART", session.starts_at), utc_line("DTEND", session.ends_at)


def _comes_twice(local: datetime) -> bool:
    """Say whether a wall time exists twice because the clock was put back over it."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _tail(
    event: EventView,
    session: SessionView,
    words: CalendarWords,
    topic_names: Mapping[str, str],
    to: said.Addresses,
) -> bytes:
    """Return everything that stands behind the description."""
    lines = []
    where, where_language = said.place(event, words, to)
    if where:
        lines.append(text_line("LOCATION", where, {"LANGUAGE": where_language}))
    lines.append(_geo(event))
    lines.append(uri_line("URL", to.event))
    if to.take_part and event.format is not EventFormat.IN_PERSON:
        label = {"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"], "LABEL": words.take_part_label}
        lines.append(uri_line("CONFERENCE", to.take_part, label))
    if event.topics:
        lines.append(text_list_line("CATEGORIES", [one_line(topic_names.get(slug, slug)) for slug in event.topics]))
    lines.append(_courtesy())
    umbrella = _umbrella(event, session)
    if umbrella:
        lines.append(text_line("RELATED-TO", umbrella.uid, {"RELTYPE": "PARENT"}))
    return b"".join(lines)


def _courtesy() -> bytes:
    """Return what keeps a public entry from making its reader look busy."""
    return b"CLASS:PUBLIC\r\nTRANSP:TRANSPARENT\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE\r\n"


def _geo(event: EventView) -> bytes:
    """Return GEO in degrees with six decimals (RFC 5545 §3.8.1.6), for a venue with sound coordinates."""
    venue = event.venue
    if event.format is EventFormat.ONLINE or venue is None or venue.latitude is None or venue.longitude is None:
        return b""
    latitude, longitude = venue.latitude, venue.longitude
    if not (math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):
        return b""
    return plain_line("GEO", f"{latitude:.6f};{longitude:.6f}")


def _umbrella(event: EventView, session: SessionView) -> SessionView | None:
    """Return the all-day session that a timed one belongs to: the one over its day, else the first."""
    if session.all_day:
        return None
    umbrellas = [other for other in event.sessions if other.all_day]
    over = (other for other in umbrellas if other.starts_on <= session.starts_on <= other.ends_on)
    return next(over, umbrellas[0] if umbrellas else None)


def content_digest(
    edition: EditionView,
    event: EventView,
    session: SessionView,
    *,
    languages_words: Mapping[str, CalendarWords],
    topic_names: Mapping[str, Mapping[str, str]],
    base_url: str,
    hidden: bool = False,
) -> str:
    """Return a hex digest of the entry in all languages without its stamps: what SEQUENCE answers to.

    ``languages_words`` maps each language that entries are built in to its words, ``topic_names`` the
    same languages to names by slug. Only SEQUENCE, CREATED, LAST-MODIFIED and DTSTAMP are left out.
    """
    unstamped = replace(session, sequence=0, created_at=_UNSTAMPED_AT, last_modified_at=_UNSTAMPED_AT)
    digest = hashlib.blake2b(digest_size=16)
    for language in sorted(languages_words):
        words = languages_words[language]
        entry = (
            build_hidden(unstamped, words=words)
            if hidden
            else build_entry(
                edition,
                event,
                unstamped,
                language=language,
                words=words,
                topic_names=topic_names.get(language, {}),
                base_url=base_url,
            )
        )
        digest.update(f"{language}:{entry.digest};".encode())
    return digest.hexdigest()


def download_extras(entry: EntryView, *, html: str) -> bytes:
    """Return the whole VEVENT of a stored entry with ``html`` in the three spellings clients read.

    They are DESCRIPTION's ALTREP with a ``data:`` address (Thunderbird), STYLED-DESCRIPTION (RFC 9073
    §6.5) and X-ALT-DESC (Outlook). They treble the size, so they belong in single downloads only.
    ``html`` is sanitised by the caller; an empty one changes nothing.
    """
    if not html or not entry.full:
        return entry.head + entry.full + entry.tail
    as_html = {"FMTTYPE": "text/html"}
    plain = unfold(entry.full).removeprefix(b"DESCRIPTION")
    altrep = quote(html, safe="")
    return b"".join(
        (
            entry.head,
            fold(f'DESCRIPTION;ALTREP="data:text/html,{altrep}"'.encode() + plain),
            text_line("STYLED-DESCRIPTION", html, {"VALUE": "TEXT", **as_html}),
            text_line("X-ALT-DESC", html, as_html),
            entry.tail,
        )
    )
