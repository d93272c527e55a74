"""The stable way to take part: ``/go/<code>`` leads to the registration page, or says plainly why it does not."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template

from wmd.domain.codes import normalise_code
from wmd.domain.programme import EventView, SessionView
from wmd.domain.vocabulary import SessionStatus
from wmd.web.public.page import absolute, here_without_zone, zone_label
from wmd.web.public.registration import Door, registration_of
from wmd.web.reading import read_now, read_programme, read_site, viewer

bp = Blueprint("go", __name__)


@bp.get("/go/<code>")
def go(code: str) -> Response:
    """Redirect to where one takes part in an event or session now; never to a private link."""
    known = normalise_code(code) or ""
    found = read_site().codes.get(known)
    if found is None:
        abort(404)
    programme = read_programme(found[0])
    event = programme.events.get(programme.moved.get(found[1], found[1]))
    if event is None:
        abort(410)
    now = read_now()
    session = next((slot for slot in event.sessions if slot.code == known), None)
    way_in = registration_of(event, now)
    target = _target(event, way_in.door, session)
    if target:
        response = make_response(redirect(target, 302))
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response
    who = viewer(event.sessions[0].zone if event.sessions else programme.edition.zone)
    page = render_template(
        "public/go.html", event=event, edition=programme.edition, programme=programme, registration=way_in,
        session=session, viewer=who, now=now, zone_label=zone_label(who, programme.edition, now),
        next_path=here_without_zone(), canonical_url=absolute(f"/e/{event.code}"), noindex=True,
    )  # fmt: skip
    return make_response(page)


def _target(event: EventView, door: Door, session: SessionView | None) -> str:
    """Return the public address to go to, or ``""`` when there is none now."""
    if session is not None and session.status is not SessionStatus.SCHEDULED:
        return ""
    if door is Door.OPEN:
        return event.registration.url
    if door is Door.FREE:
        return event.registration.url or event.stream_url or event.web_url
    return ""
