"""Registering with us in the form: the tick, the closing on the clock of the first session, and the questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.domain.forms.cast import FORM, REGISTRATION_PAGE, filled
from wmd.domain.content import EventContent, RegistrationContent, SignUpQuestionContent
from wmd.domain.forms.fields import FieldSettings, field_of, pattern_of
from wmd.domain.forms.reading import Form, ReadForm, read_form
from wmd.domain.forms.typed import act, collect
from wmd.domain.forms.writing import copied, type_event
from wmd.domain.vocabulary import RegistrationState

GROUP = "registration.questions"
OPENS = datetime(2021, 9, 1, 8, tzinfo=UTC)
HERE = {
    "registration.url": "",
    "registration.sign_up_asked": "yes",
    "registration.with_us": "yes",
    "registration.no_waiting_list": "yes",
    "registration.closes_on": "2021-10-06",
    "registration.closes_time": "18:00",
    f"{GROUP}[0].label": "Which city are you from?",
    f"{GROUP}[0].kind": "text",
    f"{GROUP}[0].required": "yes",
    f"{GROUP}[1].label": "Do you come by bicycle?",
    f"{GROUP}[1].kind": "choice",
    f"{GROUP}[1].choices": "Always\n Sometimes \n\nNever\n",
}


def read(typed: dict[str, str], form: Form = FORM) -> ReadForm:
    return read_form(filled() | HERE | typed, form)


def said(found: ReadForm) -> list[tuple[str, str, str]]:
    return [(one.level.value, one.code, one.where) for one in found.findings]


def registration_of(found: ReadForm) -> RegistrationContent:
    assert found.errors == []
    assert found.content is not None
    return found.content.registration


@pytest.fixture
def kept() -> EventContent:
    """An event with us as it was handed in, with what the form does not ask."""
    content = read({}).content
    assert content is not None
    registration = replace(
        content.registration,
        opens_at=OPENS,
        closes_at=datetime(2021, 10, 6, 16, 0, 30, tzinfo=UTC),
        questions=(
            SignUpQuestionContent(
                "q0", {"en": "Which city are you from?", "es": "¿De qué ciudad es?"}, "text", (), True
            ),
            SignUpQuestionContent("q1", {"en": "Do you come by bicycle?"}, "choice", ("Always", "Never")),
        ),
    )
    session = replace(content.sessions[0], id="session-0")
    return replace(content, sessions=(session,), registration=registration)


def edited(kept: EventContent, **changes: str) -> tuple[dict[str, str], Form]:
    typed = filled() | type_event(kept, people={}, organisations={})
    return typed | changes, replace(FORM, base=kept)


def test_what_is_typed_becomes_the_registration() -> None:
    found = read({})
    assert registration_of(found) == RegistrationContent(
        state=RegistrationState.OPEN,
        closes_at=datetime(2021, 10, 6, 16, tzinfo=UTC),
        with_us=True,
        no_waiting_list=True,
        questions=(
            SignUpQuestionContent("", {"en": "Which city are you from?"}, "text", (), True),
            SignUpQuestionContent("", {"en": "Do you come by bicycle?"}, "choice", ("Always", "Sometimes", "Never")),
        ),
    )
    assert said(found) == []


def test_an_edit_without_a_change_changes_nothing(kept: EventContent) -> None:
    typed, form = edited(kept)
    assert (typed["registration.closes_on"], typed["registration.closes_time"]) == ("2021-10-06", "18:00")
    # Not even the seconds that the form does not show.
    assert registration_of(read_form(typed, form)) == kept.registration


def test_an_edit_takes_ticks_and_closing_away_and_leaves_the_opening(kept: EventContent) -> None:
    typed, form = edited(kept)
    typed |= {"registration.closes_on": "", "registration.closes_time": "", "registration.no_waiting_list": ""}
    del typed["registration.with_us"]
    typed["registration.url"] = REGISTRATION_PAGE
    found = registration_of(read_form(typed, form))
    assert (found.with_us, found.no_waiting_list, found.closes_at, found.opens_at) == (False, False, None, OPENS)


def test_a_form_that_never_asked_leaves_all_of_it(kept: EventContent) -> None:
    typed, form = edited(kept)
    asked = {name for name in typed if name.startswith((GROUP, "registration.closes", "registration.with"))}
    older = {name: text for name, text in typed.items() if name not in asked | {"registration.sign_up_asked"}}
    assert registration_of(read_form(older, form)) == kept.registration


def test_what_an_edition_hides_stays_as_it_was(kept: EventContent) -> None:
    typed, form = edited(kept)
    hidden = (
        "registration.with_us",
        "registration.no_waiting_list",
        "registration.closes_on",
        "registration.closes_time",
    )
    form = replace(form, settings=FieldSettings(dict.fromkeys(hidden, "hidden")))
    for name in hidden:
        typed.pop(name)
    assert registration_of(read_form(typed, form)) == kept.registration


@pytest.mark.parametrize(
    ("zone", "on", "at", "closes"),
    [
        ("Europe/Madrid", "2021-10-06", "", datetime(2021, 10, 6, 21, 59, 59, tzinfo=UTC)),
        ("Europe/Madrid", "2021-10-06", "23:59", datetime(2021, 10, 6, 21, 59, tzinfo=UTC)),
        ("Europe/Madrid", "2021-10-06", "00:00", datetime(2021, 10, 5, 22, tzinfo=UTC)),
        ("Pacific/Auckland", "2021-10-06", "18:00", datetime(2021, 10, 6, 5, tzinfo=UTC)),
        # The clocks of Asunción go forward over that midnight: the day ends where the next begins.
        ("America/Asuncion", "2021-10-02", "", datetime(2021, 10, 3, 3, 59, 59, tzinfo=UTC)),
    ],
)
def test_closing_is_read_on_the_clock_of_the_first_session_and_shown_back(
    zone: str, on: str, at: str, closes: datetime
) -> None:
    typed = {"sessions[0].zone": zone, "registration.closes_on": on, "registration.closes_time": at}
    content = read(typed).content
    assert content is not None
    assert content.registration.closes_at == closes
    back = type_event(content, people={}, organisations={})
    assert (back["registration.closes_on"], back["registration.closes_time"]) == (on, at)


def test_closing_moves_with_the_clock_that_it_was_typed_on(kept: EventContent) -> None:
    typed, form = edited(kept, **{"sessions[0].zone": "Europe/London"})
    assert registration_of(read_form(typed, form)).closes_at == datetime(2021, 10, 6, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "at", "expected"),
    [
        ("2021-03-28", "02:30", ("error", "time.nonexistent", "registration.closes_time")),
        ("2021-10-31", "02:30", ("error", "time.ambiguous", "registration.closes_time")),
        ("9999-12-31", "", ("error", "time.out-of-range", "registration.closes_on")),
        ("", "18:00", ("error", "form.needed", "registration.closes_on")),
        ("soon", "18:00", ("error", "form.date", "registration.closes_on")),
        ("2021-10-06", "in the evening", ("error", "form.time", "registration.closes_time")),
    ],
)
def test_a_closing_that_is_no_instant_is_said_beside_its_field(on: str, at: str, expected: tuple[str, ...]) -> None:
    found = read({"registration.closes_on": on, "registration.closes_time": at})
    assert said(found) == [expected]


def test_a_closing_before_the_opening_is_said_beside_the_day(kept: EventContent) -> None:
    typed, form = edited(kept, **{"registration.closes_on": "2021-08-01"})
    assert said(read_form(typed, form)) == [("error", "registration.order", "registration.closes_on")]


def test_a_clock_that_nobody_knows_is_said_once_beside_its_city() -> None:
    found = read({"sessions[0].zone": "Nowhere at all"})
    assert {one.where for one in found.errors} == {"sessions[0].zone"}


def test_questions_keep_ids_and_other_languages_through_edit_and_move(kept: EventContent) -> None:
    typed, form = edited(kept, **{f"{GROUP}[0].label": "Where are you from?"})
    moved, target = act(typed, "down-question-0")
    assert target == f"{GROUP}[1]"
    assert act(moved, "up-question-1") == (typed, f"{GROUP}[0]")
    assert registration_of(read_form(moved, form)).questions == (
        kept.registration.questions[1],
        replace(kept.registration.questions[0], label={"en": "Where are you from?", "es": "¿De qué ciudad es?"}),
    )
    more, target = act(moved, "add-question")
    assert target == f"{GROUP}[2].label"
    # Nothing is typed in it yet.
    assert len(registration_of(read_form(more, form)).questions) == 2
    less, target = act(more, "remove-question-0")
    assert target == GROUP
    assert [one.id for one in registration_of(read_form(less, form)).questions] == ["q0"]


@pytest.mark.parametrize(
    "action", ["up-question-0", "down-question-1", "down-question-9", "remove-question", "up-question"]
)
def test_what_cannot_be_done_to_questions_changes_nothing(kept: EventContent, action: str) -> None:
    typed, _ = edited(kept)
    assert act(typed, action)[0] == typed


def test_an_id_that_is_not_theirs_or_stands_twice_is_not_taken(kept: EventContent) -> None:
    typed, form = edited(kept, **{f"{GROUP}[1].id": "q0", f"{GROUP}[2].id": "session-0", f"{GROUP}[2].label": "Third?"})
    assert [one.id for one in registration_of(read_form(typed, form)).questions] == ["q0", "", ""]


def test_another_language_of_the_event_takes_the_question_along(kept: EventContent) -> None:
    typed, form = edited(kept)
    typed = {name.replace("texts.en.", "texts.fr."): text for name, text in typed.items()} | {
        "language": "fr",
        f"{GROUP}[0].label": "D’où venez-vous ?",
    }
    found = registration_of(read_form(typed, form)).questions[0]
    assert (found.id, found.label) == ("q0", {"fr": "D’où venez-vous ?", "es": "¿De qué ciudad es?"})


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({f"{GROUP}[1].label": ""}, ("error", "form.needed", f"{GROUP}[1].label")),
        ({f"{GROUP}[1].kind": "essay"}, ("error", "registration.question-kind", f"{GROUP}[1].kind")),
        ({f"{GROUP}[1].choices": "One\nOne"}, ("error", "registration.question-choices", f"{GROUP}[1].choices")),
        (
            {f"{GROUP}[1].choices": "\n".join(map(str, range(4_000)))},
            ("error", "registration.question-choices", f"{GROUP}[1].choices"),
        ),
        ({f"{GROUP}[1].choices": "a@b.example\nNo"}, ("error", "text.email", f"{GROUP}[1].choices")),
        ({f"{GROUP}[0].choices": "Yes"}, ("warning", "form.choices", f"{GROUP}[0].choices")),
        ({f"{GROUP}[0].label": "Two\nlines?"}, ("error", "text.line-break", f"{GROUP}[0].label")),
        ({f"{GROUP}[0].label": "x" * 501}, ("error", "text.too-long", f"{GROUP}[0].label")),
        ({f"{GROUP}[0].label": "a\u202eb"}, ("error", "form.direction", f"{GROUP}[0].label")),
        ({f"{GROUP}[0].label": "<b>Who?</b>"}, ("warning", "text.html", f"{GROUP}[0].label")),
        ({f"{GROUP}[999999].label": "Far?"}, ("error", "form.too-many", GROUP)),
        ({"registration.url": REGISTRATION_PAGE}, ("error", "registration.two-ways", "registration.with_us")),
        (
            {"registration.url": REGISTRATION_PAGE, "registration.with_us": ""},
            ("warning", "form.unasked", GROUP),
        ),
        ({"access": "invitation"}, ("error", "registration.invitation-here", "registration.with_us")),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(typed: dict[str, str], expected: tuple[str, ...]) -> None:
    assert said(read(typed)) == [expected]


def test_a_fault_stands_beside_its_row_when_one_above_is_empty() -> None:
    typed = {f"{GROUP}[0].label": "", f"{GROUP}[0].required": "", f"{GROUP}[1].choices": "Only one"}
    assert said(read(typed)) == [("error", "registration.question-choices", f"{GROUP}[1].choices")]


def test_twenty_questions_are_kept_and_more_are_said_to_be_too_many() -> None:
    many = {f"{GROUP}[{n}].label": f"Question {n}?" for n in range(2, 20)}
    assert len(registration_of(read(many)).questions) == 20
    found = read(many | {f"{GROUP}[20].label": "One more?"})
    assert said(found) == [("error", "form.too-many", GROUP)]


def test_a_join_link_alone_means_that_people_register_here() -> None:
    found = read({"registration.with_us": "", "registration.join_link": "https://us02web.zoom.us/j/123456789?pwd=abc"})
    assert said(found) == []
    assert (found.content is not None and found.content.registration.with_us) is False


def test_a_copy_keeps_the_tick_and_the_questions_without_ids_and_no_dates(kept: EventContent) -> None:
    copy = copied(kept, FORM.edition, replace(FORM.edition, slug="2022"))
    assert copy.registration == RegistrationContent(
        state=RegistrationState.MISSING,
        with_us=True,
        no_waiting_list=True,
        questions=tuple(replace(one, id="") for one in kept.registration.questions),
    )
    typed = filled() | type_event(copy, people={}, organisations={})
    assert (typed["registration.closes_on"], typed["registration.closes_time"]) == ("", "")


def test_names_of_the_fields_are_known() -> None:
    assert pattern_of(f"{GROUP}[3].label") == f"{GROUP}[].label"
    assert field_of(f"{GROUP}[3].label.es") == f"{GROUP}[3].label"
    assert field_of(f"{GROUP}[3].choices[2]") == f"{GROUP}[3].choices"
    typed, findings = collect(
        [(f"{GROUP}[0].label", "Who\x00?"), (f"{GROUP}[0].label.en", "x"), (f"{GROUP}[x].id", "y")]
    )
    assert (typed, findings) == ({f"{GROUP}[0].label": "Who?"}, [])
