"""What signed-in contacts see: one module per subject, each with a blueprint under ``/organiser``."""

from __future__ import annotations

from types import ModuleType

from flask import Blueprint, Flask

from wmd.web.organiser import account, advice, contacts, drafts, form_parts, pictures, posting, preview, privacy, submit

#: The modules whose ``bp`` is added below ``/organiser``; its endpoints are named ``organiser.<name>.<view>``.
MODULES: tuple[ModuleType, ...] = (
    account,
    advice,
    contacts,
    drafts,
    pictures,
    preview,
    privacy,
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
