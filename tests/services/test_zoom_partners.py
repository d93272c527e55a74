"""Partners' accounts over time: tokens that rotate, two who renew at once, a consent taken back, and no trace."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from tests.cast import post
from tests.partner_house import PLACE, PartnerHouse, partner_house
from tests.zoom_house import STARTS
from wmd.db import db
from wmd.domain.zoom.answers import RoomKind
from wmd.gateways import zoom_of
from wmd.models import Alarm, Message, PrivateLink, WebinarBinding, ZoomConsent, ZoomRegistrant
from wmd.services.zoom_tokens import PARTNER_APP
from wmd_fakezoom.seed import PARTNER, PARTNER_CLIENT_ID

TOKEN = "POST /oauth/token"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[PartnerHouse]:
    with partner_house(database_url, tmp_path) as found:
        yield found


def bound(house: PartnerHouse) -> str:
    """Connect an account and bind an event to a room of it that agrees; return the account's id."""
    room, account = house.partner_room(), house.connect()
    house.pick(room, account)
    house.sync()
    house.zoom.control.forget_log()
    return account.id


def open_alarms(house: PartnerHouse) -> list[str]:
    """Return the keys of open alarms about accounts."""
    house.dbs.rollback()
    found = list(house.dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None), Alarm.key.startswith("zoom:"))))
    house.dbs.rollback()
    return found


def test_refresh_token_rotates_and_the_new_one_is_kept(house: PartnerHouse) -> None:
    bound(house)
    before = house.accounts()[0].refresh
    for _ in range(3):
        # An hour later the token is over: the next read brings a new pair.
        assert house.sync(hours=7) == 1
        after = house.accounts()[0].refresh
        assert (after != before, house.accounts()[0].state) == (True, "connected")
        before = after
    assert house.zoom.control.counts()[TOKEN] == 3


def test_of_two_processes_that_renew_at_once_one_asks(house: PartnerHouse) -> None:
    account_id = bound(house)
    room_id = house.binding().zoom_id
    house.dbs.rollback()
    house.sync_clock(hours=2)
    house.zoom.control.fault("slow", TOKEN, seconds=0.3)

    def read(_: int) -> str:
        client = zoom_of(house.app, account_id)
        assert client is not None
        return client.room(RoomKind.WEBINAR, room_id).id

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(read, range(4))) == {room_id}
    assert house.zoom.control.counts()[TOKEN] == 1
    assert house.accounts()[0].state == "connected"


def test_account_that_nobody_uses_is_renewed_every_week(house: PartnerHouse) -> None:
    house.connect()
    house.zoom.control.forget_log()
    done = [house.job("zoom-partners", days=days) for days in (6, 1.5, 1, 6.5)]
    assert (done, house.zoom.control.counts()[TOKEN]) == ([0, 1, 0, 1], 2)
    assert house.job("zoom-partners", days=80) == 1
    assert house.accounts()[0].state == "connected"


def test_zoom_that_does_not_answer_takes_nothing_from_an_idle_account(house: PartnerHouse) -> None:
    house.connect()
    house.zoom.control.fault("status", TOKEN, times=2, status=503)
    done = [
        house.job("zoom-partners", days=8),
        house.job("zoom-partners", hours=1),
        house.job("zoom-partners", hours=1),
    ]
    assert (done, house.accounts()[0].state, open_alarms(house)) == ([0, 0, 1], "connected", [])


def test_consent_that_is_gone_is_lost_for_good_and_told_once(house: PartnerHouse) -> None:
    account_id = bound(house)
    for token in house.zoom.control.world.tokens.refresh.values():
        token.is_used = True
    house.zoom.control.kill_tokens(PARTNER_CLIENT_ID)
    link = house.binding().link
    house.sync(hours=7)
    (row,) = house.accounts()
    assert (row.state, row.reason, open_alarms(house)) == ("lost", "grant", [f"zoom:{account_id}"])
    assert (house.binding().state, house.binding().link) == ("auth_lost", link)
    house.zoom.control.forget_log()
    for _ in range(3):
        house.job("zoom-partners", hours=9)
        house.sync()
    # Nobody asks Zoom again, and each contact gets one mail with the way to connect it again.
    assert (house.zoom.control.counts(), house.mails("zoom-lost")) == ({}, ["ana", "cleo"])
    house.dbs.rollback()
    facts = house.dbs.scalars(select(Message.facts).where(Message.kind == "zoom-lost")).first()
    assert facts == {"path": "/organiser/organisations/AAAAAA/zoom"}
    house.dbs.rollback()

    again = house.connect()
    house.sync()
    assert (again.id, again.state, open_alarms(house)) == (account_id, "connected", [])
    assert house.binding().state == "drift"


def test_secret_of_ours_that_is_wrong_loses_no_partner(house: PartnerHouse) -> None:
    bound(house)
    app = house.zoom.control.app(PARTNER_CLIENT_ID)
    right, app.client_secret = app.client_secret, "another secret"
    house.sync(hours=7)
    assert (house.accounts()[0].state, house.mails("zoom-lost")) == ("connected", [])
    alarms = select(Alarm.key).where(Alarm.cleared_at.is_(None), Alarm.key == PARTNER_APP)
    assert house.dbs.scalars(alarms).all() == [PARTNER_APP]
    house.dbs.rollback()
    app.client_secret = right
    house.sync(hours=1)
    assert (house.accounts()[0].state, house.binding().state) == ("connected", "drift")
    assert house.dbs.scalars(alarms).all() == []
    house.dbs.rollback()


def test_idle_account_whose_consent_is_gone_is_told_of_and_its_rooms_say_so(house: PartnerHouse) -> None:
    bound(house)
    house.sync_clock(days=8)
    for token in house.zoom.control.world.tokens.refresh.values():
        token.is_used = True
    assert house.job("zoom-partners") == 1
    assert (house.accounts()[0].state, house.mails("zoom-lost")) == ("lost", ["ana", "cleo"])
    house.sync()
    assert house.binding().state == "auth_lost"
    assert house.job("zoom-partners", hours=1) == 0


def test_app_whose_rights_are_taken_back_on_zoom_loses_tokens_and_data(house: PartnerHouse) -> None:
    account_id = bound(house)
    room_id = house.binding().zoom_id
    house.dbs.add(
        ZoomRegistrant(
            id="r", binding_id=house.binding().id, address_key="k", source="zoom", state="registered",
            not_before=STARTS, created_at=STARTS,
        )
    )  # fmt: skip
    house.dbs.commit()
    house.send()
    house.zoom.control.revoke(PARTNER)
    assert house.send() == [204]
    house.work()
    (row,) = house.accounts()
    assert (row.id, row.state, row.reason, row.access, row.refresh, row.zoom_user) == (
        account_id, "ended", "deauthorised", "", "", "",
    )  # fmt: skip
    former = house.dbs.scalars(select(WebinarBinding).where(WebinarBinding.zoom_id == room_id)).one()
    assert (former.ended_at is not None, former.snapshot) == (True, {})
    assert house.dbs.scalars(select(ZoomRegistrant)).all() == []
    assert house.binding().kind == "link"
    bodies = [row.body for row in house.rows() if row.zoom_account == house.zoom.control.user(PARTNER).account_id]
    assert (len(bodies) > 0, set(bodies)) == (True, {""})


def test_nothing_that_a_room_said_is_left_when_its_account_goes(house: PartnerHouse) -> None:
    room, account = house.partner_room(), house.connect()
    house.pick(room, account)
    house.sync()
    control, was = house.zoom.control, house.binding()
    first, host, uuid = control.links(room.id), was.host_id, was.zoom_uuid
    assert was.join_link_id is not None
    house.dbs.rollback()
    control.change_link(room.id)
    control.change(room.id, password="another1")
    control.move_room(room.id, STARTS + timedelta(hours=1))
    house.sync(hours=7)
    assert house.drifts() != []
    links = control.links(room.id)
    house.dbs.rollback()
    post(house.ana, PLACE, {"act": "disconnect", "account": account.id})
    house.dbs.rollback()
    kept = house.dbs.scalars(select(PrivateLink)).all()
    assert (len(kept), {row.sealed for row in kept}) == (2, {""})
    assert house.drifts() == []
    metadata = MetaData()
    metadata.reflect(house.dbs.connection())
    rows = "\n".join(str(row) for table in metadata.sorted_tables for row in house.dbs.execute(select(table)))
    gone = (host, uuid, first.join, links.join, first.registration, links.registration, room.uuid)
    assert [word for word in gone if word and word in rows] == []
    house.dbs.rollback()


@pytest.mark.parametrize("change", [{"client_id": "another-app"}, {"user_id": "another"}, {"account_id": "another"}])
def test_message_about_another_app_user_or_account_ends_nothing(house: PartnerHouse, change: dict[str, str]) -> None:
    account = house.connect()
    said = {"account_id": account.zoom_account, "user_id": account.zoom_user, "client_id": PARTNER_CLIENT_ID}
    assert house.forge("app_deauthorized", **(said | change)) == 204
    house.work()
    assert (house.accounts()[0].state, house.rows()[-1].state) == ("connected", "ignored")


def test_ways_to_zoom_are_forgotten_after_a_day(house: PartnerHouse) -> None:
    house.ask()
    house.connect()
    house.job("zoom-partners", hours=25)
    house.dbs.rollback()
    assert house.dbs.scalars(select(ZoomConsent)).all() == []


def test_no_token_code_secret_or_private_link_is_left_anywhere(
    house: PartnerHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    room, account = house.partner_room(), house.connect()
    house.pick(room, account)
    house.sync(hours=7)
    control = house.zoom.control
    control.register(room.id, "somebody@example.org", first_name="Somebody")
    control.start(room.id)
    house.send()
    house.work()
    house.sync()
    house.job("zoom-partners", days=8)
    house.dbs.rollback()
    metadata = MetaData()
    metadata.reflect(house.dbs.connection())
    rows = [str(row) for table in metadata.sorted_tables for row in house.dbs.execute(select(table))]
    kept = "\n".join(rows) + caplog.text
    tokens, links = control.world.tokens, control.links(room.id)
    secrets = [
        *tokens.access, *tokens.refresh, *tokens.codes, *(app.client_secret for app in tokens.apps),
        house.endpoint.secret, links.join, links.start, control.ticket(room.id, "somebody@example.org"),
        "zak=", "tk=", "pwd=", "start_url", "somebody@example.org", room.host.email,
    ]  # fmt: skip
    assert len(tokens.refresh) > 2
    assert str(room.id) in kept
    assert [word for word in secrets if word in kept] == []
    db.session.rollback()
