"""Error pages that say what to do and show no internals."""

from __future__ import annotations

import logging
from urllib.parse import quote

from flask import Flask, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from wmd.errors import NotLoadedError
from wmd.web.reading import library

log = logging.getLogger(__name__)


def _page(status: int) -> ResponseReturnValue:
    name = f"errors/{status}.html" if status in {400, 403, 404, 405, 410, 413, 429, 500, 503} else "errors/other.html"
    return render_template(name, status=status, request_id=request.environ.get("wmd.request_id", "")), status


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code and error.code < 400):
        return error
    if error.code == 404 and (path := _known_without_slash()):
        return redirect(path, 308)
    shown = make_response(_page(error.code or 500))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        # RFC 9110 §15.5.6 wants the methods that would be allowed.
        shown.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return shown


def _known_without_slash() -> str:
    """Return the address of the page that a slash too many at its end hides, or a blank where there is none.

    Only of pages: a feed never redirects, and an unknown edition has none.
    """
    bare = request.path.rstrip("/")
    if request.method not in {"GET", "HEAD"} or bare == request.path or not bare or bare.startswith("//"):
        return ""
    adapter = current_app.create_url_adapter(request)
    if adapter is None or "." in bare.rpartition("/")[2]:
        return ""
    try:
        _, arguments = adapter.match(bare, method="GET")
        editions = library().site().editions if "edition" in arguments else {}
    except (HTTPException, NotLoadedError):
        return ""
    if arguments.get("edition", "") not in {"", *editions}:
        return ""
    query = request.query_string.decode("ascii", "replace")
    return quote(bare) + (f"?{query}" if query else "")


def _not_loaded(_error: NotLoadedError) -> ResponseReturnValue:
    return _page(503)


def fault(error: Exception) -> ResponseReturnValue:
    """Answer 500 without any internals, and log what happened."""
    log.error("request_failed", exc_info=error, extra={"endpoint": request.endpoint})
    return _page(500)


def register(app: Flask) -> None:
    """Add the handlers for every error a request can end in."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotLoadedError, _not_loaded)
    app.register_error_handler(Exception, fault)
