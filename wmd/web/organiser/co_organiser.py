"""The page behind a co-organiser's mailed link: the question with two buttons. Looking at it answers nothing."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.services.co_organisers import answer, look_at_question
from wmd.web.csrf import on_stale_form
from wmd.web.means import commit_published, means
from wmd.web.reading import read_now

bp = Blueprint("co_organiser", __name__)


def _page(secret: str, status: int = 200) -> Response:
    asked = look_at_question(db.session(), secret, now=read_now())
    works = asked is not None and asked.works
    response = make_response(
        render_template("organiser/co_organiser/ask.html", asked=asked, secret=secret, works=works),
        status if works else 410,
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _stale() -> Response:
    return _page(request.form.get("t", ""), 422)


@bp.get("/co-organiser")
def ask() -> Response:
    """Show the question."""
    return _page(request.args.get("t", ""))


@bp.post("/co-organiser")
@on_stale_form(_stale)
def give_answer() -> ResponseReturnValue:
    """Take the answer."""
    secret, said = request.form.get("t", ""), request.form.get("answer", "")
    if said not in {"yes", "no"}:
        return _page(secret, 422)
    asked = answer(db.session(), secret, agrees=said == "yes", means=means(), now=read_now())
    if asked is None:
        db.session.rollback()
        return _page(secret, 410)
    commit_published()
    return redirect(f"/organiser/co-organiser/thanks?answer={said}", 303)


@bp.get("/co-organiser/thanks")
def thanks() -> str:
    """Say what happens now."""
    return render_template("organiser/co_organiser/thanks.html", agreed=request.args.get("answer") == "yes")
