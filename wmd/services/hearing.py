"""Who will hear what of a change, said before it is made: to its organiser and to the staff who decide on it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.changesets import Change
from wmd.domain.content import RegistrationContent
from wmd.domain.vocabulary import RegistrationState
from wmd.models import Event, EventSession
from wmd.services.audience import count_audience

#: What people are mailed about, by the path of a change; everything else stands in the feed of changes alone.
_MAILED: Final = (
    (re.compile(r"sessions\.[^.]+\.time"), "time"),
    (re.compile(r"sessions\.[^.]+\.status"), "state"),
    (re.compile(r"format"), "place"),
    (re.compile(r"registration"), "link"),
)
_SESSION: Final = re.compile(r"sessions\.[^.]+")


@dataclass(frozen=True, slots=True)
class Hearers:
    """How many get a mail, and about what: time, place, link, state, date, in the order in which it is said.

    ``about`` is empty when nobody is mailed, whoever is there: only words change, or the event is over.
    """

    about: tuple[str, ...] = ()
    registrants: int = 0
    followers: int = 0

    @property
    def anybody(self) -> bool:
        """Whether anybody gets a mail."""
        return bool(self.about) and bool(self.registrants or self.followers)


def who_hears(
    dbs: Session, event: Event | None, changes: Iterable[Change], *, new_link: bool = False, now: datetime
) -> Hearers:
    """Return who would get a mail if these changes of a published event were published now.

    ``new_link``: a join link was typed, which no content holds.

    Three queries; none where nothing but words changes, or nothing is published.
    """
    about = {found for change in changes if (found := _mailed(change))} | ({"link"} if new_link else set())
    ordered = tuple(name for name in ("time", "date", "place", "link", "state") if name in about)
    return _hearers(dbs, event, ordered, now)


def who_hears_of_calling_off(dbs: Session, event: Event | None, *, now: datetime) -> Hearers:
    """Return who would get a mail if a published event were cancelled, postponed or revived now."""
    return _hearers(dbs, event, ("state",), now)


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
    found = next((name for pattern, name in _MAILED if pattern.fullmatch(change.path)), "")
    if found != "link":
        return found
    before, after = change.before, change.after
    if not isinstance(before, RegistrationContent) or not isinstance(after, RegistrationContent):
        return found
    was, is_ = ((each.url, each.private_link_id) for each in (before, after))
    opens = after.state is RegistrationState.OPEN is not before.state
    return found if (was != is_ and any(is_)) or opens else ""
