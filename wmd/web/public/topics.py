"""Pages of topics and series: in one edition, and across all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort

from wmd.domain.filters import Query
from wmd.domain.index import Index
from wmd.domain.programme import Programme, Site
from wmd.domain.query import select
from wmd.web import words
from wmd.web.catalogue import gettext
from wmd.web.public import addresses
from wmd.web.public.arguments import named_zone
from wmd.web.public.page import absolute, is_local, page
from wmd.web.public.rows import Eyes, earliest, row_items
from wmd.web.public.subscribe import subscription_links
from wmd.web.reading import library, read_now, read_programme, read_site, viewer

bp = Blueprint("topics", __name__)

#: Sessions shown of one edition; the programme page has them all.
MOST_ROWS = 50
MOST_ROWS_ACROSS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """What one edition holds of a topic or series."""

    edition_name: str
    edition_url: str
    rows: list[dict[str, Any]]
    count: str
    more: int
    programme_url: str
    subscribe_url: str
    valid_until: datetime | None


def part_model(
    programme: Programme, index: Index, query: Query, eyes: Eyes, most: int, *, mixed: bool = False
) -> Part | None:
    """Return what an edition holds of what a query asks, or None when that is nothing.

    ``mixed`` says that other editions stand on the same page.
    """
    found = select(programme, index, query, zone=eyes.zone, now=eyes.now)
    if not found.positions:
        return None
    slug = programme.edition.slug
    return Part(
        edition_name=programme.edition.name,
        edition_url=addresses.edition(slug),
        rows=row_items(programme, found.positions[:most], eyes, dated=True, mixed=mixed, every_topic=True),
        count=words.event_count(found.total),
        more=max(0, len(found.positions) - most),
        programme_url=addresses.programme(slug, query),
        subscribe_url=addresses.subscribe(slug, query),
        valid_until=found.valid_until,
    )


def across(programmes: Iterable[Programme], query: Query, eyes: Eyes) -> list[Part]:
    """Return the parts of several editions, in their order, without empty ones."""
    found = (part_model(each, library().index(each), query, eyes, MOST_ROWS_ACROSS, mixed=True) for each in programmes)
    return [part for part in found if part is not None]


def latest_first(site: Site) -> list[str]:
    """Return the slugs of all editions, the latest main day first, permanent ones last."""
    editions = sorted(
        site.editions.values(), key=lambda edition: (not edition.is_permanent, edition.main_day), reverse=True
    )
    return [edition.slug for edition in editions]


def _until(parts: Sequence[Part]) -> datetime | None:
    return earliest(*(part.valid_until for part in parts))


@bp.get("/<edition>/topics/<topic>")
def in_edition(edition: str, topic: str) -> Response:
    """Show a topic in one edition. A retired topic keeps its page."""
    programme = read_programme(edition)
    view = next((each for each in programme.topics if each.slug == topic), None)
    if view is None:
        abort(404)
    named_zone(programme)
    who, now = viewer(programme.edition.zone), read_now()
    query = Query().changed(topic=[topic])
    eyes = Eyes(who.zone, who.language, now)
    part = part_model(programme, library().index(programme), query, eyes, MOST_ROWS)
    return page(
        "public/topic.html",
        who=who,
        now=now,
        canonical=addresses.topic(edition, topic),
        values=(programme,),
        valid_until=part.valid_until if part else None,
        edition=programme.edition,
        slug=topic,
        name=gettext(view.name),
        parts=[part] if part else [],
        across_url=f"/topics/{topic}",
        programme_url=addresses.programme(edition),
    )


@bp.get("/topics/<topic>")
def across_editions(topic: str) -> Response:
    """Show a topic across all editions."""
    site = read_site()
    view = next((each for each in site.topics if each.slug == topic), None)
    if view is None:
        abort(404)
    named_zone()
    programmes = [read_programme(slug) for slug in latest_first(site)]
    usable = [each for each in programmes if any(known.slug == topic for known in each.topics)]
    who, now = viewer(_zone_of(site)), read_now()
    parts = across(usable, Query().changed(topic=[topic]), Eyes(who.zone, who.language, now))
    return page(
        "public/topic.html",
        who=who,
        now=now,
        canonical=f"/topics/{topic}",
        values=(site, *programmes),
        valid_until=_until(parts),
        edition=None,
        slug=topic,
        name=gettext(view.name),
        parts=parts,
        across_url="",
        programme_url="/",
    )


@bp.get("/series/<series>")
def series(series: str) -> Response:
    """Show a series across all editions."""
    site = read_site()
    view = site.series.get(series)
    if view is None:
        abort(404)
    named_zone()
    programmes = [read_programme(slug) for slug in latest_first(site)]
    usable = [each for each in programmes if series in each.series]
    who, now = viewer(_zone_of(site)), read_now()
    parts = across(usable, Query().changed(series=[series]), Eyes(who.zone, who.language, now))
    feed_url = absolute(addresses.series_feed(series))
    return page(
        "public/series.html",
        who=who,
        now=now,
        canonical=addresses.series(series),
        values=(site, *programmes),
        valid_until=_until(parts),
        edition=None,
        shown=view,
        parts=parts,
        feed_url=feed_url,
        links=subscription_links(feed_url, view.name),
        is_local=is_local(),
    )


def _zone_of(site: Site) -> str:
    current = site.current_on(read_now().date())
    return site.editions[current].zone if current else "UTC"
