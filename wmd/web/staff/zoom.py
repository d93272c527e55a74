"""The connection to Zoom for staff: whether it holds, what it lacks, what was asked, and two buttons."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from config import Config
from wmd.db import db
from wmd.domain.zoom.faults import ZoomFault
from wmd.gateways import zoom_of
from wmd.services.bindings import resume_account
from wmd.services.zoom_accounts import OWN, connect_again, find_account
from wmd.services.zoom_desk import read_all_now, read_zoom, somebody_to_ask
from wmd.web.guards import for_staff, visitor
from wmd.web.reading import read_now, viewer
from wmd.web.staff import zoom_words
from wmd.web.staff.day import is_there
from wmd.web.staff.room_words import ACCOUNT_WORDS, BINDING_WORDS

bp = Blueprint("zoom", __name__, url_prefix="/zoom")

WEBHOOKS = "/staff/zoom/webhooks"
ROOMS = "/staff/rooms"


def _config() -> Config:
    found: Config = current_app.extensions["wmd.config"]
    return found


@bp.get("")
@for_staff("moderator")
def index() -> ResponseReturnValue:
    """Show how the connection stands."""
    config, now, who = _config(), read_now(), visitor()
    return render_template(
        "staff/zoom/index.html", page=read_zoom(db.session(), plan=config.zoom_plan, now=now), now=now, config=config,
        words=zoom_words, states=BINDING_WORDS, accounts=ACCOUNT_WORDS,
        own_zone=viewer((who.person.zone if who.person else "") or "UTC").zone,
        tried=zoom_words.TRIED.get(request.args.get("tried", "")),
        done=zoom_words.DONE.get(request.args.get("done", "")),
        webhooks=WEBHOOKS if is_there(WEBHOOKS) else "", rooms=ROOMS if is_there(ROOMS) else "",
    )  # fmt: skip


@bp.post("/read")
@for_staff("moderator")
def read() -> ResponseReturnValue:
    """Let every room be read as soon as the job comes by."""
    read_all_now(db.session(), actor=visitor().actor.name, now=read_now())
    db.session.commit()
    return redirect("/staff/zoom?done=read", 303)


@bp.post("/try")
@for_staff("moderator")
def try_it() -> ResponseReturnValue:
    """Ask Zoom for a host, whatever is known against the account; one that is lost, or lacks rights, begins anew."""
    dbs, actor, now = db.session(), visitor().actor.name, read_now()
    account = find_account(dbs, OWN)
    if account is not None and (account.state != "connected" or account.missing_scopes):
        connect_again(dbs, account, actor=actor, now=now)
    host = _config().zoom_host or somebody_to_ask(dbs)
    # Nothing stays open while Zoom is asked: its client writes down what it spends in transactions of its own.
    dbs.commit()
    tried = _ask(host)
    if tried == "works":
        # Rooms that were refused for themselves stay so while their account is connected: nothing else reads them.
        resume_account(dbs, OWN, actor=actor, now=now)
        dbs.commit()
    return redirect(f"/staff/zoom?tried={tried}", 303)


def _ask(host: str) -> str:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    client = zoom_of(app)
    if client is None or not host:
        return "nobody"
    try:
        client.user(host)
    except ZoomFault as fault:
        return zoom_words.tried_key(f"{type(fault).__name__}.{fault.reason}")
    return "works"
