"""A mail as bytes on the wire (RFC 5322, RFC 2045): what is the same in many is made once, the rest filled in.

Both texts are quoted-printable, so that any server takes them and no line grows too long; invitations are base64. The
tests read the bytes back and compare them with what Python's own ``EmailMessage`` makes of the same values, which is
twenty times slower.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlsplit

from wmd.domain.ical.invitations import CalendarObject

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e]+")
_TEXT_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_LINES = re.compile("\r\n|[\r\n\u2028\u2029]")
#: Letters of any script (RFC 6531); no quotes, blanks or other characters that mean something in a header.
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_LONGEST_SUBJECT = 200
#: What fits beside "Subject: " in one line of 78 characters (RFC 5322 §2.1.1).
_PLAIN_SUBJECT = 69
#: Of the 76 characters that a quoted-printable line may have (RFC 2045 §6.7), one is for the mark of a soft line break.
_LONGEST_LINE = 75


class AddressFault(ValueError):  # noqa: N818 -- reads as what it is at the place where it is caught
    """An address that cannot stand in a mail. The message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whom all mail comes from: sender and answer addresses, the service's name, and its public address."""

    base_url: str
    sender: str
    reply_to: str
    name: str = "World Metropolitan Day"

    @property
    def domain(self) -> str:
        """Domain of the sender: it makes Message-IDs and the List-Id, and has the DNS records."""
        return self.sender.rpartition("@")[2]

    @property
    def host(self) -> str:
        """Host of the public address."""
        return urlsplit(self.base_url).hostname or ""


class Part(NamedTuple):
    """A part of a mail: what a form says, one piece more than there are values, and the values between its pieces."""

    form: tuple[str, ...]
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the whole."""
        return "".join([*chain.from_iterable(zip(self.form, self.values, strict=False)), self.form[-1]])


class Letter(NamedTuple):
    """One mail, filled in: ``message_id`` is the left part, ``text`` and ``html`` are the two parts.

    ``calendar`` holds invitations to add: the first REQUEST or CANCEL is offered by mail programs themselves, and all
    are attached. ``unsubscribe`` is the address that stops mails like this one by one click (RFC 8058).
    """

    kind: str
    message_id: str
    reader: str
    subject: str
    text: Part
    html: Part
    language: str = "en"
    calendar: tuple[CalendarObject, ...] = ()
    unsubscribe: str = ""


def clean_address(address: str) -> str:
    """Return an address as it may stand in an envelope and a header: the domain in ASCII, as IDNA.

    The part before the ``@`` may have letters of any script, which only servers with SMTPUTF8 take (RFC 6531).

    Raises :class:`AddressFault` for anything that is not a plain ``local@domain``.
    """
    local, at, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise AddressFault("the domain cannot be written in ASCII") from None
    if not at or len(address) > 254 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise AddressFault("this is no plain mail address")
    return f"{local}@{domain}"


def one_line(text: str) -> str:
    """Return a text as one line without control characters, not longer than a subject may be."""
    line = " ".join(_CONTROLS.sub(" ", text).split())
    return line if len(line) <= _LONGEST_SUBJECT else line[: _LONGEST_SUBJECT - 1] + "…"


def plain_text(text: str) -> str:
    """Return a text with plain line feeds and no other control characters."""
    return _TEXT_CONTROLS.sub("", _LINES.sub("\n", text))


@lru_cache(maxsize=256)
def _head(letterhead: Letterhead, kind: str, language: str) -> bytes:
    """Return the headers that all mails of a kind and language share, as ``EmailMessage`` writes them."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{letterhead.name} <{letterhead.sender}>"
    message["Reply-To"] = letterhead.reply_to
    message["List-Id"] = f"{letterhead.name} <mail.{letterhead.host or letterhead.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    message["X-Mail-Kind"] = kind
    message["MIME-Version"] = "1.0"
    return message.as_bytes().removesuffix(b"\r\n")


def to_bytes(letter: Letter, letterhead: Letterhead, *, at: datetime) -> bytes:
    """Return the mail as RFC 5322 bytes with CRLF. ``at`` is when it goes out. Raises :class:`AddressFault`."""
    # A quoted-printable text never holds "=_": "=" is followed by two digits or the end of the line (RFC 2045 §6.7).
    # Nor do base64 and headers; the boundary around attachments begins otherwise.
    boundary, outer = f"=_{letter.message_id}", f"=.{letter.message_id}"
    around = f'Content-Type: multipart/mixed; boundary="{outer}"\r\n\r\n--{outer}\r\n' if letter.calendar else ""
    stops = f"List-Unsubscribe: <{letter.unsubscribe}>\r\n{_ONE_CLICK}" if letter.unsubscribe else ""
    head = (
        f"To: {clean_address(letter.reader)}\r\n"
        f"Subject: {_subject(letter.subject)}\r\n"
        f"Date: {_date(at)}\r\n"
        f"Message-ID: <{letter.message_id}@{letterhead.domain}>\r\n"
        f"{stops}{around}"
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'
        f"\r\n--{boundary}\r\n{_PART.format('plain')}"
    )
    parts = [_head(letterhead, letter.kind, letter.language), head.encode()]
    _add_text(parts, letter.text)
    parts.append(f"\r\n\r\n--{boundary}\r\n{_PART.format('html')}".encode("ascii"))
    _add_text(parts, letter.html)
    parts.append(b"\r\n\r\n")
    if letter.calendar:
        parts += (_offered(boundary, each) for each in _first_message(letter.calendar))
    parts.append(f"--{boundary}--\r\n".encode("ascii"))
    if letter.calendar:
        parts += (_attached(outer, each, number) for number, each in enumerate(letter.calendar, start=1))
        parts.append(f"--{outer}--\r\n".encode("ascii"))
    return b"".join(parts)


_ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
_PART = 'Content-Type: text/{}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
#: Many mails of a batch have the same second.
_date = lru_cache(maxsize=8)(format_datetime)


def _first_message(objects: Sequence[CalendarObject]) -> Sequence[CalendarObject]:
    """Return the one object that may stand beside the texts: a mail offers one, and a plain file offers nothing.

    Outlook looks for an invitation in the first part alone ([MS-STANOICAL] §2.2.168), others among attachments.
    """
    return [each for each in objects if each.method != "PUBLISH"][:1]


def _offered(boundary: str, one: CalendarObject) -> bytes:
    # RFC 6047 §2.4: the method here is that of the object, or clients take neither.
    head = f'--{boundary}\r\nContent-Type: text/calendar; charset="utf-8"; method={one.method}\r\n'
    return head.encode("ascii") + _in_base64(one.data)


def _attached(boundary: str, one: CalendarObject, number: int) -> bytes:
    name = "invite.ics" if number == 1 else f"invite-{number}.ics"
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: text/calendar; charset="utf-8"; method={one.method}; name="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n'
    )
    return head.encode("ascii") + _in_base64(one.data)


def _in_base64(data: bytes) -> bytes:
    """Return bytes as they are, CRLF and all, whatever a server between thinks of lines."""
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded


def _subject(text: str) -> str:
    line = one_line(text)
    if len(line) <= _PLAIN_SUBJECT and line.isascii() and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name="Subject", maxlinelen=76).encode(linesep="\r\n")


#: A piece as quoted-printable, the lengths of its first and its last line, and whether it has one line only.
_Coded = tuple[bytes, int, int, bool]


def _add_text(parts: list[bytes], text: Part) -> None:
    """Add a text as quoted-printable, without line feeds at its end.

    Each piece is coded by itself, so that those of the form are coded once. A soft line break (RFC 2045 §6.7 rule 5),
    which every reader takes out again, stands between two pieces that do not fit into one line.
    """
    form = _coded_form(text.form)
    data, _, column, _ = form[0]
    parts.append(data)
    for value, around in zip(text.values, form[1:], strict=True):
        for data, first, last, is_one_line in (_coded_value(value), around):
            if column and column + first > _LONGEST_LINE:
                parts.append(b"=\r\n")
                column = 0
            parts.append(data)
            column = column + last if is_one_line else last


def _coded_value(value: str) -> _Coded:
    size = len(value)
    if size <= _LONGEST_LINE and value.isprintable() and value.isascii() and "=" not in value and value[-1:] != " ":
        # Most of what fills a place is a few plain words.
        return value.encode("ascii"), size, size, True
    return _coded(value)


@lru_cache(maxsize=1024)
def _coded_form(form: tuple[str, ...]) -> tuple[_Coded, ...]:
    return (*map(_coded, form[:-1]), _coded(plain_text(form[-1]).rstrip("\n")))


def _coded(piece: str) -> _Coded:
    plain = piece if piece.isprintable() else plain_text(piece).replace("\n", "\r\n")
    # The line feed at the end, which is taken off again, tells ``b2a_qp`` to end soft lines with CRLF too.
    data = binascii.b2a_qp(f"{plain}\r\n".encode(), istext=True)[:-2]
    first, last = data.find(b"\r\n"), len(data) - data.rfind(b"\r\n") - 2
    if first < 0:
        first = last = len(data)
    if last <= _LONGEST_LINE:
        return data, first, last, first == len(data)
    # No room is left for the mark of a soft line break: what was coded last goes to a line of its own.
    end = len(data) - (3 if data[-3:-2] == b"=" else 1)
    return data[:end] + b"=\r\n" + data[end:], min(first, _LONGEST_LINE + 1), len(data) - end, False
