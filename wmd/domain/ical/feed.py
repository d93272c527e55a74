"""Feeds: stored entries joined into one calendar that stays below what Google still reads.

Nothing is parsed or serialised here; the sizes of all steps are summed first and the bytes joined once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from wmd.domain.ical import entries
from wmd.domain.ical.lines import plain_line, text_line, uri_line, utc_line
from wmd.domain.ical.text import one_line, paragraphs
from wmd.domain.ical.vtimezone import vtimezone
from wmd.domain.programme import EditionView, EntryView, EventView, SessionView
from wmd.domain.vocabulary import SessionStatus

#: Octets; Google stops reading near a megabyte.
LIMIT_BYTES = 950_000

#: How long a cancelled session, and (while it runs) a past one of an overlong edition, stays in a feed.
KEPT = timedelta(days=30)

PRODID = "-//World Metropolitan Day//Programme//EN"

#: A calendar without a name is one that subscribers cannot find again.
_NAMELESS = "World Metropolitan Day"

Size = Literal["full", "short", "bare", "bare-recent"]

_TZID = b"\r\nDTSTART;TZID="
_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says about itself.

    ``name`` names the selection; ``url`` is its page for people and ``source`` its own address (both
    absolute); ``colour`` is a CSS3 name or empty; ``too_large_text`` is said when even the smallest step is
    too large. The texts are in ``language`` (a BCP 47 tag).
    """

    name: str
    description: str
    url: str
    source: str
    last_modified_at: datetime
    language: str = "en"
    colour: str = "royalblue"
    refresh_hours: int = 6
    too_large_text: str = ""


class Feed(NamedTuple):
    """A finished feed.

    ``dropped`` counts what the last step left out for being over, ``missing`` the sessions that had no
    entry in any language (staff should hear of both, and of ``too_large``).
    """

    body: bytes
    size: Size
    too_large: bool
    dropped: int
    missing: int


class Fed(NamedTuple):
    """A session with the entry that is fed for it."""

    session: SessionView
    entry: EntryView


def join(
    head: FeedHead,
    sessions: Iterable[SessionView],
    *,
    language: str,
    now_day: date,
    running: bool,
    limit_bytes: int = LIMIT_BYTES,
) -> Feed:
    """Return the feed of these sessions, in the largest form that stays within ``limit_bytes``.

    The steps are full text, short text, no text and, only while the edition is ``running``, no text without
    what ended over 30 days before ``now_day``. Entries are taken in ``language``, else English, else any; what is
    cancelled or postponed is left out 30 days after its old end. Same input, same bytes.
    """
    chosen, missing = _select(sessions, language, now_day)
    zones = zones_of(chosen)
    front = _head(head, head.description)
    room = limit_bytes - len(front) - sum(map(len, zones)) - len(_END)
    bare = sum(len(entry.head) + len(entry.tail) for _, entry in chosen)
    if bare + sum(len(entry.full) for _, entry in chosen) <= room:
        return Feed(_body(front, zones, chosen, "full"), "full", False, 0, missing)
    if bare + sum(len(entry.short) for _, entry in chosen) <= room:
        return Feed(_body(front, zones, chosen, "short"), "short", False, 0, missing)
    if bare <= room:
        return Feed(_body(front, zones, chosen, "bare"), "bare", False, 0, missing)
    size: Size = "bare"
    left = chosen
    if running:
        size = "bare-recent"
        left = [pair for pair in chosen if pair.session.ends_on + KEPT >= now_day]
        zones = zones_of(left)
    body = _body(front, zones, left, size)
    too_large = len(body) > limit_bytes
    if too_large:
        said = "\n\n".join(filter(None, (head.too_large_text, head.description)))
        body = _body(_head(head, said), zones, left, size)
    return Feed(body, size, too_large, len(chosen) - len(left), missing)


def digest(
    head: FeedHead,
    sessions: Iterable[SessionView],
    *,
    language: str,
    now_day: date,
    running: bool,
    limit_bytes: int = LIMIT_BYTES,
) -> str:
    """Return a cheap key of :func:`join`'s result: while it stays the same, so do the bytes."""
    chosen, _ = _select(sessions, language, now_day)
    key = hashlib.blake2b(f"{head!r}|{language}|{now_day}|{running}|{limit_bytes}".encode(), digest_size=16)
    for session, entry in chosen:
        key.update(f"|{session.uid}{entry.digest}".encode())
    return key.hexdigest()


def single(edition: EditionView, event: EventView, *, language: str, html: str = "") -> bytes:
    """Return the calendar download of one event: all its sessions, with ``html`` in the richer properties.

    It carries no name and no refresh: a client that is given a name makes a new calendar of it. ``html``
    is sanitised by the caller.
    """
    del edition  # Every writer takes edition and event; a download says nothing of its edition yet.
    chosen, _ = _select(event.sessions, language, None)
    parts = [
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        text_line("PRODID", PRODID),
        b"CALSCALE:GREGORIAN\r\n",
        *zones_of(chosen),
        *(entries.download_extras(entry, html=html) for _, entry in chosen),
        _END,
    ]
    return b"".join(parts)


def _select(sessions: Iterable[SessionView], language: str, now_day: date | None) -> tuple[list[Fed], int]:
    """Return the sessions that are fed, in order of (start, code), and how many lack an entry."""
    chosen = []
    missing = 0
    for session in sessions:
        if now_day and session.status is not SessionStatus.SCHEDULED and session.ends_on + KEPT < now_day:
            continue
        entry = session.entries.get(language) or session.entries.get("en")
        if entry is None and session.entries:
            entry = session.entries[min(session.entries)]
        if entry is None:
            missing += 1
        else:
            chosen.append(Fed(session, entry))
    chosen.sort(key=lambda pair: (pair.session.starts_at, pair.session.code))
    return chosen, missing


def zones_of(chosen: Sequence[Fed]) -> list[bytes]:
    """Return the VTIMEZONE of each zone that the chosen entries name, in order of name."""
    names = set()
    for _, entry in chosen:
        at = entry.head.find(_TZID)
        if at >= 0:
            names.add(entry.head[at + len(_TZID) : entry.head.index(b":", at + len(_TZID))])
    if not names:
        return []
    first = min(session.starts_at.year for session, _ in chosen)
    last = max(session.ends_at.year for session, _ in chosen)
    return [vtimezone(name.decode(), first, last) for name in sorted(names)]


def _head(head: FeedHead, description: str) -> bytes:
    """Return the calendar's own properties (RFC 7986 §5, and the older spellings beside them)."""
    name, description = one_line(head.name) or _NAMELESS, paragraphs(description)
    tag = {"LANGUAGE": head.language}
    refresh = f"PT{head.refresh_hours}H"
    lines = [
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        text_line("PRODID", PRODID),
        b"CALSCALE:GREGORIAN\r\n",
        utc_line("LAST-MODIFIED", head.last_modified_at),
        text_line("NAME", name, tag),
        text_line("X-WR-CALNAME", name),
    ]
    if description:
        lines += [text_line("DESCRIPTION", description, tag), text_line("X-WR-CALDESC", description)]
    lines += [
        uri_line("URL", head.url),
        uri_line("SOURCE", head.source, {"VALUE": "URI"}),
        plain_line("REFRESH-INTERVAL", refresh, {"VALUE": "DURATION"}),
        plain_line("X-PUBLISHED-TTL", refresh),
    ]
    if head.colour:
        lines.append(plain_line("COLOR", head.colour))
    return b"".join(lines)


def _body(front: bytes, zones: Sequence[bytes], chosen: Sequence[Fed], size: Size) -> bytes:
    """Return the whole calendar in one size."""
    parts = [front, *zones]
    for _, entry in chosen:
        if size == "full":
            parts += (entry.head, entry.full, entry.tail)
        elif size == "short":
            parts += (entry.head, entry.short, entry.tail)
        else:
            parts += (entry.head, entry.tail)
    parts.append(_END)
    return b"".join(parts)
