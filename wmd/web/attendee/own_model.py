"""A person's own programme as their page shows it: day by day on their clocks, with what is at the same time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from wmd.domain.agenda import make_row, state_of
from wmd.domain.following import clashes
from wmd.domain.programme import EventView, Programme, SessionView
from wmd.domain.vocabulary import EventFormat, SessionStatus
from wmd.services.own_programme import OwnEvent
from wmd.services.rooms import opening
from wmd.web import words
from wmd.web.attendee.own_words import programme_of, standing_words
from wmd.web.catalogue import gettext
from wmd.web.public.events import taking_its_place
from wmd.web.public.rows import Eyes, row_item
from wmd.web.reading import read_status

PAGE_SIZE = 50


class OwnSession(NamedTuple):
    """A session of somebody's event, in its programme."""

    own: OwnEvent
    programme: Programme
    event: EventView
    session: SessionView

    @property
    def has_place(self) -> bool:
        """Whether its owner has a place in it: a place does not come along into an event that took another's."""
        own = self.own
        is_theirs = own.code == self.event.code and (not own.chosen or self.session.id in own.chosen)
        return own.state == "registered" and is_theirs

    def room_opens_at(self, now: datetime) -> datetime | None:
        """Return when the room opens for its owner; None where they have none, or it is over, off or in person."""
        slot = self.session
        is_on = slot.status is SessionStatus.SCHEDULED and now < slot.ends_at
        if not is_on or not self.has_place or self.event.format is EventFormat.IN_PERSON:
            return None
        return opening(slot.starts_at, read_status().of(self.event.code).disputed.get(slot.code))


@dataclass(frozen=True, slots=True)
class OwnPage:
    """One page of it: groups by day, how many sessions there are in all, and events that are no longer listed."""

    groups: list[dict[str, Any]]
    total: int
    page: int
    pages: int
    unlisted: list[OwnEvent]
    over: int


def own_sessions(own: Iterable[OwnEvent]) -> tuple[list[OwnSession], list[OwnEvent]]:
    """Return the sessions of somebody's events in order of time, and the events that are not listed any more.

    Of an event that they only registered for, the sessions they chose; an event that two of theirs were merged into
    comes once.
    """
    found: dict[str, OwnSession] = {}
    unlisted = []
    for each in own:
        programme = programme_of(each.edition)
        event = taking_its_place(programme, each.code) if programme else None
        if programme is None or event is None:
            unlisted.append(each)
            continue
        for session in event.sessions:
            if each.follow_id or not each.chosen or session.id in each.chosen:
                found.setdefault(session.id, OwnSession(each, programme, event, session))
    return sorted(found.values(), key=lambda one: (one.session.starts_at, one.session.code)), unlisted


def own_page(own: Iterable[OwnEvent], eyes: Eyes, *, page: int, past: bool) -> OwnPage:
    """Return a page (from 1) of what is to come, or with ``past`` of what is over, the newest first."""
    sessions, unlisted = own_sessions(own)
    over = [each for each in sessions if each.session.ends_at <= eyes.now]
    ahead = [each for each in sessions if each.session.ends_at > eyes.now]
    chosen = over[::-1] if past else ahead
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    page = min(page, pages)
    shown = chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    everything = [each.session for each in ahead]
    titles = {each.session.id: each.event.text(eyes.language).title for each in ahead}
    items = [_item(each, everything, titles, eyes) for each in shown]
    groups = [
        {"title": words.day(day, eyes.language), "id": f"day-{day.isoformat()}", "items": [item for _, item in several]}
        for day, several in groupby(items, key=lambda pair: pair[0])
    ]
    return OwnPage(groups, len(ahead), page, pages, unlisted, len(over))


def _item(
    one: OwnSession, everything: list[SessionView], titles: dict[str, str], eyes: Eyes
) -> tuple[Any, dict[str, Any]]:
    position = bisect_left(one.programme.sessions, _order(one.session), key=_order)
    row = make_row(one.programme, position, ZoneInfo(eyes.zone))
    beside = clashes(one.session, everything) if one.session.ends_at > eyes.now else []
    return row.first_day, {
        "row": row_item(row, one.programme, eyes, mixed=True),
        "own": one.own,
        "state": state_of(one.session, eyes.now),
        "standing": standing_words(one.own.state, [state_of(one.session, eyes.now)]),
        "opens_at": one.room_opens_at(eyes.now),
        "session_code": one.session.code,
        "code": one.event.code,
        "clash": gettext(
            "At the same time: %(titles)s", titles=", ".join(dict.fromkeys(titles[each.id] for each in beside))
        )
        if beside
        else "",
    }


def _order(session: SessionView) -> tuple[datetime, str]:
    return session.starts_at, session.code
