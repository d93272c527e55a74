"""Who follows the programme, registers and is reminded: no account, an address that its owner confirmed.

Names and addresses stand in ``people`` alone. What waits for a click in a mail has no ``confirmed_at``, and no effect.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime

_STANDS = "ended_at IS NULL"


def _once(name: str, *columns: str, where: str) -> Index:
    """Return a unique index over the rows for which ``where`` holds."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


class Attendee(Model):
    """A person's wishes as an attendee; language and zone stand in ``people``.

    ``reminders``: rules in place of the event's (None: as the event says; empty: none). ``invitations``: request (a
    calendar invitation that is updated), publish (a file to add) or none. ``generation`` is part of every personal
    link: raising it revokes them all. ``paused_at``, ``left_at``: no mail for now, or none of these at all.
    """

    __tablename__ = "attendees"
    __table_args__ = (
        CheckConstraint("invitations IN ('request','publish','none')", name="invitations"),
        CheckConstraint("generation >= 1", name="generation"),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    reminders: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    invitations: Mapped[str] = mapped_column(default="request")
    generation: Mapped[int] = mapped_column(default=1)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Follow(Model):
    """Interest in one event (``event_id``), or in what a filter of an edition finds (``query``, canonical; "" is all).

    ``cadence`` of a filter: daily or weekly. ``told_change_id``: the newest change its digests have looked at. A row
    is a wish from ``confirmed_at`` to ``ended_at``; who comes back makes a new one.
    """

    __tablename__ = "follows"
    __table_args__ = (
        CheckConstraint("(event_id IS NULL) = (cadence <> '')", name="kind"),
        CheckConstraint("cadence IN ('','daily','weekly')", name="cadence"),
        CheckConstraint("event_id IS NULL OR query = ''", name="query"),
        _once("uq_follows_event", "person_id", "event_id", where=f"{_STANDS} AND event_id IS NOT NULL"),
        _once("uq_follows_query", "person_id", "edition_id", "query", where=f"{_STANDS} AND event_id IS NULL"),
        Index("ix_follows_event_id_person_id", "event_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), index=True)
    event_id: Mapped[str | None] = mapped_column(ForeignKey("events.id"))
    query: Mapped[str] = mapped_column(default="")
    cadence: Mapped[str] = mapped_column(default="")
    told_change_id: Mapped[int] = mapped_column(default=0)
    digest_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Registration(Model):
    """A person's place in an event that registers with us.

    ``state``: unconfirmed (the address is not yet known to be theirs; holds no place) → registered, or waiting →
    offered (a place is kept until ``offered_until``) → registered; ended by cancelled or lapsed (an offer that nobody
    took). ``muted_at``: no mail about it although the place stays. ``sessions``: ids of the chosen ones, empty for all.
    ``answers``: to the event's own questions, by their id, sealed. ``shares_name``: the organiser may see name and
    address. ``read_of_room``: what they sent said that they are registered on Zoom too.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint("state IN ('unconfirmed','registered','waiting','offered','cancelled','lapsed')", name="state"),
        CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name="offered"),
        CheckConstraint("(state IN ('cancelled','lapsed')) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("state IN ('unconfirmed','cancelled') OR confirmed_at IS NOT NULL", name="confirmed"),
        _once("uq_registrations_event", "person_id", "event_id", where=_STANDS),
        Index("ix_registrations_event_id_person_id", "event_id", "person_id"),
        Index("ix_registrations_event_id_state", "event_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"))
    state: Mapped[str]
    sessions: Mapped[list[str]] = mapped_column(JSON, default=list)
    answers: Mapped[str] = mapped_column(default="")
    shares_name: Mapped[bool] = mapped_column(default=False)
    read_of_room: Mapped[bool] = mapped_column(default=False, server_default=false())
    offered_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    muted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PersonalFeed(Model):
    """The secret address of a person's own calendar. Only a digest is stored, and the secret sealed, to show it again.

    At most one stands per person; a revoked one answers 410 for ever.
    """

    __tablename__ = "personal_feeds"
    __table_args__ = (_once("uq_personal_feeds_person", "person_id", where="revoked_at IS NULL"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    sealed: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReminderRun(Model):
    """That the reminders of one rule for one session at one start are planned: each once, whoever plans.

    ``state``: planning (page by page, ``after_person`` is how far it came) or done. ``planned`` counts the mails put
    into the outbox, ``missed`` the people for whom it had come too late (an outage).
    """

    __tablename__ = "reminder_runs"
    __table_args__ = (
        CheckConstraint("state IN ('planning','done')", name="state"),
        CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name="finished"),
        Index(
            "ix_reminder_runs_open",
            "session_id",
            sqlite_where=text("state = 'planning'"),
            postgresql_where=text("state = 'planning'"),
        ),
        Index(
            "ix_reminder_runs_missed", "due_at", sqlite_where=text("missed > 0"), postgresql_where=text("missed > 0")
        ),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("event_sessions.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(default="planning")
    after_person: Mapped[str] = mapped_column(default="")
    planned: Mapped[int] = mapped_column(default=0)
    missed: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChangeNotice(Model):
    """Changes of one event that are told together: several within a short while become one mail.

    Made with its first change; ``due_at`` is when it is told, moved on by later changes but never beyond a bound.
    ``through_id`` is the newest change in it. From ``began_at`` on it takes no more in; ``told_at``: its mails are in
    the outbox, put there page by page (up to ``after_person``). ``is_late``: shortly before a session, of which staff
    are alerted (``alerted_at``).
    """

    __tablename__ = "change_notices"
    __table_args__ = (
        CheckConstraint("first_id <= through_id", name="order"),
        _once("uq_change_notices_event", "event_id", where="told_at IS NULL AND began_at IS NULL"),
        Index("ix_change_notices_due", "due_at", sqlite_where=text("told_at IS NULL"),
              postgresql_where=text("told_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), index=True)
    first_id: Mapped[int]
    through_id: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    after_person: Mapped[str] = mapped_column(default="")
    people: Mapped[int] = mapped_column(default=0)
    is_late: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    alerted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkCheck(Model):
    """An organiser's answer to "does your link work?", asked two days before a session."""

    __tablename__ = "link_checks"
    __table_args__ = (
        UniqueConstraint("session_id", "starts_at"),
        CheckConstraint("answer IN ('','works','wrong')", name="answer"),
        CheckConstraint("(answer = '') = (answered_at IS NULL)", name="answered"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("event_sessions.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class ProblemReport(Model):
    """What somebody says is wrong with a published event. ``what``: time, link, text or other.

    ``sealed``: an address to answer to, if one was given. ``state``: open, or how staff or organiser closed it.
    """

    __tablename__ = "problem_reports"
    __table_args__ = (
        CheckConstraint("what IN ('time','link','text','other')", name="what"),
        CheckConstraint("state IN ('open','solved','not a problem')", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        Index("ix_problem_reports_open", "created_at", sqlite_where=text("state = 'open'"),
              postgresql_where=text("state = 'open'")),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), index=True)
    what: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    sealed: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    suspect_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class RegistrantLetter(Model):
    """A message an organiser writes to those registered; it goes out when a moderator has let it.

    Staff write too (``by_staff``), and let it themselves. ``audience``: registered, waiting and followers, or some of
    them. ``state``: pending → approved (``sent_at``: the mails are in the outbox) or refused, with a reason.
    """

    __tablename__ = "registrant_letters"
    __table_args__ = (
        CheckConstraint("state IN ('pending','approved','refused','withdrawn')", name="state"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="reason"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"), index=True)
    author: Mapped[str] = mapped_column(ForeignKey("people.id"))
    language: Mapped[str] = mapped_column(default="en")
    subject: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending", index=True)
    reason: Mapped[str] = mapped_column(default="")
    form_token: Mapped[str | None] = mapped_column(unique=True)
    audience: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["registered", "waiting"])
    by_staff: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GoCount(Model):
    """How often ``/go/<code>`` led somewhere, by hour, without a trace of who. ``way``: page, registration or room."""

    __tablename__ = "go_counts"

    code: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[str] = mapped_column(primary_key=True)
    hour_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    count: Mapped[int]


class CountedFile(Model):
    """A file of counts that is in ``go_counts`` already: a job that was killed before it could delete it knows."""

    __tablename__ = "counted_files"

    name: Mapped[str] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobRun(Model):
    """One run of a regular job that did something, took long or failed; idle ticks leave only their tick."""

    __tablename__ = "job_runs"
    __table_args__ = (Index("ix_job_runs_name_id", "name", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    scheduler: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int]
    rows: Mapped[int]
    error: Mapped[str] = mapped_column(default="")


class Heartbeat(Model):
    """A scheduler that lives: its name, and when it last said so."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
