"""The secret address of a person's own calendar: made, shown again, changed for another, taken away for good."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wmd.models import Attendee, Person, PersonalFeed
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.states import audit
from wmd.services.web_sessions import digest_of

_SECRET_BYTES = 32
#: A secret longer than any of ours is not looked up.
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class FeedOwner:
    """Whose calendar an address is; ``person`` is None when it was taken away or its owner is gone."""

    standing: Literal["good", "revoked", "unknown"]
    person: Person | None = None


def make_feed(dbs: Session, person_id: str, *, box: SecretBox, now: datetime) -> str:
    """Give a person's calendar a new secret address and return the secret; the one before works no more."""
    had = _revoke(dbs, person_id, now)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    digest = digest_of(secret)
    sealed = box.seal(secret, purpose=_purpose(digest))
    dbs.add(PersonalFeed(digest=digest, person_id=person_id, sealed=sealed, created_at=now))
    _trail(dbs, person_id, "rotate-feed" if had else "make-feed", now)
    return secret


def revoke_feed(dbs: Session, person_id: str, *, now: datetime) -> bool:
    """Take the address away: it answers 410 for ever. Tell whether there was one."""
    had = _revoke(dbs, person_id, now)
    if had:
        _trail(dbs, person_id, "revoke-feed", now)
    return had


def feed_secret(dbs: Session, person_id: str, *, box: SecretBox) -> str:
    """Return the secret of the address that stands, or a blank when there is none (that can be opened)."""
    row = dbs.scalars(
        select(PersonalFeed).where(PersonalFeed.person_id == person_id, PersonalFeed.revoked_at.is_(None))
    ).first()
    try:
        return box.open(row.sealed, purpose=_purpose(row.digest)) if row is not None else ""
    except SecretBoxError:
        return ""


def owner_of_feed(dbs: Session, secret: str) -> FeedOwner:
    """Return whose calendar a secret is. One query; the key it was sealed with is not needed."""
    if not 0 < len(secret) <= _LONGEST:
        return FeedOwner("unknown")
    row = dbs.execute(
        select(PersonalFeed.revoked_at, Person)
        .outerjoin(Attendee, Attendee.person_id == PersonalFeed.person_id)
        .outerjoin(Person, Person.id == Attendee.person_id)
        .where(PersonalFeed.digest == digest_of(secret))
    ).first()
    if row is None:
        return FeedOwner("unknown")
    revoked_at, person = row
    if revoked_at is not None or person is None or person.erased_at is not None:
        return FeedOwner("revoked")
    return FeedOwner("good", person)


def _revoke(dbs: Session, person_id: str, now: datetime) -> bool:
    revoked = dbs.execute(
        update(PersonalFeed)
        .where(PersonalFeed.person_id == person_id, PersonalFeed.revoked_at.is_(None))
        .values(revoked_at=now, sealed="")
        .returning(PersonalFeed.digest)
        .execution_options(synchronize_session="fetch")
    ).all()
    return bool(revoked)


def _trail(dbs: Session, person_id: str, action: str, now: datetime) -> None:
    audit(dbs, actor=f"person:{person_id}", action=action, kind="person", subject_id=person_id, now=now)
    dbs.flush()


def _purpose(digest: str) -> str:
    return f"personal_feeds.sealed.{digest}"
