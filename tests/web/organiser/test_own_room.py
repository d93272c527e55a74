"""A partner has the programme's time sent to a room of theirs: their own press, their own account, the time alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cast import get, post, sign_in
from tests.partner_house import PartnerHouse, partner_house
from tests.zoom_house import STARTS
from wmd.errors import NotAllowedMoveError
from wmd.models import Submission, ZoomDrift, ZoomPush
from wmd.services.actors import Actor
from wmd.services.room_decisions import can_send, send_own
from wmd_fakezoom import Room
from wmd_fakezoom.seed import PARTNER_CLIENT_ID

BUTTON = "change my webinar on Zoom"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[PartnerHouse]:
    with partner_house(database_url, tmp_path) as found:
        yield found


def moved(house: PartnerHouse) -> Room:
    """Tie an event to a partner's webinar whose host moves it by an hour."""
    room, account = house.partner_room(), house.connect()
    house.pick(room, account)
    house.sync()
    house.zoom.control.move_room(room.id, STARTS + timedelta(hours=1))
    house.sync(hours=7)
    return room


def page_of(house: PartnerHouse) -> str:
    """Return the address of the page about the event's room."""
    house.dbs.rollback()
    found = house.dbs.scalars(select(Submission.id)).one()
    house.dbs.rollback()
    return f"/organiser/submissions/{found}/room"


def time_drift(house: PartnerHouse) -> ZoomDrift:
    house.dbs.rollback()
    return house.dbs.scalars(select(ZoomDrift).where(ZoomDrift.field == "time", ZoomDrift.state == "open")).one()


def test_partner_has_ours_sent_to_their_own_room(house: PartnerHouse) -> None:
    room, page = moved(house), page_of(house)
    assert get(house.ana, page).text.count(BUTTON) == 1
    drift_id = time_drift(house).id
    house.dbs.rollback()
    topic = room.topic
    answer = post(house.ana, page, {"drift": drift_id, "answer": "send"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?done=send")
    assert house.job("zoom-push") == 1
    assert (room.starts_at, room.duration, room.topic) == (STARTS, 90, topic)
    house.sync()
    assert [state for field, state in house.drifts() if field == "time"] == ["over"]
    house.dbs.rollback()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_nobody_else_can_send_it(house: PartnerHouse) -> None:
    room, page = moved(house), page_of(house)
    other = house.app.test_client()
    sign_in(other, house.app, house.cast.cleo)
    house.dbs.rollback()
    assert BUTTON not in get(other, page).text
    drift = time_drift(house)
    assert not can_send(drift, house.binding())
    drift_id = drift.id
    house.dbs.rollback()
    assert post(other, page, {"drift": drift_id, "answer": "send"}).status_code == 409
    with pytest.raises(NotAllowedMoveError):
        send_own(house.dbs, house.binding(), time_drift(house), actor=Actor("person:mona", "mona"), now=house.clock.now)
    house.dbs.rollback()
    assert house.dbs.scalars(select(ZoomPush)).all() == []
    assert room.starts_at == STARTS + timedelta(hours=1)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_without_the_right_for_it_there_is_no_button(house: PartnerHouse) -> None:
    app = house.zoom.control.app(PARTNER_CLIENT_ID)
    house.zoom.control.set_scopes(PARTNER_CLIENT_ID, tuple(each for each in app.scopes if ":update:" not in each))
    moved(house)
    assert BUTTON not in get(house.ana, page_of(house)).text
