"""The subscribe page: exactly the selection asked for, and the ready-made narrower calendars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from wmd.domain.filters import Query
from wmd.domain.ical.deeplinks import subscribe_links
from wmd.domain.index import Index
from wmd.domain.programme import Programme
from wmd.domain.query import select
from wmd.web import words
from wmd.web.catalogue import gettext
from wmd.web.public import addresses
from wmd.web.public.arguments import asked_query, is_canonical, see_other
from wmd.web.public.page import base_url, is_local, page
from wmd.web.public.phase import Phase, phase_at, phase_turns_at
from wmd.web.public.selection import Part, parts, selection_name, value_label
from wmd.web.reading import library, read_now, read_programme, viewer

bp = Blueprint("subscribe", __name__)

#: Ready-made calendars of each kind, the most frequent first; every other selection has its own address anyway.
MOST_READY_MADE = 16
_READY_MADE = ("topic", "region", "language")


@dataclass(frozen=True, slots=True)
class SubscribePage:
    """What the subscribe page shows; ``feed_url`` is absolute."""

    name: str
    parts: list[Part]
    count: str
    is_empty: bool
    is_over: bool
    feed_url: str
    links: list[dict[str, str]]
    programme_url: str
    ready_made: list[dict[str, Any]]
    data: list[dict[str, str]]


def subscribe_model(
    programme: Programme, index: Index, query: Query, phase: Phase, language: str, base: str
) -> SubscribePage:
    """Return the page for a query that is fit for a feed; ``base`` is the public address without a final slash."""
    slug = programme.edition.slug
    found = select(programme, index, query, zone=query.tz or programme.edition.zone, now=None)
    feed_url = base + addresses.feed(slug, query)
    name = selection_name(query, programme, language)
    return SubscribePage(
        name=name,
        parts=parts(query, programme, language),
        count=words.event_count(found.total),
        is_empty=not found.total,
        is_over=phase == "over",
        feed_url=feed_url,
        links=subscription_links(feed_url, name),
        programme_url=addresses.programme(slug, query),
        ready_made=_ready_made(programme, index, language, base),
        data=_data(programme),
    )


def subscription_links(feed_url: str, name: str) -> list[dict[str, str]]:
    """Return how each calendar is subscribed, with honest words on how often it looks again."""
    to = subscribe_links(feed_url, name)
    return [
        {
            "label": gettext("Apple Calendar, or the calendar of this device"),
            "url": to["webcal"],
            "note": gettext("looks every hour, or as you set it"),
        },
        {
            "label": gettext("Google Calendar"),
            "url": to["google"],
            "note": gettext("looks again only after 8 to 24 hours; nobody can hurry it"),
        },
        {
            "label": gettext("Outlook.com"),
            "url": to["outlook"],
            "note": gettext("looks again after about 3 hours, at times a day"),
        },
        {
            "label": gettext("Microsoft 365, at work or school"),
            "url": to["office365"],
            "note": gettext("looks again after about 3 hours, at times a day"),
        },
    ]


def _ready_made(programme: Programme, index: Index, language: str, base: str) -> list[dict[str, Any]]:
    """Return groups of ready-made calendars: only those that hold something now."""
    titles = {
        "topic": gettext("By topic"),
        "region": gettext("By region"),
        "language": gettext("By spoken language"),
    }
    slug = programme.edition.slug
    retired = {topic.slug for topic in programme.topics if topic.retired}
    groups = []
    for facet in _READY_MADE:
        feeds = [
            {
                "label": value_label(facet, value, programme, language),
                "count": words.event_count(events.bit_count()),
                "url": base + addresses.named_feed(slug, facet, value),
                "page": addresses.subscribe(slug, Query().changed(**{facet: [value]})),
                "slug": value if facet == "topic" else "",
            }
            for value, events in list(index.values(facet).items())[:MOST_READY_MADE]
            if facet != "topic" or value not in retired
        ]
        if feeds:
            groups.append({"title": titles[facet], "feeds": feeds})
    return groups


def _data(programme: Programme) -> list[dict[str, str]]:
    slug = programme.edition.slug
    return [
        {"label": gettext("JSON, everything there is"), "url": f"/{slug}/programme.json"},
        {"label": gettext("CSV, for a spreadsheet"), "url": f"/{slug}/programme.csv"},
        {"label": gettext("iCalendar, the whole programme"), "url": addresses.feed(slug)},
        {"label": gettext("schedule.xml, for conference apps"), "url": f"/{slug}/schedule.xml"},
        {"label": gettext("schedule.json, for conference apps"), "url": f"/{slug}/schedule.json"},
        {"label": gettext("Atom, what changed"), "url": addresses.changes_atom(slug)},
    ]


@bp.get("/<edition>/subscribe")
def show(edition: str) -> Response:
    """Show how to subscribe to a selection; what a feed cannot hold (a page, "still to come") is dropped (303)."""
    programme = read_programme(edition)
    query = asked_query(programme)
    who, now = viewer(programme.edition.zone), read_now()
    fit = query.for_feed(who.zone)
    if fit != query or not is_canonical(query):
        return see_other(addresses.subscribe(edition, fit))
    phase = phase_at(programme.edition, who.zone, now)
    model = subscribe_model(programme, library().index(programme), fit, phase, who.language, base_url())
    return page(
        "public/subscribe.html",
        who=who,
        now=now,
        canonical=addresses.subscribe(edition, fit),
        values=(programme,),
        valid_until=phase_turns_at(programme.edition, who.zone, now),
        edition=programme.edition,
        pinned=fit.is_plain,
        noindex=not fit.is_plain,
        shown=model,
        is_local=is_local(),
        organisations_url=addresses.organisations(edition),
    )
