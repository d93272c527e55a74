"""Seals over the audit: a chain of digests by which a changed, removed or smuggled-in entry is found.

The chain is made afterwards, by a job, and not by the writers: they would have to queue for the newest digest, and
every change in the service would wait for every other. The database itself refuses changes; the seals are for somebody
who gets round the database. Who can also rewrite the seals is found by a digest kept elsewhere: each is logged, and
``flask audit check --digest`` asks for one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from wmd.models import AuditEntry, AuditSeal

BATCH = 1000
#: Most entries under one seal: a transaction on SQLite keeps every writer waiting while they are read.
MOST_IN_ONE = 20_000
#: Below every id: an entry smuggled in under the first one counts as well.
LOWEST = -(2**31)


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What a check of the chain found. ``broken_id`` is the first seal that does not fit, None when all do."""

    seals: int
    entries: int
    unsealed: int
    digests: tuple[str, ...]
    broken_id: int | None


def seal_audit(dbs: Session, *, now: datetime) -> AuditSeal | None:
    """Seal what was added since the newest seal; None when that is nothing. A long backlog takes several.

    On PostgreSQL the table is locked for the moment of asking for the highest id: an entry gets its id before its
    transaction ends, so that without the lock a lower id could appear after a higher one was sealed. The caller has
    done nothing else in this transaction, and commits. Raises IntegrityError when another process was quicker.
    """
    if dbs.get_bind().dialect.name == "postgresql":
        dbs.execute(text("LOCK TABLE audit_entries IN SHARE MODE"))
    last = dbs.scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).first()
    after = last.through_id if last else LOWEST
    some = select(AuditEntry.id).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(MOST_IN_ONE).subquery()
    through = dbs.scalar(select(func.max(some.c.id)))
    if through is None:
        return None
    if dbs.get_bind().dialect.name == "postgresql":
        # Ends the lock. Of two that seal at once the second is refused: no two seals build on the same one.
        dbs.commit()
    digest, entries = _digest(dbs, last.digest if last else "", after, through)
    seal = AuditSeal(
        previous_id=last.id if last else 0, through_id=through, entries=entries, digest=digest, sealed_at=now
    )  # fmt: skip
    dbs.add(seal)
    dbs.flush()
    return seal


def check_seals(dbs: Session) -> SealCheck:
    """Make every digest again and compare. Reads the whole audit once."""
    before, after, entries = "", LOWEST, 0
    seals = dbs.scalars(select(AuditSeal).order_by(AuditSeal.id)).all()
    broken = None
    for seal in seals:
        digest, count = _digest(dbs, before, after, seal.through_id)
        entries += count
        if (digest, count) != (seal.digest, seal.entries) and broken is None:
            broken = seal.id
        before, after = seal.digest, seal.through_id
    unsealed = dbs.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.id > after)) or 0
    return SealCheck(len(seals), entries, unsealed, tuple(seal.digest for seal in seals), broken)


def _digest(dbs: Session, before: str, after: int, through: int) -> tuple[str, int]:
    """Return the digest over ``before`` and every entry from ``after`` (excluded) to ``through``; and how many."""
    made = hashlib.sha256(before.encode())
    count = 0
    for line in _canonical(dbs, after, through):
        made.update(line)
        count += 1
    return made.hexdigest(), count


def _canonical(dbs: Session, after: int, through: int) -> Iterator[bytes]:
    """Yield each entry as bytes that are the same on every database."""
    columns = (
        AuditEntry.id, AuditEntry.at, AuditEntry.actor, AuditEntry.action, AuditEntry.subject_kind,
        AuditEntry.subject_id, AuditEntry.before, AuditEntry.after, AuditEntry.detail,
    )  # fmt: skip
    while after < through:
        rows = dbs.execute(
            select(*columns).where(AuditEntry.id > after, AuditEntry.id <= through).order_by(AuditEntry.id).limit(BATCH)
        ).all()
        if not rows:
            return
        for row in rows:
            values = [row.id, row.at.astimezone(UTC).isoformat(timespec="microseconds"), *row[2:]]
            yield json.dumps(values, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        after = rows[-1].id
