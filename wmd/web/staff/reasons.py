"""Canned reasons: their list, and the form that edits one."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import Finding
from wmd.errors import InvalidContentError
from wmd.models import Reason
from wmd.services.decision_mail import REASON_LANGUAGES
from wmd.services.reasons import VERDICTS, all_reasons, put_reason, retire_reason
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.reading import read_now
from wmd.web.staff.desk_words import messages_by_field
from wmd.web.staff.listing import STALE, said

bp = Blueprint("reasons", __name__, url_prefix="/reasons")


def _list(status: int = 200) -> Response:
    role = visitor().actor.role
    return make_response(
        render_template("staff/reasons/list.html", reasons=all_reasons(db.session()), may_edit=role != "reader"), status
    )


@bp.get("")
@for_staff("reader")
def show() -> Response:
    """List the reasons."""
    return _list()


def _find(reason_id: str) -> Reason | None:
    if reason_id == "new":
        return None
    found = db.session().get(Reason, int(reason_id)) if reason_id.isdecimal() and len(reason_id) < 10 else None
    if found is None:
        abort(404)
    return found


def _form(reason_id: str, status: int = 200, findings: list[Finding] | None = None) -> Response:
    reason = _find(reason_id)
    is_typed = request.method == "POST"
    values = {
        f"{language}.{name}": request.form.get(f"{language}.{name}", "")
        if is_typed
        else (reason.texts.get(language, {}).get(name, "") if reason else "")
        for language in REASON_LANGUAGES
        for name in ("label", "body")
    }
    chosen = request.form.getlist("verdicts") if is_typed else (reason.verdicts if reason else list(VERDICTS))
    shown = render_template(
        "staff/reasons/one.html", reason=reason, reason_id=reason_id, values=values, chosen=chosen,
        languages=REASON_LANGUAGES, messages=messages_by_field(findings or []), summary=said(findings or []),
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("/<reason_id>")
@for_staff("moderator")
def one(reason_id: str) -> Response:
    """Show the form of one reason, or of a new one."""
    return _form(reason_id)


def _stale(reason_id: str) -> Response:
    return _form(reason_id, 422, [STALE])


@bp.post("/<reason_id>")
@on_stale_form(_stale)
@for_staff("moderator")
def save(reason_id: str) -> ResponseReturnValue:
    """Save a reason, or offer it no more."""
    reason, actor, now = _find(reason_id), visitor().actor.name, read_now()
    act = request.form.get("act", "save")
    if reason is not None and act in {"retire", "bring-back"}:
        retire_reason(db.session(), reason, retired=act == "retire", actor=actor, now=now)
    else:
        texts = {
            language: {name: request.form.get(f"{language}.{name}", "") for name in ("label", "body")}
            for language in REASON_LANGUAGES
        }
        try:
            put_reason(db.session(), reason, texts, request.form.getlist("verdicts"), actor=actor, now=now)
        except InvalidContentError as error:
            db.session.rollback()
            return _form(reason_id, 422, list(error.findings))
    db.session.commit()
    return redirect("/staff/reasons", 303)
