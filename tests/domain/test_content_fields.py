"""Every field of a content by its path, and back."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.documents.cast import full_event
from tests.submissions import content
from wmd.domain.content_fields import changed, fields_of


def test_nothing_typed_changes_nothing() -> None:
    full = full_event()
    assert changed(full, {}) == (full, [])
    assert changed(full, {field.path: field.text for field in fields_of(full)}) == (full, [])


def test_paths_are_those_of_the_document() -> None:
    paths = [field.path for field in fields_of(content())]
    assert paths[:4] == ["language", "texts.en.title", "texts.en.summary", "texts.en.description"]
    assert {"sessions[0].starts", "sessions[0].zone", "registration.url", "sdgs", "capacity"} <= set(paths)
    assert len(paths) == len(set(paths))


def test_typed_fields_are_read_as_what_they_are() -> None:
    event = content()
    typed = {
        "texts.en.title": " Better \r\n", "sdgs": "5\n11", "capacity": "40", "host_city": "",
        "sessions[0].starts": "2021-10-07T14:00", "sessions[0].title.en": "not a field here", "no.such": "x",
        "is_lead": "yes",
    }  # fmt: skip
    found, findings = changed(event, typed)
    assert findings == []
    assert found is not None
    assert (found.texts["en"].title, found.sdgs, found.capacity, found.host_city, found.is_lead) == (
        "Better", (5, 11), 40, "", True
    )  # fmt: skip
    assert found.sessions[0].starts is not None
    assert found.sessions[0].starts.hour == 14
    assert replace(found.sessions[0], starts=event.sessions[0].starts) == event.sessions[0]


def test_what_cannot_be_read_is_said_beside_its_field() -> None:
    found, findings = changed(content(), {"sessions[0].starts": "tomorrow", "capacity": "many"})
    assert found is None
    assert sorted(finding.where for finding in findings) == ["capacity", "sessions[0].starts"]
