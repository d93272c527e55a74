"""People whom the service knows, for administrators: found, given what is kept about them, erased when they ask."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_
from wmd.errors import NotAllowedMoveError
from wmd.models import Person
from wmd.services.bounces import silent_people
from wmd.services.delivery import address_digest
from wmd.services.erasure import erase_person
from wmd.services.person_search import search_people
from wmd.services.publishing import Setting
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.erasing import after_erasure
from wmd.web.guards import for_staff, visitor
from wmd.web.organiser.privacy import document_of
from wmd.web.reading import read_now

bp = Blueprint("persons", __name__, url_prefix="/persons")

_STALE = N_("This page was open for too long. Please look once more, and send it again.")


def _person(person_id: str) -> Person:
    found = db.session().get(Person, person_id)
    if found is None or found.erased_at is not None:
        abort(404)
    return found


@bp.get("")
@for_staff("administrator")
def index() -> str:
    """Find people by name or address."""
    text = request.args.get("q", "")[:200].replace("\0", "")
    found = search_people(db.session(), text)
    return render_template(
        "staff/persons/index.html", q=text, found=found, is_done=request.args.get("done") == "erased"
    )


def _show_one(person_id: str, status: int = 200, message: str = "") -> Response:
    person = _person(person_id)
    found = next(iter(search_people(db.session(), person.id)), None)
    silent = silent_people(db.session(), [person], address_digest(str(current_app.config["SECRET_KEY"])))
    page = render_template(
        "staff/persons/one.html", person=person, found=found, message=message, silent_since=silent.get(person.id)
    )
    return make_response(page, status)


@bp.get("/<person_id>")
@for_staff("administrator", fresh=True)
def one(person_id: str) -> ResponseReturnValue:
    """Show one person, with the file for them and the form that erases."""
    return _show_one(person_id)


@bp.get("/<person_id>/data")
@for_staff("administrator", fresh=True)
def data(person_id: str) -> ResponseReturnValue:
    """Send everything that is kept about a person, for who asked for it by mail."""
    return document_of(_person(person_id), read_now())


@for_staff("administrator", fresh=True)
def _stale_one(person_id: str) -> ResponseReturnValue:
    return _show_one(person_id, 422, gettext(_STALE))


@bp.post("/<person_id>/erase")
@on_stale_form(_stale_one)
@for_staff("administrator", fresh=True)
def erase(person_id: str) -> ResponseReturnValue:
    """Erase a person who asked for it."""
    person, now = _person(person_id), read_now()
    if request.form.get("confirmed") != "yes":
        return _show_one(person_id, 422, gettext("Tick the box: it cannot be undone."))
    setting: Setting = current_app.extensions["wmd.publishing"]
    try:
        erase_person(db.session(), person, setting, actor=visitor().actor.name, now=now)
    except NotAllowedMoveError:
        db.session.rollback()
        return _show_one(person_id, 422, gettext("This is the last administrator: name another one first."))
    db.session.commit()
    after_erasure(person_id, now)
    return redirect("/staff/persons?done=erased", 303)
