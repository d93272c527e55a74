"""The outbox: one row per mail to one person, from the transaction that causes it to its fate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Message(Model):
    """One mail to one person. The text is made when it is sent, from ``kind``, ``subject_id`` and ``facts``.

    ``person_id`` says to whom; a mail to an address that belongs to nobody has it in ``sealed`` instead. ``sealed``
    is encrypted JSON for what only the reader may know (a link's secret, ``to``); emptied once the mail is out.
    ``dedupe_key`` makes a repeated cause find the first message; ``thread`` groups those of which a newer one
    supersedes an unsent older one. ``handoff_at`` stands from just before the server is given the mail: a row with it
    whose lease is over is *uncertain*. ``facts`` holds ids and plain values, never a person's data.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("state IN ('queued','sending','sent','failed','cancelled','expired','skipped')", name="state"),
        CheckConstraint("(state = 'sending') = (claim_token IS NOT NULL)", name="claim"),
        CheckConstraint("state <> 'skipped' OR reason <> ''", name="skipped"),
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("person_id IS NOT NULL OR sealed <> '' OR state NOT IN ('queued','sending')", name="to"),
        Index(
            "ix_messages_due",
            "not_before",
            sqlite_where=text("state IN ('queued','sending')"),
            postgresql_where=text("state IN ('queued','sending')"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(index=True)
    thread: Mapped[str] = mapped_column(default="", index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"))
    subject_id: Mapped[str] = mapped_column(default="", index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sealed: Mapped[str] = mapped_column(default="")
    cause: Mapped[str]
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    not_after: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(default="queued", index=True)
    reason: Mapped[str] = mapped_column(default="")
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handoff_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    uncertain_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message_id: Mapped[str] = mapped_column(unique=True)
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Suppression(Model):
    """An address that must get no mail any more, as a keyed digest: hard bounces, or its owner said so."""

    __tablename__ = "suppressions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    bounces: Mapped[int] = mapped_column(default=0)
    since_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailSwitch(Model):
    """A single row: since when all mail is held (after a restore, or because staff said so), and why."""

    __tablename__ = "mail_switch"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(default="")
