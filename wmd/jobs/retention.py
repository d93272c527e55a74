"""The daily clearing out, by the table of rules in ``services/retention.py``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from wmd.db import truncate_wal
from wmd.domain.findings import N_
from wmd.jobs.tools import Tools
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.retention import RULES, Keys, Rule, Work

log = logging.getLogger(__name__)

#: Rows of one commit, and commits of one rule in one run: what is left comes on the next day.
BATCH = 50
MOST_BATCHES = 200
#: So many broken rows one after the other are no matter of rows: the rest waits for the next day.
MOST_BROKEN = 20
NOT_CLEARED: Final = N_("Something whose time is over could not be deleted. The log says what, and why.")


@dataclass(slots=True)
class _Tally:
    """How many rows went, how many could not, and how many of these since the last one that went."""

    done: int = 0
    broken: int = 0
    in_a_row: int = 0

    def went(self, rows: int) -> None:
        self.done += rows
        self.in_a_row = 0

    def broke(self) -> None:
        self.broken += 1
        self.in_a_row += 1


def clear_out(tools: Tools, rules: Sequence[Rule] = RULES) -> int:
    """Apply every rule in batches, a commit after each; return how many rows went. Stops when the process shall end.

    A row that cannot go is logged, is an alarm, and holds up no other row and no other rule.
    """
    done = 0
    for rule in rules:
        done += _alone(tools, rule.name, partial(_apply, tools, rule))
    done += _alone(tools, "journal", lambda: _Tally(tools.journal.delete_old(now=tools.now)))
    if done:
        truncate_wal(tools.dbs.get_bind())
    return done


def _apply(tools: Tools, rule: Rule) -> _Tally:
    """Work through what is due. A batch that fails is done again row by row, so that only a broken row stays."""
    tally = _Tally()
    if rule.due is None or rule.work is None:
        return tally
    clear = partial(_clear, tools, rule.work, rule.due(tools.now))
    for keys in _batches(tools, rule.due(tools.now)):
        if clear(keys, tally) is None:
            continue
        for key in keys:
            if tally.in_a_row == MOST_BROKEN or tools.stopping.is_set():
                return tally
            fault = clear([key], tally)
            if fault is not None:
                log.error("row_not_cleared", exc_info=fault, extra={"rule": rule.name, "row": key})
                tally.broke()
    if tally.done:
        log.info("retention", extra={"rule": rule.name, "rows": tally.done})
    return tally


def _batches(tools: Tools, due: Keys) -> Iterator[Sequence[Any]]:
    """Find what is due, in the order of its keys, so that each row is met once in a run."""
    (column,) = due.selected_columns
    found: Sequence[Any] = ()
    for _ in range(MOST_BATCHES):
        if tools.stopping.is_set():
            return
        later = due.where(column > found[-1]) if found else due
        found = tools.dbs.scalars(later.order_by(column).limit(BATCH)).all()
        if found:
            yield found
        if len(found) < BATCH:
            return


def _clear(tools: Tools, work: Work, due: Keys, keys: Sequence[Any], tally: _Tally) -> Exception | None:
    """Clear out these rows, as far as they are still due, and commit; return what went wrong."""
    (column,) = due.selected_columns
    try:
        rows = work(tools.dbs, tools.publishing, tools.now, due.where(column.in_(keys)))
        tools.dbs.commit()
    except Exception as fault:
        tools.dbs.rollback()
        return fault
    tally.went(rows)
    return None


def _alone(tools: Tools, name: str, work: Callable[[], _Tally]) -> int:
    """Return how many rows went, and raise or clear the alarm of one rule."""
    key = f"retention:{name}"
    try:
        tally = work()
    except Exception:
        tools.dbs.rollback()
        log.exception("retention_failed", extra={"rule": name})
        tally = _Tally(broken=1)
    if tally.broken:
        raise_alarm(tools.dbs, key, NOT_CLEARED, now=tools.now)
    else:
        clear_alarm(tools.dbs, key, now=tools.now)
    tools.dbs.commit()
    return tally.done
