"""Who may act: contacts of organisations, staff, their sign-in and their sessions.

Names and addresses stand in ``people`` alone; every secret that travels (a link in a mail, a cookie, a recovery
code) is here only as its SHA-256 digest.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class StaffMember(Model):
    """A person of the staff. Empty ``regions`` or ``languages``: not limited by them.

    ``totp_next_sealed`` is the secret of an app that is being set up; the former one holds until its first code came.
    """

    __tablename__ = "staff_members"
    __table_args__ = (CheckConstraint("role IN ('reader','moderator','administrator')", name="role"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str]
    regions: Mapped[list[str]] = mapped_column(JSON, default=list)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    totp_sealed: Mapped[str] = mapped_column(default="")
    totp_next_sealed: Mapped[str] = mapped_column(default="")
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int] = mapped_column(default=0)
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Model):
    """A way past a lost second factor, once."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("staff_members.person_id"), index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrganisationContact(Model):
    """A person who answers for an organisation; a removed one stays as a row, and may be added again."""

    __tablename__ = "organisation_contacts"

    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    is_main: Mapped[bool] = mapped_column(default=False)
    added_by: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailToken(Model):
    """A link that was mailed: what it is for, whom and what it concerns, and whether it still works.

    ``purpose``: sign-in, confirm-submission, invite, co-organiser, change-address; of attendees confirm-follow and
    confirm-registration (what they asked for) and attendee (fresh proof that the address is theirs). Only the digest
    of the secret is stored; ``used_at`` is set by the POST of a button, never by a GET.
    """

    __tablename__ = "mail_tokens"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('sign-in','confirm-submission','invite','co-organiser','change-address','confirm-follow',"
            "'confirm-registration','attendee')",
            name="purpose",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    subject_id: Mapped[str] = mapped_column(default="", index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebSession(Model):
    """One browser. ``person_id`` is empty while nobody signed in: drafts then hang on the session itself.

    ``second_factor_at`` is set when a staff member showed the second factor in this session, ``fresh_at`` at each
    confirmation before a dangerous act. Ended by ``ended_at``, by idleness and by age.
    """

    __tablename__ = "web_sessions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    device: Mapped[str] = mapped_column(default="")
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fresh_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RateCount(Model):
    """How often something was done in one window of time; shared by all processes. ``key`` is a keyed digest."""

    __tablename__ = "rate_counts"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Consent(Model):
    """A consent a person gave, with the version of the words, and when it was taken back."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_standing",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str]
    version: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
