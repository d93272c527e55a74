"""The bridge between a public request and the programme value: what to read, for whom, and for how long it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from flask import Response, abort, current_app, request

from wmd.domain.programme import Programme, Site
from wmd.domain.zones import canonical
from wmd.gateways import Gateways
from wmd.services.library import Library
from wmd.web.published import Publish

ZONE_COOKIE = "wmd_zone"


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


def read_now() -> datetime:
    """Read the clock: the one place where a request does."""
    return gateways().clock()


def read_site() -> Site:
    """Return the site value."""
    return library().site()


def read_programme(slug: str) -> Programme:
    """Return an edition's programme, or answer 404."""
    programme = library().programme(slug)
    if programme is None:
        abort(404)
    return programme


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
    values: Iterable[Programme | Site],
    valid_until: datetime | None,
    pinned: bool = False,
    by_zone: bool = True,
    max_age_s: int = 60,
) -> Response:
    """Mark a complete public response so that the layer in front may replay it.

    ``values`` are those it was rendered from; ``by_zone`` says that the zone cookie changes it, unless the address
    names the zone. Such a response is ``private`` and varies by cookie; all others are for shared caches.
    """
    depends: dict[str, int] = {}
    for value in values:
        name = f"edition:{value.edition.slug}" if isinstance(value, Programme) else "site"
        depends[name] = value.version
    cookie_decides = by_zone and not request.args.get("tz")
    if cookie_decides:
        response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
        response.vary.add("Cookie")
    else:
        response.headers["Cache-Control"] = f"public, max-age={max_age_s}, stale-if-error=86400"
    environ: dict[str, Any] = request.environ
    environ["wmd.publish"] = Publish(versions=depends, valid_until=valid_until, pinned=pinned, private=cookie_decides)
    return response
