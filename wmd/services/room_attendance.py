"""How many came, as Zoom counts it: read one hour, a day and three days after the end, and kept as numbers alone.

Addresses are compared by their digests and forgotten with the answer. Who came back several times is one person, and
those who held the event are left out. Asking is the job's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.registering import Attendance
from wmd.models import (
    BindingSession,
    EventSession,
    Person,
    Registration,
    WebinarBinding,
    ZoomAttendance,
    ZoomRegistrant,
)
from wmd.services.bindings import READ_KINDS

#: When numbers are read, counted from the end: Zoom's own lag behind after large events.
READS: Final = (timedelta(hours=1), timedelta(hours=24), timedelta(hours=72))
#: What cannot be read is tried again so often, up to this long after the last read that was wanted.
AGAIN: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(hours=96)
LEASE: Final = timedelta(minutes=10)
MOST: Final = 50
#: A host begins early and ends late: what took place so near a session is that session.
NEAR: Final = timedelta(hours=2)
#: What begins so shortly before a session is its beginning, also where the one before is not over.
EARLY: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Asked:
    """A session whose numbers are read now."""

    binding_id: str
    session_id: str
    account_id: str
    kind: RoomKind
    zoom_id: str
    host_id: str
    starts_at: datetime
    ends_at: datetime
    crew: frozenset[str]
    #: When the other sessions in this room begin and end.
    others: tuple[tuple[datetime, datetime], ...] = ()

    def is_of(self, at: datetime | None) -> bool:
        """Whether what began then was this session: it lies near, and no other session of the room lies nearer."""
        if at is None:
            return False
        mine = _distance(at, self.starts_at, self.ends_at)
        is_near = self.starts_at - NEAR <= at <= self.ends_at + NEAR
        return is_near and all(mine <= _distance(at, *other) for other in self.others)


def _distance(at: datetime, starts_at: datetime, ends_at: datetime) -> tuple[timedelta, timedelta]:
    """Return how far an instant lies outside a session for which the host comes early, and from its beginning."""
    early = starts_at - EARLY
    return max(early - at, at - ends_at, timedelta(0)), abs(at - starts_at)


class Numbers(NamedTuple):
    """What was read. ``registered`` and ``absent`` are None where Zoom did not say."""

    came: Attendance
    registered: int | None
    absent: int | None


def claim_sessions(dbs: Session, *, now: datetime) -> list[Asked]:
    """Return sessions whose numbers are due, and take them for a while. The caller commits."""
    row = and_(ZoomAttendance.binding_id == WebinarBinding.id, ZoomAttendance.session_id == EventSession.id)
    known = exists().where(row)
    due = exists().where(row, ZoomAttendance.settled_at.is_(None), ZoomAttendance.next_try_at <= now)
    found = dbs.execute(
        select(WebinarBinding, EventSession)
        .join(BindingSession, BindingSession.binding_id == WebinarBinding.id)
        .join(EventSession, EventSession.id == BindingSession.session_id)
        .where(
            WebinarBinding.kind.in_(READ_KINDS), WebinarBinding.zoom_id != "", WebinarBinding.ended_at.is_(None),
            WebinarBinding.state != "auth_lost", EventSession.status == "scheduled",
            EventSession.ends_at <= now - READS[0], EventSession.ends_at > now - GIVE_UP - AGAIN, or_(~known, due),
        )
        .order_by(EventSession.ends_at, EventSession.id)
        .limit(MOST)
    ).tuples()  # fmt: skip
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    asked = []
    for binding, session in found.all():
        values = {
            "binding_id": binding.id, "session_id": session.id, "registered": 0, "came": 0, "matched": 0, "absent": 0,
            "average_s": 0, "reads": 0, "next_try_at": now + LEASE,
        }  # fmt: skip
        taken = dbs.execute(
            make(ZoomAttendance)
            .values(values)
            .on_conflict_do_update(
                index_elements=["binding_id", "session_id"], set_={"next_try_at": now + LEASE},
                where=and_(ZoomAttendance.settled_at.is_(None), ZoomAttendance.next_try_at <= now),
            )
            .returning(ZoomAttendance.session_id)
        ).all()  # fmt: skip
        if taken:
            kind = RoomKind(str(binding.snapshot.get("kind") or binding.room or RoomKind.WEBINAR.value))
            host_id = str(binding.snapshot.get("host_id") or binding.host_id)
            asked.append(
                Asked(
                    binding.id, session.id, binding.account_id or "", kind, binding.zoom_id, host_id,
                    session.starts_at, session.ends_at, frozenset(binding.crew), _others(dbs, binding, session),
                )
            )  # fmt: skip
    return asked


def _others(dbs: Session, binding: WebinarBinding, session: EventSession) -> tuple[tuple[datetime, datetime], ...]:
    """Return when the other sessions begin and end that take place in the same room."""
    found = (
        select(EventSession.starts_at, EventSession.ends_at)
        .join(BindingSession, BindingSession.session_id == EventSession.id)
        .join(WebinarBinding, WebinarBinding.id == BindingSession.binding_id)
        .where(
            WebinarBinding.zoom_id == binding.zoom_id, WebinarBinding.ended_at.is_(None),
            EventSession.id != session.id, EventSession.status == "scheduled",
            EventSession.starts_at < session.ends_at + 2 * NEAR, EventSession.ends_at > session.starts_at - 2 * NEAR,
        )
        .order_by(EventSession.starts_at, EventSession.ends_at)
        .distinct()
    )  # fmt: skip
    return tuple((starts_at, ends_at) for starts_at, ends_at in dbs.execute(found.limit(MOST)))


def record(dbs: Session, asked: Asked, numbers: Numbers, digest: Callable[[str], str], *, now: datetime) -> None:
    """Write numbers down, and when they are read again. The caller commits."""
    row = dbs.get_one(ZoomAttendance, (asked.binding_id, asked.session_id), populate_existing=True)
    here = _registered_here(dbs, asked, digest)
    registered = numbers.registered if numbers.registered is not None else _registered_there(dbs, asked)
    row.came, row.average_s = numbers.came.came, numbers.came.average_s
    row.matched = len(here & numbers.came.known)
    row.registered = max(registered, row.matched)
    row.absent = numbers.absent if numbers.absent is not None else max(0, row.registered - len(numbers.came.known))
    row.reads, row.read_at = row.reads + 1, now
    _next(row, asked, now)
    dbs.flush()


def record_nothing(dbs: Session, asked: Asked, *, at: datetime | None, now: datetime) -> None:
    """Write down that Zoom has no numbers yet, or did not answer; it is asked again, up to a bound.

    The caller commits.
    """
    row = dbs.get_one(ZoomAttendance, (asked.binding_id, asked.session_id), populate_existing=True)
    row.next_try_at = max(at or now, now + AGAIN)
    if row.next_try_at > asked.ends_at + GIVE_UP:
        row.settled_at, row.next_try_at = now, None
    dbs.flush()


def _next(row: ZoomAttendance, asked: Asked, now: datetime) -> None:
    later = [asked.ends_at + after for after in READS if asked.ends_at + after > now]
    row.next_try_at = later[0] if later else None
    row.settled_at = None if later else now


def _registered_here(dbs: Session, asked: Asked, digest: Callable[[str], str]) -> frozenset[str]:
    """Return by digest who had a place here, in memory alone."""
    event_id = select(EventSession.event_id).where(EventSession.id == asked.session_id).scalar_subquery()
    rows = dbs.execute(
        select(Person.address, Registration.sessions)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.event_id == event_id, Registration.state == "registered", Person.address != "")
    ).tuples()
    return frozenset(
        digest(address.lower()) for address, sessions in rows if not sessions or asked.session_id in sessions
    )


def _registered_there(dbs: Session, asked: Asked) -> int:
    found = select(func.count()).where(
        ZoomRegistrant.binding_id == asked.binding_id, ZoomRegistrant.state == "registered"
    )
    return dbs.scalar(found) or 0


class Shown(NamedTuple):
    """The numbers of one session, for organiser and staff."""

    session_id: str
    starts_at: datetime
    registered: int
    came: int
    matched: int
    absent: int
    minutes: int
    read_at: datetime
    is_settled: bool


def attendance_of(dbs: Session, event_id: str) -> list[Shown]:
    """Return what was read of an event's sessions, the first first. One query."""
    rows = dbs.execute(
        select(ZoomAttendance, EventSession.starts_at)
        .join(EventSession, EventSession.id == ZoomAttendance.session_id)
        .where(EventSession.event_id == event_id, ZoomAttendance.reads > 0)
        .order_by(EventSession.starts_at, ZoomAttendance.binding_id)
    ).tuples()
    return [
        Shown(
            row.session_id, starts_at, row.registered, row.came, row.matched, row.absent, round(row.average_s / 60),
            row.read_at, row.settled_at is not None,
        )
        for row, starts_at in rows
        if row.read_at is not None
    ]  # fmt: skip
