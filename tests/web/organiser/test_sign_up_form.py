"""Registering here from the organiser's form to the preview, the public page and back; all without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browser import Browser
from tests.cast import get, sign_in
from tests.conftest import Databases
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from tests.web.organiser.test_panels import approved, signed_in, values_of
from wmd.db import db
from wmd.models import Submission

GROUP = "registration.questions"
LINK = "https://us02web.zoom.us/j/123456789?pwd=abcdefghijkl"
HERE = of_a(
    **{
        "registration.url": "", "registration.sign_up_asked": "yes", "registration.with_us": "yes", "capacity": "40",
        "registration.closes_on": "2021-10-07", "registration.closes_time": "",
        f"{GROUP}[0].label": "Which city are you from?", f"{GROUP}[0].kind": "text", f"{GROUP}[0].required": "yes",
        f"{GROUP}[1].label": "By bicycle?", f"{GROUP}[1].kind": "choice", f"{GROUP}[1].choices": "Always\nNever",
    }
)  # fmt: skip


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """A service; what differs between the databases is tested with the services."""
    with desk_on(databases.copy("sqlite", tmp_path), tmp_path) as found:
        yield found


def asked(browser: Browser) -> dict[str, str]:
    return {name: value for name, value in values_of(browser).items() if name.startswith(GROUP) and value}


def test_questions_are_added_moved_and_taken_out_by_buttons(desk: Desk) -> None:
    browser = Browser(desk.app)
    browser.open("/2021/submit")
    assert browser.values("//details[summary[starts-with(., 'Ask those')]]/@open") == []
    browser.press("Add a question")
    browser.fill(**{f"{GROUP}[0].label": "First?"})
    browser.press("Add a question")
    browser.type({f"{GROUP}[1].label": "Second?", f"{GROUP}[1].kind": "number"})
    browser.press("Move this question up 2")
    assert asked(browser) == {
        f"{GROUP}[0].label": "Second?", f"{GROUP}[0].kind": "number",
        f"{GROUP}[1].label": "First?", f"{GROUP}[1].kind": "text",
    }  # fmt: skip
    buttons = browser.texts("//fieldset[@id='f-registration-questions-0']/p[@class='part-buttons']/button")
    assert buttons == ["Remove this question 1", "Move this question down 1"]
    browser.press("Remove this question 1")
    assert asked(browser) == {f"{GROUP}[0].label": "First?", f"{GROUP}[0].kind": "text"}
    assert browser.values("//details[summary[starts-with(., 'Ask those')]]/@open") == [""]


def test_twenty_first_question_cannot_be_added_and_what_came_too_much_is_kept(desk: Desk) -> None:
    many = HERE | {f"{GROUP}[{n}].label": f"Question {n}?" for n in range(21)}
    browser = signed_in(desk, "ana")
    browser.open(f"/organiser/drafts/{desk.draft(many)}")
    assert len(browser.values("//fieldset[starts-with(@id, 'f-registration-questions-')]/@id")) == 20
    assert browser.values("//button[@value='add-question']/@value") == []
    browser.press("Hand in")
    said = browser.texts("//*[@id='f-registration-questions']//li")
    assert said == ["Mistake: There are 21 questions to those who register; 20 fit."]
    assert asked(browser)[f"{GROUP}[20].label"] == "Question 20?"


def test_mistakes_are_listed_with_the_number_of_their_question(desk: Desk) -> None:
    browser = signed_in(desk, "ana")
    wrong = {
        f"{GROUP}[1].choices": "Always",
        "registration.closes_on": "2021-03-28",
        "registration.closes_time": "02:30",
    }
    browser.open(f"/organiser/drafts/{desk.draft(HERE | wrong)}")
    browser.press("Hand in")
    links = browser.values("//a[starts-with(@href, '#f-registration')]/@href")
    assert list(dict.fromkeys(links)) == ["#f-registration-closes_time", "#f-registration-questions-1-choices"]
    assert "Question 2 to those who register, Answers to choose from" in browser.says()


def test_tick_and_questions_come_to_the_public_page_and_back_into_the_form(desk: Desk) -> None:
    draft_id = desk.draft(HERE)
    ana = signed_in(desk, "ana")
    ana.open(f"/organiser/drafts/{draft_id}/preview")
    previewed = " ".join(ana.texts("//main//a[starts-with(normalize-space(.), 'Register')]"))
    ana.open(f"/organiser/drafts/{draft_id}")
    ana.press("Hand in")
    with desk.app.app_context():
        submission_id = db.session().scalars(select(Submission.id).where(Submission.source == "form")).one()
        db.session.remove()
    path = approved(desk, submission_id)
    public = Browser(desk.app)
    public.open(path)
    # Nobody goes to Zoom from here, though it takes place there.
    assert (previewed, "Register on Zoom" in public.says()) == ("Register", False)
    assert "Registration is open until" in public.says()
    public.open(f"/e/{path.split('/')[3].partition('-')[0]}/register")
    assert [
        each for each in public.texts("//form//label[@class='label']") if each.startswith(("Which city", "By bicycle"))
    ] == ["Which city are you from?", "By bicycle? (optional)"]
    ana.open(f"/organiser/submissions/{submission_id}")
    ana.press("Change it")
    again = values_of(ana)
    assert (again["registration.with_us"], again["registration.closes_on"], again["registration.closes_time"]) == (
        "yes", "2021-10-07", "",
    )  # fmt: skip
    assert again[f"{GROUP}[1].choices"] == "Always\nNever"
    assert again[f"{GROUP}[0].id"] != again[f"{GROUP}[1].id"] != ""


def test_preview_of_a_join_link_alone_shows_that_people_register_here(desk: Desk) -> None:
    alone = {"registration.with_us": "", "registration.join_link": LINK, f"{GROUP}[0].label": ""}
    draft_id = desk.draft(HERE | alone)
    page = get(desk.client(), f"/organiser/drafts/{draft_id}/preview").get_data(as_text=True)
    assert ("Registration is open until" in page, "zoom.us/j/" in page) == (True, False)


def test_form_stays_small(demo_app: Flask) -> None:
    page = get(demo_app.test_client(), "/demo/submit")
    assert (page.status_code, len(page.data) < 85_000) == (200, True)


def test_preview_and_desk_show_which_answers_a_question_offers_and_which_must_be_given(desk: Desk) -> None:
    typed = HERE | {f"{GROUP}[1].choices": "Morning, Noon, Night\nNever"}
    draft_id = desk.draft(typed)
    preview = " ".join(get(desk.client(), f"/organiser/drafts/{draft_id}/preview").get_data(as_text=True).split())
    expected = [
        "Which city are you from? (own words, must be answered)",
        "By bicycle? (one of “Morning, Noon, Night”, “Never”)",
    ]
    assert [words in preview for words in expected] == [True, True]
    browser = signed_in(desk, "ana")
    browser.open(f"/organiser/drafts/{draft_id}")
    browser.press("Hand in")
    with desk.app.app_context():
        submission_id = db.session.scalars(select(Submission.id).where(Submission.state == "submitted")).one()
    client = desk.app.test_client()
    sign_in(client, desk.app, "mona", staff=True)
    page = get(client, f"/staff/desk/{submission_id}").get_data(as_text=True)
    assert [words in page for words in expected] == [True, True]
