"""``programme.json``: an import file made of nothing but what is public."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.domain.exports.programmes import empty_programme, hard_programme
from tests.domain.random_programme import random_programme
from tests.factories import make_event, make_programme, make_session
from wmd.domain.documents import read_json
from wmd.domain.documents.check_file import check_file
from wmd.domain.exports import programme_json
from wmd.domain.findings import errors
from wmd.domain.programme import PanelView, Programme, SeriesView, SpeakerView
from wmd.domain.vocabulary import SessionStatus, SpeakerRole

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "programme.schema.json").read_text("utf-8"))
PROGRAMMES = [empty_programme(), make_programme(), random_programme(300)]


def document(programme: Programme) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(programme_json.build(programme))
    return found


def faults(programme: Programme) -> list[str]:
    """Return what an import finds wrong with the export."""
    read = read_json.read(programme_json.build(programme), "programme.json")
    found = [*read.findings, *check_file(read, edition=None, organisations=set(), series=set())]
    return [f"{finding.where}: {finding.say()}" for finding in errors(found)]


@pytest.mark.parametrize("programme", [*PROGRAMMES, hard_programme()], ids=["empty", "one", "large", "hard"])
def test_programme_json_fits_the_published_schema(programme: Programme) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(document(programme))


@pytest.mark.parametrize("programme", PROGRAMMES, ids=["empty", "one", "large"])
def test_programme_json_is_read_back_as_the_same_file(programme: Programme) -> None:
    read = read_json.read(programme_json.build(programme), "programme.json")
    assert read.findings == ()
    assert read.file == programme_json.to_file(programme)


def test_programme_json_of_the_same_programme_is_the_same_bytes() -> None:
    assert programme_json.build(random_programme(50)) == programme_json.build(random_programme(50))


def test_programme_json_is_accepted_by_an_import() -> None:
    assert faults(make_programme([make_event(1), make_event(2, topics=())])) == []


def test_event_with_a_retired_topic_is_still_accepted() -> None:
    programme = make_programme([make_event(1)])
    topics = tuple(topic._replace(retired=True) for topic in programme.topics)
    retired = replace(programme, topics=topics)

    assert "topics" not in document(retired)["edition"]
    assert document(retired)["events"][0]["topics"] == ["public-space-and-housing"]
    assert faults(retired) == []


def test_only_series_that_are_used_are_written() -> None:
    programme = make_programme([make_event(1, series="talks")])
    series = {slug: SeriesView(slug, slug.title(), "") for slug in ("talks", "quiet")}
    assert [each["slug"] for each in document(replace(programme, series=series))["series"]] == ["talks"]


def test_only_organisations_that_organise_something_listed_are_written() -> None:
    programme = make_programme([make_event(1)])
    (known,) = programme.organisations.values()
    idle = known._replace(code="ZRG333", names={"en": "Idle"})
    both = replace(programme, organisations={known.code: known, idle.code: idle})
    assert [each["key"] for each in document(both)["organisations"]] == ["zrg222"]


def test_people_are_named_by_their_place_in_the_file() -> None:
    named = [SpeakerView(name, SpeakerRole.SPEAKER, {}, "City") for name in ("Ada Example", "", "Ada Example", "Bo")]
    panel = PanelView("4f6c1b8e-1f43-4f0e-9a3b-0d9f9a0e4c11", {"en": "Panel"}, {}, ({"en": "Why?"},), tuple(named[2:]))
    session = replace(make_session(1), speakers=tuple(named[:2]), panels=(panel,))
    (event,) = document(make_programme([make_event(1, sessions=[session])]))["events"]
    people = document(make_programme([make_event(1, sessions=[session])]))["people"]

    assert people == [{"key": "person-1", "name": "Ada Example"}, {"key": "person-2", "name": "Bo"}]
    (slot,) = event["sessions"]
    assert [speaker.get("person_key") for speaker in slot["speakers"]] == ["person-1", None]
    assert [speaker.get("person_key") for speaker in slot["panels"][0]["speakers"]] == ["person-1", "person-2"]


def test_only_what_is_public_is_written() -> None:
    event = make_event(1)
    hidden = make_event(2, title="Hidden away", sessions=[make_session(2, status=SessionStatus.CANCELLED)])
    programme = replace(make_programme([event]), hidden={hidden.code: hidden}, gone={hidden.code: event.changed_at})
    text = programme_json.build(programme).decode()

    assert "Hidden away" not in text
    assert hidden.code not in text
    assert {"time_text", "time_confirmed", "private_link_id", "join_link"} & keys_in(json.loads(text)) == set()


def keys_in(value: object) -> set[str]:
    """Return every key at any depth."""
    if isinstance(value, dict):
        return set(value).union(*(keys_in(each) for each in value.values()))
    return set().union(*(keys_in(each) for each in value)) if isinstance(value, list) else set()
