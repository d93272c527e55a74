"""The job that makes webinars and keeps them as the programme says, before a fake Zoom over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from tests import documents
from tests.cast import BASE_URL
from tests.fakezoom.spec import needs_spec, request_faults
from tests.made_rooms import HERE, Made
from tests.zoom_house import NOW, STARTS, zoom_house
from wmd.domain.vocabulary import SessionStatus
from wmd.errors import NotAllowedMoveError
from wmd.jobs.tools import tools_of
from wmd.jobs.zoom_push import push_rooms
from wmd.models import PrivateLink, ZoomBudget, ZoomDrift, ZoomPush
from wmd.services.intake import read_content
from wmd.services.managed_rooms import HAS_LINK, HAS_ROOM, NOT_ONE_DATE, why_not
from wmd.services.private_links import open_link
from wmd.services.room_decisions import take_theirs
from wmd.services.room_pushes import claim, order_of
from wmd.services.staff_edits import approved_revision, hide_event, show_event

CREATE = "POST /users/{user}/webinars"
CHANGE = "PATCH /webinars/{id}"
DELETE = "DELETE /webinars/{id}"


@pytest.fixture
def made(database_url: str, tmp_path: Path) -> Iterator[Made]:
    with zoom_house(database_url, tmp_path) as house:
        yield Made(house)


def test_webinar_is_made_with_all_that_counts_and_its_link_becomes_the_events(made: Made) -> None:
    made.publish(capacity=80)
    made.press()
    made.run()

    (room,) = made.rooms()
    code = made.house.event().code
    assert (room.topic, room.starts_at, room.duration, room.type) == ("Care in the city", STARTS, 90, 5)
    assert room.agenda == f"http://wmd.example/e/{code}\n\nA talk."
    told = ("approval_type", "registrants_restrict_number", "registrants_confirmation_email")
    assert [room.settings[name] for name in told] == [0, 80, False]
    assert room.settings["registrants_email_notification"] is False
    event, links = made.house.event(), made.house.zoom.control.links(room.id)
    assert (event.registration_url, event.registration_state) == (links.registration, "open")
    binding = made.house.binding()
    assert (binding.kind, binding.zoom_id, binding.host_id, binding.state) == (
        "managed", str(room.id), room.host.id, "checking",
    )  # fmt: skip
    kept = made.house.dbs.get_one(PrivateLink, binding.join_link_id)
    assert open_link(made.means.box, kept) == links.join
    assert made.alarms() == []
    made.house.sync()
    assert (made.house.binding().state, made.house.drifts()) == ("ok", [])
    assert (made.run(), made.run(hours=1)) == (0, 0)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_event_that_registers_people_here_gets_the_join_link_alone(made: Made) -> None:
    made.publish(registration=HERE)
    made.press()
    made.run()
    (room,) = made.rooms()
    event = made.house.event()
    assert (room.approval, event.registration_url) == (2, "")
    kept = made.house.dbs.get_one(PrivateLink, event.private_link_id)
    assert open_link(made.means.box, kept) == made.house.zoom.control.links(room.id).join


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"registration": {"state": "open", "url": "https://a.example/register"}}, HAS_LINK),
        ({"sessions": [documents.session(), documents.session(key="second", starts="2021-10-08T15:00",
                                                              ends="2021-10-08T16:00")]}, NOT_ONE_DATE),
    ],
)  # fmt: skip
def test_webinar_is_made_only_where_it_makes_sense(made: Made, changes: dict[str, Any], reason: str) -> None:
    made.publish(**changes)
    assert why_not(made.house.dbs, made.house.event(), now=NOW) == reason
    with pytest.raises(NotAllowedMoveError, match=reason[:20]):
        made.press()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_second_press_makes_no_second_webinar(made: Made) -> None:
    made.publish()
    made.press()
    with pytest.raises(NotAllowedMoveError, match=HAS_ROOM[:20]):
        made.press()
    made.house.dbs.rollback()
    made.run()
    with pytest.raises(NotAllowedMoveError, match=HAS_ROOM[:20]):
        made.press()
    assert len(made.rooms()) == 1


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("fault", ["drop", "html", "empty", "truncated"])
def test_lost_answer_never_makes_two_webinars(made: Made, fault: str) -> None:
    options = {"html": {"commit": True}, "empty": {"commit": True}}.get(fault, {})
    made.publish()
    made.press()
    made.house.zoom.control.fault(fault, CREATE, **options)  # type: ignore[arg-type]
    made.run()
    push = made.house.dbs.scalars(select(ZoomPush)).one()
    assert (push.state, push.fault, len(made.rooms())) == ("queued", "unknown", 1)
    assert made.run(minutes=1) == 0
    assert made.run(minutes=3) == 1
    assert (len(made.rooms()), made.house.calls()[CREATE]) == (1, 1)
    assert made.house.event().registration_url == made.house.zoom.control.links(made.rooms()[0].id).registration


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_request_that_did_not_arrive_is_made_again(made: Made) -> None:
    made.publish()
    made.press()
    made.house.zoom.control.fault("status", CREATE, times=None, status=503)
    made.run()
    assert made.rooms() == []
    made.house.zoom.control.no_faults()
    made.run(minutes=20)
    assert len(made.rooms()) == 1


def test_lost_room_is_offered_to_nobody_until_the_one_in_its_place_is_made(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    (lost,) = made.rooms()
    house = made.house
    house.sync()
    house.zoom.control.delete(lost.id)
    for minutes in (480, 2, 10, 30):
        house.sync(minutes=minutes)
    seen = [way_in(made)]
    house.zoom.control.fault("status", CREATE, times=None, status=503)
    made.press()
    made.run()
    seen.append(way_in(made))
    house.zoom.control.no_faults()
    made.run(minutes=20)
    (room,) = made.rooms()

    assert seen == ["", ""]
    assert way_in(made) == house.zoom.control.links(room.id).registration
    assert house.event().link_wrong_at is None


def way_in(made: Made) -> str:
    """Return where a reader is led who wants to take part; "" where the link is said to be renewed."""
    house = made.house
    code = house.event().code
    house.app.extensions["wmd.library"].refresh()
    answer = house.app.test_client(use_cookies=False).get(f"/go/{code}", base_url=BASE_URL)
    assert ("The link is being renewed" in answer.get_data(as_text=True)) == (answer.status_code == 200)
    return answer.headers.get("Location", "")


@pytest.mark.parametrize("step", [1, 2])
def test_kill_between_answer_and_commit_makes_no_second_webinar(made: Made, step: int) -> None:
    made.publish()
    made.press()
    house, left = made.house, [step]

    def stop() -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push_rooms(tools_of(house.app, house.dbs), stop)
    house.dbs.rollback()
    assert (len(made.rooms()), made.run(minutes=1)) == (1, 0)
    assert made.run(minutes=5) == 1
    assert (len(made.rooms()), house.calls()[CREATE], bool(house.event().registration_url)) == (1, 1, True)


def test_several_changes_are_one_update_of_what_changed(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    made.house.calls()
    made.edit(title="Care in every city")
    made.edit(hours=1)
    made.edit(title="Care in all cities")
    assert made.run(seconds=5) == 2
    (room,) = made.rooms()
    assert (room.topic, room.starts_at, made.house.calls()) == (
        "Care in all cities", STARTS + timedelta(hours=1), {CHANGE: 1},
    )  # fmt: skip
    made.house.sync()
    assert made.house.drifts() == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_edit_at_zoom_is_a_difference_and_outlives_a_change_of_something_else(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    (room,) = made.rooms()
    made.house.zoom.control.change(room.id, topic="Quite another title")
    made.house.sync(hours=8)
    assert (made.house.drifts(), made.run()) == ([("title", "open")], 0)
    made.edit(hours=1)
    made.run(seconds=5)
    assert (room.topic, room.starts_at) == ("Quite another title", STARTS + timedelta(hours=1))


def test_hundred_changes_of_a_host_wait_for_midnight(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    (room,) = made.rooms()
    made.house.zoom.control.fault("daily", CHANGE, times=None)
    made.edit(title="Care in every city")
    made.run(seconds=5)
    push = made.house.dbs.scalars(select(ZoomPush).where(ZoomPush.act == "update")).one()
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    assert (push.state, push.fault, push.not_before) == ("queued", "daily", midnight)
    made.house.zoom.control.no_faults()
    made.edit(hours=1)
    assert made.run(hours=11) == 0
    assert (made.run(hours=1), room.topic, room.starts_at) == (1, "Care in every city", STARTS + timedelta(hours=1))


def test_making_and_changing_is_counted_for_one_host(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    (room,) = made.rooms()
    made.edit(title="Care in every city")
    made.run(seconds=5)
    made.house.dbs.rollback()
    rows = made.house.dbs.execute(
        select(ZoomBudget.label, ZoomBudget.used).where(ZoomBudget.label.startswith("host:"))
    ).tuples()
    assert rows.all() == [(f"host:{room.host.id}", 2)]


def test_work_that_waited_longer_than_its_lease_is_not_begun(made: Made) -> None:
    made.publish()
    made.press()
    dbs, url = made.house.dbs, "http://wmd.example"
    (first,) = claim(dbs, now=NOW, limit=5)
    dbs.commit()
    assert order_of(dbs, first, url, now=NOW + timedelta(minutes=4)) is not None
    dbs.commit()
    # Whose turn comes late in a batch has the whole lease from then on.
    assert claim(dbs, now=NOW + timedelta(minutes=8), limit=5) == []
    assert order_of(dbs, first, url, now=NOW + timedelta(minutes=9)) is None
    dbs.commit()
    assert [each.id for each in claim(dbs, now=NOW + timedelta(minutes=9), limit=5)] == [first.id]


@pytest.mark.parametrize("way", ["cancelled", "hidden"])
def test_event_that_is_off_takes_its_webinar_along_and_revived_gets_another(made: Made, way: str) -> None:
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    house, (room,) = made.house, made.rooms()
    old = house.event().registration_url
    if way == "cancelled":
        made.off(SessionStatus.CANCELLED)
    else:
        hide_event(house.dbs, made.submission().id, "Twice.", made.means, actor=made.actor, now=house.clock.now)
        house.dbs.commit()
    if way == "hidden":
        # It is kept for a day: who hides it may show it again.
        assert (made.run(seconds=5), made.run(hours=23), room.state) == (1, 0, "active")
        assert (made.run(hours=1), room.state) == (1, "trashed")
    else:
        assert (made.run(seconds=5), room.state) == (2, "trashed")

    if way == "cancelled":
        made.off(SessionStatus.SCHEDULED)
    else:
        show_event(house.dbs, made.submission().id, "It is one.", made.means, actor=made.actor, now=house.clock.now)
        house.dbs.commit()
    made.run(seconds=5)
    (other,) = made.rooms()
    assert (other.id != room.id, house.binding().zoom_id) == (True, str(other.id))
    # Nobody pressed anything: the old link stands, known to fail, and the new one is a difference.
    event = house.event()
    assert (event.registration_url, event.link_wrong_at is not None) == (old, True)
    house.sync()
    assert (house.drifts(), way_in(made)) == ([("link", "open")], "")
    # Somebody decides: then it leads there at once.
    binding, (drift,) = house.binding(), house.dbs.scalars(select(ZoomDrift)).all()
    take_theirs(house.dbs, binding, drift, made.means, actor=made.actor, now=house.clock.now)
    house.dbs.commit()
    assert way_in(made) == house.zoom.control.links(other.id).registration


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_event_that_is_shown_again_within_the_day_keeps_its_webinar(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    house, (room,) = made.house, made.rooms()
    hide_event(house.dbs, made.submission().id, "Twice.", made.means, actor=made.actor, now=house.clock.now)
    house.dbs.commit()
    made.run(hours=20)
    show_event(house.dbs, made.submission().id, "It is one.", made.means, actor=made.actor, now=house.clock.now)
    house.dbs.commit()
    made.run(hours=20)
    assert (made.rooms(), house.binding().zoom_id) == ([room], str(room.id))


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_event_revived_before_anything_was_deleted_keeps_its_webinar(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    (room,) = made.rooms()
    made.off(SessionStatus.CANCELLED)
    made.off(SessionStatus.SCHEDULED)
    made.run(seconds=5)
    assert (made.rooms(), made.house.binding().zoom_id) == ([room], str(room.id))


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_webinar_that_is_on_is_deleted_when_it_is_over_and_one_that_is_gone_needs_nothing(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    (room,) = made.rooms()
    made.house.zoom.control.start(room.id)
    made.off(SessionStatus.CANCELLED)
    made.run(seconds=5)
    push = made.house.dbs.scalars(select(ZoomPush).where(ZoomPush.act == "delete")).one()
    assert (push.state, push.fault) == ("queued", "running")
    made.house.zoom.control.end(room.id)
    assert made.run(minutes=16) == 1
    assert made.house.dbs.scalars(select(ZoomPush.state).where(ZoomPush.act == "delete")).all() == ["done"]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_postponed_event_keeps_its_webinar_as_it_is(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    made.off(SessionStatus.POSTPONED)
    made.run(seconds=5)
    (room,) = made.rooms()
    assert (room.starts_at, made.house.binding().ended_at) == (STARTS, None)


def test_room_that_another_link_took_the_place_of_is_left_alone_and_said_so(made: Made) -> None:
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    base = approved_revision(made.house.dbs, made.submission())
    assert base is not None
    registration = replace(read_content(base).registration, url="https://a.example/register")
    made.edit(registration=registration)
    made.run(seconds=5)
    assert (len(made.rooms()), len(made.alarms()), made.run()) == (1, 1, 0)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_missing_rights_and_licence_are_said(made: Made) -> None:
    made.publish()
    made.press()
    made.house.zoom.control.fault("code", CREATE, status=400, code=200, message="Webinar plan is missing.")
    made.run()
    code = made.house.event().code
    assert made.alarms() == [f"The webinar of event {code} is held up: the host has no licence for webinars."]
    assert made.house.dbs.scalars(select(ZoomPush.state)).all() == ["failed"]
    # Staff press once more when it is mended.
    made.press()
    made.run()
    assert (len(made.rooms()), made.alarms()) == (1, [])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_setting_that_zoom_does_not_take_is_said(made: Made) -> None:
    made.publish()
    made.press()
    house = made.house
    state = {"first": True}

    def meddle() -> None:
        if state.pop("first", False):
            house.zoom.control.change(made.rooms()[0].id, settings={"practice_session": False})

    push_rooms(tools_of(house.app, house.dbs), meddle)
    house.dbs.rollback()
    code = house.event().code
    words = f"Zoom has set up the webinar of event {code} otherwise than it was told: practice_session."
    assert made.alarms() == [words]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_nothing_of_a_webinar_is_left_in_the_open(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    # The library for HTTP would write addresses of requests down; the service has it write warnings alone.
    caplog.set_level(logging.DEBUG, "wmd")
    made.publish()
    made.press()
    made.run()
    made.house.sync()
    links = made.house.zoom.control.links(made.rooms()[0].id)
    metadata = MetaData()
    made.house.dbs.rollback()
    metadata.reflect(made.house.dbs.connection())
    rows = [str(row) for table in metadata.sorted_tables for row in made.house.dbs.execute(select(table))]
    kept = "\n".join(rows) + caplog.text
    private = [links.join, links.start, "/j/", "/s/", "pwd=", "zak=", made.rooms()[0].host.email]
    assert [word for word in private if word in kept] == []


@needs_spec
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_is_sent_fits_zooms_own_text(made: Made) -> None:
    made.publish(capacity=80)
    made.press()
    made.run()
    made.edit(title="Care in every city", hours=1)
    made.run(seconds=5)
    made.off(SessionStatus.CANCELLED)
    made.run(seconds=5)
    sent = made.house.zoom.control.sent()
    assert {CREATE, CHANGE, DELETE} <= made.house.calls().keys()
    # Two settings are younger than that text, which is of 2021 (https://developers.zoom.us/changelog/).
    young = [fault.rpartition("body ")[2] for fault in request_faults(sent)]
    assert young == [
        "settings.panelist_authentication unknown", "settings.registrants_confirmation_email unknown",
    ]  # fmt: skip
