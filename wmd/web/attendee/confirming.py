"""The button in the mail that confirms, and having one's link sent again."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import Attendee, Person
from wmd.services.attendees import change_place
from wmd.services.follows import confirm_follows
from wmd.services.mail_tokens import find, standing
from wmd.services.own_links import ask_for_own_link
from wmd.services.own_programme import waiting_wishes
from wmd.services.people import masked, read_address
from wmd.services.personal_links import me_path
from wmd.services.rate_limits import FOLLOW_BY_NETWORK, OWN_LINK_DAY, OWN_LINK_HOUR
from wmd.web.attendee.answers import private
from wmd.web.attendee.asked import to_asked
from wmd.web.attendee.asking import Messages, language_choices, trap
from wmd.web.attendee.own_words import wish_lines
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.means import secret_box
from wmd.web.reading import read_now, viewer
from wmd.web.spam_trap import read_trap
from wmd.web.words import moment

bp = Blueprint("confirming", __name__)


def show_ask(status: int = 200, messages: Messages | None = None) -> Response:
    """Return the page that asks for an address to mail the link to."""
    page = render_template(
        "attendee/send_again.html", typed=request.form.get("address", ""), messages=messages or {}, trap=trap(),
        noindex=True,
    )  # fmt: skip
    return make_response(page, status)


@bp.get("/me")
def send_again() -> Response:
    """Ask for the address to which the link of one's own page goes."""
    return show_ask()


def _stale() -> Response:
    return show_ask(422, {"address": [gettext("This page was open for too long. Please send it once more.")]})


@bp.post("/me")
@on_stale_form(_stale)
def mail_again() -> ResponseReturnValue:
    """Mail the link. The answer is the same for every address."""
    typed = request.form.get("address", "")
    try:
        _, key = read_address(typed)
    except InvalidContentError as error:
        return show_ask(422, messages_of(error.findings))
    if seconds := wait_s((OWN_LINK_HOUR, key), (OWN_LINK_DAY, key), (FOLLOW_BY_NETWORK, this_network())):
        next_at = read_now() + timedelta(seconds=seconds)
        words = gettext(
            "The link was asked for often, and no mail went out now. The next one can go out at %(moment)s.",
            moment=moment(next_at, viewer("UTC").zone),
        )
        return too_many(show_ask(429, {"address": [words]}), seconds)
    if not read_trap(request.form, read_now()).trap_filled:
        ask_for_own_link(db.session(), typed, box=secret_box(), now=read_now())
        db.session.commit()
    return to_asked(typed, "link")


def show_confirm(secret: str, status: int = 200, messages: Messages | None = None) -> Response:
    """Return what waits for the button, or why the link works no more."""
    dbs, now = db.session(), read_now()
    token = find(dbs, "confirm-follow", secret)
    person = dbs.get(Person, token.person_id) if token and token.person_id else None
    good = token is not None and person is not None and standing(token, now=now) == "good"
    if token is None or person is None or not good:
        used = token is not None and token.used_at is not None
        page = render_template("attendee/confirm_worn.html", used=used, noindex=True)
        return private(make_response(page, 410))
    attendee = dbs.get(Attendee, person.id)
    who = viewer(person.zone or "UTC")
    page = render_template(
        "attendee/confirm.html", secret=secret, address=masked(person.address), messages=messages or {},
        lines=wish_lines(waiting_wishes(dbs, person.id), who.language), languages=language_choices(),
        zone=request.form.get("zone") or person.zone or who.zone,
        language=request.form.get("language", person.language),
        is_new=attendee is None or attendee.confirmed_at is None, noindex=True,
    )  # fmt: skip
    return private(make_response(page, status))


@bp.get("/me/confirm/<secret>")
def confirm(secret: str) -> Response:
    """Show what was asked for, and a button. Nothing is used up: mail scanners come here before people do."""
    return show_confirm(secret)


@bp.post("/me/confirm/<secret>")
@on_stale_form(lambda secret: show_confirm(secret, 422, {"": [gettext("Please press the button once more.")]}))
def use(secret: str) -> ResponseReturnValue:
    """Confirm what was shown and ticked, and lead to one's own page."""
    dbs, now, form = db.session(), read_now(), request.form
    attendee = confirm_follows(dbs, secret, shown=form.getlist("shown"), kept=form.getlist("kept"), now=now)
    if attendee is None:
        dbs.rollback()
        return show_confirm(secret)
    if "zone" in form:
        try:
            person = dbs.get_one(Person, attendee.person_id)
            change_place(dbs, person, language=form.get("language", ""), zone=form["zone"], now=now)
        except InvalidContentError as error:
            dbs.rollback()
            return show_confirm(secret, 422, messages_of(error.findings))
    path = me_path(dbs, secret_box(), attendee, now=now)
    dbs.commit()
    return private(make_response(redirect(f"{path}?welcome=yes", 303)))
