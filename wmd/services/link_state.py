"""That a published link is known to fail: said on the event's page until a new one is published, or staff take it back.

Like ``hiding.py`` it writes a published row beside ``publishing.py``, and raises the edition's version so that pages
follow.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from wmd.models import Edition, Event
from wmd.services.states import audit
from wmd.services.versions import lock_edition, raise_version


def mark_link(dbs: Session, event: Event, *, wrong: bool, actor: str, now: datetime) -> bool:
    """Say on an event's page that its link is wrong, or no more; tell whether that was news."""
    edition = dbs.get_one(Edition, event.edition_id)
    lock_edition(dbs, edition)
    dbs.refresh(event)
    if (event.link_wrong_at is not None) == wrong:
        return False
    event.link_wrong_at = now if wrong else None
    event.version = raise_version(dbs, edition, now=now.replace(microsecond=0))
    words = ("works", "wrong")
    audit(
        dbs, actor=actor, action="mark-link", kind="event", subject_id=event.id, before=words[not wrong],
        after=words[wrong], now=now,
    )  # fmt: skip
    dbs.flush()
    return True
