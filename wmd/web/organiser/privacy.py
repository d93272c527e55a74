"""What is kept about who is signed in: to take away as a file, to take consents back, to have it all erased."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_
from wmd.errors import NotAllowedMoveError
from wmd.models import Draft, Person
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.consents import consents_of, withdraw_consent
from wmd.services.drafts import read_typed
from wmd.services.erasure import erase_person
from wmd.services.person_data import person_document
from wmd.services.publishing import Setting
from wmd.services.registration_wishes import said_by
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form, renew_tokens
from wmd.web.erasing import after_erasure
from wmd.web.guards import for_contact, freshly_signed_in, visitor
from wmd.web.reading import read_now
from wmd.web.visitors import Visitor, become

bp = Blueprint("privacy", __name__, url_prefix="/account")

#: What people may consent to, in words.
CONSENT_WORDS = {"news": N_("News about World Metropolitan Day by mail")}
_STALE = N_("This page was open for too long. Please look once more, and send it again.")


def _me() -> Person:
    person = visitor().person
    if person is None:
        abort(404)
    return person


def document_of(person: Person, now: datetime) -> Response:
    """Return everything that is kept about a person as a file."""
    box: SecretBox = current_app.extensions["wmd.secretbox"]

    def typed(draft: Draft) -> object:
        try:
            return read_typed(draft, box) if draft.sealed else {}
        except (SecretBoxError, ValueError):
            # Nobody can read it any more; that it is there is said by the rest of the entry.
            return None

    document = person_document(
        db.session(), person, open_draft=typed, open_answers=lambda row: asdict(said_by(row, box)), now=now
    )
    response = make_response(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=my-data.json"
    response.headers["Cache-Control"] = "no-store"
    return response


def _show(status: int = 200, messages: dict[str, list[str]] | None = None) -> Response:
    page = render_template(
        "organiser/privacy/index.html", consents=consents_of(db.session(), _me().id), words=CONSENT_WORDS,
        messages=messages or {},
    )  # fmt: skip
    return make_response(page, status)


@for_contact
def _stale_page() -> ResponseReturnValue:
    return _show(422, {"": [gettext(_STALE)]})


@bp.get("/privacy")
@for_contact
def index() -> ResponseReturnValue:
    """Show the consents, and the ways to the file and to erasure."""
    return _show()


@bp.get("/data")
@for_contact
def data() -> ResponseReturnValue:
    """Send everything that is kept about who is signed in."""
    return document_of(_me(), read_now())


@bp.post("/consents/withdraw")
@on_stale_form(_stale_page)
@for_contact
def withdraw() -> ResponseReturnValue:
    """Take a consent back."""
    me = _me()
    withdraw_consent(
        db.session(), me.id, request.form.get("kind", "")[:100], actor=visitor().actor.name, now=read_now()
    )
    db.session.commit()
    return redirect("/organiser/account/privacy", 303)


def _show_erase(status: int = 200, message: str = "") -> Response:
    page = render_template("organiser/privacy/erase.html", person=_me(), message=message)
    return make_response(page, status)


@freshly_signed_in
def _stale_erase() -> ResponseReturnValue:
    return _show_erase(422, gettext(_STALE))


@bp.get("/erase")
@freshly_signed_in
def ask_to_erase() -> ResponseReturnValue:
    """Say what erasing means and ask for a confirmation."""
    return _show_erase()


@bp.post("/erase")
@on_stale_form(_stale_erase)
@freshly_signed_in
def erase() -> ResponseReturnValue:
    """Erase who is signed in, when they confirmed it and showed lately that it is them."""
    me, now = _me(), read_now()
    if request.form.get("confirmed") != "yes":
        return _show_erase(422, gettext("Tick the box if you want to be erased."))
    setting: Setting = current_app.extensions["wmd.publishing"]
    try:
        erase_person(db.session(), me, setting, actor=visitor().actor.name, now=now)
    except NotAllowedMoveError:
        db.session.rollback()
        return _show_erase(422, gettext("You are the last administrator: name another one first."))
    db.session.commit()
    after_erasure(me.id, now)
    renew_tokens()
    become(Visitor(), None)
    return redirect("/organiser/account/erased", 303)


@bp.get("/erased")
def erased() -> str:
    """Say that it is done. Whoever comes here is signed out."""
    return render_template("organiser/privacy/erased.html", work_entries=[])
