"""What is published: rows own copies of what they show, and people by id.

Only ``services/publishing.py``, and ``hiding.py`` beside it, write here.
Public pages read these rows only through the Programme value.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class Event(Model):
    """The published listing. ``version`` is the edition's version at which it last changed.

    ``registration_here``: with us; ``registration_questions``: what is asked then; ``registration_waits``: whether
    there is a waiting list. ``reminders``: rules in place of the edition's. ``link_wrong_at``: its link is known to
    fail.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_edition_id_version", "edition_id", "version"),
        CheckConstraint("format IN ('online','hybrid','in-person')", name="format"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="coordinates"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    revision_id: Mapped[str] = mapped_column(ForeignKey("revisions.id"))
    code: Mapped[str] = mapped_column(ForeignKey("public_codes.code"), unique=True)
    slug: Mapped[str]
    key: Mapped[str]
    language: Mapped[str]
    activity: Mapped[str]
    format: Mapped[str]
    access: Mapped[str]
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    region: Mapped[str]
    un_region: Mapped[str]
    host_city: Mapped[str]
    host_country: Mapped[str]
    access_facts: Mapped[dict[str, str]] = mapped_column(JSON)
    access_note: Mapped[str]
    has_venue: Mapped[bool]
    venue_name: Mapped[str]
    address: Mapped[str]
    venue_city: Mapped[str]
    venue_country: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    platform: Mapped[str]
    registration_state: Mapped[str]
    registration_url: Mapped[str]
    registration_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration_here: Mapped[bool] = mapped_column(default=False)
    registration_questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    registration_waits: Mapped[bool] = mapped_column(default=True)
    private_link_id: Mapped[str | None]
    stream_url: Mapped[str]
    recording_url: Mapped[str]
    web_url: Mapped[str]
    cost: Mapped[str]
    audience: Mapped[list[str]] = mapped_column(JSON)
    capacity: Mapped[int | None]
    hashtags: Mapped[list[str]] = mapped_column(JSON)
    image_id: Mapped[str | None]
    image_alt: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    image_credit: Mapped[str] = mapped_column(default="")
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    public_reason: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    reminders: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    link_wrong_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_lead: Mapped[bool]
    is_demo: Mapped[bool]
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    merged_into_id: Mapped[str | None] = mapped_column(ForeignKey("events.id"))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]


class EventTopic(Model):
    """A topic of an event, in order."""

    __tablename__ = "event_topics"

    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    position: Mapped[int]


class EventSdg(Model):
    """A Sustainable Development Goal of an event, 1 to 17, in order."""

    __tablename__ = "event_sdgs"
    __table_args__ = (CheckConstraint("sdg BETWEEN 1 AND 17", name="sdg"),)

    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), primary_key=True)
    sdg: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]


class EventLanguage(Model):
    """One fact about one language: ``use`` is spoken, interpreted, captioned or signed."""

    __tablename__ = "event_languages"
    __table_args__ = (CheckConstraint("\"use\" IN ('spoken','interpreted','captioned','signed')", name="use"),)

    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), primary_key=True)
    use: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]


class EventOrganisation(Model):
    """An organisation's part in an event, with its name as it was when published."""

    __tablename__ = "event_organisations"

    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True, index=True)
    role: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    position: Mapped[int]


class EventText(Model):
    """One text of an event or of a part of it, in one language, with where it comes from.

    ``owner_id`` is the id of the event, session, panel, question or speaker; ``field`` is title, summary,
    description or text.
    """

    __tablename__ = "event_texts"
    __table_args__ = (
        UniqueConstraint("owner_id", "field", "language"),
        CheckConstraint("origin IN ('original','human','machine')", name="origin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), index=True)
    owner_id: Mapped[str]
    field: Mapped[str]
    language: Mapped[str]
    origin: Mapped[str]
    body: Mapped[str]


class EventSession(Model):
    """One dated slot: one VEVENT.

    The truth is wall time and zone; ``starts_at``/``ends_at`` (UTC) are derived from them and can be derived again.
    ``time_text`` keeps the organiser's own words for staff. SEQUENCE and LAST-MODIFIED rise together, when and
    only when ``digest`` (over the full entry content in every language) changes.
    """

    __tablename__ = "event_sessions"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("status IN ('scheduled','postponed','cancelled')", name="status"),
        CheckConstraint("sequence >= 0", name="sequence"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), index=True)
    key: Mapped[str]
    code: Mapped[str] = mapped_column(ForeignKey("public_codes.code"), unique=True)
    uid: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    zone: Mapped[str]
    wall_starts: Mapped[str]
    wall_ends: Mapped[str]
    all_day: Mapped[bool]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    time_text: Mapped[str]
    time_confirmed: Mapped[bool]
    status: Mapped[str]
    sequence: Mapped[int]
    digest: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_modified_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Panel(Model):
    """A titled part of a session; its texts are in ``event_texts``."""

    __tablename__ = "panels"

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("event_sessions.id"), index=True)
    position: Mapped[int]


class PanelQuestion(Model):
    """A guiding question of a panel; its texts are in ``event_texts``."""

    __tablename__ = "panel_questions"

    id: Mapped[str] = mapped_column(primary_key=True)
    panel_id: Mapped[str] = mapped_column(ForeignKey("panels.id"), index=True)
    position: Mapped[int]


class Speaker(Model):
    """Somebody in a session, or in one of its panels. The name is in ``people``; the role title in ``event_texts``."""

    __tablename__ = "speakers"

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("event_sessions.id"), index=True)
    panel_id: Mapped[str | None] = mapped_column(ForeignKey("panels.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str]
    organisation: Mapped[str]
    position: Mapped[int]


class CalendarEntry(Model):
    """The checked bytes of one VEVENT in one language, in pieces (see ``EntryView``)."""

    __tablename__ = "calendar_entries"

    session_id: Mapped[str] = mapped_column(ForeignKey("event_sessions.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    head: Mapped[bytes]
    full: Mapped[bytes]
    short: Mapped[bytes]
    tail: Mapped[bytes]
    digest: Mapped[str]
    is_minimal: Mapped[bool] = mapped_column(default=False)


class Change(Model):
    """One public, dated fact about an event or one of its sessions."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_edition_id_id", "edition_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("event_sessions.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int]
