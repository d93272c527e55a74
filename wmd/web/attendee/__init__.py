"""Pages for those who attend: following without an account, and a page of one's own behind a personal link."""

from __future__ import annotations

from types import ModuleType

from flask import Blueprint, Flask

from wmd.web.attendee import (
    asked,
    calendar,
    confirming,
    favourites,
    following,
    own_page,
    own_registrations,
    proofs,
    registering,
    stopping,
    tell_me,
    wishes,
    wrong,
)

#: The modules whose ``bp`` is added; its endpoints are named ``attendee.<name>.<view>``.
MODULES: tuple[ModuleType, ...] = (
    asked,
    following,
    tell_me,
    favourites,
    confirming,
    registering,
    own_page,
    own_registrations,
    wishes,
    proofs,
    stopping,
    calendar,
    wrong,
)


def register(app: Flask) -> None:
    """Add the attendees' pages."""
    bp = Blueprint("attendee", __name__)
    for module in MODULES:
        bp.register_blueprint(module.bp)
    app.register_blueprint(bp)
