"""What goes wrong unseen: a row per key that staff see, until it is right again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.models import Alarm

log = logging.getLogger(__name__)

#: Begins the keys of what the web notes while it answers.
SERVING = "serving:"
QUIET_AFTER = timedelta(hours=1)


def raise_alarm(dbs: Session, key: str, message: str, *, now: datetime) -> None:
    """Open the alarm of this key, or renew its message. ``message`` holds no secret and no personal data."""
    alarm = dbs.get(Alarm, key)
    if alarm is None:
        dbs.add(Alarm(key=key, message=message, raised_at=now, last_seen_at=now))
        log.error("alarm_raised", extra={"key": key})
        dbs.flush()
        return
    alarm.last_seen_at = now
    if alarm.cleared_at is not None or alarm.message != message:
        alarm.message, alarm.raised_at, alarm.cleared_at = message, now, None
        log.error("alarm_raised", extra={"key": key})
    dbs.flush()


def clear_alarm(dbs: Session, key: str, *, now: datetime) -> None:
    """Close the alarm of this key, if it is open."""
    alarm = dbs.get(Alarm, key)
    if alarm is not None and alarm.cleared_at is None:
        alarm.cleared_at = now
        dbs.flush()


def close_quiet(dbs: Session, *, now: datetime, limit: int = 100) -> int:
    """Close alarms noted while answering (``serving:``) that were not noted for an hour; return how many.

    They are told again every minute while it goes on, so that silence means that it is right again, also when the
    process that noted it is gone.
    """
    rows = dbs.scalars(
        select(Alarm)
        .where(Alarm.cleared_at.is_(None), Alarm.key.startswith(SERVING), Alarm.last_seen_at < now - QUIET_AFTER)
        .limit(limit)
    ).all()
    for row in rows:
        row.cleared_at = now
    dbs.flush()
    return len(rows)
