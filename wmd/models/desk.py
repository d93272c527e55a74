"""What stands around a submission on the moderators' desk: words, co-organisers, declarations, and their texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Note(Model):
    """One message about a submission: in the thread with the organiser, or private to staff."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("by_staff OR NOT is_private", name="private"),
        CheckConstraint("NOT is_question OR (by_staff AND NOT is_private)", name="question"),
        CheckConstraint("answered_at IS NULL OR is_question", name="answered"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    author: Mapped[str]
    by_staff: Mapped[bool]
    is_private: Mapped[bool]
    is_question: Mapped[bool] = mapped_column(default=False)
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FieldComment(Model):
    """A moderator's remark on one field of a revision; the organiser sees it beside that field until it is settled."""

    __tablename__ = "field_comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    revision_id: Mapped[str] = mapped_column(ForeignKey("revisions.id"), index=True)
    path: Mapped[str]
    body: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CoOrganiser(Model):
    """An organisation's part in a submission that it must confirm itself before its name is shown.

    ``asked_at`` is empty while nobody was asked. ``is_known``: it was listed before it was named here, so that only its
    contacts speak for it; ``agreed_at``: somebody else said yes, and staff must see whether they may.
    """

    __tablename__ = "co_organisers"
    __table_args__ = (
        CheckConstraint("state IN ('asked','confirmed','declined')", name="state"),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered"),
    )

    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    state: Mapped[str]
    is_known: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Declaration(Model):
    """What somebody declared when handing in: which sentence, in which version, when."""

    __tablename__ = "declarations"
    __table_args__ = (UniqueConstraint("submission_id", "kind", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    actor: Mapped[str]
    kind: Mapped[str]
    version: Mapped[str]
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reason(Model):
    """A canned reason for a verdict. ``texts`` maps a language to ``{"label": …, "body": …}``."""

    __tablename__ = "reasons"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    verdicts: Mapped[list[str]] = mapped_column(JSON)
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    position: Mapped[int]
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Question(Model):
    """A question that one edition asks organisers. ``label``, ``hint`` and each choice hold words by language."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("edition_id", "slug"),
        CheckConstraint("kind IN ('text','choice','yes-no','number')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    slug: Mapped[str]
    kind: Mapped[str]
    label: Mapped[dict[str, str]] = mapped_column(JSON)
    hint: Mapped[dict[str, str]] = mapped_column(JSON)
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    is_required: Mapped[bool]
    is_public: Mapped[bool]
    position: Mapped[int]
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EditableText(Model):
    """Words that staff changed: of a mail, a deadline's notice, a declaration. Without a row the built-in ones hold.

    ``edition`` is a slug, or empty for all editions. ``key`` is such as ``mail.received`` or ``deadline.late``; only
    mails have a ``subject``.
    """

    __tablename__ = "editable_texts"
    __table_args__ = (UniqueConstraint("edition", "key", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition: Mapped[str] = mapped_column(default="")
    key: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
