"""Who will hear what of a change, said before it is made: to its organiser and to the staff who decide on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.changesets import Change
from wmd.domain.content import RegistrationContent
from wmd.domain.vocabulary import RegistrationState
from wmd.domain.ways_in import WayIn
from wmd.models import Event, EventSession
from wmd.services.audience import count_audience
from wmd.services.changes import way_of

#: What people are mailed about, by the path of a change; everything else stands in the feed of changes alone.
_MAILED: Final = (
    (re.compile(r"sessions\.[^.]+\.time"), "time"),
    (re.compile(r"sessions\.[^.]+\.status"), "state"),
    (re.compile(r"format"), "place"),
)
#: What decides where people take part.
_WAYS: Final = frozenset({"registration", "stream_url", "web_url"})
_SESSION: Final = re.compile(r"sessions\.[^.]+")


@dataclass(frozen=True, slots=True)
class Hearers:
    """How many get a mail, and about what: time, place, link, state, date, in the order in which it is said.

    ``about`` is empty when nobody is mailed, whoever is there: only words change, or the event is over. ``keeping``:
    how many keep a place with us in an event that takes no more registrations here.
    """

    about: tuple[str, ...] = ()
    registrants: int = 0
    followers: int = 0
    keeping: int = 0

    @property
    def anybody(self) -> bool:
        """Whether anybody gets a mail."""
        return bool(self.about) and bool(self.registrants or self.followers)


def who_hears(
    dbs: Session, event: Event | None, changes: Iterable[Change], *, new_link: bool = False, now: datetime
) -> Hearers:
    """Return who would get a mail if these changes of a published event were published now.

    ``new_link``: a join link was typed, which no content holds.

    Three queries, and two where registering here is taken away; none where nothing but words changes, or nothing is
    published.
    """
    several = list(changes)
    about = {found for change in several if (found := _mailed(change))}
    if new_link or (event is not None and _leads_elsewhere(event, several)):
        about.add("link")
    ordered = tuple(name for name in ("time", "date", "place", "link", "state") if name in about)
    hearers = _hearers(dbs, event, ordered, now)
    if event is None or not _takes_places_away(event, several):
        return hearers
    return replace(hearers, keeping=count_audience(dbs, event.id).registrants)


def _takes_places_away(event: Event, changes: Iterable[Change]) -> bool:
    """Whether an event that people register for here would take no more registrations here."""
    after = next((each.after for each in changes if each.path == "registration"), None)
    return event.registration_here and isinstance(after, RegistrationContent) and not after.takes_here


def who_hears_of_calling_off(dbs: Session, event: Event | None, *, now: datetime) -> Hearers:
    """Return who would get a mail if a published event were cancelled, postponed or revived now."""
    return _hearers(dbs, event, ("state",), now)


def who_hears_of_hiding(dbs: Session, event: Event | None, *, now: datetime) -> Hearers:
    """Return who would get a mail if a published event left the programme now."""
    return _hearers(dbs, event, ("hidden",), now)


def who_is_behind(dbs: Session, event: Event | None, *, now: datetime) -> Hearers:
    """Return who would get a mail if time, place or way in of a published event changed."""
    return _hearers(dbs, event, ("time", "place", "link"), now)


def _hearers(dbs: Session, event: Event | None, about: tuple[str, ...], now: datetime) -> Hearers:
    if not about or event is None or event.hidden_at is not None or event.merged_into_id is not None:
        return Hearers()
    last = dbs.scalar(select(func.max(EventSession.ends_at)).where(EventSession.event_id == event.id))
    if "time" not in about and "date" not in about and (last is None or last <= now):
        return Hearers()
    counts = count_audience(dbs, event.id)
    return Hearers(about, counts.registrants + counts.waiting, counts.followers)


def _mailed(change: Change) -> str:
    """Return what of a change people are mailed about; a blank for what stands in the feed alone."""
    if _SESSION.fullmatch(change.path):
        return "date" if change.kind == "added" else ""
    return next((name for pattern, name in _MAILED if pattern.fullmatch(change.path)), "")


def _leads_elsewhere(event: Event, changes: Iterable[Change]) -> bool:
    """Whether people take part another way after some changes, or can register at last."""
    ways = {change.path: (change.before, change.after) for change in changes if change.path in _WAYS}
    if not ways:
        return False
    was, is_ = (_way(event, {path: sides[side] for path, sides in ways.items()}) for side in (0, 1))
    opens = is_.state == RegistrationState.OPEN != was.state
    return (was.link() != is_.link() and any(is_.link())) or opens


def _way(event: Event, changed: Mapping[str, Any]) -> WayIn:
    """Return what a version says of where one takes part: the published event's, but for what the changes name."""
    said = way_of(event)
    registration = changed.get("registration")
    if isinstance(registration, RegistrationContent):
        said = said._replace(
            state=registration.state, url=registration.url, is_here=registration.takes_here,
            private_link_id=registration.private_link_id,
        )  # fmt: skip
    return said._replace(**{name: changed[name] for name in ("stream_url", "web_url") if name in changed})
