"""The stable way to take part: ``/go/<code>`` leads to the registration page, or says plainly why it does not."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request

from wmd.db import db
from wmd.domain.codes import normalise_code
from wmd.domain.programme import EventView, Programme, SessionView
from wmd.domain.status import NOTHING, EventStatus
from wmd.domain.vocabulary import SessionStatus
from wmd.services.rooms import room_for
from wmd.services.visits import line_of
from wmd.web.means import secret_box
from wmd.web.public import addresses
from wmd.web.public.arguments import named_zone
from wmd.web.public.events import taking_its_place
from wmd.web.public.page import absolute, demo_kind, here_without_zone
from wmd.web.public.registration import Door, Registration, open_address, registration_of
from wmd.web.public.rows import Eyes
from wmd.web.public.ticket import dispute_words, ticket_of
from wmd.web.published import HEAD_KEY
from wmd.web.reading import not_ready, read_now, read_programme, read_site, read_status, viewer

bp = Blueprint("go", __name__)


@bp.get("/go/<code>")
def go(code: str) -> Response:
    """Redirect to where one takes part in an event or session now; into a room only who has a place in it (``t``)."""
    known = normalise_code(code) or ""
    found = read_site().codes.get(known)
    if found is None:
        abort(404)
    programme = read_programme(found[0])
    event = taking_its_place(programme, found[1])
    if event is None:
        if found[1] in programme.hidden:
            abort(410)
        # The site knows it already, the programme is about to.
        not_ready()
    now = read_now()
    session = next((slot for slot in event.sessions if slot.code == known), None)
    status = read_status().of(event.code)
    if "t" in request.args and (door := _own_door(programme, event, session, status, now)) is not None:
        return door
    way_in = way_into(event, session, now, status)
    target = _target(event, way_in.door)
    _count(session.code if session else event.code, "registration" if target else "page", now)
    if target:
        response = make_response(redirect(target, 302))
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response
    named_zone(programme)
    slots = (session,) if session else event.sessions
    who = viewer(slots[0].zone if slots else programme.edition.zone)
    page = render_template(
        "public/go.html", event=event, edition=programme.edition, programme=programme, registration=way_in,
        one_date=session is not None and len(event.sessions) > 1, viewer=who, now=now,
        disputed=dispute_words(event, status, Eyes(who.zone, who.language, now)),
        event_url=addresses.event(programme.edition.slug, event),
        programme_url=addresses.programme(programme.edition.slug),
        demo=demo_kind(programme.edition, (programme,)), next_path=here_without_zone(),
        canonical_url=absolute(addresses.short(event.code)), noindex=True,
    )  # fmt: skip
    return make_response(page)


def _own_door(
    programme: Programme, event: EventView, session: SessionView | None, status: EventStatus, now: datetime
) -> Response | None:
    """Return what somebody with a place in an event finds behind their own link; None where it is none, or over.

    From a quarter of an hour before the start it leads into the room; before, to a page that says when. Nobody is led
    into a room that is gone.
    """
    coming = [slot for slot in event.sessions if slot.ends_at > now and slot.status is SessionStatus.SCHEDULED]
    slot = session or next(iter(coming), None)
    room = room_for(db.session(), secret_box(), request.args["t"], slot.code, now=now) if slot is not None else None
    if slot is None or room is None:
        return None
    is_gone = status.is_renewing and (status.is_room or (bool(room.url) and room.url == event.registration.url))
    leads_in = bool(room.url) and not is_gone
    _count(slot.code, "room" if leads_in else "page", now)
    if leads_in:
        response = make_response(redirect(room.url, 302))
    else:
        who = viewer(room.zone)
        response = make_response(
            render_template(
                "public/waiting_room.html", event=event, edition=programme.edition, viewer=who, now=now, room=room,
                ticket=ticket_of(
                    event, programme, Eyes(who.zone, who.language, now, is_own=True), status
                ),
                is_renewing=is_gone,
                is_open=now >= room.opens_at, event_url=addresses.event(programme.edition.slug, event), noindex=True,
                again=request.full_path, demo=demo_kind(programme.edition, (programme,)), next_path="/",
            )
        )  # fmt: skip
        response.headers["Refresh"] = str(min(300, max(20, int((room.opens_at - now).total_seconds()) + 1)))
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _count(code: str, way: str, now: datetime) -> None:
    """Note that somebody came, without a trace of who. The line is written elsewhere and later (``services/visits``).

    Not for HEAD, nor for a browser that only looks ahead (``Sec-Purpose``, https://fetch.spec.whatwg.org/#sec-purpose).
    """
    looks = HEAD_KEY in request.environ or request.headers.get("Sec-Purpose", "").startswith("prefetch")
    if request.method == "GET" and not looks:
        current_app.extensions["wmd.visits"](line_of(code, way, now))


def way_into(
    event: EventView, session: SessionView | None, now: datetime, status: EventStatus = NOTHING
) -> Registration:
    """Return how the way into an event stands at ``now``, or into one session of it: that one may be over or off."""
    if session is not None:
        if session.status is SessionStatus.CANCELLED:
            return Registration(Door.CANCELLED)
        if session.status is SessionStatus.POSTPONED:
            return Registration(Door.POSTPONED)
        if session.ends_at <= now:
            return Registration(Door.OVER)
    return registration_of(event, now, status)


def _target(event: EventView, door: Door) -> str:
    """Return the public address to go to, or ``""`` when there is none now."""
    if door is Door.OPEN:
        return event.registration.url or addresses.register(event.code)
    if door is Door.FREE:
        return open_address(event)
    return ""
