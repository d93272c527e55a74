"""The job that works on Zoom's messages: what waits on the disk first, then each by itself, in the order they came."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from wmd.jobs.tools import Tools
from wmd.services.hook_inbox import take_in
from wmd.services.hook_work import HookMeans, claim_hooks, close_alarm, note_failure, release_hooks, work_on
from wmd.services.zoom_partners import end_by_user

log = logging.getLogger(__name__)

BATCH: Final = 50
#: How long one run goes on claiming, and most of its batches; the next tick goes on.
RUN: Final = timedelta(seconds=20)
MOST_BATCHES: Final = 100


def work_hooks(tools: Tools) -> int:
    """Take in what waits on the disk, and do what is asked; return how many messages were worked on."""
    dbs, done = tools.dbs, 0
    take_in(dbs, tools.hooks)
    means = HookMeans(tools.box, tools.partner_client, end_by_user)
    for _ in range(MOST_BATCHES):
        if tools.stopping.is_set() or tools.clock() - tools.now > RUN:
            break
        claims = claim_hooks(dbs, now=tools.clock(), limit=BATCH)
        dbs.commit()
        if not claims:
            break
        for place, claimed in enumerate(claims):
            if tools.stopping.is_set():
                release_hooks(dbs, claims[place:])
                dbs.commit()
                break
            try:
                done += work_on(dbs, claimed, means, now=tools.clock())
                dbs.commit()
            except Exception:
                # It holds up no other; its row says how often it was tried.
                dbs.rollback()
                log.exception("hook_failed", extra={"hook": claimed.id})
                note_failure(dbs, claimed, now=tools.clock())
                dbs.commit()
    if done:
        close_alarm(dbs, now=tools.clock())
        dbs.commit()
    return done
