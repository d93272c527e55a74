"""Digests of what is new: for each filter that somebody follows, in the morning of their own day or Monday.

What was told is remembered as the number of the newest change looked at, so that a morning without a scheduler loses
nothing: the next digest has it. A filter is read by the same code as on pages and in feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.filters import BadQuery, parse
from wmd.domain.index import Index, is_upcoming
from wmd.domain.programme import EventView, Programme
from wmd.domain.query import select as find
from wmd.domain.zones import canonical
from wmd.models import Attendee, Change, Edition, Event, Follow, Person
from wmd.secretbox import SecretBox
from wmd.services.audience import follow_stands, gets_mail
from wmd.services.outbox import put_message

ACTOR: Final = "job:send-digests-of-new"
#: Digests go out from this hour on the reader's clocks; a scheduler that comes after noon waits for the next morning.
FROM_HOUR: Final = 8
UNTIL_HOUR: Final = 12
MONDAY: Final = 0
#: Events that a digest names; the filtered programme has the rest.
MOST_NAMED: Final = 20
PAGE: Final = 200
SERVICE_ZONE: Final = "UTC"

#: The clocks by which somebody reads: their own, else those of the edition.
_ZONE = case((Person.zone != "", Person.zone), else_=Edition.zone)

LoadProgramme = Callable[[str], Programme]


class Due(NamedTuple):
    """One digest whose morning it is."""

    follow_id: str
    person_id: str
    edition: str
    edition_id: int
    query: str
    told_change_id: int
    since_at: datetime
    day: date


@dataclass(slots=True)
class News:
    """What one run knows of the editions: programmes and their indexes, and events that are new, by edition's slug.

    ``load`` reads a programme as it is now; each is read at most once, and only if somebody may hear of something.
    """

    load: LoadProgramme
    now: datetime
    programmes: dict[str, tuple[Programme, Index]] = field(default_factory=dict)
    found: dict[tuple[str, str, str], frozenset[str]] = field(default_factory=dict)

    def programme(self, slug: str) -> tuple[Programme, Index]:
        """Return a programme with its index."""
        if slug not in self.programmes:
            programme = self.load(slug)
            self.programmes[slug] = (programme, Index(programme, None))
        return self.programmes[slug]

    def matching(self, slug: str, query: str, zone: str) -> frozenset[str]:
        """Return the codes of the events that a filter finds; none for one that means nothing any more."""
        key = (slug, query, zone)
        if key not in self.found:
            self.found[key] = self._search(*key)
        return self.found[key]

    def _search(self, slug: str, query: str, zone: str) -> frozenset[str]:
        programme, index = self.programme(slug)
        try:
            asked = parse(parse_qsl(query), programme, kind="feed", canonical_zone=canonical)
        except BadQuery:
            return frozenset()
        selection = find(programme, index, asked, zone=zone, now=self.now)
        return frozenset(programme.owners[position].code for position in selection.positions)

    def upcoming(self, slug: str, code: str) -> EventView | None:
        """Return an event that is listed and not over."""
        event = self.programme(slug)[0].events.get(code)
        return event if event is not None and any(is_upcoming(each, self.now) for each in event.sessions) else None


def due_digests(dbs: Session, *, now: datetime, after: str = "", limit: int = PAGE) -> list[Due]:
    """Return digests for whose readers it is morning and that were not looked at today. Two queries.

    In the order of their ids, those after ``after``.
    """
    mornings = _mornings(dbs, now)
    if not mornings:
        return []
    due = [
        and_(
            _ZONE.in_(zones), or_(Follow.digest_on.is_(None), Follow.digest_on < day),
            Follow.cadence.in_(("daily", "weekly") if day.weekday() == MONDAY else ("daily",)),
        )
        for day, zones in mornings.items()
    ]  # fmt: skip
    rows = dbs.execute(
        _filters(Follow.id, Follow.person_id, Edition.slug, Follow.edition_id, Follow.query, Follow.told_change_id,
                 Follow.confirmed_at, _ZONE)
        .where(or_(*due), gets_mail(), Follow.id > after)
        .order_by(Follow.id)
        .limit(limit)
    )  # fmt: skip
    days = {zone: day for day, zones in mornings.items() for zone in zones}
    return [Due._make((*facts, days[zone])) for *facts, zone in rows]


def _filters(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Follow)
        .join(Person, Person.id == Follow.person_id)
        .join(Attendee, Attendee.person_id == Follow.person_id)
        .join(Edition, Edition.id == Follow.edition_id)
        .where(Follow.event_id.is_(None), follow_stands())
    )


def _mornings(dbs: Session, now: datetime) -> dict[date, list[str]]:
    """Return the zones of readers in which it is morning, by the date there."""
    found: dict[date, list[str]] = {}
    for zone in dbs.scalars(_filters(_ZONE).distinct()):
        local = now.astimezone(ZoneInfo(canonical(zone) or SERVICE_ZONE))
        if FROM_HOUR <= local.hour < UNTIL_HOUR:
            found.setdefault(local.date(), []).append(zone)
    return found


def put_digests_of(dbs: Session, due: Sequence[Due], news: News, *, box: SecretBox, now: datetime) -> int:
    """Put the digests that have something to say, and remember of all how far they looked; return how many mails.

    Each is claimed first: what another scheduler looked at meanwhile is left to it. A fixed number of statements beside
    one per mail and the few that remember. The caller commits.
    """
    newest = _newest(dbs, due, news)
    added = _added(dbs, due)
    for each in due:
        # Read before the claim, which holds rows (and one of the databases whole) until the commit.
        if _new_to(each, added.get(each.edition_id, [])):
            news.programme(each.edition)
    put: list[Due] = []
    looked: dict[int, list[str]] = {}
    for each in _claim(dbs, due):
        seen = [one for one in added.get(each.edition_id, []) if one.change_id <= newest.get(each.edition_id, 0)]
        events = _events_for(each, seen, news)
        is_put = bool(events) and put_message(
            dbs, kind="digest", dedupe_key=f"digest:{each.follow_id}:{each.day.isoformat()}", cause=ACTOR,
            person_id=each.person_id, subject_id=each.follow_id, edition_id=each.edition_id,
            facts={"events": events[:MOST_NAMED], "count": len(events)},
            box=box, now=now,
        ) is not None  # fmt: skip
        put += [each] if is_put else []
        if is_put or not events:
            looked.setdefault(each.edition_id, []).append(each.follow_id)
    for edition_id, ids in looked.items():
        dbs.execute(
            update(Follow)
            .where(Follow.id.in_(ids))
            .values(told_change_id=newest.get(edition_id, 0))
            .execution_options(synchronize_session=False)
        )
    return len(put)


def _claim(dbs: Session, due: Sequence[Due]) -> list[Due]:
    """Take the digests among some that nobody has looked at today, as their rows are now; hold them until the commit.

    The rows are locked in one order, so that two schedulers wait for each other at most once.
    """
    found: dict[str, tuple[int, datetime]] = {}
    for day in sorted({each.day for each in due}):
        ids = [each.follow_id for each in due if each.day == day]
        free = and_(Follow.id.in_(ids), or_(Follow.digest_on.is_(None), Follow.digest_on < day))
        mine = dbs.scalars(select(Follow.id).where(free).order_by(Follow.id).with_for_update()).all()
        rows = dbs.execute(
            update(Follow)
            .where(Follow.id.in_(mine), free)
            .values(digest_on=day)
            .returning(Follow.id, Follow.told_change_id, Follow.confirmed_at)
            .execution_options(synchronize_session=False)
        )
        found |= {row.id: (row.told_change_id, row.confirmed_at) for row in rows}
    return [
        each._replace(told_change_id=found[each.follow_id][0], since_at=found[each.follow_id][1])
        for each in due
        if each.follow_id in found
    ]


def _newest(dbs: Session, due: Sequence[Due], news: News) -> dict[int, int]:
    """Return up to which change this page looks, by edition: no further than the programme that it searches.

    Within an edition changes are numbered as they are committed, for publishing holds its edition.
    """
    found = dict(
        dbs.execute(
            select(Change.edition_id, func.max(Change.id))
            .where(Change.edition_id.in_({each.edition_id for each in due}))
            .group_by(Change.edition_id)
        )
        .tuples()
        .all()
    )
    for each in due:
        if each.edition in news.programmes and each.edition_id in found:
            known = max((change.id for change in news.programme(each.edition)[0].changes), default=0)
            found[each.edition_id] = min(found[each.edition_id], known)
    return found


class _Added(NamedTuple):
    """That an event was added or takes place after all."""

    change_id: int
    at: datetime
    event_id: str
    code: str


def _added(dbs: Session, due: Iterable[Due]) -> Mapping[int, list[_Added]]:
    """Return what was added since the digest that looked longest ago, by edition, in order."""
    since: dict[int, int] = {}
    for each in due:
        since[each.edition_id] = min(since.get(each.edition_id, each.told_change_id), each.told_change_id)
    which = [and_(Change.edition_id == edition_id, Change.id > told) for edition_id, told in since.items()]
    rows = dbs.execute(
        select(Change.edition_id, Change.id, Change.at, Change.event_id, Event.code)
        .join(Event, Event.id == Change.event_id)
        .where(
            or_(*which), Event.hidden_at.is_(None), Event.merged_into_id.is_(None),
            or_(Change.kind == "revived", and_(Change.kind == "added", Change.session_id.is_(None))),
        )
        .order_by(Change.id)
    )  # fmt: skip
    found: dict[int, list[_Added]] = {}
    for edition_id, *facts in rows:
        found.setdefault(edition_id, []).append(_Added(*facts))
    return found


def _new_to(each: Due, added: Sequence[_Added]) -> list[_Added]:
    return [one for one in added if one.change_id > each.told_change_id and one.at >= each.since_at]


def _events_for(each: Due, added: Sequence[_Added], news: News) -> list[str]:
    """Return the ids of events that are new to one reader and match, those that begin first in front."""
    new = _new_to(each, added)
    if not new:
        return []
    matching = news.matching(each.edition, each.query, SERVICE_ZONE)
    found = {
        one.event_id: event
        for one in new
        if one.code in matching and (event := news.upcoming(each.edition, one.code)) is not None
    }
    return sorted(found, key=lambda id_: (_next(found[id_], news.now), found[id_].original.title, id_))


def _next(event: EventView, now: datetime) -> datetime:
    return min((each.starts_at for each in event.sessions if each.ends_at > now), default=now)
