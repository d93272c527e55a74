"""Invitations by mail (iMIP, RFC 6047): the entry of a feed, made into a message to one person (iTIP, RFC 5546).

UID and SEQUENCE are those of the feeds, so that whoever subscribed and registered has the session once where their
calendar sees that; only DTSTAMP is the hour of sending, by which two messages of one SEQUENCE are told apart
(RFC 5546 §2.1.5). One object holds one UID (§3.2.2), so each session of a person is an object of its own; a file to
add by hand (PUBLISH) may hold them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

from wmd.domain.ical.feed import PRODID, Fed, zones_of
from wmd.domain.ical.lines import plain_line, text_line, uri_line, utc_line
from wmd.domain.ical.text import one_line
from wmd.domain.programme import EntryView, SessionView

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]

_END: Final = b"END:VEVENT\r\n"
#: What an address may have as it is before its ``@`` in a ``mailto:`` (RFC 6068 §2); all else is percent-encoded.
_ATOM: Final = "!$'*+-._~"


class Party(NamedTuple):
    """Somebody in an invitation: a name, which may be empty, and a plain mail address."""

    name: str
    address: str


class CalendarObject(NamedTuple):
    """A finished iCalendar object, and the method that its MIME part must repeat (RFC 6047 §2.4)."""

    method: Method
    data: bytes


def invite(
    session: SessionView, entry: EntryView, *, organiser: Party, attendee: Party, stamped_at: datetime
) -> CalendarObject:
    """Return the invitation of one person to one session, or its update: a client takes the higher SEQUENCE.

    A session that is off is a :func:`call_off`: its entry says so itself.
    """
    return _message("REQUEST", session, entry, organiser, attendee, stamped_at)


def call_off(
    session: SessionView, entry: EntryView, *, organiser: Party, attendee: Party, stamped_at: datetime
) -> CalendarObject:
    """Return the message that takes a session out of one person's calendar: it is off, or they are not coming."""
    return _message("CANCEL", session, entry, organiser, attendee, stamped_at)


def publication(
    entries: Iterable[tuple[SessionView, EntryView]], *, organiser: Party, stamped_at: datetime
) -> CalendarObject:
    """Return sessions as a file that somebody adds to their calendar by hand, and that asks for no answer."""
    fed = [Fed(session, entry) for session, entry in entries]
    return CalendarObject("PUBLISH", _calendar("PUBLISH", fed, [_party("ORGANIZER", organiser)], stamped_at))


def _message(
    method: Method, session: SessionView, entry: EntryView, organiser: Party, attendee: Party, stamped_at: datetime
) -> CalendarObject:
    asked = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT"}
    if method == "REQUEST":
        asked |= {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
    people = [_party("ORGANIZER", organiser), _party("ATTENDEE", attendee, asked)]
    return CalendarObject(method, _calendar(method, [Fed(session, entry)], people, stamped_at))


def _calendar(method: Method, fed: Sequence[Fed], people: Sequence[bytes], stamped_at: datetime) -> bytes:
    parts = [
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        text_line("PRODID", PRODID),
        b"CALSCALE:GREGORIAN\r\n",
        plain_line("METHOD", method),
        *zones_of(fed),
    ]
    for each in fed:
        head = _with_line(each.entry.head, utc_line("DTSTAMP", stamped_at))
        if method == "CANCEL":
            head = _with_line(head, plain_line("STATUS", "CANCELLED"))
        parts += (head, each.entry.full, each.entry.tail.removesuffix(_END), *people, _END)
    return b"".join((*parts, b"END:VCALENDAR\r\n"))


def _with_line(head: bytes, line: bytes) -> bytes:
    """Return the head of an entry with a line in place of the one of that name, which is never folded."""
    name = line[: line.index(b":") + 1]
    starts = head.index(b"\r\n" + name) + 2
    return head[:starts] + line + head[head.index(b"\r\n", starts) + 2 :]


def _party(name: str, party: Party, params: dict[str, str] | None = None) -> bytes:
    local, _, domain = party.address.rpartition("@")
    known = {"CN": said} if (said := one_line(party.name)) else {}
    return uri_line(name, f"mailto:{quote(local, safe=_ATOM)}@{domain}", {**known, **(params or {})})
