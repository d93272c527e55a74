"""The staff's second factor: asked for at sign-in and before dangerous acts, and set up at the first sign-in."""

from __future__ import annotations

import logging
from urllib.parse import quote

import segno
from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from config import Config
from wmd.db import db
from wmd.models import StaffMember, WebSession
from wmd.services.rate_limits import SECOND_FACTOR
from wmd.services.second_factor import (
    begin_enrolment,
    enrolment_address,
    enrolment_secret,
    finish_enrolment,
    mark_shown,
    new_recovery_codes,
    recovery_codes_left,
    show_second_factor,
)
from wmd.web.catalogue import gettext
from wmd.web.csrf import renew_tokens
from wmd.web.guards import for_contact, for_staff
from wmd.web.limits import forgiven, too_many, wait_s
from wmd.web.means import secret_box
from wmd.web.public.zone import local_path
from wmd.web.reading import read_now
from wmd.web.visitors import Visitor, become, visitor

bp = Blueprint("second_factor", __name__)

log = logging.getLogger(__name__)


def _next_path() -> str:
    path = local_path(request.values.get("next", "/"))
    return path if path != "/" else "/staff/"


def _member() -> tuple[StaffMember, WebSession]:
    """Return who of the staff is signed in; 403 for others."""
    who = visitor()
    if who.staff is None or who.session is None:
        abort(403)
    return who.staff, who.session


def show_ask(status: int = 200, message: str = "") -> Response:
    """Return the page that asks for a code."""
    staff, session = _member()
    return make_response(
        render_template(
            "account/second_factor/ask.html", next_path=_next_path(), message=message,
            again=session.second_factor_at is not None, left=recovery_codes_left(db.session(), staff.person_id),
        ),
        status,
    )  # fmt: skip


def show_set_up(status: int = 200, message: str = "") -> Response:
    """Return the page of the set-up: how it begins, or the QR code with the field for the first code."""
    staff, _ = _member()
    secret = enrolment_secret(staff, box=secret_box())
    config: Config = current_app.extensions["wmd.config"]
    who = visitor()
    account = who.person.address if who.person else ""
    address = enrolment_address(secret, account=account, issuer=f"WMD {config.hostname}") if secret else ""
    return make_response(
        render_template(
            "account/second_factor/set_up.html", secret=secret, qr=qr_code(address) if address else "",
            next_path=_next_path(), message=message,
        ),
        status,
    )  # fmt: skip


def qr_code(text: str) -> Markup:
    """Return a QR code as an SVG element, dark on light in either theme."""
    svg = segno.make(text, error="m").svg_inline(scale=4, border=3, light="#fff", dark="#000", omitsize=True)
    # Made by segno from black and white squares: no text of anybody's stands in it.
    return Markup(svg)  # noqa: S704


def _wait(staff: StaffMember) -> int:
    return wait_s((SECOND_FACTOR, staff.person_id))


def _pause(seconds: int) -> str:
    return gettext("That were too many wrong codes. Please wait %(minutes)d minutes.", minutes=-(-seconds // 60))


@bp.get("/sign-in/second-factor")
@for_contact
def ask() -> ResponseReturnValue:
    """Ask for a code; a member without a second factor sets it up first."""
    staff, _ = _member()
    if staff.totp_confirmed_at is None:
        return redirect(f"/sign-in/second-factor/set-up?next={quote(_next_path(), safe='/')}", 303)
    return show_ask()


@bp.post("/sign-in/second-factor")
@for_contact
def answer() -> ResponseReturnValue:
    """Take a code or a recovery code."""
    staff, session = _member()
    if seconds := _wait(staff):
        return too_many(show_ask(429, _pause(seconds)), seconds)
    code = request.form.get("code", "")[:40]
    cookie = show_second_factor(db.session(), staff, session, code, box=secret_box(), now=read_now())
    if not cookie:
        db.session.rollback()
        log.warning("second_factor_wrong", extra={"person": staff.person_id})
        return show_ask(422, gettext("This code is not right, or it was used already. Wait for the next one."))
    forgiven(SECOND_FACTOR, staff.person_id)
    db.session.commit()
    _carry_on(cookie)
    return redirect(_next_path(), 303)


def _carry_on(cookie: str) -> None:
    who = visitor()
    become(Visitor(who.session, who.person, who.staff, who.actor), cookie)
    renew_tokens()


@bp.get("/sign-in/second-factor/set-up")
@for_contact
def set_up() -> ResponseReturnValue:
    """Show how to set up the second factor; another app in place of one needs a fresh confirmation."""
    staff, _ = _member()
    if staff.totp_confirmed_at is None:
        return show_set_up()
    return fresh_set_up() if staff.totp_next_sealed else redirect("/sign-in/second-factor", 303)


@for_staff("reader", fresh=True)
def fresh_set_up() -> ResponseReturnValue:
    """Show how to set up another app."""
    return show_set_up()


@bp.post("/sign-in/second-factor/begin")
@for_contact
def begin() -> ResponseReturnValue:
    """Make a secret for the member's app; a member who has one needs a fresh confirmation to replace it."""
    staff, _ = _member()
    if staff.totp_confirmed_at is not None:
        return replace()
    begin_enrolment(db.session(), staff, box=secret_box(), now=read_now())
    db.session.commit()
    return redirect(f"/sign-in/second-factor/set-up?next={quote(_next_path(), safe='/')}", 303)


@for_staff("reader", fresh=True)
def replace() -> ResponseReturnValue:
    """Begin anew with another app."""
    staff, _ = _member()
    begin_enrolment(db.session(), staff, box=secret_box(), now=read_now())
    db.session.commit()
    return redirect("/sign-in/second-factor/set-up", 303)


@bp.post("/sign-in/second-factor/set-up")
@for_contact
def finish() -> ResponseReturnValue:
    """Finish the set-up with the first code."""
    staff, _ = _member()
    if staff.totp_confirmed_at is None:
        return take_first_code()
    return fresh_finish() if staff.totp_next_sealed else redirect("/sign-in/second-factor", 303)


@for_staff("reader", fresh=True)
def fresh_finish() -> ResponseReturnValue:
    """Take the first code of another app."""
    return take_first_code()


def take_first_code() -> ResponseReturnValue:
    """Take the first code, and show the recovery codes this once."""
    staff, session = _member()
    if seconds := _wait(staff):
        return too_many(show_set_up(429, _pause(seconds)), seconds)
    codes = finish_enrolment(db.session(), staff, request.form.get("code", "")[:40], box=secret_box(), now=read_now())
    if not codes:
        db.session.rollback()
        return show_set_up(422, gettext("This code is not right. Is the clock of your device right?"))
    cookie = mark_shown(db.session(), staff, session, how="set-up", now=read_now())
    forgiven(SECOND_FACTOR, staff.person_id)
    db.session.commit()
    _carry_on(cookie)
    return _show_codes(codes)


@bp.post("/sign-in/second-factor/recovery-codes")
@for_staff("reader", fresh=True)
def renew_codes() -> ResponseReturnValue:
    """Replace the recovery codes and show the new ones this once."""
    staff, _ = _member()
    codes = new_recovery_codes(db.session(), staff, now=read_now())
    db.session.commit()
    return _show_codes(codes)


def _show_codes(codes: list[str]) -> str:
    return render_template("account/second_factor/codes.html", codes=codes, next_path=_next_path())
