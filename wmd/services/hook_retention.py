"""What is kept of Zoom's messages, and for how long: their words for a week, that they came for half a year."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from wmd.models import ZoomWebhook
from wmd.services.publishing import Setting

BODY: Final = timedelta(days=7)
ROW: Final = timedelta(days=180)


def old_bodies(now: datetime) -> Select[tuple[Any]]:
    """Return messages whose words are kept no longer, whatever became of them."""
    return select(ZoomWebhook.id).where(ZoomWebhook.body != "", ZoomWebhook.received_at < now - BODY)


def empty_bodies(dbs: Session, _setting: Setting, _now: datetime, some: Select[tuple[Any]]) -> int:
    """Empty the words of these messages."""
    emptied = update(ZoomWebhook).where(ZoomWebhook.id.in_(some)).values(body="").returning(ZoomWebhook.id)
    return len(dbs.execute(emptied.execution_options(synchronize_session=False)).all())


def old_hooks(now: datetime) -> Select[tuple[Any]]:
    """Return messages that are forgotten."""
    return select(ZoomWebhook.id).where(ZoomWebhook.received_at < now - ROW)
