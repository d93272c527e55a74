"""How far away a session is, in a few words that are true when a mail goes out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from wmd.domain.findings import N_
from wmd.domain.programme import SessionView
from wmd.services.time_words import day_of


def lead_words(session: SessionView, zone: str, say: Callable[[str], str], *, now: datetime) -> str:
    """Return how far away a session is, as the beginning of a subject: "Tomorrow", "In one hour".

    ``zone`` is the reader's, whose days are meant; it may be blank.
    """
    zone = session.zone if session.all_day else zone or session.zone
    begins_at = session.starts_at
    if session.ends_at <= now:
        return say(N_("It is over"))
    if begins_at <= now:
        return say(N_("It is on now"))
    days = (day_of(begins_at, zone) - day_of(now, zone)).days
    minutes = round((begins_at - now) / timedelta(minutes=1))
    if session.all_day or minutes >= 330:
        near = (N_("Today"), N_("Tomorrow"))
        return say(near[days]) if days < 2 else say(N_("In {count} days")).format(count=days)
    if 50 < minutes <= 75:
        return say(N_("In one hour"))
    if minutes > 75:
        return say(N_("In {count} hours")).format(count=round(minutes / 60))
    return say(N_("In {count} minutes")).format(count=minutes) if minutes > 1 else say(N_("In one minute"))
