"""Signing in and out, for contacts and staff alike."""

from __future__ import annotations

from flask import Blueprint, Flask

from wmd.web.account import invitations, second_factor, sign_in, single_sign_on


def register(app: Flask) -> None:
    """Add the pages around signing in; their endpoints are named ``account.<name>.<view>``."""
    bp = Blueprint("account", __name__)
    for module in (sign_in, second_factor, invitations, single_sign_on):
        bp.register_blueprint(module.bp)
    app.register_blueprint(bp)
