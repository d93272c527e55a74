"""What every job is given: the database, the hour, the way out, and what it needs to know of the settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from sqlalchemy.orm import Session

from wmd.domain.mail_bytes import Letterhead
from wmd.domain.mail_handover import Mailer
from wmd.secretbox import SecretBox
from wmd.services.mail_texts import Press
from wmd.services.publishing import Setting


@dataclass(frozen=True, slots=True)
class Tools:
    """The collaborators of one run of a job.

    ``now`` is when the run began; ``clock`` is read again where a run takes long. ``new_session`` gives a database
    session to a thread of its own and closes it. ``digest`` is a keyed digest of an address. ``stopping`` is set when
    the process shall end: a job then stops after the row it is at.
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
    workers: int = 1
    stopping: Event = field(default_factory=Event)

    @property
    def letterhead(self) -> Letterhead:
        """Whom mail comes from, and the public address that links begin with."""
        return self.press.letterhead
