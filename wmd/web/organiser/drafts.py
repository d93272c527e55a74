"""Drafts: typed on, saved by hand or by itself, chosen between when two versions meet, thrown away."""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.forms.typed import Typed
from wmd.models import Draft
from wmd.secretbox import SecretBoxError
from wmd.services.drafts import Conflict, discard_draft, find_draft, merged, read_typed, save_draft
from wmd.services.submissions import find_receipt
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.means import secret_box
from wmd.web.organiser.handing_in import Sheet, answer_post, sheet_of, show_conflict, show_form, show_stale
from wmd.web.organiser.own_drafts import edition_of, is_by_staff, own_draft
from wmd.web.organiser.posting import keeping_fields, kept_page, owner, posted_version, read_posted
from wmd.web.reading import read_now
from wmd.web.visitors import visitor

bp = Blueprint("drafts", __name__, url_prefix="/drafts")


def typed_in(draft: Draft) -> dict[str, str]:
    """Return what was typed, or answer 410 when it cannot be opened any more."""
    try:
        return read_typed(draft, secret_box())
    except SecretBoxError:
        abort(410)


@bp.get("/<draft_id>")
def show(draft_id: str) -> ResponseReturnValue:
    """Show the form as it was saved."""
    draft = own_draft(draft_id, also_handed_in=True)
    if draft.handed_in_at is not None:
        return redirect(_after(draft), 303)
    notice = gettext("Your draft is saved.") if request.args.get("saved") else ""
    return show_form(sheet_of(draft), typed_in(draft), notice=notice)


def _after(draft: Draft) -> str:
    """Return where a draft that was handed in leads: to its submission, or to the receipt while nobody is signed in."""
    if is_by_staff(draft):
        return f"/staff/desk/{draft.submission_id}"
    receipt = find_receipt(db.session(), draft.form_token)
    if receipt is None:
        return "/organiser/"
    if visitor().person is not None:
        return f"/organiser/submissions/{receipt.submission_id}"
    return f"/{edition_of(draft).slug}/submit/thanks?r={receipt.number}"


def _gone() -> Response:
    """Answer 404 with what was typed: the draft is another's, or the session that it belonged to has ended."""
    return kept_page(404, edition=request.form.get("edition", ""), reason="gone")


def _sheet(draft_id: str) -> Sheet | None:
    draft = find_draft(db.session(), draft_id, owner())
    return sheet_of(draft) if draft is not None else None


def _stale(draft_id: str) -> Response:
    sheet = _sheet(draft_id)
    return show_stale(sheet, read_posted()[0]) if sheet is not None else _gone()


@bp.post("/<draft_id>")
@on_stale_form(_stale)
@keeping_fields
def change(draft_id: str) -> ResponseReturnValue:
    """Save the form, change its parts, settle two versions, or hand it in."""
    sheet = _sheet(draft_id)
    if sheet is None or sheet.draft is None:
        return _gone()
    typed, limits = read_posted()
    if request.form.get("action") == "resolve":
        return _resolve(sheet, sheet.draft, typed)
    return answer_post(sheet, typed, limits, posted_version())


def _resolve(sheet: Sheet, draft: Draft, typed: Typed) -> Response:
    """Save one version made of both, as it was chosen field by field."""
    choices = {
        name.removeprefix("choose:"): value for name, value in request.form.items() if name.startswith("choose:")
    }
    conflict = Conflict(draft.version, typed_in(draft), typed)
    again = save_draft(
        db.session(), secret_box(), draft, merged(conflict, choices), version=posted_version(), now=read_now()
    )
    db.session.commit()
    if again is not None:
        return show_conflict(sheet, again)
    return make_response(redirect(f"{sheet.address}?saved=1", 303))


@bp.post("/<draft_id>/save")
@keeping_fields
def save(draft_id: str) -> ResponseReturnValue:
    """Save for the script that saves by itself; 409 with the version that is stored when it is a newer one."""
    draft = own_draft(draft_id, also_handed_in=True)
    if draft.handed_in_at is not None:
        return jsonify(error="handed-in"), 410
    typed, _ = read_posted()
    conflict = save_draft(db.session(), secret_box(), draft, typed, version=posted_version(), now=read_now())
    db.session.commit()
    if conflict is not None:
        stored = {name: conflict.stored.get(name, "") for name in conflict.differing}
        return jsonify(version=conflict.version, stored=stored), 409
    return jsonify(version=draft.version)


@bp.post("/<draft_id>/discard")
def discard(draft_id: str) -> ResponseReturnValue:
    """Throw a draft away."""
    draft = own_draft(draft_id, also_handed_in=True)
    if draft.handed_in_at is None:
        discard_draft(db.session(), draft, now=read_now())
        db.session.commit()
    return redirect(f"/staff/desk/{draft.submission_id}" if is_by_staff(draft) else "/organiser/", 303)
