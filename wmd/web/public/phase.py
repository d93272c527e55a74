"""Where an edition stands in its year: some words and links are only right before, during or after it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal

from wmd.domain.programme import EditionView
from wmd.domain.times import zone as time_zone
from wmd.web import words

Phase = Literal["before", "running", "over"]


def phase_of(edition: EditionView, today: date) -> Phase:
    """Return "before", "running" or "over" for an edition on a day; a permanent one always runs."""
    if edition.is_permanent or edition.window_from <= today <= edition.window_to:
        return "running"
    return "before" if today < edition.window_from else "over"


def phase_at(edition: EditionView, zone: str, now: datetime) -> Phase:
    """Return how an edition stands for somebody in ``zone`` at an instant."""
    return phase_of(edition, words.day_of(now, zone))


def phase_turns_at(edition: EditionView, zone: str, now: datetime) -> datetime | None:
    """Return the next instant at which :func:`phase_at` answers differently: a midnight there, or None for never."""
    if edition.is_permanent:
        return None
    days = (edition.window_from, edition.window_to + timedelta(days=1))
    turns = (datetime.combine(day, time(), time_zone(zone)) for day in days)
    return next((turn for turn in turns if turn > now), None)
