"""The outside: clock, mail, Zoom, links. Gateways know none of our tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wmd.domain.mail_handover import Mailer
from wmd.domain.zoom.pages import Looked
from wmd.gateways.mailbox import Mailbox


def read_clock() -> datetime:
    """Return the present instant, aware and UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Gateways:
    """The collaborators that reach outside, chosen once in ``create_app``; without a mailer, that of the settings."""

    clock: Callable[[], datetime] = read_clock
    mailer: Mailer | None = None
    #: Where mails come back to; without one, that of the settings, if they name one.
    mailbox: Mailbox | None = None
    #: Looks at a pasted link; without one, that of the settings, if they want links looked at.
    look_at_link: Callable[[str], Looked] | None = None
    #: TXT records of a name; without one, the system's name servers.
    look_up_text: Callable[[str], Sequence[str] | None] | None = None
