"""What is proposed and decided: submissions, revisions, decisions, and the audit of every state change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Submission(Model):
    """An organisation's proposal and where it stands. ``key`` is the external key of an import."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("edition_id", "key"),
        CheckConstraint(
            "state IN ('unconfirmed','submitted','in review','changes requested','approved','rejected','withdrawn')",
            name="state",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    key: Mapped[str | None]
    source: Mapped[str]
    state: Mapped[str]
    event_id: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Revision(Model):
    """One immutable handed-in version of some content, as a JSON document with its schema version."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("submission_id", "number"),
        CheckConstraint(
            "state IN ('pending','approved','partly approved','refused','superseded')",
            name="state",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"))
    number: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    base_revision_id: Mapped[str | None] = mapped_column(ForeignKey("revisions.id"))
    schema_version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    source: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Decision(Model):
    """A moderator's verdict on a revision; append-only. An import decides in the name ``import``."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[str] = mapped_column(ForeignKey("revisions.id"), index=True)
    verdict: Mapped[str]
    moderator: Mapped[str]
    reason: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Model):
    """Who did what to which thing, before and after, when. Holds ids, never a person's data."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str] = mapped_column(index=True)
    before: Mapped[str]
    after: Mapped[str]


class Alarm(Model):
    """Something that went wrong unseen. One open row per key; cleared when it is right again."""

    __tablename__ = "alarms"

    key: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
