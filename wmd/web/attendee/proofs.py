"""Acts that a borrowed link must not do: each is asked for on one's page, and done by a button in a fresh mail."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.services.accounts import ask_for_address
from wmd.services.erasure import erase_attendee, is_only_attendee
from wmd.services.people import masked
from wmd.services.proofs import ACTS, Act, Proof, ask_for_proof, look_at_proof, use_proof
from wmd.services.publishing import Setting
from wmd.services.rate_limits import FOLLOW_BY_NETWORK
from wmd.web.attendee.answers import private
from wmd.web.attendee.asked import to_asked
from wmd.web.attendee.own_page import show_page
from wmd.web.attendee.owners import owner_of
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.erasing import after_erasure
from wmd.web.findings import messages_of
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.means import secret_box
from wmd.web.organiser.privacy import document_of
from wmd.web.reading import read_now

bp = Blueprint("proofs", __name__)

_NAMES: Final[dict[str, Act]] = {str(act): act for act in ACTS}


def _stale(token: str) -> Response:
    words = gettext("This page was open for too long. Please send it once more.")
    return show_page(owner_of(token), 422, {"": [words]})


@bp.post("/me/<token>/proof")
@on_stale_form(_stale)
def ask(token: str) -> ResponseReturnValue:
    """Mail the button for an act to the address that is known."""
    owner = owner_of(token)
    act = _NAMES.get(request.form.get("act", ""))
    if act is None:
        abort(400)
    if seconds := wait_s((FOLLOW_BY_NETWORK, this_network())):
        words = gettext("You asked many times. Please wait %(minutes)d minutes.", minutes=-(-seconds // 60))
        return too_many(show_page(owner_of(token), 429, {act: [words]}), seconds)
    dbs = db.session()
    typed = request.form.get("address", "")
    try:
        ask_for_proof(dbs, owner.attendee, act, address=typed, box=secret_box(), now=read_now())
    except InvalidContentError as error:
        dbs.rollback()
        return show_page(owner_of(token), 422, messages_of(error.findings))
    dbs.commit()
    return private(make_response(redirect(f"{owner.path}?done=proof#said", 303)))


def show_proof(secret: str, status: int = 200, message: str = "") -> Response:
    """Return what will be done and a button, or why the link works no more."""
    proof = look_at_proof(db.session(), secret, box=secret_box(), now=read_now())
    if proof.standing != "good" or proof.person is None or proof.act is None:
        page = render_template("attendee/proof_worn.html", standing=proof.standing, noindex=True)
        return private(make_response(page, 410))
    whole = proof.act == "erase" and is_only_attendee(db.session(), proof.person)
    page = render_template(
        "attendee/proof.html", act=proof.act, secret=secret, address=masked(proof.person.address),
        new_address=proof.address, message=message, whole=whole, noindex=True,
    )  # fmt: skip
    return private(make_response(page, status))


@bp.get("/me/proof/<secret>")
def proof(secret: str) -> Response:
    """Show what will be done; nothing is used up by looking."""
    return show_proof(secret)


@bp.post("/me/proof/<secret>")
@on_stale_form(lambda secret: show_proof(secret, 422, gettext("Please press the button once more.")))
def do(secret: str) -> ResponseReturnValue:
    """Do what was asked for, once."""
    dbs, now = db.session(), read_now()
    found = use_proof(dbs, secret, box=secret_box(), now=now)
    if found is None or found.person is None:
        dbs.rollback()
        return show_proof(secret)
    if found.act == "erase":
        return _erase(found)
    if found.act == "address":
        ask_for_address(dbs, found.person, found.address, box=secret_box(), now=now)
        dbs.commit()
        return to_asked(found.address, "move")
    answer = document_of(found.person, now)
    dbs.commit()
    return private(answer)


def _erase(found: Proof) -> ResponseReturnValue:
    dbs, now = db.session(), read_now()
    setting: Setting = current_app.extensions["wmd.publishing"]
    if found.person is None:
        abort(410)
    person_id = found.person.id
    try:
        wholly = erase_attendee(dbs, found.person, setting, actor=f"person:{person_id}", now=now)
    except NotAllowedMoveError:
        dbs.rollback()
        abort(409)
    dbs.commit()
    if wholly:
        after_erasure(person_id, now)
    return redirect("/me/erased", 303)


@bp.get("/me/erased")
def erased() -> str:
    """Say that it is done."""
    return render_template("attendee/erased.html", noindex=True)
