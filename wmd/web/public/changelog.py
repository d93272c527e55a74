"""Public changes in words: what happened, with the old and the new time in the viewer's zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from wmd.domain.change_notes import KIND_LABELS
from wmd.domain.findings import N_
from wmd.domain.programme import ChangeView, EventView, Programme
from wmd.domain.vocabulary import SessionStatus
from wmd.web import names, words
from wmd.web.catalogue import gettext, ngettext
from wmd.web.public import addresses
from wmd.web.public.rows import tagged
from wmd.web.public.when import city_of

_REGISTRATION: Mapping[str, str] = {
    "open": N_("Registration open"),
    "not-yet": N_("Registration not open yet"),
    "full": N_("Full"),
    "closed": N_("Registration closed"),
    "missing": N_("Registration link missing"),
    "not-needed": N_("No registration needed"),
}
#: A day may add a thousand events; the programme names them all.
MOST_NAMED = 100
_NEW_LINK = N_("The registration link is a new one.")
_NEW_VENUE = N_("The venue is another one: its page says where.")


def _instant(value: object) -> datetime | None:
    """Return an ISO instant of a change; anything else is no instant, and the change is then told without it."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _time_of(facts: Mapping[str, object], zone: str, language: str) -> str:
    starts_at, ends_at = _instant(facts.get("starts_at")), _instant(facts.get("ends_at"))
    if starts_at is None:
        return ""
    date = words.short_day(words.day_of(starts_at, zone), language)
    clock = words.span(starts_at, ends_at, zone) if ends_at else words.clock(starts_at, zone)
    return gettext("%(date)s, %(time)s (%(zone)s)", date=date, time=clock, zone=words.short_zone(zone, starts_at))


def _registration(facts: Mapping[str, object]) -> str:
    return gettext(_REGISTRATION.get(str(facts.get("state", "")), "")) if facts.get("state") in _REGISTRATION else ""


def _shift(change: ChangeView, zone: str, language: str) -> tuple[str, str, str]:
    """Return before, after and a sentence; blanks where there is nothing to say."""
    if change.kind == "link":
        before, after = _registration(change.before), _registration(change.after)
        return (before, after, "") if before != after else ("", "", gettext(_NEW_LINK))
    if change.kind == "moved":
        return _time_of(change.before, zone, language), _time_of(change.after, zone, language), ""
    if change.kind == "place":
        before, after = _place(change.before, language), _place(change.after, language)
        return (before, after, "") if before != after else ("", "", gettext(_NEW_VENUE))
    return "", "", ""


def _place(facts: Mapping[str, object], language: str) -> str:
    """Return format, city and country of a change in words; the venue itself stands on the event's page."""
    form, city, country = (str(facts.get(name) or "") for name in ("format", "city", "country"))
    where = [city, names.country_name(country, language) if country else ""]
    return ", ".join(filter(None, (names.label("format", form) if form else "", *where)))


def _why(event: EventView | None, change: ChangeView, language: str) -> Markup:
    """Return why something was called off, while it is: a blank otherwise."""
    if event is None or change.kind not in {"cancelled", "postponed"}:
        return Markup("")
    return tagged(*names.best_text(event.public_reason, language, event.language), language)


def _clock(instant: datetime, zone: str) -> str:
    return f"{words.clock(instant, zone)} ({words.utc_offset(instant, zone)})"


def _title(event: EventView | None, change: ChangeView, language: str) -> tuple[str, str]:
    if event is None:
        return gettext("An event that is no longer listed"), language
    text = event.text(language)
    session = next((each for each in event.sessions if each.code == change.session_code), None)
    if session is None or len(event.sessions) < 2:
        return text.title, text.language
    part, _ = names.best_text(session.title, text.language, event.language)
    if not part and not session.all_day:
        part = words.short_day(session.starts_on, language)
    return (f"{text.title} – {part}" if part else text.title), text.language


def _event_at(event: EventView | None, change: ChangeView, zone: str, language: str) -> str:
    """Return when the event is, or was to be; a blank where that is not known, or what the change itself tells."""
    if event is None or not event.sessions or change.kind == "moved":
        return ""
    session = next((each for each in event.sessions if each.code == change.session_code), event.sessions[0])
    if session.all_day:
        city = city_of(event, session)
        at = gettext(
            "%(date)s, in %(city)s", date=words.short_span(session.starts_on, session.ends_on, language), city=city
        )
    else:
        at = words.moment(session.starts_at, zone, language)
    if change.kind in {"cancelled", "postponed"} and session.status is not SessionStatus.SCHEDULED:
        return gettext("It was to take place %(when)s.", when=at)
    return at


def change_item(
    change: ChangeView, programme: Programme, zone: str, language: str = "en", *, under_day: bool = False
) -> dict[str, Any]:
    """Return one change for the ``change`` macro. What went is told without its title, as it may be why it went.

    ``under_day`` is for lists with a heading for each day, of many events: the time alone, and when the event is.
    """
    event = programme.events.get(change.event_code)
    title, tag = _title(event, change, language)
    before, after, text = _shift(change, zone, language)
    return {
        "at": _clock(change.at, zone) if under_day else words.moment(change.at, zone, language),
        "at_iso": words.iso(change.at),
        "kind": change.kind,
        "label": gettext(KIND_LABELS.get(change.kind, change.kind)),
        "title": title,
        "url": addresses.event(programme.edition.slug, event) if event else addresses.short(change.event_code),
        "lang": tag if tag != language else "",
        "dir": names.direction(tag) if tag != language else "",
        "event_at": _event_at(event, change, zone, language) if under_day else "",
        "before": before,
        "after": after,
        "text": text or _why(event, change, language),
    }


def change_items(
    changes: Iterable[ChangeView], programme: Programme, zone: str, language: str = "en"
) -> list[dict[str, Any]]:
    """Return changes for the ``change`` macro, in the order given."""
    return [change_item(change, programme, zone, language) for change in changes]


def added_together(
    changes: Sequence[ChangeView], programme: Programme, zone: str, language: str = "en"
) -> dict[str, Any]:
    """Return events that were added on one day as one entry: how many, and the first :data:`MOST_NAMED` of them."""
    named = [change_item(change, programme, zone, language, under_day=True) for change in changes[:MOST_NAMED]]
    return {
        "kind": "added",
        "label": gettext(KIND_LABELS["added"]),
        "title": ngettext("%(num)d event added", "%(num)d events added", len(changes)),
        "events": named,
        "more": max(0, len(changes) - MOST_NAMED),
    }
