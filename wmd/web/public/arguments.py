"""Reading addresses of public pages strictly: what was never valid is a 400 page that names it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from wmd.domain.filters import BadQuery, Query, parse
from wmd.domain.findings import N_
from wmd.domain.programme import Programme
from wmd.domain.zones import canonical
from wmd.web.catalogue import gettext

_NO_SUCH_ZONE = N_("This is not a time zone, written like Europe/Madrid.")
_NO_SUCH_PAGE = N_("This is not the number of a page.")
_MOST_PAGES = 10_000


class BadAddress(HTTPException):
    """A 400 with the page that names the parameter at fault and offers the way back."""

    code = 400

    def __init__(self, fault: BadQuery, *, programme: Programme | None = None) -> None:
        shown = render_template(
            "errors/400.html",
            status=400,
            edition=programme.edition if programme else None,
            problem=gettext(fault.reason),
            field=f"{fault.parameter}={fault.value}",
        )
        super().__init__(response=make_response(shown, 400))


def named_zone(programme: Programme | None = None) -> None:
    """Answer 400 when the address names a zone that does not exist; a page must not quietly show another."""
    asked = request.args.get("tz", "")
    if asked and canonical(asked) is None:
        raise BadAddress(BadQuery("tz", asked, _NO_SUCH_ZONE), programme=programme)


def page_number(programme: Programme) -> int:
    """Return the page asked for, from 1. Answers 400 for what is no number of a page."""
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= _MOST_PAGES):
        raise BadAddress(BadQuery("page", asked, _NO_SUCH_PAGE), programme=programme)
    return int(asked)


def asked_query(programme: Programme) -> Query:
    """Return what the address asks of a programme. Answers 400 for what was never valid."""
    try:
        return parse(list(request.args.items(multi=True)), programme, kind="page", canonical_zone=canonical)
    except BadQuery as fault:
        raise BadAddress(fault, programme=programme) from fault


def is_canonical(query: Query) -> bool:
    """Tell whether the address already is the canonical one of what it asks."""
    return list(request.args.items(multi=True)) == query.canonical()


def see_other(path: str) -> Response:
    """Redirect to a path of ours (303)."""
    return make_response(redirect(path, 303))


def moved(path: str) -> Response:
    """Redirect to a path of ours for good (301)."""
    return make_response(redirect(path, 301))


def carried(path: str, extra: Mapping[str, str] | None = None) -> str:
    """Return a path with the zone that this address names, so that a redirect does not lose it."""
    asked = Query().changed(tz=canonical(request.args.get("tz", "")) or "").to_string()
    query = "&".join(filter(None, (asked, *(f"{name}={value}" for name, value in (extra or {}).items()))))
    return f"{path}?{query}" if query else path
