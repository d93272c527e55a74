"""A person's own registration behind their personal link: change it, take an offered place, give it back."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import Event, Registration
from wmd.services.registrations import LONGEST_NAME, accept_offer, cancel, change_wanted, is_open, said_by, takes_place
from wmd.web.attendee.asking import Messages, private
from wmd.web.attendee.following import find_event
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

bp = Blueprint("own_registrations", __name__)


def _own(owner: Owner, registration_id: str) -> Registration:
    """Return a registration of the link's owner; 404 for anybody else's, 410 for one that has ended."""
    row = db.session().get(Registration, registration_id)
    if row is None or row.person_id != owner.person.id or row.state == "unconfirmed":
        abort(404)
    return row


def show(owner: Owner, row: Registration, status: int = 200, messages: Messages | None = None) -> Response:
    """Return the page of a registration, with what was typed."""
    dbs, now, box = db.session(), read_now(), secret_box()
    event = dbs.get_one(Event, row.event_id)
    found = find_event(event.code)
    zone = owner.person.zone or found.event.sessions[0].zone
    said = said_by(row, box)
    questions = question_fields(event, "en")
    posted = request.method == "POST" and "name" in request.form
    if not posted:
        for each in questions:
            each["value"] = said.answers.get(str(each["name"]).removeprefix("answers."), "")
    page = render_template(
        "attendee/own_registration.html", owner=owner, row=row, messages=messages or {}, noindex=True, zone=zone,
        ticket=ticket_of(found.event, found.programme, Eyes(zone, "en", now)), labels=LABELS,
        sessions=session_choices(found.event, zone, "en"), questions=questions, is_open=is_open(dbs, event, now=now),
        chosen=request.form.getlist("sessions") if posted else row.sessions,
        name=request.form.get("name", "") if posted else said.name or owner.person.name,
        shares_name=request.form.get("shares_name") == "yes" if posted else row.shares_name,
        register_url=addresses.register(found.event.code),
        event_url=addresses.event(found.programme.edition.slug, found.event), longest_name=LONGEST_NAME,
        done=request.args.get("done", ""), is_kept=row.state == "offered" and (row.offered_until or now) > now,
        is_on=takes_place(dbs, row, now=now),
    )  # fmt: skip
    return private(make_response(page, status))


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
    return private(make_response(redirect(f"{owner.path}registrations/{row.id}?done={done}", 303)))


@bp.post("/me/<token>/registrations/<registration_id>")
@on_stale_form(_stale)
def change(token: str, registration_id: str) -> ResponseReturnValue:
    """Change dates, answers, and whether the organiser sees who it is."""
    owner, dbs = owner_of(token), db.session()
    row = _own(owner, registration_id)
    if row.ended_at is not None:
        return show(owner, row, 422, {"": [gettext("This registration has ended.")]})
    try:
        change_wanted(dbs, row, wanted_of(dbs.get_one(Event, row.event_id)), box=secret_box(), now=read_now())
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


@bp.post("/me/<token>/registrations/<registration_id>/cancel")
@on_stale_form(_stale)
def give_back(token: str, registration_id: str) -> ResponseReturnValue:
    """Give the place back, with one press."""
    owner = owner_of(token)
    row = _own(owner, registration_id)
    cancel(db.session(), row, box=secret_box(), now=read_now())
    return _back(owner, row, "cancelled")
