"""What signed-in contacts see: one module per subject, each with a blueprint under ``/organiser``."""

from __future__ import annotations

from types import ModuleType

from flask import Blueprint, Flask

from wmd.web.organiser import (
    account,
    advice,
    co_organiser,
    confirm,
    contacts,
    drafts,
    form_parts,
    home,
    link_check,
    logo_packs,
    own_ics,
    pictures,
    posting,
    preview,
    privacy,
    profiles,
    registrants,
    room,
    submissions,
    submit,
    zoom_accounts,
)

#: The modules whose ``bp`` is added below ``/organiser``; its endpoints are named ``organiser.<name>.<view>``.
MODULES: tuple[ModuleType, ...] = (
    account,
    advice,
    co_organiser,
    confirm,
    contacts,
    drafts,
    home,
    link_check,
    logo_packs,
    own_ics,
    pictures,
    preview,
    profiles,
    privacy,
    registrants,
    room,
    submissions,
    zoom_accounts,
)


def register(app: Flask) -> None:
    """Add the organisers' pages."""
    bp = Blueprint("organiser", __name__, url_prefix="/organiser")
    for module in MODULES:
        bp.register_blueprint(module.bp)
    app.register_blueprint(bp)
    app.register_blueprint(submit.bp)
    posting.register(app)
    form_parts.register(app)
