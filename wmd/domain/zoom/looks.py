"""When a pasted link is looked at, and what a look makes of its binding. Pure, as :mod:`wmd.domain.zoom.states` is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from wmd.domain.zoom.pages import Says
from wmd.domain.zoom.states import DAY, HOUR, MINUTE, Effect, Standing, State

#: Looked at so long before each session, and each day besides.
BEFORE: Final = (72 * HOUR, 24 * HOUR, 2 * HOUR)
#: Not found so often, over so long, it is gone. One answer may be a slip of a machine far away.
MISSES: Final = 2
MISSED_FOR: Final = 30 * MINUTE
#: What is gone may come back: looked for again.
AFTER_GONE: Final = 6 * HOUR
#: Nobody answered: tried again, a few times, before the next ordinary look.
AFTER_FAULT: Final = HOUR
_MOST_FAULTS: Final = 3
#: What was last read of a page that has turned us away since holds for so long.
_HOLDS: Final = 2 * DAY
_SPREAD_S: Final = 3600
_TELLS: Final = {Says.WORKS: "open", Says.FULL: "full", Says.CLOSED: "closed"}


class Dates(NamedTuple):
    """A session that takes place: two instants."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a binding stands after a look: the machine's side, whether one can register, and what is to be done."""

    standing: Standing
    registration: str
    effect: Effect | None = None


def after_look(
    before: Standing, registration: str, says: Says, sessions: Sequence[Dates], *, key: str, now: datetime
) -> Outlook:
    """Return what a look makes of a binding. ``key`` spreads looks that would be due together: the binding's id."""
    tried = replace(before, last_try_at=now)
    due = next_look(sessions, key=key, now=now)
    if due is None:
        ended = replace(tried, state=State.ENDED, next_try_at=None, miss_count=0, missing_since=None)
        return Outlook(ended, registration)
    if says is Says.UNKNOWN:
        return _unknown(tried, registration, due, now)
    if says is Says.NOT_FOUND:
        return _not_found(tried, registration, due, now)
    healed = before.state in {State.MISSING, State.GONE, State.TRASHED}
    seen = Standing(State.OK, seen_at=now, last_ok_at=now, last_try_at=now, next_try_at=due)
    if says is Says.ANSWERS:
        # The page is there; that one can register on it was not seen.
        holds = before.last_ok_at is not None and now - before.last_ok_at <= _HOLDS
        seen = replace(seen, seen_at=before.seen_at, last_ok_at=before.last_ok_at)
        return Outlook(seen, registration if holds else "unknown", Effect.HEALED if healed else None)
    return Outlook(seen, _TELLS[says], Effect.HEALED if healed else None)


def next_look(sessions: Sequence[Dates], *, key: str, now: datetime) -> datetime | None:
    """Return when to look next by the calendar alone; None once all is over."""
    if all(each.ends_at <= now for each in sessions):
        return None
    spread = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % _SPREAD_S
    marks = (each.starts_at - before for each in sessions for before in BEFORE)
    return min([now + DAY - timedelta(seconds=spread), *(mark for mark in marks if mark > now)])


def _unknown(tried: Standing, registration: str, due: datetime, now: datetime) -> Outlook:
    faults = tried.fail_count + 1
    holds = tried.last_ok_at is not None and now - tried.last_ok_at <= _HOLDS
    again = min(due, now + AFTER_FAULT) if faults <= _MOST_FAULTS else due
    if tried.state in {State.MISSING, State.GONE}:
        again = min(due, now + MISSED_FOR)
    failed = replace(tried, fail_count=faults, failing_since=tried.failing_since or now, next_try_at=again)
    return Outlook(failed, registration if holds else "unknown")


def _not_found(tried: Standing, registration: str, due: datetime, now: datetime) -> Outlook:
    since, misses = tried.missing_since or now, tried.miss_count + 1
    is_gone = tried.state is State.GONE or (misses >= MISSES and now - since >= MISSED_FOR)
    state, wait = (State.GONE, AFTER_GONE) if is_gone else (State.MISSING, max(MISSED_FOR - (now - since), MINUTE))
    missed = replace(
        tried, state=state, miss_count=misses, missing_since=since, fail_count=0, failing_since=None,
        next_try_at=min(due, now + wait) if is_gone else now + wait,
    )  # fmt: skip
    effect = Effect.ALARM if is_gone and tried.state is not State.GONE else None
    return Outlook(missed, "unknown" if is_gone else registration, effect)
