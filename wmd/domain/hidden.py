"""Events that were listed and are no longer: which feeds must still say that they are cancelled.

A client that has an entry keeps it until it is told; so a hidden event stays, wordless, in every feed that held it.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from wmd.domain.filters import Query
from wmd.domain.index import event_values, local_days
from wmd.domain.programme import EventView, Programme, SessionView


def hidden_sessions(programme: Programme, query: Query, zone: str) -> list[SessionView]:
    """Return the sessions of hidden events that a query found while they were listed; days are read in ``zone``.

    A search by words finds none: their words are gone.
    """
    if query.q:
        return []
    days = set(query.values("day"))
    return [
        session
        for event in programme.hidden.values()
        if _is_found(event, query)
        for session in event.sessions
        if not days or days & _days_of(session, zone)
    ]


def _is_found(event: EventView, query: Query) -> bool:
    values = event_values(event)
    return all(set(chosen) & set(values[facet]) for facet, chosen in query.facets if facet != "day")


def _days_of(session: SessionView, zone: str) -> set[str]:
    first, last = local_days(session, ZoneInfo(zone))
    return {(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)}
