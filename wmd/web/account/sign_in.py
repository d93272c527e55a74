"""Signing in with a mailed link, and signing out."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.devices import device_words
from wmd.domain.programme import EditionView
from wmd.errors import InvalidContentError, NotLoadedError
from wmd.models import Edition, Person, StaffMember, WebSession
from wmd.secretbox import SecretBox
from wmd.services.actors import person_actor
from wmd.services.people import masked, read_address
from wmd.services.rate_limits import SIGN_IN_BY_ADDRESS, SIGN_IN_BY_NETWORK
from wmd.services.sign_in import ask_for_link, look_at_link, person_signs_out, use_link
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form, renew_tokens
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.public.zone import local_path
from wmd.web.reading import library, read_now
from wmd.web.visitors import Visitor, become, visitor

bp = Blueprint("sign_in", __name__)


def show_form(
    status: int = 200, message: str = "", *, address: str = "", next_path: str = "", notice: str = ""
) -> Response:
    """Return the page that asks for an address, with what was typed, or with an ``address`` that is known here."""
    return make_response(
        render_template(
            "account/sign_in/form.html", typed=address or request.form.get("address", ""), message=message,
            next_path=next_path or local_path(request.values.get("next", "/")), who=visitor(),
            edition=current_edition(), notice=notice,
            fresh="fresh" in request.args, single_sign_on=current_app.extensions["wmd.single_sign_on"],
        ),
        status,
    )  # fmt: skip


def current_edition() -> EditionView | None:
    """Return the edition that events are submitted to now; None while it cannot be read."""
    try:
        site = library().site()
    except NotLoadedError:
        return None
    return site.editions.get(site.current) if site.current else None


def _stale() -> Response:
    return show_form(422, gettext("This page was open for too long. Please send your address once more."))


@bp.get("/sign-in")
def form() -> Response:
    """Ask for the address to which the link goes."""
    moved = gettext("Your mail address is changed. You were signed out everywhere: sign in with the new one.")
    return show_form(notice=moved if "moved" in request.args else "")


@bp.post("/sign-in")
@on_stale_form(_stale)
def ask() -> ResponseReturnValue:
    """Mail the link. The answer is the same for every address."""
    typed = request.form.get("address", "")
    try:
        _, key = read_address(typed)
    except InvalidContentError as error:
        return show_form(422, error.findings[0].say(gettext))
    seconds = wait_s((SIGN_IN_BY_ADDRESS, key), (SIGN_IN_BY_NETWORK, this_network()))
    if seconds:
        words = gettext("A link was asked for many times. Please wait %(minutes)d minutes.", minutes=-(-seconds // 60))
        return too_many(show_form(429, words), seconds)
    box: SecretBox = current_app.extensions["wmd.secretbox"]
    edition = current_edition()
    ask_for_link(
        db.session(), typed, next_path=local_path(request.form.get("next", "/")), edition_id=_edition_id(edition),
        begin_path=f"/{edition.slug}/submit" if edition else "/", box=box, now=read_now(),
    )  # fmt: skip
    db.session.commit()
    return redirect("/sign-in/sent", 303)


def _edition_id(edition: EditionView | None) -> int | None:
    found = select(Edition.id).where(Edition.slug == (edition.slug if edition else ""))
    return db.session().scalars(found).first()


@bp.get("/sign-in/sent")
def sent() -> str:
    """Say that mail is on its way, and what to do when none comes."""
    return render_template("account/sign_in/sent.html")


def show_confirm(secret: str, status: int = 200) -> Response:
    """Return the page with the button, or the one that says why the link works no more."""
    link = look_at_link(db.session(), secret, now=read_now())
    good = link.standing == "good" and link.person is not None
    response = make_response(
        render_template(
            "account/sign_in/confirm.html" if good else "account/sign_in/worn.html",
            address=masked(link.person.address) if link.person else "", standing=link.standing, secret=secret,
            next_path=local_path(request.values.get("next", "/")), who=visitor(),
        ),
        status if good else 410,
    )  # fmt: skip
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _stale_confirm() -> Response:
    return show_confirm(request.form.get("t", ""), 422)


@bp.get("/sign-in/confirm")
def confirm() -> Response:
    """Show whom the link signs in, and a button. Nothing is used up: mail scanners come here before people do."""
    return show_confirm(request.args.get("t", ""))


@bp.post("/sign-in/confirm")
@on_stale_form(_stale_confirm)
def enter() -> ResponseReturnValue:
    """Use the link: sign in, in a session with a new cookie."""
    secret = request.form.get("t", "")
    used = use_link(
        db.session(), secret, device=device_words(request.user_agent.string), present=visitor().session, now=read_now()
    )
    if used is None:
        db.session.rollback()
        return show_confirm(secret)
    db.session.commit()
    row, person, cookie = used
    return welcome(row, person, cookie, local_path(request.form.get("next", "/")))


def welcome(row: WebSession, person: Person, cookie: str, next_path: str) -> Response:
    """Give the browser its new session and lead on: staff to their second factor first."""
    staff = db.session().get(StaffMember, person.id)
    if staff is not None and staff.disabled_at is not None:
        staff = None
    become(Visitor(row, person, staff, person_actor(person.id, staff)), cookie)
    renew_tokens()
    target = next_path if next_path != "/" else "/organiser/"
    if staff is not None:
        target = f"/sign-in/second-factor?next={quote(next_path if next_path != '/' else '/staff/', safe='/')}"
    return make_response(redirect(target, 303))


@bp.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End this browser's session."""
    row = visitor().session
    if row is not None:
        person_signs_out(db.session(), row, now=read_now())
        db.session.commit()
    renew_tokens()
    become(Visitor(), None)
    return redirect("/", 303)
