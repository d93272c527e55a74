"""Reads notifications of mails that came back from a mailbox: IMAP (RFC 9051), over TLS, every wait with an end.

Only what says of itself that it is a report is looked at, and only that is flagged as seen, once the caller is done
with it: the mailbox may be one that people read.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Timer
from typing import Any
from urllib.parse import unquote, urlsplit

#: So much of a mail is fetched: what it returns of ours stands within.
MOST_BYTES = 200_000
_UID = re.compile(rb"\d{1,10}")


class MailboxError(Exception):
    """The mailbox cannot be read now; says in which step, and nothing of what the server said."""


@dataclass(frozen=True, slots=True)
class ImapSetting:
    """Where the mailbox is: ``imaps://user:password@host/Folder``, or ``imap://`` on this machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    is_tls: bool = True

    @classmethod
    def from_url(cls, url: str) -> ImapSetting:
        """Read the address of a mailbox; raises ValueError for what is none, or is not encrypted on its way."""
        parts = urlsplit(url)
        host, is_tls = parts.hostname or "", parts.scheme == "imaps"
        if parts.scheme not in {"imap", "imaps"} or not host or not parts.username or not parts.password:
            msg = "it must be imaps://user:password@host/Folder"
            raise ValueError(msg)
        if not is_tls and not _is_here(host):
            msg = "only a server on this machine may be read without TLS"
            raise ValueError(msg)
        return cls(
            host=host, port=parts.port or (993 if is_tls else 143), user=unquote(parts.username),
            password=unquote(parts.password), folder=unquote(parts.path.strip("/")) or "INBOX", is_tls=is_tls,
        )  # fmt: skip


def _is_here(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


class Mailbox:
    """A mailbox that can be opened. ``tls`` replaces the system's trust; both limits are in seconds."""

    def __init__(
        self,
        setting: ImapSetting,
        *,
        tls: ssl.SSLContext | None = None,
        answer_s: float = 15.0,
        longest_s: float = 60.0,
    ) -> None:
        self.setting = setting
        self._tls, self._answer_s, self._longest_s = tls, answer_s, longest_s

    @contextmanager
    def opened(self) -> Iterator[OpenMailbox]:
        """Sign in and open the folder; raises MailboxError, also from what is done inside."""
        step = "connect"
        try:
            imap = self._connect()
            # A server that says a letter every few seconds never exceeds the limit of one answer.
            bound = Timer(self._longest_s, _shut, args=(imap.sock,))
            bound.daemon = True
            bound.start()
            try:
                step = "sign in"
                imap.login(self.setting.user, self.setting.password)
                step = "open the folder"
                _said(imap.select(_quoted(self.setting.folder)))
                step = "read"
                yield OpenMailbox(imap)
                with contextlib.suppress(imaplib.IMAP4.error, OSError):
                    imap.logout()
            finally:
                bound.cancel()
                with contextlib.suppress(imaplib.IMAP4.error, OSError):
                    imap.shutdown()
        except (imaplib.IMAP4.error, OSError) as error:
            # What the server says may quote what it was told.
            msg = f"{step}: {type(error).__name__}"
            raise MailboxError(msg) from None

    def _connect(self) -> imaplib.IMAP4:
        setting = self.setting
        if not setting.is_tls:
            return imaplib.IMAP4(setting.host, setting.port, timeout=self._answer_s)
        tls = self._tls or ssl.create_default_context()
        return imaplib.IMAP4_SSL(setting.host, setting.port, ssl_context=tls, timeout=self._answer_s)


class OpenMailbox:
    """An open folder. Mails go by their UID."""

    def __init__(self, imap: imaplib.IMAP4) -> None:
        self._imap = imap

    def waiting(self, limit: int) -> list[str]:
        """Return the oldest reports that nobody has seen."""
        found = _said(self._imap.uid("SEARCH", "UNSEEN", "HEADER", "Content-Type", "multipart/report"))
        numbers = b" ".join(each for each in found if isinstance(each, bytes)).split()
        return [each.decode() for each in numbers if _UID.fullmatch(each)][:limit]

    def read(self, uid: str) -> bytes:
        """Return a mail, or its beginning when it is long, and leave it unseen; empty when it is gone."""
        found = _said(self._imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
        return next((each[1] for each in found if isinstance(each, tuple)), b"")

    def done(self, uid: str) -> None:
        """Flag a mail as seen."""
        _said(self._imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))


def _said(answer: tuple[str, Any]) -> list[Any]:
    status, data = answer
    if status != "OK":
        msg = "refused"
        raise imaplib.IMAP4.error(msg)
    return list(data)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
