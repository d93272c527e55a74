"""The way into the room for who has a place: the private join link, from a quarter of an hour before the start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.status import their_start
from wmd.models import Event, EventSession, Person, PrivateLink, WebinarBinding, ZoomDrift
from wmd.secretbox import SecretBox
from wmd.services.bindings import READ_KINDS, standing_binding
from wmd.services.changes import way_of
from wmd.services.personal_links import open_token, standing_attendee
from wmd.services.private_links import open_link
from wmd.services.registrations import standing
from wmd.services.zoom_registrants import ticket_of

#: A room opens so long before its session begins; hosts are seldom there earlier.
OPENS_BEFORE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Room:
    """A session's room for who has a place. ``url`` is blank before ``opens_at``, where no join link is kept,
    and while the one that is kept is known to fail (``is_wrong``).

    ``zone`` is the person's own, else the session's.
    """

    opens_at: datetime
    starts_at: datetime
    url: str
    zone: str
    is_wrong: bool = False


def room_for(dbs: Session, box: SecretBox, secret: str, session_code: str, *, now: datetime) -> Room | None:
    """Return the room that a person's ``go`` token opens; None when it is not theirs, and when the session is over.

    The place must stand at this moment, whatever the token says: who gave it back gets what everybody gets.
    """
    token = open_token(box, secret, scope="go", now=now)
    if token is None or token.subject != session_code:
        return None
    attendee = standing_attendee(dbs, token)
    found = (
        dbs.execute(
            select(EventSession, Event)
            .join(Event, Event.id == EventSession.event_id)
            .where(EventSession.code == session_code, EventSession.status == "scheduled", EventSession.ends_at > now)
        )
        .tuples()
        .first()
    )
    if attendee is None or found is None:
        return None
    session, event = found
    place = standing(dbs, attendee.person_id, event.id)
    has_place = place is not None and place.state == "registered" and (
        not place.sessions or session.id in place.sessions
    )  # fmt: skip
    if not has_place or event.hidden_at is not None:
        return None
    opens_at = opening(session.starts_at, _disputed_start(dbs, session))
    is_open, is_wrong = now >= opens_at, event.link_wrong_at is not None
    # Somebody's own ticket says nothing of the link that everybody has, and the other way round.
    url = ticket_of(dbs, box, place.id) if is_open and place is not None else ""
    url = url or (_link_of(dbs, box, event) if is_open and not is_wrong else "")
    person = dbs.get(Person, attendee.person_id)
    zone = (person.zone if person else "") or session.zone
    return Room(opens_at, session.starts_at, url, zone, is_wrong)


def opening(starts_at: datetime, theirs: datetime | None) -> datetime:
    """Return when a room opens: before the earlier start, while its own (``theirs``) is in dispute."""
    return min(starts_at, theirs or starts_at) - OPENS_BEFORE


def _disputed_start(dbs: Session, session: EventSession) -> datetime | None:
    theirs = dbs.scalars(
        select(ZoomDrift.theirs)
        .join(WebinarBinding, WebinarBinding.id == ZoomDrift.binding_id)
        .where(
            ZoomDrift.session_id == session.id, ZoomDrift.state == "open", ZoomDrift.field == "time",
            WebinarBinding.is_primary, WebinarBinding.ended_at.is_(None),
        )
    ).first()  # fmt: skip
    return their_start(theirs) if theirs is not None else None


def _link_of(dbs: Session, box: SecretBox, event: Event) -> str:
    """Return what everybody with a place has: the join link, else the public way in, else Zoom's own form."""
    binding = standing_binding(dbs, event.id)
    room_link_id = binding.join_link_id if binding is not None and binding.kind in READ_KINDS else None
    if binding is not None and binding.kind == "managed" and room_link_id:
        # A room that was made anew has another link than the one that was published with the event.
        return _opened(dbs, box, room_link_id)
    if event.private_link_id:
        return _opened(dbs, box, event.private_link_id)
    form = str(binding.snapshot.get("registration_url") or "") if binding is not None else ""
    # Where Zoom asks people to register, its form leads on; everywhere else the room that we read is the way in.
    room_link = _opened(dbs, box, room_link_id) if not form else ""
    return room_link or way_of(event).address(has_place=True) or form


def _opened(dbs: Session, box: SecretBox, link_id: str | None) -> str:
    link = dbs.get(PrivateLink, link_id) if link_id else None
    return open_link(box, link) if link is not None else ""
