"""The demonstration's attendee, who follows a few events and a topic: the link of their page lies in the mailbox."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.models import Edition, Event, EventSession
from wmd.secretbox import SecretBox
from wmd.services.attendees import attendee_for
from wmd.services.follows import EventWish, FilterWish, follow, mail_own_link

ADDRESS: Final = "vera@demo.example"
_FOLLOWED: Final = 5


def load_attendee(dbs: Session, edition: Edition, box: SecretBox, *, now: datetime) -> None:
    """Make the attendee, who follows the next events of an edition and what is new on one topic."""
    person, attendee = attendee_for(dbs, ADDRESS, language="en", zone="America/Bogota", now=now)
    next_ones = (
        select(Event.code)
        .join(EventSession, EventSession.event_id == Event.id)
        .where(
            Event.edition_id == edition.id, Event.hidden_at.is_(None), Event.merged_into_id.is_(None),
            EventSession.status == "scheduled", EventSession.starts_at > now,
        )
        .group_by(Event.code)
        .order_by(func.min(EventSession.starts_at), Event.code)
        .limit(_FOLLOWED)
    )  # fmt: skip
    wishes = [EventWish(code, "") for code in dbs.scalars(next_ones)]
    topic = FilterWish(edition.slug, "topic=gender-equality", "weekly", "")
    follow(dbs, person, attendee, [*wishes, topic], now=now)
    mail_own_link(dbs, attendee, box=box, now=now)
