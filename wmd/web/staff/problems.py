"""What visitors report as wrong: looked at, closed, and a link that is known to fail marked as such."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import NotAllowedMoveError
from wmd.models import Event, ProblemReport
from wmd.services.link_state import mark_link
from wmd.services.mail_lines import PROBLEMS
from wmd.services.problems import PAGE_SIZE, close_problem, count_open_problems, find_problem, open_problems
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff
from wmd.web.means import commit_published, secret_box
from wmd.web.reading import read_now
from wmd.web.visitors import visitor

bp = Blueprint("problems", __name__, url_prefix="/problems")


def _show(status: int = 200, notice: str = "") -> Response:
    dbs, actor = db.session(), visitor().actor
    problems = open_problems(dbs, actor=actor, box=secret_box())
    total = len(problems) if len(problems) < PAGE_SIZE else count_open_problems(dbs, actor=actor)
    page = render_template(
        "staff/problems/list.html", problems=problems, total=total, words=PROBLEMS, notice=notice,
        may_act=actor.role != "reader",
    )  # fmt: skip
    return make_response(page, status)


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """List what is open, the oldest first."""
    return _show()


def _mine(report_id: str) -> tuple[ProblemReport, Event]:
    found = find_problem(db.session(), report_id, actor=visitor().actor)
    if found is None:
        abort(404)
    return found


def _stale(report_id: str) -> Response:
    _mine(report_id)
    return _show(422, gettext("This page was open for too long. Please send it once more."))


@bp.post("/<report_id>")
@on_stale_form(_stale)
@for_staff("moderator")
def close(report_id: str) -> ResponseReturnValue:
    """Close a report: it is solved, or was no problem."""
    report, _ = _mine(report_id)
    try:
        close_problem(db.session(), report, request.form.get("state", ""), actor=visitor().actor, now=read_now())
    except NotAllowedMoveError:
        db.session.rollback()
        return _show(409, gettext("Somebody else has closed it meanwhile."))
    db.session.commit()
    return redirect("/staff/problems", 303)


@bp.post("/<report_id>/link")
@on_stale_form(_stale)
@for_staff("moderator")
def link(report_id: str) -> ResponseReturnValue:
    """Say on the event's page that its link is known to be wrong, or take that back."""
    _, event = _mine(report_id)
    wrong = request.form.get("link") == "wrong"
    mark_link(db.session(), event, wrong=wrong, actor=visitor().actor.name, now=read_now())
    commit_published()
    return redirect("/staff/problems", 303)
