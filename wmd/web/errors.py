"""Error pages that say what to do and show no internals."""

from __future__ import annotations

import logging

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from wmd.errors import NotLoadedError

log = logging.getLogger(__name__)


def _page(status: int) -> ResponseReturnValue:
    name = f"errors/{status}.html" if status in {400, 404, 405, 410, 413, 500, 503} else "errors/other.html"
    return render_template(name, status=status, request_id=request.environ.get("wmd.request_id", "")), status


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code and error.code < 400):
        return error
    return _page(error.code or 500)


def _not_loaded(_error: NotLoadedError) -> ResponseReturnValue:
    return _page(503)


def _fault(error: Exception) -> ResponseReturnValue:
    log.error("request_failed", exc_info=error, extra={"endpoint": request.endpoint})
    return _page(500)


def register(app: Flask) -> None:
    """Add the handlers for every error a request can end in."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotLoadedError, _not_loaded)
    app.register_error_handler(Exception, _fault)
