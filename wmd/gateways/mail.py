"""Mail goes out: by SMTP (RFC 5321), or into files in a demonstration.

A connection is kept for a batch. Every wait has an end: each answer of the server has a limit, and so have opening a
connection and handing over a mail as a whole, because a server that says one letter every few seconds never exceeds
the first.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from wmd.domain.mail_handover import MailLine, Outcome

_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")
#: RFC 3463: 5.7 is a matter of rules, such as a blocked network; the address may be right.
_BY_RULE = " 5.7."
_GOING_AWAY = 421
_GO_ON = 354


@dataclass(frozen=True, slots=True)
class SmtpSetting:
    """Where the server is and how it is spoken to. ``starttls``: ``required`` or ``no``."""

    host: str
    port: int
    is_tls: bool = False
    starttls: str = "required"
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str) -> SmtpSetting:
        """Read ``smtp://user:password@host:587?starttls=required`` or ``smtps://…``.

        Without ``starttls`` it is required, except of a server on this machine.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_tls = parts.scheme == "smtps"
        asked = parse_qs(parts.query).get("starttls", [""])[0]
        return cls(
            host=host,
            port=parts.port or (465 if is_tls else 587 if parts.username else 25),
            is_tls=is_tls,
            starttls="no" if is_tls else asked or ("no" if _is_here(host) else "required"),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


def _is_here(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the server may take, in seconds: for one answer, to open a connection, for a whole mail."""

    answer_s: float = 15.0
    open_s: float = 25.0
    mail_s: float = 30.0


class Pace:
    """Lets so many through per minute, evenly; 0 is without limit. Shared by all lines of a mailer."""

    def __init__(
        self,
        per_minute: int,
        *,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._gap_s = self._own_gap_s = 60 / per_minute if per_minute else 0.0
        self._now_s, self._sleep = now_s, sleep
        self._next_s, self._lock = 0.0, Lock()

    def share(self, sharers: int) -> None:
        """Leave their part to so many processes, this one included, that use the same server."""
        self._gap_s = self._own_gap_s * max(sharers, 1)

    def wait(self) -> None:
        """Wait for the next turn."""
        if not self._gap_s:
            return
        with self._lock:
            now_s = self._now_s()
            turn_s = max(self._next_s, now_s)
            self._next_s = turn_s + self._gap_s
        if turn_s > now_s:
            self._sleep(turn_s - now_s)


class SmtpMailer:
    """Hands mail to an SMTP server. ``hello`` is the name we greet with; ``tls`` replaces the system's trust."""

    def __init__(
        self,
        setting: SmtpSetting,
        *,
        hello: str,
        per_minute: int = 0,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.setting, self.hello = setting, hello
        self.limits = limits or Limits()
        self.pace = Pace(per_minute)
        self._tls = tls

    def tls(self) -> ssl.SSLContext:
        """Return how the server's certificate is checked: against the system's authorities, by its name."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    @contextmanager
    def line(self) -> Iterator[MailLine]:
        """Give a connection that is opened when first needed, and close it at the end."""
        line = _SmtpLine(self)
        try:
            yield line
        finally:
            line.close()


class _SmtpLine:
    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer
        self._smtp: smtplib.SMTP | None = None
        self._watch = _Watch()
        self._handed = 0

    def ready(self) -> Outcome | None:
        self._mailer.pace.wait()
        return None if self._smtp is not None else self._open()

    def _open(self) -> Outcome | None:
        self._handed = 0
        try:
            with self._watch.within(self._mailer.limits.open_s):
                self._smtp = open_smtp(self._mailer, self._watch)
        except smtplib.SMTPResponseException as error:
            self._watch.forget()
            return Outcome("later", f"open {_code(error.smtp_code, error.smtp_error)}", about_server=True)
        except (smtplib.SMTPException, OSError) as error:
            self._watch.forget()
            return Outcome("later", _kind(error), about_server=True)
        return None

    def hand_over(self, sender: str, reader: str, data: bytes) -> Outcome:
        is_used, outcome = self._handed > 0, self._hand_over(sender, reader, data)
        if is_used and (outcome.verdict, outcome.code) == ("later", "gone"):
            # Servers end a connection after some time or some mails: it was over before this mail began.
            return self._hand_over(sender, reader, data)
        return outcome

    def _hand_over(self, sender: str, reader: str, data: bytes) -> Outcome:
        if self._smtp is None and (against := self._open()):
            return against
        with self._watch.within(self._mailer.limits.mail_s):
            outcome, is_gone = self._try(sender, reader, data)
        self._handed += 1
        if is_gone:
            self.close()
        return outcome

    def _try(self, sender: str, reader: str, data: bytes) -> tuple[Outcome, bool]:
        """Return how it ended, and whether the connection is of no use any more."""
        smtp = self._smtp
        assert smtp is not None  # noqa: S101 -- opened just before
        try:
            if (against := _envelope(smtp, sender, reader)) is not None:
                return against, against.about_server or smtp.sock is None
            # The end of the text is the last of what is sent: an error up to here means that the server cannot have it.
            smtp.send(_with_end(data))
        except (smtplib.SMTPException, OSError) as error:
            return Outcome("later", _kind(error), about_server=True), True
        try:
            code, text = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            return Outcome("unknown", f"after the text: {_kind(error)}", about_server=True), True
        if code == 250:
            return Outcome("accepted", _code(code, text)), False
        outcome = _about_text(code, text)
        return outcome, outcome.about_server

    def close(self) -> None:
        """Say goodbye if that is possible, and close."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError), self._watch.within(2.0):
                smtp.quit()
            smtp.close()
        self._watch.forget()


def _envelope(smtp: smtplib.SMTP, sender: str, reader: str) -> Outcome | None:
    """Say from whom and to whom, and that the text comes; return what the server has against it.

    Not by ``smtp.mail`` and ``smtp.rcpt``: they look for an address in what is one, and that takes its time. A server
    that takes commands in groups (RFC 2920) gets all three at once, and a distant one is waited for once, not three
    times. Whatever is refused, no text was sent.
    """
    options = ""
    if not reader.isascii():
        if not smtp.has_extn("smtputf8"):
            # RFC 6531 §3.5 has this code for it; another server on the way might take it.
            return Outcome("refused", "553 5.6.7")
        smtp.command_encoding, options = "utf-8", " SMTPUTF8 BODY=8BITMIME"
    commands = (f"MAIL FROM:<{sender}>{options}", f"RCPT TO:<{reader}>", "DATA")
    if any("\r" in command or "\n" in command for command in commands):
        msg = "an address must not hold a line feed"
        raise ValueError(msg)
    if smtp.has_extn("pipelining"):
        smtp.send("\r\n".join((*commands, "")))
        return _replies(smtp)
    for command, (wanted, about) in zip(commands, _STEPS, strict=True):
        code, text = smtp.docmd(command)
        if code not in wanted:
            return _refused(smtp, about(code, text))
    return None


def _replies(smtp: smtplib.SMTP) -> Outcome | None:
    """Read the answers to a group of commands; return what stands against the first that was refused."""
    against = None
    for wanted, about in _STEPS:
        try:
            code, text = smtp.getreply()
        except (smtplib.SMTPException, OSError):
            if against is None:
                raise
            # It said what stands against it, and left.
            smtp.close()
            return against
        if code not in wanted and against is None:
            against = about(code, text)
            if against.about_server:
                return against
    if against is not None and code == _GO_ON:
        # It refused, and waits for a text all the same (RFC 2920 §3.1): without one nobody can get it.
        smtp.close()
        return against
    return against and _refused(smtp, against)


def _refused(smtp: smtplib.SMTP, against: Outcome) -> Outcome:
    """Let the server forget a mail that it refused, if it is still of use."""
    if not against.about_server:
        smtp.rset()
    return against


def open_smtp(mailer: SmtpMailer, watch: _Watch | None = None) -> smtplib.SMTP:
    """Connect, greet, encrypt and sign in, as the setting says. Raises what ``smtplib`` and the socket raise."""
    setting, answer_s = mailer.setting, mailer.limits.answer_s
    sock = socket.create_connection((setting.host, setting.port), timeout=answer_s)
    if watch is not None:
        watch.over(sock)
    smtp = smtplib.SMTP(local_hostname=mailer.hello, timeout=answer_s)
    # The only way to give smtplib an open socket; known to ``starttls`` as the name that the certificate must have.
    smtp._host = setting.host  # type: ignore[attr-defined]
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.sock = mailer.tls().wrap_socket(sock, server_hostname=setting.host) if setting.is_tls else sock
        _greeted(smtp)
        smtp.ehlo_or_helo_if_needed()
        if setting.starttls == "required":
            smtp.starttls(context=mailer.tls())
            smtp.ehlo_or_helo_if_needed()
        if setting.user:
            smtp.login(setting.user, setting.password)
    except BaseException:
        smtp.close()
        sock.close()
        raise
    return smtp


def _greeted(smtp: smtplib.SMTP) -> None:
    code, text = smtp.getreply()
    if code != 220:
        raise smtplib.SMTPConnectError(code, text)


class _Watch:
    """Ends a connection whose work takes too long as a whole, from a thread of its own."""

    def __init__(self) -> None:
        self._until_s = float("inf")
        self._raw: socket.socket | None = None
        self._done = Event()

    def over(self, sock: socket.socket) -> None:
        """Watch over a new connection. Its own descriptor serves to end it, so that TLS state is not touched."""
        self.forget()
        self._raw, self._done = sock.dup(), Event()
        Thread(target=self._run, args=(self._raw, self._done), name="smtp-watch", daemon=True).start()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        self._until_s = time.monotonic() + seconds
        try:
            yield
        finally:
            self._until_s = float("inf")

    def forget(self) -> None:
        self._done.set()
        if self._raw is not None:
            self._raw.close()
            self._raw = None

    def _run(self, raw: socket.socket, done: Event) -> None:
        while not done.wait(0.2):
            if time.monotonic() > self._until_s:
                with contextlib.suppress(OSError):
                    raw.shutdown(socket.SHUT_RDWR)
                return


def _with_end(data: bytes) -> bytes:
    """Return the text with its leading dots doubled and its end (RFC 5321 §4.5.2)."""
    dotted = data.replace(b"\r\n.", b"\r\n..")
    if dotted.startswith(b"."):
        dotted = b"." + dotted
    return dotted + (b"" if dotted.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _about_server(code: int, text: bytes) -> Outcome:
    return Outcome("later", "gone" if code == _GOING_AWAY else f"sender {_code(code, text)}", about_server=True)


def _about_reader(code: int, text: bytes) -> Outcome:
    said = _code(code, text)
    if 500 <= code < 600:
        return Outcome("refused", said, bounced=_BY_RULE not in said)
    return Outcome("later", said, about_server=code == _GOING_AWAY)


def _about_text(code: int, text: bytes) -> Outcome:
    if 500 <= code < 600:
        return Outcome("refused", _code(code, text))
    if 400 <= code < 500:
        return Outcome("later", _code(code, text), about_server=code == _GOING_AWAY)
    return Outcome("unknown", "no proper answer", about_server=True)


#: What MAIL, RCPT and DATA are to be answered with, and what another answer is about.
_STEPS: Final = (
    (frozenset({250}), _about_server), (frozenset({250, 251}), _about_reader), (frozenset({_GO_ON}), _about_text),
)  # fmt: skip


def _code(code: int, text: bytes | str) -> str:
    """Return the reply's digits alone: its words may quote the address."""
    found = _ENHANCED.match(text.encode("ascii", "replace") if isinstance(text, str) else text)
    return f"{code} {found[0].decode()}" if found else str(code)


def _kind(error: Exception) -> str:
    """Return what kind of fault it was, in words of ours."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        # smtplib hides a time limit in it, as its text only.
        return "timeout" if "timed out" in str(error) else "gone"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "starttls or login not offered"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return "gone" if isinstance(error, ConnectionError) else type(error).__name__


class FileMailer:
    """Puts each mail into a file of its own, ``<left part of the Message-ID>.eml``: for demonstrations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def line(self) -> Iterator[MailLine]:
        """Give the folder, which always takes mail."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield self

    def ready(self) -> Outcome | None:
        """Be ready, always."""
        return None

    def hand_over(self, sender: str, reader: str, data: bytes) -> Outcome:
        """Write the mail beside its place and put it there in one step, so that nobody reads half of it."""
        said = str(BytesHeaderParser(policy=SMTP).parsebytes(data)["Message-ID"] or "")
        name = re.sub(r"[^0-9A-Za-z-]", "", said.partition("@")[0]) or "mail"
        try:
            with tempfile.NamedTemporaryFile("wb", dir=self.folder, prefix=".", delete=False) as file:
                file.write(data)
            Path(file.name).replace(self.folder / f"{name}.eml")
        except OSError as error:
            return Outcome("later", type(error).__name__, about_server=True)
        return Outcome("accepted", "file")
