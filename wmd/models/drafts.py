"""What is being typed, and the pictures that go with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Draft(Model):
    """The mutable text of one form, numbered by ``version``. Belongs to a person, or to a browser's session.

    ``sealed`` holds all typed fields as they were typed, as encrypted JSON, because they hold names, addresses and
    perhaps a join link. ``submission_id`` is set when the draft edits something handed in before. ``form_token`` is
    what makes a second POST of the same form find the first one's receipt. ``kind``: event or organisation.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        CheckConstraint("person_id IS NOT NULL OR session_id IS NOT NULL", name="owner"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("kind IN ('event','organisation')", name="kind"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="event")
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("web_sessions.id"), index=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submissions.id"), index=True)
    base_revision_id: Mapped[str | None] = mapped_column(ForeignKey("revisions.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    sealed: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    discarded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Image(Model):
    """A picture as we made it anew: decoded, bounded, re-encoded, without metadata. ``kind``: logo or picture.

    ``id`` is random and stands in its address. ``alt`` may be given in several languages by the content that uses it.
    """

    __tablename__ = "images"
    __table_args__ = (CheckConstraint("kind IN ('logo','picture')", name="kind"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_by: Mapped[str]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("web_sessions.id"), index=True)
    rights_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LogoPack(Model):
    """A campaign's logos for partners: a file that staff uploaded, released on accepted terms per approved event."""

    __tablename__ = "logo_packs"
    __table_args__ = (
        Index(
            "uq_logo_packs_standing",
            "edition_id",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    name: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    terms: Mapped[str]
    terms_version: Mapped[str]
    uploaded_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LogoRelease(Model):
    """That somebody accepted a pack's terms for an approved event, and when."""

    __tablename__ = "logo_releases"

    pack_id: Mapped[str] = mapped_column(ForeignKey("logo_packs.id"), primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    terms_version: Mapped[str]
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
