"""“This time or link is wrong”: what a visitor says about an event, without an account."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_
from wmd.domain.spam import is_suspect, words_signs
from wmd.errors import InvalidContentError
from wmd.services.hiding import find_event as find_row
from wmd.services.problems import report_problem
from wmd.services.rate_limits import PROBLEM_BY_NETWORK
from wmd.web.attendee.asking import Messages, trap
from wmd.web.attendee.following import find_event
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.means import secret_box
from wmd.web.public import addresses
from wmd.web.public.page import demo_kind, here_without_zone
from wmd.web.public.rows import Eyes
from wmd.web.public.ticket import main_session, ticket_of
from wmd.web.reading import not_ready, read_now, viewer
from wmd.web.spam_trap import read_trap

bp = Blueprint("wrong", __name__)

KINDS: Final = {
    "time": N_("The date or the time"),
    "link": N_("The link: it does not work, or leads somewhere else"),
    "text": N_("Something in the text"),
    "other": N_("Something else"),
}


def show_form(code: str, status: int = 200, messages: Messages | None = None) -> Response:
    """Return the form, or the thanks."""
    programme, event = find_event(code)
    now = read_now()
    who = viewer(main_session(event, now).zone)
    eyes = Eyes(who.zone, who.language, now, is_own=who.zone_source != "default")
    page = render_template(
        "attendee/wrong.html", event=event, edition=programme.edition, viewer=who, now=now, noindex=True,
        ticket=ticket_of(event, programme, eyes), event_url=addresses.event(programme.edition.slug, event),
        kinds=[(kind, gettext(words)) for kind, words in KINDS.items()], typed=request.form, messages=messages or {},
        is_own=eyes.is_own,
        trap=trap(), sent="sent" in request.args, next_path=here_without_zone(),
        demo=demo_kind(programme.edition, (programme,)),
    )  # fmt: skip
    return make_response(page, status)


@bp.get("/e/<code>/wrong")
def wrong(code: str) -> ResponseReturnValue:
    """Ask what is wrong."""
    found = find_event(code)
    if found.event.code != code:
        return redirect(f"/e/{found.event.code}/wrong", 303)
    return show_form(code)


def _stale(code: str) -> Response:
    return show_form(code, 422, {"": [gettext("This page was open for too long. Please send it once more.")]})


@bp.post("/e/<code>/wrong")
@on_stale_form(_stale)
def report(code: str) -> ResponseReturnValue:
    """Keep the report and tell those who can mend it."""
    found, form, now = find_event(code), request.form, read_now()
    if seconds := wait_s((PROBLEM_BY_NETWORK, this_network())):
        words = gettext(
            "Many reports came from where you are. Please wait %(minutes)d minutes.", minutes=-(-seconds // 60)
        )
        return too_many(show_form(code, 429, {"": [words]}), seconds)
    event = find_row(db.session(), found.event.code)
    if event is None:
        not_ready()
    said = form.get("words", "")
    signs = words_signs(said, read_trap(form, now))
    try:
        report_problem(
            db.session(), event, what=form.get("what", ""), words=said, address=form.get("address", ""),
            is_suspect=is_suspect(signs), box=secret_box(), now=now,
        )  # fmt: skip
    except InvalidContentError as error:
        db.session.rollback()
        return show_form(code, 422, messages_of(error.findings))
    db.session.commit()
    return redirect(f"/e/{found.event.code}/wrong?sent=yes", 303)
