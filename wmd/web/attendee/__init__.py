"""Pages for those who attend: following without an account, and a page of one's own behind a personal link."""

from __future__ import annotations

from flask import Blueprint, Flask

from wmd.web.attendee import (
    calendar,
    confirming,
    favourites,
    following,
    own_page,
    proofs,
    stopping,
    tell_me,
    wishes,
    wrong,
)


def register(app: Flask) -> None:
    """Add the attendees' pages; their endpoints are named ``attendee.<name>.<view>``."""
    bp = Blueprint("attendee", __name__)
    for module in (following, tell_me, favourites, confirming, own_page, wishes, proofs, stopping, calendar, wrong):
        bp.register_blueprint(module.bp)
    app.register_blueprint(bp)
