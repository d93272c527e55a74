"""The logo pack for an approved event: its terms, their acceptance, and the file."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import slugify
from wmd.errors import NotAllowedMoveError
from wmd.models import LogoPack, Submission
from wmd.services.logo_packs import bytes_of_pack, find_pack, find_release, kind_of, release
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_contact, own_submission, visitor
from wmd.web.reading import read_now

bp = Blueprint("logo_packs", __name__, url_prefix="/submissions/<submission_id>/logo-pack")


def _show(submission: Submission, status: int = 200, message: str = "") -> Response:
    dbs = db.session()
    pack = find_pack(dbs, submission.edition_id)
    shown = render_template(
        "organiser/logo_packs/pack.html",
        submission=submission,
        pack=pack,
        is_approved=submission.state == "approved",
        released=find_release(dbs, pack, submission) if pack else None,
        here=f"/organiser/submissions/{submission.id}/logo-pack",
        message=message,
    )
    return make_response(shown, status)


@for_contact
def _stale(submission_id: str) -> ResponseReturnValue:
    words = gettext("This page was open for too long. Please look once more, and send it again.")
    return _show(own_submission(submission_id), 422, words)


@bp.get("")
@for_contact
def show(submission_id: str) -> ResponseReturnValue:
    """Show the terms, or where the file is once they were accepted."""
    return _show(own_submission(submission_id))


@bp.post("")
@on_stale_form(_stale)
@for_contact
def accept(submission_id: str) -> ResponseReturnValue:
    """Accept the terms for this event."""
    submission, dbs = own_submission(submission_id), db.session()
    pack = find_pack(dbs, submission.edition_id)
    if request.form.get("accept") != "yes":
        return _show(submission, 422, gettext("Tick the box if you accept the terms."))
    try:
        if pack is None:
            return _show(submission, 409)
        release(
            dbs, pack, submission, person_id=visitor().person_id or "", version=request.form.get("version", ""),
            now=read_now(),
        )  # fmt: skip
    except NotAllowedMoveError:
        dbs.rollback()
        words = gettext("The terms or your event changed meanwhile. Please read this page once more.")
        return _show(own_submission(submission_id), 409, words)
    dbs.commit()
    return redirect(f"/organiser/submissions/{submission.id}/logo-pack", 303)


@bp.get("/file")
@for_contact
def file(submission_id: str) -> ResponseReturnValue:
    """Send the pack as it was uploaded, for saving alone."""
    submission, dbs = own_submission(submission_id), db.session()
    pack = find_pack(dbs, submission.edition_id)
    if pack is None or submission.state != "approved" or find_release(dbs, pack, submission) is None:
        abort(404)
    return send_pack(pack)


def send_pack(pack: LogoPack) -> Response:
    """Return a pack as a download that no browser opens."""
    data = bytes_of_pack(db.session(), pack)
    media_type, extension = kind_of(data) or ("application/octet-stream", "bin")
    response = make_response(data)
    response.mimetype = media_type
    response.headers.set("Content-Disposition", "attachment", filename=f"{slugify(pack.name) or 'logos'}.{extension}")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "no-store"
    return response
