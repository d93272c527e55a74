"""A mail as bytes on the wire (RFC 5322, RFC 2045): what is the same in many is made once, the rest filled in.

Both parts are quoted-printable, so that any server takes them and no line grows too long. The tests read the bytes
back and compare them with what Python's own ``EmailMessage`` makes of the same values, which is twenty times slower.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlsplit

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e]+")
_TEXT_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_LINES = re.compile("\r\n|[\r\n\u2028\u2029]")
#: Letters of any script (RFC 6531); no quotes, blanks or other characters that mean something in a header.
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_LONGEST_SUBJECT = 200
#: What fits beside "Subject: " in one line of 78 characters (RFC 5322 §2.1.1).
_PLAIN_SUBJECT = 69


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


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, filled in: ``message_id`` is the left part, ``text`` and ``html`` are the two parts."""

    kind: str
    message_id: str
    reader: str
    subject: str
    text: str
    html: str
    language: str = "en"


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
    boundary = f"=_{letter.message_id}"
    return b"".join(
        (
            _head(letterhead, letter.kind, letter.language),
            f"To: {clean_address(letter.reader)}\r\n"
            f"Subject: {_subject(letter.subject)}\r\n"
            f"Date: {format_datetime(at)}\r\n"
            f"Message-ID: <{letter.message_id}@{letterhead.domain}>\r\n"
            f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'
            "\r\n".encode(),
            _part(boundary, "plain", letter.text),
            _part(boundary, "html", letter.html),
            f"--{boundary}--\r\n".encode("ascii"),
        )
    )


def _subject(text: str) -> str:
    line = one_line(text)
    if len(line) <= _PLAIN_SUBJECT and line.isascii() and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name="Subject", maxlinelen=76).encode(linesep="\r\n")


def _part(boundary: str, subtype: str, text: str) -> bytes:
    body = plain_text(text).rstrip("\n").replace("\n", "\r\n") + "\r\n"
    return (
        (
            f"--{boundary}\r\n"
            f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
        ).encode("ascii")
        + binascii.b2a_qp(body.encode(), istext=True)
        + b"\r\n"
    )
