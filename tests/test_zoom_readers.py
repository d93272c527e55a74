"""From the host's click on Zoom to what readers see and get: the page, ``/go``, feeds and reminders.

And whatever readers do, Zoom is asked nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.attendees import attend, follow
from tests.cast import BASE_URL
from tests.mails import Mailbox, text_of
from tests.web.public.conftest import main_of, words_of
from tests.zoom_house import NOW, STARTS, ZoomHouse, zoom_house
from wmd.domain.zoom.pages import Looked
from wmd.gateways import Gateways
from wmd.jobs.outbox import send_mail
from wmd.jobs.reminders import plan_reminders
from wmd.jobs.tools import tools_of

CONFIRMING = "The organisers are confirming the time of this event."


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ZoomHouse]:
    """A service before a fake Zoom."""
    with zoom_house(database_url, tmp_path) as found:
        yield found


def ask(house: ZoomHouse, path: str) -> TestResponse:
    return house.app.test_client(use_cookies=False).get(path, base_url=BASE_URL)


def page(house: ZoomHouse, path: str = "") -> str:
    """Return the words of the event's page, or of another, as readers see it now."""
    house.app.extensions["wmd.library"].refresh()
    event = house.event()
    path = path or f"/2021/events/{event.code}-{event.slug}"
    return words_of(main_of(ask(house, path).get_data(as_text=True)))


def remind(house: ZoomHouse, mailbox: Mailbox) -> int:
    """Plan and send as the jobs do; return how many mails Ada has got in all."""
    tools = replace(tools_of(house.app, house.dbs), mailer=mailbox, workers=1)
    plan_reminders(tools)
    send_mail(tools)
    house.dbs.rollback()
    return mailbox.readers.count("ada@attendees.example")


def to(house: ZoomHouse, **before: float) -> dict[str, float]:
    """Return how long it is until so long before the start."""
    return {"seconds": (STARTS - timedelta(**before) - house.clock.now).total_seconds()}


def test_host_moves_the_time_and_moves_it_back(house: ZoomHouse) -> None:
    (room,) = house.bound("one")
    event = house.event()
    attend(house.dbs, "ada", NOW - timedelta(days=9), reminders=["start-1d"])
    follow(house.dbs, "ada", event, NOW - timedelta(days=9))
    house.dbs.commit()
    mailbox = Mailbox()
    house.zoom.control.move_room(room.id, STARTS + timedelta(hours=1))
    house.sync(**to(house, hours=25))
    early = page(house)
    house.sync(**to(house, hours=23))
    held = (page(house), remind(house, mailbox))
    house.zoom.control.move_room(room.id, STARTS)
    house.sync(**to(house, hours=22))
    settled = (page(house), remind(house, mailbox))

    # A day before and earlier the programme's time is not questioned in public.
    assert CONFIRMING not in early
    assert (CONFIRMING in held[0], "15:00–16:30" in held[0], held[1]) == (True, True, 0)
    assert (CONFIRMING in settled[0], settled[1]) == (False, 1)
    (mail,) = [mail for reader, mail in mailbox.mails if reader == "ada@attendees.example"]
    assert "confirming" not in text_of(mail)


def test_registration_that_was_switched_off_on_zoom_leads_to_no_page_that_is_no_more(house: ZoomHouse) -> None:
    (room,) = house.bound("one")
    house.sync()
    page(house)
    house.zoom.control.switch_registration_off(room.id)
    house.sync(days=1)
    assert "Registration closed on Zoom" in page(house)
    assert ask(house, f"/go/{house.event().code}").status_code == 200


def test_host_closes_registration_then_deletes_and_brings_the_room_back(house: ZoomHouse) -> None:
    (room,) = house.bound("one")
    go = f"/go/{house.event().code}"
    house.sync()
    seen = [page(house)]
    for act, later in (
        (house.zoom.control.close_registration, {"hours": 7}),
        (house.zoom.control.delete, {"hours": 7}),
        (None, {"minutes": 2}), (None, {"minutes": 10}), (None, {"minutes": 30}),
        (house.zoom.control.recover, {"hours": 1}),
    ):  # fmt: skip
        if act is not None:
            act(room.id)
        house.sync(**later)
        seen.append(page(house))

    assert "The link was last seen working on Tue 28 Sept, 14:00 (Madrid, UTC+2)." in seen[0]
    assert ["Registration closed on Zoom" in each for each in seen] == [False, True, True, True, True, False, True]
    assert ["The link is being renewed" in each for each in seen] == [False] * 5 + [True, False]
    house.zoom.control.delete_for_good(room.id)
    for minutes in (480, 2, 10, 30):
        house.sync(minutes=minutes)
    assert "so we send nobody there" in page(house, go)
    assert ask(house, f"/e/{house.event().code}.ics").get_data().count(b"/go/") > 0


def test_whatever_readers_do_zoom_is_asked_nothing(house: ZoomHouse) -> None:
    looked: list[str] = []

    def look(url: str) -> Looked:
        looked.append(url)
        return Looked(200, url, "<input type='email'>")

    (room,) = house.bound("one")
    gateways: Gateways = house.app.extensions["wmd.gateways"]
    house.app.extensions["wmd.gateways"] = replace(gateways, look_at_link=look)
    house.zoom.control.move_room(room.id, STARTS + timedelta(hours=1))
    house.sync(**to(house, hours=3))
    house.zoom.control.forget_log()
    event = house.event()
    code = event.code
    for _ in range(2):
        house.app.extensions["wmd.library"].refresh()
        for path in (
            "/2021/", "/2021/programme", f"/2021/events/{code}-{event.slug}", f"/e/{code}", f"/e/{code}.ics",
            f"/go/{code}", f"/go/{code}?t=v1.none", f"/e/{code}/remind", f"/e/{code}/wrong", "/2021/calendar.ics",
            "/2021/changes.atom", "/2021/changes", "/2021/programme.json", "/healthz", "/readyz",
        ):  # fmt: skip
            assert ask(house, path).status_code in {200, 302, 303}, path
        house.clock.now += timedelta(hours=1)
        house.zoom.control.set_time(house.clock.now)
    # Nor for a token.
    assert (house.zoom.control.log(), looked) == ([], [])
