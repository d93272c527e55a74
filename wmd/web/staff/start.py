"""The staff's start page: what waits, what is oldest, what is wrong."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request

from wmd.db import db
from wmd.models import Alarm
from wmd.services.desk import KINDS, open_alarms, read_overview
from wmd.services.profiles import waiting_profiles
from wmd.web.guards import for_staff, visitor
from wmd.web.reading import read_now
from wmd.web.staff.desk import FLAGS, STATE_WORDS

bp = Blueprint("start", __name__)


@bp.get("/")
@for_staff("reader")
def start() -> str:
    """Show what waits."""
    who, now = visitor(), read_now()
    overview = read_overview(db.session(), actor=who.actor, now=now)
    return render_template(
        "staff/start/start.html",
        overview=overview,
        kinds=KINDS,
        me=who,
        profiles=len(waiting_profiles(db.session())),
        state_words=STATE_WORDS,
        flags=FLAGS,
    )


def staff_alarms() -> list[Alarm]:
    """Return the open alarms for a page of the staff, for its banner; none on any other page."""
    if not request.path.startswith("/staff") or visitor().staff is None:
        return []
    return open_alarms(db.session())


def add_banner(app: Flask) -> None:
    """Let every page of the staff show what is wrong."""
    app.jinja_env.globals.update(staff_alarms=staff_alarms)
