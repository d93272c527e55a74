"""The template of the edition that lies two weeks ahead, and where its twelve named events are placed."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.demo_documents import ARCHIVE, LEAD_PANELS, PLACEMENT, TEMPLATE, first_timed, slot
from wmd.domain.times import zone


def test_demo_edition_and_its_lead_event_are_made_up() -> None:
    edition, lead_event = TEMPLATE["edition"], TEMPLATE["events"][0]
    assert (edition["slug"], edition["name"]) == ("demo", "World Metropolitan Day (demonstration)")
    assert edition["is_demo"] is True
    assert lead_event["key"] == "lead"
    assert lead_event["is_lead"] is True
    assert lead_event["registration"]["state"] == "open"
    panels = lead_event["sessions"][0]["panels"]
    asked = {question["text"]["en"] for panel in panels for question in panel["questions"]}
    assert (len(panels), len(asked)) == (2, 6)
    assert asked.isdisjoint(question for _, questions in LEAD_PANELS for question in questions)
    assert {"metropolis", "un-habitat"}.isdisjoint(item["key"] for item in TEMPLATE["organisations"])
    assert all(event["is_demo"] for event in TEMPLATE["events"])


def test_demo_events_are_the_twelve_that_are_placed() -> None:
    named = [event["key"] for event in TEMPLATE["events"][1:]]
    assert named == [f"now-{number:02d}" for number in range(1, 13)]
    assert [rule["key"] for rule in PLACEMENT] == named
    for event in TEMPLATE["events"][1:]:
        (session,) = event["sessions"]
        assert session["starts"][:10] == "2021-10-07"


def test_placement_has_something_on_at_every_minute_and_mostly_two() -> None:
    spans = []
    for rule in PLACEMENT:
        assert set(rule) == {"key", "day_offset", "utc_start", "minutes"}
        hours, minutes = map(int, rule["utc_start"].split(":"))
        start = rule["day_offset"] * 1440 + hours * 60 + minutes
        spans.append((start, start + rule["minutes"]))
    running = [sum(start <= minute < end for start, end in spans) for minute in range(2 * 1440)]
    assert (min(running), max(running)) == (1, 2)
    assert running.count(2) / len(running) == 0.625


def test_placement_agrees_with_the_placeholder_lengths() -> None:
    lengths = {event["key"]: slot(event)[1] - slot(event)[0] for event in TEMPLATE["events"][1:]}
    assert lengths == {rule["key"]: timedelta(minutes=rule["minutes"]) for rule in PLACEMENT}


def test_placed_events_begin_in_the_daytime_of_their_hosts() -> None:
    for rule, event in zip(PLACEMENT, TEMPLATE["events"][1:], strict=True):
        start = datetime.fromisoformat(f"2021-10-0{7 + rule['day_offset']}T{rule['utc_start']}+00:00")
        assert 6 <= start.astimezone(zone(first_timed(event)["zone"])).hour < 20, rule["key"]


def test_organisations_in_both_files_are_the_same() -> None:
    archive = {item["key"]: item for item in ARCHIVE["organisations"]}
    shared = [item for item in TEMPLATE["organisations"] if item["key"] in archive]
    assert len(shared) >= 10
    assert all(item == archive[item["key"]] for item in shared)
