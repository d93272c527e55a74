"""View-models of the timetable: rows by day, states, what is on, what is related, and the band of 24 hours.

Everything is a function of a programme, a zone and, where it matters, ``now``. Nothing is translated or formatted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import nsmallest
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from wmd.domain.daylight import Daylight, daylight, sky
from wmd.domain.index import Index, local_days, spans_days
from wmd.domain.programme import EventView, Programme, SessionView
from wmd.domain.query import SOON
from wmd.domain.vocabulary import SessionStatus

__all__ = [
    "DayGroup", "Daylight", "Row", "State", "Tick", "band", "daylight", "first_ahead", "group_by_day", "make_row",
    "next_change", "next_events", "on_now", "related", "rows", "sky", "state_of",
]  # fmt: skip

State = Literal["upcoming", "soon", "now", "ended", "cancelled", "postponed"]

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Row:
    """One session in a list, seen from a zone.

    ``starts`` and ``ends`` are aware in that zone (for an all-day session they bound its dates in its own zone and
    are not to be shown). ``first_day`` and ``last_day`` are those it belongs to (:func:`local_days`); ``days_later``
    is how many calendar days after its start a timed session ends, for a "+1 day" label.
    """

    position: int
    session: SessionView
    event: EventView
    starts: datetime
    ends: datetime
    first_day: date
    last_day: date
    days_later: int


@dataclass(frozen=True, slots=True)
class DayGroup:
    """The rows under one heading. With ``several_days`` they are umbrellas, and ``day`` the first day shown."""

    day: date
    rows: list[Row]
    several_days: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """One session on the band: wall-clock minutes of the day, ``end`` past ``start``, both within 0 and 1440.

    ``lane`` is the lowest of the lanes (from 0) in which it overlaps no earlier tick.
    """

    start: int
    end: int
    code: str
    title: str
    is_lead: bool
    lane: int


def make_row(programme: Programme, position: int, zone: ZoneInfo) -> Row:
    """Return the session at a position as a row."""
    session = programme.sessions[position]
    starts, ends = session.starts_at.astimezone(zone), session.ends_at.astimezone(zone)
    first, last = local_days(session, zone)
    later = 0 if session.all_day else ((ends - timedelta(microseconds=1)).date() - starts.date()).days
    return Row(position, session, programme.owners[position], starts, ends, first, last, later)


def rows(programme: Programme, positions: Iterable[int], zone: str) -> list[Row]:
    """Return the sessions at these positions as rows, in the order given."""
    place = ZoneInfo(zone)
    return [make_row(programme, position, place) for position in positions]


def group_by_day(
    programme: Programme,
    positions: Sequence[int],
    zone: str,
    *,
    now: datetime,
    days: Container[str] = (),
    page: int = 1,
    page_size: int = 100,
) -> list[DayGroup]:
    """Return one page (from 1) of a selection, under headings by day of ``zone``.

    Umbrellas over several days that run at ``now`` come once, in a group of their own before all days; others stand
    under the day they begin on, unless ``days`` were asked for (ISO dates) and that is none of them. Within a day,
    all-day sessions come first, then by start and code. A page past the end is an empty list.
    """
    place = ZoneInfo(zone)
    umbrellas, by_day = _ordered(programme, positions, place, now, days)
    ordered, cut = umbrellas + by_day, (page - 1) * page_size
    shown = [make_row(programme, position, place) for position in ordered[cut : cut + page_size]]
    left = max(0, len(umbrellas) - cut)
    over_days, dated = shown[:left], shown[left:]
    groups = [DayGroup(day, list(each)) for day, each in groupby(dated, key=lambda row: row.first_day)]
    if over_days:
        first_shown = groups[0].day if groups else over_days[0].first_day
        groups.insert(0, DayGroup(first_shown, over_days, several_days=True))
    return groups


def first_ahead(
    programme: Programme, positions: Sequence[int], zone: str, *, now: datetime, days: Container[str] = ()
) -> tuple[int, date] | None:
    """Return which line of :func:`group_by_day` (from 0, over all pages) is the first of a day that is not over.

    With it comes the day it stands under. None when nothing that is dated has ended yet, or all has.
    """
    place = ZoneInfo(zone)
    umbrellas, by_day = _ordered(programme, positions, place, now, days)
    for line, position in enumerate(by_day):
        session = programme.sessions[position]
        if session.status is SessionStatus.SCHEDULED and session.ends_at > now:
            return (len(umbrellas) + line, local_days(session, place)[0]) if line else None
    return None


def _ordered(
    programme: Programme, positions: Iterable[int], zone: ZoneInfo, now: datetime, days: Container[str]
) -> tuple[list[int], list[int]]:
    """Return the positions of the umbrellas that stand before all days, and of all else in the order of a list."""
    sessions = programme.sessions
    umbrellas: list[int] = []
    by_day: list[int] = []
    for position in positions:
        session = sessions[position]
        is_apart = spans_days(session) and (
            state_of(session, now) == "now" or (days and local_days(session, zone)[0].isoformat() not in days)
        )
        (umbrellas if is_apart else by_day).append(position)
    by_day.sort(key=lambda position: _place_in_time(sessions[position], zone))
    return umbrellas, by_day


def _place_in_time(session: SessionView, zone: ZoneInfo) -> tuple[datetime, bool, str]:
    """Sort an all-day session before all else of its first day as the reader has it, others by their start."""
    if session.all_day:
        return datetime.combine(session.starts_on, time(), zone).astimezone(UTC), False, session.code
    return session.starts_at, True, session.code


def state_of(session: SessionView, now: datetime) -> State:
    """Return how a session stands at ``now``; "soon" is the hour before it starts. Its start is on, its end over."""
    if session.status is SessionStatus.CANCELLED:
        return "cancelled"
    if session.status is SessionStatus.POSTPONED:
        return "postponed"
    if session.ends_at <= now:
        return "ended"
    if session.starts_at <= now:
        return "now"
    return "soon" if session.starts_at - now <= SOON else "upcoming"


def next_change(session: SessionView, now: datetime) -> datetime | None:
    """Return the next instant at which :func:`state_of` answers differently, or None when it never will."""
    if session.status is not SessionStatus.SCHEDULED:
        return None
    turns = (session.starts_at - SOON, session.starts_at, session.ends_at)
    return next((turn for turn in turns if turn > now), None)


def on_now(programme: Programme, now: datetime) -> list[int]:
    """Return the positions of the sessions that are on at ``now``, in their order."""
    started = _started(programme, now)
    return [at for at in range(started) if state_of(programme.sessions[at], now) == "now"]


def next_events(programme: Programme, now: datetime, limit: int) -> list[int]:
    """Return the positions of the next sessions that have not begun, at most one of each event."""
    found: dict[str, int] = {}
    for position in range(_started(programme, now), len(programme.sessions)):
        if len(found) >= limit:
            break
        if programme.sessions[position].status is SessionStatus.SCHEDULED:
            found.setdefault(programme.owners[position].code, position)
    return list(found.values())


def _started(programme: Programme, now: datetime) -> int:
    return bisect_right(programme.sessions, now, key=lambda session: session.starts_at)


def related(index: Index, event: EventView, now: datetime, limit: int = 4) -> list[EventView]:
    """Return up to ``limit`` other events with something in common, those still to come first.

    The same series counts 4, each shared topic 2, the same region 1; a shared region alone is enough. Among equals
    the earlier session comes first. Events whose sessions are all cancelled are left out.
    """
    # A preview is of an event that is not in the programme yet.
    itself = 1 << index.positions[event.code] if event.code in index.positions else 0
    coming = index.coming(now)
    alike = _by_likeness(index, event)
    found: list[EventView] = []
    for wanted in (coming, index.all_events & ~coming):
        for bits in alike:
            places = index.places(bits & wanted & ~itself)
            able = (place for place in places if not _is_cancelled(index.events[place]))
            nearest = nsmallest(limit - len(found), able, key=index.ranks.__getitem__)
            found += [index.events[place] for place in nearest]
            if len(found) == limit:
                return found
    return found


def _by_likeness(index: Index, event: EventView) -> list[int]:
    """Return the events that have something in common with one, as bits, the most alike first.

    Nothing is looked at one by one: with thousands of events most have at least the region in common.
    """
    region = index.bits("region", event.region)
    series = index.bits("series", event.series) if event.series is not None else 0
    topics = [index.all_events]
    for topic in event.topics:
        has = index.bits("topic", topic)
        # topics[k] holds those that share at least k of the topics so far.
        topics = [
            at_least | (fewer & has) for at_least, fewer in zip([*topics, 0], [index.all_events, *topics], strict=True)
        ]
    exactly = [at_least & ~more for at_least, more in zip(topics, [*topics[1:], 0], strict=True)]
    scores: dict[int, int] = {}
    for shared, with_topics in enumerate(exactly):
        for points, with_series in ((4, series), (0, ~series)):
            for point, in_region in ((1, region), (0, ~region)):
                score = 2 * shared + points + point
                scores[score] = scores.get(score, 0) | (with_topics & with_series & in_region)
    return [scores[score] & index.all_events for score in sorted(scores, reverse=True) if score]


def _is_cancelled(event: EventView) -> bool:
    return all(session.status is SessionStatus.CANCELLED for session in event.sessions)


def band(programme: Programme, day: date, zone: str, language: str = "en") -> list[Tick]:
    """Return the ticks of one day in a zone, in order: its timed sessions that take place, without umbrellas.

    A session that runs past midnight is cut at the day's ends. Positions are wall-clock minutes, so that on a day
    when the clocks change the face keeps 24 hours.
    """
    place = ZoneInfo(zone)
    midnight = datetime.combine(day, time(), place).astimezone(UTC)
    next_midnight = datetime.combine(day + timedelta(days=1), time(), place).astimezone(UTC)
    first = bisect_right(programme.sessions, midnight - timedelta(days=1), key=lambda session: session.starts_at)
    ticks: list[Tick] = []
    free_at: list[int] = []
    for position in range(first, len(programme.sessions)):
        session = programme.sessions[position]
        if session.starts_at >= next_midnight:
            break
        if session.all_day or spans_days(session) or session.ends_at <= midnight:
            continue
        if session.status is SessionStatus.SCHEDULED:
            start, end = _minutes(session, day, place)
            lane = next((at for at, free in enumerate(free_at) if free <= start), len(free_at))
            free_at[lane : lane + 1] = [end]
            event = programme.owners[position]
            ticks.append(Tick(start, end, session.code, event.text(language).title, event.is_lead, lane))
    return ticks


def _minutes(session: SessionView, day: date, zone: ZoneInfo) -> tuple[int, int]:
    starts, ends = session.starts_at.astimezone(zone), session.ends_at.astimezone(zone)
    start = 0 if starts.date() < day else starts.hour * 60 + starts.minute
    end = MINUTES_A_DAY if ends.date() > day else ends.hour * 60 + ends.minute
    # When the clock goes back, a session may end at an earlier reading than it began.
    return min(start, MINUTES_A_DAY - 1), max(end, min(start, MINUTES_A_DAY - 1) + 1)
