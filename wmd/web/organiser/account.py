"""One's own account: name, language, zone, mail address, and the sessions that are open."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import Person, WebSession
from wmd.secretbox import SecretBox
from wmd.services.accounts import LANGUAGES, ask_for_address, change_profile, end_other_sessions
from wmd.services.contacts import organisations_of
from wmd.services.mail_texts import Press
from wmd.services.rate_limits import SIGN_IN_BY_ADDRESS, SIGN_IN_BY_NETWORK
from wmd.services.web_sessions import end_sessions, sessions_of
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_contact, freshly_signed_in
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.names import language_name
from wmd.web.organiser.options import zone_choices
from wmd.web.reading import read_now
from wmd.web.visitors import Visitor, become, visitor

bp = Blueprint("account", __name__, url_prefix="/account")

Messages = dict[str, list[str]]


def _me() -> tuple[Person, WebSession]:
    who = visitor()
    if who.person is None or who.session is None:
        abort(403)
    return who.person, who.session


def _press() -> Press:
    found: Press = current_app.extensions["wmd.press"]
    return found


def show_account(status: int = 200, messages: Messages | None = None) -> Response:
    """Return the page, with what was typed."""
    person, session = _me()
    is_staff = visitor().staff is not None
    typed = {name: request.form.get(name, getattr(person, name)) for name in ("name", "language", "zone")}
    return make_response(
        render_template(
            "organiser/account/show.html", person=person, typed=typed, messages=messages or {}, is_staff=is_staff,
            sessions=sessions_of(db.session(), person.id, is_staff=is_staff, now=read_now()), present=session,
            organisations=organisations_of(db.session(), person.id),
            zones=zone_choices(typed["zone"]),
            languages=[(code, language_name(code)) for code in LANGUAGES],
            mail_languages=", ".join(language_name(code) for code in LANGUAGES if _press().speaks(code)),
            zone=person.zone or "UTC",
        ),
        status,
    )  # fmt: skip


@for_contact
def _stale() -> ResponseReturnValue:
    return show_account(422, {"name": [gettext("This page was open for too long. Please save once more.")]})


@bp.get("")
@for_contact
def show() -> ResponseReturnValue:
    """Show the account."""
    return show_account()


@bp.post("")
@on_stale_form(_stale)
@for_contact
def change() -> ResponseReturnValue:
    """Change name, language and zone."""
    person, _ = _me()
    form = request.form
    try:
        change_profile(
            db.session(), person, name=form.get("name", ""), language=form.get("language", ""),
            zone=form.get("zone", ""), now=read_now(),
        )  # fmt: skip
    except InvalidContentError as error:
        db.session.rollback()
        return show_account(422, messages_of(error.findings))
    db.session.commit()
    return redirect("/organiser/account", 303)


@bp.post("/sessions/<session_id>/end")
@for_contact
def end_one(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    person, session = _me()
    mine = session_id == session.id
    ended = end_sessions(db.session(), person.id, now=read_now(), only=session_id)
    db.session.commit()
    if not ended:
        abort(404)
    if mine:
        become(Visitor(), None)
        return redirect("/", 303)
    return redirect("/organiser/account", 303)


@bp.post("/sessions/end-others")
@for_contact
def end_others() -> ResponseReturnValue:
    """End all sessions but this one, and every mailed link that was not used."""
    person, session = _me()
    end_other_sessions(db.session(), person.id, session.id, now=read_now())
    db.session.commit()
    return redirect("/organiser/account", 303)


def show_address(status: int = 200, messages: Messages | None = None, *, sent: bool = False) -> Response:
    """Return the page that asks for a new address."""
    person, _ = _me()
    typed = request.form.get("address", "")
    return make_response(
        render_template(
            "organiser/account/address.html", person=person, typed=typed, messages=messages or {}, sent=sent
        ),
        status,
    )


@freshly_signed_in
def _stale_address() -> ResponseReturnValue:
    return show_address(422, {"address": [gettext("This page was open for too long. Please send it once more.")]})


@bp.get("/address")
@freshly_signed_in
def address() -> ResponseReturnValue:
    """Ask for a new address."""
    return show_address(sent="sent" in request.args)


@bp.post("/address")
@on_stale_form(_stale_address)
@freshly_signed_in
def change_address() -> ResponseReturnValue:
    """Mail a link to the new address."""
    person, _ = _me()
    box: SecretBox = current_app.extensions["wmd.secretbox"]
    if seconds := wait_s((SIGN_IN_BY_ADDRESS, f"change {person.id}"), (SIGN_IN_BY_NETWORK, this_network())):
        words = gettext("You asked many times. Please wait %(minutes)d minutes.", minutes=-(-seconds // 60))
        return too_many(show_address(429, {"address": [words]}), seconds)
    try:
        ask_for_address(db.session(), person, request.form.get("address", ""), box=box, now=read_now())
    except InvalidContentError as error:
        db.session.rollback()
        return show_address(422, messages_of(error.findings))
    db.session.commit()
    return redirect("/organiser/account/address?sent", 303)
