"""The home of an edition: theme, lead event, what is on and next, the day round the planet, how to subscribe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from wmd.domain.agenda import Row, Tick, band, next_change, next_events, on_now, rows
from wmd.domain.daylight import sky
from wmd.domain.index import Index, spans_days
from wmd.domain.programme import EditionView, EventView, Programme, SessionView, Site
from wmd.domain.times import local
from wmd.domain.times import zone as time_zone
from wmd.domain.vocabulary import SessionStatus
from wmd.web import words
from wmd.web.catalogue import gettext, ngettext
from wmd.web.public import addresses
from wmd.web.public.arguments import named_zone
from wmd.web.public.page import page
from wmd.web.public.phase import Phase, phase_of
from wmd.web.public.rows import Eyes, earliest, positions_of, row_item, row_items
from wmd.web.public.ticket import Ticket, ticket_of
from wmd.web.reading import Viewer, library, read_now, read_programme, read_site, viewer

bp = Blueprint("home", __name__)

NEXT_EVENTS = 6
#: More rectangles than this weigh a page down and cannot be told apart.
MOST_TICKS = 120
#: The list beside the band ends here and leads on to the programme of that day.
MOST_LISTED = 40
_BUCKET_MINUTES = 30
_HIGHEST_PILE = 4
_LINE_STEP_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Band:
    """One day round the planet: what the ``band`` macro draws, and the equal list.

    ``rows`` are the sessions drawn, ``besides`` those that have no time of day to be drawn at; ``urls`` leads from a
    session's code to its page, ``more`` counts what the list leaves to the programme.
    """

    day: date
    ticks: list[Tick]
    stops: list[float]
    label: str
    caption: str
    starts_iso: str
    now_minute: int | None
    rows: list[dict[str, Any]]
    besides: list[dict[str, Any]]
    urls: dict[str, str]
    more: int
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Home:
    """What the home of an edition shows; the theme is cut at its colon into a headline and what follows."""

    headline: str
    subline: str
    lead: Ticket | None
    phase: Phase
    on_now: list[dict[str, Any]]
    next: list[dict[str, Any]]
    sample: list[dict[str, Any]]
    band: Band
    event_count: int
    topics: list[dict[str, str]]
    others: list[dict[str, str]]
    valid_until: datetime | None


def home_model(programme: Programme, index: Index, site: Site, who: Viewer, now: datetime) -> Home:
    """Return the home of an edition for a viewer at an instant."""
    eyes = Eyes(who.zone, who.language, now, is_own=who.zone_source != "default")
    edition = programme.edition
    today = words.day_of(now, who.zone)
    phase = phase_of(edition, today)
    coming = next_events(programme, now, NEXT_EVENTS)
    live = on_now(programme, now)
    lead = programme.lead
    day = today if phase == "running" else edition.main_day
    next_midnight = datetime.combine(today + timedelta(days=1), time(), time_zone(who.zone))
    headline, _, subline = (edition.theme or edition.name).partition(":")
    return Home(
        headline=headline.strip(),
        subline=subline.strip()[:1].upper() + subline.strip()[1:],
        lead=ticket_of(lead, programme, eyes) if lead and lead.sessions else None,
        phase=phase,
        on_now=row_items(programme, live, eyes),
        next=row_items(programme, coming, eyes, dated=True),
        sample=row_items(programme, _sample(programme), eyes, dated=True) if phase == "over" else [],
        band=band_model(programme, index, day, eyes),
        event_count=len(programme.events),
        topics=_topics(programme, index),
        others=other_editions(site, edition.slug, who.language),
        # The phase and the band's day turn at the viewer's midnight.
        valid_until=earliest(
            _next_turn(programme.sessions, now), next_midnight, _line_moves_at(now) if day == today else None
        ),
    )


def _next_turn(sessions: Sequence[SessionView], now: datetime) -> datetime | None:
    return earliest(*(next_change(session, now) for session in sessions))


def _topics(programme: Programme, index: Index) -> list[dict[str, str]]:
    slug = programme.edition.slug
    return [
        {
            "slug": topic.slug,
            "name": gettext(topic.name),
            "url": addresses.topic(slug, topic.slug),
            "count": words.event_count(found),
        }
        for topic in programme.topics
        if not topic.retired and (found := index.bits("topic", topic.slug).bit_count())
    ]


def band_model(programme: Programme, index: Index, day: date, eyes: Eyes) -> Band:
    """Return the band of one day in the viewer's zone, with the same sessions as a list."""
    ticks = band(programme, day, eyes.zone, eyes.language)
    places = {session.code: place for place, session in enumerate(programme.sessions)}
    drawn = [places[tick.code] for tick in ticks]
    besides = [
        place
        for place in index.days(eyes.zone).positions.get(day.isoformat(), ())
        if programme.sessions[place].status is SessionStatus.SCHEDULED and _has_no_time(programme.sessions[place])
    ]
    live = on_now(programme, eyes.now)
    count = len(ticks)
    date_words = words.day_month(day, eyes.language)
    label = ngettext(
        "%(num)d session through the 24 hours of %(day)s; the same list follows.",
        "%(num)d sessions through the 24 hours of %(day)s; the same list follows.",
        count,
        day=date_words,
    )
    midnight = datetime.combine(day, time(), time_zone(eyes.zone))
    return Band(
        day=day,
        ticks=_drawn(ticks),
        stops=sky(day),
        label=label,
        starts_iso=words.iso(midnight),
        now_minute=_now_minute(day, eyes),
        caption=gettext("Day and night in %(city)s; each bar is an event.", city=words.place_of(eyes.zone)),
        rows=[_listed(row, programme, eyes, day) for row in rows(programme, drawn[:MOST_LISTED], eyes.zone)],
        # What is on now stands above the band already.
        besides=row_items(programme, [at for at in besides if at not in live][:MOST_LISTED], eyes),
        urls=_pages(programme, drawn) if len(ticks) <= MOST_TICKS else {},
        more=max(0, len(drawn) - MOST_LISTED),
        count=len(drawn) + len(besides),
        url=f"{addresses.programme(programme.edition.slug)}?day={day.isoformat()}",
    )


def _has_no_time(session: SessionView) -> bool:
    return session.all_day or spans_days(session)


def _listed(row: Row, programme: Programme, eyes: Eyes, day: date) -> dict[str, Any]:
    """Return one line under the band; what began the evening before says so."""
    return row_item(row, programme, eyes, dated=row.first_day != day)


def _pages(programme: Programme, places: Iterable[int]) -> dict[str, str]:
    slug = programme.edition.slug
    return {programme.sessions[place].code: addresses.event(slug, programme.owners[place]) for place in places}


def _sample(programme: Programme) -> list[int]:
    """Return some sessions of an edition that is over: of events that can still be watched, then of others.

    One of each event, without the lead event, which has a place of its own, and without what was called off.
    """
    events = [event for event in programme.events.values() if not event.is_lead and _took_place(event)]
    events.sort(key=lambda event: (not event.recording_url, event.sessions[0].starts_at, event.code))
    return positions_of(programme, events[:NEXT_EVENTS])


def _took_place(event: EventView) -> bool:
    return bool(event.sessions) and all(session.status is SessionStatus.SCHEDULED for session in event.sessions)


def _now_minute(day: date, eyes: Eyes) -> int | None:
    """Return where the line of the present stands, to ten minutes, when the day is the viewer's today."""
    at = local(eyes.now, eyes.zone)
    return (at.hour * 60 + at.minute) // _LINE_STEP_MINUTES * _LINE_STEP_MINUTES if at.date() == day else None


def _line_moves_at(now: datetime) -> datetime:
    """Return when the line of the present moves on; a script moves it meanwhile."""
    step = timedelta(minutes=_LINE_STEP_MINUTES)
    return now + step - (now - datetime.min.replace(tzinfo=now.tzinfo)) % step


def _drawn(ticks: list[Tick]) -> list[Tick]:
    """Return what is drawn: each session, or on a crowded day a pile for each half hour, and the lead event."""
    if len(ticks) <= MOST_TICKS:
        return ticks
    counts: dict[int, int] = {}
    for tick in ticks:
        start = tick.start // _BUCKET_MINUTES * _BUCKET_MINUTES
        counts[start] = counts.get(start, 0) + 1
    most = max(counts.values())
    piles = [
        Tick(start, start + _BUCKET_MINUTES, "", words.event_count(count), False, lane)
        for start, count in counts.items()
        for lane in range(-(-count * _HIGHEST_PILE // most))
    ]
    return piles + [replace(tick, lane=_HIGHEST_PILE) for tick in ticks if tick.is_lead]


def other_editions(site: Site, slug: str, language: str) -> list[dict[str, str]]:
    """Return the other editions, the latest first, permanent ones last."""
    others = [edition for edition in site.editions.values() if edition.slug != slug]
    others.sort(key=lambda edition: (not edition.is_permanent, edition.main_day), reverse=True)
    return [
        {
            "url": addresses.edition(edition.slug),
            "name": edition.name,
            "date": "" if edition.is_permanent else words.date_of(edition.main_day, language),
            "theme": edition.theme,
        }
        for edition in others
    ]


def _render(slug: str, site: Site, until: datetime | None = None) -> Response:
    programme = read_programme(slug)
    named_zone()
    who, now = viewer(programme.edition.zone), read_now()
    model = home_model(programme, library().index(programme), site, who, now)
    return page(
        "public/home.html",
        who=who,
        now=now,
        canonical=addresses.edition(slug),
        values=(programme, site),
        valid_until=earliest(model.valid_until, until if until and until > now else None),
        edition=programme.edition,
        pinned=True,
        home=model,
        summary=edition_summary(programme),
    )


def edition_summary(programme: Programme) -> str:
    """Return one plain sentence about an edition, for previews."""
    edition = programme.edition
    return gettext(
        "%(name)s: %(theme)s. %(count)s in your own time zone, with calendars to subscribe to.",
        name=edition.name,
        theme=edition.theme or gettext("events by cities and their partners"),
        count=words.event_count(len(programme.events)),
    )


@bp.get("/")
def start() -> Response:
    """Show the current edition's home; its own address is the canonical one."""
    site = read_site()
    current = site.current_on(read_now().date())
    if current is None:
        named_zone()
        return page(
            "public/edition_list.html",
            who=viewer("UTC"),
            now=read_now(),
            canonical="/",
            values=(site,),
            valid_until=None,
            editions=other_editions(site, "", "en"),
        )
    return _render(current, site, until=_end_of(site.editions[current]))


def _end_of(edition: EditionView) -> datetime:
    """Return the instant from which another edition may be the current one."""
    return datetime.combine(edition.window_to + timedelta(days=1), time(), UTC)


@bp.get("/<edition>")
def without_slash(edition: str) -> AnyResponse:
    """Lead to the home of an edition; what is none stays without an answer at this very address."""
    if edition not in read_site().editions:
        abort(404)
    query = request.query_string.decode("ascii", "replace")
    return redirect(addresses.edition(edition) + (f"?{query}" if query else ""), 308)


@bp.get("/<edition>/")
def edition(edition: str) -> Response:
    """Show the home of one edition."""
    site = read_site()
    if edition not in site.editions:
        abort(404)
    return _render(edition, site)
