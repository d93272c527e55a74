"""The page behind the mailed question whether a link works: two buttons. Looking at it answers nothing."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.services.link_checks import Question, answer, look_at_question
from wmd.web.csrf import on_stale_form
from wmd.web.means import commit_published, secret_box
from wmd.web.reading import read_now

bp = Blueprint("link_check", __name__)


def _find(secret: str) -> Question | None:
    return look_at_question(db.session(), secret, secret_box(), now=read_now())


def _page(secret: str, status: int = 200) -> Response:
    question = _find(secret)
    works = question is not None and question.is_open
    response = make_response(
        render_template("organiser/link_check/ask.html", question=question, secret=secret, works=works),
        status if works else 410,
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _stale() -> Response:
    return _page(request.form.get("t", ""), 422)


@bp.get("/link-check")
def ask() -> Response:
    """Show the question, or what was answered."""
    return _page(request.args.get("t", ""))


@bp.post("/link-check")
@on_stale_form(_stale)
def give_answer() -> ResponseReturnValue:
    """Take the answer; who says that the link is wrong is led on to where it is corrected."""
    secret, said = request.form.get("t", ""), request.form.get("answer", "")
    question = _find(secret)
    if question is None or not question.is_open:
        return _page(secret)
    if said not in {"works", "wrong"}:
        return _page(secret, 422)
    answer(db.session(), question, "works" if said == "works" else "wrong", box=secret_box(), now=read_now())
    commit_published()
    target = f"&to={question.submission_id}" if said == "wrong" else ""
    return redirect(f"/organiser/link-check/thanks?answer={said}{target}", 303)


@bp.get("/link-check/thanks")
def thanks() -> str:
    """Say what happens now."""
    # An id opens nothing by itself: the page that it leads to asks who is there.
    return render_template(
        "organiser/link_check/thanks.html", works=request.args.get("answer") == "works",
        submission_id="".join(each for each in request.args.get("to", "")[:36] if each.isalnum() or each == "-"),
    )  # fmt: skip
