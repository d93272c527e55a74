"""The outside: clock, mail, Zoom, links. Gateways know none of our tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask

from wmd.domain.mail_handover import Mailer
from wmd.domain.zoom.answers import ZoomUser
from wmd.domain.zoom.calls import Token
from wmd.domain.zoom.pages import Looked
from wmd.gateways.mailbox import Mailbox
from wmd.gateways.zoom.client import ZoomClient
from wmd.gateways.zoom.tokens import TokenDesk


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
    #: How short waits between two calls are waited; a test whose clock stands moves it instead.
    sleep: Callable[[float], object] = time.sleep
    #: What speaks to Zoom for our own account; without one, that of the settings, if they name an app.
    zoom: ZoomClient | None = None


def zoom_of(app: Flask, account_id: str | None = None) -> ZoomClient | None:
    """Return what speaks to Zoom for an account of ours (None: our own); None where the settings name no app for it.

    Call it outside of any transaction: a client writes down what it spends in short transactions of its own.
    """
    found: ZoomClient | None = app.extensions["wmd.zoom"](account_id)
    return found


def partner_desk_of(app: Flask) -> TokenDesk | None:
    """Return what exchanges partners' codes for tokens; None where partners cannot connect accounts."""
    found: TokenDesk | None = app.extensions["wmd.zoom_partner_desk"]
    return found


def partner_user_of(app: Flask, token: Token) -> ZoomUser:
    """Return the Zoom user who just gave us a token. Asks Zoom; raises ZoomFault."""
    found: ZoomUser = app.extensions["wmd.zoom_partner_user"](token)
    return found
