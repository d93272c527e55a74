"""“Remind me”: the form on the way from an event's page, and what is said where there is nothing to remind of."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Response, abort, make_response, redirect, render_template
from flask.typing import ResponseReturnValue

from wmd.domain.codes import normalise_code
from wmd.domain.filters import Query
from wmd.domain.following import standing_of
from wmd.domain.programme import EventView, Programme
from wmd.services.follows import EventWish
from wmd.web.attendee.asking import Messages, language_choices, take_wishes, trap, typed_or_known
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.public import addresses
from wmd.web.public.events import taking_its_place
from wmd.web.public.page import demo_kind, here_without_zone
from wmd.web.public.rows import Eyes
from wmd.web.public.ticket import main_session, ticket_of
from wmd.web.reading import Viewer, not_ready, read_now, read_programme, read_site, read_status, viewer

bp = Blueprint("following", __name__)


class Found(NamedTuple):
    """An event that a code stands for, with its programme."""

    programme: Programme
    event: EventView


def find_event(code: str) -> Found:
    """Return the event that a public code stands for now. Answers 404 for no code, 410 for what was taken off."""
    known = normalise_code(code) or ""
    place = read_site().codes.get(known)
    if place is None:
        abort(404)
    programme = read_programme(place[0])
    event = taking_its_place(programme, place[1])
    if event is None:
        if place[1] in programme.hidden or place[1] in programme.gone:
            abort(410)
        # The site knows it already, the programme is about to.
        not_ready()
    return Found(programme, event)


def refusal_words(standing: str) -> tuple[str, str]:
    """Return why there is nothing to be reminded of, as a heading and a sentence."""
    words = {
        "over": (
            gettext("This event is over"),
            gettext("It has taken place, so there is nothing left to remind you of."),
        ),
        "cancelled": (
            gettext("This event is cancelled"),
            gettext("It will not take place, so there is nothing to remind you of."),
        ),
        "postponed": (
            gettext("This event is postponed"),
            gettext("Its new time is not known yet. When it is, its page and the list of changes will say so."),
        ),
    }
    return words[standing]


def _who(found: Found) -> Viewer:
    return viewer(main_session(found.event, read_now()).zone)


def show_form(code: str, status: int = 200, messages: Messages | None = None) -> Response:
    """Return the form, or kind words with what can be done instead."""
    found, now = find_event(code), read_now()
    programme, event = found
    who = _who(found)
    standing = standing_of(event, now)
    slug = programme.edition.slug
    page = render_template(
        "attendee/remind.html" if standing == "ahead" else "attendee/nothing_to_remind.html",
        event=event, edition=programme.edition, viewer=who, now=now, noindex=True,
        ticket=ticket_of(
            event, programme, Eyes(who.zone, who.language, now, is_own=who.zone_source != "default"),
            read_status().of(event.code),
        ),
        typed=typed_or_known(who.zone), languages=language_choices(), messages=messages or {}, trap=trap(),
        event_url=addresses.event(slug, event), action=f"/e/{event.code}/remind", next_path=here_without_zone(),
        demo=demo_kind(programme.edition, (programme,)),
        refusal=refusal_words(standing) if standing != "ahead" else None,
        ways=ways_instead(found, standing),
    )  # fmt: skip
    return make_response(page, status)


def ways_instead(found: Found, standing: str) -> dict[str, str]:
    """Return what can be done where an event is over or off: addresses, and how it stands."""
    slug, event = found.programme.edition.slug, found.event
    organiser = next((each.code for each in event.organisers), "")
    return {
        "standing": standing, "tell_url": f"/{slug}/tell-me", "tell_organiser_url": _tell_organiser(slug, organiser),
        "changes_url": addresses.changes(slug),
        "topics_url": addresses.programme(slug, Query().changed(topic=list(event.topics), upcoming=True)),
    }  # fmt: skip


def _tell_organiser(slug: str, organiser: str) -> str:
    return addresses.tell_me(slug, Query().changed(organisation=[organiser])) if organiser else ""


@bp.get("/e/<code>/remind")
def remind(code: str) -> ResponseReturnValue:
    """Ask for the address to which reminders go."""
    found = find_event(code)
    if found.event.code != code:
        return redirect(f"/e/{found.event.code}/remind", 303)
    return show_form(code)


def _stale(code: str) -> Response:
    return show_form(code, 422, {"address": [gettext("This page was open for too long. Please send it once more.")]})


@bp.post("/e/<code>/remind")
@on_stale_form(_stale)
def ask(code: str) -> ResponseReturnValue:
    """Keep the wish and mail the button."""
    found = find_event(code)
    if standing_of(found.event, read_now()) != "ahead":
        return show_form(code, 409)
    who = _who(found)
    wish = EventWish(found.event.code, found.event.text(who.language).title)
    return take_wishes([wish], who.zone, lambda status, messages: show_form(code, status, messages))
