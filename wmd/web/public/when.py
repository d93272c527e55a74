"""The times of one session as one viewer reads them: their own first, the event's beside it.

Nothing here is relative ("in two hours"): the page carries absolute times, and a script may add the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from wmd.domain.cities import city_in
from wmd.domain.index import local_days, spans_days
from wmd.domain.programme import EventView, SessionView
from wmd.domain.times import day_shift, local
from wmd.domain.times import zone as time_zone
from wmd.domain.zones import city_label
from wmd.web import words
from wmd.web.catalogue import gettext


@dataclass(frozen=True, slots=True)
class When:
    """One session's times, ready to be shown.

    ``span`` is on the viewer's clocks ("08:00–09:30", a blank for all-day), ``zone`` says whose ("UTC−5"), ``day`` is
    the date there; ``there`` the same on the event's clocks ("15:00 in Barcelona"), with ``there_day`` where the date
    differs ("Fri 8 Oct there"). ``dates`` is a blank but for what lasts several days ("Tue 1 – Sat 5 Dec").
    ``starts`` and ``ends`` are for ``datetime`` attributes.
    """

    starts: str
    ends: str
    day: date
    span: str
    zone: str
    ends_note: str
    there: str
    there_day: str
    all_day: bool
    dates: str


def city_of(event: EventView, session: SessionView) -> str:
    """Return the city whose clocks the session follows: the venue's or host's where it lies in that zone."""
    return city_in(session.zone, event.places) or city_label(session.zone)


def when(event: EventView, session: SessionView, zone: str, language: str = "en") -> When:
    """Return the times of a session for a viewer in ``zone``."""
    starts, ends = words.iso(session.starts_at), words.iso(session.ends_at)
    city = city_of(event, session)
    dates = words.short_span(*local_days(session, time_zone(zone)), language) if spans_days(session) else ""
    if session.all_day:
        in_city = gettext("in %(city)s", city=city)
        # Instants as elsewhere: a script that read the last date as one would call the slot over a day too early.
        return When(starts, ends, session.starts_on, "", in_city, "", "", "", True, dates)
    same = words.clock(session.starts_at, zone) == words.clock(session.starts_at, session.zone)
    shifted = words.day_note(session.starts_at, session.zone, zone, language)
    if same and not shifted:
        there = gettext("in %(city)s", city=city)
    else:
        there = gettext("%(time)s in %(city)s", time=words.clock(session.starts_at, session.zone), city=city)
    return When(
        starts=starts,
        ends=ends,
        day=words.day_of(session.starts_at, zone),
        span=words.span(session.starts_at, session.ends_at, zone),
        zone=words.utc_offset(session.starts_at, zone),
        ends_note="" if dates else words.end_note(session.starts_at, session.ends_at, zone, language),
        there=there,
        there_day=shifted,
        all_day=False,
        dates=dates,
    )


@dataclass(frozen=True, slots=True)
class ClockFace:
    """One of the three readings on an event page: a place with its zone in words, the span, the date.

    ``shift`` is "+1 day" where the date is another than the event's own, and ``shift_note`` says which day that
    counts from; ``short_day`` is the date in few letters; ``mine`` marks the viewer's reading.
    """

    place: str
    span: str
    day: str
    short_day: str
    shift: str
    shift_note: str
    ends_note: str
    mine: bool


def faces(
    event: EventView, session: SessionView, zone: str, language: str = "en", *, is_own: bool = True
) -> list[ClockFace]:
    """Return the readings of a timed session: the viewer's first, the event's city, UTC; none twice.

    Without ``is_own`` nobody knows the viewer's zone, and ``zone`` is the one that the page is made in.
    """
    city = city_of(event, session)
    found = [_face(session, zone, words.zone_words(zone, session.starts_at), city, language, mine=True)]
    if not _same_clocks(session.starts_at, zone, session.zone):
        there = words.zone_words(session.zone, session.starts_at, city)
        found.append(_face(session, session.zone, there, city, language))
    elif not is_own:
        found[0] = _face(
            session, zone, words.zone_words(session.zone, session.starts_at, city), city, language, mine=True
        )
    else:
        # The same clocks under the event's own city, so that nobody wonders whether the two are the same place.
        found[0] = _face(session, zone, _both(zone, session, city), city, language, mine=True)
    if words.utc_offset(session.starts_at, zone) != "UTC" and session.zone != "UTC":
        found.append(_face(session, "UTC", "UTC", city, language))
    return found


def _same_clocks(instant: datetime, zone: str, other: str) -> bool:
    return local(instant, zone).utcoffset() == local(instant, other).utcoffset()


def _both(zone: str, session: SessionView, city: str) -> str:
    """Return one place for two zones whose clocks show the same: "Madrid (CEST, UTC+2), as in Barcelona".

    The zone's own name comes first, because it is the one in the chooser.
    """
    if city == city_label(zone):
        return words.zone_words(zone, session.starts_at)
    mine = words.zone_words(zone, session.starts_at)
    return gettext("%(zone)s, as in %(city)s", zone=mine, city=city)


def _face(session: SessionView, zone: str, place: str, city: str, language: str, *, mine: bool = False) -> ClockFace:
    day, shift = words.day_of(session.starts_at, zone), day_shift(session.starts_at.astimezone(UTC), session.zone, zone)
    return ClockFace(
        place=place,
        span=words.span(session.starts_at, session.ends_at, zone),
        day=words.day(day, language),
        short_day=words.short_day(day, language),
        shift=words.shift_label(shift),
        shift_note=words.shift_note(shift, words.day_of(session.starts_at, session.zone), city, language),
        ends_note=words.end_note(session.starts_at, session.ends_at, zone, language),
        mine=mine,
    )
