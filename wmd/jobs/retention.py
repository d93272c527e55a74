"""The daily clearing out, by the table of rules in ``services/retention.py``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from wmd.db import truncate_wal
from wmd.domain.findings import N_
from wmd.jobs.tools import Tools
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.retention import RULES, Rule

log = logging.getLogger(__name__)

#: Rows of one commit, and commits of one rule in one run: what is left comes on the next day.
BATCH = 50
MOST_BATCHES = 200
NOT_CLEARED: Final = N_("Something whose time is over could not be deleted. The log says what, and why.")


def clear_out(tools: Tools, rules: Sequence[Rule] = RULES) -> int:
    """Apply every rule in batches, a commit after each; return how many rows went. Stops when the process shall end.

    A rule that fails is an alarm and holds up no other.
    """
    done = 0
    for rule in rules:
        done += _alone(tools, rule.name, partial(_apply, tools, rule))
    done += _alone(tools, "journal", lambda: tools.journal.delete_old(now=tools.now))
    if done:
        truncate_wal(tools.dbs.get_bind())
    return done


def _apply(tools: Tools, rule: Rule) -> int:
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
    return count


def _alone(tools: Tools, name: str, work: Callable[[], int]) -> int:
    """Return how many rows went, and raise or clear the alarm of one rule."""
    key = f"retention:{name}"
    try:
        done = work()
        clear_alarm(tools.dbs, key, now=tools.now)
    except Exception:
        tools.dbs.rollback()
        log.exception("retention_failed", extra={"rule": name})
        raise_alarm(tools.dbs, key, NOT_CLEARED, now=tools.now)
        done = 0
    tools.dbs.commit()
    return done
