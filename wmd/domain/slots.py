"""What else is on at a time for the same people, and which times nearby are quieter."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from wmd.domain.content import EventContent
from wmd.domain.programme import EventView, Programme, SessionView
from wmd.domain.times import local
from wmd.domain.vocabulary import SessionStatus

#: How far from the wish a quieter time is looked for, in which steps, and within which hours of the host's clock.
_REACH = timedelta(hours=5)
_STEP = timedelta(minutes=30)
_FIRST_HOUR, _LAST_HOUR = 8, 20
MOST_NAMED = 3
MOST_QUIETER = 2
#: No timed session lasts longer, so that only those beginning since then are looked at.
_LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """One span of time and what is on in it for the same people: how many events, and some of their codes."""

    starts_at: datetime
    ends_at: datetime
    count: int
    codes: tuple[str, ...] = ()


def clashes(
    programme: Programme, content: EventContent, bounds: tuple[datetime, datetime], *, without: str = ""
) -> SlotFacts:
    """Return which other events overlap a span and share region, a language or a topic; ``without`` is left out."""
    starts_at, ends_at = bounds
    codes = dict.fromkeys(
        owner.code
        for session, owner in _around(programme, starts_at, ends_at)
        if owner.code != without and session.ends_at > starts_at and _is_for_the_same(content, owner)
    )
    return SlotFacts(starts_at, ends_at, len(codes), tuple(codes)[:MOST_NAMED])


def _around(programme: Programme, starts_at: datetime, ends_at: datetime) -> Iterator[tuple[SessionView, EventView]]:
    sessions = programme.sessions
    first = bisect_left(sessions, starts_at - _LONGEST, key=lambda session: session.starts_at)
    for place in range(first, len(sessions)):
        session = sessions[place]
        if session.starts_at >= ends_at:
            return
        if session.status is SessionStatus.SCHEDULED and not session.all_day:
            yield session, programme.owners[place]


def _is_for_the_same(content: EventContent, other: EventView) -> bool:
    """Whether two events are for the same people: a topic and a language in common, or region and language."""
    languages = {*content.spoken, *content.interpreted} & {*other.spoken, *other.interpreted}
    same_topic = bool(set(content.topics) & set(other.topics))
    same_region = content.region == other.region
    return bool(languages) and (same_topic or same_region)


def quieter(
    programme: Programme,
    content: EventContent,
    zone: str,
    bounds: tuple[datetime, datetime],
    here: SlotFacts,
    *,
    without: str = "",
) -> list[SlotFacts]:
    """Return at most two times nearby with fewer of them, the quietest first, then the nearest.

    They lie within five hours, in daytime on the host's clock, and do not touch each other.
    """
    starts_at, ends_at = bounds
    steps = int(_REACH / _STEP)
    found: list[tuple[int, timedelta, SlotFacts]] = []
    for number in range(-steps, steps + 1):
        shift = number * _STEP
        if not number or not _is_daytime(starts_at + shift, ends_at + shift, zone):
            continue
        other = clashes(programme, content, (starts_at + shift, ends_at + shift), without=without)
        if other.count < here.count:
            found.append((other.count, abs(shift), other))
    found.sort(key=lambda each: (each[0], each[1], each[2].starts_at))
    chosen: list[SlotFacts] = []
    for _, _, each in found:
        if all(each.ends_at <= other.starts_at or each.starts_at >= other.ends_at for other in chosen):
            chosen.append(each)
    return chosen[:MOST_QUIETER]


def _is_daytime(starts_at: datetime, ends_at: datetime, zone: str) -> bool:
    first, last = local(starts_at, zone), local(ends_at, zone)
    return first.date() == last.date() and first.hour >= _FIRST_HOUR and (last.hour, last.minute) <= (_LAST_HOUR, 0)
