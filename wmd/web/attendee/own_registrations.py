"""A person's own registration behind their personal link: change it, take an offered place, give it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.agenda import state_of
from wmd.domain.findings import N_
from wmd.errors import InvalidContentError
from wmd.models import Event, Registration
from wmd.services.delivery import address_digest
from wmd.services.own_programme import OwnEvent
from wmd.services.personal_links import go_path
from wmd.services.registration_changes import change_wanted, keep_dates, own_dates, show_to_organiser
from wmd.services.registration_wishes import LONGEST_NAME, is_open, said_by, takes_place
from wmd.services.registrations import accept_offer, cancel
from wmd.services.zoom_registrants import WORDS, ask_for_ticket, form_of, is_pushing, place_of, words_of
from wmd.web.attendee.answers import private
from wmd.web.attendee.asking import Messages
from wmd.web.attendee.following import Found, find_event
from wmd.web.attendee.own_model import OwnSession
from wmd.web.attendee.own_words import standing_words
from wmd.web.attendee.owners import Owner, owner_of
from wmd.web.attendee.registering import LABELS, question_fields, session_choices, wanted_of
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.means import secret_box
from wmd.web.public import addresses
from wmd.web.public.rows import Eyes
from wmd.web.public.ticket import ticket_of
from wmd.web.reading import read_now
from wmd.web.words import moment

bp = Blueprint("own_registrations", __name__)


def _own(owner: Owner, registration_id: str) -> Registration:
    """Return a registration of the link's owner; 404 for anybody else's, 410 for one that has ended."""
    row = db.session().get(Registration, registration_id)
    if row is None or row.person_id != owner.person.id or row.state == "unconfirmed":
        abort(404)
    return row


#: What is said of a date of several that does not take place.
OFF = {"cancelled": N_("cancelled"), "postponed": N_("postponed")}


class Door(NamedTuple):
    """The way into the room of one date: when it opens, then where it leads; ``label`` of one of several."""

    label: str
    opens_at: datetime
    url: str


class Dates(NamedTuple):
    """The dates of a registration: the ways in, what is off (when, and a word), and how it all stands in words."""

    doors: list[Door]
    off: list[tuple[str, str]]
    standing: str


def _dates(owner: Owner, row: Registration, found: Found, zone: str, now: datetime) -> Dates:
    state, event = row.state if row.ended_at is None else "", found.event
    own = OwnEvent(found.programme.edition.slug, event.code, row.event_id, "", row.id, state, tuple(row.sessions))
    mine = [
        OwnSession(own, found.programme, event, each)
        for each in event.sessions
        if not row.sessions or each.id in row.sessions
    ]
    stands = [(one.session, state_of(one.session, now)) for one in mine]
    several = len(mine) > 1
    off = [
        (moment(session.starts_at, zone), gettext(OFF[each])) for session, each in stands if several and each in OFF
    ]  # fmt: skip
    doors = [
        Door(
            moment(one.session.starts_at, zone) if several else "", opens_at,
            go_path(secret_box(), owner.attendee, one.session.code, now=now) if opens_at <= now else "",
        )
        for one in mine
        if (opens_at := one.room_opens_at(now))
    ]  # fmt: skip
    return Dates(doors, off, standing_words(row.state, [each for _, each in stands]))


def show(owner: Owner, row: Registration, status: int = 200, messages: Messages | None = None) -> Response:
    """Return the page of a registration, with what was typed."""
    dbs, now, box = db.session(), read_now(), secret_box()
    event = dbs.get_one(Event, row.event_id)
    found = find_event(event.code)
    zone = owner.person.zone or found.event.sessions[0].zone
    said, takes_more = said_by(row, box), is_open(dbs, event, now=now)
    names_itself, wishes = "name" in request.form, request.form.get("part") == "wishes"
    questions = question_fields(event, "en") if takes_more else []
    if not wishes:
        for each in questions:
            each["value"] = said.answers.get(str(each["name"]).removeprefix("answers."), "")
    sessions, chosen = session_choices(found.event, zone, "en"), row.sessions
    if not takes_more:
        # Nothing is chosen anew; what one has may be left out.
        own = {session.id for session in own_dates(dbs, row, now=now)}
        sessions = [each for each in sessions if each[0] in own] if len(own) > 1 else []
        chosen = [id_ for id_, _ in sessions]
    page = render_template(
        "attendee/own_registration.html", owner=owner, row=row, messages=messages or {}, noindex=True, zone=zone,
        ticket=ticket_of(found.event, found.programme, Eyes(zone, "en", now)), labels=LABELS,
        dates=_dates(owner, row, found, zone, now),
        sessions=sessions, questions=questions, is_open=takes_more,
        chosen=request.form.getlist("sessions") if wishes else chosen,
        name=request.form.get("name", "") if names_itself else said.name or owner.person.name,
        shares_name=request.form.get("shares_name") == "yes" if names_itself else row.shares_name,
        register_url=addresses.register(found.event.code),
        event_url=addresses.event(found.programme.edition.slug, found.event), longest_name=LONGEST_NAME,
        done=request.args.get("done", ""), is_kept=row.state == "offered" and (row.offered_until or now) > now,
        is_on=takes_place(dbs, row, now=now), on_zoom=_on_zoom(row), is_pushing=place_of(dbs, row.id) is not None,
    )  # fmt: skip
    return private(make_response(page, status))


class OnZoom(NamedTuple):
    """How somebody stands in the room on Zoom: in words, with its own form where we could not register them.

    ``may_ask``: what they sent did not say so, and they may want it.
    """

    words: str = ""
    form: str = ""
    may_ask: bool = False


def _on_zoom(row: Registration) -> OnZoom:
    dbs = db.session()
    if row.state != "registered":
        return OnZoom()
    there = place_of(dbs, row.id)
    if there is None:
        if not is_pushing(dbs, row.event_id):
            return OnZoom()
        # The next run carries over who read of it.
        if not row.read_of_room:
            return OnZoom(may_ask=True)
        return OnZoom(gettext(WORDS["queued"]) if takes_place(dbs, row, now=read_now()) else "")
    words = words_of(there)
    needs_form = there.state == "rejected" and there.fault not in {"over", "denied"}
    return OnZoom(gettext(words) if words else "", form_of(dbs, row.event_id) if needs_form else "")


@bp.get("/me/<token>/registrations/<registration_id>")
def one(token: str, registration_id: str) -> Response:
    """Show it; nothing is changed by looking."""
    owner = owner_of(token)
    return show(owner, _own(owner, registration_id))


def _stale(token: str, registration_id: str) -> Response:
    owner = owner_of(token)
    words = gettext("This page was open for too long. Please send it once more.")
    return show(owner, _own(owner, registration_id), 422, {"": [words]})


def _back(owner: Owner, row: Registration, done: str) -> Response:
    db.session.commit()
    return private(make_response(redirect(f"{owner.path}registrations/{row.id}?done={done}#said", 303)))


@bp.post("/me/<token>/registrations/<registration_id>")
@on_stale_form(_stale)
def change(token: str, registration_id: str) -> ResponseReturnValue:
    """Change dates and answers; leave out dates once the event takes no registrations."""

    def do(row: Registration, now: datetime) -> None:
        dbs, box = db.session(), secret_box()
        event = dbs.get_one(Event, row.event_id)
        if is_open(dbs, event, now=now):
            change_wanted(dbs, row, wanted_of(event), box=box, now=now)
        else:
            keep_dates(dbs, row, request.form.getlist("sessions"), box=box, now=now)

    return _save(token, registration_id, do)


@bp.post("/me/<token>/registrations/<registration_id>/organiser")
@on_stale_form(_stale)
def let_see(token: str, registration_id: str) -> ResponseReturnValue:
    """Let the organiser see who it is, or no more: at any time."""

    def do(row: Registration, now: datetime) -> None:
        shares_name = request.form.get("shares_name") == "yes"
        name = request.form.get("name", "")
        show_to_organiser(db.session(), row, name, shares_name=shares_name, box=secret_box(), now=now)

    return _save(token, registration_id, do)


def _save(token: str, registration_id: str, do: Callable[[Registration, datetime], None]) -> ResponseReturnValue:
    """Make a change of what one said, and come back; what is wrong with it stands beside its field."""
    owner, dbs = owner_of(token), db.session()
    row = _own(owner, registration_id)
    if row.ended_at is not None:
        return show(owner, row, 422, {"": [gettext("This registration has ended.")]})
    try:
        do(row, read_now())
    except InvalidContentError as error:
        dbs.rollback()
        owner = owner_of(token)
        return show(owner, _own(owner, registration_id), 422, messages_of(error.findings))
    return _back(owner, row, "saved")


@bp.post("/me/<token>/registrations/<registration_id>/accept")
@on_stale_form(_stale)
def accept(token: str, registration_id: str) -> ResponseReturnValue:
    """Take the place that is kept."""
    owner = owner_of(token)
    row = _own(owner, registration_id)
    taken = accept_offer(db.session(), row, box=secret_box(), now=read_now())
    return _back(owner, row, "taken" if taken else "gone")


@bp.post("/me/<token>/registrations/<registration_id>/zoom")
@on_stale_form(_stale)
def ask_for_own_ticket(token: str, registration_id: str) -> ResponseReturnValue:
    """Have oneself registered on Zoom, who registered before one could read of it."""
    owner = owner_of(token)
    row = _own(owner, registration_id)
    digest = address_digest(str(current_app.config["SECRET_KEY"]))
    asked = ask_for_ticket(db.session(), row, digest, now=read_now())
    return _back(owner, row, "zoom" if asked else "")


@bp.post("/me/<token>/registrations/<registration_id>/cancel")
@on_stale_form(_stale)
def give_back(token: str, registration_id: str) -> ResponseReturnValue:
    """Give the place back, with one press."""
    owner = owner_of(token)
    row = _own(owner, registration_id)
    cancel(db.session(), row, box=secret_box(), now=read_now())
    return _back(owner, row, "cancelled")
