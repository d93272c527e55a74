"""What goes wrong unseen: a row per key that staff see, until it is right again."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from wmd.models import Alarm

log = logging.getLogger(__name__)


def raise_alarm(dbs: Session, key: str, message: str, *, now: datetime) -> None:
    """Open the alarm of this key, or renew its message. ``message`` holds no secret and no personal data."""
    alarm = dbs.get(Alarm, key)
    if alarm is None:
        dbs.add(Alarm(key=key, message=message, raised_at=now))
        log.error("alarm_raised", extra={"key": key})
    elif alarm.cleared_at is not None or alarm.message != message:
        alarm.message, alarm.raised_at, alarm.cleared_at = message, now, None
        log.error("alarm_raised", extra={"key": key})
    dbs.flush()


def clear_alarm(dbs: Session, key: str, *, now: datetime) -> None:
    """Close the alarm of this key, if it is open."""
    alarm = dbs.get(Alarm, key)
    if alarm is not None and alarm.cleared_at is None:
        alarm.cleared_at = now
        dbs.flush()
