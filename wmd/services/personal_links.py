"""Links that are a person's own: sealed values in an address, valid until an instant and until they are revoked.

A token holds whose it is, the person's ``generation`` (raising that revokes every one of them), what it is about and
when it ends. It is sealed for one scope: one that stops mails does not open the personal page. It names its key, so
that it survives a rotation as long as the old key is in the setting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.models import Attendee, Edition, EventSession, Follow, Person, Registration
from wmd.secretbox import SecretBox, SecretBoxError

#: ``me`` opens the personal page, ``stop`` ends mails, ``go`` opens a session's room.
Scope = Literal["me", "stop", "go"]

#: The personal page stays open so long after the last thing somebody follows, and at least so long from now.
AFTER_LAST: Final = timedelta(days=30)
#: Links that stop mails work so long, whatever becomes of the event.
STOP_LIVES: Final = timedelta(days=400)
#: A longer text is none of ours and is not opened.
_LONGEST = 600


class LinkFault(Enum):
    """Why a token opens nothing."""

    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Token:
    """An opened token. ``subject`` depends on the scope: blank, ``event:<id>``, ``follow:<id>``, ``all``, or a code."""

    person_id: str
    generation: int
    subject: str
    until: datetime


def make_token(
    box: SecretBox, person_id: str, generation: int, *, scope: Scope, subject: str = "", until: datetime
) -> str:
    """Return a token as it stands in an address: letters, digits, ``-``, ``_`` and dots, about 150 of them."""
    whole = json.dumps([person_id, generation, subject, int(until.timestamp())], separators=(",", ":"))
    return box.seal(whole, purpose=_purpose(scope))


def read_token(box: SecretBox, token: str, *, scope: Scope, now: datetime) -> Token | LinkFault:
    """Return what a token says, or why it opens nothing; one of another scope reads as forged."""
    if len(token) > _LONGEST:
        return LinkFault.FORGED
    try:
        person_id, generation, subject, until_s = json.loads(box.open(token, purpose=_purpose(scope)))
    except SecretBoxError:
        return LinkFault.FORGED
    found = Token(person_id, generation, subject, datetime.fromtimestamp(until_s, UTC))
    return found if now < found.until else LinkFault.EXPIRED


def open_token(box: SecretBox, token: str, *, scope: Scope, now: datetime) -> Token | None:
    """Return what a token says; None when it is forged, of another scope, or over."""
    found = read_token(box, token, scope=scope, now=now)
    return found if isinstance(found, Token) else None


def standing_attendee(dbs: Session, token: Token) -> Attendee | None:
    """Return whose token it is; None when it was revoked, or when that person was erased."""
    return dbs.scalars(
        select(Attendee)
        .join(Person, Person.id == Attendee.person_id)
        .where(
            Attendee.person_id == token.person_id,
            Attendee.generation == token.generation,
            Person.erased_at.is_(None),
        )
    ).first()


def me_until(dbs: Session, person_ids: Iterable[str], *, now: datetime) -> Mapping[str, datetime]:
    """Return until when a personal link that is made now shall work, by person: 30 days beyond what they follow.

    Three queries, for however many people.
    """
    wanted = sorted(set(person_ids))
    latest = dict.fromkeys(wanted, now)
    for table in (Follow, Registration):
        rows = dbs.execute(
            select(table.person_id, func.max(EventSession.ends_at))
            .join(EventSession, EventSession.event_id == table.event_id)
            .where(table.person_id.in_(wanted), table.ended_at.is_(None))
            .group_by(table.person_id)
        )
        for person_id, ends_at in rows.tuples():
            latest[person_id] = max(latest[person_id], ends_at)
    filters = dbs.execute(
        select(Follow.person_id, Edition.window_to, Edition.zone)
        .join(Edition, Edition.id == Follow.edition_id)
        .where(Follow.person_id.in_(wanted), Follow.ended_at.is_(None), Follow.event_id.is_(None))
        .distinct()
    )
    for person_id, last_on, zone in filters.tuples():
        ends_at = datetime.combine(last_on + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)
        latest[person_id] = max(latest[person_id], ends_at)
    return {person_id: at + AFTER_LAST for person_id, at in latest.items()}


def me_path(dbs: Session, box: SecretBox, attendee: Attendee, *, now: datetime) -> str:
    """Return the path of a person's own page, with a token made now."""
    until = me_until(dbs, [attendee.person_id], now=now)[attendee.person_id]
    token = make_token(box, attendee.person_id, attendee.generation, scope="me", until=until)
    return f"/me/{token}/"


def go_path(box: SecretBox, attendee: Attendee, session_code: str, *, now: datetime) -> str:
    """Return the path of somebody's own way into a session: it opens the room while their place stands."""
    # Sessions move, and what was handed out earlier must lead on: the room itself asks for place, state and end.
    until = now + STOP_LIVES
    token = make_token(box, attendee.person_id, attendee.generation, scope="go", subject=session_code, until=until)
    return f"/go/{session_code}?t={token}"


def _purpose(scope: Scope) -> str:
    return f"personal-link.{scope}"
