"""Ending mails from a mail: a button for people, and one click for mail programs (RFC 8058)."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.services.follows import stands, stop_mails
from wmd.services.own_programme import subject_of
from wmd.web.attendee.answers import private
from wmd.web.attendee.own_words import event_line, filter_line
from wmd.web.attendee.owners import Owner, owner_of
from wmd.web.csrf import without_form_token
from wmd.web.reading import read_now

bp = Blueprint("stopping", __name__)

#: What a mail program posts, and nothing else does (RFC 8058 §3.1).
_ONE_CLICK = ("List-Unsubscribe", "One-Click")


def _what(owner: Owner) -> tuple[str, str]:
    """Return what the link ends: its kind, and its name."""
    kind, _, identity = owner.opened.subject.partition(":")
    if kind == "all":
        return kind, ""
    about = subject_of(db.session(), owner.person.id, kind, identity)
    if about is None:
        return kind, ""
    if about.code:
        return kind, event_line(about.edition, about.code, "en")[0]
    return kind, filter_line(about.edition, about.query, "en")[0]


@bp.get("/me/unsubscribe/<token>")
def show(token: str) -> Response:
    """Show what ends, and a button; looking ends nothing."""
    owner = owner_of(token, scope="stop")
    kind, name = _what(owner)
    page = render_template(
        "attendee/stop.html", kind=kind, name=name, token=token, noindex=True,
        standing=stands(db.session(), owner.attendee, owner.opened.subject),
    )  # fmt: skip
    return private(make_response(page))


@bp.post("/me/unsubscribe/<token>")
@without_form_token
def stop(token: str) -> ResponseReturnValue:
    """End it. A mail program is answered at once (it follows no redirect), a person is led back to the page.

    The token in the address is all that is needed: no cookie, no form of ours (RFC 8058 §3.2).
    """
    owner = owner_of(token, scope="stop")
    stop_mails(db.session(), owner.attendee, owner.opened.subject, now=read_now())
    db.session.commit()
    name, value = _ONE_CLICK
    if request.form.get(name) == value:
        response = make_response("", 200)
        response.mimetype = "text/plain"
        return private(response)
    return private(make_response(redirect(f"/me/unsubscribe/{token}", 303)))
