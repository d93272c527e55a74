"""Words that staff may change, with built-in ones behind them; and the states of a submission in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.models import EditableText, Edition
from wmd.services.own_work import OwnItem
from wmd.services.session_words import times_text
from wmd.services.time_words import last_minute
from wmd.web import words
from wmd.web.catalogue import gettext, ngettext

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
    if phase == "before":
        return f"{said} " + gettext("Come back on %(when)s.", when=words.moment(moment, edition.zone))
    when = words.moment(last_minute(moment, edition.zone), edition.zone)
    return gettext("Please hand in by %(when)s.", when=when)


def standing_words(item: OwnItem, now: datetime) -> Mapping[str, str]:
    """Return where a submission stands: ``label``, ``kind`` of badge, and ``text``, what happens next."""
    label, kind, text = _standing(item, now)
    return {"label": gettext(label), "kind": kind, "text": gettext(text)}


def when_words(item: OwnItem, zone: str = "") -> str:
    """Return when the first session of an event is, in words with its zone, and how many more there are."""
    if item.content is None or not item.content.sessions:
        return ""
    first = replace(item.content, sessions=item.content.sessions[:1])
    # One line is enough in a list: in the zone of the person, else of the event.
    said = times_text(first, zone, words.select_locale(), gettext).splitlines()[0]
    more = len(item.content.sessions) - 1
    return f"{said} " + ngettext("and %(num)d more session", "and %(num)d more sessions", more) if more else said


def _standing(item: OwnItem, now: datetime) -> tuple[str, str, str]:
    submission = item.submission
    if item.questions and submission.state == "changes requested":
        text = N_("Please answer the question below; and open the event, look at the remarks, and hand it in again.")
        return N_("The team asks for changes, and has a question"), "wants", text
    if item.questions:
        return N_("The team has a question"), "wants", N_("Please answer it below: your event waits for it.")
    if submission.state == "approved":
        return _approved(item, now)
    if submission.merged_into_id is not None:
        return _MERGED
    return _PLAIN[submission.state]


def _approved(item: OwnItem, now: datetime) -> tuple[str, str, str]:
    if item.submission.merged_into_id is not None:
        return _MERGED
    if item.event is not None and item.event.hidden_at is not None:
        return N_("Taken off the programme"), "wants", N_("Please write to the team if you do not know why.")
    if item.off:
        label, text = _OFF[item.off]
        return label, "wants", _OFF_WAITS if item.is_waiting else text
    if item.is_waiting:
        text = N_("It stays as it is until the team has looked at your change.")
        return N_("In the programme; your change waits"), "good", text
    if item.submission.publish_on is not None and item.submission.publish_on > now:
        return N_("Accepted"), "good", N_("It will be shown from its day of publication on.")
    return N_("In the programme"), "good", N_("You can change, postpone or cancel it at any time.")


_OFF_WAITS = N_("The entry stays in the programme and says so. Your change waits until the team has looked at it.")
_OFF: Mapping[str, tuple[str, str]] = {
    "cancelled": (N_("Cancelled"), N_("The entry stays in the programme and in people’s calendars, and says so.")),
    "postponed": (
        N_("Postponed"),
        N_("The entry stays in the programme and says so. Change its date, and then say that it takes place."),
    ),
    "partly": (N_("Partly called off"), N_("The programme says which sessions take place and which do not.")),
}
_MERGED = N_("Merged"), "", N_("It is shown together with another entry of the same event.")
_PLAIN: Mapping[str, tuple[str, str, str]] = {
    "unconfirmed": (
        N_("Waiting for you"), "wants", N_("Please confirm that this is yours; the team looks at it meanwhile."),
    ),
    "submitted": (N_("Handed in"), "", N_("The team will look at it, usually within two working days.")),
    "in review": (N_("The team is looking at it"), "", N_("You will get a mail as soon as it is decided.")),
    "changes requested": (
        N_("The team asks for changes"), "wants",
        N_("Open it, look at the remarks beside the fields, and hand it in again."),
    ),
    "rejected": (N_("Not taken"), "", N_("The reason is below. You can copy it and hand in another event.")),
    "withdrawn": (N_("Withdrawn"), "", N_("You took it back. You can copy it and hand it in anew.")),
}  # fmt: skip
