"""Bindings of published events, and differences found, as rows for tests."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.models import Event, WebinarBinding, ZoomDrift

LINK = "https://metropolis-org.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA"


def bind(dbs: Session, event: Event, now: datetime, **changes: object) -> WebinarBinding:
    """Return the event's primary binding, begun now; one that was there ends. Not committed."""
    for row in dbs.scalars(select(WebinarBinding).where(WebinarBinding.event_id == event.id)):
        row.ended_at = row.ended_at or now
    dbs.flush()
    values: dict[str, object] = {
        "id": str(uuid.uuid4()), "event_id": event.id, "kind": "link", "link": LINK, "state": "draft",
        "created_at": now,
    }  # fmt: skip
    row = WebinarBinding(**(values | changes))
    dbs.add(row)
    dbs.flush()
    return row


def differ(
    dbs: Session, binding: WebinarBinding, session_id: str, theirs: datetime | None, now: datetime, **changes: object
) -> ZoomDrift:
    """Return an open difference about the time of a session. Not committed."""
    told = {"starts_at": theirs.isoformat()} if theirs is not None else {}
    values: dict[str, object] = {
        "id": str(uuid.uuid4()), "binding_id": binding.id, "session_id": session_id, "field": "time", "theirs": told,
        "digest": str(uuid.uuid4()), "found_at": now,
    }  # fmt: skip
    row = ZoomDrift(**(values | changes))
    dbs.add(row)
    dbs.flush()
    return row
