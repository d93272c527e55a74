"""The parts of forms: what a person, a keyboard and a screen reader find in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import make_test_app
from tests.web.test_look import STATIC

CSS = (STATIC / "workbench.css").read_text(encoding="utf-8")


Render = Callable[..., str]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Render one expression with the macros of forms."""
    app = make_test_app(f"sqlite:///{tmp_path / 'nothing.sqlite3'}", tmp_path)

    def call(expression: str, **values: object) -> str:
        with app.test_request_context("/"):
            text = '{% import "_forms.html" as form %}{{ ' + expression + " }}"
            return app.jinja_env.from_string(text).render(**values)

    return call


def test_field_ties_label_hint_and_message_to_the_control(render: Render) -> None:
    html = render('form.field("sessions[0].starts", "Start", "<b>", hint="H", messages=["Wrong."], required=true)')
    assert 'for="f-sessions-0-starts"' in html
    assert 'id="f-sessions-0-starts" name="sessions[0].starts" value="&lt;b&gt;"' in html
    assert 'aria-describedby="f-sessions-0-starts-hint f-sessions-0-starts-said" aria-invalid="true"' in html
    assert 'aria-required="true"' in html


def test_warning_asks_without_calling_the_field_wrong(render: Render) -> None:
    html = render('form.field("a", "A", messages=[{"text": "Sure?", "level": "warning"}])')
    assert "aria-invalid" not in html
    assert '<li class="warning">' in html


def test_summary_leads_to_each_field(render: Render) -> None:
    html = render(
        "form.error_summary(found)", found=[{"where": "texts.en.title", "text": "Missing.", "label": "Title"}]
    )
    assert '<a href="#f-texts-en-title"><b>Title:</b> Missing.</a>' in html
    assert "One thing needs your attention" in html
    assert render("form.error_summary([])").strip() == ""


def test_choices_are_one_fieldset_with_what_was_chosen(render: Render) -> None:
    html = render('form.choices("topics", "Topics", [("a", "A"), ("b", "B")], ["b"])')
    assert html.count('name="topics"') == 2
    assert re.findall(r'value="(\w)" checked', html) == ["b"]
    assert "<fieldset" in html
    assert "<legend" in html


def test_workbench_styles_use_logical_properties_only() -> None:
    physical = r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)[a-z-]*|left|right|top|bottom)\s*:"
    assert re.findall(physical, CSS) == []
    assert re.findall(r"(?:text-align|float|clear)\s*:\s*(?:left|right)", CSS) == []
    assert re.findall(r"#[0-9a-f]{3,6}\b", CSS) == []  # Colours come from the custom properties of both themes.


def test_templates_of_the_workbench_hold_no_inline_code() -> None:
    for name in ("workbench.html", "_forms.html"):
        text = (Path(__file__).resolve().parents[2] / "templates" / name).read_text(encoding="utf-8")
        assert re.findall(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", text) == []
