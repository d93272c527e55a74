"""The staff's look at the regular jobs: what each did, what it is behind with, and which schedulers live."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template

from wmd.db import db
from wmd.services.job_watch import MOST_COUNTED, job_statuses, living
from wmd.web.guards import for_staff
from wmd.web.reading import read_now

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@bp.get("")
@for_staff("reader")
def index() -> str:
    """Show how each job stands, and the schedulers."""
    dbs, now = db.session(), read_now()
    return render_template(
        "staff/jobs/list.html", statuses=job_statuses(dbs, current_app.extensions["wmd.jobs"], now=now),
        schedulers=living(dbs, now=now), most=MOST_COUNTED, now=now,
    )  # fmt: skip
