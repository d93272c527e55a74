"""Input without NUL, and with one character for each line's end.

No person types NUL, and PostgreSQL's text holds none; browsers send a line's end as two characters (CR and LF), which
is more than people count and than ``maxlength`` does (https://html.spec.whatwg.org/#textarea-effective-maxlength).
Mended once here, for every page that asks the database, instead of failing in whichever statement meets it first.
Public pages and feeds say what is wrong with such a query themselves. An address with one is not found: none of ours
has any.
"""

from __future__ import annotations

from flask import Flask, abort, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from wmd.web.edge import PRIVATE_PATH

_NUL = "\0"


def _without(values: MultiDict[str, str]) -> ImmutableMultiDict[str, str] | None:
    """Return the values without NUL and CR LF, or None when there was none."""
    pairs = list(values.items(multi=True))
    plain = [(_plain(name), _plain(value)) for name, value in pairs]
    return ImmutableMultiDict(plain) if plain != pairs else None


def _plain(text: str) -> str:
    return text.replace(_NUL, "").replace("\r\n", "\n")


def _clean() -> None:
    if _NUL in request.path:
        abort(404)
    # Both are cached properties of Werkzeug's request: what is set takes their place, also in ``values``.
    if PRIVATE_PATH.match(request.path) and (args := _without(request.args)) is not None:
        request.args = args
    if request.method == "POST" and (form := _without(request.form)) is not None:
        request.form = form


def register(app: Flask) -> None:
    """Clean every request before anything looks at what was sent."""
    app.before_request(_clean)
