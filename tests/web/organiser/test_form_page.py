"""What the form folds away, and what it opens because somebody needs it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flask import Flask

from tests.conftest import make_test_app
from tests.domain.forms.cast import FORM, filled
from wmd.domain.forms.fields import FieldSettings
from wmd.domain.forms.reading import read_form
from wmd.domain.questions import Asked
from wmd.web.organiser.form_page import FormPage


def test_facts_and_answers_are_called_by_their_own_words(tmp_path: Path) -> None:
    form = replace(FORM, questions=(Asked("childcare", "yes-no", {"en": "Is there childcare?"}),))
    typed = filled() | {"access_facts.phone": "yes", "access_facts.transcript": "no", "answers.childcare": "yes"}
    app = make_test_app(f"sqlite:///{tmp_path}/nothing.sqlite3", tmp_path)
    with app.test_request_context("/"):
        shown = {row["label"]: row["value"] for row in FormPage(typed, form).rows}
    assert (shown["Can be followed by phone"], shown["Transcript afterwards"]) == ("Yes", "No")
    assert shown["Is there childcare?"] == "yes"


def opened(app: Flask, **changes: str) -> list[str]:
    """Return the sections that open what they fold away."""
    typed = filled(**changes)
    with app.test_request_context("/"):
        page = FormPage(typed, FORM, read_form(typed, FORM).findings)
        return [str(section["slug"]) for section in page.sections if section["open"]]


def test_place_of_a_join_link_opens_when_one_stands_where_everybody_sees_it(demo_app: Flask) -> None:
    assert opened(demo_app) == []
    assert opened(demo_app, registration__url="https://us02web.zoom.us/j/123456789?pwd=abc") == ["way-in"]
    assert opened(demo_app, cost="5 euros") == ["way-in"]


def test_field_that_staff_made_required_is_not_folded_away(demo_app: Flask) -> None:
    form = replace(FORM, settings=FieldSettings({"capacity": "required"}))
    with demo_app.test_request_context("/"):
        (way_in,) = [each for each in FormPage(filled(), form).sections if each["slug"] == "way-in"]
    named = {part: [item["name"] for item in way_in[part]] for part in ("fields", "more")}  # type: ignore[attr-defined]
    assert ("capacity" in named["fields"], "capacity" in named["more"]) == (True, False)
