"""Hosts, staff, organisers, Zoom's network and clocks in any order, before a fake Zoom, with the real jobs.

Each step does one thing, delivers Zoom's messages, runs the jobs once, and then asks the public pages. What must hold:

* nothing private stands on any public page;
* readers read the times and links that people decided on, whatever Zoom says or fails to say;
* a way in is shut as gone only when the room is gone: no outage takes it away;
* a room of ours is made once, and nobody is registered on Zoom twice;
* a ticket is shown to nobody but its owner;
* pages ask Zoom nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.conftest import Databases
from tests.zoom_acts import MONA
from tests.zoom_house import LIST, ROOM
from tests.zoom_machine import (
    HERE,
    KEYS,
    PASTED,
    PEOPLE,
    Ground,
    begun,
    bind,
    make_ground,
)
from tests.zoom_truths import Truths
from wmd.domain.vocabulary import SessionStatus
from wmd.domain.zoom.faults import ZoomFault
from wmd.errors import NotAllowedMoveError
from wmd.services.drifts import open_drifts
from wmd.services.staff_edits import call_off

SEED = int(os.environ.get("SOAK_SEED", "20211007"))
CREATE = "POST /users/{user}/webinars"
MEETING = "/meetings/{id}"
ROUTES = (
    "*", ROOM, LIST, CREATE, "PATCH /webinars/{id}", "DELETE /webinars/{id}", "POST /oauth/token", f"GET {MEETING}",
    f"POST {MEETING}/registrants", f"POST {MEETING}/batch_registrants", f"GET {MEETING}/registrants",
    f"PUT {MEETING}/registrants/status", "POST /webinars/{id}/registrants", "GET /webinars/{id}/registrants",
)  # fmt: skip
BROKEN = ("reset", "drop", "html", "empty", "truncated", "status", "unauthorised", "qps", "daily", "slow")
#: Zoom does what it is asked, and nobody hears of it.
LOSSY = ("drop", "truncated", "html", "empty")
ODD = ("extra", "string_ids")
BENT = ("lost", "duplicate", "reorder", "stale", "tampered", "wrong_secret", "no_signature", "partial")
CHANGES = ("link", "title", "fill", "start", "end", "convert")
SHUTS = ("close", "open", "none")
DELETES = ("recover", "delete", "delete for good", "recreate")
ADMITS = ("by hand", "at once", "approved", "denied")
ANY = st.sampled_from(KEYS)
BOUND = st.sampled_from((PASTED, HERE))
SOMEBODY = st.sampled_from(PEOPLE)


class Zoom(RuleBasedStateMachine, Truths):
    """Four events of one organisation, our host and a partner, eight people, one Zoom."""

    def __init__(self, ground: Ground) -> None:
        RuleBasedStateMachine.__init__(self)
        self._open = ExitStack()
        Truths.__init__(self, self._open.enter_context(begun(ground)))

    def teardown(self) -> None:
        """End everything."""
        self._open.close()

    @initialize(some=st.sets(SOMEBODY, max_size=3), is_connected=st.booleans())
    def begin(self, some: set[str], is_connected: bool) -> None:
        """Let some have a place already, and the partner have connected the account, or not."""
        for name in sorted(some):
            self.attendee_joins(name, on_their_own=False)
        if is_connected:
            self.partner_connects()

    # The clock

    @rule(minutes=st.sampled_from([1, 3, 11, 31, 61, 400, 1500]))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.run.clock.now += timedelta(minutes=minutes)

    @rule(key=ANY, minutes=st.sampled_from([1500, 200, 100, 20, -10, -100]))
    def wait_until_before(self, key: str, minutes: int) -> None:
        """Let time pass until so long before a session, if that is still to come."""
        self.run.clock.now = max(self.run.clock.now, self.said[key].starts_at - timedelta(minutes=minutes))

    # The host

    @rule(key=ANY, act=st.sampled_from([*CHANGES, *SHUTS, *DELETES, *ADMITS]))
    def host_does(self, key: str, act: str) -> None:
        """Let the host do one thing."""
        if act in CHANGES:
            self.host_changes(key, act)
        elif act in SHUTS:
            self.host_shuts(key, act)
        elif act in DELETES:
            self.host_deletes(key, act)
        else:
            self.host_admits(act)

    @rule(key=ANY, minutes=st.sampled_from([-1440, -60, 1, 30, 60, 600]))
    def host_moves(self, key: str, minutes: int) -> None:
        """Let the host move a room."""
        room = self.room(key)
        if room is not None and room.starts_at is not None and room.state == "active":
            self.control.move_room(room.id, room.starts_at + timedelta(minutes=minutes))

    @rule(key=ANY, is_told=st.booleans(), is_recovered=st.booleans())
    def host_deletes_and_time_passes(self, key: str, is_told: bool, is_recovered: bool) -> None:
        """Let a room be away for the time after which that is believed, and perhaps come back."""
        if not is_told:
            self.control.webhooks.tweak("lost")
        self.host_deletes(key, "delete")
        self.staff_read_now(key)
        for minutes in (0, 3, 11, 31):
            self.run.clock.now += timedelta(minutes=minutes)
            self.all_holds()
        if is_recovered:
            self.host_deletes(key, "recover")
            self.run.clock.now += timedelta(minutes=61)

    @rule(
        key=ANY, what=st.sampled_from(["move", "move", "link", "title"]), minutes=st.sampled_from([-60, 30, 600]),
        how=st.sampled_from(["take", "take", "keep", "send", "propose", "uphold"]),
    )  # fmt: skip
    def host_changes_and_somebody_decides(self, key: str, what: str, minutes: int, how: str) -> None:
        """Let the host change something, and somebody decide on it."""
        if what == "move":
            self.host_moves(key, minutes)
        else:
            self.host_changes(key, what)
        self.staff_read_now(key)
        self.all_holds()
        self.decide(key, how, 0)

    # The partner

    @rule(act=st.sampled_from(["connect", "revoke", "carry", "carry nobody"]))
    def organiser_does(self, act: str) -> None:
        """Let an organiser do one thing."""
        if act == "connect":
            self.partner_connects()
        elif act == "revoke":
            self.partner_revokes()
        else:
            self.organiser_turns_carrying(act == "carry")

    # Those who attend

    @rule(name=SOMEBODY, act=st.sampled_from(["join", "join", "join there too", "leave", "ask"]))
    def attendee_does(self, name: str, act: str) -> None:
        """Let somebody do one thing."""
        if act == "leave":
            self.attendee_leaves(name)
        elif act == "ask":
            self.attendee_asks_for_a_ticket(name)
        else:
            self.attendee_joins(name, on_their_own=act == "join there too")

    # The network

    @rule(
        kind=st.sampled_from([*BROKEN, *ODD]), route=st.sampled_from(ROUTES), times=st.sampled_from([1, 2, 4, None]),
        tweak=st.none() | st.sampled_from(BENT), is_mended=st.booleans(),
    )  # fmt: skip
    def network_does(self, kind: str, route: str, times: int | None, tweak: str | None, is_mended: bool) -> None:
        """Let something go wrong, or all go well again."""
        if is_mended:
            self.mend()
        else:
            self.break_down(kind, route, 1, times)
        if tweak is not None:
            self.bend_messages(tweak, 2)

    @rule(
        kind=st.sampled_from(BROKEN), hours=st.sampled_from([1, 7]), is_mended=st.booleans(),
        route=st.sampled_from(["*", "*", ROOM, f"GET {MEETING}", "POST /oauth/token"]),
    )  # fmt: skip
    def stay_away(self, kind: str, route: str, hours: int, is_mended: bool) -> None:
        """Let Zoom be out of reach for hours, in which all rooms are asked for."""
        self.break_down("reset" if kind == "slow" else kind, route, 1, None)
        for _ in range(2):
            self.run.clock.now += timedelta(hours=hours)
            for key in KEYS:
                self.staff_read_now(key)
            self.all_holds()
        if is_mended:
            self.mend()

    @rule(
        kind=st.sampled_from([*LOSSY, *LOSSY, "reset", "status", "qps"]), names=st.sets(SOMEBODY, min_size=1),
        times=st.sampled_from([1, 2]), is_over_soon=st.booleans(),
    )  # fmt: skip
    def break_down_while_people_join(self, kind: str, names: set[str], times: int, is_over_soon: bool) -> None:
        """Let Zoom take people, and its answer be lost, or not take them; they may leave before that is found out."""
        for noun in ("meetings", "webinars"):
            for what in ("registrants", "batch_registrants"):
                options = {"commit": True} if kind in {"html", "empty"} else {}
                self.control.fault(kind, f"POST /{noun}/{{id}}/{what}", times=times, **options)  # type: ignore[arg-type]
        for name in sorted(names):
            self.attendee_joins(name, on_their_own=False)
        self.all_holds()
        if is_over_soon:
            self.attendee_leaves(min(names))
        for minutes in (3, 16):
            self.run.clock.now += timedelta(minutes=minutes)
            self.all_holds()

    # The staff

    @rule(key=ANY, act=st.sampled_from(["hide or show", "unbind", "make", "read", "reconnect"]))
    def staff_does(self, key: str, act: str) -> None:
        """Let staff press one button."""
        match act:
            case "hide or show":
                self.staff_hide_or_show(key)
            case "unbind" if key in {PASTED, HERE}:
                self.staff_unbind(key)
            case "make":
                self.staff_make_a_webinar(key)
            case "reconnect":
                self.reconnect()
            case _:
                self.staff_read_now(key)

    @rule(key=ANY, hours=st.sampled_from([-3, 1, 2, 24]))
    def staff_publish_another_time(self, key: str, hours: int) -> None:
        """Publish another time through the one door."""
        if self.edit(key, hours=hours):
            self.publish(key, starts_at=self.said[key].starts_at + timedelta(hours=hours))

    @rule(number=st.integers(0, 9))
    def staff_publish_another_link(self, number: int) -> None:
        """Publish the registration page of some webinar of the host for the event with a pasted link."""
        links = [self.control.links(room.id).registration for room in self.control.world.rooms]
        link = links[number % len(links)]
        if self.edit(PASTED, link=link):
            self.publish(PASTED, link=link)

    @rule(key=ANY, how=st.sampled_from(["take", "take", "keep", "send", "propose", "uphold"]), which=st.integers(0, 3))
    def decide(self, key: str, how: str, which: int) -> None:
        """Decide on a difference, as staff, or say something of it, as the organiser."""
        binding = self.binding(key)
        rows = open_drifts(self.run.dbs, binding.id) if binding is not None else []
        if binding is None or not rows:
            return
        row = rows[which % len(rows)]
        field, theirs, now = row.field, dict(row.theirs), self.run.clock.now
        done = self.try_to(lambda: self.settle(binding, row, how, now))
        if done and how == "take" and field == "time":
            self.publish(key, starts_at=datetime.fromisoformat(str(theirs["starts_at"])))
        if done and how == "take" and field == "link":
            self.publish(key, link=str(theirs["link"]))

    @rule(key=ANY, status=st.sampled_from([SessionStatus.CANCELLED, SessionStatus.POSTPONED, SessionStatus.SCHEDULED]))
    def staff_call_off(self, key: str, status: SessionStatus) -> None:
        """Call an event off, or hold it after all."""
        id_, now = self.submission(key).id, self.run.clock.now
        reason = {} if status is SessionStatus.SCHEDULED else {"en": "The hall is flooded."}
        if self.try_to(lambda: call_off(self.run.dbs, id_, status, reason, self.means, actor=MONA, now=now)):
            self.publish(key, is_on=status is SessionStatus.SCHEDULED)

    @rule(key=BOUND, number=st.integers(0, 9))
    def staff_bind(self, key: str, number: int) -> None:
        """Say that an event takes place in another of the host's rooms."""
        rooms = [room for room in self.control.world.rooms if room.state == "active"]
        if not rooms:
            return
        try:
            bind(self.run, key, rooms[number % len(rooms)])
        except (ZoomFault, NotAllowedMoveError):
            self.run.dbs.rollback()

    # What holds

    @invariant()
    def all_holds(self) -> None:
        """Deliver what Zoom has to say, let the jobs run once, and look."""
        self.look()


@pytest.fixture
def ground(databases: Databases, tmp_path: Path) -> Ground:
    """The beginning of each run."""
    return make_ground(databases, tmp_path)


def explore(machine: Callable[[], Zoom], examples: int, steps: int, *phases: Phase) -> None:
    """Let the machine run so many times, so many steps each."""
    run_state_machine_as_test(
        machine,  # type: ignore[arg-type]
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, phases=(Phase.generate, *phases),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], print_blob=True,
        ),
    )  # fmt: skip


def test_whatever_zoom_does_readers_read_what_people_decided(ground: Ground) -> None:
    # To make a failure smaller takes longer than a test may; the whole way to it is said all the same.
    explore(lambda: Zoom(ground), 5, 8)


@pytest.mark.soak
def test_whatever_zoom_does_for_long_readers_read_what_people_decided(ground: Ground) -> None:
    explore(seed(SEED)(lambda: Zoom(ground)), 300, 15, Phase.shrink)
