"""The job that reads which mails came back, from the mailbox of the settings."""

from __future__ import annotations

import logging
from typing import Final

from wmd.domain.bounces import read_bounce
from wmd.domain.findings import N_
from wmd.jobs.tools import Tools
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.bounces import Noted, note_bounce

log = logging.getLogger(__name__)

#: Reports of one run; the next goes on.
MOST: Final = 50
_KEY: Final = "mail:bounces"
MANY: Final = N_("Unusually many mails came back, or somebody pretends so. The rest is read tomorrow.")


def read_bounces(tools: Tools) -> int:
    """Note what reports say, one commit each; a report is flagged as seen only after that. Returns how many."""
    if tools.mailbox is None:
        return 0
    dbs, done, noted = tools.dbs, 0, None
    with tools.mailbox.opened() as box:
        for uid in box.waiting(MOST):
            if tools.stopping.is_set():
                break
            bounce = read_bounce(box.read(uid))
            noted = None
            if bounce is not None:
                noted = note_bounce(
                    dbs, bounce, domain=tools.letterhead.domain, digest=tools.digest, actor="job:bounces",
                    now=tools.clock(),
                )  # fmt: skip
                dbs.commit()
            if noted is Noted.TOO_MANY:
                break
            box.done(uid)
            done += 1
            log.info("bounce_read", extra={"noted": noted.name.lower() if noted else "no bounce"})
    if noted is Noted.TOO_MANY:
        raise_alarm(dbs, _KEY, MANY, now=tools.clock())
    else:
        clear_alarm(dbs, _KEY, now=tools.clock())
    dbs.commit()
    return done
