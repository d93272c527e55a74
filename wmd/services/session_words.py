"""The sessions of an event in words for one reader: the reader's clocks first, the event's beside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from wmd.domain.cities import city_in
from wmd.domain.content import EventContent, SessionContent
from wmd.domain.findings import N_
from wmd.domain.times import all_day_bounds, offset_label, to_instant
from wmd.domain.vocabulary import SessionStatus
from wmd.services.time_words import clock, day, day_of, day_span, short_day, short_zone, span, zone_words

#: More sessions than these are counted instead of listed.
MOST_LISTED = 12

_STATUS = {SessionStatus.CANCELLED: N_("cancelled"), SessionStatus.POSTPONED: N_("postponed")}


def times_text(content: EventContent, zone: str, language: str, say: Callable[[str], str]) -> str:
    """Return one paragraph with a line or two per session. ``zone`` is the reader's, or empty when it is not known."""
    places = [(content.venue.city, content.venue.country)] if content.venue else []
    places.append((content.host_city, content.host_country))
    several = content.sessions[:MOST_LISTED]
    lines = [line for session in several for line in _lines(session, places, zone, language, say)]
    if len(content.sessions) > MOST_LISTED:
        lines.append(say(N_("and {count} more")).format(count=len(content.sessions) - MOST_LISTED))
    return "\n".join(lines)


def moment_text(instant: datetime, zone: str, language: str) -> str:
    """Return a date, a time and its zone: "Thursday 7 October 2021, 15:00 (Madrid, UTC+2)"."""
    return f"{day(day_of(instant, zone), language)}, {clock(instant, zone)} ({short_zone(zone, instant)})"


class When(NamedTuple):
    """When a session is: two instants, its own zone, its days if it lasts them whole, and its city
    where that is another than the zone's.
    """

    starts_at: datetime
    ends_at: datetime
    zone: str
    days: tuple[date, date] | None = None
    city: str = ""


def when_lines(when: When, zone: str, language: str, say: Callable[[str], str]) -> list[str]:
    """Return a line for the reader's clocks, and one for the event's where they differ.

    ``zone`` is the reader's, or empty when it is not known.
    """
    if when.days:
        there = zone_words(when.zone, when.starts_at, when.city)
        return [f"{day_span(*when.days, language)}, {say(N_('all day'))}, {there}"]
    own = zone or when.zone
    lines = [_slot(when, own, when.city if own == when.zone else "", language, say)]
    if offset_label(when.starts_at, zone or when.zone) != offset_label(when.starts_at, when.zone):
        lines.append("= " + _slot(when, when.zone, when.city, language, say))
    return lines


def _lines(
    session: SessionContent, places: list[tuple[str, str]], zone: str, language: str, say: Callable[[str], str]
) -> list[str]:
    city = city_in(session.zone, places) if session.zone else ""
    noted = f" ({say(_STATUS[session.status])})" if session.status in _STATUS else ""
    if session.all_day and session.starts_on and session.zone:
        days = (session.starts_on, session.ends_on or session.starts_on)
        when = When(*all_day_bounds(*days, session.zone), session.zone, days, city)
    elif session.starts is None or session.ends is None or not session.zone:
        return [say(N_("The time is not fixed yet.")) + noted]
    else:
        try:
            starts_at, ends_at = to_instant(session.starts, session.zone), to_instant(session.ends, session.zone)
        except ValueError:
            # A time that the check of contents names as a fault; what was typed is all that can be said.
            return [f"{session.starts:%Y-%m-%d %H:%M} ({session.zone}){noted}"]
        when = When(starts_at, ends_at, session.zone, None, city)
    first, *others = when_lines(when, zone, language, say)
    return [first + noted, *others]


def _slot(when: When, zone: str, city: str, language: str, say: Callable[[str], str]) -> str:
    starts_at, ends_at = when.starts_at, when.ends_at
    first, last = day_of(starts_at, zone), day_of(ends_at - timedelta(microseconds=1), zone)
    ends = "" if first == last else f" ({say(N_('ends {date}')).format(date=short_day(last, language))})"
    return f"{day(first, language)}, {span(starts_at, ends_at, zone)}, {zone_words(zone, starts_at, city)}{ends}"
