"""What the staff's views hand to the services: the means of a verdict, and how its result shows at once."""

from __future__ import annotations

from flask import abort, current_app

from wmd.db import db
from wmd.models import Submission
from wmd.secretbox import SecretBox
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.web.guards import visitor
from wmd.web.reading import library


def means() -> Means:
    """Return what a verdict needs beside the database."""
    setting: Setting = current_app.extensions["wmd.publishing"]
    box: SecretBox = current_app.extensions["wmd.secretbox"]
    return Means(setting, box)


def commit_published() -> None:
    """Commit, and have this process show what was published before the redirect is followed."""
    db.session.commit()
    library().refresh()


def staff_submission(submission_id: str) -> Submission:
    """Return a submission that who asks may see as staff, or answer 404."""
    found = db.session().get(Submission, submission_id)
    if found is None or not visitor().actor.may_see(found.region, found.language):
        abort(404)
    return found
