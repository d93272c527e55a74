"""Calendar feeds: the programme seen through a filter, joined from checked bytes.

A feed address, once valid, answers 200 for ever: it is never limited, never redirected, and what was never valid is a
400 that names it. The layer in front answers conditional requests and gzip.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta

from flask import Blueprint, Response, abort, make_response, request

from wmd.domain.codes import normalise_code
from wmd.domain.filters import BadQuery, Query, parse
from wmd.domain.hidden import hidden_sessions
from wmd.domain.ical.feed import FeedHead, join, single
from wmd.domain.programme import Programme, SessionView, Site
from wmd.domain.query import select
from wmd.domain.zones import canonical
from wmd.web.catalogue import gettext
from wmd.web.markdown import to_html
from wmd.web.public import addresses
from wmd.web.public.page import absolute
from wmd.web.public.selection import selection_name
from wmd.web.reading import keep, library, read_now, read_programme, read_site

log = logging.getLogger(__name__)
bp = Blueprint("feeds", __name__)

#: Ready-made feeds: the word in the file name, and the facet it stands for.
READY_MADE = ("topic", "region", "language", "organisation")
MAX_AGE_S = 900


def next_day(now: datetime) -> datetime:
    """Return the next midnight in UTC: feeds may read differently from one calendar day to the next."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def machine_fault(fault: BadQuery) -> Response:
    """Return the 400 of an address that was never valid, in plain words that name what is wrong."""
    text = f"{fault.parameter}={fault.value}\n{gettext(fault.reason)}\n"
    response = make_response(text, 400)
    response.mimetype = "text/plain"
    return response


@bp.get("/<edition>/calendar.ics")
def calendar(edition: str) -> Response:
    """Serve the feed of a selection."""
    programme = read_programme(edition)
    try:
        query = parse(list(request.args.items(multi=True)), programme, kind="feed", canonical_zone=canonical)
    except BadQuery as fault:
        return machine_fault(fault)
    return _feed_of(programme, query, f"world-metropolitan-day-{edition}", pinned=query.is_plain)


@bp.get("/<edition>/feeds/<name>.ics")
def ready_made(edition: str, name: str) -> Response:
    """Serve a ready-made feed: ``topic-…``, ``region-…``, ``language-…`` or ``organisation-…``."""
    programme = read_programme(edition)
    facet, _, value = name.partition("-")
    if facet not in READY_MADE:
        abort(404)
    try:
        query = parse([(facet, value)], programme, kind="feed", canonical_zone=canonical)
    except BadQuery:
        abort(404)
    return _feed_of(programme, query, f"{edition}-{name}", pinned=True)


@bp.get("/feeds/series-<slug>.ics")
def series(slug: str) -> Response:
    """Serve the feed of a series, across editions."""
    site = read_site()
    found = site.series.get(slug)
    if found is None:
        abort(404)
    programmes = [programme for name in site.editions if (programme := library().programme(name))]
    sessions = [
        session
        for programme in programmes
        for session, event in zip(programme.sessions, programme.owners, strict=True)
        if event.series == slug
    ]
    head = FeedHead(
        name=found.name,
        description=found.description,
        url=absolute(addresses.series(slug)),
        source=absolute(addresses.series_feed(slug)),
        last_modified_at=max((p.published_at for p in programmes), default=read_now()),
    )
    return _answer(head, sessions, f"series-{slug}", values=[site, *programmes], running=False, pinned=True)


@bp.get("/e/<code>.ics")
def download(code: str) -> Response:
    """Serve one event, or the event of one session, as a calendar file to keep."""
    site = read_site()
    found = site.codes.get(normalise_code(code) or "")
    if found is None:
        abort(404)
    programme = read_programme(found[0])
    event = programme.events.get(programme.moved.get(found[1], found[1]))
    if event is None:
        abort(410)
    html = to_html(event.text("en").description)
    response = make_response(single(programme.edition, event, language="en", html=html))
    _calendar_headers(response, f"{event.slug}.ics", disposition="attachment")
    response.last_modified = event.changed_at
    return keep(response, values=[programme, site], valid_until=None, by_zone=False, max_age_s=MAX_AGE_S)


def _feed_of(programme: Programme, query: Query, file_name: str, *, pinned: bool) -> Response:
    """Return the feed of a query over one edition."""
    edition = programme.edition
    index = library().index(programme)
    found = select(programme, index, query, zone=query.tz or edition.zone, now=None)
    head = FeedHead(
        name=selection_name(query, programme),
        description=_description(programme, query),
        url=absolute(addresses.programme(edition.slug, query)),
        source=absolute(_own_address()),
        last_modified_at=programme.published_at,
        too_large_text=gettext(
            "This calendar is too large for some calendar services. Take a narrower one, by topic, region or "
            "language: %(address)s",
            address=absolute(addresses.subscribe(edition.slug)),
        ),
    )
    today = read_now().date()
    sessions = [programme.sessions[position] for position in found.positions]
    sessions += hidden_sessions(programme, query, query.tz or edition.zone)
    running = edition.window_from <= today <= edition.window_to
    return _answer(head, sessions, file_name, values=[programme], running=running, pinned=pinned)


def _own_address() -> str:
    query = request.query_string.decode("ascii", "ignore")
    return f"{request.path}?{query}" if query else request.path


def _description(programme: Programme, query: Query) -> str:
    edition = programme.edition
    about = edition.theme or edition.name
    if query.is_plain:
        return gettext("The programme of %(name)s. %(theme)s", name=edition.name, theme=about)
    return gettext("Part of the programme of %(name)s. %(theme)s", name=edition.name, theme=about)


def _answer(
    head: FeedHead,
    sessions: Iterable[SessionView],
    file_name: str,
    *,
    values: Sequence[Programme | Site],
    running: bool,
    pinned: bool,
) -> Response:
    """Join the feed and mark it as one to keep until the day ends or the programme changes."""
    now = read_now()
    feed = join(head, sessions, language="en", now_day=now.astimezone(UTC).date(), running=running)
    if feed.missing:
        log.error("feed_entries_missing", extra={"path": request.path, "count": feed.missing})
    response = make_response(feed.body)
    _calendar_headers(response, f"{file_name}.ics", disposition="inline")
    response.last_modified = head.last_modified_at
    return keep(response, values=values, valid_until=next_day(now), pinned=pinned, by_zone=False, max_age_s=MAX_AGE_S)


def _calendar_headers(response: Response, file_name: str, *, disposition: str) -> None:
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = f'{disposition}; filename="{file_name}"'
    response.headers["Access-Control-Allow-Origin"] = "*"
