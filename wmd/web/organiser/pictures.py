"""The picture of a draft: chosen on a page of its own, so that a large file never holds up the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.findings import Finding
from wmd.domain.pictures import LARGEST_UPLOAD_BYTES, media_path
from wmd.errors import InvalidContentError
from wmd.models import Draft
from wmd.services.drafts import read_typed
from wmd.services.images import Owner, check_words, find_image, keep_image, prepare, refused
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.means import secret_box
from wmd.web.organiser.handing_in import save_over, sheet_of, show_conflict
from wmd.web.organiser.own_drafts import own_draft
from wmd.web.reading import read_now
from wmd.web.uploads import takes_upload
from wmd.web.visitors import visitor

bp = Blueprint("pictures", __name__)


def picture_owner() -> Owner:
    """Return whose a picture is that is uploaded now."""
    who = visitor()
    session_id = who.session.id if who.session and who.person is None else None
    return Owner(who.actor.name, who.person_id, session_id)


def read_upload(name: str, kind: str) -> bytes:
    """Return the bytes of an uploaded file, of which no more is read than a picture of its kind may have."""
    file = request.files.get(name)
    return file.stream.read(LARGEST_UPLOAD_BYTES[kind] + 1) if file is not None else b""


def _show(draft: Draft, findings: Sequence[Finding] = (), status: int = 200) -> Response:
    typed = read_typed(draft, secret_box())
    image = find_image(db.session(), typed.get("image.id", ""))
    given = request.form if request.method == "POST" and status != 413 else typed
    shown = render_template(
        "organiser/drafts/pictures.html",
        draft=draft,
        back_url=f"/organiser/drafts/{draft.id}?saved=1#section-picture",
        source=media_path(image.id, image.media_type, small=True) if image else "",
        alt=given.get("image.alt", ""),
        credit=given.get("image.credit", ""),
        rights=status != 413 and request.form.get("image.rights", "") == "yes",
        findings=[
            {"where": each.where, "text": each.say(gettext), "level": each.level.value, "label": ""}
            for each in findings
        ],
        megabytes=LARGEST_UPLOAD_BYTES["picture"] // 1_000_000,
    )
    return make_response(shown, status)


def _too_large(draft_id: str) -> Response:
    megabytes = LARGEST_UPLOAD_BYTES["picture"] // 1_000_000
    return _show(own_draft(draft_id), refused("image.too-large", "image.file", megabytes=megabytes).findings, 413)


def _stale(draft_id: str) -> Response:
    return _show(own_draft(draft_id), refused("image.stale", "image.file").findings, 422)


@bp.get("/drafts/<draft_id>/pictures")
def show(draft_id: str) -> Response:
    """Show the picture of a draft, and the form for another."""
    return _show(own_draft(draft_id))


@bp.post("/drafts/<draft_id>/pictures")
@takes_upload(LARGEST_UPLOAD_BYTES["picture"], _too_large)
@on_stale_form(_stale)
def change(draft_id: str) -> ResponseReturnValue:
    """Take a picture, change its words, or take it out of the draft."""
    draft = own_draft(draft_id)
    if request.form.get("action") == "remove":
        return _put(draft, {"image.id": "", "image.alt": "", "image.credit": ""})
    words = {"image.alt": request.form.get("image.alt", "")[:500].strip()}
    words["image.credit"] = request.form.get("image.credit", "")[:500].strip()
    try:
        words["image.id"] = _picture(draft, words["image.alt"])
    except InvalidContentError as error:
        db.session.rollback()
        return _show(own_draft(draft_id), error.findings, 422)
    return _put(draft, words)


def _picture(draft: Draft, alt: str) -> str:
    """Return the id of the picture that was sent; without a file, of the one there is. Raises InvalidContentError."""
    data = read_upload("image.file", "picture")
    known = read_typed(draft, secret_box()).get("image.id", "")
    findings = check_words(alt, rights=request.form.get("image.rights", "") == "yes" or (not data and bool(known)))
    if not data and known:
        if findings:
            raise InvalidContentError(findings)
        return known
    try:
        prepared = prepare(data, "picture")
    except InvalidContentError as error:
        at_file = [replace(each, where="image.file") for each in error.findings]
        raise InvalidContentError([*at_file, *findings]) from None
    if findings:
        raise InvalidContentError(findings)
    return keep_image(db.session(), prepared, picture_owner(), mint=Mint(), now=read_now()).id


def _put(draft: Draft, words: dict[str, str]) -> Response:
    """Save these fields over whatever else is typed meanwhile, commit, and lead back; else show the conflict."""
    conflict = save_over(draft, lambda typed: typed | words)
    if conflict is not None:
        return show_conflict(sheet_of(draft), conflict)
    return make_response(redirect(f"/organiser/drafts/{draft.id}?saved=1#section-picture", 303))
