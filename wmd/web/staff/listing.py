"""Staff change what is listed: edit it themselves, cancel, postpone and revive it, hide it and show it again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.content_fields import Field, changed, fields_of
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.vocabulary import SessionStatus
from wmd.errors import InvalidContentError, NotAllowedMoveError, NotPublishableError
from wmd.models import Edition, Event, Revision, Submission
from wmd.services import staff_edits
from wmd.services.hearing import who_hears_of_calling_off, who_hears_of_hiding
from wmd.services.intake import latest_revision, read_content
from wmd.services.moderation import DecidedMeanwhileError, NotYoursError, require_moderator, waiting_revision
from wmd.services.preview import preview_revision
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.hearing_words import hearing_words
from wmd.web.means import commit_published, means
from wmd.web.names import language_name
from wmd.web.organiser.preview import render_preview
from wmd.web.reading import read_now, read_programme
from wmd.web.staff.desk import conflict_words
from wmd.web.staff.desk_words import field_name, messages_by_field
from wmd.web.staff.loaders import staff_submission

bp = Blueprint("listing", __name__, url_prefix="/desk")

STALE = Finding(
    "stale", Level.ERROR, "", N_("This page was open for too long. Nothing you typed is lost: please send it again.")
)


def said(findings: list[Finding]) -> list[dict[str, str]]:
    """Return findings for the summary on top of a form."""
    return [{"where": one.where, "text": one.say(gettext), "label": field_name(one.where)} for one in findings]


def _own(submission_id: str) -> Submission:
    submission = staff_submission(submission_id)
    try:
        require_moderator(submission, visitor().actor)
    except NotYoursError:
        abort(403)
    return submission


@bp.get("/<submission_id>/preview")
@for_staff("reader")
def preview(submission_id: str) -> Response:
    """Show what waits, or what stands, exactly as the public will see it."""
    submission, dbs = staff_submission(submission_id), db.session()
    revision = waiting_revision(dbs, submission.id) or staff_edits.approved_revision(dbs, submission)
    revision = revision or latest_revision(dbs, submission)
    edition = dbs.get_one(Edition, submission.edition_id)
    if revision is None:
        abort(404)
    back, words = f"/staff/desk/{submission_id}", gettext("Back to the desk")
    try:
        shown = preview_revision(dbs, revision, read_programme(edition.slug), now=read_now())
    except NotPublishableError:
        return make_response(render_template("staff/desk/no_preview.html", back=back), 200)
    return render_preview(shown, back_url=back, back_label=words)


# Editing


def _editor(submission: Submission, *, status: int = 200, findings: list[Finding] | None = None) -> Response:
    dbs = db.session()
    base = dbs.get(Revision, request.form.get("base", ""))
    if base is None or base.submission_id != submission.id:
        base = waiting_revision(dbs, submission.id) or staff_edits.approved_revision(dbs, submission)
    base = base or latest_revision(dbs, submission)
    if base is None:
        abort(404)
    findings = findings or []
    shown = render_template(
        "staff/desk/edit.html", submission=submission, base=base, fields=fields_of(read_content(base)),
        typed=request.form, messages=messages_by_field(findings), summary=said(findings), label_of=_label,
    )  # fmt: skip
    return make_response(shown, status)


def _label(one: Field) -> str:
    """Return what a field is called: words of another language with it, and with what they translate."""
    name = field_name(one.path) or gettext(one.label)
    if not one.lang:
        return name
    name = gettext("%(label)s (%(language)s)", label=name, language=language_name(one.lang))
    return f"{name}: {one.of}" if one.of else name


@bp.get("/<submission_id>/edit")
@for_staff("moderator")
def edit_form(submission_id: str) -> Response:
    """Show what the form does not ask, of what waits or of what stands."""
    return _editor(_own(submission_id))


def _stale_edit(submission_id: str) -> Response:
    return _editor(_own(submission_id), status=422, findings=[STALE])


@bp.post("/<submission_id>/edit")
@on_stale_form(_stale_edit)
@for_staff("moderator")
def edit(submission_id: str) -> ResponseReturnValue:
    """Save a moderator's own version."""
    submission = _own(submission_id)
    dbs = db.session()
    base = dbs.get(Revision, request.form.get("base", ""))
    if base is None or base.submission_id != submission.id:
        abort(400)
    typed = request.form.to_dict()
    # A box that is not ticked is not sent.
    typed |= {one.path: typed.get(one.path, "") for one in fields_of(read_content(base)) if one.kind == "tick"}
    content, findings = changed(read_content(base), typed)
    if content is None:
        return _editor(submission, status=422, findings=findings)
    try:
        staff_edits.staff_edit(dbs, submission_id, content, base.id, means(), actor=visitor().actor, now=read_now())
        commit_published()
    except InvalidContentError as error:
        dbs.rollback()
        return _editor(_own(submission_id), status=422, findings=list(error.findings))
    except DecidedMeanwhileError as error:
        dbs.rollback()
        problem = Finding("conflict", Level.ERROR, "", *conflict_words(error.conflict, submission_id))
        return _editor(_own(submission_id), status=409, findings=[problem])
    except NotPublishableError:
        dbs.rollback()
        problem = Finding("unpublishable", Level.ERROR, "", N_("It cannot be shown like that: look at its times."))
        return _editor(_own(submission_id), status=422, findings=[problem])
    return redirect(f"/staff/desk/{submission_id}?done=edit", 303)


# Calling off


def _off_page(submission: Submission, *, status: int = 200, findings: list[Finding] | None = None) -> Response:
    dbs = db.session()
    event, base = dbs.get(Event, submission.event_id), staff_edits.approved_revision(dbs, submission)
    if event is None or base is None:
        abort(404)
    shown = render_template(
        "staff/desk/call_off.html", submission=submission, event=event, content=read_content(base), typed=request.form,
        messages=messages_by_field(findings or []), summary=said(findings or []),
        hearing=hearing_words(who_hears_of_calling_off(dbs, event, now=read_now())),
        hiding=hearing_words(who_hears_of_hiding(dbs, event, now=read_now())),
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("/<submission_id>/call-off")
@for_staff("moderator", fresh=True)
def call_off_form(submission_id: str) -> Response:
    """Show how to cancel, postpone, revive, hide or show."""
    return _off_page(_own(submission_id))


def _stale_off(submission_id: str) -> Response:
    return _off_page(_own(submission_id), status=422, findings=[STALE])


@bp.post("/<submission_id>/call-off")
@on_stale_form(_stale_off)
@for_staff("moderator", fresh=True)
def call_off(submission_id: str) -> ResponseReturnValue:
    """Cancel, postpone or revive an event or some of its sessions."""
    submission = _own(submission_id)
    return _try(submission, "call-off", lambda: put_off(submission, now=read_now()))


def put_off(submission: Submission, *, now: datetime) -> None:
    """Do what a form for calling off says; organisers have the same form."""
    try:
        status = SessionStatus(request.form.get("status", ""))
    except ValueError:
        text = N_("Choose what happens: cancelled, postponed or taking place.")
        raise InvalidContentError([Finding("status.missing", Level.ERROR, "status", text)]) from None
    base = staff_edits.approved_revision(db.session(), submission)
    language = read_content(base).language if base else "en"
    reason = {
        name.removeprefix("reason."): text.strip() for name, text in request.form.items() if name.startswith("reason.")
    } or {language: ""}
    chosen = request.form.getlist("sessions") or None
    staff_edits.call_off(
        db.session(), submission.id, status, reason, means(), sessions=chosen, actor=visitor().actor, now=now
    )  # fmt: skip


@bp.post("/<submission_id>/hide")
@on_stale_form(_stale_off)
@for_staff("moderator", fresh=True)
def hide(submission_id: str) -> ResponseReturnValue:
    """Take an event off the list."""
    return _list_or_not(submission_id, "hide", staff_edits.hide_event)


@bp.post("/<submission_id>/show")
@on_stale_form(_stale_off)
@for_staff("moderator", fresh=True)
def show(submission_id: str) -> ResponseReturnValue:
    """List an event again."""
    return _list_or_not(submission_id, "show", staff_edits.show_event)


def _list_or_not(submission_id: str, done: str, change: Callable[..., None]) -> ResponseReturnValue:
    reason = request.form.get("why", "")[:2000]

    def act() -> None:
        change(db.session(), submission_id, reason, means(), actor=visitor().actor, now=read_now())

    return _try(_own(submission_id), done, act)


def _try(submission: Submission, done: str, act: Callable[[], None]) -> ResponseReturnValue:
    submission_id = submission.id
    try:
        act()
        commit_published()
    except InvalidContentError as error:
        db.session.rollback()
        return _off_page(_own(submission_id), status=422, findings=list(error.findings))
    except (NotAllowedMoveError, NotPublishableError):
        db.session.rollback()
        problem = Finding("not-allowed", Level.ERROR, "", N_("That is not possible as it stands now."))
        return _off_page(_own(submission_id), status=409, findings=[problem])
    return redirect(f"/staff/desk/{submission_id}?done={done}", 303)
