from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from tests.domain.documents.cast import full_event, full_file, make_event, make_session
from wmd.domain.content import EventContent, PersonContent, SeriesContent, SpeakerContent
from wmd.domain.content_json import (
    FILE,
    edition_from_json,
    edition_to_json,
    event_from_json,
    event_to_json,
    file_to_json,
    organisation_from_json,
    organisation_to_json,
    person_from_json,
    person_to_json,
    series_from_json,
    series_to_json,
    upcast,
)


def through_text(document: dict[str, object]) -> object:
    """Return a document as it comes back from a file or a database."""
    return json.loads(json.dumps(document))


@pytest.mark.parametrize("event", [make_event(), full_event()], ids=["plain", "full"])
def test_event_comes_back_exactly_as_it_was(event: EventContent) -> None:
    assert event_from_json(through_text(event_to_json(event))) == (event, [])
    assert event_from_json(through_text(event_to_json(event, FILE)), "", FILE) == (event, [])


def test_full_event_fills_every_field_that_a_file_can_hold() -> None:
    empty = {f.name for f in fields(EventContent) if getattr(full_event(), f.name) in (None, "", (), {}, False)}

    assert empty == {"image", "answers", "review"}


def test_edition_organisations_series_and_people_come_back_exactly_as_they_were() -> None:
    file = full_file()

    assert file.edition is not None
    assert edition_from_json(through_text(edition_to_json(file.edition))) == (file.edition, [])
    for organisation in file.organisations:
        assert organisation_from_json(through_text(organisation_to_json(organisation))) == (organisation, [])
    series, person = SeriesContent("metrotalks", "MetroTalks"), PersonContent("ana", "Ana Example")
    assert series_from_json(through_text(series_to_json(series))) == (series, [])
    assert person_from_json(through_text(person_to_json(person))) == (person, [])


def test_stored_and_file_documents_name_a_person_by_different_keys() -> None:
    event = make_event(sessions=(make_session(speakers=(SpeakerContent("sp-1", person_id="ana"),)),))

    stored, in_file = event_to_json(event), event_to_json(event, FILE)

    assert stored["sessions"][0]["speakers"] == [{"id": "sp-1", "role": "speaker", "person_id": "ana"}]  # type: ignore[index]
    assert in_file["sessions"][0]["speakers"] == [{"id": "sp-1", "role": "speaker", "person_key": "ana"}]  # type: ignore[index]


def test_private_link_id_is_stored_but_neither_written_to_a_file_nor_read_from_one() -> None:
    event = make_event()
    event = replace(event, registration=replace(event.registration, private_link_id="link-1"))
    stored = event_to_json(event)

    assert event_from_json(stored) == (event, [])
    assert "link-1" not in json.dumps(event_to_json(event, FILE))
    content, findings = event_from_json(stored, "events[0]", FILE)
    assert content is None
    assert [(f.code, f.where) for f in findings] == [("json.unknown-key", "events[0].registration.private_link_id")]


def test_join_link_is_a_key_of_files_only() -> None:
    document = event_to_json(make_event())
    document["registration"] = {"state": "open", "join_link": "https://us02web.zoom.us/j/81234567890"}

    assert event_from_json(document, "", FILE)[1] == []
    assert [(f.code, f.where) for f in event_from_json(document)[1]] == [("json.unknown-key", "registration.join_link")]


def test_empty_optional_values_are_left_out_and_the_order_is_that_of_the_fields() -> None:
    assert list(event_to_json(make_event())) == [
        "key",
        "language",
        "texts",
        "sessions",
        "organisers",
        "activity",
        "format",
        "access",
        "topics",
        "sdgs",
        "region",
        "un_region",
        "host_city",
        "host_country",
        "spoken",
        "platform",
        "registration",
    ]
    assert event_to_json(make_event())["sessions"] == [
        {
            "key": "main",
            "zone": "Europe/Madrid",
            "starts": "2021-10-05T10:00",
            "ends": "2021-10-05T11:30",
            "status": "scheduled",
        }
    ]


def test_languages_are_written_in_one_order_whatever_order_they_came_in() -> None:
    texts = full_event().texts
    backwards = dict(reversed(texts.items()))

    assert json.dumps(event_to_json(full_event())) == json.dumps(event_to_json(replace(full_event(), texts=backwards)))


def test_empty_value_that_is_not_the_default_is_written() -> None:
    edition = full_file().edition
    assert edition is not None
    silent = replace(edition, languages=())

    assert edition_to_json(silent)["languages"] == []
    assert edition_from_json(edition_to_json(silent)) == (silent, [])


def test_naive_instant_and_aware_wall_time_are_refused_on_writing() -> None:
    aware = make_session().starts.astimezone()  # type: ignore[union-attr]

    with pytest.raises(ValueError, match="wall time"):
        event_to_json(make_event(sessions=(make_session(starts=aware),)))
    with pytest.raises(ValueError, match="aware"):
        event_to_json(make_event(sessions=(make_session(created_at=make_session().starts),)))


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (lambda d: d.pop("key"), "json.missing", "x.key"),
        (lambda d: d.update(key=7), "json.type", "x.key"),
        (lambda d: d.update(titel="?"), "json.unknown-key", "x.titel"),
        (lambda d: d.update(series=None), "json.type", "x.series"),
        (lambda d: d.update(capacity=True), "json.type", "x.capacity"),
        (lambda d: d.update(capacity=1.0), "json.type", "x.capacity"),
        (lambda d: d.update(is_demo=1), "json.type", "x.is_demo"),
        (lambda d: d.update(venue={"latitude": "35"}), "json.type", "x.venue.latitude"),
        (lambda d: d.update(venue={"latitude": 10**400}), "json.type", "x.venue.latitude"),
        (lambda d: d.update(venue={"latitude": float("nan")}), "json.type", "x.venue.latitude"),
        (lambda d: d.update(texts={"en": "A walk"}), "json.type", "x.texts.en"),
        (lambda d: d.update(access_facts={"phone": "maybe"}), "json.choice", "x.access_facts.phone"),
        (lambda d: d["sessions"][0].update(starts="2021-10-05"), "json.wall-time", "x.sessions[0].starts"),
        (lambda d: d["sessions"][0].update(starts="2021-10-05T10:00Z"), "json.wall-time", "x.sessions[0].starts"),
        (lambda d: d["sessions"][0].update(starts="2021-02-30T10:00"), "json.wall-time", "x.sessions[0].starts"),
        (lambda d: d["sessions"][0].update(starts_on="2021-02-30"), "json.date", "x.sessions[0].starts_on"),
        (lambda d: d["sessions"][0].update(starts_on="20210203"), "json.date", "x.sessions[0].starts_on"),
        (
            lambda d: d["sessions"][0].update(created_at="2021-10-05T10:00:00"),
            "json.instant",
            "x.sessions[0].created_at",
        ),
        (
            lambda d: d["sessions"][0].update(created_at="2021-10-05T10:61:00Z"),
            "json.instant",
            "x.sessions[0].created_at",
        ),
        (lambda d: d.update(cost="a\x00b"), "json.character", "x.cost"),
        (lambda d: d.update(cost="\ud800"), "json.character", "x.cost"),
        (lambda d: d.update(sessions={}), "json.type", "x.sessions"),
    ],
)
def test_one_fault_gives_no_content_and_one_finding(
    change: Callable[[dict[str, object]], object], code: str, where: str
) -> None:
    document = json.loads(json.dumps(event_to_json(make_event())))
    change(document)

    content, findings = event_from_json(document, "x")

    assert content is None
    assert [(finding.code, finding.where) for finding in findings] == [(code, where)]


def test_every_fault_of_a_document_is_reported_at_once() -> None:
    content, findings = event_from_json({"key": 1, "langauge": "en", "texts": {}, "sessions": [], "organisers": [3]})

    assert content is None
    assert [(finding.code, finding.where) for finding in findings] == [
        ("json.unknown-key", "langauge"),
        ("json.type", "key"),
        ("json.missing", "language"),
        ("json.type", "organisers[0]"),
    ]
    assert findings[0].say() == "This key is not known here. Do you mean “language”?"


def test_strange_key_is_shown_shortened_and_without_control_characters() -> None:
    _, findings = event_from_json({**event_to_json(make_event()), "a\nb" + "c" * 200: 1})

    assert [finding.where for finding in findings] == ["a\\nb" + "c" * 56]


def test_findings_are_bounded() -> None:
    _, findings = event_from_json({**event_to_json(make_event()), "topics": [1] * 5_000})

    assert len(findings) == 1_000


def test_whole_file_starts_with_its_format_and_version() -> None:
    document = file_to_json(full_file())

    assert list(document) == ["format", "schema_version", "edition", "organisations", "series", "people", "events"]
    assert (document["format"], document["schema_version"]) == ("wmd-programme", 1)


def test_file_without_an_edition_names_it_by_its_slug() -> None:
    assert file_to_json(replace(full_file(), edition=None))["edition"] == {"slug": "2021"}


def test_upcast_takes_every_step_from_the_old_version_on() -> None:
    steps = {1: lambda d: {**d, "steps": "one"}, 2: lambda d: {**d, "steps": f"{d['steps']}, two"}}

    assert upcast({"key": "a"}, 1, steps, current=3) == {"key": "a", "steps": "one, two"}
    assert upcast({"key": "a", "steps": "was"}, 2, steps, current=3) == {"key": "a", "steps": "was, two"}
    assert upcast({"key": "a"}, 1) == {"key": "a"}


@pytest.mark.parametrize("version", [0, 2, 99])
def test_upcast_refuses_a_version_it_does_not_know(version: int) -> None:
    with pytest.raises(ValueError, match="schema_version"):
        upcast({}, version)


def test_upcast_refuses_a_gap_in_its_steps() -> None:
    with pytest.raises(ValueError, match="no step from schema_version 1"):
        upcast({}, 1, {}, current=2)
