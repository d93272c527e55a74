"""Rooms on Zoom: accounts, what ties a room to an event, what differs, and what is on its way there and back.

Nothing here holds a host link, a name or an address: those of people stand in ``people``, join links sealed. Sealed
columns are bound to their row (AES-GCM with the row's id as associated data), so that no two can be swapped.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


def _some(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index over the rows for which ``where`` holds."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class ZoomAccount(Model):
    """An account we may speak to Zoom for: ``own`` (server to server, from the settings), or a partner's.

    ``state``: connected, lost (Zoom refuses us until somebody reconnects; ``reason`` is a static code) or ended
    (disconnected by us or by the partner; tokens emptied). ``access`` and ``refresh`` are sealed; whoever renews them
    holds ``renew_token`` until ``renew_until``. ``scopes``: granted; ``missing_scopes``: asked for in vain.
    ``failures`` in a row open the circuit until ``open_until``.
    """

    __tablename__ = "zoom_accounts"
    __table_args__ = (
        CheckConstraint("kind IN ('own','partner')", name="kind"),
        CheckConstraint("state IN ('connected','lost','ended')", name="state"),
        CheckConstraint("(state = 'connected') = (reason = '')", name="reason"),
        CheckConstraint("kind = 'own' OR organisation_id IS NOT NULL", name="partner"),
        CheckConstraint("state <> 'ended' OR (access = '' AND refresh = '')", name="emptied"),
        _some("uq_zoom_accounts_own", "kind", where="kind = 'own'", unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    zoom_account: Mapped[str] = mapped_column(default="", index=True)
    zoom_user: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="connected")
    reason: Mapped[str] = mapped_column(default="")
    access: Mapped[str] = mapped_column(default="")
    refresh: Mapped[str] = mapped_column(default="")
    api_url: Mapped[str] = mapped_column(default="")
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    missing_scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    access_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    access_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renew_token: Mapped[str | None]
    renew_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    connected_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lost_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZoomConsent(Model):
    """An organiser who went to Zoom to connect an account: a state for one use, bound to person and organisation."""

    __tablename__ = "zoom_consents"

    digest: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    session_digest: Mapped[str]
    verifier: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZoomBudget(Model):
    """What was spent of an account's calls, shared by all processes.

    ``label``: light, medium, heavy or intensive for calls by the second (a bucket that refills), the same with
    ``:day`` for those of a day, and ``host:<Zoom user>`` for a host's changes of a day (UTC).
    """

    __tablename__ = "zoom_budgets"

    account_id: Mapped[str] = mapped_column(ForeignKey("zoom_accounts.id"), primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float] = mapped_column(default=0.0)
    used: Mapped[int] = mapped_column(default=0)
    day: Mapped[date | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    shut_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZoomCall(Model):
    """One call that was made, for the page that staff look at: a route without ids, never a query, body or secret."""

    __tablename__ = "zoom_calls"
    __table_args__ = (Index("ix_zoom_calls_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("zoom_accounts.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[str]
    route: Mapped[str]
    label: Mapped[str]
    status: Mapped[int | None]
    code: Mapped[int | None]
    fault: Mapped[str] = mapped_column(default="")
    tracking: Mapped[str] = mapped_column(default="")
    duration_ms: Mapped[int]


class WebinarBinding(Model):
    """What ties an event's sessions to a room on Zoom, or to a pasted link.

    ``kind``: link (only looked at), lookup (read in our account), managed (made by us) or connected (read in a
    partner's). ``state``: draft, checking, ok, drift, missing, trashed, gone, auth_lost, unreachable or ended; a bad
    link of another kind than Zoom's is missing while in doubt and gone when that was seen twice. ``drift`` names what
    differs. ``registration``: none, open, manual, full, closed or unknown. ``link`` is the last good public link;
    ``join_link_id`` the private one. ``snapshot``: the last answer as compared, without anything private. ``seen_at``:
    last seen working. ``push`` says whether those who register here are registered there, ``push_from`` since when
    people read that before they register. ``sent``: what Zoom was last told of a room that we made, and
    ``sent_version`` the version of its event at which that was last compared. ``crew``: digests of the addresses of
    host, alternative hosts and panelists. One primary binding stands per event; a binding ends when another takes its
    place.
    """

    __tablename__ = "webinar_bindings"
    __table_args__ = (
        CheckConstraint("kind IN ('link','lookup','managed','connected')", name="kind"),
        CheckConstraint(
            "state IN ('draft','checking','ok','drift','missing','trashed','gone','auth_lost','unreachable','ended')",
            name="state",
        ),
        CheckConstraint("registration IN ('none','open','manual','full','closed','unknown')", name="registration"),
        CheckConstraint("room IN ('','webinar','meeting')", name="room"),
        CheckConstraint("(kind = 'link') = (account_id IS NULL)", name="account"),
        CheckConstraint("fail_count >= 0 AND miss_count >= 0", name="counts"),
        CheckConstraint("NOT push OR push_from IS NOT NULL", name="push"),
        _some("ix_webinar_bindings_managed", "event_id", where="kind = 'managed'"),
        _some("uq_webinar_bindings_primary", "event_id", where="is_primary AND ended_at IS NULL", unique=True),
        _some("ix_webinar_bindings_due", "next_try_at", where="ended_at IS NULL"),
        _some("ix_webinar_bindings_zoom_id", "zoom_id", where="zoom_id <> ''"),
        Index("ix_webinar_bindings_event_id", "event_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"))
    is_primary: Mapped[bool] = mapped_column(default=True)
    kind: Mapped[str]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("zoom_accounts.id"), index=True)
    room: Mapped[str] = mapped_column(default="")
    zoom_id: Mapped[str] = mapped_column(default="")
    zoom_uuid: Mapped[str] = mapped_column(default="")
    host_id: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    join_link_id: Mapped[str | None] = mapped_column(ForeignKey("private_links.id"))
    state: Mapped[str] = mapped_column(default="draft")
    drift: Mapped[list[str]] = mapped_column(JSON, default=list)
    registration: Mapped[str] = mapped_column(default="unknown")
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    snapshot_hash: Mapped[str] = mapped_column(default="")
    told_hash: Mapped[str] = mapped_column(default="")
    push: Mapped[bool] = mapped_column(default=False)
    push_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    sent_version: Mapped[int] = mapped_column(default=0)
    crew: Mapped[list[str]] = mapped_column(JSON, default=list)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hinted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fail_count: Mapped[int] = mapped_column(default=0)
    miss_count: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    missing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reconciled_on: Mapped[date | None]
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BindingSession(Model):
    """A session that takes place in the room of a binding; ``occurrence_id`` where the room recurs.

    ``is_matched``: the one session that a room with a single time was compared with, and is from then on.
    """

    __tablename__ = "binding_sessions"

    binding_id: Mapped[str] = mapped_column(ForeignKey("webinar_bindings.id"), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("event_sessions.id"), primary_key=True, index=True)
    occurrence_id: Mapped[str] = mapped_column(default="")
    is_matched: Mapped[bool] = mapped_column(default=False)


class ZoomDrift(Model):
    """One difference between what is published and what Zoom says, until somebody decides or it is no more.

    ``field``: time, link (the registration page), join (the private link), registration, type, host or title. ``ours``
    and ``theirs`` are words and instants fit to be shown; of a private link the end of its number, and its row's id.
    ``state``: open, ours (sent to Zoom, or kept), theirs (taken over), or over (it went by itself).
    """

    __tablename__ = "zoom_drifts"
    __table_args__ = (
        CheckConstraint("field IN ('time','link','join','registration','type','host','title')", name="field"),
        CheckConstraint("state IN ('open','ours','theirs','over')", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
        _some(
            "uq_zoom_drifts_open", "binding_id", "field", "session_id", where="state = 'open'", unique=True
        ),
        Index("ix_zoom_drifts_binding_id", "binding_id"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(primary_key=True)
    binding_id: Mapped[str] = mapped_column(ForeignKey("webinar_bindings.id"))
    #: Blank where the difference is none of one session.
    session_id: Mapped[str] = mapped_column(default="")
    field: Mapped[str]
    ours: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    theirs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    digest: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class ZoomPush(Model):
    """A change of a room of ours that Zoom is to be told: what it shall be is read from the event when it is sent.

    ``act``: create, update or delete. ``state``: queued → sending → done, failed (``fault`` says why; somebody must
    act) or dropped (no longer wanted). At most one of a kind waits per binding.
    """

    __tablename__ = "zoom_pushes"
    __table_args__ = (
        CheckConstraint("act IN ('create','update','delete')", name="act"),
        CheckConstraint("state IN ('queued','sending','done','failed','dropped')", name="state"),
        _some("uq_zoom_pushes_waiting", "binding_id", "act", where="state = 'queued'", unique=True),
        _some("ix_zoom_pushes_due", "not_before", where="state IN ('queued','sending')"),
        Index("ix_zoom_pushes_binding_id", "binding_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    binding_id: Mapped[str] = mapped_column(ForeignKey("webinar_bindings.id"))
    act: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    actor: Mapped[str]
    fault: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZoomRegistrant(Model):
    """One person in one room: registered here and carried there (``source`` here), or found there (``zoom``).

    ``address_key`` is a keyed digest of the lower-case address. ``state``: queued → sending → registered or pending
    (the host approves); rejected (``fault``), parked (Zoom takes no more for this person today), filtered (host or
    panelist: they have a link of their own), unwanted (to be cancelled there) → cancelled. ``join_link`` is that
    person's own, sealed. ``sent_at`` stands while nobody knows whether Zoom took the person: then the list is asked
    before anything is sent again. Who was erased here stays only until Zoom was told, without person and registration.
    """

    __tablename__ = "zoom_registrants"
    __table_args__ = (
        UniqueConstraint("binding_id", "address_key", "occurrence_id"),
        CheckConstraint("source IN ('here','zoom')", name="source"),
        CheckConstraint(
            "state IN ('queued','sending','registered','pending','rejected','parked','filtered','unwanted',"
            "'cancelled')",
            name="state",
        ),
        CheckConstraint(
            "source = 'zoom' OR registration_id IS NOT NULL OR state IN ('unwanted','cancelled')", name="registration"
        ),
        _some(
            "ix_zoom_registrants_due",
            "not_before",
            where="state IN ('queued','sending','parked','unwanted','pending')",
        ),
        Index("ix_zoom_registrants_person_id", "person_id"),
        Index("ix_zoom_registrants_registration_id", "registration_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    binding_id: Mapped[str] = mapped_column(ForeignKey("webinar_bindings.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[str | None] = mapped_column(ForeignKey("registrations.id"))
    address_key: Mapped[str]
    occurrence_id: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="here")
    zoom_registrant: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="queued")
    fault: Mapped[str] = mapped_column(default="")
    join_link: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZoomAttendance(Model):
    """How many came to a session, as Zoom counted after its end: numbers alone.

    ``matched``: of those who registered here, by their address. Asked again until ``settled_at``: Zoom's own numbers
    lag behind.
    """

    __tablename__ = "zoom_attendance"

    binding_id: Mapped[str] = mapped_column(ForeignKey("webinar_bindings.id"), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("event_sessions.id"), primary_key=True)
    registered: Mapped[int] = mapped_column(default=0)
    came: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    absent: Mapped[int] = mapped_column(default=0)
    average_s: Mapped[int] = mapped_column(default=0)
    reads: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZoomWebhook(Model):
    """A message of Zoom's that was signed rightly: stored first, worked by a job as a hint to read again.

    ``body`` is sealed, since it may name people, and emptied when its time is over. ``dedupe_key`` is a digest of
    what tells two apart. ``state``: received → done, ignored or failed.
    """

    __tablename__ = "zoom_webhooks"
    __table_args__ = (
        CheckConstraint("state IN ('received','done','ignored','failed')", name="state"),
        CheckConstraint("(state = 'received') = (done_at IS NULL)", name="done"),
        _some("ix_zoom_webhooks_due", "id", where="state = 'received'"),
        Index("ix_zoom_webhooks_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    event: Mapped[str]
    zoom_account: Mapped[str] = mapped_column(default="")
    object_id: Mapped[str] = mapped_column(default="")
    event_ts: Mapped[int] = mapped_column(BigInteger, default=0)
    body: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="received")
    outcome: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Banner(Model):
    """A sentence that staff put on top of every public page for a while, in one or several languages."""

    __tablename__ = "banners"
    __table_args__ = (
        CheckConstraint("kind IN ('info','warning')", name="kind"),
        CheckConstraint("from_at < until_at", name="order"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("editions.id"), index=True)
    kind: Mapped[str] = mapped_column(default="info")
    words: Mapped[dict[str, str]] = mapped_column(JSON)
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
