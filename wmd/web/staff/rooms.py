"""Rooms of events: how they stand, what differs from the programme, and which room an event takes place in."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.zoom.answers import RoomKind, RoomListing
from wmd.domain.zoom.faults import AuthLost, Fix, ZoomFault
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.gateways import zoom_of
from wmd.gateways.zoom.client import ZoomClient
from wmd.models import Event, ZoomDrift
from wmd.services.bindings import bind_room, check_again, read_now, unbind
from wmd.services.desk_item import names_of
from wmd.services.hiding import find_event
from wmd.services.moderation import DecidedMeanwhileError
from wmd.services.room_attendance import attendance_of
from wmd.services.room_decisions import keep_ours, said_by_organisers, send_ours, take_theirs
from wmd.services.room_differences import FIELDS, REGISTRATION
from wmd.services.room_finding import MOST_OPENED, Found, find_room, next_start
from wmd.services.room_list import PAGE, RoomView, find_room_view, list_rooms, titles_of
from wmd.services.states import audit
from wmd.services.zoom_accounts import OWN
from wmd.web import reading
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_staff, visitor
from wmd.web.means import commit_published, means
from wmd.web.room_sides import shown_drifts
from wmd.web.staff.room_words import BINDING_WORDS, TAKES
from wmd.web.words import moment

bp = Blueprint("rooms", __name__, url_prefix="/rooms")

_SHOWS = ("wanting", "read", "link", "all")
_MOST_PAGES = 1000
#: Buttons that decide on a difference.
_DECIDED = ("take", "keep", "send")
_LISTED = re.compile(r"(webinar|meeting):([0-9]{1,18})")


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """List rooms of events to come, those that want a look first."""
    show = request.args.get("show", "all")
    show = show if show in _SHOWS else "all"
    page = min(_MOST_PAGES, max(1, request.args.get("page", 1, type=int)))
    rows, total = list_rooms(db.session(), actor=visitor().actor, only=show, page=page, now=reading.read_now())
    pages = max(1, -(-total // PAGE))
    return render_template(
        "staff/rooms/list.html", rows=rows, total=total, show=show, page=page, pages=pages, words=BINDING_WORDS,
        fields=FIELDS,
    )  # fmt: skip


@bp.get("/<binding_id>")
@for_staff("reader")
def show(binding_id: str) -> ResponseReturnValue:
    """Show one room: ours and Zoom's side by side."""
    return _page(_mine(binding_id))


def _mine(binding_id: str) -> RoomView:
    found = find_room_view(db.session(), binding_id, actor=visitor().actor)
    return found if found is not None else abort(404)


def _page(view: RoomView, status: int = 200, notices: list[str] | None = None) -> Response:
    who = visitor()
    said = said_by_organisers(db.session(), [row.id for row in view.drifts])
    page = render_template(
        "staff/rooms/show.html", room=view, drifts=shown_drifts(view, said), words=BINDING_WORDS,
        notices=notices or [], may_act=who.actor.role != "reader", has_zoom=zoom_of(current_app) is not None,
        is_done=request.args.get("done", ""), registrations=REGISTRATION,
        attendance=attendance_of(db.session(), view.event.id),
        takes={name: gettext(words) for name, words in TAKES.items()},
    )  # fmt: skip
    return make_response(page, status)


def _stale(binding_id: str) -> Response:
    return _page(_mine(binding_id), 422, [gettext("This page was open for too long. Please send it once more.")])


@bp.post("/<binding_id>")
@on_stale_form(_stale)
@for_staff("moderator")
def act(binding_id: str) -> ResponseReturnValue:
    """Decide on a difference, have the room read now, or let it be a link alone."""
    view, what = _mine(binding_id), request.form.get("act", "")
    if view.binding.ended_at is not None:
        return _page(view, 409, [gettext("This room was let go meanwhile: another stands in its place.")])
    try:
        done = _do(view, what)
    except InvalidContentError as error:
        db.session.rollback()
        said = [text for texts in messages_of(error.findings).values() for text in texts]
        return _page(_mine(binding_id), 422, said)
    except (NotAllowedMoveError, DecidedMeanwhileError):
        db.session.rollback()
        view = _mine(binding_id)
        words = gettext("Somebody has changed or decided it meanwhile. This is how it stands now.")
        return _page(view, 409, [_decided(view) or words])
    if not done:
        words = _decided(view) if what in _DECIDED else ""
        return _page(view, 409 if words else 422, [words or gettext("Please choose one of the buttons.")])
    commit_published()
    target = "/staff/rooms" if what == "unbind" else f"/staff/rooms/{binding_id}"
    return redirect(f"{target}?done={what}", 303)


def _decided(view: RoomView) -> str:
    """Return who decided on the pressed difference, what and when; blank where it is open, or none of this room."""
    dbs = db.session()
    drift = dbs.get(ZoomDrift, request.form.get("drift", ""))
    if drift is None or drift.binding_id != view.binding.id or drift.closed_at is None:
        return ""
    facts = {
        "who": names_of(dbs, [drift.closed_by or ""]).get(drift.closed_by or "") or gettext("Somebody"),
        "what": gettext(FIELDS[drift.field]), "moment": moment(drift.closed_at, "UTC"),
    }  # fmt: skip
    if drift.state == "theirs":
        return gettext("%(who)s took over what Zoom says (%(what)s), %(moment)s. This is how it stands now.", **facts)
    if drift.state == "ours":
        return gettext("%(who)s decided that ours stays (%(what)s), %(moment)s. This is how it stands now.", **facts)
    return gettext("The difference went by itself (%(what)s), %(moment)s. This is how it stands now.", **facts)


def _do(view: RoomView, what: str) -> bool:
    """Do what was pressed; tell whether it was one of the buttons."""
    dbs, now, actor, binding = db.session(), reading.read_now(), visitor().actor, view.binding
    if what == "sync" and binding.kind != "link":
        if binding.state == "auth_lost":
            check_again(binding, now=now)
        read_now(binding, now=now)
        audit(dbs, actor=actor.name, action="sync-room", kind="binding", subject_id=binding.id, now=now)
        return True
    if what == "unbind":
        unbind(dbs, binding, actor=actor.name, mint=Mint(), now=now)
        return True
    drift = next((row for row in view.drifts if row.id == request.form.get("drift")), None)
    if drift is None:
        return False
    if what == "take":
        take_theirs(dbs, binding, drift, means(), actor=actor, now=now)
    elif what == "keep":
        keep_ours(dbs, binding, drift, actor=actor, now=now)
    elif what == "send":
        send_ours(dbs, binding, drift, actor=actor, now=now)
    return what in {"take", "keep", "send"}


@bp.get("/pick/<code>")
@for_staff("moderator")
def pick(code: str) -> ResponseReturnValue:
    """Show the webinars of our account, to say which of them an event takes place in."""
    return _picking(_event(code))


def _event(code: str) -> Event:
    found = find_event(db.session(), code)
    if found is None or not visitor().actor.may_see(found.region, found.language):
        abort(404)
    return found


def _picking(event: Event, status: int = 200, notice: str = "") -> Response:
    dbs = db.session()
    title = titles_of(dbs, [event]).get(event.id, event.code)
    facts = {"code": event.code, "link": event.registration_url, "edition_id": event.edition_id}
    client, rooms = zoom_of(current_app), list[RoomListing]()
    if client is not None:
        # Nothing of ours stays open while Zoom is asked.
        dbs.commit()
        try:
            rooms = _rooms_of(client)
        except ZoomFault as fault:
            notice, status = notice or _said(fault), 503 if status == 200 else status
    page = render_template(
        "staff/rooms/pick.html", event=facts, title=title, rooms=rooms, notice=notice, has_zoom=client is not None
    )
    return make_response(page, status)


def _rooms_of(client: ZoomClient) -> list[RoomListing]:
    host = current_app.extensions["wmd.config"].zoom_host
    if not host:
        return []
    rooms = [*client.list_webinars(host), *client.list_meetings(host)]
    last = max((room.starts_at for room in rooms if room.starts_at), default=None)
    return sorted(rooms, key=lambda room: (room.starts_at or last or reading.read_now(), room.topic))


def _said(fault: ZoomFault) -> str:
    if isinstance(fault, AuthLost):
        return gettext("Zoom does not let us in. An administrator has to look at the connection.")
    if isinstance(fault, Fix) and fault.scopes:
        return gettext("The app on Zoom lacks rights: %(scopes)s", scopes=", ".join(fault.scopes))
    return gettext("Zoom does not answer as it should just now. Please try again in a few minutes.")


def _stale_pick(code: str) -> Response:
    return _picking(_event(code), 422, gettext("This page was open for too long. Please send it once more."))


@bp.post("/pick/<code>")
@on_stale_form(_stale_pick)
@for_staff("moderator")
def choose(code: str) -> ResponseReturnValue:
    """Tie an event to the webinar that was chosen, or to the one that its link belongs to."""
    event = _event(code)
    client, chosen = zoom_of(current_app), _LISTED.fullmatch(request.form.get("room", ""))
    if client is None or not (chosen or request.form.get("find")):
        return _picking(event, 422, gettext("Choose one of the rooms."))
    link, now, actor = event.registration_url, reading.read_now(), visitor().actor.name
    near = next_start(db.session(), event.id, now=now)
    db.session.commit()
    try:
        found = Found(client.room(RoomKind(chosen[1]), chosen[2])) if chosen else _found(client, link, near)
    except ZoomFault as fault:
        return _picking(_event(code), 503, _said(fault))
    if found.room is None and not found.is_whole:
        words = gettext("Not found among the %(num)d rooms nearest in time: choose it from the list.", num=MOST_OPENED)
        return _picking(_event(code), 422, words)
    if found.room is None:
        return _picking(_event(code), 422, gettext("The link of the event is of no room in our account."))
    try:
        binding = bind_room(
            db.session(), _event(code), found.room, kind="lookup", account_id=OWN, actor=actor, mint=Mint(), now=now
        )
    except NotAllowedMoveError:
        db.session.rollback()
        return _picking(_event(code), 409, gettext("The event is not listed, or its room was made by us."))
    commit_published()
    return redirect(f"/staff/rooms/{binding.id}?done=bind", 303)


def _found(client: ZoomClient, link: str, near: datetime | None) -> Found:
    return find_room(client, current_app.extensions["wmd.config"].zoom_host, link, near)
