"""What people change on their own page: each act is a form, and nothing happens without one."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.codes import CODE_LENGTH, normalise_code
from wmd.domain.following import standing_of
from wmd.errors import InvalidContentError
from wmd.services.attendees import change_place, change_wishes, leave, pause, resume, revoke_links
from wmd.services.follows import EventWish, end_follow, follow, mail_own_link, stop_mails
from wmd.services.personal_feeds import feed_secret, make_feed, revoke_feed
from wmd.services.personal_links import me_path
from wmd.services.rate_limits import END_LINKS, hit
from wmd.web.attendee.answers import private
from wmd.web.attendee.asking import Messages
from wmd.web.attendee.following import find_event, refusal_words
from wmd.web.attendee.own_page import show_page
from wmd.web.attendee.owners import Owner, owner_of
from wmd.web.attendee.wish_form import chosen
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.means import secret_box
from wmd.web.reading import read_now, read_site

bp = Blueprint("wishes", __name__)


def _stale(token: str) -> Response:
    words = gettext("This page was open for too long. Please send it once more.")
    return show_page(owner_of(token), 422, {"": [words]})


def _back(owner: Owner, done: str) -> Response:
    """Commit, and lead back to the part of the page that it is about, which says what was done."""
    db.session.commit()
    return private(make_response(redirect(f"{owner.path}?done={done}#said", 303)))


@bp.post("/me/<token>/wishes")
@on_stale_form(_stale)
def change(token: str) -> ResponseReturnValue:
    """Set language, zone, reminders and how invitations come."""
    owner, form, now = owner_of(token), request.form, read_now()
    dbs = db.session()
    wishes = chosen(owner.person, owner.attendee, form)
    if wishes.differing:
        words = gettext(
            "This was saved otherwise meanwhile, in another tab or on another device: %(fields)s. What you chose stands"
            " here; press Save once more to have it so.",
            fields=", ".join(wishes.differing),
        )
        return show_page(owner, 422, {"": [words]}, wishes=wishes)
    try:
        change_place(dbs, owner.person, language=wishes.language, zone=wishes.zone, now=now)
        change_wishes(
            dbs, owner.attendee, reminders=wishes.reminders, invitations=wishes.invitations, now=now
        )  # fmt: skip
    except InvalidContentError as error:
        dbs.rollback()
        return show_page(owner_of(token), 422, messages_of(error.findings))
    return _back(owner, "saved-own" if wishes.reminders and form.get("mode") != "own" else "saved")


def _act(name: str, rule: str, do: Callable[[Owner], str]) -> None:
    """Add a form that does one thing and leads back."""

    def view(token: str) -> ResponseReturnValue:
        owner = owner_of(token)
        return _back(owner, do(owner))

    bp.add_url_rule(rule, name, on_stale_form(_stale)(view), methods=["POST"])


def _stop(owner: Owner) -> str:
    dbs, now = db.session(), read_now()
    subject = request.form.get("what", "")[:80]
    kind, _, identity = subject.partition(":")
    if kind == "follow":
        end_follow(dbs, owner.person.id, identity, now=now)
    elif kind == "event":
        stop_mails(dbs, owner.attendee, subject, now=now)
    return "stopped"


def _leave(owner: Owner) -> str:
    leave(db.session(), owner.attendee, now=read_now())
    return "left"


def _pause(owner: Owner) -> str:
    pause(db.session(), owner.attendee, now=read_now())
    return "paused"


def _resume(owner: Owner) -> str:
    resume(db.session(), owner.attendee, now=read_now())
    return "resumed"


def _feed(owner: Owner) -> str:
    dbs, now = db.session(), read_now()
    if request.form.get("act") == "revoke":
        revoke_feed(dbs, owner.person.id, now=now)
        return "feed-gone"
    had_one = bool(feed_secret(dbs, owner.person.id, box=secret_box()))
    make_feed(dbs, owner.person.id, box=secret_box(), now=now)
    return "feed-made" if had_one else "feed-first"


_act("stop", "/me/<token>/stop", _stop)
_act("stop_all", "/me/<token>/stop-all", _leave)
_act("pause", "/me/<token>/pause", _pause)
_act("resume", "/me/<token>/resume", _resume)
_act("feed", "/me/<token>/feed", _feed)


@bp.post("/me/<token>/end-links")
@on_stale_form(_stale)
def end_links(token: str) -> ResponseReturnValue:
    """Let every link ever mailed work no more, and go on with a new one, here and by mail."""
    owner = owner_of(token)
    dbs, box, now = db.session(), secret_box(), read_now()
    revoke_links(dbs, owner.attendee, now=now)
    is_mailed = not hit(dbs, END_LINKS, owner.person.id, secret="", now=now)
    if is_mailed:
        mail_own_link(dbs, owner.attendee, box=box, now=now)
    path = me_path(dbs, box, owner.attendee, now=now)
    dbs.commit()
    done = "links-ended" if is_mailed else "links-ended-often"
    return private(make_response(redirect(f"{path}?done={done}#said", 303)))


def show_follow(owner: Owner, status: int = 200, messages: Messages | None = None) -> Response:
    """Return the form to follow one more event."""
    page = render_template(
        "attendee/follow_more.html", owner=owner, typed=request.values.get("code", "")[:300], messages=messages or {},
        noindex=True,
    )  # fmt: skip
    return private(make_response(page, status))


@bp.get("/me/<token>/follow")
def more(token: str) -> Response:
    """Ask for an event's address or code."""
    return show_follow(owner_of(token))


@bp.post("/me/<token>/follow")
@on_stale_form(lambda token: show_follow(owner_of(token), 422, {"code": [gettext("Please send it once more.")]}))
def follow_more(token: str) -> ResponseReturnValue:
    """Follow one more event at once: the link has shown whose address it is."""
    owner, now = owner_of(token), read_now()
    code = read_code(request.form.get("code", ""))
    if not code:
        words = gettext(
            "This is no event of ours. Paste the address of its page, or its code of six letters and digits."
        )
        return show_follow(owner, 422, {"code": [words]})
    found = find_event(code)
    standing = standing_of(found.event, now)
    if standing != "ahead":
        return show_follow(owner, 422, {"code": [". ".join(refusal_words(standing))]})
    try:
        wish = EventWish(found.event.code, "")
        follow(db.session(), owner.person, owner.attendee, [wish], now=now)
    except InvalidContentError as error:
        db.session.rollback()
        words = error.findings[0].say(gettext)
        return show_follow(owner_of(token), 422, {"code": [words]})
    return _back(owner, "followed")


def read_code(typed: str) -> str:
    """Return the code in what somebody typed or pasted: a code, or an address with one in it; a blank for neither."""
    known = read_site().codes
    for part in reversed(typed.strip()[:500].partition("?")[0].split("/")):
        code = normalise_code(part) or normalise_code(part[:CODE_LENGTH])
        if code and code in known:
            return code
    return ""
