"""Panels: titled parts of a session with people and guiding questions, in each language of the event."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.domain.forms.cast import FORM, filled
from wmd.domain.content import EventContent, PanelContent, QuestionContent, SpeakerContent
from wmd.domain.forms.fields import field_of, pattern_of
from wmd.domain.forms.reading import Form, ReadForm, read_form
from wmd.domain.forms.typed import act, collect, with_original
from wmd.domain.forms.writing import copied, type_event
from wmd.domain.vocabulary import SpeakerRole

PANEL = "sessions[0].panels[0]"
TYPED = {
    "sessions[0].panels_asked": "yes",
    "texts.es.title": "Cuidar la metrópoli",
    "texts.es.description": "Dos alcaldesas y una enfermera hablan de los cuidados. " * 8,
    f"{PANEL}.title.en": "Plans that begin with people",
    f"{PANEL}.title.es": "Planes que empiezan por las personas",
    f"{PANEL}.description.en": "A talk\nin two parts.",
    f"{PANEL}.questions.en": "What did you stop doing?\nWhom did your plan forget?",
    f"{PANEL}.questions.es": "¿Qué dejaron de hacer?\n¿A quién olvidó su plan?",
    f"{PANEL}.speakers[0].title": "Secretary general",
    f"{PANEL}.speakers[0].organisation": "A network",
    f"{PANEL}.speakers[0].role": "moderator",
    f"{PANEL}.speakers[1].name": "Ada Example",
    f"{PANEL}.speakers[1].consent": "yes",
    f"{PANEL}.speakers[1].role": "speaker",
    "sessions[0].panels[1].title.en": "Good ideas that travel",
}


def read(typed: dict[str, str], form: Form = FORM) -> ReadForm:
    return read_form(filled() | typed, form)


def content_of(typed: dict[str, str], form: Form = FORM) -> EventContent:
    found = read(typed, form)
    assert found.errors == []
    assert found.content is not None
    return found.content


def with_ids(content: EventContent) -> EventContent:
    """Return a content as it is kept: every part with an id."""
    (session,) = content.sessions
    panels = tuple(
        replace(
            panel,
            id=f"panel-{place}",
            questions=tuple(replace(one, id=f"question-{place}-{n}") for n, one in enumerate(panel.questions)),
            speakers=tuple(
                replace(one, id=f"speaker-{place}-{n}", person_id="ada" if one.person_id else None)
                for n, one in enumerate(panel.speakers)
            ),
        )
        for place, panel in enumerate(session.panels)
    )
    return replace(content, sessions=(replace(session, id="session-0", panels=panels),))


@pytest.fixture(scope="module")
def kept() -> EventContent:
    """An event with two panels as it was handed in before."""
    return with_ids(content_of(TYPED))


@pytest.fixture(scope="module")
def edited(kept: EventContent) -> dict[str, str]:
    """That event as it stands in the form."""
    return type_event(kept, people={"ada": "Ada Example"}, organisations={})


def changing(kept: EventContent) -> Form:
    return replace(FORM, base=kept, people={"ada": "Ada Example"})


def panels_of(typed: dict[str, str], kept: EventContent) -> tuple[PanelContent, ...]:
    found = read_form(typed, changing(kept))
    assert found.content is not None
    return found.content.sessions[0].panels


def test_what_is_typed_becomes_panels_in_each_language() -> None:
    first, second = content_of(TYPED).sessions[0].panels
    assert first == PanelContent(
        id="",
        title={"en": "Plans that begin with people", "es": "Planes que empiezan por las personas"},
        description={"en": "A talk\nin two parts."},
        questions=(
            QuestionContent("", {"en": "What did you stop doing?", "es": "¿Qué dejaron de hacer?"}),
            QuestionContent("", {"en": "Whom did your plan forget?", "es": "¿A quién olvidó su plan?"}),
        ),
        speakers=(
            SpeakerContent("", SpeakerRole.MODERATOR, None, {"en": "Secretary general"}, "A network"),
            SpeakerContent("", SpeakerRole.SPEAKER, f"new:{PANEL}.speakers[1]"),
        ),
    )
    assert second == PanelContent("", {"en": "Good ideas that travel"})
    assert read(TYPED).people == {f"new:{PANEL}.speakers[1]": "Ada Example"}


def test_an_edit_without_a_change_keeps_every_word_and_id(kept: EventContent, edited: dict[str, str]) -> None:
    assert panels_of(edited, kept) == kept.sessions[0].panels


def test_questions_keep_their_ids_by_their_words_and_else_by_their_place(
    kept: EventContent, edited: dict[str, str]
) -> None:
    typed = edited | {
        f"{PANEL}.questions.en": "A new one?\nWhom did your plan forget?\nWhat did you stop doing, really?",
        f"{PANEL}.questions.es": "¿Una nueva?\n¿A quién olvidó su plan?\n¿Qué dejaron de hacer?",
    }
    found = panels_of(typed, kept)[0].questions
    assert [(one.id, one.text["en"]) for one in found] == [
        ("question-0-0", "A new one?"),
        ("question-0-1", "Whom did your plan forget?"),
        ("", "What did you stop doing, really?"),
    ]
    shorter = edited | {f"{PANEL}.questions.en": "Whom did your plan forget?", f"{PANEL}.questions.es": ""}
    assert [one.id for one in panels_of(shorter, kept)[0].questions] == ["question-0-1"]


def test_panels_and_their_people_move_with_their_ids(kept: EventContent, edited: dict[str, str]) -> None:
    down, target = act(edited, "down-panel-0-0")
    assert target == "sessions[0].panels[1]"
    assert [panel.id for panel in panels_of(down, kept)] == ["panel-1", "panel-0"]
    back, target = act(down, "up-panel-0-1")
    assert (back, target) == (edited, PANEL)
    turned, target = act(edited, "up-panelist-0-0-1")
    assert target == f"{PANEL}.speakers[0]"
    assert [one.id for one in panels_of(turned, kept)[0].speakers] == ["speaker-0-1", "speaker-0-0"]


@pytest.mark.parametrize("action", ["up-panel-0-0", "down-panel-0-1", "down-panel-0-7", "up-panel-0", "down-panel-9-0"])
def test_what_cannot_move_stays(edited: dict[str, str], action: str) -> None:
    assert act(edited, action)[0] == edited


def test_panels_and_people_in_them_are_added_and_taken_out(kept: EventContent, edited: dict[str, str]) -> None:
    more, target = act(edited, "add-panel-0")
    assert (target, more["sessions[0].panels[2].title.es"]) == ("sessions[0].panels[2].title.en", "")
    # Nothing is typed in it yet.
    assert len(panels_of(more, kept)) == 2
    more, target = act(edited, "add-panelist-0-1")
    assert target == "sessions[0].panels[1].speakers[0].name"
    less, target = act(edited, "remove-panel-0-0")
    assert (target, [panel.id for panel in panels_of(less, kept)]) == ("sessions[0].panels", ["panel-1"])
    less, _ = act(edited, "remove-panelist-0-0-0")
    assert [one.id for one in panels_of(less, kept)[0].speakers] == ["speaker-0-1"]


def test_all_panels_can_be_taken_out_but_a_form_that_never_asked_leaves_them(
    kept: EventContent, edited: dict[str, str]
) -> None:
    without = {name: text for name, text in edited.items() if ".panels[" not in name}
    assert panels_of(without, kept) == ()
    del without["sessions[0].panels_asked"]
    assert panels_of(without, kept) == kept.sessions[0].panels


def test_a_copy_keeps_the_panels_and_none_of_their_ids(kept: EventContent) -> None:
    copy = copied(kept, FORM.edition, FORM.edition)
    typed = type_event(copy, people={"ada": "Ada Example"}, organisations={})
    found = read_form(filled() | typed, replace(FORM, people={"ada": "Ada Example"})).content
    assert found is not None
    before = kept.sessions[0].panels
    assert [panel.title for panel in found.sessions[0].panels] == [panel.title for panel in before]
    assert [one.text for one in found.sessions[0].panels[0].questions] == [one.text for one in before[0].questions]
    parts = [part for panel in found.sessions[0].panels for part in (panel, *panel.questions, *panel.speakers)]
    assert {part.id for part in parts} == {""}


def test_words_in_a_language_without_texts_stay_and_can_be_changed(kept: EventContent) -> None:
    (session,) = kept.sessions
    panel = replace(session.panels[1], title={"en": "Good ideas", "fr": "Bonnes idées"})
    base = replace(kept, sessions=(replace(session, panels=(panel,)),))
    typed = type_event(base, people={}, organisations={})
    assert typed["sessions[0].panels[0].title.fr"] == "Bonnes idées"
    assert panels_of(typed, base) == (panel,)


def test_removing_a_language_removes_the_words_of_panels_in_it(kept: EventContent, edited: dict[str, str]) -> None:
    less, _ = act(edited, "remove-language-es")
    first = panels_of(less, kept)[0]
    assert (list(first.title), [list(one.text) for one in first.questions]) == (["en"], [["en"], ["en"]])


def test_words_of_panels_move_along_with_the_only_language() -> None:
    typed = {name: text for name, text in (filled() | TYPED).items() if ".es" not in name}
    moved = with_original(typed | {"language": "French"})
    assert (moved[f"{PANEL}.title.fr"], f"{PANEL}.title.en" in moved) == (TYPED[f"{PANEL}.title.en"], False)


@pytest.mark.parametrize(
    ("english", "spanish", "paired"),
    [
        ("One?\n\nTwo?\n", "¿Uno?\n¿Dos?", [("One?", "¿Uno?"), ("Two?", "¿Dos?")]),
        ("One?\nTwo?", "\n¿Dos?", [("One?", None), ("Two?", "¿Dos?")]),
        ("One?", "", [("One?", None)]),
        ("", "¿Uno?", [(None, "¿Uno?")]),
        (" \n ", "", []),
    ],
)
def test_questions_of_two_languages_belong_together_line_by_line(
    english: str, spanish: str, paired: list[tuple[str | None, str | None]]
) -> None:
    typed = TYPED | {f"{PANEL}.questions.en": english, f"{PANEL}.questions.es": spanish}
    found = content_of(typed).sessions[0].panels[0].questions
    assert [(one.text.get("en"), one.text.get("es")) for one in found] == paired


def test_a_question_without_its_translation_is_said_beside_its_field() -> None:
    found = read(TYPED | {f"{PANEL}.questions.es": "¿Uno?"})
    (said,) = [finding for finding in found.findings if finding.code == "form.questions"]
    assert (said.where, said.say().split(".")[0]) == (f"{PANEL}.questions.es", "1 of 2 questions are here")
    assert found.errors == []


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({f"{PANEL}.title.en": "", f"{PANEL}.title.es": ""}, f"{PANEL}.title.en", "form.needed"),
        ({f"{PANEL}.title.en": "Care \u202ecinema"}, f"{PANEL}.title.en", "form.direction"),
        ({f"{PANEL}.title.en": "t" * 501}, f"{PANEL}.title.en", "text.too-long"),
        ({f"{PANEL}.title.en": "Mail ana@prova.example"}, f"{PANEL}.title.en", "text.email"),
        ({f"{PANEL}.description.en": "[" * 4000}, f"{PANEL}.description.en", "form.nested"),
        ({f"{PANEL}.questions.es": "¿Uno?\nMail ana@prova.example"}, f"{PANEL}.questions.es", "text.email"),
        ({f"{PANEL}.questions.en": "Why?\n" * 31}, f"{PANEL}.questions.en", "form.too-many"),
        ({f"{PANEL}.title.xx-??": "Klingon"}, f"{PANEL}.title.xx-??", "language.tag"),
        ({f"{PANEL}.speakers[1].consent": ""}, f"{PANEL}.speakers[1].title", "form.needed"),
        ({"sessions[0].panels[20].title.en": "One more"}, "sessions[0].panels", "form.too-many"),
        ({f"{PANEL}.speakers[60].title": "One more"}, f"{PANEL}.speakers", "form.too-many"),
    ],
)
def test_fault_is_said_beside_its_field(changes: dict[str, str], where: str, code: str) -> None:
    assert [(one.where, one.code) for one in read(TYPED | changes).errors] == [(where, code)]


def test_fault_stands_beside_its_field_though_parts_before_it_are_empty() -> None:
    path = "sessions[0].panels[3]"
    typed = TYPED | {f"{path}.title.en": "Last", f"{path}.speakers[2].title": "Mail ana@prova.example"}
    assert [one.where for one in read(typed).errors] == [f"{path}.speakers[2].title"]
    alone = filled() | {"sessions[0].speakers[4].title": "Mail ana@prova.example"}
    assert [one.where for one in read(alone).errors] == ["sessions[0].speakers[4].title"]


def test_remarks_on_a_panel_stand_beside_its_fields() -> None:
    assert field_of(f"{PANEL}.questions[1].text.es") == f"{PANEL}.questions.es"
    assert field_of(f"{PANEL}.questions[1].text") == PANEL
    assert field_of(f"{PANEL}.title") == PANEL
    assert field_of(f"{PANEL}.speakers[0].title") == f"{PANEL}.speakers[0].title"
    assert pattern_of(f"{PANEL}.questions.pt-BR") == "sessions[].panels[].questions.*"


def test_ten_thousand_fields_of_panels_are_read_in_a_moment() -> None:
    parts = ("title.en", "questions.en", "speakers[59].title", "id")
    pairs = [
        (f"sessions[{session}].panels[{panel}].{part}", "x")
        for session in range(99)
        for panel in range(20)
        for part in parts
    ]
    typed, _ = collect([*pairs, ("sessions[0].panels_asked", "yes"), ("sessions[0].panels[999999].title.en", "far")])
    began = time.monotonic()
    found = read(typed)
    assert found.content is not None
    assert time.monotonic() - began < 5
