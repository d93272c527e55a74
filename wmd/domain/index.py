"""What makes filtering a programme quick: which events each choice finds, and on which days its sessions are.

An :class:`Index` is built once per programme. It holds, per facet and value, the set of *events* as the bits of
one integer, because all facets but the day describe events and counts are of distinct events.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from wmd.domain.filters import FACETS, language_tags
from wmd.domain.programme import EventView, Programme, SessionView
from wmd.domain.search import haystack, matches, organisation_words, terms
from wmd.domain.vocabulary import FORMAT_LABELS, METROPOLIS_REGION_LABELS, ORGANISATION_KIND_LABELS, SessionStatus

#: How many zones an index remembers the days of; the least recently asked one is forgotten first.
MAX_ZONES = 48
_A_DAY = timedelta(hours=24)


class Days(NamedTuple):
    """The days of a programme in one zone: ISO day -> session positions, and -> events as bits."""

    positions: Mapping[str, tuple[int, ...]]
    events: Mapping[str, int]


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
