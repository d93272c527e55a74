"""The logo pack of each edition: uploaded by administrators, with the terms that partners accept."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.errors import InvalidContentError
from wmd.models import Edition, LogoPack
from wmd.services.logo_packs import LARGEST_BYTES, find_pack, put_pack
from wmd.services.references import find_edition
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_staff
from wmd.web.organiser.logo_packs import send_pack
from wmd.web.reading import read_now
from wmd.web.uploads import takes_upload
from wmd.web.visitors import visitor

bp = Blueprint("logo_packs", __name__, url_prefix="/logo-packs")


def _show(status: int = 200, messages: dict[str, list[str]] | None = None) -> Response:
    dbs = db.session()
    editions = dbs.scalars(select(Edition).order_by(Edition.main_day.desc()).limit(100)).all()
    packs = {pack.edition_id: pack for pack in dbs.scalars(select(LogoPack).where(LogoPack.retired_at.is_(None)))}
    typed = request.form if request.method == "POST" and status != 413 else {}
    shown = render_template(
        "staff/logo_packs/list.html", editions=editions, packs=packs, messages=messages or {}, typed=typed
    )
    return make_response(shown, status)


@for_staff("administrator")
def _too_large() -> ResponseReturnValue:
    return _show(413, {"file": [gettext("The file is larger than 20 MB.")]})


@for_staff("administrator")
def _stale() -> ResponseReturnValue:
    return _show(422, {"file": [gettext("This page was open for too long. Choose the file once more.")]})


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """List the packs that are given out."""
    return _show()


@bp.post("")
@takes_upload(LARGEST_BYTES, _too_large)
@on_stale_form(_stale)
@for_staff("administrator")
def upload() -> ResponseReturnValue:
    """Take a pack for an edition, in place of the one before."""
    dbs = db.session()
    edition = find_edition(dbs, request.form.get("edition", ""))
    if edition is None:
        return _show(422, {"edition": [gettext("Choose an edition.")]})
    file = request.files.get("file")
    try:
        put_pack(
            dbs, edition, name=request.form.get("name", ""), terms=request.form.get("terms", ""),
            version=request.form.get("version", ""), actor=visitor().actor.name, mint=Mint(), now=read_now(),
            data=file.stream.read(LARGEST_BYTES + 1) if file else b"",
        )  # fmt: skip
    except InvalidContentError as error:
        dbs.rollback()
        return _show(422, messages_of(error.findings))
    dbs.commit()
    return redirect("/staff/logo-packs", 303)


@bp.get("/<edition>/file")
@for_staff("reader")
def file(edition: str) -> ResponseReturnValue:
    """Send an edition's pack."""
    found = find_edition(db.session(), edition)
    pack = find_pack(db.session(), found.id) if found else None
    if pack is None:
        abort(404)
    return send_pack(pack)
