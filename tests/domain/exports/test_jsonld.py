from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from tests.domain.exports.programmes import BASE_URL, hard_programme, wall
from tests.factories import code, make_edition, make_event, make_session
from wmd.domain.exports import jsonld
from wmd.domain.programme import EventView, VenueView
from wmd.domain.vocabulary import EventFormat, SessionStatus

ONLINE = {"@type": "VirtualLocation", "url": "https://wmd.example/go/E22223"}


def described(event: EventView) -> dict[str, object]:
    return jsonld.event(event, event.sessions, make_edition(), BASE_URL)


def test_online_event_with_one_session() -> None:
    assert described(make_event(1)) == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": "https://wmd.example/2021/events/E22223-side-event-1",
        "url": "https://wmd.example/2021/events/E22223-side-event-1",
        "name": "Side event 1",
        "description": "Summary of Side event 1",
        "startDate": "2021-10-07T15:00:00+02:00",
        "endDate": "2021-10-07T16:30:00+02:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": ONLINE,
        "organizer": [
            {
                "@type": "Organization",
                "name": "Example City",
                "url": "https://wmd.example/2021/organisations/ZRG222-example-city",
            }
        ],
        "inLanguage": ["en"],
        "isAccessibleForFree": True,
    }


def test_hybrid_event_has_a_place_and_a_virtual_location() -> None:
    venue = VenueView("Hall", "Street 1", "Barcelona", "ES", 41.4, 2.17)
    place = {
        "@type": "Place",
        "name": "Hall",
        "address": {
            "@type": "PostalAddress",
            "streetAddress": "Street 1",
            "addressLocality": "Barcelona",
            "addressCountry": "ES",
        },
        "geo": {"@type": "GeoCoordinates", "latitude": 41.4, "longitude": 2.17},
    }
    hybrid = described(make_event(1, format=EventFormat.HYBRID, venue=venue))
    assert (hybrid["location"], hybrid["eventAttendanceMode"]) == (
        [place, ONLINE],
        "https://schema.org/MixedEventAttendanceMode",
    )
    there = described(make_event(1, format=EventFormat.IN_PERSON, venue=venue))
    assert (there["location"], there["eventAttendanceMode"]) == (
        place,
        "https://schema.org/OfflineEventAttendanceMode",
    )


def test_place_without_a_venue_is_the_hosts_city() -> None:
    assert described(make_event(1, format=EventFormat.IN_PERSON))["location"] == {
        "@type": "Place",
        "name": "Barcelona",
        "address": {"@type": "PostalAddress", "addressLocality": "Barcelona", "addressCountry": "ES"},
    }


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (["cancelled"], "EventCancelled"),
        (["postponed"], "EventPostponed"),
        (["cancelled", "cancelled"], "EventCancelled"),
        (["cancelled", "postponed"], "EventPostponed"),
        (["cancelled", "scheduled"], "EventScheduled"),
    ],
)
def test_status_of_an_event_is_the_best_of_its_sessions(states: list[str], status: str) -> None:
    sessions = [make_session(at, status=SessionStatus(each)) for at, each in enumerate(states)]
    assert described(make_event(1, sessions=sessions))["eventStatus"] == f"https://schema.org/{status}"


def test_several_sessions_are_parts_and_the_whole_spans_what_takes_place() -> None:
    days = (5, 6, 7)
    sessions = [make_session(day, starts=wall(2021, 10, day, 10), event_code=code(1)) for day in days]
    sessions[0] = replace(sessions[0], status=SessionStatus.CANCELLED)
    sessions[1] = replace(sessions[1], title={"en": "Second part"})
    whole = described(make_event(1, sessions=sessions))
    assert (whole["startDate"], whole["endDate"]) == ("2021-10-06T10:00:00+02:00", "2021-10-07T11:30:00+02:00")
    parts = whole["subEvent"]
    assert isinstance(parts, list)
    assert [(part["name"], part["startDate"], part["eventStatus"].rpartition("/")[2]) for part in parts] == [
        ("Side event 1", "2021-10-05T10:00:00+02:00", "EventCancelled"),
        ("Second part", "2021-10-06T10:00:00+02:00", "EventScheduled"),
        ("Side event 1", "2021-10-07T10:00:00+02:00", "EventScheduled"),
    ]
    assert parts[1]["location"] == {"@type": "VirtualLocation", "url": "https://wmd.example/go/S22228"}


def test_all_day_event_has_dates_with_the_last_day_included() -> None:
    (event,) = (event for event in hard_programme().events.values() if event.sessions[0].all_day)
    thing = described(event)
    assert (thing["startDate"], thing["endDate"]) == (date(2021, 10, 1).isoformat(), "2021-10-07")


def test_event_that_costs_something_is_not_called_free() -> None:
    assert "isAccessibleForFree" not in described(make_event(1, cost="10 EUR"))


def test_raw_registration_address_is_nowhere() -> None:
    assert "zoom.us" not in jsonld.dumps(described(make_event(1)))


def test_dumps_is_safe_inside_a_script_element_and_reads_back_equal() -> None:
    thing = described(make_event(1, title="</script><script>alert(1)//<!-- ]]> & \u2028\u2029 مدن"))
    text = jsonld.dumps(thing)
    assert not set("<>&\u2028\u2029") & set(text)
    assert "مدن" in text
    assert json.loads(text) == thing
