"""Zoom accounts of an organisation: connecting one, taking it out, and saying which of its webinars an event is.

Only where the settings name an app that partners connect to; without it none of these addresses exists.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from config import Config
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.findings import N_
from wmd.domain.zoom.answers import RoomKind, RoomListing
from wmd.domain.zoom.calls import Token
from wmd.domain.zoom.faults import AuthLost, Fix, Gone, ZoomFault
from wmd.errors import NotAllowedMoveError
from wmd.gateways import partner_desk_of, partner_user_of, zoom_of
from wmd.gateways.zoom.tokens import TokenDesk
from wmd.models import Organisation, ZoomAccount
from wmd.services.partner_rooms import EventRoom, bind_partner_room, rooms_of
from wmd.services.zoom_consents import Connecting, begin_consent, redeem_consent
from wmd.services.zoom_partners import accounts_of, connect, end_account
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_contact, own_organisation, visitor
from wmd.web.headers import POLICY
from wmd.web.means import commit_published
from wmd.web.names import best_text
from wmd.web.reading import read_now, viewer
from wmd.web.staff.room_words import ACCOUNT_WORDS, BINDING_WORDS

bp = Blueprint("zoom_accounts", __name__)
log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_CHOSEN = re.compile(r"([0-9a-f-]{1,40}):(webinar|meeting):([0-9]{1,18})")
_DONE = {
    "connect": N_("The account is connected. Now say which of its webinars each event is."),
    "disconnect": N_("The account is disconnected, and what came from it is deleted here."),
    "bind": N_("The event takes place in this room: we read it from now on."),
}
_FAULTS = {
    "denied": N_("Nothing was connected: on Zoom’s page you said no."),
    "grant": N_("Zoom does not know this consent any more. Please connect once more."),
    "rights": N_("The app lacks rights on Zoom. Please tell us: we have to add them."),
    "away": N_("Zoom does not answer as it should just now. Please try again in a few minutes."),
}
_STALE = N_("This page was open for too long. Please send it once more.")


def _where_wanted(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
    """Guard a view: without an app for partners there is no such page, for nobody."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
        if not _config().has_zoom_partners:
            abort(404)
        return view(*args, **kwargs)

    return guarded


def _config() -> Config:
    found: Config = current_app.extensions["wmd.config"]
    return found


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


def _desk() -> TokenDesk:
    desk = partner_desk_of(_app())
    return desk if desk is not None else abort(404)


def _own_zone() -> str:
    who = visitor()
    return viewer((who.person.zone if who.person else "") or "UTC").zone


def _place(organisation: Organisation) -> str:
    return f"/organiser/organisations/{organisation.code}/zoom"


def _back_uri() -> str:
    """Return where Zoom sends people back to: to the letter what is entered for the app."""
    return f"{_config().base_url}/organiser/zoom/callback"


def _page(organisation: Organisation, status: int = 200, notice: str = "") -> Response:
    dbs, now = db.session(), read_now()
    fault = _FAULTS.get(request.args.get("fault", ""), "")
    response = make_response(
        render_template(
            "organiser/zoom/show.html", organisation=organisation, here=_place(organisation),
            name=best_text(organisation.names, "en", organisation.language)[0],
            accounts=accounts_of(dbs, organisation.id), rooms=rooms_of(dbs, organisation.id, now=now),
            states=ACCOUNT_WORDS, kinds=BINDING_WORDS, done=_DONE.get(request.args.get("done", ""), ""),
            notice=notice or (gettext(fault) if fault else ""), own_zone=_own_zone(),
        ),
        status,
    )  # fmt: skip
    # Browsers ask this also of where a form is led on to, and the one here leads to Zoom.
    zoom = urlsplit(_desk().oauth_url)
    response.headers["Content-Security-Policy"] = POLICY.replace(
        "form-action 'self'", f"form-action 'self' {zoom.scheme}://{zoom.netloc}"
    )
    return response


@_where_wanted
@for_contact
def _stale(code: str) -> ResponseReturnValue:
    return _page(own_organisation(code), 422, gettext(_STALE))


@bp.get("/organisations/<code>/zoom")
@_where_wanted
@for_contact
def index(code: str) -> ResponseReturnValue:
    """Show the accounts, and which room each event takes place in."""
    return _page(own_organisation(code))


@bp.post("/organisations/<code>/zoom")
@on_stale_form(_stale)
@_where_wanted
@for_contact
def act(code: str) -> ResponseReturnValue:
    """Send somebody to Zoom to connect an account, or take one out."""
    organisation, wanted = own_organisation(code), request.form.get("act", "")
    if wanted == "connect":
        return _go_to_zoom(organisation)
    account = next(
        (row for row in accounts_of(db.session(), organisation.id) if row.id == request.form.get("account")), None
    )
    if wanted != "disconnect" or account is None:
        return _page(organisation, 422, gettext("This account is not connected any more."))
    return _disconnect(organisation, account)


def _go_to_zoom(organisation: Organisation) -> Response:
    who, desk = visitor(), _desk()
    assert who.person is not None  # noqa: S101 -- the guard has seen to it
    assert who.session is not None  # noqa: S101 -- as above
    state, verifier = begin_consent(
        db.session(), person_id=who.person.id, organisation_id=organisation.id, session_id=who.session.id,
        box=current_app.extensions["wmd.secretbox"], now=read_now(),
    )  # fmt: skip
    db.session.commit()
    response = make_response(
        redirect(desk.authorise_url(redirect_uri=_back_uri(), state=state, verifier=verifier), 303)
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _disconnect(organisation: Organisation, account: ZoomAccount) -> Response:
    account_id, place, actor = account.id, _place(organisation), visitor().actor.name
    client = zoom_of(_app(), account_id)
    # Nothing stays open while Zoom is asked.
    db.session.commit()
    try:
        if client is not None:
            client.give_back()
    except ZoomFault as fault:
        # What we hold is deleted all the same; on Zoom's page of apps it can be taken out as well.
        log.info("partner_not_revoked", extra={"account": account_id, "fault": type(fault).__name__})
    row = db.session.get_one(ZoomAccount, account_id, with_for_update=True)
    if row.state != "ended":
        end_account(db.session(), row, "disconnected", actor=actor, mint=Mint(), now=read_now())
    commit_published()
    return redirect(f"{place}?done=disconnect", 303)  # type: ignore[return-value]


@bp.get("/zoom/callback")
@_where_wanted
def callback() -> ResponseReturnValue:
    """Take somebody in who comes back from Zoom.

    Zoom sends browsers here with GET, so that this one may write: it does so only for a state that this very session
    began with, and once. Nothing of the address is kept, logged or led on.
    """
    who, now, box = visitor(), read_now(), current_app.extensions["wmd.secretbox"]
    if who.person is None or who.session is None:
        return redirect("/sign-in?next=/organiser/", 303)
    begun = redeem_consent(
        db.session(), request.args.get("state", ""), person_id=who.person.id, session_id=who.session.id, box=box,
        now=now,
    )  # fmt: skip
    organisation = db.session.get(Organisation, begun.organisation_id) if begun is not None else None
    if begun is None or organisation is None:
        return make_response(render_template("organiser/zoom/not_connected.html"), 400)
    # Whoever answers for it no more since then connects nothing.
    place = _place(own_organisation(organisation.code))
    # The state is used up before Zoom is asked.
    db.session.commit()
    fault = _connect(begun, request.args.get("code", ""))
    return redirect(f"{place}?fault={fault}" if fault else f"{place}?done=connect", 303)


def _connect(begun: Connecting, code: str) -> str:
    """Exchange the code and keep the account; return the key of what went wrong, "" if nothing did."""
    if not 0 < len(code) <= 4096:
        return "denied"
    token: Token | None = None
    try:
        token = _desk().exchange_code(code, redirect_uri=_back_uri(), verifier=begun.verifier)
        user = partner_user_of(_app(), token)
    except ZoomFault as fault:
        if token is not None:
            _revoke(token)
        log.warning("partner_not_connected", extra={"fault": type(fault).__name__, "reason": fault.reason})
        if isinstance(fault, Fix) and fault.scopes:
            return "rights"
        return "grant" if isinstance(fault, AuthLost) else "away"
    box = current_app.extensions["wmd.secretbox"]
    connect(db.session(), begun, token, user, box=box, mint=Mint(), now=read_now())
    commit_published()
    return ""


def _revoke(token: Token) -> None:
    """Give back a token of somebody whom we could not learn: nobody here will ever use it."""
    try:
        _desk().revoke(token.access)
    except ZoomFault as fault:
        log.info("partner_not_revoked", extra={"account": "", "fault": type(fault).__name__})


# Which webinar is it?


def _own_room(organisation: Organisation, event_code: str) -> EventRoom:
    found = rooms_of(db.session(), organisation.id, code=event_code, now=read_now())
    if not found or not found[0].may_pick:
        abort(404)
    return found[0]


def _picking(code: str, event_code: str, status: int = 200, notice: str = "") -> Response:
    organisation = own_organisation(code)
    room = _own_room(organisation, event_code)
    own, others = _own_accounts(organisation)
    shown: dict[str, Any] = {
        "title": room.submission.title, "here": f"{_place(organisation)}/{event_code}", "back": _place(organisation),
        "link": room.event.registration_url, "bound": room.binding.zoom_id if room.binding else "",
        "has_others": others,
    }  # fmt: skip
    # Nothing stays open while Zoom is asked.
    db.session.commit()
    rooms: list[tuple[str, RoomListing]] = []
    for account_id in sorted(own):
        try:
            rooms += [(account_id, each) for each in _listed(account_id)]
        except ZoomFault as fault:
            notice, status = notice or _said(fault), 503 if status == 200 else status
    page = render_template("organiser/zoom/pick.html", rooms=rooms, notice=notice, own_zone=_own_zone(), **shown)
    return make_response(page, status)


def _own_accounts(organisation: Organisation) -> tuple[frozenset[str], bool]:
    """Return the connected accounts whose rooms who asks may see, and whether colleagues have connected others.

    A user's list names all that they hold on Zoom: it is shown to nobody but whom they are.
    """
    who = visitor().person
    rows = [row for row in accounts_of(db.session(), organisation.id) if row.state == "connected"]
    own = frozenset(row.id for row in rows if who is not None and row.connected_by == who.id)
    return own, len(own) < len(rows)


def _listed(account_id: str) -> list[RoomListing]:
    client = zoom_of(_app(), account_id)
    if client is None:
        return []
    rooms = [*client.list_webinars("me"), *client.list_meetings("me")]
    return sorted(rooms, key=lambda room: (room.starts_at is None, room.starts_at or read_now(), room.topic))


def _said(fault: ZoomFault) -> str:
    if isinstance(fault, AuthLost):
        return gettext("Zoom does not let us in any more. Please connect the account again.")
    if isinstance(fault, Fix) and fault.scopes:
        return gettext(_FAULTS["rights"])
    return gettext(_FAULTS["away"])


@_where_wanted
@for_contact
def _stale_pick(code: str, event_code: str) -> ResponseReturnValue:
    return _picking(code, event_code, 422, gettext(_STALE))


@bp.get("/organisations/<code>/zoom/<event_code>")
@_where_wanted
@for_contact
def pick(code: str, event_code: str) -> ResponseReturnValue:
    """Show the webinars of the connected accounts, to say which of them an event is."""
    return _picking(code, event_code)


@bp.post("/organisations/<code>/zoom/<event_code>")
@on_stale_form(_stale_pick)
@_where_wanted
@for_contact
def choose(code: str, event_code: str) -> ResponseReturnValue:
    """Tie an event to the webinar that was chosen."""
    organisation = own_organisation(code)
    _own_room(organisation, event_code)
    chosen = _CHOSEN.fullmatch(request.form.get("room", ""))
    client = zoom_of(_app(), chosen[1]) if chosen and chosen[1] in _own_accounts(organisation)[0] else None
    place = _place(organisation)
    if chosen is None or client is None:
        return _picking(code, event_code, 422, gettext("Choose one of the rooms."))
    db.session.commit()
    try:
        room = client.room(RoomKind(chosen[2]), chosen[3])
    except Gone:
        return _picking(code, event_code, 422, gettext("This room is not there any more. Choose one of the rooms."))
    except ZoomFault as fault:
        return _picking(code, event_code, 503, _said(fault))
    event = _own_room(own_organisation(code), event_code).event
    account = db.session.get_one(ZoomAccount, chosen[1])
    try:
        bind_partner_room(
            db.session(), event, room, account, actor=visitor().actor.name, mint=Mint(), now=read_now()
        )  # fmt: skip
    except NotAllowedMoveError:
        db.session.rollback()
        return _picking(code, event_code, 409, gettext("Somebody has said meanwhile which room it is."))
    commit_published()
    return redirect(f"{place}?done=bind", 303)
