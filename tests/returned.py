"""Mails that come back, in tests: reports as servers write them, a mailbox that keeps them, and an IMAP server."""

from __future__ import annotations

import re
import socketserver
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

DOMAIN = "wmd.example"


def report(
    message_id: str, status: str = "5.1.1", *, reader: str = "a@example.org", action: str = "failed",
    domain: str = DOMAIN, original: str = "",
) -> bytes:  # fmt: skip
    """Return what a mail server (Postfix) writes when a mail of ours does not arrive (RFC 3464)."""
    first = f"Original-Recipient: rfc822;{original}\n" if original else ""
    text = f"""Return-Path: <>
Date: Thu, 7 Oct 2021 13:05:00 +0000 (UTC)
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: events@{domain}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B0001.1633612345/mx.example.org"
Message-Id: <20211007130500.B0001@mx.example.org>

This is a MIME-encapsulated message.

--B0001.1633612345/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B0001.1633612345/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Thu,  7 Oct 2021 13:01:00 +0000 (UTC)

Final-Recipient: rfc822; {reader}
{first}Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} unknown user

--B0001.1633612345/mx.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: World Metropolitan Day <events@{domain}>
To: {reader}
Message-ID: <{message_id}@{domain}>
Subject: News

Words.

--B0001.1633612345/mx.example.org--
"""
    return text.replace("\n", "\r\n").encode()


@dataclass
class Returned:
    """A mailbox of reports, in the place of the real one; each is there until it is done."""

    reports: list[bytes]
    seen: list[str] = field(default_factory=list)

    @contextmanager
    def opened(self) -> Iterator[Returned]:
        yield self

    def waiting(self, limit: int) -> list[str]:
        return [str(n) for n in range(1, len(self.reports) + 1) if str(n) not in self.seen][:limit]

    def read(self, uid: str) -> bytes:
        return self.reports[int(uid) - 1]

    def done(self, uid: str) -> None:
        self.seen.append(uid)


@dataclass
class ImapServer:
    """What a small IMAP server holds and was asked: as much of RFC 9051 as reading a folder takes."""

    mails: dict[int, bytes]
    flags: dict[int, set[str]] = field(default_factory=dict)
    password: str = "secret word"
    asked: list[str] = field(default_factory=list)
    #: Called with each line that came; what it returns is sent in place of the usual answer.
    answer: Callable[[str], bytes | None] = lambda _: None

    def say(self, command: str) -> list[bytes]:
        """Return the untagged answers to a command, or raise ValueError for one that is refused."""
        verb, _, rest = command.partition(" ")
        if verb.upper() == "UID":
            verb, _, rest = rest.partition(" ")
        verb = verb.upper()
        if verb == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1"]
        if verb == "LOGIN" and rest.split(" ", 1)[1].strip('"') != self.password:
            raise ValueError(verb)
        if verb == "SELECT":
            return [f"* {len(self.mails)} EXISTS".encode()]
        if verb == "SEARCH":
            found = [
                str(uid) for uid, mail in self.mails.items()
                if r"\Seen" not in self.flags.get(uid, set()) and b"multipart/report" in mail.partition(b"\r\n\r\n")[0]
            ]  # fmt: skip
            return [" ".join(["* SEARCH", *found]).encode()]
        if verb == "FETCH":
            return self._fetch(rest)
        if verb == "STORE":
            uid, flags = int(rest.split()[0]), re.findall(r"\\\w+", rest)
            self.flags.setdefault(uid, set()).update(flags)
        return []

    def _fetch(self, rest: str) -> list[bytes]:
        uid = int(rest.split(maxsplit=1)[0])
        (length,) = re.findall(r"<0\.(\d+)>", rest)
        data = self.mails.get(uid, b"")[: int(length)]
        head = f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(data)}}}\r\n".encode()
        return [head + data + b")"] if uid in self.mails else []


class _Handler(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        server: ImapServer = self.server.holds  # type: ignore[attr-defined]
        self._send(b"* OK ready")
        while line := self.rfile.readline(10_000):
            tag, _, command = line.decode("utf-8", "replace").strip().partition(" ")
            server.asked.append(command)
            if (instead := server.answer(command)) is not None:
                self.wfile.write(instead)
                continue
            try:
                for each in server.say(command):
                    self._send(each)
            except ValueError:
                self._send(f"{tag} NO refused for {command}".encode())
            else:
                self._send(f"{tag} OK done".encode())
            if command.upper().startswith("LOGOUT"):
                return

    def _send(self, data: bytes) -> None:
        self.wfile.write(data + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[Any, Any]:
        sock, address = super().get_request()
        return (self.tls.wrap_socket(sock, server_side=True) if self.tls else sock), address

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as its base has it
        """Say nothing of clients that go away."""


@contextmanager
def imap_server(holds: ImapServer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve a mailbox on loopback; give its port."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.holds = holds  # type: ignore[attr-defined]
        server.tls = tls
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
