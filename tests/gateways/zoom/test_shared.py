"""The client as the application is composed: its token, budget and notes stand in the database, for all processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.conftest import Clock, make_config, make_test_app
from tests.gateways.zoom.conftest import NOW, OURS, Desk
from tests.models.dumps import dump
from wmd import create_app
from wmd.db import db
from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.faults import AuthLost, RetryAt
from wmd.domain.zoom.wishes import RegistrantWish, RoomWish
from wmd.gateways import Gateways, partner_desk_of, zoom_of
from wmd.gateways.zoom.client import ZoomClient
from wmd.jobs.tools import tools_of
from wmd.models import ZoomAccount, ZoomBudget, ZoomCall
from wmd.services.zoom_accounts import OWN, connect_again
from wmd.services.zoom_budget import host_label
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import CLIENT_SECRET, HOST, PARTNER_CLIENT_ID, PARTNER_CLIENT_SECRET

WEBINAR = RoomKind.WEBINAR
TOKEN = "POST /oauth/token"


@dataclass
class House:
    """Two processes on one database, as far as a test can have them: two applications."""

    apps: list[Flask]
    clients: list[ZoomClient]
    clock: Clock

    def row(self) -> ZoomAccount:
        with self.apps[0].app_context():
            return db.session().get_one(ZoomAccount, OWN)


@pytest.fixture
def house(database_url: str, tmp_path: Path, zoom: FakeZoom) -> Iterator[House]:
    clock = Clock(NOW)
    settings = {
        "zoom_account_id": OURS.account_id, "zoom_client_id": OURS.client_id, "zoom_client_secret": OURS.client_secret,
        "zoom_partner_client_id": PARTNER_CLIENT_ID, "zoom_partner_client_secret": PARTNER_CLIENT_SECRET,
        "zoom_url": zoom.url,
    }  # fmt: skip
    apps = [make_test_app(database_url, tmp_path / name, clock, **settings) for name in ("one", "other")]
    clients = [client for app in apps if (client := zoom_of(app)) is not None]
    yield House(apps, clients, clock)
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_without_credentials_there_is_no_client(app: Flask) -> None:
    assert (zoom_of(app), zoom_of(app, "some-partner"), partner_desk_of(app)) == (None, None, None)
    with app.app_context():
        assert tools_of(app, db.session()).zoom(None) is None


def test_client_that_was_given_is_taken(tmp_path: Path, desk: Desk) -> None:
    app = create_app(make_config(f"sqlite:///{tmp_path}/none.sqlite3", tmp_path), Gateways(zoom=desk.client))
    assert (zoom_of(app), zoom_of(app, OWN), zoom_of(app, "some-partner")) == (desk.client, desk.client, None)


def test_token_is_fetched_once_for_all_and_stands_sealed(
    house: House, zoom: FakeZoom, room_id: str, database_url: str
) -> None:
    for client in house.clients:
        assert client.room(WEBINAR, room_id).id == room_id
    assert zoom.control.counts()[TOKEN] == 1
    (access,) = zoom.control.world.tokens.access
    written = repr(dump(database_url))
    secrets = {"token": access, "secret": CLIENT_SECRET, "address": HOST, "room": room_id}
    assert [name for name, secret in secrets.items() if secret in written] == []


def test_two_processes_that_are_refused_at_once_renew_once(house: House, zoom: FakeZoom, room_id: str) -> None:
    house.clients[0].room(WEBINAR, room_id)
    zoom.control.kill_tokens()
    barrier, found = Barrier(4), list[str]()

    def work(client: ZoomClient) -> None:
        barrier.wait(5)
        found.append(client.room(WEBINAR, room_id).id)

    threads = [Thread(target=work, args=(client,)) for client in house.clients * 2]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert (found, zoom.control.counts()[TOKEN]) == ([room_id] * 4, 2)


def test_account_that_is_lost_makes_no_call_in_any_process_until_it_is_connected_again(
    house: House, zoom: FakeZoom, room_id: str
) -> None:
    one, other = house.clients
    zoom.control.fault("unauthorised", "GET /webinars/{id}", times=None)
    with pytest.raises(AuthLost):
        one.room(WEBINAR, room_id)
    assert (house.row().state, house.row().reason) == ("lost", "token")
    zoom.control.no_faults()
    zoom.control.forget_log()
    for client in (one, other):
        with pytest.raises(AuthLost):
            client.room(WEBINAR, room_id)
    assert zoom.control.counts() == {}
    with house.apps[1].app_context():
        connect_again(db.session(), db.session().get_one(ZoomAccount, OWN), actor="person:1", now=NOW)
        db.session.commit()
    assert one.room(WEBINAR, room_id).id == room_id


def test_ten_failures_open_the_circuit_for_all_and_one_success_closes_it(
    house: House, zoom: FakeZoom, room_id: str
) -> None:
    one, other = house.clients
    one.room(WEBINAR, room_id)
    zoom.control.fault("status", "POST /webinars/{id}/registrants", times=None, status=500)
    for number in range(10):
        with pytest.raises(RetryAt) as caught:
            one.add_registrant(WEBINAR, room_id, RegistrantWish(f"person{number}@example.org"))
        assert caught.value.reason == "server"
    with pytest.raises(RetryAt) as caught:
        other.room(WEBINAR, room_id)
    assert (caught.value.reason, caught.value.at) == ("circuit", NOW + timedelta(minutes=1))
    house.clock.now = NOW + timedelta(minutes=1)
    other.room(WEBINAR, room_id)
    assert (house.row().failures, house.row().open_until) == (0, None)


def test_days_limit_that_one_meets_holds_for_the_other(house: House, zoom: FakeZoom, room_id: str) -> None:
    one, other = house.clients
    zoom.control.fault("daily", "GET /webinars/{id}/registrants")
    with pytest.raises(RetryAt):
        one.registrants(WEBINAR, room_id)
    with pytest.raises(RetryAt) as caught:
        other.registrants(WEBINAR, room_id)
    assert (caught.value.reason, caught.value.at) == ("budget", NOW.replace(hour=0) + timedelta(days=1))
    assert other.room(WEBINAR, room_id).id == room_id


def test_hundred_changes_of_a_host_are_counted_together_and_reading_goes_on(
    house: House, zoom: FakeZoom, room_id: str
) -> None:
    one, other = house.clients
    one.update_webinar(room_id, RoomWish(topic="Water 1"), host=HOST)
    with house.apps[0].app_context():
        db.session.execute(update(ZoomBudget).where(ZoomBudget.label == host_label(HOST)).values(used=98))
        db.session.commit()
    other.update_webinar(room_id, RoomWish(topic="Water 99"), host=HOST)
    one.update_webinar(room_id, RoomWish(topic="Water 100"), host=HOST)
    with pytest.raises(RetryAt) as caught:
        one.update_webinar(room_id, RoomWish(topic="Water"), host=HOST)
    assert caught.value.reason == "budget"
    assert other.room(WEBINAR, room_id).topic == "Water 100"
    assert zoom.control.counts()["PATCH /webinars/{id}"] == 3


def test_calls_are_noted_and_the_account_is_well(house: House, zoom: FakeZoom, room_id: str) -> None:
    house.clients[0].room(WEBINAR, room_id)
    zoom.control.delete(room_id)
    with pytest.raises(Exception, match="Gone"):
        house.clients[1].room(WEBINAR, room_id)
    with house.apps[0].app_context():
        calls = db.session.scalars(select(ZoomCall).order_by(ZoomCall.id)).all()
        assert [(each.route, each.label, each.status, each.code, each.fault) for each in calls] == [
            ("/webinars/{id}", "light", 200, None, ""),
            ("/webinars/{id}", "light", 404, 3001, "Gone.gone"),
        ]
    assert house.row().last_ok_at == NOW


def test_partner_has_a_client_of_their_own(house: House) -> None:
    client = zoom_of(house.apps[0], "some-partner")
    assert client is not None
    with pytest.raises(AuthLost):
        client.list_webinars("me")
    desk = partner_desk_of(house.apps[0])
    assert desk is not None
    assert desk.credentials.client_id == PARTNER_CLIENT_ID
