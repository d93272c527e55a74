"""Selecting sessions of a programme: which are found, and how many events each further choice would find.

An :class:`Index` is built once per programme. It holds, per facet and value, the set of *events* as the bits of
one integer, because all facets but the day describe events and counts are of distinct events. What describes
sessions (day, still to come) is first narrowed as session positions and then projected onto events.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from wmd.domain.filters import FACETS, BadQuery, Query, language_tags, parse
from wmd.domain.programme import EventView, Programme, SessionView
from wmd.domain.search import haystack, matches, organisation_words, terms
from wmd.domain.vocabulary import FORMAT_LABELS, METROPOLIS_REGION_LABELS, ORGANISATION_KIND_LABELS, SessionStatus

__all__ = [
    "FACETS", "BadQuery", "Days", "FacetCount", "Index", "Query", "Selection", "event_values", "is_upcoming",
    "local_days", "parse", "select", "spans_days",
]  # fmt: skip

#: How many zones an index remembers the days of; the least recently asked one is forgotten first.
MAX_ZONES = 48
#: A session reads "soon" from this long before its start.
SOON = timedelta(minutes=60)
_A_DAY = timedelta(hours=24)


class FacetCount(NamedTuple):
    """One choice of a facet, the number of distinct events it would find, and whether it is chosen."""

    value: str
    count: int  # type: ignore[assignment]  # the plain word is worth hiding tuple.count
    selected: bool


class Days(NamedTuple):
    """The days of a programme in one zone: ISO day -> session positions, and -> events as bits."""

    positions: Mapping[str, tuple[int, ...]]
    events: Mapping[str, int]


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


def spans_days(session: SessionView) -> bool:
    """Whether a session is an umbrella over several days: all-day with two dates, or 24 hours and more."""
    if session.all_day:
        return session.starts_on < session.ends_on
    return session.ends_at - session.starts_at >= _A_DAY


def local_days(session: SessionView, zone: tzinfo) -> tuple[date, date]:
    """Return the first and last day a session belongs to for somebody in ``zone``.

    An all-day session keeps its own dates everywhere. A timed one belongs to the day it starts on, also when it
    runs past midnight; from 24 hours on it belongs to every day it touches.
    """
    if session.all_day:
        return session.starts_on, session.ends_on
    first = session.starts_at.astimezone(zone).date()
    if session.ends_at - session.starts_at < _A_DAY:
        return first, first
    return first, (session.ends_at - timedelta(microseconds=1)).astimezone(zone).date()


def is_upcoming(session: SessionView, now: datetime) -> bool:
    """Whether a session is still to come or on: not cancelled, and not ended; a postponed one always is."""
    if session.status is SessionStatus.POSTPONED:
        return True
    return session.status is SessionStatus.SCHEDULED and session.ends_at > now


def event_values(event: EventView) -> dict[str, Iterable[str]]:
    """Return the distinct values by which an event is found, for every facet but the day."""
    return {
        "topic": frozenset(event.topics),
        "format": (event.format.value,),
        "language": language_tags(event.spoken),
        "interpretation": language_tags(event.interpreted),
        "captions": language_tags(event.captioned),
        "sign": language_tags(event.signed),
        "region": (event.region,),
        "country": {event.host_country, event.venue.country if event.venue else ""} - {""},
        "organiser": {organiser.kind for organiser in event.organisers},
        "organisation": {organiser.code for organiser in event.organisers},
        "sdg": frozenset(map(str, event.sdgs)),
        "series": () if event.series is None else (event.series,),
    }


def _to_bits(positions: Iterable[int], size: int) -> int:
    raw = bytearray(size // 8 + 1)
    for position in positions:
        raw[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(raw, "little")


def _flags(bits: int, size: int) -> str:
    """Return the bits as text of ``0`` and ``1``, the lowest first: the quickest thing to look one up in."""
    return f"{bits:0{size}b}"[::-1]


class Index:
    """What makes filtering one programme quick. Build it with :meth:`build`; it may be shared by threads."""

    def __init__(self, programme: Programme, previous: Index | None) -> None:
        # An event keeps its place from index to index as long as none goes, so that only what changed is indexed anew.
        kept = previous if previous and previous.positions.keys() <= programme.events.keys() else None
        positions = dict(kept.positions) if kept else {}
        for event in programme.owners:
            positions.setdefault(event.code, len(positions))
        self.programme = programme
        self.positions: Mapping[str, int] = positions
        self.events: tuple[EventView, ...] = tuple(programme.events[code] for code in positions)
        self.all_events = (1 << len(positions)) - 1
        self._owners = array("L", [positions[event.code] for event in programme.owners])
        first = dict(zip(reversed(self._owners), range(len(self._owners) - 1, -1, -1), strict=True))
        #: Where the first session of each of :attr:`events` stands in ``programme.sessions``: their order in time.
        self.ranks = array("L", [first[place] for place in range(len(positions))])
        self._bits = _changed_bits(kept, self.events) if kept else _facet_bits(self.events)
        self._orders = _value_orders(programme, self._bits)
        self._ends = array("d", (_last_instant(session) for session in programme.sessions))
        self._names = {topic.slug: topic.name for topic in programme.topics}
        self._names |= {series.slug: series.name for series in programme.series.values()}
        self._names |= {code: organisation_words(each) for code, each in programme.organisations.items()}
        self._coming: tuple[float, float, int] | None = None
        self._lock = threading.Lock()
        self._days: OrderedDict[str, Days] = OrderedDict()
        self._hay: list[str] | None = None
        self._inherited = previous._unchanged(self.events, self._names) if previous else {}

    @classmethod
    def build(cls, programme: Programme, previous: Index | None = None) -> Index:
        """Index a programme; what ``previous`` knows of events that are the very same is taken over from it."""
        return cls(programme, previous)

    def _unchanged(self, events: Iterable[EventView], names: Mapping[str, str]) -> dict[str, str]:
        """Return the folded text of those of the events that are the very values this index has folded.

        What they refer to must be called as before, too.
        """
        known_names = names.keys() | self._names.keys()
        renamed = {name for name in known_names if names.get(name) != self._names.get(name)}
        if self._hay is None:
            known = {event.code: (event, self._inherited.get(event.code)) for event in self.events}
        else:
            known = {event.code: (event, hay) for event, hay in zip(self.events, self._hay, strict=True)}
        kept = ((event, known.get(event.code)) for event in events)
        return {
            event.code: old[1]
            for event, old in kept
            if old and old[1] is not None and old[0] is event and (not renamed or renamed.isdisjoint(_referred(event)))
        }

    @property
    def facet_bits(self) -> Mapping[str, Mapping[str, int]]:
        """The events of every value of every facet but the day, as bits over :attr:`events`."""
        return self._bits

    def bits(self, facet: str, value: str) -> int:
        """Return the events found by one value of a facet (not the day) as bits over :attr:`events`."""
        return self._bits[facet].get(value, 0)

    def values(self, facet: str) -> Mapping[str, int]:
        """Return every value of a facet (not the day) that any event has, in order of display, with its events."""
        bits = self._bits[facet]
        return {value: bits[value] for value in self._orders[facet]}

    def days(self, zone: str) -> Days:
        """Return the days of the sessions in a zone. Raises ``ZoneInfoNotFoundError`` for an unknown one."""
        with self._lock:
            if (known := self._days.get(zone)) is not None:
                self._days.move_to_end(zone)
                return known
        days = self._days_in(ZoneInfo(zone))
        with self._lock:
            self._days[zone] = days
            while len(self._days) > MAX_ZONES:
                self._days.popitem(last=False)
        return days

    def _days_in(self, zone: ZoneInfo) -> Days:
        positions: dict[date, list[int]] = {}
        one_day = timedelta(days=1)
        for position, session in enumerate(self.programme.sessions):
            day, last = local_days(session, zone)
            while day <= last:
                positions.setdefault(day, []).append(position)
                day += one_day
        found = {day.isoformat(): tuple(positions[day]) for day in sorted(positions)}
        return Days(found, {day: self.project(each) for day, each in found.items()})

    def project(self, positions: Iterable[int]) -> int:
        """Return the events of these sessions as bits."""
        owners = self._owners
        return _to_bits((owners[position] for position in positions), len(self.events))

    def of_events(self, bits: int, positions: Iterable[int]) -> list[int]:
        """Return those of the session positions whose event is in ``bits``."""
        if bits == self.all_events:
            return list(positions)
        flags, owners = _flags(bits, len(self.events)), self._owners
        return [position for position in positions if flags[owners[position]] == "1"]

    def places(self, bits: int) -> list[int]:
        """Return where in :attr:`events` the events of ``bits`` stand, in order."""
        if bits.bit_count() * 16 > len(self.events):
            return [place for place, flag in enumerate(_flags(bits, len(self.events))) if flag == "1"]
        # A few among many are found one by one, lowest first.
        places = []
        while bits:
            lowest = bits & -bits
            places.append(lowest.bit_length() - 1)
            bits ^= lowest
        return places

    def upcoming(self, now: datetime) -> list[int]:
        """Return the positions of all sessions still to come or on at ``now``."""
        instant = now.timestamp()
        return [position for position, end in enumerate(self._ends) if end > instant]

    def coming(self, now: datetime) -> int:
        """Return the events with a session still to come or on at ``now``, as bits; remembered until that changes."""
        instant, held = now.timestamp(), self._coming
        if held is not None and held[0] <= instant < held[1]:
            return held[2]
        bits = self.project(position for position, end in enumerate(self._ends) if end > instant)
        until = min((end for end in self._ends if end > instant), default=float("inf"))
        self._coming = (instant, until, bits)
        return bits

    def search(self, asked: str) -> int:
        """Return the events in which every term is found, as bits; nothing that can be searched finds nothing."""
        wanted = terms(asked)
        if not wanted:
            return 0
        hay = self.haystacks()
        return _to_bits((at for at, text in enumerate(hay) if matches(wanted, text)), len(self.events))

    def haystacks(self) -> list[str]:
        """Return the folded text of each event; made at the first call, which a warming thread may do."""
        if self._hay is None:
            inherited = self._inherited
            self._hay = [inherited.get(event.code) or haystack(event, self._names) for event in self.events]
            self._inherited = {}
        return self._hay

    def next_end(self, now: datetime) -> datetime | None:
        """Return the next instant at which any session of the programme stops being still to come."""
        instant = now.timestamp()
        later = [end for end in self._ends if instant < end < float("inf")]
        return datetime.fromtimestamp(min(later), UTC) if later else None


def _referred(event: EventView) -> Iterator[str]:
    """Return the slugs and codes of what an event refers to by name."""
    yield from event.topics
    yield from (organiser.code for organiser in event.organisers)
    if event.series is not None:
        yield event.series


def _last_instant(session: SessionView) -> float:
    """Return when a session stops being still to come, in seconds: never when postponed, long ago when cancelled."""
    if session.status is SessionStatus.SCHEDULED:
        return session.ends_at.timestamp()
    return float("inf") if session.status is SessionStatus.POSTPONED else float("-inf")


def _facet_bits(events: Sequence[EventView]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, list[int]]] = {facet: {} for facet in FACETS if facet != "day"}
    for position, event in enumerate(events):
        for facet, values in event_values(event).items():
            holders = found[facet]
            for value in values:
                holders.setdefault(value, []).append(position)
    return {
        facet: {value: _to_bits(positions, positions[-1]) for value, positions in holders.items()}
        for facet, holders in found.items()
    }


def _changed_bits(previous: Index, events: Sequence[EventView]) -> dict[str, dict[str, int]]:
    """Return the bits of ``previous`` with those of changed and added events set right; places are the same."""
    found = {facet: dict(holders) for facet, holders in previous.facet_bits.items()}
    before = previous.events
    for position, event in enumerate(events):
        earlier = before[position] if position < len(before) else None
        if earlier is event:
            continue
        mark = 1 << position
        for facet, values in event_values(earlier).items() if earlier else ():
            for value in values:
                found[facet][value] &= ~mark
        for facet, values in event_values(event).items():
            for value in values:
                found[facet][value] = found[facet].get(value, 0) | mark
    return {facet: {value: bits for value, bits in holders.items() if bits} for facet, holders in found.items()}


def _value_orders(programme: Programme, bits: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """Return the values of each facet in the order a reader finds them.

    Vocabularies keep their own order; languages, countries, organisations and series begin with what the whole
    programme has most of, so that the order does not jump about while somebody filters.
    """
    fixed: dict[str, list[str]] = {
        "topic": [topic.slug for topic in sorted(programme.topics, key=lambda topic: topic.position)],
        "format": list(FORMAT_LABELS),
        "region": list(METROPOLIS_REGION_LABELS),
        "organiser": list(ORGANISATION_KIND_LABELS),
        "sdg": [str(number) for number in range(1, 18)],
    }
    orders = {}
    for facet, holders in bits.items():
        place = {value: at for at, value in enumerate(fixed.get(facet, ()))}
        orders[facet] = sorted(
            holders,
            key=lambda value, place=place, holders=holders: (  # type: ignore[misc]
                place.get(value, len(place)), -holders[value].bit_count(), value
            ),
        )  # fmt: skip
    return orders


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
