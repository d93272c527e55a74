"""One submission for its organiser: where it stands, the words with the team, changing, copying, taking back."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.forms.fields import pattern_of
from wmd.domain.forms.writing import copied
from wmd.domain.vocabulary import SessionStatus
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Edition, Event, Revision, Submission
from wmd.services.confirming import confirm_submission
from wmd.services.drafts import NewDraft, create_draft, open_edit
from wmd.services.field_words import change_facts, change_words
from wmd.services.form_reading import comments_on, editing_form, typed_of
from wmd.services.hearing import who_hears_of_calling_off
from wmd.services.importing import edition_content
from wmd.services.intake import latest_revision, read_content
from wmd.services.last_change import last_change
from wmd.services.own_work import OwnItem, open_editions, own_items
from wmd.services.references import find_edition
from wmd.services.session_words import times_text
from wmd.services.staff_edits import call_off
from wmd.services.standing import Means
from wmd.services.submissions import phase_of, withdraw
from wmd.services.threads import answer_question, thread_of
from wmd.services.visits import times_opened
from wmd.web.catalogue import gettext
from wmd.web.guards import for_contact, own_submission, visitor
from wmd.web.hearing_words import hearing_words
from wmd.web.means import secret_box
from wmd.web.organiser.form_page import FormPage
from wmd.web.organiser.own_drafts import draft_owner
from wmd.web.organiser.posting import new_form_token
from wmd.web.organiser.wording import standing_words
from wmd.web.reading import library, read_now
from wmd.web.words import select_locale

bp = Blueprint("submissions", __name__, url_prefix="/submissions")

_CALLS = {
    "cancel": SessionStatus.CANCELLED,
    "postpone": SessionStatus.POSTPONED,
    "revive": SessionStatus.SCHEDULED,
}


def _item(submission: Submission) -> OwnItem:
    """Return a submission of who asks with all that its page shows."""
    found = own_items(db.session(), visitor().person_id or "", submission_id=submission.id)
    return found[0] if found else abort(404)


def show_submission(
    submission: Submission,
    *,
    status: int = 200,
    message: str = "",
    body: str = "",
    reason: str = "",
    wrong: str = "",
    unsure: str = "",
) -> Response:
    """Return the page of a submission; ``message`` says what could not be done.

    ``body`` and ``reason`` are what was typed to the team and to everybody, ``wrong`` what is wrong with the latter;
    ``unsure`` that it was not said to be announced.
    """
    dbs, now = db.session(), read_now()
    item = _item(submission)
    revision = latest_revision(dbs, submission)
    content = read_content(revision) if revision else None
    page = FormPage(typed_of(dbs, content) if content else {}, editing_form(dbs, item.edition, submission, now))
    shown = render_template(
        "organiser/submissions/show.html", item=item, standing=standing_words(item, now), page=page, content=content,
        notes=thread_of(dbs, submission.id, for_staff=False), comments=comments_on(dbs, submission.id),
        draft=open_edit(dbs, submission.id, draft_owner()), message=message, body=body, reason=reason, wrong=wrong,
        unsure=unsure, change=_change_words(submission),
        times=times_text(content, _own_zone(), select_locale(), gettext).splitlines() if content else [],
        hearing=_hearing(submission) if item.is_listed else "",
        typed=request.form, who=visitor(),
        open_now=open_editions(dbs, now), is_done=bool(request.args.get("done")),
        opened=times_opened(dbs, submission.event_id) if item.is_listed and submission.event_id else 0,
    )  # fmt: skip
    return make_response(shown, status)


def _hearing(submission: Submission) -> str:
    """Return who gets a mail when the event is called off."""
    dbs = db.session()
    return hearing_words(who_hears_of_calling_off(dbs, dbs.get(Event, submission.event_id), now=read_now()))


def _own_zone() -> str:
    """Return the zone of who is signed in; a blank when they chose none."""
    person = visitor().person
    return person.zone if person is not None else ""


def _change_words(submission: Submission) -> dict[str, object] | None:
    """Return what became of the last change in words: ``taken`` and ``left`` name fields, ``reason`` says why."""
    found = last_change(db.session(), submission)
    if found is None:
        return None
    language = select_locale()
    taken, left = (
        [change_words(change_facts(change, taken=True), gettext, language) for change in part]
        for part in (found.taken, found.left)
    )
    return {"taken": taken, "left": left, "reason": found.reason}


@bp.get("/<submission_id>")
@for_contact
def show(submission_id: str) -> ResponseReturnValue:
    """Show where a submission stands and what was handed in."""
    return show_submission(own_submission(submission_id))


@bp.post("/<submission_id>/edit")
@for_contact
def edit(submission_id: str) -> ResponseReturnValue:
    """Begin to change a submission, or go on with the draft that does."""
    dbs, submission = db.session(), own_submission(submission_id)
    if not _item(submission).is_editable:
        return show_submission(submission, status=422, message=gettext("This event takes no more changes."))
    draft = open_edit(dbs, submission.id, draft_owner())
    if draft is None:
        revision = latest_revision(dbs, submission)
        if revision is None:
            abort(404)
        draft = create_draft(
            dbs, secret_box(), _new(submission, revision), draft_owner(), typed_of(dbs, read_content(revision)),
            mint=Mint(), now=read_now(),
        )  # fmt: skip
        db.session.commit()
    return redirect(f"/organiser/drafts/{draft.id}", 303)


def _new(submission: Submission, revision: Revision) -> NewDraft:
    edition = db.session().get_one(Edition, submission.edition_id)
    return NewDraft(
        edition, new_form_token(), submission_id=submission.id, organisation_id=submission.organisation_id,
        base_revision_id=revision.id,
    )  # fmt: skip


@bp.post("/<submission_id>/copy")
@for_contact
def copy(submission_id: str) -> ResponseReturnValue:
    """Begin another event from this one: dates moved into the chosen edition, links emptied."""
    dbs, now, submission = db.session(), read_now(), own_submission(submission_id)
    source = dbs.get_one(Edition, submission.edition_id)
    target = find_edition(dbs, request.form.get("edition", "")) or source
    if phase_of(target, now) not in {"open", "late"}:
        words = gettext("%(edition)s takes no events now.", edition=target.name)
        return show_submission(submission, status=422, message=words)
    revision = latest_revision(dbs, submission)
    if revision is None:
        abort(404)
    content = copied(read_content(revision), edition_content(source), edition_content(target))
    # Partners are asked again, so that the form wants to know whom.
    typed = {name: text for name, text in typed_of(dbs, content).items() if pattern_of(name) != "organisers[].key"}
    if item := _item(submission).organisation:
        typed["organisation.key"] = item.key
    draft = create_draft(
        dbs, secret_box(), NewDraft(target, new_form_token()), draft_owner(), typed, mint=Mint(), now=now
    )
    db.session.commit()
    return redirect(f"/organiser/drafts/{draft.id}?copied=1", 303)


@bp.post("/<submission_id>/confirm")
@for_contact
def confirm(submission_id: str) -> ResponseReturnValue:
    """Say, as the person it came from, that it is theirs."""
    submission = own_submission(submission_id)
    if submission.person_id != visitor().person_id:
        abort(404)
    confirm_submission(db.session(), submission, actor=visitor().actor.name, box=secret_box(), now=read_now())
    db.session.commit()
    return redirect(f"/organiser/submissions/{submission.id}", 303)


@bp.post("/<submission_id>/withdraw")
@for_contact
def take_back(submission_id: str) -> ResponseReturnValue:
    """Take a submission back that is not published."""
    submission = own_submission(submission_id)
    try:
        withdraw(db.session(), submission, actor=visitor().actor.name, now=read_now())
    except NotAllowedMoveError:
        db.session.rollback()
        words = gettext("This cannot be taken back. A published event is cancelled, so that people learn of it.")
        return show_submission(submission, status=422, message=words)
    db.session.commit()
    return redirect(f"/organiser/submissions/{submission.id}", 303)


@bp.post("/<submission_id>/say")
@for_contact
def say(submission_id: str) -> ResponseReturnValue:
    """Write to the team, or answer its question."""
    submission, body = own_submission(submission_id), request.form.get("body", "")
    try:
        answer_question(db.session(), submission, body, actor=visitor().actor, now=read_now())
    except InvalidContentError as error:
        db.session.rollback()
        words = error.findings[0].say(gettext)
        return show_submission(submission, status=422, message=words, body=body)
    db.session.commit()
    return redirect(f"/organiser/submissions/{submission.id}#thread", 303)


@bp.post("/<submission_id>/call-off")
@for_contact
def call(submission_id: str) -> ResponseReturnValue:
    """Cancel, postpone or revive a published event, with a reason that everybody reads; the listing stays."""
    submission, reason = own_submission(submission_id), request.form.get("reason", "")
    status = _CALLS.get(request.form.get("what", ""))
    if status is None:
        words = gettext("Choose whether it is cancelled, postponed, or takes place after all.")
        return show_submission(submission, status=422, message=words, reason=reason)
    if not request.form.get("sure"):
        words = gettext("Please read it once more, and tick that it may be announced. Nothing was announced yet.")
        return show_submission(submission, status=422, message=words, reason=reason, unsure=words)
    means = Means(current_app.extensions["wmd.publishing"], secret_box())
    chosen = request.form.getlist("session") or None
    # An organiser acts as such here, whatever else they may be.
    actor = visitor().as_contact()
    try:
        call_off(
            db.session(), submission.id, status, {submission.language: reason}, means, sessions=chosen, actor=actor,
            now=read_now(),
        )  # fmt: skip
    except (InvalidContentError, NotAllowedMoveError) as error:
        db.session.rollback()
        said = error.findings[0].say(gettext) if isinstance(error, InvalidContentError) else ""
        if said:
            return show_submission(submission, status=422, message=said, reason=reason, wrong=said)
        words = gettext("Only a published event is cancelled or postponed.")
        return show_submission(submission, status=422, message=words, reason=reason)
    db.session.commit()
    library().refresh()
    return redirect(f"/organiser/submissions/{submission.id}", 303)
