"""Each case that is hard for a programme of events is present in the demonstration data, by name."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest

from tests.demo_documents import (
    ARCHIVE,
    LEAD_TIME_TEXT,
    SIDE,
    first_timed,
    instant,
    keys,
    offset_hours,
    side,
    slot,
    strings,
)
from wmd.domain.times import all_day_bounds


def test_hard_case_half_hour_and_quarter_hour_zones() -> None:
    assert {
        event["host_city"]: offset_hours(first_timed(event), "starts") for event in (side(1), side(12), side(31))
    } == {"Kathmandu": 5.75, "Tehran": 3.5, "Mumbai": 5.5}


def test_hard_case_melbourne_and_auckland_are_a_day_ahead() -> None:
    for event, zone_name in ((side(34), "Australia/Melbourne"), (side(35), "Pacific/Auckland")):
        session = first_timed(event)
        assert session["zone"] == zone_name
        assert session["starts"][:10] == "2021-10-08"
        assert instant(session, "starts").date() == date(2021, 10, 7)


def test_hard_case_barcelona_night_crosses_the_european_change() -> None:
    (session,) = side(40)["sessions"]
    assert (session["zone"], session["starts"], session["ends"]) == (
        "Europe/Madrid",
        "2021-10-30T23:00",
        "2021-10-31T04:00",
    )
    assert instant(session, "ends") - instant(session, "starts") == timedelta(hours=6)


@pytest.mark.parametrize(("number", "before", "after"), [(3, -4, -3), (2, 10, 11), (41, 3, 2)])
def test_hard_case_sessions_on_either_side_of_a_clock_change(number: int, before: float, after: float) -> None:
    sessions = side(number)["sessions"]
    assert [session["starts"][11:] for session in sessions] == [sessions[0]["starts"][11:]] * 2
    assert [offset_hours(session, "starts") for session in sessions] == [before, after]


def test_hard_case_zones_without_summer_time() -> None:
    found = {event["host_city"]: first_timed(event)["zone"] for event in (side(25), side(29), side(38))}
    assert found == {"Bogotá": "America/Bogota", "Cairo": "Africa/Cairo", "Brasília": "America/Sao_Paulo"}


def test_hard_case_arabic_and_chinese_titles() -> None:
    texts = {event["host_city"]: event["texts"] for event in (side(11), side(29), side(30), side(41))}
    assert {city: sorted(of_city) for city, of_city in texts.items()} == {
        "Chengdu": ["en", "zh"],
        "Cairo": ["ar", "en"],
        "Guangzhou": ["en", "zh"],
        "Amman": ["ar"],
    }
    assert texts["Cairo"]["en"]["origin"] == "human"
    assert re.search("[\u0600-\u06ff]", texts["Amman"]["ar"]["title"])
    assert re.search("[\u4e00-\u9fff]", texts["Guangzhou"]["zh"]["title"])


def test_hard_case_title_of_118_characters() -> None:
    assert len(side(26)["texts"]["es"]["title"]) == 118
    assert max(len(text["title"]) for event in SIDE for text in event["texts"].values()) == 118


def test_hard_case_two_clashes_in_one_region() -> None:
    same = [
        (one["key"][5:7], other["key"][5:7])
        for index, one in enumerate(SIDE)
        for other in SIDE[index + 1 :]
        if slot(one) == slot(other) and one["region"] == other["region"]
    ]
    assert same == [("14", "15"), ("20", "21"), ("25", "26")]


def test_hard_case_same_event_in_spanish_and_english() -> None:
    spanish, english = side(20), side(21)
    assert (spanish["language"], english["language"]) == ("es", "en")
    assert slot(spanish) == slot(english)
    assert spanish["organisers"] == english["organisers"]
    assert spanish["registration"]["url"] != english["registration"]["url"]


def test_hard_case_umbrella_week_with_timed_sessions() -> None:
    umbrella, *timed = side(5)["sessions"]
    assert (umbrella["all_day"], umbrella["starts_on"], umbrella["ends_on"]) == (True, "2021-10-04", "2021-10-08")
    begins, ends = all_day_bounds(date(2021, 10, 4), date(2021, 10, 8), umbrella["zone"])
    assert len(timed) == 4
    assert all(begins <= instant(session, "starts") < instant(session, "ends") <= ends for session in timed)
    assert side(5)["format"] == "hybrid"


def test_hard_case_invitation_only_has_no_link() -> None:
    assert [event["key"][5:7] for event in SIDE if event["access"] == "invitation"] == ["17"]
    assert side(17)["registration"] == {"state": "closed"}


def test_hard_case_every_state_of_registration() -> None:
    states = Counter(event["registration"]["state"] for event in SIDE)
    assert states == {"open": 24, "closed": 6, "not-needed": 4, "full": 3, "missing": 2, "not-yet": 2}
    assert side(41)["registration"]["opens_at"] == "2021-10-11T06:00:00Z"


def test_hard_case_private_join_link_is_given_apart_from_the_public_url() -> None:
    assert [event["key"] for event in SIDE if "join_link" in event["registration"]] == [side(4)["key"]]
    registration = side(4)["registration"]
    assert registration["state"] == "open"
    assert "url" not in registration
    assert re.fullmatch(r"https://us02web\.zoom\.us/j/\d{11}\?pwd=\w+", registration["join_link"])
    assert [text for text in strings(ARCHIVE) if "pwd=" in text] == [registration["join_link"]]


def test_hard_case_host_and_venue_in_two_zones() -> None:
    event = side(19)
    assert (event["host_city"], event["venue"]["city"]) == ("Montréal", "Abidjan")
    assert first_timed(event)["zone"] == "Africa/Abidjan"


def test_hard_case_characters_that_calendars_escape() -> None:
    assert {",", ";"} <= set(side(22)["texts"]["en"]["title"])
    assert "\\" in side(34)["texts"]["en"]["description"]
    assert "\n" in side(19)["venue"]["address"]
    assert "\n- " in side(5)["texts"]["en"]["description"]


def test_hard_case_ampersand_and_less_than() -> None:
    assert {"&", "<"} <= set(side(4)["texts"]["en"]["title"])


def test_hard_case_several_organisations_and_one_on_several_events() -> None:
    roles = Counter(organiser["role"] for event in SIDE for organiser in event["organisers"])
    assert roles == {"lead": 41, "co": 7, "supporter": 8}
    network = [
        event["key"][5:7] for event in SIDE if "ring-of-caring-metropolises" in {o["key"] for o in event["organisers"]}
    ]
    assert network == ["01", "05", "13", "23", "28"]


def test_hard_case_captions_in_two_languages() -> None:
    assert side(21)["captioned"] == ["en", "es"]
    assert side(33)["captioned"] == ["fr", "en"]


def test_hard_case_panels_with_questions() -> None:
    asked = {event["key"][5:7] for event in SIDE if "questions" in set(keys(event))}
    assert asked == {"01", "05", "08", "15", "16", "20", "21", "25", "28", "30", "32"}


def test_hard_case_access_facts_are_answered_variously() -> None:
    answers = Counter(answer for event in SIDE for answer in event["access_facts"].values())
    assert set(answers) == {"yes", "no", "unknown"}
    assert min(answers.values()) >= 20


def test_hard_case_confirmed_cet_in_october() -> None:
    confirmed = [
        (event["key"], session["time_text"])
        for event in ARCHIVE["events"]
        for session in event["sessions"]
        if session.get("time_confirmed")
    ]
    assert confirmed == [("lead", LEAD_TIME_TEXT), (side(8)["key"], "5 October, 2.00-3.30 pm CET")]


def test_hard_case_texts_of_every_origin() -> None:
    assert {text["origin"] for event in SIDE for text in event["texts"].values()} == {"original", "human", "machine"}


def test_events_on_site_have_a_venue_with_coordinates_and_others_none() -> None:
    for event in SIDE:
        on_site = event["format"] != "online"
        assert ("venue" in event) is on_site, event["key"]
        if on_site:
            assert {"name", "address", "city", "country", "latitude", "longitude"} == set(event["venue"])
