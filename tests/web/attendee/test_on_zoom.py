"""Being registered on Zoom as well, from the organiser's button to one's own page: told before, and never without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import select

from tests.attendees import attend, register
from tests.carried import Carried
from tests.cast import get, post, sign_in
from tests.web.staff.test_day import said
from tests.zoom_house import zoom_house
from wmd.models import Attendee, AuditEntry, Person, Registration, Submission
from wmd.services.mail_tokens import issue
from wmd.services.personal_links import me_path

TOLD = "The organiser has everybody who registers here registered on Zoom as well"


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Carried]:
    with zoom_house(database_url, tmp_path) as house:
        yield Carried(house)


def own_page(here: Carried, name: str) -> str:
    """Return the path of somebody's own registration."""
    dbs = here.house.dbs
    place = dbs.scalars(select(Registration).where(Registration.person_id == name)).one()
    path = me_path(dbs, here.means.box, dbs.get_one(Attendee, name), now=here.house.clock.now)
    found = f"{path}registrations/{place.id}"
    dbs.commit()
    return found


def test_organiser_turns_it_on_and_the_form_says_so_before_anybody_registers(here: Carried) -> None:
    here.begin(on=False)
    code = here.house.event().code
    submission = here.house.dbs.scalars(select(Submission.id)).one()
    here.house.dbs.rollback()
    browser, path = here.house.app.test_client(), f"/organiser/submissions/{submission}/registrants"
    sign_in(browser, here.house.app, "ana")
    stranger = here.house.app.test_client()
    assert TOLD not in get(stranger, f"/e/{code}/register").text
    assert "Register people on Zoom as well" in get(browser, path).text

    answer = post(browser, f"{path}/zoom", {"wanted": "on"})
    assert (answer.status_code, answer.location) == (303, f"{path}?done=zoom-on#zoom")
    page = get(browser, path).text
    assert "Register nobody more on Zoom" in page
    assert TOLD in get(stranger, f"/e/{code}/register").text
    acts = here.house.dbs.execute(
        select(AuditEntry.actor, AuditEntry.after).where(AuditEntry.action == "push-registrants")
    )
    assert acts.tuples().all() == [("person:ana", "on")]
    here.house.dbs.rollback()
    post(browser, f"{path}/zoom", {"wanted": "off"})
    assert TOLD not in get(stranger, f"/e/{code}/register").text


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_room_that_is_only_a_link_cannot_be_filled(here: Carried) -> None:
    here.publish(registration={"state": "open", "url": "https://a.example/register"})
    submission = here.house.dbs.scalars(select(Submission.id)).one()
    here.house.dbs.rollback()
    browser, path = here.house.app.test_client(), f"/organiser/submissions/{submission}/registrants"
    sign_in(browser, here.house.app, "ana")
    assert "on Zoom" not in get(browser, path).text
    assert post(browser, f"{path}/zoom", {"wanted": "on"}).status_code == 409


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("opened", ["after", "before"])
def test_who_sends_a_form_that_says_so_is_carried_over_at_once(here: Carried, opened: str) -> None:
    room = here.begin(on=False)
    dbs, now, event = here.house.dbs, here.house.clock.now, here.house.event()
    person = dbs.get_one(Person, attend(dbs, "ann", now))
    row = register(dbs, person.id, event, now, state="unconfirmed", confirmed_at=None)
    dbs.commit()
    with here.house.app.app_context():
        _, secret = issue(dbs, "confirm-registration", person.id, row.id, timedelta(days=7), now, revoke_older=False)
        dbs.commit()
    browser, page = here.house.app.test_client(), ""
    for when in ("before", "after"):
        if when == opened:
            page = get(browser, f"/me/registration/{secret}").text
        if when == "before":
            here.turn(wanted=True)
    assert (TOLD in page) is (opened == "after")
    inputs = html.fromstring(page).xpath("//main//form//input[@name != 'csrf_token']")
    fields = {str(each.get("name")): str(each.get("value")) for each in inputs}
    assert post(browser, f"/me/registration/{secret}", fields).status_code == 303
    dbs.rollback()
    path = own_page(here, "ann")
    own = get(browser, path).text
    assert ("You are being registered on Zoom." in own) is (opened == "after")
    assert ("They turned this on after you had opened the form" in own) is (opened == "before")
    here.carry()
    assert here.there(room) == ({"ann": "approved"} if opened == "after" else {})


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_own_page_says_how_one_stands_and_lets_who_came_earlier_ask(here: Carried) -> None:
    room = here.begin(on=False)
    here.join("ann")
    here.turn(wanted=True)
    path, browser = own_page(here, "ann"), here.house.app.test_client()
    assert "Nothing" not in get(browser, path).text
    assert said(get(browser, path).text, "//form[contains(@action, '/zoom')]//button") == ["Register me on Zoom"]
    assert post(browser, f"{path}/zoom", {}).location == f"{path}?done=zoom#said"
    assert "You are being registered on Zoom." in get(browser, path).text
    here.carry()
    page = get(browser, path).text
    assert "You are registered on Zoom, with a link of your own." in page
    assert "/w/" not in page
    assert here.of(room, "ann").ticket not in page


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_who_could_not_be_registered_is_led_to_zooms_own_page(here: Carried) -> None:
    room = here.begin()
    room.custom_questions.append({"title": "Your city?", "type": "short", "required": True})
    here.join("ann")
    here.carry()
    page = get(here.house.app.test_client(), own_page(here, "ann")).text
    assert "Zoom’s form asks more than you told us." in page
    assert f'href="{here.house.zoom.control.links(room.id).registration}"' in page


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_no_list_or_file_of_the_organisers_holds_a_ticket(here: Carried) -> None:
    room = here.begin()
    here.join("ann", shares_name=True)
    here.carry()
    submission = here.house.dbs.scalars(select(Submission.id)).one()
    here.house.dbs.rollback()
    browser, path = here.house.app.test_client(), f"/organiser/submissions/{submission}/registrants"
    sign_in(browser, here.house.app, "ana")
    pages = [get(browser, each).text for each in (path, f"{path}/registrants.csv")]
    assert all("ann@attendees.example" in page for page in pages)
    assert [word for word in ("/w/", "tk=", here.of(room, "ann").ticket) for page in pages if word in page] == []
    assert said(pages[0], "//dt[text()='Registered there']/following-sibling::dd") == ["1"]
