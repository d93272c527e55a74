"""“Tell me about new ones”: a digest of what a filtered programme gains, daily or weekly."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from wmd.domain.filters import Query
from wmd.domain.programme import Programme
from wmd.services.follows import FilterWish
from wmd.web.attendee.asking import Messages, language_choices, take_wishes, trap, typed_or_known
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.public import addresses
from wmd.web.public.arguments import asked_query, is_canonical, see_other
from wmd.web.public.page import demo_kind, here_without_zone
from wmd.web.public.selection import selection_name
from wmd.web.reading import read_now, read_programme, viewer

bp = Blueprint("tell_me", __name__)


def fit_for_digest(query: Query) -> Query:
    """Return what of a query a digest can hold: what is new has no page, and is still to come."""
    return query.changed(page=1, upcoming=False)


def show_form(programme: Programme, query: Query, status: int = 200, messages: Messages | None = None) -> Response:
    """Return the form."""
    edition = programme.edition
    who = viewer(edition.zone)
    page = render_template(
        "attendee/tell_me.html", edition=edition, viewer=who, now=read_now(), noindex=True,
        name=selection_name(query, programme, who.language),
        typed=typed_or_known(who.zone), languages=language_choices(), messages=messages or {}, trap=trap(),
        cadence=request.form.get("cadence", "weekly"), action=addresses.tell_me(edition.slug, query),
        programme_url=addresses.programme(edition.slug, query),
        subscribe_url=addresses.subscribe(edition.slug, query, who.zone),
        demo=demo_kind(edition, (programme,)), next_path=here_without_zone(),
        over=edition.window_to < read_now().date() and not edition.is_permanent,
    )  # fmt: skip
    return make_response(page, status)


@bp.get("/<edition>/tell-me")
def tell_me(edition: str) -> Response:
    """Ask for the address and how often; what a digest cannot hold is dropped (303)."""
    programme = read_programme(edition)
    query = asked_query(programme)
    fit = fit_for_digest(query)
    if fit != query or not is_canonical(query):
        return see_other(addresses.tell_me(edition, fit))
    return show_form(programme, fit)


def _stale(edition: str) -> Response:
    programme = read_programme(edition)
    words = gettext("This page was open for too long. Please send it once more.")
    return show_form(programme, fit_for_digest(asked_query(programme)), 422, {"address": [words]})


@bp.post("/<edition>/tell-me")
@on_stale_form(_stale)
def ask(edition: str) -> ResponseReturnValue:
    """Keep the wish and mail the button."""
    programme = read_programme(edition)
    query = fit_for_digest(asked_query(programme))
    who = viewer(programme.edition.zone)
    cadence = request.form.get("cadence", "")
    if cadence not in {"daily", "weekly"}:
        return show_form(programme, query, 422, {"cadence": [gettext("Choose how often.")]})
    name = selection_name(query, programme, who.language)
    label = gettext("what is new in %(selection)s", selection=name)
    wish = FilterWish(edition, query.to_string(), "daily" if cadence == "daily" else "weekly", label)
    return take_wishes([wish], who.zone, lambda status, messages: show_form(programme, query, status, messages))
