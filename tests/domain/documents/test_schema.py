"""The published schema and the strict reader say yes and no to the same documents."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.domain.documents.cast import EDITION, ORGANISATIONS, ROOT, full_file
from wmd.domain import content
from wmd.domain.content_json import FILE, file_to_json
from wmd.domain.documents.check_file import check_file
from wmd.domain.documents.read_json import read
from wmd.domain.findings import errors

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "programme.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
FULL: dict[str, Any] = json.loads(json.dumps(file_to_json(full_file())))

#: Codes of the checks that a schema can express as well.
EXPRESSIBLE = ("json.", "vocabulary.", "sdg.", "coordinates.range", "language.tag", "slug.")


def reader_accepts(document: object) -> bool:
    read_file = read(json.dumps(document).encode(), "file.json")
    findings = check_file(read_file, edition=EDITION, organisations=ORGANISATIONS, series=frozenset())
    return not [finding for finding in errors(findings) if finding.code.startswith(EXPRESSIBLE)]


def test_schema_is_a_valid_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_written_document_validates() -> None:
    assert [error.message for error in VALIDATOR.iter_errors(FULL)] == []


def test_written_document_is_read_back_as_the_same_file() -> None:
    read_file = read(json.dumps(FULL, indent=2).encode(), "file.json")

    assert read_file.findings == ()
    assert read_file.file == full_file()


#: What a file says in place of something that is never in one.
OTHERWISE = {"private_link_id": "join_link"}


@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        (content.EditionContent, "edition"),
        (content.OrganisationContent, "organisation"),
        (content.SeriesContent, "series"),
        (content.PersonContent, "person"),
        (content.EventContent, "event"),
        (content.TextContent, "text"),
        (content.SessionContent, "session"),
        (content.PanelContent, "panel"),
        (content.QuestionContent, "question"),
        (content.SpeakerContent, "speaker"),
        (content.OrganiserContent, "organiser"),
        (content.VenueContent, "venue"),
        (content.RegistrationContent, "registration"),
    ],
)
def test_schema_names_exactly_the_fields_of_the_content(kind: type, definition: str) -> None:
    named = [FILE.key(kind, member.name) or OTHERWISE.get(member.name) for member in fields(kind)]
    expected = [name for name in named if name]

    assert list(SCHEMA["$defs"][definition]["properties"]) == expected
    assert SCHEMA["$defs"][definition]["additionalProperties"] is False


def event(document: dict[str, Any]) -> dict[str, Any]:
    return document["events"][0]  # type: ignore[no-any-return]


GOOD: list[Callable[[dict[str, Any]], object]] = [
    lambda d: d,
    lambda d: d.update(edition={"slug": "2021"}),
    lambda d: [d.pop(key) for key in ("organisations", "series", "people", "events")],
    lambda d: event(d).update(registration={"state": "open", "join_link": "https://us02web.zoom.us/j/81234567890"}),
    lambda d: event(d)["sessions"][0].update(starts="2021-10-05T10:00:30"),
    lambda d: event(d)["sessions"][0].pop("id"),
    lambda d: event(d).update(spoken=["zh-Hant", "pt-BR", "es-419"]),
    lambda d: event(d).update(venue={"city": "Tokyo"}),
    lambda d: event(d).update(topics=[], sdgs=[]),
]
BAD: list[Callable[[dict[str, Any]], object]] = [
    lambda d: d.pop("format"),
    lambda d: d.pop("schema_version"),
    lambda d: d.pop("edition"),
    lambda d: d.update(format="other"),
    lambda d: d.update(schema_version=2),
    lambda d: d.update(schema_version="1"),
    lambda d: d.update(extra=[]),
    lambda d: d.update(events={}),
    lambda d: d.update(edition={"slug": "2021", "name": "Only half"}),
    lambda d: d.update(edition={"slug": 2021}),
    lambda d: d["edition"].update(main_day="7 October"),
    lambda d: d["edition"].update(topics=["housing"]),
    lambda d: d["organisations"][0].pop("names"),
    lambda d: d["organisations"][0].update(kind="club"),
    lambda d: d["series"][0].update(slug="Metro Talks"),
    lambda d: d["people"][0].update(email="a@example.org"),
    lambda d: event(d).pop("key"),
    lambda d: event(d).pop("sessions"),
    lambda d: event(d).update(titel="x"),
    lambda d: event(d).update(format="phone"),
    lambda d: event(d).update(activity="seminar"),
    lambda d: event(d).update(region="eurasia"),
    lambda d: event(d).update(platform="skype"),
    lambda d: event(d).update(topics=["housing"]),
    lambda d: event(d).update(sdgs=[18]),
    lambda d: event(d).update(sdgs=["5"]),
    lambda d: event(d).update(capacity="50"),
    lambda d: event(d).update(series=None),
    lambda d: event(d).update(is_lead="yes"),
    lambda d: event(d).update(access_facts={"wheelchair": "yes"}),
    lambda d: event(d).update(access_facts={"phone": "maybe"}),
    lambda d: event(d).update(spoken=["english"]),
    lambda d: event(d)["texts"].update({"EN": {"title": "x"}}),
    lambda d: event(d)["texts"]["en"].pop("title"),
    lambda d: event(d)["texts"]["en"].update(origin="robot"),
    lambda d: event(d)["venue"].update(latitude=935551234),
    lambda d: event(d)["venue"].update(latitude="35.68"),
    lambda d: event(d)["registration"].update(private_link_id="x"),
    lambda d: event(d)["registration"].update(opens_at="2021-09-01T10:00:00+02:00"),
    lambda d: event(d)["sessions"][0].update(starts="2021-10-05 10:00"),
    lambda d: event(d)["sessions"][0].update(starts="2021-10-05T10:00+02:00"),
    lambda d: event(d)["sessions"][0].update(status="moved"),
    lambda d: event(d)["sessions"][0]["panels"][0].pop("title"),
    lambda d: event(d)["sessions"][0]["panels"][0]["questions"][0].update(text="In no language"),
    lambda d: event(d)["sessions"][0]["speakers"][0].update(person_id="ana"),
]


@pytest.mark.parametrize("change", GOOD, ids=range(len(GOOD)))
def test_schema_and_reader_both_accept(change: Callable[[dict[str, Any]], object]) -> None:
    document = copy.deepcopy(FULL)
    change(document)

    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    assert reader_accepts(document)


@pytest.mark.parametrize("change", BAD, ids=range(len(BAD)))
def test_schema_and_reader_both_refuse(change: Callable[[dict[str, Any]], object]) -> None:
    document = copy.deepcopy(FULL)
    change(document)

    assert not VALIDATOR.is_valid(document)
    assert not reader_accepts(document)
