"""A person's own page: their programme, and everything about how they are written to."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.services.own_programme import OwnFilter, own_events, own_filters
from wmd.services.personal_feeds import feed_secret
from wmd.services.personal_links import go_path
from wmd.web.attendee.answers import private
from wmd.web.attendee.asking import Messages, language_choices
from wmd.web.attendee.own_model import own_page
from wmd.web.attendee.own_words import CADENCES, event_line, filter_line, rule_choices
from wmd.web.attendee.owners import Owner, owner_of
from wmd.web.attendee.wish_form import Chosen, shown_marks, typed_or_saved
from wmd.web.catalogue import gettext
from wmd.web.means import secret_box
from wmd.web.names import language_name
from wmd.web.public.page import absolute
from wmd.web.public.rows import Eyes
from wmd.web.public.subscribe import subscription_links
from wmd.web.reading import Viewer, read_now, viewer

bp = Blueprint("own_page", __name__)


def show_page(
    owner: Owner, status: int = 200, messages: Messages | None = None, *, wishes: Chosen | None = None
) -> Response:
    """Return the page, with what was typed; ``wishes`` are what it shows as chosen in place of that."""
    dbs, now = db.session(), read_now()
    person, attendee = owner.person, owner.attendee
    zone = person.zone or viewer("UTC").zone
    who = Viewer(zone, "url", "en")
    past = "past" in request.args
    asked = request.args.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    shown = own_page(own_events(dbs, person.id), Eyes(zone, who.language, now), page=max(1, page), past=past)
    secret = feed_secret(dbs, person.id, box=secret_box())
    feed_url = absolute(f"/me/calendar/{secret}.ics") if secret else ""
    filters = [_filter(each, who.language) for each in own_filters(dbs, person.id)]
    go = {
        code: go_path(secret_box(), attendee, code, now=now)
        for group in shown.groups for item in group["items"]
        if item["opens_at"] and item["opens_at"] <= now and (code := item["session_code"])
    }  # fmt: skip
    shown_as = wishes or typed_or_saved(person, attendee, request.form)
    rendered = render_template(
        "attendee/own_page.html", owner=owner, person=person, attendee=attendee, zone=zone, now=now, noindex=True,
        viewer=None, shown=shown, go=go, past=past, filters=filters, messages=messages or {},
        unlisted=[(each, *event_line(each.edition, each.code, who.language)) for each in shown.unlisted],
        typed={"language": shown_as.language, "zone": shown_as.zone},
        mode="organiser" if shown_as.reminders is None else "own",
        rules=rule_choices(), chosen=shown_as.reminders or [],
        marks=shown_marks(person, attendee),
        invitations=shown_as.invitations, languages=language_choices(),
        language_name=language_name(person.language), feed_url=feed_url,
        feed_links=subscription_links(feed_url, gettext("My programme")) if feed_url else [],
        until=owner.opened.until, welcome="welcome" in request.args, done=request.args.get("done", ""),
    )  # fmt: skip
    return private(make_response(rendered, status))


def _filter(each: OwnFilter, language: str) -> dict[str, str]:
    name, url = filter_line(each.edition, each.query, language)
    return {"id": each.follow_id, "name": name, "url": url, "cadence": gettext(CADENCES[each.cadence])}


@bp.get("/me/<token>/")
def show(token: str) -> Response:
    """Show it; nothing is changed by looking."""
    return show_page(owner_of(token))


@bp.get("/me/<token>")
def without_slash(token: str) -> ResponseReturnValue:
    """Lead to the page from an address whose final slash was lost on the way."""
    return private(make_response(redirect(owner_of(token).path, 308)))
