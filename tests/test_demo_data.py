"""The demonstration data say what the flyer says, are spread as a real programme is, and pass every rule."""

from __future__ import annotations

import base64
import re
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.demo_documents import (
    ALL_FILES,
    ARCHIVE,
    DEMO,
    FLYER,
    KINDS,
    LEAD,
    LEAD_PANELS,
    LEAD_TIME_TEXT,
    LEAD_TITLE,
    LEAD_URL,
    SEEDS,
    SIDE,
    TEMPLATE,
    THEME,
    checked,
    document,
    first_day,
    instant,
    keys,
    slot,
    strings,
)
from wmd.domain.findings import Level, errors
from wmd.domain.times import zone


def test_archive_edition_is_the_flyers() -> None:
    edition = ARCHIVE["edition"]
    assert edition["slug"] == "2021"
    assert edition["name"] == "World Metropolitan Day 2021"
    assert edition["theme"] == THEME
    assert edition["main_day"] == "2021-10-07"
    assert (edition["window_from"], edition["window_to"]) == ("2021-10-01", "2021-10-31")
    assert edition["zone"] == "Europe/Madrid"
    assert edition["languages"] == ["en", "es", "fr"]
    assert len(edition["topics"]) == 8
    assert len(edition["introduction"].split("\n\n")) == 2


def test_lead_event_has_the_flyers_title_time_and_link() -> None:
    assert LEAD["texts"]["en"]["title"] == LEAD_TITLE
    (session,) = LEAD["sessions"]
    assert (session["starts"], session["ends"], session["zone"]) == (
        "2021-10-07T15:00",
        "2021-10-07T16:30",
        "Europe/Madrid",
    )
    assert session["time_text"] == LEAD_TIME_TEXT
    assert session["time_confirmed"] is True
    assert [instant(session, name).isoformat() for name in ("starts", "ends")] == [
        "2021-10-07T13:00:00+00:00",
        "2021-10-07T14:30:00+00:00",
    ]
    assert LEAD["registration"] == {"state": "closed", "url": LEAD_URL}


def test_lead_event_has_both_panels_and_all_six_questions() -> None:
    panels = LEAD["sessions"][0]["panels"]
    said = [(panel["title"], [question["text"] for question in panel["questions"]]) for panel in panels]
    assert said == [({"en": title}, [{"en": question} for question in asked]) for title, asked in LEAD_PANELS]


def test_lead_event_claims_no_more_than_the_flyer() -> None:
    assert LEAD["organisers"] == [{"key": "metropolis", "role": "lead"}, {"key": "un-habitat", "role": "lead"}]
    assert LEAD["spoken"] == ["en"]
    assert LEAD["is_lead"] is True
    assert "speakers" not in set(keys(LEAD))
    assert {"is_demo", "interpreted", "captioned", "signed", "venue", "recording_url"}.isdisjoint(LEAD)


def test_flyer_holds_the_words_of_the_data() -> None:
    if not FLYER.exists():
        pytest.skip("the flyer is not beside this repository (../shared/seeds)")
    flyer = FLYER.read_text(encoding="utf-8")
    for title, questions in LEAD_PANELS:
        assert title in flyer
        for question in questions:
            assert flyer.count(question) == (2 if "key lessons" in question else 1)
    assert f"**{THEME}**" in flyer
    assert f"Register here: {LEAD_URL}" in flyer
    assert f"\n{LEAD_TITLE.upper()}\n{LEAD_TIME_TEXT}\n" in flyer


def test_lead_description_is_not_the_flyers_prose() -> None:
    if not FLYER.exists():
        pytest.skip("the flyer is not beside this repository (../shared/seeds)")
    flyer = " ".join(FLYER.read_text(encoding="utf-8").split())
    prose = LEAD["texts"]["en"]["description"] + " " + ARCHIVE["edition"]["introduction"]
    words = prose.split()
    runs = [" ".join(words[index : index + 9]) for index in range(len(words) - 8)]
    assert [run for run in runs if run in flyer] == []


def test_organisations_are_two_real_ones_and_invented_ones() -> None:
    organisations = ARCHIVE["organisations"]
    real = [item for item in organisations if not item.get("is_demo")]
    assert [(item["key"], item["names"]["en"], item["kind"], item["website"]) for item in real] == [
        ("metropolis", "Metropolis", "city-network", "https://www.metropolis.org"),
        ("un-habitat", "UN-Habitat", "international-body", "https://unhabitat.org"),
    ]
    assert len(organisations) - len(real) == 42
    used = {organiser["key"] for event in ARCHIVE["events"] for organiser in event["organisers"]}
    assert used == {item["key"] for item in organisations}


def test_series_are_the_toolkits_and_are_used() -> None:
    assert [item["slug"] for item in ARCHIVE["series"]] == [
        "metrotalks",
        "learning-from-cities",
        "cities-for-global-health",
    ]
    assert Counter(event.get("series") for event in SIDE) == {
        None: 33,
        "learning-from-cities": 3,
        "cities-for-global-health": 3,
        "metrotalks": 2,
    }


def test_side_events_are_41_and_all_marked_as_demonstration() -> None:
    assert [event["key"][5:7] for event in SIDE] == [f"{number:02d}" for number in range(1, 42)]
    assert {event["is_demo"] for event in SIDE} == {True}
    assert len(ARCHIVE["events"]) == 42


def test_side_events_by_region() -> None:
    assert Counter(event["region"] for event in SIDE) == {
        "latin-america-caribbean": 12,
        "europe": 9,
        "asia-pacific": 8,
        "africa": 7,
        "north-america": 3,
        "global": 2,
    }
    assert sum(event["un_region"] == "arab-states" for event in SIDE) == 3


def test_side_events_by_day() -> None:
    days = Counter(min(max(first_day(event).day, 1), 13) for event in SIDE)
    spread = {1: 3, 4: 3, 5: 5, 6: 8, 7: 14, 8: 3, 13: 2}
    assert {day: days[day] for day in spread} == spread
    assert sum(days[day] for day in (9, 10, 11, 12)) == 3
    assert days.total() == 41


def test_side_events_by_format_and_platform() -> None:
    assert Counter(event["format"] for event in SIDE) == {"online": 32, "hybrid": 6, "in-person": 3}
    assert Counter(event.get("platform") for event in SIDE) == {
        "zoom-webinar": 17,
        "zoom-meeting": 7,
        "teams": 4,
        "stream": 4,
        "own-page": 2,
        "webex": 2,
        "jitsi": 2,
        None: 3,
    }


def test_side_events_by_language() -> None:
    assert Counter(event["language"] for event in SIDE) == {
        "en": 16,
        "es": 12,
        "fr": 5,
        "pt": 3,
        "ar": 2,
        "zh": 2,
        "ca": 1,
    }
    assert all(event["language"] == event["spoken"][0] for event in SIDE)


def test_side_events_by_interpretation_captions_and_sign() -> None:
    assert sum("interpreted" in event for event in SIDE) == 10
    assert sum("captioned" in event for event in SIDE) == 8
    assert sorted(tag for event in SIDE for tag in event.get("signed", [])) == ["ase", "bfi", "fsl"]


def test_side_events_by_kind_of_lead_organisation() -> None:
    kinds = Counter(KINDS[event["organisers"][0]["key"]] for event in SIDE)
    governments = ("local-government", "metropolitan-government", "regional-government")
    assert sum(kinds.pop(kind) for kind in governments) == 14
    assert kinds == {
        "academia": 7,
        "civil-society": 7,
        "city-network": 4,
        "international-body": 4,
        "company": 2,
        "professional-body": 2,
        "youth": 1,
    }


def test_side_events_by_topic_and_goal() -> None:
    topics = Counter(topic for event in SIDE for topic in event["topics"])
    assert set(topics) == set(ARCHIVE["edition"]["topics"])
    assert {8, 9} == set(topics.values())
    assert {len(event["topics"]) for event in SIDE} == {1, 2, 3}
    assert sum(11 in event["sdgs"] for event in SIDE) == 33
    assert {len(event["sdgs"]) for event in SIDE} == {1, 2, 3}


def test_side_events_by_length() -> None:
    minutes = Counter(round((slot(event)[1] - slot(event)[0]) / timedelta(minutes=1)) for event in SIDE)
    assert minutes == {60: 16, 90: 15, 120: 6, 180: 1, 240: 2, 360: 1}


def test_side_events_by_status() -> None:
    states = Counter(
        "/".join(sorted({session.get("status", "scheduled") for session in event["sessions"]})) for event in SIDE
    )
    assert states == {"scheduled": 38, "cancelled": 2, "postponed": 1}


def test_about_half_of_the_side_events_name_speakers_by_role_only() -> None:
    with_speakers = [event for event in SIDE if "speakers" in set(keys(event))]
    assert len(with_speakers) == 21
    assert ARCHIVE["people"] == []
    assert "person_key" not in set(keys(ARCHIVE))


def test_texts_are_full_and_in_the_events_language() -> None:
    for event in SIDE:
        original = event["texts"][event["language"]]
        assert original["origin"] == "original", event["key"]
        length = len(original["description"]) if event["language"] == "zh" else len(original["description"].split())
        low, high = (120, 330) if event["language"] == "zh" else (60, 160)
        assert low <= length <= high, (event["key"], length)
        for text in event["texts"].values():
            assert 0 < len(text["summary"]) <= 160, event["key"]


def test_descriptions_do_not_repeat_one_another() -> None:
    opening = Counter(
        " ".join(text["description"].split()[:4])
        for event in SIDE
        for text in event["texts"].values()
        if "description" in text
    )
    assert [words for words, count in opening.items() if count > 1] == []


@pytest.mark.parametrize("path", [DEMO / "2021.json", DEMO / "demo.json"], ids=lambda path: path.name)
def test_demo_file_passes_every_rule(path: Path) -> None:
    findings = checked(path)
    assert errors(findings) == []
    warnings = [(finding.code, finding.where) for finding in findings if finding.level is Level.WARNING]
    assert warnings == []


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.stem)
def test_file_holds_no_minted_identity(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # "id" is also the tag of Indonesian, so a minted id is known by its value.
    assert re.findall(r'"[0-9a-f]{8}-[0-9a-f-]{27}"|"(?:code|uid|sequence|person_id|private_link_id)":', text) == []


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.stem)
def test_file_holds_no_mail_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("@") == (1 if path.stem == "fault-email-in-text" else 0)


def test_no_person_of_the_seeds_is_named() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt")] if SEEDS.is_dir() else []
    if not texts:
        pytest.skip("the seeds are not beside this repository (../shared/seeds)")
    pattern = r"\(M[rs] (\w+ \w+)\)|email (\w+ \w+), "
    names = {first or second for text in texts for first, second in re.findall(pattern, text)}
    assert len(names) == 3
    data = "\n".join(path.read_text(encoding="utf-8") for path in ALL_FILES)
    parts = {part for name in names for part in name.split()}
    assert [part for part in parts if re.search(rf"\b{part}\b", data)] == []


@pytest.mark.parametrize("path", [DEMO / "2021.json", DEMO / "demo.json"], ids=lambda path: path.name)
def test_every_zone_and_wall_time_is_valid(path: Path) -> None:
    sessions = [session for event in document(path)["events"] for session in event["sessions"]]
    assert all(zone(session["zone"]).key == session["zone"] for session in sessions)
    assert all(instant(s, "starts") < instant(s, "ends") for s in sessions if "starts" in s)


@pytest.mark.parametrize("path", [DEMO / "2021.json", DEMO / "demo.json"], ids=lambda path: path.name)
def test_keys_are_slugs_and_unique(path: Path) -> None:
    events = document(path)["events"]
    slugs = [event["key"] for event in events]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) for key in slugs)
    assert len(set(slugs)) == len(slugs)
    for event in events:
        names = [session["key"] for session in event["sessions"]]
        assert len(set(names)) == len(names)


def test_links_lead_only_to_example_hosts_and_to_the_real_ones_that_are_given() -> None:
    links = {text for file in (ARCHIVE, TEMPLATE) for text in strings(file) if text.startswith("http")}
    real = {LEAD_URL, "https://www.metropolis.org", "https://unhabitat.org"}
    hosts = {link.split("/")[2] for link in links - real}
    join_host = {"us02web.zoom.us"}
    made_up = re.compile(r"([a-z-]+\.)?example\.(org|com)|[a-z-]+-example\.zoom\.us")
    assert {host for host in hosts if not made_up.fullmatch(host)} == join_host


def test_zoom_tokens_are_version_4_uuids_and_unique() -> None:
    links = [
        text for file in (ARCHIVE, TEMPLATE) for text in strings(file) if "/register/" in text and "zoom.us" in text
    ]
    tokens = [link.rsplit("/", 1)[1].removeprefix("WN_") for link in links]
    assert len(tokens) == len(set(tokens)) == 29
    assert {uuid.UUID(bytes=base64.urlsafe_b64decode(token + "==")).version for token in tokens} == {4}
