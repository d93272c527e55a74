"""Handing one mail to a mail server: the few ways it can end, and what a way out looks like to those who use it.

SMTP (RFC 5321) has no "exactly once": between the end of the text and the server's answer nobody knows who has the
mail. That is a way to end of its own here (``unknown``), so that no caller takes it for a failure.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["accepted", "later", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a handover ended.

    ``accepted``: the server has it. ``later``: it certainly has not, and may take it another time. ``refused``: it
    never will. ``unknown``: it may or may not have it. ``code`` is the reply as digits ("550 5.1.1") or one of our own
    words, never the server's sentence, which quotes addresses. ``about_server``: the next mail would fare the same.
    ``bounced``: the address itself is at fault.
    """

    verdict: Verdict
    code: str = ""
    about_server: bool = False
    bounced: bool = False


class MailLine(Protocol):
    """One way to the mail server, opened when it is first needed and kept for the next mail."""

    def ready(self) -> Outcome | None:
        """Wait for one's turn and have an open way; None when it is there, else what stands against it."""

    def hand_over(self, sender: str, reader: str, data: bytes) -> Outcome:
        """Hand over one mail, as RFC 5322 bytes with CRLF. Never raises for what the other side does."""


class Mailer(Protocol):
    """Where mail goes."""

    def line(self) -> AbstractContextManager[MailLine]:
        """Give a way for a batch of mails, and close it at the end. Several may be open at once."""
