"""Organisations in the hands of staff: their list, and each with trust, contacts, submissions and merging."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Organisation
from wmd.services import organisations
from wmd.services.contacts import contacts_of
from wmd.services.moderation import NotYoursError
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.means import commit_published, means
from wmd.web.reading import read_now
from wmd.web.staff.desk_words import STATE_WORDS, messages_by_field
from wmd.web.staff.listing import STALE, said
from wmd.web.staff.loaders import staff_organisation

bp = Blueprint("organisations", __name__, url_prefix="/organisations")


@bp.get("")
@for_staff("reader")
def all_of_them() -> str:
    """List the organisations."""
    page, q = request.args.get("page", "1"), request.args.get("q", "")[:100]
    number = int(page) if page.isdecimal() and len(page) < 6 else 1
    rows, pages = organisations.list_organisations(db.session(), actor=visitor().actor, q=q, page=number)
    return render_template("staff/organisations/list.html", rows=rows, pages=pages, page=min(number, pages), q=q)


def _page(organisation: Organisation, status: int = 200, findings: list[Finding] | None = None) -> Response:
    dbs = db.session()
    actor = visitor().actor
    into = dbs.get(Organisation, organisation.merged_into_id) if organisation.merged_into_id else None
    shown = render_template(
        "staff/organisations/one.html", organisation=organisation, into=into, typed=request.form,
        contacts=[row.person for row in contacts_of(dbs, organisation.id)], state_words=STATE_WORDS,
        submissions=organisations.submissions_of(dbs, organisation, actor), may_change=actor.role != "reader",
        messages=messages_by_field(findings or []), summary=said(findings or []),
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("/<code>")
@for_staff("reader")
def one(code: str) -> Response:
    """Show one organisation."""
    return _page(staff_organisation(code))


def _stale(code: str) -> Response:
    return _page(staff_organisation(code), 422, [STALE])


def _change(code: str, act: Callable[[Organisation], None]) -> ResponseReturnValue:
    organisation = staff_organisation(code)
    try:
        act(organisation)
        commit_published()
    except InvalidContentError as error:
        db.session.rollback()
        return _page(staff_organisation(code), 422, list(error.findings))
    except NotAllowedMoveError:
        db.session.rollback()
        problem = Finding("not-allowed", Level.ERROR, "into", N_("These two cannot be merged."))
        return _page(staff_organisation(code), 409, [problem])
    except NotYoursError:
        db.session.rollback()
        abort(403)
    return redirect(f"/staff/organisations/{code}", 303)


@bp.post("/<code>/trust")
@on_stale_form(_stale)
@for_staff("moderator", fresh=True)
def trust(code: str) -> ResponseReturnValue:
    """Trust an organisation, or trust it no more."""
    trusted = request.form.get("trusted") == "yes"

    def act(organisation: Organisation) -> None:
        organisations.set_trusted(
            db.session(), organisation.id, trusted=trusted, actor=visitor().actor, now=read_now()
        )  # fmt: skip

    return _change(code, act)


@bp.post("/<code>/contact")
@on_stale_form(_stale)
@for_staff("moderator", fresh=True)
def give_contact(code: str) -> ResponseReturnValue:
    """Give an organisation another contact."""

    def act(organisation: Organisation) -> None:
        organisations.give_contact(
            db.session(), organisation.id, request.form.get("address", ""), request.form.get("name", "")[:200],
            means(), replaces=request.form.get("replaces") or None, actor=visitor().actor, now=read_now(),
        )  # fmt: skip

    return _change(code, act)


@bp.post("/<code>/merge")
@on_stale_form(_stale)
@for_staff("moderator", fresh=True)
def merge(code: str) -> ResponseReturnValue:
    """Let another organisation take the place of this one."""

    def act(organisation: Organisation) -> None:
        target = organisations.find_organisation(db.session(), request.form.get("into", "").strip().upper())
        if target is None or not visitor().actor.may_see(target.region, ""):
            text = N_("There is no organisation of this code.")
            raise InvalidContentError([Finding("into.unknown", Level.ERROR, "into", text)])
        organisations.merge_organisations(
            db.session(), organisation.id, target.id, means(), actor=visitor().actor, now=read_now()
        )  # fmt: skip

    return _change(code, act)
