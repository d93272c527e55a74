"""The staff's start page: what waits, what is oldest, what is wrong."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request

from wmd.db import db
from wmd.models import MailSwitch
from wmd.services.desk import KINDS, read_overview
from wmd.services.health import Trouble, troubles
from wmd.services.mail_desk import read_switch
from wmd.services.problems import count_open_problems
from wmd.services.profiles import count_waiting_profiles
from wmd.services.registrant_letters import count_waiting_letters
from wmd.web.guards import for_staff, visitor
from wmd.web.reading import read_now
from wmd.web.staff.desk_words import FLAGS, STATE_WORDS

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
        profiles=count_waiting_profiles(db.session(), actor=who.actor),
        problems=count_open_problems(db.session(), actor=who.actor),
        letters=count_waiting_letters(db.session(), who.actor),
        state_words=STATE_WORDS,
        flags=FLAGS,
    )


def staff_alarms() -> list[Trouble]:
    """Return what is wrong, the newest first, for a page of the staff, for its banner; none on any other page."""
    if not request.path.startswith("/staff") or visitor().staff is None:
        return []
    return troubles(db.session(), now=read_now())[::-1]


def mail_held() -> MailSwitch | None:
    """Return the switch of all mail while it holds it, for the pages of the staff; none on any other page."""
    is_staffs = request.path.startswith("/staff") and visitor().staff is not None
    switch = read_switch(db.session()) if is_staffs else None
    return switch if switch is not None and switch.held_at is not None else None


def add_banner(app: Flask) -> None:
    """Let every page of the staff show what is wrong."""
    app.jinja_env.globals.update(staff_alarms=staff_alarms, mail_held=mail_held)
