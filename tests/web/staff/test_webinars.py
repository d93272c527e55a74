"""The page on which staff have a webinar made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import get, make_cast, post
from tests.conftest import Clock
from tests.made_rooms import Made
from tests.web.staff.test_day import said, visit
from tests.zoom_house import zoom_house
from wmd.services.publishing import Setting


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[Made]:
    with zoom_house(database_url, tmp_path) as found:
        yield Made(found)


def test_one_press_makes_a_webinar_and_the_page_says_how_it_stands(house: Made) -> None:
    house.publish()
    code = house.house.event().code
    house.house.dbs.rollback()
    browser, path = visit(house.house.app, "mona"), f"/staff/webinars/{code}"
    assert said(get(browser, path).text, "//form//button")[-1] == "Make a webinar for this event"
    answer = post(browser, path, {})
    assert (answer.status_code, answer.location) == (303, f"{path}?done=made")
    assert said(get(browser, f"{path}?done=made").text, "//ul[@class='work-list']/li/p")[0] == "make it: waits"
    assert post(browser, path, {}).status_code == 409
    house.run()
    page = get(browser, path).text
    assert said(page, "//section[@aria-labelledby='stands']/p")[0] == "being looked at"
    assert "/j/" not in page
    assert house.rooms()[0].host.email not in page


def test_event_with_a_page_of_its_own_is_told_why_not(house: Made) -> None:
    house.publish(registration=documents.event()["registration"])
    code = house.house.event().code
    house.house.dbs.rollback()
    page = get(visit(house.house.app, "mona"), f"/staff/webinars/{code}").text
    assert said(page, "//h1/following-sibling::p")[-1] == "The event has a registration page of its own already."
    assert "Make a webinar" not in page


def test_without_an_account_of_our_own_there_is_no_page(
    app: Flask, dbs: Session, setting: Setting, clock: Clock
) -> None:
    make_cast(dbs, clock.now)
    documents.apply(dbs, setting, documents.document(documents.event(registration={"state": "missing"})))
    browser = visit(app, "mona")
    assert get(browser, "/staff/webinars/ZZZZZZ").status_code == 404
