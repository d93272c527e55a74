"""A person's own calendar behind its secret address: what they follow and are registered for, updates included."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, render_template, request

from wmd.db import db
from wmd.domain.ical.feed import FeedHead, join
from wmd.domain.programme import SessionView
from wmd.services.own_programme import OwnEvent, own_events
from wmd.services.personal_feeds import owner_of_feed
from wmd.web.attendee.asking import private
from wmd.web.attendee.own_model import own_sessions
from wmd.web.attendee.own_words import programme_of
from wmd.web.catalogue import gettext
from wmd.web.public.page import absolute
from wmd.web.reading import read_now

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
        language=owner.person.language,
        too_large_text=gettext("This calendar is too large for some calendar services: follow fewer events."),
    )
    made = join(head, sessions, language=owner.person.language, now_day=now.astimezone(UTC).date(), running=True)
    response = private(make_response(made.body))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'inline; filename="my-events.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request.environ)
    return response


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
