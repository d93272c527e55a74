"""How answers with somebody's own link are marked."""

from __future__ import annotations

from flask import Response


def private(response: Response) -> Response:
    """Mark an answer as one that holds somebody's own link: kept nowhere, told to nobody."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
