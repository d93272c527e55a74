"""Organisations, and the one table that holds people's names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Organisation(Model):
    """A partner. ``key`` is the external key that an import finds it by; ``code`` is its public code."""

    __tablename__ = "organisations"

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
    is_demo: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EditionOrganisation(Model):
    """An organisation that was ever shown in an edition: its feed and filter stay valid when it organises no more."""

    __tablename__ = "edition_organisations"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)


class Person(Model):
    """A person: the only place for a name. Erasing empties the row; everything else holds its id."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublicCode(Model):
    """Every public code ever given out, so that none is used twice. ``kind``: event, session, organisation."""

    __tablename__ = "public_codes"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
