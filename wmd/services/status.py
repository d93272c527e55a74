"""Loading the status value: what is known of the ways into events, read beside the programme and never with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from wmd.domain.status import DOUBT, EventStatus, Status, hour_of, is_disputed, their_start
from wmd.models import Event, EventSession, SiteState, WebinarBinding, ZoomDrift
from wmd.services.places_left import taken_codes

#: States in which a link leads nowhere any more.
RENEWING = ("gone", "trashed")


def load_status(connection: Connection, *, shows_looks: bool) -> Status:
    """Return the status of all events at its version; four statements.

    ``shows_looks``: whether pasted links are looked at; otherwise an old look says nothing of when one last worked.
    """
    version = connection.scalar(select(SiteState.status_version).where(SiteState.id == 1)) or 0
    disputed: dict[str, dict[str, datetime | None]] = {}
    drifts = (
        select(ZoomDrift.binding_id, EventSession.code, EventSession.starts_at, ZoomDrift.theirs)
        .join(EventSession, EventSession.id == ZoomDrift.session_id)
        .join(WebinarBinding, WebinarBinding.id == ZoomDrift.binding_id)
        .where(ZoomDrift.state == "open", ZoomDrift.field == "time", is_current())
    )
    for binding_id, code, starts_at, theirs in connection.execute(drifts):
        if is_disputed(starts_at, their_start(theirs)):
            disputed.setdefault(binding_id, {})[code] = their_start(theirs)
    rows = connection.execute(
        select(
            WebinarBinding.id, WebinarBinding.kind, WebinarBinding.state, WebinarBinding.registration,
            WebinarBinding.seen_at, WebinarBinding.missing_since, Event.code,
            _is_in_place_of_a_lost_one().label("waits"),
        )
        .join(Event, Event.id == WebinarBinding.event_id)
        .where(
            is_current(), WebinarBinding.state != "ended",
            or_(
                WebinarBinding.seen_at.is_not(None), WebinarBinding.state.in_((*RENEWING, "missing")),
                WebinarBinding.registration.in_(("full", "closed", "none")), WebinarBinding.id.in_(list(disputed)),
                _is_in_place_of_a_lost_one(),
            ),
        )
    )  # fmt: skip
    events = {}
    for row in rows:
        is_shown = row.seen_at is not None and (row.kind != "link" or shows_looks)
        doubt = row.missing_since + DOUBT if row.state == "missing" and row.missing_since is not None else None
        events[row.code] = EventStatus(
            row.code, hour_of(row.seen_at) if is_shown else None, row.registration,
            row.state in RENEWING or bool(row.waits), doubt, disputed.get(row.id, {}), row.kind != "link",
        )  # fmt: skip
    for code in taken_codes(connection):
        events[code] = replace(events.get(code, EventStatus(code)), is_taken=True)
    return Status(version, events)


def _is_in_place_of_a_lost_one() -> ColumnElement[bool]:
    """Return whether a room of ours takes the place of one that is lost, to which the event's link still leads.

    It is to be made, or was made and nobody has decided yet that its link becomes the event's.
    """
    other_link = exists().where(
        ZoomDrift.binding_id == WebinarBinding.id, ZoomDrift.state == "open", ZoomDrift.field == "link"
    )
    return and_(
        WebinarBinding.kind == "managed", Event.registration_url != "", Event.link_wrong_at.is_not(None),
        or_(WebinarBinding.state.in_(("draft", "checking")), other_link),
    )  # fmt: skip


def is_current() -> ColumnElement[bool]:
    """Return whether a binding is the one of its event that counts now."""
    return and_(WebinarBinding.is_primary, WebinarBinding.ended_at.is_(None))
