"""Which feeds are told of an event that was taken off the list: exactly those that found it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import parse_qsl

import pytest

from tests.factories import make_edition, make_event, make_programme, make_session
from wmd.domain.filters import FACETS, Query, parse
from wmd.domain.hidden import hidden_sessions
from wmd.domain.index import Index
from wmd.domain.programme import EventView, Programme, SeriesView
from wmd.domain.query import select
from wmd.domain.zones import canonical


def night() -> datetime:
    return datetime(2021, 10, 7, 23, 30)  # noqa: DTZ001 -- wall time


EVENTS: Mapping[str, EventView] = {
    "one": make_event(
        1, series="talks", spoken=("es", "zh-Hant"), interpreted=("en",), captioned=("fr",), signed=("lse",),
        region="africa", host_country="KE", topics=("gender-equality", "sustainable-economy"), sdgs=(5, 11),
        sessions=[make_session(1), make_session(2, starts=night())],
    ),
    "two": make_event(2, sessions=[make_session(3)]),
    "week": make_event(
        3,
        sessions=[
            replace(
                make_session(4, starts=datetime(2021, 10, 4), minutes=5 * 1440),  # noqa: DTZ001 -- wall time
                all_day=True, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8),
            )
        ],
    ),
}  # fmt: skip

QUERIES = (
    "", "topic=gender-equality", "topic=gender-equality&topic=public-space-and-housing", "format=online",
    "format=hybrid", "language=es", "language=zh", "language=zh-Hant", "language=en", "interpretation=en",
    "captions=fr", "sign=lse", "region=africa", "region=africa&region=europe", "country=KE", "country=ES",
    "organiser=local-government", "organiser=academia", "organisation=ZRG222", "sdg=5", "sdg=5&topic=gender-equality",
    "series=talks", "day=2021-10-07", "day=2021-10-08", "day=2021-10-04", "day=2021-10-09",
    "day=2021-10-08&tz=Asia/Tokyo", "day=2021-10-07&tz=Asia/Tokyo", "region=africa&day=2021-10-08&tz=Asia/Tokyo",
)  # fmt: skip


def listed() -> Programme:
    series = {"talks": SeriesView("talks", "Talks", "")}
    return replace(make_programme([*EVENTS.values()], edition=make_edition()), series=series)


def without_any() -> Programme:
    """Return the same programme after all its events were taken off the list."""
    all_of_them = listed()
    hidden = {event.code: event for event in EVENTS.values()}
    return replace(all_of_them, events={}, sessions=(), owners=(), hidden=hidden)


def asked(query: str) -> Query:
    return parse(parse_qsl(query), listed(), kind="feed", canonical_zone=canonical)


def test_every_facet_is_asked() -> None:
    assert {name for query in QUERIES for name, _ in parse_qsl(query)} == {*FACETS, "tz"}


@pytest.mark.parametrize("query", QUERIES)
def test_hidden_event_stays_where_it_was_found(query: str) -> None:
    programme, question = listed(), asked(query)
    zone = question.tz or "Europe/Madrid"
    found = select(programme, Index.build(programme), question, zone=zone, now=None)
    before = {programme.sessions[position].code for position in found.positions}

    after = hidden_sessions(without_any(), question, zone)

    assert {session.code for session in after} == before
    assert len(after) == len(before)


def test_search_by_words_finds_none_because_their_words_are_gone() -> None:
    assert hidden_sessions(without_any(), asked("q=side"), "Europe/Madrid") == []
    assert hidden_sessions(without_any(), asked("q=side&region=africa"), "Europe/Madrid") == []


def test_programme_without_hidden_events_has_none() -> None:
    assert hidden_sessions(listed(), Query(), "Europe/Madrid") == []
