"""What goes of attendees when its time is over: wishes nobody confirmed, wishes that ended, and then the people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from wmd.models import Attendee, Edition, EventSession, Follow, Person, ProblemReport, Registration
from wmd.services.erasure import erase_attendee
from wmd.services.publishing import Setting

ACTOR: Final = "job:retention"
#: An address that nobody confirmed is forgotten after this.
UNCONFIRMED: Final = timedelta(days=7)
#: Wishes and registrations stay so long after the last event they are about.
AFTER_LAST: Final = timedelta(days=30)
CLOSED_REPORT: Final = timedelta(days=90)

Keys = Select[tuple[Any]]


def unconfirmed_follows(now: datetime) -> Keys:
    """Return wishes that nobody confirmed."""
    return select(Follow.id).where(Follow.confirmed_at.is_(None), Follow.created_at < now - UNCONFIRMED)


def unconfirmed_registrations(now: datetime) -> Keys:
    """Return registrations that nobody confirmed."""
    return select(Registration.id).where(
        Registration.confirmed_at.is_(None), Registration.created_at < now - UNCONFIRMED
    )


def ended_follows(now: datetime) -> Keys:
    """Return wishes that were ended 30 days ago."""
    return select(Follow.id).where(Follow.ended_at < now - AFTER_LAST)


def closed_reports(now: datetime) -> Keys:
    """Return what was reported as wrong and closed 90 days ago."""
    return select(ProblemReport.id).where(ProblemReport.closed_at < now - CLOSED_REPORT)


def old_attendees(now: datetime) -> Keys:
    """Return attendees whose last event was over 30 days ago, and those who never confirmed their address."""
    since = now - AFTER_LAST
    waits = or_(*(_of(table, table.confirmed_at.is_(None)) for table in (Follow, Registration)))
    never = and_(Attendee.confirmed_at.is_(None), Attendee.created_at < now - UNCONFIRMED, ~waits)
    lately = or_(
        func.coalesce(Attendee.confirmed_at, Attendee.created_at) >= since,
        *(_of(table, or_(table.ended_at >= since, table.confirmed_at >= since)) for table in (Follow, Registration)),
    )
    over = and_(Attendee.confirmed_at.is_not(None), ~lately, ~_wants_still(since))
    return select(Attendee.person_id).where(or_(never, over))


def _of(table: type[Follow] | type[Registration], which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(table.person_id == Attendee.person_id, which)


def _wants_still(since: datetime) -> ColumnElement[bool]:
    """Whether anything they wish for was not over before ``since``."""
    about: list[ColumnElement[bool]] = [
        exists().where(
            table.person_id == Attendee.person_id,
            table.ended_at.is_(None),
            EventSession.event_id == table.event_id,
            or_(EventSession.status == "postponed", EventSession.ends_at >= since),
        )
        for table in (Follow, Registration)
    ]
    filters = exists().where(
        Follow.person_id == Attendee.person_id,
        Follow.ended_at.is_(None),
        Follow.event_id.is_(None),
        Edition.id == Follow.edition_id,
        or_(Edition.is_permanent, Edition.window_to >= since.date()),
    )
    return or_(*about, filters)


def forget_attendees(dbs: Session, setting: Setting, now: datetime, some: Keys) -> int:
    """Forget attendees; of somebody who is known here otherwise, that stays."""
    people = dbs.scalars(select(Person).where(Person.id.in_(some)).order_by(Person.id)).all()
    for person in people:
        erase_attendee(dbs, person, setting, actor=ACTOR, now=now, everywhere=False)
    return len(people)
