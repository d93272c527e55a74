"""Limits as a view asks for them: by the network of the request, and by what was typed."""

from __future__ import annotations

from flask import Response, current_app, make_response, request
from flask.typing import ResponseReturnValue

from config import Config
from wmd.db import db
from wmd.domain.networks import network_of
from wmd.services.rate_limits import Limit, forgive, hit
from wmd.web.reading import read_now


def wait_s(*counted: tuple[Limit, str]) -> int:
    """Count each and return 0, or the longest wait in seconds when one was too many.

    Commits, so ask before any work.
    """
    config: Config = current_app.extensions["wmd.config"]
    now = read_now()
    waits = [hit(db.session(), limit, what, secret=config.secret_key, now=now) for limit, what in counted]
    db.session.commit()
    return max(waits, default=0)


def forgiven(limit: Limit, what: str) -> None:
    """Forget what was counted, in the transaction of the view."""
    config: Config = current_app.extensions["wmd.config"]
    forgive(db.session(), limit, what, secret=config.secret_key)


def this_network() -> str:
    """Return the network that the request comes from, as far as the trusted proxies say (``WMD_PROXY_HOPS``)."""
    return network_of(request.remote_addr or "")


def too_many(page: ResponseReturnValue, seconds: int) -> Response:
    """Return ``page`` (the form, with what was typed) as a 429 that says when to try again (RFC 6585 §4)."""
    response = make_response(page)
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds)
    return response
