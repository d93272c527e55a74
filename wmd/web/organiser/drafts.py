"""Drafts: typed on, saved by hand or by itself, chosen between when two versions meet, thrown away."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.forms.fields import pattern_of
from wmd.domain.forms.typed import Typed
from wmd.models import Draft
from wmd.secretbox import SecretBoxError
from wmd.services.drafts import (
    Conflict,
    NewDraft,
    create_draft,
    discard_draft,
    find_draft,
    merged,
    read_typed,
    save_draft,
)
from wmd.services.second_tab import find_taken
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.means import secret_box
from wmd.web.organiser.handing_in import Sheet, answer_post, go_on, sheet_of, show_conflict, show_form, show_stale
from wmd.web.organiser.own_drafts import edition_of, is_by_staff, own_draft
from wmd.web.organiser.posting import (
    DRAFTS_BY_NETWORK,
    keeping_fields,
    kept_page,
    new_form_token,
    owner,
    posted_version,
    read_posted,
)
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
    sheet, kept = sheet_of(draft), find_draft(db.session(), request.args.get("kept", ""), owner())
    if kept is not None and kept.submission_id == draft.submission_id and kept.handed_in_at is None:
        began = request.args.get("v", "")
        sheet.kept_id, sheet.began = kept.id, int(began) if re.fullmatch(r"[0-9]{1,9}", began) else 0
        words = gettext("Here is what you typed while you were signed out. Save it, or hand it in.")
        return show_form(sheet, typed_in(kept), notice=words)
    typed = typed_in(draft)
    notice = gettext("Your draft is saved.") if request.args.get("saved") else ""
    return show_form(sheet, typed, notice=_copy_words(typed) if request.args.get("copied") else notice)


def _copy_words(typed: Typed) -> str:
    """Say what was done to the dates and links of a copy, so that they are looked at."""
    days = sorted({text for name, text in typed.items() if pattern_of(name) == "sessions[].date" and text})
    return gettext(
        "This is a copy, not handed in yet. Its dates are now: %(days)s. In another edition they move by whole weeks, "
        "as near to the main day as before. The links were left out. Please check both.",
        days=", ".join(days) or gettext("not fixed"),
    )


def _after(draft: Draft) -> str:
    """Return where a draft that was handed in leads: to its submission, or to the receipt while nobody is signed in."""
    if is_by_staff(draft):
        return f"/staff/desk/{draft.submission_id}"
    receipt = find_taken(db.session(), draft.form_token, draft)
    if receipt is None:
        return "/organiser/"
    if visitor().person is not None:
        return f"/organiser/submissions/{receipt.submission_id}"
    return f"/{edition_of(draft).slug}/submit/thanks?r={receipt.number}"


def _gone(draft_id: str) -> Response:
    """Answer with what was typed: the draft is another's, or the session that it belonged to has ended.

    The draft of a person is led back to through the sign-in; never into another event.
    """
    if visitor().person_id is None and _of_person(draft_id) is not None:
        way = f"/organiser/drafts/{draft_id}/sign-in"
        return kept_page(404, edition=request.form.get("edition", ""), reason="signed-out", way=way)
    return kept_page(404, edition=request.form.get("edition", ""), reason="gone")


def _of_person(draft_id: str) -> Draft | None:
    """Return a draft that waits for somebody who signs in, whoever that is; its text stays sealed."""
    draft = db.session().get(Draft, draft_id)
    is_open = draft is not None and draft.handed_in_at is None and draft.discarded_at is None
    return draft if draft is not None and is_open and draft.person_id is not None else None


def _stale_sign_in(draft_id: str) -> Response:
    return _gone(draft_id)


@bp.post("/<draft_id>/sign-in")
@on_stale_form(_stale_sign_in)
@keeping_fields
def sign_in_first(draft_id: str) -> ResponseReturnValue:
    """Keep what somebody typed while signed out, and lead through the sign-in back to their draft with it.

    It is kept as a draft of this browser, which goes to whoever signs in here; without being theirs, the draft that it
    is meant for stays closed.
    """
    sheet, draft = _sheet(draft_id), _of_person(draft_id)
    typed, limits = read_posted()
    if sheet is not None:
        # They signed in meanwhile, in another tab.
        return answer_post(sheet, typed, limits, posted_version())
    if draft is None or visitor().person_id is not None:
        return _gone(draft_id)
    if seconds := wait_s((DRAFTS_BY_NETWORK, this_network())):
        return too_many(_gone(draft_id), seconds)
    new = NewDraft(
        edition_of(draft), new_form_token(), kind=draft.kind, submission_id=draft.submission_id,
        organisation_id=draft.organisation_id, base_revision_id=draft.base_revision_id,
    )  # fmt: skip
    try:
        kept = create_draft(db.session(), secret_box(), new, owner(keep=True), typed, mint=Mint(), now=read_now())
    except ValueError:
        db.session.rollback()
        return _gone(draft_id)
    db.session.commit()
    back = f"/organiser/drafts/{draft_id}?kept={kept.id}&v={posted_version()}"
    return redirect(f"/sign-in?next={quote(back)}", 303)


def _sheet(draft_id: str) -> Sheet | None:
    draft = find_draft(db.session(), draft_id, owner())
    return sheet_of(draft) if draft is not None else None


def _stale(draft_id: str) -> Response:
    sheet = _sheet(draft_id)
    return show_stale(sheet, read_posted()[0]) if sheet is not None else _gone(draft_id)


@bp.post("/<draft_id>")
@on_stale_form(_stale)
@keeping_fields
def change(draft_id: str) -> ResponseReturnValue:
    """Save the form, change its parts, settle two versions, or hand it in."""
    sheet = _sheet(draft_id)
    if sheet is None or sheet.draft is None:
        return _gone(draft_id)
    typed, limits = read_posted()
    if request.form.get("action") == "resolve" and sheet.draft.handed_in_at is None:
        return _resolve(sheet, sheet.draft, typed)
    return answer_post(sheet, typed, limits, posted_version())


def _resolve(sheet: Sheet, draft: Draft, typed: Typed) -> Response:
    """Save one version made of both, as it was chosen field by field."""
    choices = {
        name.removeprefix("choose:"): value for name, value in request.form.items() if name.startswith("choose:")
    }
    conflict = Conflict(draft.version, typed_in(draft), typed)
    whole = merged(conflict, choices)
    again = save_draft(db.session(), secret_box(), draft, whole, version=posted_version(), now=read_now())
    db.session.commit()
    if again is not None:
        return show_conflict(sheet, again)
    wish = request.form.get("then", "")
    return go_on(sheet, whole, (), wish if wish in {"hand-in", "preview"} else "save")


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
