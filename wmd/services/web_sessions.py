"""Sessions of browsers: opened, found, renewed, listed and ended. The cookie's secret is stored only as its digest."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from wmd.models import Draft, Image, Person, StaffMember, WebSession


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts: unused, and in all."""

    idle: timedelta
    absolute: timedelta


CONTACT_LIMITS = Limits(idle=timedelta(days=30), absolute=timedelta(days=90))
STAFF_LIMITS = Limits(idle=timedelta(hours=8), absolute=timedelta(days=7))
#: How old "last seen" may get before it is written again.
SEEN_EVERY = timedelta(minutes=10)
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Found:
    """A session that holds, with whose it is; ``person`` is None while nobody signed in."""

    session: WebSession
    person: Person | None = None
    staff: StaffMember | None = None


def digest_of(secret: str) -> str:
    """Return what is stored of a secret: its SHA-256. Secrets are 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(dbs: Session, *, person_id: str | None, device: str, now: datetime) -> tuple[WebSession, str]:
    """Open a session; return it and the secret for the cookie, which is nowhere else."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row = WebSession(
        digest=digest_of(secret), id=str(uuid.uuid4()), person_id=person_id, device=device, created_at=now,
        last_seen_at=now,
    )  # fmt: skip
    dbs.add(row)
    dbs.flush()
    return row, secret


def find_session(dbs: Session, secret: str, *, now: datetime) -> Found | None:
    """Return the session of a cookie while it holds: neither ended, nor idle or old beyond its limits."""
    found = dbs.execute(
        select(WebSession, Person, StaffMember)
        .outerjoin(Person, Person.id == WebSession.person_id)
        .outerjoin(StaffMember, (StaffMember.person_id == Person.id) & StaffMember.disabled_at.is_(None))
        .where(WebSession.digest == digest_of(secret), WebSession.ended_at.is_(None))
    ).first()
    if found is None:
        return None
    row, person, staff = found
    limits = STAFF_LIMITS if staff is not None else CONTACT_LIMITS
    if now - row.last_seen_at >= limits.idle or now - row.created_at >= limits.absolute:
        return None
    if person is not None and person.erased_at is not None:
        return None
    return Found(row, person, staff)


def renew(dbs: Session, row: WebSession) -> str:
    """Give a session a new secret and return it; the old one opens nothing any more."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row.digest = digest_of(secret)
    dbs.flush()
    return secret


def hand_over(dbs: Session, anonymous: WebSession, person_id: str, *, now: datetime) -> None:
    """Give what hangs on an anonymous session to the person who signed in there, and end it."""
    for model in (Draft, Image):
        dbs.execute(
            update(model)
            .where(model.session_id == anonymous.id, model.person_id.is_(None))
            .values(person_id=person_id)
            .execution_options(synchronize_session=False)
        )
    anonymous.ended_at = now
    dbs.flush()


def sessions_of(dbs: Session, person_id: str, *, is_staff: bool, now: datetime) -> list[WebSession]:
    """Return a person's sessions that hold, the last used first."""
    limits = STAFF_LIMITS if is_staff else CONTACT_LIMITS
    return list(
        dbs.scalars(
            select(WebSession)
            .where(
                WebSession.person_id == person_id,
                WebSession.ended_at.is_(None),
                WebSession.last_seen_at > now - limits.idle,
                WebSession.created_at > now - limits.absolute,
            )
            .order_by(WebSession.last_seen_at.desc(), WebSession.id)
            .limit(100)
        )
    )


def end_session(dbs: Session, row: WebSession, *, now: datetime) -> None:
    """End a session for good."""
    row.ended_at = now
    dbs.flush()


def end_sessions(dbs: Session, person_id: str, *, now: datetime, only: str = "", but: str = "") -> int:
    """End one session of a person (``only``, its id), or all (``but`` one); return how many were ended."""
    wanted = update(WebSession).where(WebSession.person_id == person_id, WebSession.ended_at.is_(None))
    if only:
        wanted = wanted.where(WebSession.id == only)
    if but:
        wanted = wanted.where(WebSession.id != but)
    ended = dbs.execute(wanted.values(ended_at=now).returning(WebSession.id)).all()
    return len(ended)


def note_seen(engine: Engine, row: WebSession, *, now: datetime) -> bool:
    """Write that a session was used, when that was last noted too long ago; tell whether it was written.

    On a connection of its own, so that pages which only read stay so. On SQLite it does not wait for the lock: the
    next request tries again.
    """
    if now - row.last_seen_at < SEEN_EVERY:
        return False
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if is_sqlite and raw is not None:
            raw.execute("PRAGMA busy_timeout=0")
        try:
            connection.execute(update(WebSession).where(WebSession.id == row.id).values(last_seen_at=now))
            connection.commit()
        except OperationalError:
            connection.rollback()
            return False
        finally:
            if is_sqlite and raw is not None:
                raw.execute("PRAGMA busy_timeout=5000")
    return True
