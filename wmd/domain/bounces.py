"""Reads what a mail server says later of a mail it took: a delivery status notification (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Final

#: More than this of a notification is not looked at; what it returns of our mail stands at its end.
MOST_BYTES: Final = 200_000
#: A mail of ours has one reader; a report that lists many is not about one.
_MOST_READERS: Final = 20
_STATUS: Final = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_MESSAGE_ID: Final = re.compile(r"<([0-9A-Za-z-]{1,64})@([0-9A-Za-z.-]{1,253})>")


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of one mail. ``message_id`` is the part of its Message-ID before the @, ``domain`` the other.

    ``status`` is the enhanced code ("5.1.1", RFC 3463). ``addresses``: whom it was for, in lower case, as far as said.
    """

    message_id: str
    domain: str
    status: str
    addresses: tuple[str, ...] = ()

    @property
    def is_hard(self) -> bool:
        """Whether the address is at fault for good: 5.7 is a matter of rules, such as a blocked network."""
        return self.status.startswith("5.") and not self.status.startswith("5.7.")

    @property
    def is_unknown_address(self) -> bool:
        """Whether there is no such address (X.1.1)."""
        return self.status == "5.1.1"


def read_bounce(data: bytes) -> Bounce | None:
    """Return what a notification says; None for a mail that is none, tells of a success, or returns no Message-ID."""
    mail = message_from_bytes(data[:MOST_BYTES], policy=compat32)
    if mail.get_content_type() != "multipart/report":
        return None
    status, addresses = _worst(mail)
    known = _returned_id(mail)
    if not status or known is None:
        return None
    return Bounce(known[0], known[1].lower(), status, addresses)


def _parts(mail: Message, *kinds: str) -> Iterator[Message]:
    for part in mail.walk():
        if part.get_content_type() in kinds:
            yield part


def _worst(mail: Message) -> tuple[str, tuple[str, ...]]:
    """Return the status of the readers that a mail did not reach, the gravest one, and who they are."""
    found: list[tuple[str, str]] = []
    for part in _parts(mail, "message/delivery-status"):
        groups = part.get_payload()
        for group in groups[: _MOST_READERS + 1] if isinstance(groups, list) else ():
            if not isinstance(group, Message):
                continue
            status = _STATUS.match(str(group.get("Status", "")))
            action = str(group.get("Action", "")).strip().lower()
            if status and action in {"failed", "delayed"}:
                # A server that goes on trying has said nothing for good, whatever its code.
                kind = "4" if action == "delayed" else status[1]
                said = {_address(str(group.get(name, ""))) for name in ("Original-Recipient", "Final-Recipient")}
                found += [(f"{kind}.{status[2]}.{status[3]}", address) for address in sorted(said)]
    if not found:
        return "", ()
    return max(status for status, _ in found), tuple(sorted({address for _, address in found if address}))


def _address(field: str) -> str:
    """Return the address of ``rfc822; somebody@example.org`` (RFC 3464 §2.3.2), in lower case."""
    return field.partition(";")[2].strip().strip("<>").lower()[:320]


def _returned_id(mail: Message) -> tuple[str, str] | None:
    """Return the Message-ID of the mail that comes back, whole or as its headers."""
    for part in _parts(mail, "message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        said = str(inner.get("Message-ID", "")) if isinstance(inner, Message) else ""
        if not said and isinstance(payload, str):
            said = str(message_from_bytes(payload.encode("utf-8", "replace"), policy=compat32).get("Message-ID", ""))
        if known := _MESSAGE_ID.search(said):
            return known[1], known[2]
    return None
