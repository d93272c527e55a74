"""Calendar feeds: the programme seen through a filter, joined from checked bytes.

A feed address, once valid, answers 200 for ever: it is never limited, never redirected, and what was never valid is a
400 that names it, as are ``upcoming`` and ``page``, which work on pages only: a calendar that silently held more than
its address says would be worse than none. The layer in front answers conditional requests and gzip.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from flask import Blueprint, Response, abort, make_response, request

from wmd.domain.codes import normalise_code, slugify
from wmd.domain.filters import BadQuery, Query, parse
from wmd.domain.findings import N_
from wmd.domain.hidden import hidden_sessions
from wmd.domain.ical.feed import Feed, FeedHead, join, single
from wmd.domain.programme import EditionView, Programme, SessionView, Site
from wmd.domain.query import find
from wmd.domain.zones import canonical
from wmd.web.catalogue import gettext
from wmd.web.markdown import to_html
from wmd.web.public import addresses
from wmd.web.public.events import taking_its_place
from wmd.web.public.page import absolute
from wmd.web.public.selection import selection_name
from wmd.web.reading import (
    alarm_desk,
    keep,
    library,
    not_ready,
    read_now,
    read_programme,
    read_programmes,
    read_site,
)

log = logging.getLogger(__name__)
bp = Blueprint("feeds", __name__)

#: Ready-made feeds: the word in the file name, and the facet it stands for.
READY_MADE = ("topic", "region", "language", "organisation")
#: Those of which there are few, so that they may stay in memory whatever else is asked.
_FEW = frozenset({"topic", "region", "language"})
MAX_AGE_S = 900
#: What a feed without any programme behind it says of its age.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_NO_PARAMETERS = N_("This address takes no filters; the calendar of an edition, calendar.ics, takes them all.")


def next_day(now: datetime) -> datetime:
    """Return the next midnight in UTC: feeds may read differently from one calendar day to the next."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def machine_fault(fault: BadQuery, status: int = 400) -> Response:
    """Return the answer to an address that was never valid, in plain words that name what is wrong."""
    said = gettext("This address was never valid: %(asked)s", asked=f"{fault.parameter}={fault.value}")
    response = make_response(f"{said}\n{gettext(fault.reason)}\n", status)
    response.mimetype = "text/plain"
    return open_to_all(response)


def open_to_all(response: Response) -> Response:
    """Let scripts of any other site read a response, its ETag included (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified"
    return response


def answer_preflight(response: Response) -> Response:
    """Let browsers ask conditionally from other sites: they send OPTIONS first."""
    if request.method == "OPTIONS":
        open_to_all(response)
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


bp.after_request(answer_preflight)


@bp.get("/<edition>/calendar.ics")
def calendar(edition: str) -> Response:
    """Serve the feed of a selection."""
    programme = read_programme(edition)
    try:
        query = _asked(programme)
    except BadQuery as fault:
        return machine_fault(fault)
    own = addresses.feed(edition, query)
    return _feed_of(programme, query, f"world-metropolitan-day-{edition}", own, pinned=query.is_plain)


@bp.get("/<edition>/feeds/<name>.ics")
def ready_made(edition: str, name: str) -> Response:
    """Serve a ready-made feed: ``topic-…``, ``region-…``, ``language-…`` or ``organisation-…``."""
    programme = read_programme(edition)
    facet, _, value = name.partition("-")
    if facet not in READY_MADE or value != value.strip() or not value:
        abort(404)
    try:
        query = parse([(facet, value)], programme, kind="feed", canonical_zone=canonical)
    except BadQuery as fault:
        return machine_fault(fault, 404)
    try:
        _refuse_filters(programme)
    except BadQuery as fault:
        return machine_fault(fault)
    (chosen,) = query.values(facet)
    # Any language tag is an address that exists; only those of the programme are few.
    pinned = facet in _FEW and value == chosen and library().index(programme).bits(facet, value) != 0
    own = addresses.named_feed(edition, facet, chosen)
    return _feed_of(programme, query, f"{edition}-{facet}-{chosen}", own, pinned=pinned)


@bp.get("/feeds/series-<slug>.ics")
def series(slug: str) -> Response:
    """Serve the feed of a series, across editions."""
    site = read_site()
    found = site.series.get(slug)
    if found is None:
        abort(404)
    programmes = read_programmes(site)
    try:
        for programme in programmes:
            _refuse_filters(programme)
    except BadQuery as fault:
        return machine_fault(fault)
    now = read_now()
    query = Query().changed(series=slug)
    head = FeedHead(
        name=found.name,
        description=found.description,
        url=absolute(addresses.series(slug)),
        source=absolute(addresses.series_feed(slug)),
        last_modified_at=max((programme.published_at for programme in programmes), default=_NEVER),
        too_large_text=_too_large(absolute(addresses.series(slug))),
    )
    sessions = [session for programme in programmes for session in _sessions(programme, query)]
    running = any(_runs(programme.edition, now) for programme in programmes)
    return _answer(
        head, sessions, f"series-{slug}", values=[site, *programmes], now=now, running=running, pinned=True
    )  # fmt: skip


@bp.get("/e/<code>.ics")
def download(code: str) -> Response:
    """Serve one event, or one date of it by the session's code, as a calendar file to keep.

    An event that was taken off the list stays here as well, cancelled and without a word: who subscribed to this
    address is told.
    """
    site = read_site()
    known = normalise_code(code) or ""
    found = site.codes.get(known)
    if found is None:
        abort(404)
    programme = read_programme(found[0])
    try:
        _refuse_filters(programme)
    except BadQuery as fault:
        return machine_fault(fault)
    left = programme.hidden.get(found[1])
    event = taking_its_place(programme, found[1]) or left
    if event is None:
        # The site knows it already, the programme is about to.
        not_ready()
    # A title in a script that addresses do not use leaves no slug but "event", or none.
    name = event.slug if event.slug not in {"", slugify("")} else f"event-{event.code}"
    one_date = tuple(session for session in event.sessions if session.code == known)
    if one_date:
        event, name = replace(event, sessions=one_date), f"{name}-{known}"
    html = to_html(event.text("en").description)
    response = make_response(single(programme.edition, event, language="en", html=html))
    _calendar_headers(response, f"{name}.ics", disposition="attachment")
    # Where another event took its place, that is news although the other one may be older.
    response.last_modified = max(event.changed_at, left.changed_at if left else event.changed_at)
    return keep(response, values=[programme, site], valid_until=None, by_zone=False, max_age_s=MAX_AGE_S)


def _asked(programme: Programme) -> Query:
    """Return what the address asks. Raises BadQuery for what was never valid."""
    return parse(list(request.args.items(multi=True)), programme, kind="feed", canonical_zone=canonical)


def _refuse_filters(programme: Programme) -> None:
    """Raise BadQuery when an address that takes no parameters is asked with one, tracking aside."""
    asked = _asked(programme).canonical()
    if asked:
        raise BadQuery(*asked[0], _NO_PARAMETERS)


def _feed_of(programme: Programme, query: Query, file_name: str, own: str, *, pinned: bool) -> Response:
    """Return the feed of a query over one edition; ``own`` is the canonical path of this very feed."""
    edition, now = programme.edition, read_now()
    head = FeedHead(
        name=selection_name(query, programme),
        description=_description(programme, query),
        url=absolute(addresses.programme(edition.slug, query)),
        source=absolute(own),
        last_modified_at=programme.published_at,
        too_large_text=_too_large(absolute(addresses.subscribe(edition.slug))),
    )
    sessions, running = _sessions(programme, query), _runs(edition, now)
    return _answer(head, sessions, file_name, values=[programme], now=now, running=running, pinned=pinned)


def _sessions(programme: Programme, query: Query) -> list[SessionView]:
    """Return what a query finds, and what it found that was taken off the list since."""
    zone = query.tz or programme.edition.zone
    found = find(programme, library().index(programme), query, zone=zone)
    sessions = [programme.sessions[position] for position in found]
    return sessions + hidden_sessions(programme, query, zone)


def _runs(edition: EditionView, now: datetime) -> bool:
    return edition.window_from <= now.astimezone(UTC).date() <= edition.window_to


def _too_large(address: str) -> str:
    return gettext(
        "This calendar is too large for some calendar services. Take a narrower one, by topic, region or "
        "language: %(address)s",
        address=address,
    )


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
    now: datetime,
    running: bool,
    pinned: bool,
) -> Response:
    """Join the feed and mark it as one to keep until the day ends or the programme changes."""
    feed = join(head, sessions, language="en", now_day=now.astimezone(UTC).date(), running=running)
    _tell_staff(feed)
    response = make_response(feed.body)
    _calendar_headers(response, f"{file_name}.ics", disposition="inline")
    response.last_modified = head.last_modified_at
    return keep(response, values=values, valid_until=next_day(now), pinned=pinned, by_zone=False, max_age_s=MAX_AGE_S)


def _tell_staff(feed: Feed) -> None:
    """Raise an alarm when sessions lack their entry or the feed is too large; close it when the plain feed is well."""
    path = request.path
    said = {
        "missing": f"{feed.missing} sessions have no entry and are not in {path}: run flask programme rederive.",
        "too-large": f"{path} is too large for some calendar services: point people to narrower ones.",
    }
    for kind, is_wrong in (("missing", feed.missing > 0), ("too-large", feed.too_large)):
        key = f"serving:{kind}:{path}"
        if is_wrong:
            log.error("feed_not_whole", extra={"path": path, "kind": kind})
            alarm_desk().note(key, said[kind])
        elif not request.query_string:
            alarm_desk().all_well(key)


def _calendar_headers(response: Response, file_name: str, *, disposition: str) -> None:
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = f'{disposition}; filename="{file_name}"'
    open_to_all(response)
