"""Signing in with a mailed link, and signing out."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.services.web_sessions import end_session
from wmd.web.csrf import renew_tokens
from wmd.web.public.zone import local_path
from wmd.web.reading import read_now
from wmd.web.visitors import Visitor, become, visitor

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
def form() -> Response:
    """Ask for the address to which the link goes."""
    return make_response(
        render_template("account/sign_in/form.html", next_path=local_path(request.args.get("next", "/")), typed={})
    )


@bp.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End this browser's session."""
    row = visitor().session
    if row is not None:
        end_session(db.session(), row, now=read_now())
        db.session.commit()
    renew_tokens()
    become(Visitor(), None)
    return redirect("/", 303)
