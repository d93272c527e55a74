"""Mails to the staff: what waits, each morning; and what went wrong, as soon as it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.working_days import is_overdue
from wmd.domain.zones import canonical
from wmd.models import Alarm, Message, Person, StaffMember, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor, person_actor
from wmd.services.outbox import put_message
from wmd.services.outbox_watch import FAILED_WITHIN

#: The digest goes out from this hour on the reader's clocks; who starts the scheduler at noon gets none that day.
FROM_HOUR: Final = 7
UNTIL_HOUR: Final = 9
SERVICE_ZONE: Final = "UTC"
_MOST: Final = 5_000


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
    failed = dbs.scalar(
        select(func.count()).where(Message.state == "failed", Message.created_at > now - FAILED_WITHIN)
    )  # fmt: skip
    put = 0
    for key, (staff, person) in known.items():
        if key in done:
            continue
        counts = _counts(waiting, person_actor(person.id, staff), _zone(person), now)
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


def staff_members(dbs: Session) -> list[tuple[StaffMember, Person]]:
    """Return who works here, each with their person."""
    rows = dbs.execute(
        select(StaffMember, Person)
        .join(Person, Person.id == StaffMember.person_id)
        .where(StaffMember.disabled_at.is_(None), Person.erased_at.is_(None))
        .order_by(Person.id)
    )
    return [(staff, person) for staff, person in rows]


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
