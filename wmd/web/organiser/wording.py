"""Words that staff may change, with built-in ones behind them; and the states of a submission in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.models import EditableText, Edition
from wmd.web import words
from wmd.web.catalogue import gettext

_DEADLINES: Mapping[str, str] = {
    "before": N_("Events cannot be handed in yet."),
    "open": "",
    "late": N_(
        "The deadline has passed. You may still hand in an event; please say why it is late. It may be shown later."
    ),
    "closed": N_("Events can no longer be handed in for this edition."),
}


def deadline_words(dbs: Session, edition: Edition, phase: str) -> str:
    """Return what is said about the deadline: staff's words for this edition or for all, or the built-in ones."""
    rows = dbs.scalars(
        select(EditableText).where(
            EditableText.key == f"deadline.{phase}",
            EditableText.edition.in_((edition.slug, "")),
            EditableText.language == words.select_locale(),
        )
    ).all()
    if rows:
        return max(rows, key=lambda row: row.edition).body
    said = gettext(_DEADLINES[phase]) if _DEADLINES[phase] else ""
    moment = {"before": edition.submit_opens_at, "open": edition.submit_deadline_at}.get(phase)
    if moment is None:
        return said
    when = words.moment(moment, edition.zone)
    if phase == "before":
        return f"{said} " + gettext("Come back on %(when)s.", when=when)
    return gettext("Please hand in by %(when)s.", when=when)
