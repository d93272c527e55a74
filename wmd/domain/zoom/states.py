"""The machine of a binding: what a state becomes when Zoom gives a sign, when to look again, and what is to be done.

Pure: the hour, what Zoom said and the random source are arguments. No state is a dead end: a good read heals all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


class State(StrEnum):
    """Where a binding stands."""

    DRAFT = "draft"
    CHECKING = "checking"
    OK = "ok"
    DRIFT = "drift"
    MISSING = "missing"
    TRASHED = "trashed"
    GONE = "gone"
    AUTH_LOST = "auth_lost"
    UNREACHABLE = "unreachable"
    ENDED = "ended"


class Sign(StrEnum):
    """What a try to read a room showed.

    ``gone``: Zoom says 404 or 3001. ``deleted`` and ``erased``: the same, after Zoom itself told us, signed, that it
    was deleted, or for good. ``failed``: no answer, or one of no use. ``limited``: too many calls, ours or another's.
    ``refused``: Zoom knows us and shows us this room no more, whenever we ask. ``auth_lost``: Zoom does not know us.
    ``chosen``: somebody chose a room.
    """

    READ = "read"
    GONE = "gone"
    DELETED = "deleted"
    ERASED = "erased"
    FAILED = "failed"
    LIMITED = "limited"
    REFUSED = "refused"
    AUTH_LOST = "auth_lost"
    CHOSEN = "chosen"


class Effect(StrEnum):
    """What a move asks of the service besides the row."""

    #: Staff see it at once, and administrators get one mail.
    ALARM = "alarm"
    #: Who organises the event hears of it.
    TELL_HOST = "tell_host"
    #: No call for this account until somebody has connected it again.
    STOP_CALLS = "stop_calls"
    #: What was wrong is right again.
    HEALED = "healed"


#: Looked for again so soon after a room was not found.
AFTER_MISS: Final = (2 * MINUTE, 10 * MINUTE, 30 * MINUTE)
#: Not found so often, over so long, it is believed, if it is not in its host's list either.
MISSES: Final = 3
MISSED_FOR: Final = 30 * MINUTE
#: After so long without an answer a binding says so.
UNREACHABLE_AFTER: Final = 6 * HOUR
FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = 15 * MINUTE
#: Waits for a limit end with the next day at the latest, whatever a header says.
_LONGEST_LIMIT: Final = DAY
_WAIT_FOR_LIMIT: Final = MINUTE

#: How often a room is read: while its next session begins in more than so long, so often.
CADENCE: Final = (
    (30 * DAY, DAY), (7 * DAY, 6 * HOUR), (DAY, HOUR), (2 * HOUR, 15 * MINUTE), (timedelta.min, 5 * MINUTE),
)  # fmt: skip
#: What is not there any more is still looked for: it may come back.
_RARELY: Final = HOUR
#: What is refused is refused at once again: somebody has to see to it.
_AFTER_REFUSAL: Final = DAY
_JITTER: Final = 0.1

#: States in which people are told that the link is being renewed.
RENEWING: Final = frozenset({State.GONE, State.TRASHED})
#: A read of these shows that something is right again.
_BAD: Final = frozenset({State.MISSING, State.TRASHED, State.GONE, State.AUTH_LOST, State.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Standing:
    """A binding as the machine sees it. ``drift`` names what differs and was not decided on yet."""

    state: State = State.CHECKING
    drift: tuple[str, ...] = ()
    fail_count: int = 0
    miss_count: int = 0
    failing_since: datetime | None = None
    missing_since: datetime | None = None
    seen_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_try_at: datetime | None = None
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign with what belongs to it.

    ``drift``: of a good read. ``retry_at``: when a limit ends, if Zoom said so. ``is_listed``: whether the room stands
    in its host's list; None: nobody could or did ask.
    """

    sign: Sign
    drift: tuple[str, ...] = ()
    retry_at: datetime | None = None
    is_listed: bool | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """When the event is: its next session that is not over, or its last one; both None if it has none at all.

    ``key`` spreads reads that are due together: the binding's id. ``share`` gives a random part of some seconds.
    """

    key: str
    starts_at: datetime | None
    ends_at: datetime | None
    share: Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a binding stands now, and what is to be done about it."""

    standing: Standing
    effects: frozenset[Effect] = frozenset()


def follow(before: Standing, seen: Seen, frame: Frame, *, now: datetime) -> Outcome:
    """Return what a sign makes of a binding."""
    tried = replace(before, last_try_at=now)
    match seen.sign:
        case Sign.CHOSEN:
            return Outcome(Standing(state=State.CHECKING, seen_at=before.seen_at, next_try_at=now))
        case Sign.READ:
            return _read(tried, seen, frame, now)
        case Sign.AUTH_LOST:
            return _auth_lost(tried)
        case Sign.LIMITED:
            return _limited(tried, seen, frame, now)
        case Sign.FAILED | Sign.REFUSED:
            return _unanswered(tried, seen, frame, now)
        case _:
            return _not_found(tried, seen, frame, now)


def next_read(frame: Frame, *, now: datetime) -> datetime | None:
    """Return when to read next by the calendar alone; None once the event is over, or without any session."""
    if frame.starts_at is None or frame.ends_at is None or now >= frame.ends_at:
        return None
    ahead = frame.starts_at - now
    interval = next(every for more_than, every in CADENCE if ahead > more_than)
    return now + interval * (1 + _JITTER * _spread(frame.key))


def back_off(fail_count: int, share: Callable[[float], float]) -> timedelta:
    """Return how long to wait after so many failures in a row: full jitter, doubling from 2 s to 15 min."""
    most = min(FIRST_WAIT * 2 ** min(fail_count, 20), LONGEST_WAIT)
    return timedelta(seconds=share(most.total_seconds()))


def is_over(frame: Frame, now: datetime) -> bool:
    """Whether the last session has ended."""
    return frame.ends_at is not None and now >= frame.ends_at


def _read(tried: Standing, seen: Seen, frame: Frame, now: datetime) -> Outcome:
    healed = Standing(last_try_at=now, last_ok_at=now, seen_at=now, drift=seen.drift)
    effects = frozenset({Effect.HEALED}) if tried.state in _BAD else frozenset()
    if is_over(frame, now):
        return Outcome(replace(healed, state=State.ENDED, drift=()), effects)
    state = State.DRIFT if seen.drift else State.OK
    return Outcome(replace(healed, state=state, next_try_at=next_read(frame, now=now)), effects)


def _limited(tried: Standing, seen: Seen, frame: Frame, now: datetime) -> Outcome:
    until = seen.retry_at or now + _WAIT_FOR_LIMIT
    # Never at once, and a header that is wrong by years must not stop us for years.
    until = min(max(until, now + FIRST_WAIT), now + _LONGEST_LIMIT)
    # All that wait for one limit would else come back in one instant.
    return Outcome(replace(tried, next_try_at=until + timedelta(seconds=frame.share(10))))


def _auth_lost(tried: Standing) -> Outcome:
    effects = set() if tried.state is State.AUTH_LOST else {Effect.ALARM, Effect.TELL_HOST, Effect.STOP_CALLS}
    return Outcome(replace(tried, state=State.AUTH_LOST, next_try_at=None), frozenset(effects))


def _unanswered(tried: Standing, seen: Seen, frame: Frame, now: datetime) -> Outcome:
    if is_over(frame, now):
        return Outcome(replace(tried, state=State.ENDED, drift=(), next_try_at=None, fail_count=0, failing_since=None))
    return _refused(tried, now) if seen.sign is Sign.REFUSED else _failed(tried, frame, now)


def _failed(tried: Standing, frame: Frame, now: datetime) -> Outcome:
    since = tried.failing_since or now
    is_long = now - since >= UNREACHABLE_AFTER
    # What is known to be gone, or refused, is no better known for want of an answer.
    state = State.UNREACHABLE if is_long and tried.state not in _BAD else tried.state
    return Outcome(
        replace(
            tried, state=state, fail_count=tried.fail_count + 1, failing_since=since,
            next_try_at=now + back_off(tried.fail_count, frame.share),
        )
    )  # fmt: skip


def _refused(tried: Standing, now: datetime) -> Outcome:
    """Ask once a day. That somebody is to be told is said each time: they are written to once (``room_mail.py``)."""
    since, is_lost = tried.failing_since or now, tried.state in RENEWING
    refused = replace(
        tried, state=tried.state if is_lost else State.UNREACHABLE, fail_count=tried.fail_count + 1,
        failing_since=since, next_try_at=now + _AFTER_REFUSAL,
    )  # fmt: skip
    return Outcome(refused, frozenset() if is_lost else frozenset({Effect.ALARM, Effect.TELL_HOST}))


def _not_found(tried: Standing, seen: Seen, frame: Frame, now: datetime) -> Outcome:
    if is_over(frame, now):
        # Rooms stop answering when their time is over.
        return Outcome(replace(tried, state=State.ENDED, drift=(), next_try_at=None, fail_count=0, failing_since=None))
    since, misses = tried.missing_since or now, tried.miss_count + 1
    told = {Sign.DELETED: State.TRASHED, Sign.ERASED: State.GONE}.get(seen.sign)
    confirmed = misses >= MISSES and now - since >= MISSED_FOR and seen.is_listed is False
    if told is None:
        told = State.GONE if confirmed else None
    # A room in the bin that is not found is where it was; only for good is more than that.
    if tried.state is State.GONE or (tried.state is State.TRASHED and told is None):
        told = tried.state
    state = told or State.MISSING
    effects = frozenset({Effect.ALARM, Effect.TELL_HOST}) if state in RENEWING and state != tried.state else frozenset()
    wait = AFTER_MISS[min(misses, len(AFTER_MISS)) - 1] if state is State.MISSING else _RARELY
    missed = replace(
        tried, state=state, miss_count=misses, missing_since=since, fail_count=0, failing_since=None,
        next_try_at=now + wait,
    )  # fmt: skip
    return Outcome(missed, effects)


def _spread(key: str) -> float:
    """Return a number from -1 to 1 that belongs to this key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 0xFFFFFFFF * 2 - 1
