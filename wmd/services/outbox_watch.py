"""Looks after the outbox: what could not be delivered, and what waits for too long, is an alarm."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, exists, func, literal_column, or_, select, text
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.models import MailSwitch, Message
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.delivery import is_held
from wmd.services.letters import NOT_OPENED, NOT_WORDED

BACKLOG_AFTER: Final = timedelta(minutes=10)
#: Failures are told of for this long; staff see them in the list of mails for ever.
FAILED_WITHIN: Final = timedelta(days=2)
#: Each try moves the next one ahead; so many of them take about ten minutes.
RETRIED: Final = 6
FAILED_KEY: Final = "mail:failed"
BACKLOG_KEY: Final = "mail:backlog"
#: Always the same words: an alarm whose words change is a new one, and each new one is a mail to administrators.
FAILED: Final = N_("Some mails could not be delivered. The list of mails says which, and why.")
BACKLOG: Final = N_("Mails have been waiting for more than ten minutes. Is the mail server reachable?")


def watch_outbox(dbs: Session, *, now: datetime) -> None:
    """Raise or clear the alarms of the outbox. The caller commits."""
    _set(dbs, FAILED_KEY, FAILED, _has_failed(dbs, now), now)
    _set(dbs, BACKLOG_KEY, BACKLOG, not is_held(dbs) and _is_late(dbs, now), now)


def _set(dbs: Session, key: str, message: str, is_wrong: bool, now: datetime) -> None:
    if is_wrong:
        raise_alarm(dbs, key, message, now=now)
    else:
        clear_alarm(dbs, key, now=now)


def _has_failed(dbs: Session, now: datetime) -> bool:
    """Tell whether a mail ended unsent for a fault lately. Those about alarms do not count: they would cause more."""
    failed = select(Message.id).where(
        Message.kind != "alarm",
        or_(
            and_(Message.state == "failed", Message.created_at > now - FAILED_WITHIN),
            and_(
                Message.state == "skipped", Message.reason.in_((NOT_OPENED, NOT_WORDED)),
                Message.created_at > now - FAILED_WITHIN,
            ),
            and_(Message.state == "expired", Message.attempts > 0, Message.not_after > now - FAILED_WITHIN),
        ),
    )  # fmt: skip
    return dbs.scalar(failed.limit(1)) is not None


def _is_late(dbs: Session, now: datetime) -> bool:
    late = select(Message.id).where(
        text("messages.state IN ('queued','sending')"), literal_column("messages.held_at").is_(None),
        or_(Message.not_before < now - BACKLOG_AFTER, and_(Message.attempts >= RETRIED, Message.not_before < now)),
    )  # fmt: skip
    return dbs.scalar(late.limit(1)) is not None


def oldest_late(now: datetime) -> Select[tuple[datetime]]:
    """Return the query for the instant since when the oldest mail is due that waits for too long, or NULL."""
    return select(func.min(Message.not_before)).where(
        text("messages.state IN ('queued','sending')"), literal_column("messages.held_at").is_(None),
        Message.not_before < now - BACKLOG_AFTER, ~exists().where(MailSwitch.held_at.is_not(None)),
    )  # fmt: skip
