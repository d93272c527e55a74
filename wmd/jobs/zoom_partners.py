"""The job that keeps partners' accounts connected: unused tokens are renewed, and who lost theirs is told once."""

from __future__ import annotations

import logging
from typing import Final

from wmd.domain.zoom.faults import ZoomFault
from wmd.jobs.tools import Tools
from wmd.services.zoom_consents import forget_consents
from wmd.services.zoom_partners import idle_accounts, tell_lost_accounts

log = logging.getLogger(__name__)

#: Accounts that one run asks Zoom for; the next goes on.
MOST: Final = 100
_ACTOR: Final = "job:zoom-partners"


def keep_partners(tools: Tools) -> int:
    """Renew what nobody used for a week, and tell of accounts that are lost; return how many of both."""
    dbs, done = tools.dbs, 0
    idle = idle_accounts(dbs, now=tools.now, limit=MOST)
    # Nothing stays open while Zoom is asked.
    dbs.rollback()
    for account_id in idle:
        client = tools.zoom(account_id)
        if client is None or tools.stopping.is_set():
            break
        try:
            client.keep_fresh()
        except ZoomFault as fault:
            # Terminal ones are in the account's row by now; the others come again in an hour.
            log.info("partner_not_renewed", extra={"account": account_id, "fault": type(fault).__name__})
        else:
            done += 1
    done += tell_lost_accounts(dbs, cause=_ACTOR, box=tools.box, now=tools.now)
    forget_consents(dbs, now=tools.now)
    dbs.commit()
    return done
