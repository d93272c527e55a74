"""The daily clearing out, by the table of rules in ``services/retention.py``."""

from __future__ import annotations

import logging

from wmd.db import truncate_wal
from wmd.jobs.tools import Tools
from wmd.services.retention import RULES

log = logging.getLogger(__name__)

#: Rows of one commit, and commits of one rule in one run: what is left comes on the next day.
BATCH = 50
MOST_BATCHES = 200


def clear_out(tools: Tools) -> int:
    """Apply every rule in batches, a commit after each; return how many rows went. Stops when the process shall end."""
    done = 0
    for rule in RULES:
        count = 0
        for _ in range(MOST_BATCHES):
            if rule.work is None or tools.stopping.is_set():
                break
            some = rule.work(tools.dbs, tools.publishing, tools.now, BATCH)
            tools.dbs.commit()
            count += some
            if some < BATCH:
                break
        if count:
            log.info("retention", extra={"rule": rule.name, "rows": count})
        done += count
    done += tools.journal.delete_old(now=tools.now)
    if done:
        truncate_wal(tools.dbs.get_bind())
    return done
