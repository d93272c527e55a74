"""A page that refuses a form says so in its title: a screen reader speaks that before anything else of the page."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request
from markupsafe import escape

from wmd.web.catalogue import gettext

#: What was typed cannot be taken, or not now.
_REFUSED: Final = frozenset({409, 422, 429})


def _mark(response: Response) -> Response:
    if request.method != "POST" or response.status_code not in _REFUSED or response.mimetype != "text/html":
        return response
    if not response.is_streamed:
        before, found, after = response.get_data(as_text=True).partition("<title>")
        if found:
            response.set_data(f"{before}{found}{escape(gettext('Error:'))} {after}")
    return response


def register(app: Flask) -> None:
    """Mark the title of every page that refuses a form."""
    app.after_request(_mark)
