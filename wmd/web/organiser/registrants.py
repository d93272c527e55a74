"""Who registered for an event, for its organiser: counts, those who agreed to be seen, a file, and writing to them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.documents.write_csv import csv_stream
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Edition, Event, EventSession, Submission
from wmd.services.bindings import standing_binding
from wmd.services.registrant_letters import LONGEST_BODY, LONGEST_SUBJECT, letters_of, write_letter
from wmd.services.registrants import PAGE, places_of, registrant_cells, registrants
from wmd.services.registration_wishes import asked_of, is_open
from wmd.services.room_attendance import attendance_of
from wmd.services.zoom_registrants import Counts, counts_of, may_push, turn_push
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_contact, own_submission, visitor
from wmd.web.means import secret_box
from wmd.web.names import best_text
from wmd.web.organiser.posting import new_form_token
from wmd.web.reading import read_now

bp = Blueprint("registrants", __name__, url_prefix="/submissions/<submission_id>/registrants")

_MOST_PAGES = 2000


class Own(NamedTuple):
    """An event of who asks, with its submission."""

    submission: Submission
    event: Event

    @property
    def here(self) -> str:
        """The path of the page."""
        return f"/organiser/submissions/{self.submission.id}/registrants"


def _own(submission_id: str) -> Own:
    """Return a listed event of who asks; answers 404 for anybody else, and for what was never listed."""
    submission = own_submission(submission_id)
    event = db.session().get(Event, submission.event_id)
    return Own(submission, event if event is not None else abort(404))


def show_registrants(own: Own, status: int = 200, messages: dict[str, list[str]] | None = None) -> Response:
    """Return the page, with the letter as it was typed."""
    dbs, now = db.session(), read_now()
    page = min(_MOST_PAGES, max(1, request.args.get("page", 1, type=int)))
    rows = registrants(dbs, own.event, secret_box(), first=(page - 1) * PAGE, limit=PAGE + 1)
    sent = request.form if request.method == "POST" else {}
    person = visitor().person
    edition = dbs.get_one(Edition, own.submission.edition_id)
    shown = render_template(
        "organiser/registrants/index.html", own=own, submission=own.submission, messages=messages or {},
        places=places_of(dbs, own.event), is_open=is_open(dbs, own.event, now=now), rows=rows[:PAGE], page=page,
        has_more=len(rows) > PAGE, letters=letters_of(dbs, own.event.id), typed=sent,
        asked=[(each.slug, best_text(each.label, "en")[0]) for each in asked_of(own.event)],
        sessions=_sessions(own.event), zone=(person.zone if person else "") or edition.zone,
        form_token=sent.get("form_token") or new_form_token(), longest=(LONGEST_SUBJECT, LONGEST_BODY),
        is_done=request.args.get("done") == "letter", on_zoom=_on_zoom(own.event),
        attendance=attendance_of(dbs, own.event.id),
        zoom_done=request.args.get("done") in {"zoom-on", "zoom-off"},
    )  # fmt: skip
    return make_response(shown, status)


class OnZoom(NamedTuple):
    """Whether people are carried to the room on Zoom, and how they stand there."""

    is_on: bool
    counts: Counts


def _on_zoom(event: Event) -> OnZoom | None:
    binding = standing_binding(db.session(), event.id)
    if binding is None or not may_push(event, binding):
        return None
    return OnZoom(binding.push, counts_of(db.session(), binding.id))


def _sessions(event: Event) -> dict[str, datetime]:
    found = select(EventSession.id, EventSession.starts_at).where(EventSession.event_id == event.id)
    return dict(db.session().execute(found).tuples().all())


@bp.get("")
@for_contact
def index(submission_id: str) -> ResponseReturnValue:
    """Show who registered."""
    return show_registrants(_own(submission_id))


@bp.get("/registrants.csv")
@for_contact
def as_csv(submission_id: str) -> Response:
    """Send the list as a file for a spreadsheet."""
    own, dbs = _own(submission_id), db.session()
    codes = dict(
        dbs.execute(select(EventSession.id, EventSession.code).where(EventSession.event_id == own.event.id))
        .tuples()
        .all()
    )
    # Made whole before it is sent: no slow reader keeps the database waiting.
    response = make_response(b"".join(csv_stream(registrant_cells(dbs, own.event, secret_box(), codes))))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f"attachment; filename=registrants-{own.event.code}.csv"
    response.headers["Cache-Control"] = "no-store"
    return response


@for_contact
def _stale(submission_id: str) -> ResponseReturnValue:
    words = gettext("This page was open for too long. Nothing you typed is lost: please send it again.")
    return show_registrants(_own(submission_id), 422, {"subject": [words]})


@bp.post("")
@on_stale_form(_stale)
@for_contact
def write(submission_id: str) -> ResponseReturnValue:
    """Hand in a letter to those who registered; the moderators read it first."""
    own, dbs = _own(submission_id), db.session()
    try:
        write_letter(
            dbs, own.event, request.form.get("subject", ""), request.form.get("body", "").replace("\r\n", "\n"),
            author=visitor().person_id or "", language=own.submission.language or "en",
            form_token=request.form.get("form_token", "")[:100] or new_form_token(), now=read_now(),
        )  # fmt: skip
    except InvalidContentError as error:
        dbs.rollback()
        return show_registrants(_own(submission_id), 422, messages_of(error.findings))
    dbs.commit()
    return redirect(f"{own.here}?done=letter#letters", 303)


@bp.post("/zoom")
@on_stale_form(_stale)
@for_contact
def carry(submission_id: str) -> ResponseReturnValue:
    """Turn on or off that people are registered on Zoom as well."""
    own, dbs, wanted = _own(submission_id), db.session(), request.form.get("wanted") == "on"
    try:
        turn_push(dbs, own.event, wanted=wanted, actor=visitor().actor.name, box=secret_box(), now=read_now())
    except NotAllowedMoveError:
        dbs.rollback()
        return show_registrants(_own(submission_id), 409)
    dbs.commit()
    return redirect(f"{own.here}?done=zoom-{'on' if wanted else 'off'}#zoom", 303)
