"""The job that registers people on Zoom, before a fake Zoom over HTTP: nobody twice, and nobody who was not told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, func, select

from tests.carried import ADD, BATCH, LISTS, ONE, STATUS, Carried, midnight_after
from tests.fakezoom.spec import needs_spec, request_faults
from tests.made_rooms import HERE
from tests.zoom_house import STARTS, zoom_house
from wmd.domain.codes import Mint
from wmd.jobs import run_job
from wmd.jobs.tools import tools_of
from wmd.jobs.zoom_registrants import push_registrants
from wmd.models import Attendee, EventSession, Person, ZoomRegistrant
from wmd.services.bindings import unbind
from wmd.services.delivery import address_digest
from wmd.services.erasure import erase_attendee
from wmd.services.person_data import person_document
from wmd.services.personal_links import go_path
from wmd.services.registrant_pushes import claim, mark
from wmd.services.registration_wishes import Said, seal_said
from wmd.services.rooms import OPENS_BEFORE
from wmd.services.zoom_registrants import ask_for_ticket, is_pushing, plan


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Carried]:
    with zoom_house(database_url, tmp_path) as house:
        yield Carried(house)


def test_who_registers_is_registered_on_zoom_once_with_a_link_of_their_own(here: Carried) -> None:
    room = here.begin()
    ann, _ = here.join("ann", "bob")
    ann.answers = seal_said(ann.id, Said("Ann Mary Lee", {}), here.means.box)
    here.house.dbs.commit()
    assert here.carry() == 5
    assert here.there(room) == {"ann": "approved", "bob": "approved"}
    assert here.of(room, "ann").fields == {"first_name": "Ann Mary", "last_name": "Lee"}
    assert here.of(room, "bob").fields == {"first_name": "Bob"}
    assert (here.ticket("ann"), here.ticket("bob")) == (here.own_link(room, "ann"), here.own_link(room, "bob"))
    assert here.mails() == []
    here.house.calls()
    assert (here.carry(), here.carry(minutes=5), here.house.calls()) == (0, 0, {})


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_nobody_is_registered_there_while_it_is_off(here: Carried) -> None:
    room = here.begin(on=False)
    here.join("ann")
    here.house.calls()
    assert (here.carry(), room.registrants, here.house.calls()) == (0, [], {})


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_nobody_is_carried_to_another_room_after_it_was_turned_off(here: Carried) -> None:
    here.begin()
    here.join("ann")
    here.carry()
    here.turn(wanted=False)
    second = here.house.zoom.control.add_webinar(STARTS, topic="Care in the city", duration=90)
    here.house.bind("one", second)
    here.carry(minutes=1)
    assert (here.there(second), here.states(), here.ticket("ann"), here.mails()) == ({}, {}, "", [])


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("left", ["here", "zoom"])
def test_who_was_on_the_way_when_it_was_turned_off_is_not_sent(here: Carried, left: str) -> None:
    room = here.begin()
    if left == "zoom":
        here.house.zoom.control.fault("html", ADD, commit=True)
    else:
        here.house.zoom.control.fault("status", ADD, status=503, times=None)
    here.join("ann")
    here.carry()
    assert here.states()["ann"][0] == "queued"
    here.turn(wanted=False)
    here.house.zoom.control.no_faults()
    here.house.calls()
    here.carry(hours=1)
    there = {"ann": "cancelled"} if left == "zoom" else {}
    assert (here.there(room), here.house.calls().get(ADD), here.ticket("ann")) == (there, None, "")
    assert here.carry(hours=1) == 0


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_who_was_claimed_when_it_was_turned_off_is_not_sent(here: Carried) -> None:
    room = here.begin()
    here.join("ann")
    tools = tools_of(here.house.app, here.house.dbs)
    plan(tools.dbs, tools.digest, now=tools.now)
    work = claim(tools.dbs, ["own"], tools.box, now=tools.now)
    assert work is not None
    tools.dbs.commit()
    here.turn(wanted=False)
    assert (mark(tools.dbs, work, work.rows, now=tools.now), room.registrants) == ([], [])
    tools.dbs.commit()
    assert here.states() == {}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_who_waits_for_the_host_hears_of_it_also_after_it_was_turned_off(here: Carried) -> None:
    room = here.begin(approval=1)
    here.join("ann")
    here.carry()
    here.turn(wanted=False)
    here.join("bob")
    here.of(room, "ann").status = "approved"
    here.carry(hours=1)
    assert (here.there(room), here.mails()) == ({"ann": "approved"}, [("ann", "approved")])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_who_registered_before_is_asked_and_decides_for_themselves(here: Carried) -> None:
    room = here.begin(on=False)
    ann, _ = here.join("ann", "bob")
    here.turn(wanted=True)
    assert here.mails() == [("ann", "offered"), ("bob", "offered")]
    here.carry()
    assert room.registrants == []
    digest = address_digest(str(here.house.app.config["SECRET_KEY"]))
    assert ask_for_ticket(here.house.dbs, ann, digest, now=here.house.clock.now)
    here.house.dbs.commit()
    here.carry()
    assert here.there(room) == {"ann": "approved"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_form_that_did_not_say_so_does_not_count_as_read(here: Carried) -> None:
    room = here.begin(on=False)
    here.turn(wanted=True)
    here.join("ann", read_of_room=False)
    here.carry(minutes=2)
    assert (room.registrants, is_pushing(here.house.dbs, here.house.event().id)) == ([], True)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_was_read_before_it_was_turned_off_and_on_does_not_count(here: Carried) -> None:
    room = here.begin()
    here.turn(wanted=False)
    here.join("ann")
    here.turn(wanted=True)
    here.carry()
    assert (room.registrants, here.mails()) == ([], [("ann", "offered")])


def test_place_given_back_is_taken_back_there_and_only_ours(here: Carried) -> None:
    room = here.begin()
    here.house.zoom.control.register(room.id, "zoe@attendees.example")
    here.join("ann", "bob", "zoe")
    here.carry()
    # Zoom gave zoe what she had.
    assert here.there(room) == {"zoe": "approved", "ann": "approved", "bob": "approved"}
    here.leave("ann")
    here.carry(minutes=1)
    assert here.there(room) == {"zoe": "approved", "ann": "cancelled", "bob": "approved"}
    assert (here.states()["ann"], here.ticket("ann")) == (("cancelled", ""), "")


def test_who_registered_on_zooms_own_form_is_never_taken_out_there(here: Carried) -> None:
    room = here.begin()
    here.house.zoom.control.register(room.id, "zoe@attendees.example")
    here.carry()
    here.join("zoe")
    here.carry(minutes=1)
    assert (here.ticket("zoe"), here.house.calls().get(ADD)) == (here.own_link(room, "zoe"), None)
    here.leave("zoe")
    here.carry(minutes=1)
    assert here.there(room) == {"zoe": "approved"}
    kept = here.house.dbs.scalars(select(ZoomRegistrant)).one()
    assert (kept.person_id, kept.registration_id, kept.join_link, kept.source) == (None, None, "", "zoom")


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("fault", ["drop", "html", "empty", "truncated"])
def test_lost_answer_never_registers_anybody_twice(here: Carried, fault: str) -> None:
    room = here.begin()
    here.join("ann")
    options = {"commit": True} if fault in {"html", "empty"} else {}
    here.house.zoom.control.fault(fault, ADD, **options)  # type: ignore[arg-type]
    here.carry()
    assert (here.states()["ann"], len(room.registrants)) == (("queued", "unknown"), 1)
    here.carry(minutes=2)
    assert (here.states()["ann"], here.ticket("ann")) == (("registered", ""), here.own_link(room, "ann"))
    assert (len(room.registrants), here.house.calls()[ADD]) == (1, 1)


@pytest.mark.parametrize("several", [1, 8])
def test_kill_between_answer_and_commit_registers_nobody_twice(here: Carried, several: int) -> None:
    room = here.begin()
    here.join(*[f"p{number}" for number in range(several)])
    here.house.dbs.rollback()
    with pytest.raises(KeyboardInterrupt):
        push_registrants(tools_of(here.house.app, here.house.dbs), here.stopping(1))
    here.house.dbs.rollback()
    assert len(room.registrants) == several
    assert here.carry(minutes=1) == 0
    here.carry(minutes=5)
    assert {state for state, _ in here.states().values()} == {"registered"}
    calls = here.house.calls()
    assert (len(room.registrants), calls.get(ADD, 0) + calls.get(BATCH, 0)) == (several, 1)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_request_that_zoom_did_not_take_is_made_again_without_asking_for_the_list(here: Carried) -> None:
    room = here.begin()
    here.join("ann")
    here.carry()
    here.join("bob")
    here.house.calls()
    here.house.zoom.control.fault("qps", ADD, times=3)
    here.carry(minutes=1)
    here.house.zoom.control.no_faults()
    here.carry(minutes=5)
    assert (here.there(room)["bob"], here.house.calls().get(LISTS)) == ("approved", None)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_daily_limit_of_one_person_parks_this_person_alone(here: Carried) -> None:
    room = here.begin()
    world = here.house.zoom.control.world
    here.join("ann", "bob")
    for _ in range(3):
        assert world.count_today("add", f"{room.id} ann@attendees.example", 3)
    here.carry()
    assert (here.states(), here.there(room)) == (
        {"ann": ("parked", "person"), "bob": ("registered", "")}, {"bob": "approved"},
    )  # fmt: skip
    here.house.calls()
    assert (here.carry(hours=1), here.house.calls()) == (0, {})
    wait = midnight_after(here)
    here.carry(seconds=wait.total_seconds() + 60)
    assert here.there(room) == {"bob": "approved", "ann": "approved"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_daily_limit_of_the_account_holds_everybody_until_it_is_over(here: Carried) -> None:
    room = here.begin()
    here.join("ann", "bob")
    here.house.zoom.control.fault("daily", ADD, times=None)
    here.carry()
    here.house.calls()
    assert {fault for _, fault in here.states().values()} == {"daily"}
    assert (here.carry(hours=1), here.house.calls().get(ADD)) == (0, None)
    here.house.zoom.control.no_faults()
    here.carry(seconds=midnight_after(here).total_seconds() + 60)
    assert len(here.there(room)) == 2


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_full_room_is_said_and_tried_again_at_night(here: Carried) -> None:
    room = here.begin(registrants_restrict_number=1)
    here.join("ann", "bob", "cleo")
    here.carry()
    assert sorted(state for state in here.states().values()) == [
        ("registered", ""), ("rejected", "full"), ("rejected", "full"),
    ]  # fmt: skip
    assert (here.house.calls()[ADD], here.house.binding().registration) == (2, "full")
    room.settings["registrants_restrict_number"] = 10
    here.carry(days=1)
    assert len(here.there(room)) == 3


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_host_approves_some_and_denies_others_and_each_is_told(here: Carried) -> None:
    room = here.begin(approval=1)
    here.join("ann", "bob", "cleo")
    here.carry()
    assert set(here.states().values()) == {("pending", "")}
    assert (here.ticket("ann"), here.mails()) == ("", [])
    here.of(room, "ann").status = "approved"
    here.of(room, "bob").status = "denied"
    here.house.calls()
    assert (here.carry(minutes=5), here.house.calls()) == (0, {})
    here.carry(hours=1)
    assert here.house.calls() == {ONE: 3}
    assert here.states() == {"ann": ("registered", ""), "bob": ("rejected", "denied"), "cleo": ("pending", "")}
    assert here.mails() == [("ann", "approved"), ("bob", "denied")]
    assert here.ticket("ann") == here.own_link(room, "ann")


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_batch_leaves_the_decision_to_the_host(here: Carried) -> None:
    room = here.begin(approval=1)
    here.join(*[f"p{number}" for number in range(8)])
    here.carry()
    assert (set(here.there(room).values()), here.house.calls()[BATCH]) == ({"pending"}, 1)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_webhook_of_the_host_is_heard_before_the_night(here: Carried) -> None:
    room = here.begin(approval=1)
    here.join("ann")
    here.carry()
    here.of(room, "ann").status = "approved"
    binding = here.house.binding()
    binding.reconciled_on = None
    here.house.dbs.commit()
    here.carry(minutes=15)
    assert (here.states()["ann"], here.mails()) == (("registered", ""), [("ann", "approved")])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_host_other_hosts_and_speakers_are_left_out(here: Carried) -> None:
    room = here.begin(alternative_hosts="ann@attendees.example; other@host.example")
    room.panelists.append({"id": "x", "name": "Bob", "email": "BOB@attendees.example"})
    here.join("ann", "bob", "cleo")
    here.carry()
    assert here.states() == {"ann": ("filtered", ""), "bob": ("filtered", ""), "cleo": ("registered", "")}
    assert here.house.calls()[ADD] == 1


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_question_that_we_cannot_answer_leads_to_zooms_own_form(here: Carried) -> None:
    room = here.begin()
    room.custom_questions.append({"title": "Your city?", "type": "short", "required": True})
    here.join("ann")
    here.carry()
    assert (here.states()["ann"], room.registrants) == (("rejected", "questions"), [])
    # Who fills it in there has their link here too, and stays when they give their place back here.
    here.house.zoom.control.register(room.id, "ann@attendees.example")
    here.carry(days=1)
    assert here.ticket("ann") == here.own_link(room, "ann")
    here.leave("ann")
    here.carry(minutes=1)
    assert here.there(room) == {"ann": "approved"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_optional_questions_and_a_last_name_are_no_hindrance(here: Carried) -> None:
    room = here.begin()
    room.questions.append({"field_name": "last_name", "required": True})
    room.custom_questions.append({"title": "Your city?", "type": "short", "required": False})
    ann, _ = here.join("ann", "bob")
    ann.answers = seal_said(ann.id, Said("Ann Lee", {}), here.means.box)
    here.house.dbs.commit()
    here.carry()
    assert here.states() == {"ann": ("registered", ""), "bob": ("rejected", "questions")}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_address_that_zoom_does_not_take_holds_up_nobody(here: Carried) -> None:
    room = here.begin()
    rows = here.join(*[f"p{number}" for number in range(7)])
    here.house.dbs.get_one(Person, rows[0].person_id).address = "p0@@attendees.example"
    here.house.dbs.commit()
    here.carry()
    assert here.states()["p0"] == ("rejected", "fields")
    assert len(here.there(room)) == 6


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_many_are_sent_in_batches_of_thirty(here: Carried) -> None:
    room = here.begin()
    here.join(*[f"p{number:02}" for number in range(65)])
    here.carry()
    calls = here.house.calls()
    assert (len(here.there(room)), calls[BATCH], calls.get(ADD, 0)) == (65, 2, 5)


def test_reconcile_finds_who_was_taken_out_and_counts_others_without_a_name(here: Carried) -> None:
    room = here.begin()
    here.join("ann", "bob")
    here.carry()
    here.of(room, "ann").status = "denied"
    room.registrants.remove(here.of(room, "bob"))
    here.house.zoom.control.register(room.id, "stranger@elsewhere.example", first_name="Stranger")
    here.carry(days=1)
    assert here.states() == {"ann": ("rejected", "denied"), "bob": ("rejected", "denied")}
    assert here.mails() == [("ann", "denied"), ("bob", "denied")]
    theirs = here.house.dbs.scalars(select(ZoomRegistrant).where(ZoomRegistrant.source == "zoom")).one()
    assert (theirs.person_id, theirs.registration_id, theirs.join_link) == (None, None, "")
    assert "stranger" not in str(vars(theirs))
    room.registrants[:] = [item for item in room.registrants if not item.email.startswith("stranger")]
    here.carry(days=1)
    assert here.house.dbs.scalars(select(ZoomRegistrant.id).where(ZoomRegistrant.source == "zoom")).all() == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_list_that_is_not_whole_says_of_nobody_that_they_are_gone(here: Carried) -> None:
    room = here.begin()
    here.join("ann")
    here.carry()
    for number in range(400):
        here.house.zoom.control.register(room.id, f"s{number}@elsewhere.example")
    here.house.zoom.control.fault("repeat_token", LISTS, times=None)
    here.carry(days=1)
    assert here.states()["ann"] == ("registered", "")


@pytest.mark.parametrize("way", ["back", "anew"])
def test_room_that_an_event_comes_back_to_knows_its_people(here: Carried, way: str) -> None:
    first = here.begin()
    # What Zoom answers to an address that it has is not documented: here it would be a second ticket.
    here.house.zoom.control.world.repeated_email = "new"
    (ann,) = here.join("ann")
    here.carry()
    if way == "back":
        here.house.bind("one", here.house.zoom.control.add_webinar(STARTS, topic="Care in the city", duration=90))
        here.carry(minutes=1)
        here.house.bind("one", first)
    else:
        binding = here.house.binding()
        unbind(here.house.dbs, binding, actor="person:mona", mint=Mint(), now=here.house.clock.now)
        here.house.dbs.commit()
        here.house.bind("one", first)
        here.turn(wanted=True)
        digest = address_digest(str(here.house.app.config["SECRET_KEY"]))
        assert ask_for_ticket(here.house.dbs, ann, digest, now=here.house.clock.now)
        here.house.dbs.commit()
    here.carry(minutes=1)
    here.carry(minutes=5)
    assert [item.status for item in first.registrants] == ["approved"]
    assert (here.states()["ann"][0], here.ticket("ann")) == ("registered", here.own_link(first, "ann"))


def test_recreated_room_gets_everybody_again_and_tells_them(here: Carried) -> None:
    first = here.begin()
    here.join("ann")
    here.carry()
    old = here.ticket("ann")
    second = here.house.zoom.control.add_webinar(STARTS, topic="Care in the city", duration=90)
    here.house.bind("one", second)
    assert here.ticket("ann") == ""
    here.carry(minutes=1)
    assert (here.there(second), here.ticket("ann") != old) == ({"ann": "approved"}, True)
    assert here.mails() == [("ann", "renewed")]
    assert len(first.registrants) == 1


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_room_that_is_deleted_while_people_are_sent_waits_for_people(here: Carried) -> None:
    room = here.begin()
    here.house.zoom.control.delete(room.id)
    here.join("ann")
    here.carry()
    assert here.states()["ann"][0] == "queued"
    here.house.zoom.control.recover(room.id)
    here.carry(minutes=15)
    assert here.there(room) == {"ann": "approved"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_nothing_waits_for_a_room_whose_event_is_over(here: Carried) -> None:
    room = here.begin()
    here.join("ann", "bob")
    here.carry()
    here.house.zoom.control.delete(room.id)
    here.join("cleo")
    here.leave("ann")
    here.carry(minutes=1)
    assert {name: state for name, (state, _) in here.states().items()} == {
        "ann": "unwanted", "bob": "registered", "cleo": "queued",
    }  # fmt: skip
    here.carry(days=10)
    assert here.states() == {"ann": ("cancelled", ""), "bob": ("registered", ""), "cleo": ("rejected", "over")}
    here.house.calls()
    assert (here.carry(days=1), here.house.calls()) == (0, {})


def test_erased_person_is_taken_out_there_by_number_alone(here: Carried) -> None:
    room = here.begin()
    here.join("ann")
    here.carry()
    ann = here.house.dbs.get_one(Person, "ann")
    setting = here.means.setting
    assert erase_attendee(here.house.dbs, ann, setting, actor="person:ann", now=here.house.clock.now)
    here.house.dbs.commit()
    left = here.house.dbs.scalars(select(ZoomRegistrant)).one()
    assert (left.state, left.person_id, left.registration_id, left.join_link) == ("unwanted", None, None, "")
    here.carry(minutes=1)
    assert here.there(room) == {"ann": "cancelled"}
    assert here.house.dbs.scalar(select(func.count()).select_from(ZoomRegistrant)) == 0


def test_tickets_go_seven_days_after_the_event(here: Carried) -> None:
    here.begin()
    here.join("ann")
    here.carry()
    for days, kept in ((7, True), (8, False)):
        here.house.clock.now = STARTS + timedelta(minutes=90, days=days)
        here.house.dbs.rollback()
        run_job(here.house.app, "retention")
        here.house.dbs.rollback()
        row = here.house.dbs.scalars(select(ZoomRegistrant)).one()
        assert bool(row.join_link) is kept


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_room_of_ours_takes_registrations_once_people_are_carried_to_it(here: Carried) -> None:
    here.publish(registration=HERE)
    here.press()
    here.run()
    here.house.sync()
    (room,) = here.rooms()
    assert room.approval == 2
    here.turn(wanted=True)
    here.join("ann")
    here.run()
    assert room.approval == 0
    here.carry()
    assert (here.there(room), here.ticket("ann")) == ({"ann": "approved"}, here.own_link(room, "ann"))


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_nothing_of_anybody_is_left_in_the_open(here: Carried, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "wmd")
    room = here.begin()
    here.house.zoom.control.register(room.id, "stranger@elsewhere.example")
    here.join("ann", "bob")
    here.house.zoom.control.fault("status", ADD, status=500)
    here.carry()
    here.carry(minutes=10)
    here.leave("bob")
    here.carry(days=1)
    assert here.there(room)["ann"] == "approved"
    own = here.of(room, "ann")
    metadata = MetaData()
    here.house.dbs.rollback()
    metadata.reflect(here.house.dbs.connection())
    tables = [table for table in metadata.sorted_tables if table.name != "people"]
    kept = "\n".join(str(row) for table in tables for row in here.house.dbs.execute(select(table))) + caplog.text
    private = [own.ticket, "tk=", "/w/", "attendees.example", "elsewhere.example", "Stranger"]
    assert [word for word in private if word in kept] == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_own_link_opens_the_room_a_quarter_of_an_hour_before_and_for_its_owner_alone(here: Carried) -> None:
    room = here.begin()
    here.join("ann", "bob")
    here.carry()
    dbs = here.house.dbs
    code = dbs.scalars(select(EventSession.code)).one()
    paths = {
        name: go_path(here.means.box, dbs.get_one(Attendee, name), code, now=here.house.clock.now)
        for name in ("ann", "bob")
    }
    dbs.rollback()
    browser = here.house.app.test_client()
    here.house.clock.now = STARTS - OPENS_BEFORE - timedelta(seconds=1)
    early = browser.get(paths["ann"], base_url="http://wmd.example")
    assert (early.status_code, "/w/" in early.text) == (200, False)
    here.house.clock.now = STARTS - OPENS_BEFORE
    found = {name: browser.get(path, base_url="http://wmd.example").location for name, path in paths.items()}
    assert found == {name: here.own_link(room, name) for name in ("ann", "bob")}
    assert browser.get(f"/go/{code}", base_url="http://wmd.example").location != found["ann"]


@needs_spec
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_is_sent_fits_zooms_own_text(here: Carried) -> None:
    here.begin(approval=1)
    here.join(*[f"p{number}" for number in range(7)])
    here.carry()
    here.join("ann")
    here.leave("p1")
    here.carry(hours=2)
    sent = here.house.zoom.control.sent()
    assert {ADD, BATCH, ONE, STATUS} <= here.house.calls().keys()
    assert request_faults(sent) == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_own_data_say_how_one_stands_on_zoom_and_hold_no_ticket(here: Carried) -> None:
    room = here.begin()
    here.join("ann")
    here.carry()
    ann = here.house.dbs.get_one(Person, "ann")
    found = person_document(
        here.house.dbs, ann, open_draft=lambda _: None, open_answers=lambda _: None, now=here.house.clock.now
    )
    row = here.house.dbs.scalars(select(ZoomRegistrant)).one()
    attendee = found["attendee"]
    assert isinstance(attendee, dict)
    assert attendee["registrations"][0]["on_zoom"] == {
        "source": "here", "state": "registered", "zoom_registrant": here.of(room, "ann").id,
        "created_at": row.created_at.isoformat(), "told_at": None,
    }  # fmt: skip
    assert here.of(room, "ann").ticket not in str(found)
