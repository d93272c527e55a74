"""The staff's look at reminders: what is planned, what went out, and what did not and why."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from wmd.db import db
from wmd.services.mail_desk import STATE_LABELS
from wmd.services.reminder_desk import shown_sessions
from wmd.web.attendee.own_words import RULE_WORDS
from wmd.web.guards import for_staff
from wmd.web.reading import read_now

bp = Blueprint("reminders", __name__, url_prefix="/reminders")


@bp.get("")
@for_staff("reader")
def index() -> str:
    """Show the sessions around now with their reminders."""
    said, now = request.args.get("page", "1"), read_now()
    page = int(said) if said.isascii() and said.isdigit() and 0 < int(said[:9]) <= 10_000 else 1
    sessions, pages = shown_sessions(db.session(), page=page, now=now)
    return render_template(
        "staff/reminders/list.html", sessions=sessions, page=page, pages=pages, rules=RULE_WORDS, states=STATE_LABELS,
        now=now,
    )  # fmt: skip
