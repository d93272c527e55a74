"""A calendar file of one's own into a draft: read, chosen from, compared, and only then taken over."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.domain.findings import Finding
from wmd.domain.forms.named import code_of
from wmd.domain.forms.own_ics import LABELS, LARGEST_BYTES, OwnEntry, offers, read_entries, take_over
from wmd.domain.forms.typed import original_of
from wmd.models import Draft
from wmd.services.drafts import read_typed
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.means import secret_box
from wmd.web.organiser.handing_in import save_over, sheet_of, show_conflict
from wmd.web.organiser.own_drafts import edition_of, own_draft
from wmd.web.uploads import takes_upload

bp = Blueprint("own_ics", __name__, url_prefix="/drafts/<draft_id>/ics")


def _show(draft: Draft, status: int = 200, messages: list[str] | None = None, **model: object) -> Response:
    shown = render_template(
        "organiser/drafts/ics.html",
        draft=draft,
        back_url=f"/organiser/drafts/{draft.id}",
        here=f"/organiser/drafts/{draft.id}/ics",
        messages=messages or [],
        kilobytes=LARGEST_BYTES // 1000,
        **model,
    )
    return make_response(shown, status)


def _too_large(draft_id: str) -> Response:
    words = gettext("The file is larger than %(kilobytes)d kB. Export only your own event.", kilobytes=500)
    return _show(own_draft(draft_id), 413, [words])


def _stale(draft_id: str) -> Response:
    words = gettext("This page was open for too long, or you signed in or out meanwhile. Send it once more.")
    return _show(own_draft(draft_id), 422, [words], text=request.form.get("ics", ""))


@bp.get("")
def show(draft_id: str) -> Response:
    """Ask for a file, or for its text."""
    return _show(own_draft(draft_id))


@bp.post("")
@takes_upload(LARGEST_BYTES * 2, _too_large)
@on_stale_form(_stale)
def change(draft_id: str) -> ResponseReturnValue:
    """Read a calendar; with an entry chosen compare it; with parts ticked take them over."""
    draft = own_draft(draft_id)
    typed = read_typed(draft, secret_box())
    language = original_of(typed) or "en"
    data = _data()
    zone = code_of("zones", typed.get("sessions[0].zone", "")) or edition_of(draft).zone
    entries, findings = read_entries(data, language=language, zone=zone)
    said = [_said(finding) for finding in findings]
    text = data.decode("utf-8", "replace")
    if not entries:
        return _show(draft, 422, said or [gettext("There is no event in this file.")], text=text)
    chosen = _chosen(entries)
    if chosen is None:
        return _show(draft, text=text, findings=said, entries=list(enumerate(entries)))
    entry = entries[chosen]
    if request.form.get("action") == "apply":
        return _put(draft, entry, language)
    found = [
        {"name": each.name, "label": gettext(LABELS[each.name]), "before": each.before, "after": each.after,
         "is_free": each.is_free}
        for each in offers(typed, entry, language)
    ]  # fmt: skip
    return _show(draft, text=text, findings=said, entry=entry, number=chosen, offers=found)


def _data() -> bytes:
    file = request.files.get("file")
    data = file.stream.read(LARGEST_BYTES + 1) if file is not None else b""
    return data or request.form.get("ics", "").encode("utf-8", "ignore")


def _chosen(entries: list[OwnEntry]) -> int | None:
    number = request.form.get("entry", "")
    if number.isdecimal() and len(number) < 4 and int(number) < len(entries):
        return int(number)
    return 0 if len(entries) == 1 else None


def _said(finding: Finding) -> str:
    words = finding.say(gettext)
    return gettext("Line %(line)d: %(words)s", line=finding.line, words=words) if finding.line else words


def _put(draft: Draft, entry: OwnEntry, language: str) -> Response:
    taken = request.form.getlist("take")
    conflict = save_over(draft, lambda typed: take_over(typed, entry, taken, language))
    if conflict is not None:
        return show_conflict(sheet_of(draft), conflict)
    return make_response(redirect(f"/organiser/drafts/{draft.id}?saved=1", 303))
