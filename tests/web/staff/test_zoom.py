"""The page about Zoom before a fake one: connected, lacking a right, refused, and connected again; or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, post, sign_in
from tests.conftest import Clock
from tests.web.staff.test_day import said
from tests.zoom_house import ZoomHouse, zoom_house
from wmd.gateways import zoom_of
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, HOST


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ZoomHouse]:
    with zoom_house(database_url, tmp_path, zoom_panel_url="http://127.0.0.1:8091") as found:
        yield found


@pytest.fixture
def mona(house: ZoomHouse) -> FlaskClient:
    """The moderator's browser."""
    house.dbs.rollback()
    client = house.app.test_client()
    sign_in(client, house.app, "mona", staff=True)
    return client


def tried(house: ZoomHouse, client: FlaskClient) -> list[str]:
    """Try the connection and return what is said of it."""
    house.dbs.rollback()
    answer = post(client, "/staff/zoom/try")
    assert answer.status_code == 303
    return said(get(client, str(answer.location)).text, "//div[@role='status']")


def test_connection_is_tried_lost_and_connected_again(house: ZoomHouse, mona: FlaskClient) -> None:
    assert "Nothing was asked yet." in get(mona, "/staff/zoom").text
    assert tried(house, mona) == ["Zoom answers, and knows us."]
    page = get(mona, "/staff/zoom").text
    assert said(page, "//section[@aria-labelledby='accounts']//span[starts-with(@class,'badge')]") == ["connected"]
    assert said(page, "//section[@aria-labelledby='calls']//tbody//th") == ["GET /users/{user}"]

    house.zoom.control.fault("status", "GET /users/{user}", times=None, status=401, code=124)
    assert tried(house, mona)[0].startswith("Zoom refuses us: look whether the app is active")
    page = get(mona, "/staff/zoom").text
    assert said(page, "//section[@aria-labelledby='accounts']//span[starts-with(@class,'badge')]") == [
        "Zoom refuses us"
    ]
    assert said(page, "//section[@class='alarms']//b")[0].startswith("Zoom does not let us in any more.")
    house.zoom.control.no_faults()
    assert tried(house, mona) == ["Zoom answers, and knows us."]
    assert said(get(mona, "/staff/zoom").text, "//section[@class='alarms']") == []


def test_missing_right_is_named_with_what_it_is_for(house: ZoomHouse, mona: FlaskClient) -> None:
    house.zoom.control.set_scopes(CLIENT_ID, ("webinar:read:webinar:admin",))
    assert tried(house, mona) == ["Zoom answers, but the app lacks a right: see below which."]
    rights = said(get(mona, "/staff/zoom").text, "//div[@class='remark']//li")
    assert [each.rpartition(" ")[0] for each in rights] == [
        "find a host, and whether they have a licence for webinars"
    ] * len(rights)
    assert "user:read:user" in " ".join(rights)


@pytest.mark.parametrize("pressed", ["try", "read", "token"])
def test_rooms_are_read_again_once_the_right_that_was_missing_is_there(
    house: ZoomHouse, mona: FlaskClient, pressed: str
) -> None:
    all_rights = house.zoom.control.app(CLIENT_ID).scopes
    house.bound("one")
    house.zoom.control.set_scopes(CLIENT_ID, ("user:read:user:admin",))
    house.sync()
    assert (house.binding().state, house.binding().next_try_at) == ("auth_lost", None)
    house.dbs.rollback()
    house.zoom.control.set_scopes(CLIENT_ID, all_rights)
    if pressed == "try":
        assert tried(house, mona) == ["Zoom answers, and knows us."]
    elif pressed == "read":
        post(mona, "/staff/zoom/read")
    else:
        # Another token is fetched in its time, by whatever call is made then.
        house.clock.now += timedelta(hours=2)
        house.zoom.control.set_time(house.clock.now)
        client = zoom_of(house.app)
        assert client is not None
        house.dbs.rollback()
        client.user(HOST)
    house.sync()
    assert house.binding().state == "ok"
    house.dbs.rollback()
    assert said(get(mona, "/staff/zoom").text, "//section[@class='alarms']") == []


def test_all_rooms_are_read_now_and_counted(house: ZoomHouse, mona: FlaskClient) -> None:
    house.bound("one", "two")
    house.sync()
    house.dbs.rollback()
    assert post(mona, "/staff/zoom/read").location == "/staff/zoom?done=read"
    page = get(mona, "/staff/zoom?done=read").text
    assert "2 wait to be read" in page
    assert house.sync() == 2
    assert said(get(mona, "/staff/zoom").text, "//section[@aria-labelledby='rooms']//dd") == ["2 as in the programme"]


def test_page_holds_no_secret_address_or_room(house: ZoomHouse, mona: FlaskClient) -> None:
    rooms = house.bound("one")
    house.sync()
    tried(house, mona)
    page = get(mona, "/staff/zoom").text
    secrets = (CLIENT_SECRET, HOST, ACCOUNT_ID, str(rooms[0].id), "WN_", "pwd=", "zak")
    assert [each for each in secrets if each in page] == []
    assert 'href="http://127.0.0.1:8091"' in page


def test_without_an_app_the_page_says_what_that_means(app: Flask, dbs: Session, clock: Clock) -> None:
    make_cast(dbs, clock.now)
    client = app.test_client()
    sign_in(client, app, "mona", staff=True)
    page = get(client, "/staff/zoom").text
    assert said(page, "//p[@class='lede']") == [
        "No Zoom account is connected: links are looked at, rooms are not read."
    ]
    assert len(said(page, "//ol[@class='steps']/li")) == 4
    assert "Try the connection</button>" not in page
    assert said(get(client, str(post(client, "/staff/zoom/try").location)).text, "//div[@role='status']") == [
        "Nothing was asked: name a host in WMD_ZOOM_HOST to try with."
    ]
    rita = app.test_client()
    sign_in(rita, app, "rita", staff=True)
    assert get(rita, "/staff/zoom").status_code == 403
