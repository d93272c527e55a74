"""Panels of an event from the form to the public page, back into the form, and to the desk; all without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.browser import Browser
from tests.cast import get, post, sign_in
from tests.conftest import Databases
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from tests.web.organiser.test_submit import values_in
from wmd.db import db
from wmd.models import Event, Revision, Submission

PANEL = "sessions[0].panels[0]"
WITH_PANELS = of_a(
    **{
        "texts.es.title": "Cuidar la metrópoli", "texts.es.description": "Dos alcaldesas y una enfermera. " * 9,
        "sessions[0].panels_asked": "yes",
        f"{PANEL}.title.en": "Plans that begin with people",
        f"{PANEL}.title.es": "Planes que empiezan por las personas",
        f"{PANEL}.questions.en": "What did you stop doing?\nWhom did you forget?",
        f"{PANEL}.questions.es": "¿Qué dejaron de hacer?\n¿A quién olvidaron?",
        f"{PANEL}.speakers[0].title": "Secretary general", f"{PANEL}.speakers[0].role": "moderator",
        "sessions[0].panels[1].title.en": "Good ideas that travel",
    }
)  # fmt: skip


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """A service; what differs between the databases is tested with the services."""
    with desk_on(databases.copy("sqlite", tmp_path), tmp_path) as found:
        yield found


def signed_in(desk: Desk, person: str, *, staff: bool = False) -> Browser:
    browser = Browser(desk.app)
    sign_in(browser._client, desk.app, person, staff=staff)
    return browser


def handed_in(desk: Desk) -> tuple[Browser, str]:
    """Hand an event with two panels in as Ana; return her browser and the submission's id."""
    draft_id = desk.draft(WITH_PANELS)
    browser = signed_in(desk, "ana")
    browser.open(f"/organiser/drafts/{draft_id}")
    browser.press("Hand in")
    assert "Thank you" in browser.says(), browser.says()
    with desk.app.app_context():
        found = db.session().scalars(select(Submission.id).where(Submission.source == "form")).one()
        db.session.remove()
    return browser, found


def approved(desk: Desk, submission_id: str) -> str:
    """Approve what waits; return the public address."""
    mona = signed_in(desk, "mona", staff=True)
    mona.open(f"/staff/desk/{submission_id}")
    mona.press("Approve")
    with desk.app.app_context():
        event_id = db.session().get_one(Submission, submission_id).event_id
        event = db.session().get_one(Event, event_id)
        desk.app.extensions["wmd.library"].refresh()
        path = f"/2021/events/{event.code}-{event.slug}"
        db.session.remove()
    return path


def panels_in(page: Browser) -> list[list[str]]:
    """Return the panels of a public page, each as its heading and questions."""
    shown = page.page.xpath("//div[@class='panel']")
    return [
        [" ".join(each.text_content().split()) for each in panel.xpath("./h3 | .//ul[@class='questions']/li")]
        for panel in shown
    ]


def test_panels_are_added_moved_and_taken_out_by_buttons(desk: Desk) -> None:
    browser = Browser(desk.app)
    browser.open("/2021/submit")
    assert browser.values("//fieldset[starts-with(@id, 'f-sessions-0-panels')]/@id") == []
    browser.press("Add a panel")
    browser.fill(**{f"{PANEL}.title.en": "First", f"{PANEL}.questions.en": "One?\nTwo?"})
    browser.press("Add a panel")
    browser.type({"sessions[0].panels[1].title.en": "Second"})
    browser.press("Add a speaker in panel 2")
    browser.type({"sessions[0].panels[1].speakers[0].title": "Mayor"})
    browser.press("Move this panel up 2")
    shown = {name: value for name, value in values_of(browser).items() if ".panels[" in name and value}
    assert shown == {
        f"{PANEL}.title.en": "Second", f"{PANEL}.speakers[0].title": "Mayor", f"{PANEL}.speakers[0].role": "speaker",
        "sessions[0].panels[1].title.en": "First", "sessions[0].panels[1].questions.en": "One?\nTwo?",
    }  # fmt: skip
    buttons = browser.texts("//fieldset[@id='f-sessions-0-panels-0']/p[@class='part-buttons']/button")
    assert buttons == ["Remove this panel 1", "Move this panel down 1"]
    browser.press("Remove this panel 1")
    assert values_of(browser)[f"{PANEL}.title.en"] == "First"
    assert browser.texts("//fieldset[starts-with(@id, 'f-sessions-0-panels')]/legend") == ["Panel 1"]


def values_of(browser: Browser) -> dict[str, str]:
    """Return what stands in the fields of the form."""
    form = browser.page.get_element_by_id("f-form")
    return {name: str(value or "").removeprefix("\n") for name, value in form.fields.items()}


def test_form_asks_for_a_panel_in_each_language_of_the_event(desk: Desk) -> None:
    page = signed_in(desk, "ana").open(f"/organiser/drafts/{desk.draft(WITH_PANELS)}")
    asked = [(label.text_content().split("(optional)")[0].strip(), control.get("lang"), control.get("dir"))
             for control in page.xpath(f"//*[starts-with(@name, '{PANEL}.') and @lang]")
             for label in page.xpath("//label[@for=$id]", id=control.get("id"))]  # fmt: skip
    assert asked == [
        ("Title of the panel (English)", "en", "ltr"), ("Title of the panel (Spanish)", "es", "ltr"),
        ("What it is about (English)", "en", "ltr"), ("What it is about (Spanish)", "es", "ltr"),
        ("Guiding questions (English)", "en", "ltr"), ("Guiding questions (Spanish)", "es", "ltr"),
    ]  # fmt: skip


def test_panels_come_from_the_form_to_the_preview_and_the_public_page(desk: Desk) -> None:
    draft_id = desk.draft(WITH_PANELS)
    ana = signed_in(desk, "ana")
    ana.open(f"/organiser/drafts/{draft_id}/preview")
    wanted = [
        ["Plans that begin with people", "What did you stop doing?", "Whom did you forget?"],
        ["Good ideas that travel"],
    ]
    assert panels_in(ana) == wanted
    ana.open(f"/organiser/drafts/{draft_id}")
    ana.press("Hand in")
    with desk.app.app_context():
        submission_id = db.session().scalars(select(Submission.id).where(Submission.source == "form")).one()
        db.session.remove()
    public = Browser(desk.app)
    public.open(approved(desk, submission_id))
    assert panels_in(public) == wanted
    assert "Secretary general" in public.says()


def test_a_copy_begins_with_the_panels(desk: Desk) -> None:
    ana, submission_id = handed_in(desk)
    answer = post(ana._client, f"/organiser/submissions/{submission_id}/copy", {"edition": "2021"})
    page = get(ana._client, answer.headers["Location"]).text
    shown = {name: value for name, value in values_in(page).items() if ".panels[" in name and value}
    typed = {name: value for name, value in WITH_PANELS.items() if ".panels[" in name}
    assert shown == typed


def test_a_change_of_panels_is_shown_and_taken_field_by_field_at_the_desk(desk: Desk) -> None:
    ana, submission_id = handed_in(desk)
    path = approved(desk, submission_id)
    ana.open(f"/organiser/submissions/{submission_id}")
    ana.press("Change it")
    ana.type(
        {
            f"{PANEL}.title.en": "Plans that end with people",
            f"{PANEL}.questions.en": "What did you stop doing?\nWhom did your last plan forget?",
        }
    )
    ana.press("Add a panel")
    ana.type({"sessions[0].panels[2].title.en": "A third", "sessions[0].panels[2].questions.en": "Where to?"})
    ana.press("Hand in the change")
    assert ana.path == f"/organiser/submissions/{submission_id}?done=1", ana.says()

    mona = signed_in(desk, "mona", staff=True)
    mona.open(f"/staff/desk/{submission_id}")
    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./th | ./td[@data-label]")]
        for row in mona.page.xpath("//table[contains(@class, 'diff')]/tbody/tr")
    ]
    spanish = "Spanish: Planes que empiezan por las personas"
    assert rows == [
        ["Panel A third", "–", "English: A third English: Where to?"],
        ["Title of the panel Plans that end with people", f"English: Plans that begin with people; {spanish}",
         f"English: Plans that end with people; {spanish}"],
        ["Guiding question Whom did your last plan forget?",
         "English: Whom did you forget?; Spanish: ¿A quién olvidaron?",
         "English: Whom did your last plan forget?; Spanish: ¿A quién olvidaron?"],
    ]  # fmt: skip
    # The question is taken, the new title and the new panel are not.
    (box,) = [value for value in mona.values("//input[@name='take']/@value") if value.endswith(".text")]
    mona.type({"take": box})
    mona.type({"own": "The title stays."})
    mona.press("Take what is ticked")
    desk.app.extensions["wmd.library"].refresh()
    public = Browser(desk.app)
    public.open(path)
    assert panels_in(public) == [
        ["Plans that begin with people", "What did you stop doing?", "Whom did your last plan forget?"],
        ["Good ideas that travel"],
    ]


def test_too_many_panels_are_said_and_every_word_is_kept(desk: Desk) -> None:
    client = desk.client(None)
    many = {f"sessions[0].panels[{number}].title.en": f"Panel {number}" for number in range(25)}
    answer = post(
        client, "/2021/submit", {**WITH_PANELS, **many, "form_token": "token-of-many-panels", "action": "hand-in"}
    )
    assert answer.status_code == 422
    assert "There are 25 panels; a session can have 20." in answer.text
    shown = values_in(answer.text)
    assert {name: shown[name] for name in many} == many


def test_far_numbers_make_no_long_page(desk: Desk) -> None:
    far = {
        "sessions[0].speakers[999999].name": "Far", f"{PANEL}.speakers[999999].name": "Far",
        "sessions[0].panels[999999].title.en": "Far", "organisers[999999].name": "Far",
    }  # fmt: skip
    sent = {**WITH_PANELS, **far, "form_token": "token-of-far-numbers", "action": "hand-in"}
    answer = post(desk.client(None), "/2021/submit", sent)
    assert (answer.status_code, len(answer.data) < 2_000_000) == (422, True)
    shown = values_in(answer.text)
    assert {name: shown[name] for name in far} == far


def test_hostile_words_of_panels_are_escaped_everywhere(desk: Desk) -> None:
    hostile = "<script>alert(1)</script>"
    typed = WITH_PANELS | {
        f"{PANEL}.title.en": hostile, f"{PANEL}.description.en": f"{hostile} <img src=x onerror=alert(1)>",
        f"{PANEL}.questions.en": f"{hostile}\n\"><svg onload=alert(1)>", f"{PANEL}.speakers[0].organisation": hostile,
    }  # fmt: skip
    draft_id = desk.draft(typed)
    ana = desk.client()
    pages = [get(ana, f"/organiser/drafts/{draft_id}").text, get(ana, f"/organiser/drafts/{draft_id}/preview").text]
    for page in pages:
        assert [word for word in ("<script>alert", "<img src=x", "<svg onload") if word in page] == []
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_panels_of_a_revision_are_kept_with_their_ids_through_an_edit_of_something_else(desk: Desk) -> None:
    ana, submission_id = handed_in(desk)
    ana.open(f"/organiser/submissions/{submission_id}")
    ana.press("Change it")
    ana.type({"cost": "5 EUR"})
    ana.press("Hand in the change")
    with desk.app.app_context():
        of_it = select(Revision.content).where(Revision.submission_id == submission_id).order_by(Revision.number)
        first, second = db.session().scalars(of_it).all()
        db.session.remove()
    assert (second["cost"], second["sessions"][0]["panels"]) == ("5 EUR", first["sessions"][0]["panels"])
