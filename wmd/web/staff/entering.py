"""Staff begin an event for an organisation; the form then takes all the rest."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import Finding
from wmd.errors import InvalidContentError
from wmd.models import Organisation
from wmd.services.moderation import NotYoursError
from wmd.services.own_work import open_editions
from wmd.services.references import find_edition
from wmd.services.staff_entry import enter_event
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.means import means
from wmd.web.reading import read_now
from wmd.web.staff.desk_words import messages_by_field
from wmd.web.staff.editing import begin_edit
from wmd.web.staff.listing import STALE, said
from wmd.web.staff.loaders import staff_organisation

bp = Blueprint("entering", __name__, url_prefix="/enter")


def _page(organisation: Organisation, status: int = 200, findings: list[Finding] | None = None) -> Response:
    shown = render_template(
        "staff/organisations/enter.html", organisation=organisation, typed=request.form,
        editions=[(one.slug, one.name) for one in open_editions(db.session(), read_now())],
        messages=messages_by_field(findings or []), summary=said(findings or []),
    )  # fmt: skip
    return make_response(shown, status)


def _stale() -> Response:
    return _page(staff_organisation(request.args.get("organisation", "")), 422, [STALE])


@bp.get("")
@for_staff("moderator")
def form() -> Response:
    """Ask for the edition, the title and the language."""
    return _page(staff_organisation(request.args.get("organisation", "")))


@bp.post("")
@on_stale_form(_stale)
@for_staff("moderator")
def enter() -> ResponseReturnValue:
    """Begin the event, and lead to its form."""
    organisation = staff_organisation(request.args.get("organisation", ""))
    edition = find_edition(db.session(), request.form.get("edition", ""))
    if edition is None:
        abort(400)
    try:
        submission = enter_event(
            db.session(), edition, organisation, request.form.get("title", "")[:200], request.form.get("language", ""),
            means(), actor=visitor().actor, now=read_now(),
        )  # fmt: skip
    except InvalidContentError as error:
        db.session.rollback()
        return _page(staff_organisation(request.args.get("organisation", "")), 422, list(error.findings))
    except NotYoursError:
        abort(403)
    address = begin_edit(submission)
    db.session.commit()
    return redirect(address, 303)
