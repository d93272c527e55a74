"""What is proposed and decided: submissions, revisions, decisions, and the audit of every state change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Submission(Model):
    """An organisation's proposal and where it stands. ``key`` is the external key of an import.

    ``receipt`` is the number people quote. ``waiting_since`` says since when staff should act (empty: it is not their
    turn). ``title``, ``region``, ``language``, ``topics`` and ``flags`` repeat what its newest revision says, for the
    desk's lists. ``suspect_at``: set aside as possible spam. ``publish_on``: approved, to be shown from that day on.
    ``merged_into_id``: the submission that took its place. ``confirmed_at``: since when the sender is known
    by their address; until then ``second_person_id`` (to be invited) and ``wants_news`` wait.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("edition_id", "key"),
        CheckConstraint(
            "state IN ('unconfirmed','submitted','in review','changes requested','approved','rejected','withdrawn')",
            name="state",
        ),
        CheckConstraint("(state = 'unconfirmed') = (confirm_until IS NOT NULL)", name="confirm"),
        CheckConstraint("(claimed_by IS NULL) = (claimed_at IS NULL)", name="claimed"),
        CheckConstraint("merged_into_id <> id", name="merged"),
        CheckConstraint("publish_on IS NULL OR state = 'approved'", name="publish_on"),
        CheckConstraint(
            "state NOT IN ('rejected','withdrawn') OR (waiting_since IS NULL AND claimed_by IS NULL)", name="ended"
        ),
        Index("ix_submissions_queue", "edition_id", "state", "waiting_since"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    key: Mapped[str | None]
    source: Mapped[str]
    state: Mapped[str]
    event_id: Mapped[str] = mapped_column(unique=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    second_person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    wants_news: Mapped[bool] = mapped_column(default=False)
    form_token: Mapped[str | None] = mapped_column(unique=True)
    receipt: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    late_note: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirm_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspect_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    publish_on: Mapped[datetime | None] = mapped_column(UtcDateTime)
    later_look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


#: An import is decided on at once, beside whatever waits for a person.
_WAITS = "state = 'pending' AND source <> 'import'"


def _one_of_each(subject: str) -> list[Index]:
    """Return the partial unique indexes: one pending and one approved revision of each subject."""
    return [
        Index(f"uq_revisions_{subject}_{name}", subject, unique=True, sqlite_where=where, postgresql_where=where)
        for name, where in (("pending", text(_WAITS)), ("approved", text("state = 'approved'")))
    ]


class Revision(Model):
    """One immutable handed-in version of some content, as a JSON document with its schema version.

    ``kind``: event (of a submission) or organisation (a profile). At most one of a subject is pending, at most one
    approved: what holds. ``partly approved``: some of it was taken, into the revision that names it as its base.
    ``form_token`` makes a second POST of the same form find it.
    """

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("submission_id", "number"),
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint(
            "state IN ('pending','approved','partly approved','refused','superseded')",
            name="state",
        ),
        CheckConstraint(
            "(kind = 'event') = (submission_id IS NOT NULL)"
            " AND (kind = 'organisation') = (organisation_id IS NOT NULL)",
            name="subject",
        ),
        *_one_of_each("submission_id"),
        *_one_of_each("organisation_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.id"))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"))
    number: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    base_revision_id: Mapped[str | None] = mapped_column(ForeignKey("revisions.id"))
    schema_version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    source: Mapped[str]
    actor: Mapped[str] = mapped_column(default="")
    form_token: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Decision(Model):
    """A moderator's verdict on a revision; append-only. An import decides in the name ``import``.

    A final verdict (all but ``changes requested``) stands once per revision. ``reason`` is what the organiser reads:
    canned ones, of which ``reasons`` has the slugs, then ``own`` words. Mails say it in the language that they are
    written in. ``taken``: the paths of the fields taken, of a partial one.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("verdict IN ('approved','partly approved','refused','changes requested')", name="verdict"),
        CheckConstraint("verdict IN ('approved','changes requested') OR reason <> ''", name="reason"),
        Index(
            "uq_decisions_final",
            "revision_id",
            unique=True,
            sqlite_where=text("verdict <> 'changes requested'"),
            postgresql_where=text("verdict <> 'changes requested'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[str] = mapped_column(ForeignKey("revisions.id"), index=True)
    verdict: Mapped[str]
    moderator: Mapped[str]
    reason: Mapped[str]
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    own: Mapped[str] = mapped_column(default="")
    taken: Mapped[list[str]] = mapped_column(JSON, default=list)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Model):
    """Who did what to which thing, before and after, when. Holds ids, never a person's data; the database refuses
    to change or delete one. ``detail`` maps a field to its old and new value.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(index=True)
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str] = mapped_column(index=True)
    before: Mapped[str]
    after: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class AuditSeal(Model):
    """A digest over the audit up to ``through_id``, made after the fact, that builds on the seal before it.

    ``previous_id`` is that seal (0: none); no two build on the same one. ``entries`` counts those since. A changed,
    removed or smuggled-in entry no longer fits its seal. The database refuses to change or delete a seal.
    """

    __tablename__ = "audit_seals"

    id: Mapped[int] = mapped_column(primary_key=True)
    previous_id: Mapped[int] = mapped_column(unique=True)
    through_id: Mapped[int]
    entries: Mapped[int]
    digest: Mapped[str]
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Alarm(Model):
    """Something that went wrong unseen. One open row per key; cleared when it is right again."""

    __tablename__ = "alarms"

    key: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobTick(Model):
    """When a regular job last ran to its end, to the minute: without a row it never did."""

    __tablename__ = "job_ticks"

    name: Mapped[str] = mapped_column(primary_key=True)
    good_at: Mapped[datetime] = mapped_column(UtcDateTime)
