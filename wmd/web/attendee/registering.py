"""Registering for an event with us: the form on the way from its page, and the button in the mail."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.following import standing_of
from wmd.domain.programme import EventView
from wmd.domain.vocabulary import SessionStatus
from wmd.errors import InvalidContentError
from wmd.models import Attendee, Event, Person
from wmd.services.attendees import attendee_for
from wmd.services.hiding import find_event as find_row
from wmd.services.people import masked, read_address
from wmd.services.personal_links import me_path
from wmd.services.rate_limits import FOLLOW_BY_ADDRESS, FOLLOW_BY_NETWORK
from wmd.services.registration_wishes import LONGEST_NAME, Wanted, asked_of, is_open, said_by
from wmd.services.registrations import ask_to_register, confirm_registration, find_waiting, free_places, register
from wmd.services.zoom_registrants import is_pushing
from wmd.web.attendee.answers import private
from wmd.web.attendee.asked import to_asked
from wmd.web.attendee.asking import Messages, language_choices, trap, typed_or_known
from wmd.web.attendee.following import Found, find_event, refusal_words, ways_instead
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.means import secret_box
from wmd.web.names import best_text
from wmd.web.public import addresses
from wmd.web.public.page import demo_kind, here_without_zone
from wmd.web.public.rows import Eyes
from wmd.web.public.ticket import main_session, ticket_of
from wmd.web.reading import not_ready, read_now, read_status, viewer
from wmd.web.spam_trap import read_trap
from wmd.web.visitors import visitor
from wmd.web.words import moment, select_locale

bp = Blueprint("registering", __name__)

#: What each field is called in the summary of what is wrong.
LABELS = {"address": "Your mail address", "name": "Your name", "sessions": "Which dates?"}


def event_row(found: Found) -> Event:
    """Return the row of an event of the programme; 503 while the programme is behind."""
    row = find_row(db.session(), found.event.code)
    if row is None:
        not_ready()
    return row


def question_fields(row: Event, language: str) -> list[dict[str, object]]:
    """Return what the event asks, as the form's fields."""
    return [
        {
            "name": f"answers.{each.slug}", "label": best_text(each.label, language)[0], "kind": each.kind,
            "required": each.is_required, "choices": [(word, word) for word in each.choices],
            "value": request.form.get(f"answers.{each.slug}", ""),
        }
        for each in asked_of(row)
    ]  # fmt: skip


def session_choices(event: EventView, zone: str, language: str) -> list[tuple[str, str]]:
    """Return the dates that one can choose among; none where there is but one."""
    now = read_now()
    coming = [each for each in event.sessions if each.status is SessionStatus.SCHEDULED and each.ends_at > now]
    if len(coming) < 2:
        return []
    return [
        (each.id, " · ".join(filter(None, (moment(each.starts_at, zone), best_text(each.title, language)[0]))))
        for each in coming
    ]


def wanted_of(row: Event) -> Wanted:
    """Return what was typed into a form to register."""
    form = request.form
    # A page on which there was nothing to choose among is no wish for all dates.
    was_asked = "dates" in form or "sessions" in form
    return Wanted(
        name=form.get("name", ""), sessions=tuple(form.getlist("sessions")) if was_asked else None,
        answers={each.slug: form.get(f"answers.{each.slug}", "") for each in asked_of(row)},
        shares_name=form.get("shares_name") == "yes", read_of_room="reads_room" in form,
    )  # fmt: skip


def show_form(code: str, status: int = 200, messages: Messages | None = None) -> Response:
    """Return the form, or why the event takes no registrations here."""
    found, now, dbs = find_event(code), read_now(), db.session()
    programme, event = found
    who = viewer(main_session(event, now).zone)
    row = event_row(found)
    slug = programme.edition.slug
    takes = is_open(dbs, row, now=now)
    known, standing = visitor().person, standing_of(event, now)
    page = render_template(
        "attendee/register.html" if takes else "attendee/register_closed.html",
        event=event, edition=programme.edition, viewer=who, now=now, noindex=True,
        ticket=ticket_of(
            event, programme, Eyes(who.zone, who.language, now, is_own=who.zone_source != "default"),
            read_status().of(event.code),
        ),
        typed=typed_or_known(who.zone), name=request.form.get("name", known.name if known else ""),
        shares_name=request.form.get("shares_name") == "yes", chosen=request.form.getlist("sessions"),
        sessions=session_choices(event, who.zone, who.language), questions=question_fields(row, who.language),
        free=free_places(dbs, row) if takes else None, waits=row.registration_waits, longest_name=LONGEST_NAME,
        languages=language_choices(), messages=messages or {}, trap=trap(), labels=LABELS,
        event_url=addresses.event(slug, event), action=addresses.register(event.code),
        ways=None if takes or standing == "ahead" else ways_instead(found, standing),
        refusal=refusal_words(standing)[0] if standing != "ahead" else "",
        remind_url=f"/e/{event.code}/remind", next_path=here_without_zone(),
        demo=demo_kind(programme.edition, (programme,)), is_pushing=is_pushing(dbs, row.id),
    )  # fmt: skip
    return private(make_response(page, status))


@bp.get("/e/<code>/register")
def form(code: str) -> ResponseReturnValue:
    """Ask for what the organiser needs."""
    found = find_event(code)
    if found.event.code != code:
        return redirect(addresses.register(found.event.code), 303)
    if not found.event.registration.is_here:
        # The organiser takes registrations elsewhere by now: this address leads there for ever.
        return redirect(f"/go/{found.event.code}", 303)
    return show_form(code)


def _stale(code: str) -> Response:
    return show_form(code, 422, {"": [gettext("This page was open for too long. Please send it once more.")]})


@bp.post("/e/<code>/register")
@on_stale_form(_stale)
def take(code: str) -> ResponseReturnValue:
    """Keep what was typed and mail the button; the answer is the same for every address.

    Who is signed in with the address that was typed needs no mail, has their place at once and comes to their page.
    """
    found = find_event(code)
    row = event_row(found)
    typed = typed_or_known(viewer(main_session(found.event, read_now()).zone).zone)
    try:
        _, key = read_address(typed.address)
    except InvalidContentError as error:
        return show_form(code, 422, messages_of(error.findings))
    if seconds := wait_s((FOLLOW_BY_ADDRESS, key), (FOLLOW_BY_NETWORK, this_network())):
        words = gettext(
            "This was asked for very often from where you are. Please wait %(minutes)d minutes.",
            minutes=-(-seconds // 60),
        )
        return too_many(show_form(code, 429, {"address": [words]}), seconds)
    now, dbs, box, known = read_now(), db.session(), secret_box(), visitor().person
    if read_trap(request.form, now).trap_filled:
        return to_asked(typed.address)
    wanted = wanted_of(row)
    try:
        if known is not None and known.address_key == key:
            _, attendee = attendee_for(dbs, typed.address, language=typed.language, zone=typed.zone, now=now)
            register(dbs, row, known, attendee, wanted, box=box, now=now)
            path = me_path(dbs, box, attendee, now=now)
            dbs.commit()
            return private(make_response(redirect(f"{path}?done=registered", 303)))
        waits_s = ask_to_register(
            dbs,
            row,
            typed.address,
            wanted,
            title=found.event.text(select_locale()).title,
            language=typed.language,
            zone=typed.zone,
            box=box,
            now=now,
        )
    except InvalidContentError as error:
        dbs.rollback()
        return show_form(code, 422, messages_of(error.findings))
    dbs.commit()
    return to_asked(typed.address, wait_s=waits_s)


def show_confirm(secret: str, status: int = 200, messages: Messages | None = None) -> Response:
    """Return what the button would do, or why the link works no more."""
    dbs, now = db.session(), read_now()
    row = find_waiting(dbs, secret, now=now)
    if row is None:
        return private(make_response(render_template("attendee/confirm_worn.html", used=True, noindex=True), 410))
    event = dbs.get_one(Event, row.event_id)
    found = find_event(event.code)
    person = dbs.get_one(Person, row.person_id)
    who = viewer(person.zone or main_session(found.event, now).zone)
    page = render_template(
        "attendee/confirm_registration.html", secret=secret, address=masked(person.address), messages=messages or {},
        ticket=ticket_of(found.event, found.programme, Eyes(who.zone, who.language, now, is_own=bool(person.zone))),
        free=free_places(dbs, event), waits=event.registration_waits, is_open=is_open(dbs, event, now=now),
        name=said_by(row, secret_box()).name, shares_name=row.shares_name,
        event_url=addresses.event(found.programme.edition.slug, found.event), noindex=True,
        is_pushing=is_pushing(dbs, event.id),
    )  # fmt: skip
    return private(make_response(page, status))


@bp.get("/me/registration/<secret>")
def confirm(secret: str) -> Response:
    """Show what was asked for, and a button. Nothing is used up: mail scanners come here before people do."""
    return show_confirm(secret)


@bp.post("/me/registration/<secret>")
@on_stale_form(lambda secret: show_confirm(secret, 422, {"": [gettext("Please press the button once more.")]}))
def use(secret: str) -> ResponseReturnValue:
    """Take the place, or one on the waiting list, and lead to one's own page."""
    dbs, now, box = db.session(), read_now(), secret_box()
    try:
        shares_name = request.form.get("shares_name") == "yes"
        row = confirm_registration(
            dbs, secret, shares_name=shares_name, read_of_room="reads_room" in request.form, box=box, now=now
        )
    except InvalidContentError as error:
        # The token is used with what it did, which was nothing: it may be tried again.
        dbs.rollback()
        return show_confirm(secret, 422, {"": [finding.say(gettext) for finding in error.findings]})
    if row is None:
        dbs.rollback()
        return show_confirm(secret)
    path = me_path(dbs, box, dbs.get_one(Attendee, row.person_id), now=now)
    done = "registered" if row.state == "registered" else "waits"
    dbs.commit()
    return private(make_response(redirect(f"{path}?done={done}", 303)))
