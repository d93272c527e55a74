"""Selecting sessions of a programme: which are found, and how many events each further choice would find.

What describes events is looked up in the :class:`wmd.domain.index.Index`; what describes sessions (day, still to
come) is first narrowed as session positions and then projected onto events.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from wmd.domain.filters import FACETS, BadQuery, Query, parse
from wmd.domain.index import Days, Index
from wmd.domain.programme import Programme, SessionView
from wmd.domain.vocabulary import SessionStatus

__all__ = ["FACETS", "BadQuery", "FacetCount", "Query", "Selection", "find", "parse", "select"]

#: A session reads "soon" from this long before its start.
SOON = timedelta(minutes=60)


class FacetCount(NamedTuple):
    """One choice of a facet, the number of distinct events it would find, and whether it is chosen."""

    value: str
    count: int  # type: ignore[assignment]  # the plain word is worth hiding tuple.count
    selected: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """What a query finds.

    ``positions`` index ``programme.sessions`` in their order; ``total`` counts distinct events. ``facet_counts``
    holds every facet, each counted as if it alone were not asked. ``valid_until`` is the next instant at which a
    state shown for this selection changes; None when nothing will, or when no ``now`` was given.
    """

    positions: tuple[int, ...]
    total: int
    facet_counts: Mapping[str, list[FacetCount]]
    valid_until: datetime | None


def find(programme: Programme, index: Index, query: Query, *, zone: str) -> list[int]:
    """Return the session positions that a query finds, for feeds and exports: as :func:`select`, without its counts.

    Days are read in the query's own zone, else in ``zone``; "still to come" is for pages only.
    """
    narrowed = (_either(programme, index, facet, values) for facet, values in query.facets if facet != "day")
    events = _all_of(narrowed, index.search(query.q) if query.q else index.all_events)
    chosen = query.values("day")
    dated = _dated(index.days(query.tz or zone), chosen, None) if chosen else None
    return index.of_events(events, range(len(programme.sessions)) if dated is None else dated)


def select(programme: Programme, index: Index, query: Query, *, zone: str, now: datetime | None) -> Selection:
    """Return what a query finds in a programme.

    Days are read in the query's own zone, else in ``zone``. ``now`` is needed for "still to come"; without it that
    wish is not heard. ``index`` must have been built from ``programme``.
    """
    days = index.days(query.tz or zone)
    narrowed = {facet: _either(programme, index, facet, values) for facet, values in query.facets if facet != "day"}
    found = index.search(query.q) if query.q else index.all_events
    upcoming = index.upcoming(now) if query.upcoming and now is not None else None
    dated = _dated(days, query.values("day"), upcoming)
    in_time = index.all_events if dated is None else index.project(dated)

    everything = _all_of(narrowed.values(), found)
    events = everything & in_time
    positions = index.of_events(events, range(len(programme.sessions)) if dated is None else dated)
    counts: dict[str, list[FacetCount]] = {}
    for facet in FACETS:
        chosen = query.values(facet)
        if facet == "day":
            counts[facet] = _day_counts(index, days, chosen, everything, upcoming)
            continue
        others = (bits for name, bits in narrowed.items() if name != facet)
        base = _all_of(others, found) & in_time if facet in narrowed else events
        counts[facet] = _counts(index.values(facet), chosen, base, _retired(programme, facet))
    return Selection(tuple(positions), events.bit_count(), counts, _valid_until(index, positions, query, now))


def _either(programme: Programme, index: Index, facet: str, values: Iterable[str]) -> int:
    bits = 0
    for value in values:
        bits |= index.bits(facet, value)
        if facet == "organisation":
            # The calendar of an organisation that was merged goes on with the one that took its place.
            bits |= index.bits(facet, programme.moved.get(value, value))
    return bits


def _all_of(sets: Iterable[int], bits: int) -> int:
    for each in sets:
        bits &= each
    return bits


def _dated(days: Days, chosen: Sequence[str], upcoming: list[int] | None) -> list[int] | None:
    """Return the session positions that day and "still to come" leave, in order; None when neither is asked."""
    if not chosen:
        return upcoming
    on_days = {position for day in chosen for position in days.positions.get(day, ())}
    return sorted(on_days if upcoming is None else on_days.intersection(upcoming))


def _counts(values: Mapping[str, int], chosen: Sequence[str], base: int, retired: frozenset[str]) -> list[FacetCount]:
    found = [
        FacetCount(value, (bits & base).bit_count(), value in chosen)
        for value, bits in values.items()
        if value in chosen or (bits & base and value not in retired)
    ]
    return found + [FacetCount(value, 0, True) for value in chosen if value not in values]


def _day_counts(
    index: Index, days: Days, chosen: Sequence[str], others: int, upcoming: list[int] | None
) -> list[FacetCount]:
    sets = days.events
    if upcoming is not None:
        still = set(upcoming)
        sets = {day: index.project(still.intersection(each)) for day, each in days.positions.items()}
    return sorted(_counts(sets, chosen, others, frozenset()))


def _retired(programme: Programme, facet: str) -> frozenset[str]:
    if facet == "topic":
        return frozenset(topic.slug for topic in programme.topics if topic.retired)
    if facet == "organisation":
        return frozenset(code for code, each in programme.organisations.items() if each.retired)
    return frozenset()


def _valid_until(index: Index, positions: Sequence[int], query: Query, now: datetime | None) -> datetime | None:
    if now is None:
        return None
    sessions = index.programme.sessions
    changes = [_next_change_of(sessions, positions, now)]
    if query.upcoming:
        # Counts beside the choices also move when a session outside the selection ends.
        changes.append(index.next_end(now))
    return min((change for change in changes if change is not None), default=None)


def _next_change_of(sessions: Sequence[SessionView], positions: Sequence[int], now: datetime) -> datetime | None:
    """Return the next instant at which one of these sessions becomes soon, on or over.

    Positions are in order of start: what begins more than an hour from now becomes "soon" first, and nothing after
    it can be earlier.
    """
    split = bisect_right(positions, now + SOON, key=lambda position: sessions[position].starts_at)
    best: datetime | None = None
    for position in positions[:split]:
        session = sessions[position]
        if session.status is SessionStatus.SCHEDULED and session.ends_at > now:
            change = session.starts_at if session.starts_at > now else session.ends_at
            best = change if best is None or change < best else best
    coming = (sessions[position] for position in positions[split:])
    following = next((session for session in coming if session.status is SessionStatus.SCHEDULED), None)
    if following is not None and (best is None or following.starts_at - SOON < best):
        return following.starts_at - SOON
    return best
