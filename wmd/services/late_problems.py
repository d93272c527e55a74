"""What staff hear at once: that time or link of an event is said to be wrong, less than three days before a session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.change_ladder import LATE, Slot, starts_within
from wmd.models import Event, EventSession, Submission
from wmd.secretbox import SecretBox
from wmd.services.outbox import put_message
from wmd.services.rate_limits import Limit, hit
from wmd.services.staff import staff_who_see

#: What is worth a mail at once; all else waits for the morning.
PRESSING: Final = frozenset({"time", "link"})
#: Mails of one day to each reader: about one event, and about all. What visitors say is counted apart from what
#: organisers answer, so that a flood of reports hides no answer. All of it is on the page of reports.
_BY_EVENT: Final = Limit("late-problem-event", 2, timedelta(days=1))
_BY_READER: Final = Limit("late-problem-reader", 30, timedelta(days=1))


def alert_of_problem(
    dbs: Session, event: Event, facts: dict[str, Any], *, key: str, cause: str, box: SecretBox, now: datetime
) -> int:
    """Put a mail to each of the staff who looks after an event that begins soon; return how many. The caller commits.

    ``facts`` say by whom it was said (``by``: visitor, organiser or watch) and what; ``key`` names this one saying.
    """
    submission_id = dbs.scalar(select(Submission.id).where(Submission.event_id == event.id).limit(1))
    if submission_id is None or not _is_soon(dbs, event, now):
        return 0
    put = 0
    for person_id in staff_who_see(dbs, event):
        limits = ((_BY_EVENT, f"{facts['by']} {event.id} {person_id}"), (_BY_READER, f"{facts['by']} {person_id}"))
        # Ids are random: their digests need no key.
        if any(hit(dbs, limit, what, secret="", now=now) for limit, what in limits):
            continue
        put += put_message(
            dbs, kind="late-problem", dedupe_key=f"late-problem:{key}:{person_id}", cause=cause, person_id=person_id,
            subject_id=submission_id, edition_id=event.edition_id, facts=facts, box=box, now=now,
        ) is not None  # fmt: skip
    return put


def _is_soon(dbs: Session, event: Event, now: datetime) -> bool:
    rows = dbs.execute(
        select(EventSession.starts_at, EventSession.ends_at).where(
            EventSession.event_id == event.id, EventSession.status == "scheduled"
        )
    )
    return starts_within(LATE, [Slot(*row) for row in rows], now)
