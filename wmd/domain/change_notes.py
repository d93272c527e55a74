"""The note "changed two hours ago" on an event and its rows: of which change, and how long it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from wmd.domain.change_ladder import Rung, rung_of
from wmd.domain.findings import N_
from wmd.domain.programme import ChangeView, EventView, Programme, SessionView

#: What happened, in a word or two.
KIND_LABELS: Mapping[str, str] = {
    "added": N_("Added"),
    "moved": N_("Moved"),
    "place": N_("Another place"),
    "cancelled": N_("Cancelled"),
    "postponed": N_("Postponed"),
    "revived": N_("Takes place after all"),
    "link": N_("Registration changed"),
    "text": N_("Text changed"),
    "hidden": N_("No longer listed"),
}
#: What matters most to who wants to attend comes first: whether it takes place, when, where, how one gets in.
_FIRST: Final[Mapping[str, int]] = {
    "cancelled": 4, "postponed": 4, "revived": 4, "moved": 3, "added": 3, "place": 2, "link": 1,
}  # fmt: skip
#: Whoever looks once a week sees the note once.
STANDS: Final = timedelta(days=7)


def _fresh(programme: Programme, now: datetime) -> Iterator[ChangeView]:
    """Yield what people are told of, as long as it is new, the newest first."""
    for change in programme.changes:
        # An event that had left the programme and is back has not changed for its readers.
        is_new = change.at <= now < change.at + STANDS and change.kind != "hidden"
        if is_new and rung_of(change.kind, change.session_code, change.before, change.after) > Rung.FEED:
            yield change


@lru_cache(maxsize=4)
def fresh_changes(programme: Programme, now: datetime) -> Mapping[tuple[str, str | None], ChangeView]:
    """Return the change that is noted, by event and session code; None as session: of the event as a whole.

    It is the one that matters most, of those the newest: a new time does not hide behind new words of registration.

    Kept for a moment: every row of a page asks, of the same programme at the same instant.
    """
    found: dict[tuple[str, str | None], ChangeView] = {}
    for change in _fresh(programme, now):
        known = found.get((change.event_code, change.session_code))
        if known is None or _weight(change) > _weight(known):
            found[change.event_code, change.session_code] = change
    return found


def _weight(change: ChangeView) -> tuple[int, datetime, int]:
    return _FIRST.get(change.kind, 0), change.at, change.id


def note_of_session(
    fresh: Mapping[tuple[str, str | None], ChangeView], session: SessionView, now: datetime
) -> ChangeView | None:
    """Return the change that a session's row is marked with; none once it is over."""
    if session.ends_at <= now:
        return None
    found = [fresh.get((session.event_code, code)) for code in (session.code, None)]
    return max((each for each in found if each is not None), key=_weight, default=None)


def note_of_event(
    fresh: Mapping[tuple[str, str | None], ChangeView], event: EventView, now: datetime
) -> ChangeView | None:
    """Return the change that the page of an event is marked with; none once all of it is over."""
    found = (note_of_session(fresh, session, now) for session in event.sessions)
    return max((each for each in found if each is not None), key=_weight, default=None)


def notes_turn_at(programme: Programme, now: datetime) -> datetime | None:
    """Return when the first of the notes that stand now goes."""
    return min((change.at + STANDS for change in _fresh(programme, now)), default=None)
