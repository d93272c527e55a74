"""Addresses that add one event to a web calendar, or subscribe one to a feed.

All times are UTC or plain dates, all values percent-encoded. The parameters are those that calendars'
own "compose" pages read; none of the vendors promises them (they are gathered at
github.com/InteractionDesignFoundation/add-event-to-calendar-docs).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

from wmd.domain.ical.text import cut, fit, one_line
from wmd.domain.programme import EventView, SessionView

#: Longer addresses are cut off by some browsers, mail programs and servers.
MAX_CHARACTERS = 2_000

_FEWEST_CHARACTERS = 20

_OUTLOOK = "calendar/0/deeplink/compose?path=%2Fcalendar%2Faction%2Fcompose&rru=addevent"


def google(event: EventView, session: SessionView, *, title: str, details: str, location: str) -> str:
    """Return the address of Google Calendar's form; the entry is marked as not busy."""
    del event  # All four take the same arguments; no form has a place for more of the event.
    if session.all_day:
        dates = f"{session.starts_on:%Y%m%d}/{_day_after(session.ends_on):%Y%m%d}"
    else:
        dates = f"{_basic(session.starts_at)}/{_basic(session.ends_at)}"
    return _address(
        f"https://calendar.google.com/calendar/render?action=TEMPLATE&dates={dates}&crm=AVAILABLE",
        ("text", "details", "location"),
        (title, details, location),
    )


def outlook(event: EventView, session: SessionView, *, title: str, details: str, location: str) -> str:
    """Return the address of Outlook.com's form, for personal accounts."""
    del event  # As for Google.
    return _microsoft("https://outlook.live.com", session, title, details, location)


def office365(event: EventView, session: SessionView, *, title: str, details: str, location: str) -> str:
    """Return the address of Microsoft 365's form, for work and school accounts."""
    del event  # As for Google.
    return _microsoft("https://outlook.office.com", session, title, details, location)


def yahoo(event: EventView, session: SessionView, *, title: str, details: str, location: str) -> str:
    """Return the address of Yahoo's form, whose all-day form takes the last day included."""
    del event  # As for Google.
    if session.all_day:
        times = f"ST={session.starts_on:%Y%m%d}&ET={session.ends_on:%Y%m%d}&DUR=allday"
    else:
        times = f"ST={_basic(session.starts_at)}&ET={_basic(session.ends_at)}"
    return _address(
        f"https://calendar.yahoo.com/?v=60&{times}", ("TITLE", "DESC", "in_loc"), (title, details, location)
    )


def subscribe_links(https_url: str, name: str) -> dict[str, str]:
    """Return where to subscribe a feed: ``webcal``, ``google``, ``outlook`` and ``office365``.

    Google takes the feed only by its ``webcal:`` address, Outlook only by its ``https:`` one.
    """
    webcal = "webcal://" + https_url.partition("://")[2]
    feed, named = quote(https_url, safe=""), quote(one_line(name), safe="")
    return {
        "webcal": webcal,
        "google": f"https://calendar.google.com/calendar/r?cid={quote(webcal, safe='')}",
        "outlook": f"https://outlook.live.com/calendar/0/addfromweb?url={feed}&name={named}",
        "office365": f"https://outlook.office.com/calendar/0/addfromweb?url={feed}&name={named}",
    }


def _microsoft(origin: str, session: SessionView, title: str, details: str, location: str) -> str:
    """Return the address of the form that both Microsoft calendars share."""
    if session.all_day:
        times = f"startdt={session.starts_on}&enddt={_day_after(session.ends_on)}&allday=true"
    else:
        times = f"startdt={quote(_extended(session.starts_at))}&enddt={quote(_extended(session.ends_at))}"
    return _address(
        f"{origin}/{_OUTLOOK}&{times}&freebusy=free",
        ("subject", "body", "location"),
        (title, details, location),
        # Outlook shows a plain line break as a space.
        line_break="<br>",
    )


def _address(base: str, names: tuple[str, str, str], values: tuple[str, str, str], *, line_break: str = "\n") -> str:
    """Return ``base`` with title, details and location; details give way first, then location, then title."""
    title, details, location = one_line(values[0]), fit(values[1]).strip(), one_line(values[2])

    def build(title: str, details: str, location: str) -> str:
        parts = zip(names, (title, details.replace("\n", line_break), location), strict=True)
        return base + "".join(f"&{name}={quote(value, safe='')}" for name, value in parts if value)

    details = _shortened(details, lambda text: build(title, text, location))
    location = _shortened(location, lambda text: build(title, details, text))
    title = _shortened(title, lambda text: build(text, details, location))
    return build(title, details, location)


def _shortened(text: str, build: Callable[[str], str]) -> str:
    """Return the longest beginning of ``text`` whose address is short enough; empty when none is."""
    if len(build(text)) <= MAX_CHARACTERS:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(build(cut(text, middle))) <= MAX_CHARACTERS:
            low = middle
        else:
            high = middle - 1
    return cut(text, low) if low >= _FEWEST_CHARACTERS else ""


def _day_after(on: date) -> date:
    """Return the next day: an all-day end that is excluded."""
    return on + timedelta(days=1)


def _basic(at: datetime) -> str:
    """Return an instant as ``YYYYMMDDTHHMMSSZ``."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _extended(at: datetime) -> str:
    """Return an instant as ``YYYY-MM-DDTHH:MM:SSZ``."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
