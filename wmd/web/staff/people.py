"""The staff itself: administrators list, add, change and disable members, and reset a lost second factor."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_
from wmd.domain.vocabulary import METROPOLIS_REGION_LABELS
from wmd.errors import InvalidContentError
from wmd.services.second_factor import reset_second_factor
from wmd.services.staff import (
    ROLES,
    Member,
    add_staff,
    change_staff,
    disable_staff,
    enable_staff,
    find_member,
    list_staff,
    tell_added,
)
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_staff, visitor
from wmd.web.reading import read_now

bp = Blueprint("people", __name__, url_prefix="/people")

_STALE = N_("This page was open for too long. Please look once more, and send it again.")


def _languages(text: str) -> list[str]:
    return [code.lower() for code in re.split(r"[\s,;]+", text[:500]) if code]


def _options() -> dict[str, list[tuple[str, str]]]:
    role_words = {
        "reader": gettext("Reader: sees everything, changes nothing"),
        "moderator": gettext("Moderator: decides on submissions"),
        "administrator": gettext("Administrator: also people, editions and settings"),
    }
    return {
        "roles": [(role, role_words[role]) for role in ROLES],
        "regions": [(slug, gettext(name)) for slug, name in METROPOLIS_REGION_LABELS.items()],
    }


def show_list(status: int = 200, messages: dict[str, list[str]] | None = None) -> Response:
    """Return the list with the form that adds somebody."""
    return make_response(
        render_template(
            "staff/people/list.html", members=list_staff(db.session()), typed=request.form,
            chosen=request.form.getlist("regions"), messages=messages or {}, me=visitor().person_id,
            added=request.args.get("added", ""), **_options(),
        ),
        status,
    )  # fmt: skip


def show_one(member: Member, status: int = 200, messages: dict[str, list[str]] | None = None) -> Response:
    """Return one member's page, with what was typed."""
    is_typed = request.method == "POST" and "role" in request.form
    return make_response(
        render_template(
            "staff/people/one.html", member=member, messages=messages or {}, me=visitor().person_id,
            role=request.form.get("role", "") if is_typed else member.staff.role,
            chosen=request.form.getlist("regions") if is_typed else member.staff.regions,
            languages=request.form.get("languages", "") if is_typed else " ".join(member.staff.languages), **_options(),
        ),
        status,
    )  # fmt: skip


def _member(person_id: str) -> Member:
    found = find_member(db.session(), person_id)
    if found is None:
        abort(404)
    return found


@for_staff("administrator", fresh=True)
def _stale_list() -> ResponseReturnValue:
    return show_list(422, {"address": [gettext(_STALE)]})


@bp.get("")
@for_staff("administrator")
def index() -> ResponseReturnValue:
    """List the staff."""
    return show_list()


@bp.post("")
@on_stale_form(_stale_list)
@for_staff("administrator", fresh=True)
def add() -> ResponseReturnValue:
    """Add somebody."""
    form = request.form
    try:
        member = add_staff(
            db.session(), form.get("address", ""), name=form.get("name", ""), role=form.get("role", ""),
            regions=form.getlist("regions"), languages=_languages(form.get("languages", "")),
            actor=visitor().actor.name, now=read_now(),
        )  # fmt: skip
    except InvalidContentError as error:
        db.session.rollback()
        return show_list(422, messages_of(error.findings))
    box = current_app.extensions["wmd.secretbox"]
    tell_added(db.session(), member, actor=visitor().actor.name, box=box, now=read_now())
    db.session.commit()
    return redirect(f"/staff/people?added={member.person.id}", 303)


@bp.get("/<person_id>")
@for_staff("administrator", fresh=True)
def one(person_id: str) -> ResponseReturnValue:
    """Show one member."""
    return show_one(_member(person_id))


@bp.post("/<person_id>")
@for_staff("administrator", fresh=True)
def change(person_id: str) -> ResponseReturnValue:
    """Change a member's role, regions or languages."""
    member, form = _member(person_id), request.form
    try:
        change_staff(
            db.session(), member.staff, role=form.get("role", ""), regions=form.getlist("regions"),
            languages=_languages(form.get("languages", "")), actor=visitor().actor, now=read_now(),
        )  # fmt: skip
    except InvalidContentError as error:
        db.session.rollback()
        return show_one(_member(person_id), 422, messages_of(error.findings))
    db.session.commit()
    return redirect("/staff/people", 303)


@bp.post("/<person_id>/disable")
@for_staff("administrator", fresh=True)
def disable(person_id: str) -> ResponseReturnValue:
    """Let a member work no more."""
    member = _member(person_id)
    try:
        disable_staff(db.session(), member.staff, actor=visitor().actor.name, now=read_now())
    except InvalidContentError as error:
        db.session.rollback()
        return show_one(_member(person_id), 422, messages_of(error.findings))
    db.session.commit()
    return redirect("/staff/people", 303)


@bp.post("/<person_id>/enable")
@for_staff("administrator", fresh=True)
def enable(person_id: str) -> ResponseReturnValue:
    """Let a member work again."""
    enable_staff(db.session(), _member(person_id).staff, actor=visitor().actor.name, now=read_now())
    db.session.commit()
    return redirect("/staff/people", 303)


@bp.post("/<person_id>/reset")
@for_staff("administrator", fresh=True)
def reset(person_id: str) -> ResponseReturnValue:
    """Take away a lost second factor; the member sets up a new one at the next sign-in."""
    reset_second_factor(db.session(), _member(person_id).staff, actor=visitor().actor, now=read_now())
    db.session.commit()
    return redirect("/staff/people", 303)
