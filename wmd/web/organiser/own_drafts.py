"""The drafts of who asks, and what each is read against."""

from __future__ import annotations

from flask import abort

from wmd.db import db
from wmd.domain.forms.reading import Form
from wmd.models import Draft, Edition, Revision, Submission
from wmd.services.contacts import find_own_submission
from wmd.services.drafts import Owner, find_draft
from wmd.services.form_reading import editing_form, new_form
from wmd.services.moderation import NotYoursError, require_moderator
from wmd.web.guards import own_submission
from wmd.web.reading import read_now
from wmd.web.visitors import visitor


def draft_owner() -> Owner:
    """Return whose drafts may be seen now: those of the person, and of this browser before anybody signed in."""
    who = visitor()
    return Owner(who.person_id, who.session.id if who.session else None)


def own_draft(draft_id: str, *, also_handed_in: bool = False) -> Draft:
    """Return a draft of who asks that is still open (or also one that is not), or answer 404."""
    draft = find_draft(db.session(), draft_id, draft_owner())
    if draft is None or (draft.handed_in_at is not None and not also_handed_in):
        abort(404)
    return draft


def edition_of(draft: Draft) -> Edition:
    """Return the edition that a draft is for."""
    return db.session().get_one(Edition, draft.edition_id)


def submission_of(draft: Draft) -> Submission | None:
    """Return the submission that a draft changes; None for a new event, 404 for one that is not theirs any more."""
    if draft.submission_id and is_by_staff(draft):
        return db.session().get(Submission, draft.submission_id)
    return own_submission(draft.submission_id) if draft.submission_id else None


def is_by_staff(draft: Draft) -> bool:
    """Whether who asks changes somebody else's submission as a moderator who may, and who showed the second factor."""
    who = visitor()
    if draft.submission_id is None or who.session is None or who.session.second_factor_at is None:
        return False
    submission = db.session().get(Submission, draft.submission_id)
    if submission is None or find_own_submission(db.session(), who.person_id or "", submission.id) is not None:
        return False
    try:
        require_moderator(submission, who.actor)
    except NotYoursError:
        return False
    return True


def staff_base(draft: Draft) -> Revision | None:
    """Return the version that a draft of staff's is made from; None for an organiser's."""
    return db.session().get(Revision, draft.base_revision_id or "") if is_by_staff(draft) else None


def form_of(draft: Draft) -> Form:
    """Return what a draft is read against."""
    dbs, edition, submission = db.session(), edition_of(draft), submission_of(draft)
    if submission is not None:
        return editing_form(dbs, edition, submission, read_now(), staff_base=staff_base(draft))
    return new_form(dbs, edition, visitor().person_id, read_now())
