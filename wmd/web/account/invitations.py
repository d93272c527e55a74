"""Links in mails that are about an account: an invitation to an organisation, and a new mail address."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.models import Attendee, Person
from wmd.services.accounts import look_at_new_address, take_new_address
from wmd.services.contacts import accept_invitation, look_at_invitation
from wmd.services.erasure import is_only_attendee
from wmd.services.people import masked
from wmd.services.personal_links import me_path
from wmd.web.csrf import on_stale_form, renew_tokens
from wmd.web.means import secret_box
from wmd.web.reading import read_now
from wmd.web.visitors import visitor

bp = Blueprint("invitations", __name__)


def _private(page: str, status: int) -> Response:
    response = make_response(page, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def show_invitation(secret: str, status: int = 200) -> Response:
    """Return the page with the button, or the one that says why the link works no more."""
    opened = look_at_invitation(db.session(), secret, now=read_now())
    good = opened.standing == "good" and opened.organisation is not None and opened.person is not None
    page = render_template(
        "account/invitations/invitation.html", opened=opened, secret=secret, good=good,
        address=masked(opened.person.address) if opened.person else "",
    )  # fmt: skip
    return _private(page, status if good else 410)


@bp.get("/sign-in/invitation")
def invitation() -> Response:
    """Show who invites, and a button; nothing is used up."""
    return show_invitation(request.args.get("t", ""))


@bp.post("/sign-in/invitation")
@on_stale_form(lambda: show_invitation(request.form.get("t", ""), 422))
def accept() -> ResponseReturnValue:
    """Become a contact. It signs nobody in: this link lives for two weeks, a sign-in link for ten minutes."""
    secret = request.form.get("t", "")
    opened = accept_invitation(db.session(), secret, now=read_now())
    if opened is None or opened.organisation is None or opened.person is None:
        db.session.rollback()
        return show_invitation(secret)
    code, person_id = opened.organisation.code, opened.person.id
    db.session.commit()
    target = f"/organiser/organisations/{code}/contacts"
    return redirect(target if visitor().person_id == person_id else f"/sign-in?next={target}", 303)


def show_new_address(secret: str, status: int = 200, *, failed: bool = False) -> Response:
    """Return the page with the button, or the one that says why the link works no more."""
    found, address = look_at_new_address(db.session(), secret, box=secret_box(), now=read_now())
    good = found == "good" and bool(address) and not failed
    page = render_template(
        "account/invitations/new_address.html", standing=found, address=address, secret=secret, good=good
    )
    return _private(page, status if good else 410)


@bp.get("/sign-in/new-address")
def new_address() -> Response:
    """Show the new address and a button; nothing is used up."""
    return show_new_address(request.args.get("t", ""))


@bp.post("/sign-in/new-address")
@on_stale_form(lambda: show_new_address(request.form.get("t", ""), 422))
def take() -> ResponseReturnValue:
    """Take the new address; all sessions end, and one signs in anew with it."""
    secret = request.form.get("t", "")
    person = take_new_address(db.session(), secret, box=secret_box(), now=read_now())
    if person is None:
        # Committed all the same: a link that failed must not be tried for ever.
        db.session.commit()
        return show_new_address(secret, failed=True)
    target = _own_page(person)
    db.session.commit()
    renew_tokens()
    return redirect(target, 303)


def _own_page(person: Person) -> str:
    """Return where somebody goes on: those who follow events and do nothing else, on the page of their own."""
    dbs = db.session()
    attendee = dbs.get(Attendee, person.id)
    if attendee is None or not is_only_attendee(dbs, person):
        return "/sign-in?next=/organiser/account&moved=yes"
    return f"{me_path(dbs, secret_box(), attendee, now=read_now())}?done=moved#said"
