"""What every job is given: the database, the hour, the way out, and what it needs to know of the settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from wmd.domain.mail_bytes import Letterhead
from wmd.domain.mail_handover import Mailer
from wmd.domain.zoom.pages import Looked
from wmd.gateways import Gateways, zoom_of
from wmd.gateways.mail import SmtpMailer
from wmd.gateways.mailbox import Mailbox
from wmd.gateways.zoom.client import ZoomClient
from wmd.jobs.brakes import Brakes
from wmd.secretbox import SecretBox
from wmd.services.delivery import address_digest
from wmd.services.hook_inbox import HookSpool
from wmd.services.journal import Journal
from wmd.services.mail_texts import Press
from wmd.services.publishing import Setting
from wmd.services.visits import VisitSpool


@dataclass(frozen=True, slots=True)
class Tools:
    """The collaborators of one run of a job.

    ``now`` is when the run began; ``clock`` is read again where a run takes long. ``new_session`` gives a database
    session to a thread of its own and closes it. ``mail_rate`` is how many mails a
    minute may go out, 0 without limit; ``share_rate`` is told how many schedulers share them, ``brakes`` knows how
    readers' domains fare. ``digest`` is a keyed digest of an address. ``mailbox`` has what
    came back, if there is one. ``zoom`` gives what speaks to Zoom for an account (None: our own), if the settings
    name an app for it; it is called outside of any transaction. ``look_at_link`` looks at a pasted link,
    where that is wanted. ``stopping`` is set when the process shall end: a job then stops after the row it is at.
    """

    dbs: Session
    now: datetime
    clock: Callable[[], datetime]
    new_session: Callable[[], AbstractContextManager[Session]]
    mailer: Mailer
    press: Press
    box: SecretBox
    publishing: Setting
    digest: Callable[[str], str]
    journal: Journal
    visits: VisitSpool
    hooks: HookSpool
    mailbox: Mailbox | None = None
    look_at_link: Callable[[str], Looked] | None = None
    workers: int = 1
    mail_rate: int = 0
    share_rate: Callable[[int], object] = lambda _sharers: None
    zoom: Callable[[str | None], ZoomClient | None] = lambda _account_id: None
    #: The app that partners connect accounts to, "" where there is none.
    partner_client: str = ""
    #: The Zoom user under whom rooms are made.
    zoom_host: str = ""
    brakes: Brakes = field(default_factory=Brakes)
    stopping: Event = field(default_factory=Event)

    @property
    def engine(self) -> Engine:
        """The database itself, for a connection beside the session."""
        bind = self.dbs.get_bind()
        return bind.engine

    @property
    def letterhead(self) -> Letterhead:
        """Whom mail comes from, and the public address that links begin with."""
        return self.press.letterhead


#: Workers of the outbox where the database lets several share the rows; SQLite has one writer anyway.
OUTBOX_WORKERS = 4


def tools_of(app: Flask, dbs: Session) -> Tools:
    """Return the tools of one run from what the application was composed of."""
    gateways: Gateways = app.extensions["wmd.gateways"]
    assert gateways.mailer is not None  # noqa: S101 -- composition has chosen one
    engine = dbs.get_bind()
    return Tools(
        dbs=dbs,
        now=gateways.clock(),
        clock=gateways.clock,
        new_session=sessionmaker(engine),
        mailer=gateways.mailer,
        press=app.extensions["wmd.press"],
        box=app.extensions["wmd.secretbox"],
        publishing=app.extensions["wmd.publishing"],
        digest=address_digest(str(app.config["SECRET_KEY"])),
        journal=app.extensions["wmd.journal"],
        visits=app.extensions["wmd.visit_spool"],
        hooks=app.extensions["wmd.hook_spool"],
        mailbox=gateways.mailbox,
        look_at_link=gateways.look_at_link,
        workers=OUTBOX_WORKERS if engine.dialect.name == "postgresql" else 1,
        mail_rate=app.extensions["wmd.config"].mail_rate,
        share_rate=gateways.mailer.pace.share if isinstance(gateways.mailer, SmtpMailer) else lambda _sharers: None,
        brakes=app.extensions["wmd.brakes"],
        zoom=partial(zoom_of, app),
        partner_client=app.extensions["wmd.config"].zoom_partner_client_id,
        zoom_host=app.extensions["wmd.config"].zoom_host,
        stopping=app.extensions["wmd.stopping"],
    )
