"""Advice while typing: what a time means elsewhere, what a link is, what else is on then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.factories import make_event, make_programme, make_session
from wmd.domain.advice import (
    Choice,
    CityTime,
    known_events,
    on_choices,
    on_cities,
    on_links,
    on_repeats,
    on_slots,
)
from wmd.domain.content import EventContent, SessionContent, TextContent
from wmd.domain.findings import Level
from wmd.domain.programme import Programme
from wmd.domain.slots import SlotFacts
from wmd.domain.times import lint_slot
from wmd.domain.vocabulary import SessionStatus


def wall(hour: int, minute: int = 0, day: int = 7) -> datetime:
    return datetime(2021, 10, day, hour, minute)  # noqa: DTZ001 -- wall time


def content(*sessions: SessionContent, **changes: Any) -> EventContent:
    session = SessionContent("s", zone="Europe/Madrid", starts=wall(15), ends=wall(16, 30))
    event = EventContent(
        key="", language="en", texts={"en": TextContent("Care in the city")}, sessions=sessions or (session,),
        organisers=(), topics=("public-space-and-housing",), region="europe", spoken=("en",),
    )  # fmt: skip
    return replace(event, **changes)


def cities(session: SessionContent, own_zone: str = "") -> list[CityTime]:
    found = on_cities(content(session), own_zone=own_zone)
    return [fact for advice in found for fact in advice.facts if isinstance(fact, CityTime)]


def test_six_cities_hold_the_sessions_the_organisers_and_barcelona() -> None:
    session = SessionContent("s", zone="Asia/Manila", starts=wall(21), ends=wall(22))
    found = cities(session, own_zone="Europe/Paris")

    assert [each.zone for each in found] == [
        "Asia/Manila", "Europe/Paris", "Europe/Madrid", "America/Bogota", "Asia/Kathmandu", "Africa/Nairobi",
    ]  # fmt: skip
    assert {each.starts_at for each in found} == {datetime(2021, 10, 7, 13, 0, tzinfo=UTC)}


def test_session_that_ends_before_it_starts_gets_no_advice_on_its_time() -> None:
    backwards = SessionContent("s", zone="Europe/Madrid", starts=wall(16, 30), ends=wall(15))
    there = make_programme([make_event(1, sessions=[make_session(1, starts=wall(16))])])
    assert cities(backwards) == []
    assert on_slots(content(backwards), there) == []
    assert on_slots(content(replace(backwards, ends=wall(17))), there) != []


def test_city_where_it_is_another_day_or_night_says_so() -> None:
    session = SessionContent("s", zone="America/Bogota", starts=wall(20), ends=wall(21))
    found = {each.zone: (each.shift, each.at_night) for each in cities(session)}

    assert found == {
        "America/Bogota": (0, False), "Europe/Madrid": (1, True), "Asia/Kathmandu": (1, False),
        "Africa/Nairobi": (1, True), "Asia/Tokyo": (1, False), "America/Los_Angeles": (0, False),
    }  # fmt: skip


@pytest.mark.parametrize(
    "session",
    [
        SessionContent("s", zone="Europe/Madrid"),
        SessionContent("s", zone="CET", starts=wall(15)),
        SessionContent("s", zone="Europe/Madrid", all_day=True, starts_on=wall(1).date(), ends_on=wall(1).date()),
        SessionContent("s", zone="Europe/Madrid", starts=datetime(2021, 3, 28, 2, 30)),  # noqa: DTZ001
    ],
)
def test_time_that_cannot_be_read_is_told_nowhere(session: SessionContent) -> None:
    assert on_cities(content(session)) == []
    assert on_slots(content(session), make_programme()) == []


def test_unknown_zone_of_the_organiser_is_left_out() -> None:
    session = SessionContent("s", zone="Europe/Madrid", starts=wall(15), ends=wall(16))
    assert [each.zone for each in cities(session, own_zone="Mars/Base")][:2] == ["Europe/Madrid", "America/Bogota"]


def test_cet_in_october_offers_both_readings_with_the_times_to_type() -> None:
    session = SessionContent("s", zone="Europe/Madrid", starts=wall(15), ends=wall(16, 30), time_text="15:00 CET")
    findings = [
        finding.at("sessions[0]")
        for finding in lint_slot(
            starts=session.starts, ends=session.ends, zone=session.zone, time_text=session.time_text
        )
    ]
    (advice,) = on_choices(content(session), findings)

    assert (advice.kind, advice.where, advice.level) == ("choices", "sessions[0].time_confirmed", Level.WARNING)
    said = [(fact.say(), fact.sets) for fact in advice.facts if isinstance(fact, Choice)]
    assert said == [
        ("15:00 in Europe/Madrid: 13:00 UTC.", {"sessions[0].time_confirmed": "yes"}),
        (
            "15:00 CET: 14:00 UTC. Then it begins at 16:00 and ends at 17:30 in Europe/Madrid; type these times.",
            {"sessions[0].date": "2021-10-07", "sessions[0].starts": "16:00", "sessions[0].ends": "17:30"},
        ),
    ]


def test_confirmed_time_is_not_asked_about_again() -> None:
    session = SessionContent(
        "s", zone="Europe/Madrid", starts=wall(15), ends=wall(16), time_text="15:00 CET", time_confirmed=True
    )
    findings = [
        finding.at("sessions[0]")
        for finding in lint_slot(
            starts=session.starts, ends=session.ends, zone=session.zone, time_text="15:00 CET", time_confirmed=True
        )
    ]
    assert on_choices(content(session), findings) == []


@pytest.mark.parametrize(
    ("name", "raw", "level", "words"),
    [
        (
            "registration.url",
            "https://a.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA",
            "note",
            "registration page",
        ),
        ("registration.url", "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0", "warning", "join link"),
        ("registration.join_link", "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0", "note", "stays private"),
        ("registration.join_link", "https://us02web.zoom.us/w/81234567890?tk=c2VjcmV0", "error", "ticket"),
        ("registration.join_link", "https://us02web.zoom.us/s/81234567890?zak=c2VjcmV0", "error", "host"),
        ("web_url", "https://bit.ly/c2VjcmV0", "warning", "short link"),
        ("web_url", "https://example.org/event", "note", "web page"),
        ("web_url", "http://example.org/event", "error", "https"),
    ],
)
def test_link_is_named_in_plain_words_and_never_repeated(name: str, raw: str, level: str, words: str) -> None:
    (advice,) = on_links({name: raw})

    assert (advice.kind, advice.where, advice.level.value) == ("link", name, level)
    assert words in advice.say()
    assert [part for part in ("81234567890", "c2VjcmV0", "WN_") if part in repr(advice) + advice.say()] == []


@pytest.mark.parametrize(
    ("name", "raw", "doubts"),
    [
        ("registration.url", "https://zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuq", ["looks cut or mistyped"]),
        (
            "registration.url",
            "https://zoomgov.com/webinar/register/WN_TG7X-dycRuOObP11RPHuqA",
            ["Links of zoomgov.com do not open in every country"],
        ),
        ("registration.url", "https://events.teams.microsoft.com/event/1", ["cannot be checked"]),
        ("registration.join_link", "https://zoom.us/j/8123456789", ["somebody's personal room"]),
        ("registration.join_link", "https://zoom.us/my/somebody", ["somebody's personal room"]),
        ("registration.join_link", "https://teams.microsoft.com/l/meetup-join/1", []),
        ("web_url", "https://example.org/event", []),
        ("registration.join_link", "https://zoom.us/s/81234567890?zak=x", []),
    ],
)
def test_doubts_about_a_link_are_said_beside_what_it_is(name: str, raw: str, doubts: list[str]) -> None:
    _, *others = on_links({name: raw})

    assert len(others) == len(doubts)
    assert all(words in advice.say() for words, advice in zip(doubts, others, strict=True))


def test_empty_links_get_no_advice() -> None:
    assert on_links({"registration.url": "  ", "title": "https://example.org"}) == []


def test_event_like_a_published_one_is_pointed_to_unless_it_is_itself() -> None:
    programme = make_programme([make_event(1, title="Caring in the cities"), make_event(2, title="Water")])
    (first, _) = programme.events.values()
    found = on_repeats(content(), frozenset(), known_events(programme))

    assert [(each.kind, each.where) for each in found] == [("similar", "texts.en.title")]
    assert on_repeats(content(), frozenset(), known_events(programme, without=first.code)) == []


def others(*hours: int, **changes: Any) -> Programme:
    """Return a programme with an event of an hour and a half at each of these hours in Madrid."""
    return make_programme(
        [
            make_event(number, title=f"Other {number}", sessions=[make_session(number, starts=wall(hour))], **changes)
            for number, hour in enumerate(hours, 1)
        ]
    )


def facts(programme: Programme, event: EventContent | None = None, without: str = "") -> list[tuple[str, int]]:
    found = on_slots(event or content(), programme, without=without)
    return [
        (f"{fact.starts_at:%H:%M}", fact.count)
        for advice in found
        for fact in advice.facts
        if isinstance(fact, SlotFacts)
    ]


def test_what_is_on_then_is_counted_with_quieter_times_nearby() -> None:
    # Two at 15:00 in Madrid (13:00 UTC); before 13:30 and from 16:30 on nothing touches.
    assert facts(others(15, 15)) == [("13:00", 2), ("11:30", 0), ("14:30", 0)]


def test_one_that_ends_as_this_begins_is_no_clash() -> None:
    one = make_event(1, sessions=[make_session(1, starts=wall(13, 30))])
    assert facts(make_programme([one])) == []


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"spoken": ("fr",)}, 0),
        ({"spoken": ("fr",), "interpreted": ("en",)}, 1),
        ({"topics": (), "region": "asia-pacific"}, 0),
        ({"region": "asia-pacific"}, 1),
        ({"topics": ()}, 1),
    ],
)
def test_only_what_is_for_the_same_people_counts(changes: dict[str, Any], count: int) -> None:
    assert [number for _, number in facts(others(15, **changes))][:1] == ([count] if count else [])


def test_cancelled_and_all_day_sessions_and_the_event_itself_do_not_count() -> None:
    cancelled = make_event(1, sessions=[make_session(1, status=SessionStatus.CANCELLED)])
    all_day = make_event(2, sessions=[make_session(2, all_day=True)])
    assert facts(make_programme([cancelled, all_day])) == []
    programme = others(15)
    assert facts(programme, without=next(iter(programme.events))) == []


def test_quieter_times_stay_in_the_hosts_day() -> None:
    late = SessionContent("s", zone="Europe/Madrid", starts=wall(19), ends=wall(20))
    found = facts(others(19, 18, 17), content(late))

    assert found[0] == ("17:00", 2)
    # 20:00 in Madrid is 18:00 UTC: nothing is offered that ends later.
    assert all(start < "17:00" for start, _ in found[1:])
