"""A person's own calendar behind its secret address: what they follow and are registered for, updates included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, render_template, request

from wmd.db import db
from wmd.domain.ical.feed import FeedHead, join
from wmd.domain.ical.own_way import with_own_way
from wmd.domain.programme import SessionView
from wmd.models import Attendee
from wmd.services.own_programme import OwnEvent, own_events
from wmd.services.personal_feeds import owner_of_feed
from wmd.services.personal_links import go_path
from wmd.web.attendee.answers import private
from wmd.web.attendee.own_model import own_sessions
from wmd.web.attendee.own_words import programme_of
from wmd.web.catalogue import gettext
from wmd.web.means import secret_box
from wmd.web.public import addresses
from wmd.web.public.page import absolute
from wmd.web.reading import read_now
from wmd.web.words import select_locale

bp = Blueprint("calendar", __name__)

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@bp.get("/me/calendar/<secret>.ics")
def feed(secret: str) -> Response:
    """Serve it; 410 for ever once it was taken away, 404 for what never was one. Nobody else may keep it."""
    owner = owner_of_feed(db.session(), secret)
    if owner.standing == "unknown":
        abort(404)
    if owner.person is None:
        return private(make_response(render_template("attendee/no_calendar.html", status=410, noindex=True), 410))
    now = read_now()
    own = own_events(db.session(), owner.person.id)
    sessions = list(_sessions(own))
    head = FeedHead(
        name=gettext("My events · World Metropolitan Day"),
        description=gettext("What you follow and are registered for. Change it on your own page."),
        url=absolute("/me"),
        source=absolute("/me"),
        last_modified_at=max((session.last_modified_at for session in sessions), default=_NEVER),
        language=select_locale(),
        too_large_text=gettext("This calendar is too large for some calendar services: follow fewer events."),
    )
    day, language = now.astimezone(UTC).date(), owner.person.language
    made = join(head, sessions, language=language, now_day=day, running=True)
    attendee = db.session().get_one(Attendee, owner.person.id)
    has_place = {one.session.id for one in own_sessions(own)[0] if one.has_place}
    ours = [_with_way(each, attendee, now) if each.id in has_place else each for each in sessions]
    response = private(make_response(join(head, ours, language=language, now_day=day, running=True).body))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="my-events.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    # Each token is sealed anew, and says the same: what is the same but for tokens needs no second download.
    same = hashlib.blake2b(made.body + repr((attendee.generation, sorted(has_place))).encode(), digest_size=16)
    response.set_etag(same.hexdigest(), weak=True)
    response.make_conditional(request.environ)
    return response


def _with_way(session: SessionView, attendee: Attendee, now: datetime) -> SessionView:
    """Return a session whose entries have the own way in of somebody with a place in it."""
    way, own = (
        absolute(addresses.take_part(session.code)),
        absolute(go_path(secret_box(), attendee, session.code, now=now)),
    )
    return replace(session, entries={tag: with_own_way(each, way, own) for tag, each in session.entries.items()})


def _sessions(own: Iterable[OwnEvent]) -> Iterable[SessionView]:
    """Return the sessions of one's events; of one that was taken off the list, its wordless cancelled ones.

    Whose calendar has it must be told, also where another event took its place.
    """
    events = list(own)
    shown, _ = own_sessions(events)
    seen = {one.session.id for one in shown}
    yield from (one.session for one in shown)
    for each in events:
        programme = programme_of(each.edition)
        left = programme.hidden.get(each.code) if programme else None
        for session in left.sessions if left else ():
            if session.id not in seen and (each.follow_id or not each.chosen or session.id in each.chosen):
                seen.add(session.id)
                yield session
