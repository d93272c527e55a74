"""The words of the interface: locale, labels, dates and times for templates.

Every function here that writes a time is given its zone, and the templates put the zone beside it. Dates follow the
interface language (CLDR, through Babel); clocks are written with 24 hours everywhere, as timetables are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import wraps
from typing import ParamSpec

from flask import Flask
from markupsafe import Markup

from wmd.domain.times import day_shift
from wmd.domain.zones import city_label
from wmd.services.time_words import (
    clock,
    date_of,
    day,
    day_month,
    day_of,
    day_span,
    iso,
    short_day,
    short_span,
    short_zone,
    span,
    utc_offset,
    weekday,
    zone_words,
)
from wmd.web import names
from wmd.web.catalogue import gettext, ngettext
from wmd.web.markdown import to_html

_P = ParamSpec("_P")

#: Written in ``services``, because mails need them too; the pages take them from here.
__all__ = [
    "clock", "date_of", "day", "day_month", "day_of", "day_span", "iso", "short_day", "short_span", "short_zone",
    "span", "utc_offset", "zone_words",
]  # fmt: skip


def select_locale() -> str:
    """Return the interface language: English, until there are others."""
    return "en"


def day_note(instant: datetime, zone: str, seen_zone: str, language: str = "en") -> str:
    """Return "Fri 8 Oct there" when the date in ``zone`` is another than in ``seen_zone``, else a blank."""
    if not day_shift(instant, seen_zone, zone):
        return ""
    return gettext("%(date)s there", date=short_day(day_of(instant, zone), language))


def shift_label(days: int) -> str:
    """Return "+1 day", "−1 day", or a blank for the same date."""
    if days == 0:
        return ""
    if days > 0:
        return ngettext("+%(num)d day", "+%(num)d days", days)
    return ngettext("−%(num)d day", "−%(num)d days", -days)


def shift_note(days: int, there: date, city: str, language: str = "en") -> str:
    """Return which day a shift counts from: "Thursday in Barcelona"; a blank for the same date."""
    return gettext("%(weekday)s in %(city)s", weekday=weekday(there, language), city=city) if days else ""


def end_note(starts_at: datetime, ends_at: datetime, zone: str, language: str = "en") -> str:
    """Return "ends Fri 8 Oct" when a span ends on a later date than it starts, else a blank."""
    first, last = day_of(starts_at, zone), day_of(ends_at - timedelta(microseconds=1), zone)
    if first == last:
        return ""
    return gettext("ends %(date)s", date=short_day(last, language))


def moment(instant: datetime, zone: str, language: str = "en") -> str:
    """Return a date, a time and its zone in one line: "Thu 7 Oct, 15:00 (Madrid, UTC+2)"."""
    return gettext(
        "%(date)s, %(time)s (%(zone)s)",
        date=short_day(day_of(instant, zone), language),
        time=clock(instant, zone),
        zone=short_zone(zone, instant),
    )


def place_of(zone: str) -> str:
    """Return the city a zone is known by: "Bogotá"; "UTC" for UTC."""
    return gettext(city_label(zone))


def listed(items: list[str] | tuple[str, ...]) -> str:
    """Return several names in one line: "Metropolis, UN-Habitat and Barcelona"."""
    if len(items) < 2:
        return "".join(items)
    return gettext("%(names)s and %(last)s", names=", ".join(items[:-1]), last=items[-1])


def listed_html(items: Sequence[Markup]) -> Markup:
    """Return several pieces of HTML in one line, as :func:`listed` does texts."""
    if len(items) < 2:
        return Markup("").join(items)
    first, last = Markup(", ").join(items[:-1]), items[-1]
    # The sentence is ours and its parts are escaped already.
    return Markup(gettext("%(names)s and %(last)s", names=first, last=last))  # noqa: S704


def event_count(number: int) -> str:
    """Return "1 event", "42 events"."""
    return ngettext("%(num)d event", "%(num)d events", number)


def _in_interface_language(function: Callable[_P, str]) -> Callable[_P, str]:
    @wraps(function)
    def speak(*args: _P.args, **kwargs: _P.kwargs) -> str:
        kwargs.setdefault("language", select_locale())
        return function(*args, **kwargs)

    return speak


def register(app: Flask) -> None:
    """Add filters and globals to the templates."""
    speaking: dict[str, Callable[..., str]] = {
        "day": day, "day_month": day_month, "short_day": short_day, "date_of": date_of, "day_span": day_span,
        "day_note": day_note, "end_note": end_note, "moment": moment, "language_name": names.language_name,
        "country_name": names.country_name, "short_span": short_span,
    }  # fmt: skip
    for name, function in speaking.items():
        app.jinja_env.filters[name] = _in_interface_language(function)
    for plain in (clock, span, iso, utc_offset, zone_words, short_zone, shift_label, listed, event_count, place_of):
        app.jinja_env.filters[plain.__name__] = plain
    app.jinja_env.filters["day_of"] = day_of
    app.jinja_env.filters["markdown"] = to_html
    app.jinja_env.filters["direction"] = names.direction
    app.jinja_env.globals.update(locale=select_locale, label=names.label)
