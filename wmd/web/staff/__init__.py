"""What the staff sees: one module per subject, each with a blueprint under ``/staff``."""

from __future__ import annotations

from types import ModuleType

from flask import Blueprint, Flask

from wmd.web.staff import (
    audit,
    banner,
    bulk,
    day,
    day_letters,
    desk,
    editing,
    edition_questions,
    entering,
    jobs,
    letters,
    listing,
    logo_packs,
    mail,
    mail_texts,
    organisations,
    people,
    persons,
    problems,
    profiles,
    reasons,
    reminders,
    rooms,
    settings,
    start,
    webinars,
    zoom,
    zoom_webhooks,
)

#: The modules whose ``bp`` is added below ``/staff``; its endpoints are named ``staff.<name>.<view>``.
MODULES: tuple[ModuleType, ...] = (
    start,
    day,
    day_letters,
    banner,
    desk,
    editing,
    listing,
    bulk,
    reasons,
    organisations,
    problems,
    profiles,
    logo_packs,
    entering,
    audit,
    mail,
    mail_texts,
    jobs,
    reminders,
    rooms,
    people,
    persons,
    settings,
    edition_questions,
    letters,
    zoom,
    webinars,
    zoom_webhooks,
)


def register(app: Flask) -> None:
    """Add the pages of the staff."""
    bp = Blueprint("staff", __name__, url_prefix="/staff")
    for module in MODULES:
        bp.register_blueprint(module.bp)
    app.register_blueprint(bp)
    start.add_banner(app)
