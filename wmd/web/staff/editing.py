"""Staff edit in the organiser's own form: a draft of theirs, handed in as a version of staff's."""

from __future__ import annotations

from flask import Blueprint, abort, redirect
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.models import Edition, Submission
from wmd.services.drafts import NewDraft, create_draft, open_edit
from wmd.services.form_reading import typed_of
from wmd.services.intake import read_content
from wmd.services.moderation import NotYoursError, require_moderator
from wmd.services.staff_form import base_for_staff
from wmd.web.guards import for_staff, visitor
from wmd.web.means import secret_box
from wmd.web.organiser.own_drafts import draft_owner
from wmd.web.organiser.posting import new_form_token
from wmd.web.reading import read_now
from wmd.web.staff.loaders import staff_submission

bp = Blueprint("editing", __name__, url_prefix="/desk")


@bp.post("/<submission_id>/form")
@for_staff("moderator")
def begin(submission_id: str) -> ResponseReturnValue:
    """Open the form of a submission, or go on with the draft that was begun."""
    submission = staff_submission(submission_id)
    try:
        require_moderator(submission, visitor().actor)
    except NotYoursError:
        abort(403)
    address = begin_edit(submission)
    db.session.commit()
    return redirect(address, 303)


def begin_edit(submission: Submission) -> str:
    """Return the address of the draft in which who asks changes a submission; made if there is none. Flushes.

    A draft of a version that does not wait or stand any more is left behind: what is handed in must be made from
    what is there.
    """
    dbs = db.session()
    base = base_for_staff(dbs, submission)
    if base is None:
        abort(404)
    draft = open_edit(dbs, submission.id, draft_owner())
    if draft is None or draft.base_revision_id != base.id:
        edition = dbs.get_one(Edition, submission.edition_id)
        new = NewDraft(
            edition, new_form_token(), submission_id=submission.id, organisation_id=submission.organisation_id,
            base_revision_id=base.id,
        )  # fmt: skip
        typed = typed_of(dbs, read_content(base))
        draft = create_draft(dbs, secret_box(), new, draft_owner(), typed, mint=Mint(), now=read_now())
    return f"/organiser/drafts/{draft.id}"
