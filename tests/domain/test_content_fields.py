"""What the form does not ask of a content, by its path, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.domain.documents.cast import full_event
from tests.submissions import content
from wmd.domain.content_fields import changed, fields_of
from wmd.domain.forms.fields import is_field


def test_nothing_typed_changes_nothing() -> None:
    full = full_event()
    assert changed(full, {}) == (full, [])
    assert changed(full, {field.path: field.text for field in fields_of(full)}) == (full, [])


def test_only_what_the_form_does_not_ask_is_offered() -> None:
    paths = [field.path for field in fields_of(full_event())]
    assert paths == [
        "is_lead", "registration.opens_at", "sessions[0].title.es",
        "sessions[0].speakers[0].title.es", "sessions[0].panels[0].speakers[0].title.es",
    ]  # fmt: skip
    assert [path for path in paths if is_field(path)] == []
    assert [field.path for field in fields_of(content())] == ["is_lead", "registration.opens_at"]


def test_typed_fields_are_read_as_what_they_are() -> None:
    event = full_event()
    typed = {
        "registration.opens_at": " 2021-09-04 08:00 ", "registration.closes_at": "", "is_lead": "",
        "sessions[0].title.es": "Apertura", "sessions[0].panels[0].speakers[0].title.es": "",
        "texts.en.title": "the form's", "sessions[0].status": "cancelled", "no.such": "x",
    }  # fmt: skip
    found, findings = changed(event, typed)
    assert findings == []
    assert found is not None
    assert (found.is_lead, found.registration.closes_at) == (False, event.registration.closes_at)
    assert found.registration.opens_at == datetime(2021, 9, 4, 8, tzinfo=UTC)
    assert found.sessions[0].title == {**event.sessions[0].title, "es": "Apertura"}
    assert "es" not in found.sessions[0].panels[0].speakers[0].title
    assert replace(found, is_lead=True, registration=event.registration, sessions=event.sessions) == event


def test_what_cannot_be_read_is_said_beside_its_field() -> None:
    found, findings = changed(content(), {"registration.opens_at": "tomorrow"})
    assert found is None
    assert [finding.where for finding in findings] == ["registration.opens_at"]
