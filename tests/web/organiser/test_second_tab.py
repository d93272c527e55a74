"""Two tabs of one change: whatever was handed in first, and however, what the other one holds is never dropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.browser import Browser
from tests.cast import BASE_URL, post, sign_in
from tests.conftest import Databases
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from wmd.db import db
from wmd.models import Draft, Revision, Submission


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """A service; what differs between the databases is tested with the services."""
    with desk_on(databases.copy("sqlite", tmp_path), tmp_path) as found:
        yield found


@pytest.fixture
def submission_id(desk: Desk) -> str:
    """An event that Ana handed in."""
    ana = browser_of(desk, "ana")
    ana.open(f"/organiser/drafts/{desk.draft(of_a())}")
    ana.press("Hand in")
    with desk.app.app_context():
        found = db.session().scalars(select(Submission.id).where(Submission.source == "form")).one()
        db.session.remove()
    return found


def browser_of(desk: Desk, person: str, *, staff: bool = False) -> Browser:
    browser = Browser(desk.app)
    sign_in(browser._client, desk.app, person, staff=staff)
    return browser


def changing(desk: Desk, submission_id: str) -> tuple[Browser, Browser]:
    """Return two tabs of Ana's browser with one and the same change."""
    first = browser_of(desk, "ana")
    first.open(f"/organiser/submissions/{submission_id}")
    first.press("Change it")
    second = Browser(desk.app)
    second._client = first._client
    second.open(first.path)
    return first, second


def costs(desk: Desk, submission_id: str) -> list[str]:
    with desk.app.app_context():
        of_it = select(Revision.content).where(Revision.submission_id == submission_id).order_by(Revision.number)
        found = [content.get("cost", "") for content in db.session().scalars(of_it)]
        db.session.remove()
    return found


@pytest.mark.parametrize("button", ["Save the draft", "Preview", "Add a session", "Hand in the change"])
def test_words_of_the_second_tab_stay_after_a_change_without_a_change(
    desk: Desk, submission_id: str, button: str
) -> None:
    first, second = changing(desk, submission_id)
    first.press("Hand in the change")
    assert first.path == f"/organiser/submissions/{submission_id}?done=1"
    second.type({"cost": "7 EUR"})
    second.press(button)
    assert (second.status, second.texts("//h1")) == (409, ["This was handed in already"])
    assert second.texts("//dt")[0] == "Cost"
    assert "You typed now: 7 EUR" in second.says()
    second.press("Make it a change of what you handed in")
    assert second.values("//input[@name='cost']/@value") == ["7 EUR"]
    second.press("Hand in the change")
    assert second.path == f"/organiser/submissions/{submission_id}?done=1", second.says()
    assert costs(desk, submission_id) == ["", "7 EUR"]


def test_second_tab_without_words_of_its_own_is_told_that_it_is_done(desk: Desk, submission_id: str) -> None:
    first, second = changing(desk, submission_id)
    first.press("Hand in the change")
    second.press("Save the draft")
    assert second.path == f"/organiser/submissions/{submission_id}?done=1"
    # And the draft itself leads there.
    here = first._client.get(draft_of(desk), base_url=BASE_URL)
    assert (here.status_code, here.headers["Location"]) == (303, f"/organiser/submissions/{submission_id}")


def draft_of(desk: Desk) -> str:
    with desk.app.app_context():
        found = db.session().scalars(select(Draft.id).where(Draft.submission_id.is_not(None))).one()
        db.session.remove()
    return f"/organiser/drafts/{found}"


def test_text_that_cannot_be_read_counts_as_words(desk: Desk, submission_id: str) -> None:
    first, second = changing(desk, submission_id)
    first.press("Hand in the change")
    second.type({"capacity": "many"})
    second.press("Save the draft")
    assert (second.status, "You typed now: many" in second.says()) == (409, True)


def test_autosave_of_the_second_tab_is_refused_and_stays_on_the_device(desk: Desk, submission_id: str) -> None:
    first, second = changing(desk, submission_id)
    first.press("Hand in the change")
    form = second.page.get_element_by_id("f-form")
    sent = {name: value or "" for name, value in form.fields.items()} | {"cost": "7 EUR"}
    answer = second._client.post(form.get("data-autosave"), data=sent, base_url=BASE_URL)
    assert (answer.status_code, answer.json) == (410, {"error": "handed-in"})


def test_choice_between_two_versions_comes_too_late_and_keeps_the_words(desk: Desk, submission_id: str) -> None:
    first, second = changing(desk, submission_id)
    first.type({"cost": "5 EUR"})
    first.press("Save the draft")
    second.type({"cost": "9 EUR"})
    second.press("Save the draft")
    assert second.texts("//h1") == ["Two versions of your draft"]
    first.press("Hand in the change")
    second.press("Save what I chose")
    assert (second.status, second.texts("//h1")) == (409, ["This was handed in already"])
    assert second.texts("//dd") == ["You typed now: 9 EURYou handed in: 5 EUR"]


def test_change_of_the_second_tab_takes_nothing_back_that_the_first_one_changed(desk: Desk, submission_id: str) -> None:
    first, second = changing(desk, submission_id)
    first.type({"host_city": "Girona", "texts.en.title": "Told better"})
    first.press("Hand in the change")
    second.type({"cost": "7 EUR", "texts.en.title": "Told best"})
    second.press("Save the draft")
    assert second.texts("//dt") == ["Title (English)", "Cost"]
    second.press("Make it a change of what you handed in")
    second.press("Hand in the change")
    with desk.app.app_context():
        newest = (
            select(Revision.content).where(Revision.submission_id == submission_id).order_by(Revision.number.desc())
        )
        content = db.session().scalars(newest).first()
        db.session.remove()
    assert content is not None
    assert (content["host_city"], content["cost"], content["texts"]["en"]["title"]) == ("Girona", "7 EUR", "Told best")


def test_words_stay_when_the_event_takes_no_more_changes(desk: Desk, submission_id: str) -> None:
    first, second = changing(desk, submission_id)
    first.press("Hand in the change")
    post(first._client, f"/organiser/submissions/{submission_id}/withdraw", {})
    second.type({"cost": "7 EUR"})
    second.press("Save the draft")
    assert (second.status, "You typed now: 7 EUR" in second.says()) == (409, True)
    assert second.texts("//main//button") == []
    assert second.values("//main//input[@name='cost']/@value") == ["7 EUR"]


def test_second_tab_of_staff_keeps_its_words_too(desk: Desk, submission_id: str) -> None:
    first = browser_of(desk, "mona", staff=True)
    first.open(f"/staff/desk/{submission_id}")
    first.press("Edit it yourself")
    second = Browser(desk.app)
    second._client = first._client
    second.open(first.path)
    first.type({"host_city": "Girona"})
    first.press("Save this version")
    assert first.path == f"/staff/desk/{submission_id}?done=edit"
    second.type({"cost": "7 EUR"})
    second.press("Save the draft")
    assert (second.status, "You typed now: 7 EUR" in second.says()) == (409, True)
    assert second.values("//main//p/a/@href") == [f"/staff/desk/{submission_id}"]
    second.press("Make it a change of what you handed in")
    assert second.texts("//h1") == ["Edit as staff"]
    second.press("Save this version")
    assert second.path == f"/staff/desk/{submission_id}?done=edit", second.says()
    assert costs(desk, submission_id) == ["", "", "7 EUR"]
