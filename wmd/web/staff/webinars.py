"""A webinar of our own account for an event: whether one can be made, pressing the button, and how it stands."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from config import Config
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.errors import NotAllowedMoveError
from wmd.gateways import zoom_of
from wmd.models import Event
from wmd.services.bindings import standing_binding
from wmd.services.day_desk import title_of
from wmd.services.managed_rooms import coming_dates, make_webinar, why_not
from wmd.services.room_pushes import FAULTS, waiting_pushes
from wmd.services.zoom_accounts import own_account
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.reading import read_now, viewer
from wmd.web.staff.day import shown_event
from wmd.web.staff.room_words import BINDING_WORDS, PUSH_WORDS

bp = Blueprint("webinars", __name__, url_prefix="/webinars/<code>")


def has_own_account() -> bool:
    """Whether webinars can be made at all: the settings name an app, and a host."""
    config: Config = current_app.extensions["wmd.config"]
    return bool(config.zoom_host) and zoom_of(current_app) is not None


def _event(code: str) -> Event:
    event = shown_event(code)
    if not has_own_account():
        abort(404)
    return event


def _show(event: Event, status: int = 200, notice: str = "") -> Response:
    dbs, who, now = db.session(), visitor(), read_now()
    binding = standing_binding(dbs, event.id)
    made = binding if binding is not None and binding.kind == "managed" else None
    reason = why_not(dbs, event, now=now)
    page = render_template(
        "staff/webinars/show.html", event=event, title=title_of(dbs, event), binding=made, notice=notice,
        reason=gettext(reason) if reason else "", dates=coming_dates(dbs, event.id, now=now),
        pushes=waiting_pushes(dbs, made.id) if made else [], faults=FAULTS, words=BINDING_WORDS, acts=PUSH_WORDS,
        zone=viewer((who.person.zone if who.person else "") or "UTC").zone, is_done=request.args.get("done") == "made",
    )  # fmt: skip
    return make_response(page, status)


@bp.get("")
@for_staff("moderator")
def show(code: str) -> ResponseReturnValue:
    """Show whether a webinar can be made, or how it stands."""
    return _show(_event(code))


@for_staff("moderator")
def _stale(code: str) -> Response:
    return _show(_event(code), 422, gettext("This page was open for too long. Please send it once more."))


@bp.post("")
@on_stale_form(_stale)
@for_staff("moderator")
def make(code: str) -> ResponseReturnValue:
    """Have a webinar made; a job does it within a minute."""
    event, dbs, now = _event(code), db.session(), read_now()
    config: Config = current_app.extensions["wmd.config"]
    own_account(dbs, config.zoom_account_id, now=now)
    try:
        make_webinar(dbs, event, actor=visitor().actor.name, mint=Mint(), now=now)
    except NotAllowedMoveError:
        dbs.rollback()
        return _show(_event(code), 409, gettext("No webinar was made."))
    dbs.commit()
    return redirect(f"/staff/webinars/{event.code}?done=made", 303)
