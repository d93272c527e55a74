"""Paths of the public pages: promises that are written down once.

Pure functions of values, so that view-models need no request. Query strings are canonical already.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from wmd.domain import paths
from wmd.domain.filters import Query
from wmd.domain.programme import EventView


def edition(slug: str) -> str:
    """Return the home of an edition."""
    return f"/{slug}/"


def programme(slug: str, query: Query | None = None) -> str:
    """Return the programme of an edition, narrowed by a query."""
    return _asked(f"/{slug}/programme", query.to_string() if query else "")


def event(slug: str, view: EventView) -> str:
    """Return the page of an event."""
    return paths.event(slug, view.code, view.slug)


def register(code: str) -> str:
    """Return the page where one registers for an event with us."""
    return f"/e/{code}/register"


def organisation(slug: str, code: str, name_slug: str = "") -> str:
    """Return the page of an organisation in an edition."""
    return paths.organisation(slug, code, name_slug)


def organisations(slug: str) -> str:
    """Return the list of an edition's organisations."""
    return f"/{slug}/organisations/"


def topic(slug: str, topic_slug: str) -> str:
    """Return the page of a topic in an edition."""
    return f"/{slug}/topics/{topic_slug}"


def series(series_slug: str) -> str:
    """Return the page of a series, across editions."""
    return f"/series/{series_slug}"


def subscribe(slug: str, query: Query | None = None, zone: str = "") -> str:
    """Return the subscribe page for exactly the selection of a query."""
    return _asked(f"/{slug}/subscribe", query.for_feed(zone).to_string() if query else "")


def tell_me(slug: str, query: Query | None = None) -> str:
    """Return where one asks to hear of what is new in a selection."""
    return _asked(f"/{slug}/tell-me", query.to_string() if query else "")


def feed(slug: str, query: Query | None = None) -> str:
    """Return the feed of exactly the selection of a query that is fit for feeds."""
    return _asked(f"/{slug}/calendar.ics", query.to_string() if query else "")


def named_feed(slug: str, facet: str, value: str) -> str:
    """Return a ready-made feed with a speaking file name: ``topic-…``, ``region-…``, ``language-…``."""
    return f"/{slug}/feeds/{facet}-{quote(value, safe='')}.ics"


def series_feed(series_slug: str) -> str:
    """Return the feed of a series, across editions."""
    return f"/feeds/series-{series_slug}.ics"


def download(code: str) -> str:
    """Return the calendar download of one event or session."""
    return f"/e/{code}.ics"


def short(code: str) -> str:
    """Return the permanent short address of an event or session."""
    return paths.short(code)


def take_part(code: str) -> str:
    """Return the stable way to take part."""
    return paths.take_part(code)


def changes(slug: str, page: int = 1) -> str:
    """Return the page of what changed."""
    return _asked(f"/{slug}/changes", urlencode({"page": page}) if page > 1 else "")


def changes_atom(slug: str) -> str:
    """Return the Atom feed of what changed."""
    return f"/{slug}/changes.atom"


def _asked(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
