"""``/<edition>/submit``: the form begins here, without an account; and the receipt at its end."""

from __future__ import annotations

import re

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db, only_reads
from wmd.domain.forms.typed import blank
from wmd.domain.zones import canonical
from wmd.services.drafts import drafts_of, mailed_to
from wmd.services.importing import edition_content
from wmd.web.csrf import on_stale_form
from wmd.web.edge import ZONE_COOKIE
from wmd.web.guards import visitor
from wmd.web.limits import this_network, wait_s
from wmd.web.organiser.handing_in import Sheet, answer_post, find_sheet_edition, keep, show_form, show_stale
from wmd.web.organiser.posting import (
    DRAFTS_BY_NETWORK,
    form_token,
    keeping_fields,
    new_form_token,
    owner,
    posted_version,
    read_posted,
)
from wmd.web.organiser.wording import deadline_words

bp = Blueprint("organiser_submit", __name__)

_RECEIPT = re.compile(r"WMD-[0-9A-Z]{6}")


@bp.get("/<edition>/submit")
def show(edition: str) -> Response:
    """Show the empty form. Nothing is written: the first thing saved begins a draft."""
    only_reads(db.session())
    row = find_sheet_edition(edition)
    sheet = Sheet(row, new_form_token())
    phase = sheet.phase()
    open_drafts = [draft for draft in drafts_of(db.session(), owner()) if draft.edition_id == row.id]
    if phase in {"before", "closed"}:
        shown = render_template(
            "organiser/submit/closed.html", sheet=sheet, phase=phase, drafts=open_drafts,
            deadline=deadline_words(db.session(), row, phase),
        )  # fmt: skip
        return make_response(shown)
    zone = canonical(request.cookies.get(ZONE_COOKIE, "")) or row.zone
    return show_form(sheet, blank(edition_content(row), zone=zone))


def _stale(edition: str) -> Response:
    typed, _ = read_posted()
    return show_stale(Sheet(find_sheet_edition(edition), form_token()), typed)


@bp.post("/<edition>/submit")
@on_stale_form(_stale)
@keeping_fields
def hand_in(edition: str) -> ResponseReturnValue:
    """Save the form as a draft, change its parts, or hand it in."""
    typed, limits = read_posted()
    return answer_post(Sheet(find_sheet_edition(edition), form_token()), typed, limits, posted_version())


@bp.post("/<edition>/submit/save")
@keeping_fields
def begin(edition: str) -> ResponseReturnValue:
    """Begin a draft from what was typed so far, for the script that saves by itself."""
    sheet = Sheet(find_sheet_edition(edition), form_token())
    if seconds := wait_s((DRAFTS_BY_NETWORK, this_network())):
        return jsonify(retry_after_s=seconds), 429
    typed, _ = read_posted()
    try:
        conflict = keep(sheet, typed, posted_version())
    except ValueError:
        db.session.rollback()
        return jsonify(error="too-many-drafts"), 422
    db.session.commit()
    status = 200 if conflict is None else 409
    return jsonify(version=sheet.version, address=sheet.address, save=f"{sheet.address}/save"), status


@bp.get("/<edition>/submit/thanks")
def thanks(edition: str) -> str:
    """Show the receipt's number and what happens next."""
    only_reads(db.session())
    number = request.args.get("r", "")
    number = number if _RECEIPT.fullmatch(number) else ""
    return render_template(
        "organiser/submit/thanks.html", row=find_sheet_edition(edition), who=visitor(), number=number,
        address=mailed_to(db.session(), number, owner()),
    )  # fmt: skip
