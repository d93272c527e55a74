"""Dates and clock times in words, for pages and mails alike: no request is needed, only a language and a zone.

Every function here that writes a time is given its zone, and whoever calls it puts the zone beside it. Dates follow
the reader's language (CLDR, through Babel); clocks are written with 24 hours everywhere, as timetables are.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date, format_skeleton

from wmd.domain.times import abbreviation, local, offset_label
from wmd.domain.zones import city_label

#: The date style of an interface language; British English puts the day before the month, as the campaign does.
_DATE_LOCALES = {"en": "en_GB"}
#: CLDR puts a comma after the weekday that a heading reads better without.
_FULL_PATTERNS = {"en": "EEEE d MMMM y"}


def _date_locale(language: str) -> str:
    return _DATE_LOCALES.get(language, language.replace("-", "_"))


@lru_cache(maxsize=4096)
def day(value: date, language: str = "en") -> str:
    """Return a date in full: "Thursday 7 October 2021"."""
    return format_date(value, _FULL_PATTERNS.get(language, "full"), locale=_date_locale(language))


@lru_cache(maxsize=4096)
def day_month(value: date, language: str = "en") -> str:
    """Return a date without its year: "Thursday 7 October"."""
    return format_skeleton("MMMMEEEEd", value, locale=_date_locale(language))


@lru_cache(maxsize=4096)
def short_day(value: date, language: str = "en") -> str:
    """Return a short date: "Thu 7 Oct"."""
    return format_skeleton("MMMEd", value, locale=_date_locale(language))


@lru_cache(maxsize=4096)
def weekday(value: date, language: str = "en") -> str:
    """Return the day of the week: "Thursday"."""
    return format_date(value, "EEEE", locale=_date_locale(language))


@lru_cache(maxsize=4096)
def date_of(value: date, language: str = "en") -> str:
    """Return a date without its weekday: "7 October 2021"."""
    return format_date(value, "long", locale=_date_locale(language))


def day_span(first: date, last: date, language: str = "en") -> str:
    """Return two dates as a span, with the year once: "Monday 4 October – Friday 8 October 2021"."""
    if first == last:
        return day(first, language)
    begin = day_month(first, language) if first.year == last.year else day(first, language)
    return f"{begin} – {day(last, language)}"


@lru_cache(maxsize=4096)
def short_span(first: date, last: date, language: str = "en") -> str:
    """Return two dates as a short span: "Tue 1 – Sat 5 Dec"; one date for the same day."""
    if first == last:
        return short_day(first, language)
    if (first.year, first.month) != (last.year, last.month):
        return f"{short_day(first, language)} – {short_day(last, language)}"
    return f"{format_skeleton('Ed', first, locale=_date_locale(language))} – {short_day(last, language)}"


def clock(instant: datetime, zone: str) -> str:
    """Return the time of day on the clocks of a zone: "15:00". The caller writes the zone beside it."""
    at = local(instant, zone)
    return f"{at.hour:02d}:{at.minute:02d}"


def last_minute(end: datetime, zone: str) -> datetime:
    """Return how the end of a time is said: a midnight as the minute before it.

    Its day is the last one in time then.

    "Until 30 November, 23:59" is understood by everybody; "until 1 December, 00:00" is taken for a day more.
    """
    at = local(end, zone)
    return end - timedelta(minutes=1) if (at.hour, at.minute, at.second) == (0, 0, 0) else end


def span(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Return a start and an end as "15:00–16:30" on the clocks of a zone."""
    return f"{clock(starts_at, zone)}–{clock(ends_at, zone)}"


def day_of(instant: datetime, zone: str) -> date:
    """Return the date on which an instant falls in a zone."""
    return local(instant, zone).date()


def iso(instant: datetime) -> str:
    """Return an instant for a ``datetime`` attribute: "2021-10-07T13:00:00Z"."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_offset(instant: datetime, zone: str) -> str:
    """Return the offset in force: "UTC+2"."""
    return offset_label(instant, zone)


def zone_words(zone: str, instant: datetime, city: str = "") -> str:
    """Return a zone as people know it at that instant: "Barcelona (CEST, UTC+2)", "Kathmandu (UTC+5:45)", "UTC"."""
    place = city or city_label(zone)
    offset = offset_label(instant, zone)
    if place == offset:
        return offset
    letters = abbreviation(instant, zone)
    known = ", ".join(filter(None, (letters if letters != "UTC" else "", offset)))
    return f"{place} ({known})"


def short_zone(zone: str, instant: datetime) -> str:
    """Return a zone in a few letters: "Bogotá, UTC−5"."""
    place, offset = city_label(zone), offset_label(instant, zone)
    return offset if place == offset else f"{place}, {offset}"
