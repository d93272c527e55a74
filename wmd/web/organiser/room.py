"""The room of an event, for its organiser: how it stands, what differs from the programme, and which is right."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from config import Config
from wmd.db import db
from wmd.errors import NotAllowedMoveError
from wmd.models import Event, Organisation, Submission
from wmd.services.bindings import standing_binding
from wmd.services.room_decisions import can_send_own, propose_theirs, said_by_organisers, send_own, uphold_ours
from wmd.services.room_list import RoomView, room_view
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_contact, own_submission, visitor
from wmd.web.means import commit_published, means
from wmd.web.reading import read_now
from wmd.web.room_sides import shown_drifts

bp = Blueprint("room", __name__, url_prefix="/submissions/<submission_id>/room")


class Own(NamedTuple):
    """A listed event of who asks, with its room if it has one."""

    submission: Submission
    event: Event
    room: RoomView | None


def _own(submission_id: str) -> Own:
    submission, dbs = own_submission(submission_id), db.session()
    event = dbs.get(Event, submission.event_id)
    if event is None:
        abort(404)
    binding = standing_binding(dbs, event.id)
    return Own(submission, event, room_view(dbs, binding, event) if binding is not None else None)


def _zoom_path(submission: Submission) -> str:
    """Return where its organisation connects a Zoom account of its own; a blank where partners cannot."""
    config: Config = current_app.extensions["wmd.config"]
    if not config.has_zoom_partners or submission.organisation_id is None:
        return ""
    organisation = db.session().get(Organisation, submission.organisation_id)
    return f"/organiser/organisations/{organisation.code}/zoom" if organisation else ""


def _page(own: Own, status: int = 200, notice: str = "") -> Response:
    dbs, shown, drifts = db.session(), [], own.room.drifts if own.room else []
    if own.room is not None:
        said = said_by_organisers(dbs, [row.id for row in drifts])
        may_send = partial(can_send_own, dbs, own.room.binding, actor=visitor().actor, now=read_now())
        shown = shown_drifts(own.room, said, may_send)
    page = render_template(
        "organiser/room/show.html", own=own, submission=own.submission, room=own.room, drifts=shown, notice=notice,
        done=request.args.get("done", ""), zoom_path=_zoom_path(own.submission),
    )  # fmt: skip
    return make_response(page, status)


@bp.get("")
@for_contact
def index(submission_id: str) -> ResponseReturnValue:
    """Show the room."""
    return _page(_own(submission_id))


@for_contact
def _stale(submission_id: str) -> ResponseReturnValue:
    return _page(_own(submission_id), 422, gettext("This page was open for too long. Please send it once more."))


@bp.post("")
@on_stale_form(_stale)
@for_contact
def answer(submission_id: str) -> ResponseReturnValue:
    """Hand in what Zoom says, say that the programme is right, or have a room of one's own moved to its time."""
    own, said = _own(submission_id), request.form.get("answer", "")
    drifts = own.room.drifts if own.room else []
    drift = next((row for row in drifts if row.id == request.form.get("drift")), None)
    if own.room is None or drift is None or said not in {"theirs", "ours", "send"}:
        words = gettext("This was decided meanwhile, or Zoom says something else now. This is how it stands.")
        return _page(own, 422, words)
    dbs, actor, now = db.session(), visitor().actor, read_now()
    try:
        if said == "theirs":
            propose_theirs(dbs, own.room.binding, drift, means(), actor=actor, now=now)
        elif said == "send":
            send_own(dbs, own.room.binding, drift, actor=actor, now=now)
        else:
            uphold_ours(dbs, drift, actor=actor, now=now)
    except NotAllowedMoveError:
        db.session.rollback()
        words = gettext("This was decided meanwhile, or Zoom says something else now. This is how it stands.")
        return _page(_own(submission_id), 409, words)
    commit_published()
    return redirect(f"/organiser/submissions/{submission_id}/room?done={said}", 303)
