from __future__ import annotations

import json

import jsonschema
import pytest

from tests.domain.exports.programmes import BASE_URL, empty_programme, hard_programme, schema
from tests.domain.random_programme import random_programme
from tests.factories import make_edition, make_programme
from wmd.domain.exports import schedule_json
from wmd.domain.programme import Programme


def validator() -> jsonschema.Draft6Validator:
    rules = json.loads(schema("schema.json").read_text("utf-8"))
    return jsonschema.Draft6Validator(rules, format_checker=jsonschema.Draft6Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "programme", [hard_programme(), empty_programme(), random_programme(1000)], ids=["hard", "empty", "large"]
)
def test_schedule_json_is_valid(programme: Programme, language: str) -> None:
    validator().validate(json.loads(schedule_json.build(programme, BASE_URL, language=language)))


@pytest.mark.parametrize("zone", ["Etc/UTC", "America/New_York", "America/Argentina/Buenos_Aires", "Etc/GMT+3"])
def test_schedule_json_is_valid_in_every_kind_of_zone(zone: str) -> None:
    programme = make_programme(edition=make_edition(zone=zone))
    document = json.loads(schedule_json.build(programme, BASE_URL))
    validator().validate(document)
    named = document["schedule"]["conference"].get("time_zone_name")
    assert named == (None if zone == "Etc/GMT+3" else zone)


def test_the_schema_would_notice_a_person_of_two_kinds() -> None:
    document = json.loads(schedule_json.build(hard_programme(), BASE_URL))
    days = document["schedule"]["conference"]["days"]
    (person,) = (p for day in days for room in day["rooms"].values() for slot in room for p in slot["persons"])
    person["name"] = person["public_name"]
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(document)


def test_schedule_json_says_what_schedule_xml_says() -> None:
    document = json.loads(schedule_json.build(hard_programme(), BASE_URL))
    conference = document["schedule"]["conference"]
    assert (conference["acronym"], conference["daysCount"], conference["start"], conference["end"]) == (
        "wmd2021", 6, "2021-10-01", "2021-10-31",
    )  # fmt: skip
    slots = [slot for day in conference["days"] for room in day["rooms"].values() for slot in room]
    assert len(slots) == len(hard_programme().sessions)
    (slot,) = (slot for slot in slots if "script" in slot["title"])
    assert (slot["date"], slot["end"], slot["duration"], slot["room"]) == (
        "2021-10-07T23:30:00+02:00", "2021-10-08T01:00:00+02:00", "01:30", 'Hall, north; "A", Barcelona',
    )  # fmt: skip
    assert {room["name"] for room in conference["rooms"]} == {slot["room"] for slot in slots}
