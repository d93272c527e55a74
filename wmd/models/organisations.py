"""Organisations, and the one table that holds people's names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Organisation(Model):
    """A partner. ``key`` is the external key that an import finds it by; ``code`` is its public code.

    The row is the profile as it is shown; what its contacts propose are revisions of kind ``organisation``.
    ``proposed``: nobody of the staff has seen it yet. A trusted one's wording fixes are published at once. A merged one
    leads to the organisation that took its place.
    """

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("state IN ('proposed','listed','merged')", name="state"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(ForeignKey("public_codes.code"), unique=True)
    slug: Mapped[str]
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    language: Mapped[str]
    acronym: Mapped[str]
    kind: Mapped[str]
    city: Mapped[str]
    country: Mapped[str]
    region: Mapped[str]
    website: Mapped[str]
    public_email: Mapped[str] = mapped_column(default="")
    social: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_member: Mapped[str] = mapped_column(default="")
    image_id: Mapped[str | None]
    image_alt: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    image_credit: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="listed")
    merged_into_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"))
    trusted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_demo: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EditionOrganisation(Model):
    """An organisation that was ever shown in an edition: its feed and filter stay valid when it organises no more."""

    __tablename__ = "edition_organisations"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)


class Person(Model):
    """A person: the only place for a name or an address. Erasing empties the row; everything else holds its id.

    ``address`` is the mail address as given, ``address_key`` the same normalised, by which a contact is found.
    """

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    address_key: Mapped[str | None] = mapped_column(unique=True)
    role_title: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    zone: Mapped[str] = mapped_column(default="")
    last_active_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublicCode(Model):
    """Every public code ever given out, so that none is used twice. ``kind``: event, session, organisation."""

    __tablename__ = "public_codes"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
