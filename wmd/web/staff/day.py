"""The day-of desk: what is on, what comes next, whether people get in, and whom to call."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.change_notes import KIND_LABELS
from wmd.models import Event
from wmd.services.day_desk import LATER, NEXT, find_shown, read_day
from wmd.services.link_state import mark_link
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.means import commit_published
from wmd.web.reading import read_now, viewer
from wmd.web.staff import day_words

bp = Blueprint("day", __name__, url_prefix="/day")

#: How often the page is read anew.
REFRESH_S = 60
#: Where an event's room is looked after.
ROOMS = "/staff/rooms"


def _show(status: int = 200, notice: str = "") -> Response:
    dbs, now, who = db.session(), read_now(), visitor()
    day = read_day(dbs, actor=who.actor, now=now)
    zone = viewer((who.person.zone if who.person else "") or day.zone).zone
    shown = render_template(
        "staff/day/index.html", notice=notice, day=day, now=now, own_zone=zone, words=day_words, kinds=KIND_LABELS,
        hours=int(NEXT.total_seconds() // 3600), most_hours=int(LATER.total_seconds() // 3600), refresh_s=REFRESH_S,
        may_act=who.actor.role != "reader", rooms=ROOMS if is_there(ROOMS) else "",
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """Show what is on and what comes."""
    return _show()


def is_there(path: str) -> bool:
    """Whether a page has this address."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, method="GET")


def shown_event(code: str) -> Event:
    """Return a listed event that who asks may see as staff, or answer 404."""
    found = find_shown(db.session(), code, visitor().actor)
    if found is None:
        abort(404)
    return found


@for_staff("moderator")
def _stale(code: str) -> Response:
    shown_event(code)
    return _show(422, gettext("This page was open for too long. Please press it once more."))


@bp.post("/<code>/link")
@on_stale_form(_stale)
@for_staff("moderator")
def link(code: str) -> ResponseReturnValue:
    """Say on an event's page that its link is known to be wrong, or take that back."""
    event = shown_event(code)
    said = request.form.get("link", "")
    if said not in {"wrong", "works"}:
        abort(400)
    mark_link(db.session(), event, wrong=said == "wrong", actor=visitor().actor.name, now=read_now())
    commit_published()
    return redirect(f"/staff/day#e-{code}", 303)
