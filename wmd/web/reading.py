"""The bridge between a public request and the programme value: what to read, for whom, and for how long it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NoReturn

from flask import Response, abort, current_app, make_response, render_template, request

from wmd.domain.banners import Banners
from wmd.domain.programme import Programme, Site
from wmd.domain.status import Status
from wmd.domain.zones import canonical
from wmd.errors import NotLoadedError
from wmd.gateways import Gateways
from wmd.services.library import Library
from wmd.web.alarm_desk import AlarmDesk
from wmd.web.catalogue import gettext
from wmd.web.edge import ZONE_COOKIE
from wmd.web.published import Publish

#: When to ask again while there is neither a database nor a good copy.
RETRY_AFTER_S = 30
#: A longer query is nothing that many will ask; kept, its own text would take memory that nobody counts.
LONGEST_KEPT_QUERY = 2_000


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the zone times are shown in, where it is known from, and the interface language."""

    zone: str
    zone_source: Literal["url", "cookie", "default"]
    language: str = "en"


def library() -> Library:
    """Return this process's library of programme values."""
    found: Library = current_app.extensions["wmd.library"]
    return found


def gateways() -> Gateways:
    """Return the outside as this application was given it."""
    found: Gateways = current_app.extensions["wmd.gateways"]
    return found


def alarm_desk() -> AlarmDesk:
    """Return where a request says what staff should know."""
    found: AlarmDesk = current_app.extensions["wmd.alarm_desk"]
    return found


def read_now() -> datetime:
    """Read the clock: the one place where a request does."""
    return gateways().clock()


def read_site() -> Site:
    """Return the site value, or answer 503 while there is none."""
    try:
        return library().site()
    except NotLoadedError:
        not_ready()


def read_programme(slug: str) -> Programme:
    """Return an edition's programme, or answer 404; 503 while it cannot be read from anywhere."""
    try:
        programme = library().programme(slug)
    except NotLoadedError:
        not_ready()
    if programme is None:
        abort(404)
    return programme


def read_programmes(site: Site) -> list[Programme]:
    """Return the programmes of all editions, or answer 503 while one of them cannot be read from anywhere."""
    return [read_programme(slug) for slug in site.editions]


def read_status() -> Status:
    """Return what is known of the ways into events; a page that shows it names it among its values."""
    return library().status()


def read_banners() -> Banners:
    """Return the banners; every page that may be kept names them among its values."""
    return library().banners()


def not_ready() -> NoReturn:
    """Answer 503 and when to ask again: a page to people, a line to calendars and other machines.

    Never an empty calendar instead: it would take every event out of its subscriber's own.
    """
    if "." in request.path.rpartition("/")[2]:
        response = make_response(gettext("The programme is being loaded. Please ask again in a minute.") + "\n", 503)
        response.mimetype = "text/plain"
    else:
        request_id = request.environ.get("wmd.request_id", "")
        response = make_response(render_template("errors/503.html", status=503, request_id=request_id), 503)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    response.headers["Cache-Control"] = "no-store"
    abort(response)


def viewer(default_zone: str) -> Viewer:
    """Return who looks: zone from the address, then the cookie, then ``default_zone`` (the event's or edition's)."""
    if named := canonical(request.args.get("tz", "")):
        return Viewer(named, "url")
    if kept := canonical(request.cookies.get(ZONE_COOKIE, "")):
        return Viewer(kept, "cookie")
    return Viewer(default_zone, "default")


def keep(
    response: Response,
    *,
    values: Iterable[Programme | Site | Status | Banners],
    valid_until: datetime | None,
    pinned: bool = False,
    by_zone: bool = True,
    max_age_s: int = 60,
) -> Response:
    """Mark a complete public response so that the layer in front may replay it.

    ``values`` are those it was rendered from; ``by_zone`` says that the zone cookie changes it, unless the address
    names the zone. Such a response is ``private`` and varies by cookie; all others are for shared caches.
    ``pinned`` is heard only where neither the query nor a cookie can make many of one address: plain pages ignore
    tracking parameters and take any cookie, and a flood of either must not push the plain feed out.
    """
    depends: dict[str, int] = {}
    for value in values:
        depends[_name_of(value)] = value.version
    # An address that names no real zone leaves the choice to the cookie, whatever it says.
    cookie_decides = by_zone and canonical(request.args.get("tz", "")) is None
    if cookie_decides:
        response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
        response.vary.add("Cookie")
    else:
        response.headers["Cache-Control"] = f"public, max-age={max_age_s}, stale-if-error=86400"
    if len(request.query_string) > LONGEST_KEPT_QUERY:
        response.add_etag()
        response.make_conditional(request.environ)
        return response
    one_of_many = bool(request.query_string) or (cookie_decides and ZONE_COOKIE in request.cookies)
    environ: dict[str, Any] = request.environ
    environ["wmd.publish"] = Publish(
        versions=depends, valid_until=valid_until, pinned=pinned and not one_of_many, private=cookie_decides
    )
    return response


def _name_of(value: Programme | Site | Status | Banners) -> str:
    if isinstance(value, Programme):
        return f"edition:{value.edition.slug}"
    if isinstance(value, Banners):
        return "banners"
    return "status" if isinstance(value, Status) else "site"
