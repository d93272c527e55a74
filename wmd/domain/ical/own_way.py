"""An entry for one person who has a place: the way in is their own, and other people's calendars do not show it.

Feeds and invitations are made of the same checked bytes (``entries.py``). Where somebody is registered with us, the
stable way into a session asks them nothing only with a token of theirs, so that it stands in the place of everybody's.
"""

from __future__ import annotations

import re

from wmd.domain.ical.lines import fold, unfold
from wmd.domain.programme import EntryView

_LINE = re.compile(rb".+?\r\n(?![ \t])", re.DOTALL)


def with_own_way(entry: EntryView, way: str, own: str) -> EntryView:
    """Return the entry with the address ``own`` wherever the address ``way`` stands; unchanged where it nowhere does.

    ``own`` has letters, digits and ``-_.?=/:`` alone, nothing that iCalendar escapes (RFC 5545 §3.3.11). What holds a
    token is private (§3.8.1.3): a calendar that is shared then shows only that its owner is busy or free.
    """
    found = re.compile(re.escape(way.encode()) + rb"(?![0-9A-Za-z/?])")
    pieces = [
        b"".join(fold(found.sub(own.encode(), unfold(line))) for line in _LINE.findall(piece)) if piece else piece
        for piece in (entry.head, entry.full, entry.short, entry.tail)
    ]
    if pieces == [entry.head, entry.full, entry.short, entry.tail]:
        return entry
    head, full, short, tail = (piece.replace(b"\r\nCLASS:PUBLIC\r\n", b"\r\nCLASS:PRIVATE\r\n") for piece in pieces)
    return EntryView(head, full, short, tail, entry.digest)
