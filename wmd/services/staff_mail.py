"""Mails to the staff: what waits, each morning; and what went wrong, as soon as it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from wmd.domain.working_days import is_overdue
from wmd.domain.zones import canonical
from wmd.models import (
    Alarm,
    Event,
    EventSession,
    LinkCheck,
    Message,
    Person,
    ProblemReport,
    RegistrantLetter,
    Submission,
)
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor, person_actor
from wmd.services.outbox import put_message
from wmd.services.outbox_watch import FAILED_WITHIN
from wmd.services.reminder_planning import takes_place
from wmd.services.staff import staff_members

#: The digest goes out from this hour on the reader's clocks; who starts the scheduler at noon gets none that day.
FROM_HOUR: Final = 7
UNTIL_HOUR: Final = 9
SERVICE_ZONE: Final = "UTC"
_MOST: Final = 5_000
#: A question about a link counts as unanswered so long after it was asked, and on the day before in any case.
_UNANSWERED: Final = timedelta(hours=12)
_NEXT_DAY: Final = timedelta(days=1)


class _Waiting(NamedTuple):
    """What the digest counts of one submission."""

    state: str
    since: datetime | None
    suspect_at: datetime | None
    region: str
    language: str


def put_digests(dbs: Session, *, box: SecretBox, now: datetime) -> int:
    """Put the digest of each member of the staff for whom it is morning; return how many. The caller commits."""
    members = staff_members(dbs)
    morning = [each for each in members if FROM_HOUR <= _local(each[1], now).hour < UNTIL_HOUR]
    known = {f"staff-digest:{person.id}:{_local(person, now).date()}": (staff, person) for staff, person in morning}
    done = set(dbs.scalars(select(Message.dedupe_key).where(Message.dedupe_key.in_(known))))
    if not known.keys() - done:
        return 0
    rows = dbs.execute(
        select(
            Submission.state, Submission.waiting_since, Submission.suspect_at, Submission.region, Submission.language
        )
        .where(Submission.state.in_(["unconfirmed", "submitted", "in review", "changes requested", "approved"]))
        .limit(_MOST)
    )
    waiting = [_Waiting(*row) for row in rows.tuples()]
    beside = _waits_beside(dbs, now)
    failed = dbs.scalar(
        select(func.count()).where(Message.state == "failed", Message.created_at > now - FAILED_WITHIN)
    )  # fmt: skip
    put = 0
    for key, (staff, person) in known.items():
        if key in done:
            continue
        actor = person_actor(person.id, staff)
        counts = _counts(waiting, actor, _zone(person), now) | _counts_beside(beside, actor)
        if staff.role == "administrator" and failed:
            counts["failed"] = failed
        if any(counts.values()):
            put += put_message(
                dbs, kind="staff-digest", dedupe_key=key, cause="job:staff-digest", person_id=person.id,
                facts={"counts": counts}, thread=f"staff-digest:{person.id}", box=box, now=now,
            ) is not None  # fmt: skip
    return put


def _counts(waiting: Sequence[_Waiting], actor: Actor, zone: str, now: datetime) -> dict[str, int]:
    counts = dict.fromkeys(("submitted", "overdue", "unconfirmed", "suspect"), 0)
    for state, since, suspect_at, region, language in waiting:
        if not actor.may_see(region, language):
            continue
        if suspect_at is not None:
            counts["suspect"] += state != "approved"
        elif state == "unconfirmed":
            counts["unconfirmed"] += 1
        elif since is not None:
            counts["submitted"] += 1
            counts["overdue"] += is_overdue(since, now, zone)
    return counts


def _waits_beside(dbs: Session, now: datetime) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return what waits besides submissions: region and language of the event of each, by what it is.

    Reports that look like spam are among the reports: nobody else is told of them.
    """
    where = (Event.region, Event.language)
    to_come = and_(takes_place(), EventSession.ends_at > now)
    reports = select(*where).join(ProblemReport, ProblemReport.event_id == Event.id)
    letters = select(*where).join(RegistrantLetter, RegistrantLetter.event_id == Event.id)
    wrong = select(*where).where(
        Event.link_wrong_at.is_not(None), exists().where(EventSession.event_id == Event.id, to_come)
    )
    unanswered = (
        select(*where)
        .join(EventSession, EventSession.event_id == Event.id)
        .join(
            LinkCheck,
            and_(LinkCheck.session_id == EventSession.id, LinkCheck.starts_at == EventSession.starts_at),
        )
        .where(
            to_come, EventSession.starts_at > now, Event.link_wrong_at.is_(None), LinkCheck.answer == "",
            or_(LinkCheck.asked_at <= now - _UNANSWERED, EventSession.starts_at <= now + _NEXT_DAY),
        )
    )  # fmt: skip
    wanted = {
        "reports": reports.where(ProblemReport.state == "open"),
        "letters": letters.where(RegistrantLetter.state == "pending"),
        "links_wrong": wrong,
        "links_unanswered": unanswered,
    }
    return {name: [(row[0], row[1]) for row in dbs.execute(each.limit(_MOST))] for name, each in wanted.items()}


def _counts_beside(beside: Mapping[str, Sequence[tuple[str, str]]], actor: Actor) -> dict[str, int]:
    return {name: sum(actor.may_see(*each) for each in several) for name, several in beside.items()}


def _zone(person: Person) -> str:
    return canonical(person.zone) or SERVICE_ZONE


def _local(person: Person, now: datetime) -> datetime:
    return now.astimezone(ZoneInfo(_zone(person)))


def put_alarm_mails(dbs: Session, *, box: SecretBox, now: datetime) -> int:
    """Put a mail to each administrator for each time an open alarm was raised; return how many. The caller commits."""
    alarms = dbs.scalars(select(Alarm).where(Alarm.cleared_at.is_(None)).order_by(Alarm.raised_at).limit(50)).all()
    readers = [person.id for staff, person in staff_members(dbs) if staff.role == "administrator"] if alarms else []
    wanted = {f"alarm:{each.key}:{each.raised_at.isoformat()}:{who}": (each, who) for each in alarms for who in readers}
    done = set(dbs.scalars(select(Message.dedupe_key).where(Message.dedupe_key.in_(wanted))))
    put = 0
    for key, (alarm, who) in wanted.items():
        if key in done:
            continue
        put += put_message(
            dbs, kind="alarm", dedupe_key=key, cause="job:alarm-mails", person_id=who, subject_id=alarm.key,
            facts={"message": alarm.message, "since": alarm.raised_at.isoformat()},
            thread=f"alarm:{alarm.key}:{who}", box=box, now=now,
        ) is not None  # fmt: skip
    return put
