"""Loaders that know only what a member of the staff may see."""

from __future__ import annotations

from flask import abort

from wmd.db import db
from wmd.models import Organisation, Submission
from wmd.services.organisations import find_organisation
from wmd.web.guards import visitor


def staff_submission(submission_id: str) -> Submission:
    """Return a submission that who asks may see as staff, or answer 404."""
    found = db.session().get(Submission, submission_id)
    if found is None or not visitor().actor.may_see(found.region, found.language):
        abort(404)
    return found


def staff_organisation(code: str) -> Organisation:
    """Return an organisation that who asks may see as staff, or answer 404."""
    found = find_organisation(db.session(), code)
    if found is None or not visitor().actor.may_see(found.region, ""):
        abort(404)
    return found
