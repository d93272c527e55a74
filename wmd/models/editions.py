"""Editions, topics and their use per edition, series, regions, and the site's own version."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime

#: One day and one hour before, when it begins, and the day after with thanks and the recording.
DEFAULT_REMINDERS = ("start-1d", "start-1h", "start", "end+1d")


class Edition(Model):
    """One campaign. ``version`` rises with each publication in it; pages and feeds depend on it.

    Submissions are taken from ``submit_opens_at``, count as late after ``submit_deadline_at`` and end at
    ``submit_closes_at`` (each may be empty: no such limit). ``form`` says which optional fields are hidden or required;
    ``declarations`` maps a declaration to the version of its words. ``reminders``: rules (``domain/reminders.py``) for
    those who follow an event that has none of its own.
    """

    __tablename__ = "editions"
    __table_args__ = (
        CheckConstraint("window_from <= window_to", name="window"),
        CheckConstraint("version >= 0", name="version"),
        CheckConstraint("submit_opens_at <= submit_deadline_at", name="submit_deadline"),
        CheckConstraint("submit_deadline_at <= submit_closes_at", name="submit_closes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    theme: Mapped[str]
    introduction: Mapped[str]
    main_day: Mapped[date]
    window_from: Mapped[date]
    window_to: Mapped[date]
    zone: Mapped[str]
    hashtags: Mapped[list[str]] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON)
    is_permanent: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    submit_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submit_deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submit_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    form: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    declarations: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    reminders: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(DEFAULT_REMINDERS))
    version: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Topic(Model):
    """One of the toolkit's topics, year-round."""

    __tablename__ = "topics"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    position: Mapped[int]


class EditionTopic(Model):
    """A topic's use in an edition; a retired one keeps its addresses but is no longer offered."""

    __tablename__ = "edition_topics"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    position: Mapped[int]
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Series(Model):
    """A run of talks across editions."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str]


class Region(Model):
    """A region in one of two schemes: ``metropolis`` or ``un-habitat``."""

    __tablename__ = "regions"
    __table_args__ = (UniqueConstraint("scheme", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    slug: Mapped[str]
    name: Mapped[str]
    position: Mapped[int]


class SiteState(Model):
    """A single row: the version of what spans editions, and of the small status value."""

    __tablename__ = "site_state"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    status_version: Mapped[int] = mapped_column(default=0)
    demo_refreshed_on: Mapped[date | None]
