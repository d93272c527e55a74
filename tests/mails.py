"""Mail in tests: a way out that keeps what it is given, and a real SMTP server on loopback that does as it is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import event
from sqlalchemy.orm import Session as DatabaseSession

from wmd.domain.mail_handover import MailLine, Outcome

ACCEPTED = Outcome("accepted", "250")


@dataclass
class Mailbox:
    """A way out that keeps every mail, and ends each handover as ``answer`` says."""

    answer: Callable[[str], Outcome] = lambda _: ACCEPTED
    against: Callable[[], Outcome | None] = lambda: None
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    @contextmanager
    def line(self) -> Iterator[MailLine]:
        yield self

    def ready(self) -> Outcome | None:
        return self.against()

    def hand_over(self, sender: str, reader: str, data: bytes) -> Outcome:
        self.before(reader)
        self.tried.append(reader)
        outcome = self.answer(reader)
        if outcome.verdict in {"accepted", "unknown"}:
            self.mails.append((reader, read_mail(data)))
        return outcome

    @property
    def readers(self) -> list[str]:
        """To whom mails went, in order."""
        return [reader for reader, _ in self.mails]


def read_mail(data: bytes) -> EmailMessage:
    """Return a mail as Python's own package reads it."""
    found = message_from_bytes(data, policy=SMTP_POLICY)
    assert isinstance(found, EmailMessage)
    return found


def text_of(mail: EmailMessage) -> str:
    """Return the plain part of a mail, with plain line feeds."""
    part = mail.get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    """Return the HTML part of a mail, with plain line feeds."""
    part = mail.get_body(("html",))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


@dataclass
class Answers:
    """What the server answers, by step; each takes the address and returns a reply, or None for the usual one."""

    mail: Callable[[str], str | None] = lambda _: None
    rcpt: Callable[[str], str | None] = lambda _: None
    data: Callable[[list[str]], str | None] = lambda _: None
    #: Whether it says that commands may come in groups (RFC 2920).
    takes_groups: bool = False
    #: Seconds to wait before the answer to the text; the connection is dropped instead when it is negative.
    after_data_s: float = 0.0
    taken: list[tuple[str, bytes]] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.takes_groups else []), responses[-1]]

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := self.mail(address):
            return said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := self.rcpt(address):
            return said
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- as above
        if said := self.data(envelope.rcpt_tos):
            return said
        content = envelope.original_content
        assert content is not None
        self.taken.extend((reader, content) for reader in envelope.rcpt_tos)
        if self.after_data_s < 0:
            transport = server.transport
            assert transport is not None
            transport.abort()  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        else:
            await asyncio.sleep(self.after_data_s)
        return "250 2.0.0 taken"

    @property
    def readers(self) -> list[str]:
        """Whose mails were taken, in order."""
        return [reader for reader, _ in self.taken]

    def message_ids(self) -> list[str]:
        """Return the Message-IDs of what was taken, in order."""
        return [str(read_mail(data)["Message-ID"]) for _, data in self.taken]


@contextmanager
def smtp_server(answers: Answers, **options: Any) -> Iterator[int]:
    """Run a real SMTP server on loopback; give its port, and end it."""
    controller = _AnyPort(answers, hostname="127.0.0.1", port=0, ready_timeout=10, **options)
    controller.start()
    try:
        yield controller.taken_port
    finally:
        controller.stop()


class _AnyPort(Controller):
    """A server on a port that the system chooses, which aiosmtpd would not find again."""

    @property
    def taken_port(self) -> int:
        assert self.server is not None
        port: int = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        return port

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.taken_port), timeout=5) as probe:
            probe.recv(100)


@contextmanager
def count_statements(dbs: DatabaseSession) -> Iterator[Callable[[], int]]:
    """Count the statements that a database gets; give what says how many so far."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    engine = dbs.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield lambda: len(said)
    finally:
        event.remove(engine, "before_cursor_execute", note)
