"""Links that are mailed: issued, looked at, and used once. Only the digest of each secret is stored.

A GET looks (:func:`find`), the POST of a button uses (:func:`consume`): mail scanners follow links and even run
scripts, and must not use them up.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wmd.models import MailToken
from wmd.services.web_sessions import digest_of

Purpose = Literal[
    "sign-in", "confirm-submission", "invite", "co-organiser", "change-address", "confirm-follow",
    "confirm-registration", "attendee"
]  # fmt: skip
Standing = Literal["good", "used", "expired", "revoked"]

_SECRET_BYTES = 32
#: A secret longer than any of ours is not looked up.
_LONGEST = 100


def issue(
    dbs: Session,
    purpose: Purpose,
    person_id: str | None,
    subject_id: str,
    lifetime: timedelta,
    now: datetime,
    *,
    revoke_older: bool = True,
) -> tuple[MailToken, str]:
    """Return a new token and its secret, 256 random bits in Base64 for URLs.

    Older unused ones of the same purpose, person and subject work no more, unless ``revoke_older`` is off (a reminder
    whose first mail may still be used).
    """
    if revoke_older:
        revoke(dbs, purpose, person_id=person_id, subject_id=subject_id, now=now)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    token = MailToken(
        id=str(uuid.uuid4()), digest=digest_of(secret), purpose=purpose, person_id=person_id, subject_id=subject_id,
        created_at=now, expires_at=now + lifetime,
    )  # fmt: skip
    dbs.add(token)
    dbs.flush()
    return token, secret


def revoke(dbs: Session, purpose: Purpose, *, person_id: str | None, subject_id: str | None, now: datetime) -> None:
    """Let unused tokens of a purpose, person and subject (None: of any) work no more."""
    wanted = update(MailToken).where(
        MailToken.purpose == purpose,
        MailToken.person_id.is_(None) if person_id is None else MailToken.person_id == person_id,
        MailToken.used_at.is_(None),
        MailToken.revoked_at.is_(None),
    )
    if subject_id is not None:
        wanted = wanted.where(MailToken.subject_id == subject_id)
    dbs.execute(wanted.values(revoked_at=now).execution_options(synchronize_session="fetch"))


def revoke_all(dbs: Session, person_id: str, *, now: datetime) -> None:
    """Let every unused link that was mailed to a person work no more, whatever it is for."""
    dbs.execute(
        update(MailToken)
        .where(MailToken.person_id == person_id, MailToken.used_at.is_(None), MailToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session="fetch")
    )


def find(dbs: Session, purpose: Purpose, secret: str) -> MailToken | None:
    """Return the token with this secret, whether it still works or not; see :func:`standing`."""
    if not 0 < len(secret) <= _LONGEST:
        return None
    return dbs.scalars(
        select(MailToken).where(MailToken.digest == digest_of(secret), MailToken.purpose == purpose)
    ).first()


def standing(token: MailToken, *, now: datetime) -> Standing:
    """Return whether a token works at ``now``, or why it does not."""
    if token.used_at is not None:
        return "used"
    if token.revoked_at is not None:
        return "revoked"
    return "good" if now < token.expires_at else "expired"


def consume(dbs: Session, purpose: Purpose, secret: str, *, now: datetime) -> MailToken | None:
    """Use a token and return it; None when it does not work (any more). Of several at once exactly one succeeds."""
    if not 0 < len(secret) <= _LONGEST:
        return None
    return dbs.scalars(
        update(MailToken)
        .where(
            MailToken.digest == digest_of(secret),
            MailToken.purpose == purpose,
            MailToken.used_at.is_(None),
            MailToken.revoked_at.is_(None),
            MailToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(MailToken)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).first()
