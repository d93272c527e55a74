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
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.attendees import register
from tests.conftest import Databases
from tests.zoom_house import LIST, ROOM, STARTS
from tests.zoom_machine import (
    COMMON,
    HERE,
    KEYS,
    PASTED,
    PEOPLE,
    SLOW_S,
    THEIRS,
    Ground,
    Said,
    begun,
    bind,
    make_ground,
    paths_of,
    private_in,
    stamp_of,
)
from wmd.cli import publishing_setting
from wmd.domain.codes import Mint
from wmd.domain.vocabulary import RegistrationState, SessionStatus
from wmd.domain.zoom.faults import ZoomFault
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.jobs import run_job
from wmd.models import Registration, Submission, WebinarBinding, ZoomDrift
from wmd.services import room_decisions
from wmd.services.actors import Actor
from wmd.services.bindings import read_now, standing_binding, unbind
from wmd.services.delivery import address_digest
from wmd.services.drifts import open_drifts
from wmd.services.intake import read_content
from wmd.services.managed_rooms import make_webinar
from wmd.services.registrations import cancel
from wmd.services.staff_edits import approved_revision, call_off, hide_event, show_event, staff_edit
from wmd.services.standing import Means
from wmd.services.zoom_accounts import connect_again, find_account
from wmd.services.zoom_registrants import ask_for_ticket, ticket_of, turn_push
from wmd_fakezoom import Room
from wmd_fakezoom.seed import PARTNER

SEED = int(os.environ.get("SOAK_SEED", "20211007"))
JOBS = ("zoom-webhooks", "zoom-partners", "zoom-sync", "zoom-push", "zoom-registrants", "zoom-attendance")
MONA = Actor("person:mona", "mona", "moderator")
ANA = Actor("person:ana", "ana")
RENEWING = {"gone", "trashed"}
CREATE = "POST /users/{user}/webinars"
MEETING = "/meetings/{id}"
ROUTES = (
    "*", ROOM, LIST, CREATE, "PATCH /webinars/{id}", "DELETE /webinars/{id}", "POST /oauth/token", f"GET {MEETING}",
    f"POST {MEETING}/registrants", f"POST {MEETING}/batch_registrants", f"GET {MEETING}/registrants",
    f"PUT {MEETING}/registrants/status", "POST /webinars/{id}/registrants", "GET /webinars/{id}/registrants",
)  # fmt: skip
BROKEN = ("reset", "drop", "html", "empty", "truncated", "status", "unauthorised", "qps", "daily", "slow")
ODD = ("extra", "string_ids")
BENT = ("lost", "duplicate", "reorder", "stale", "tampered", "wrong_secret", "no_signature", "partial")
#: A failure is made smaller; why it fails is for people to find out, since tracing each line takes too long.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
ANY = st.sampled_from(KEYS)
BOUND = st.sampled_from((PASTED, HERE))
SOMEBODY = st.sampled_from(PEOPLE)
ALIVE = {"approved", "pending"}


class Zoom(RuleBasedStateMachine):
    """Four events of one organisation, our host and a partner, three people, one Zoom."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self._open = ExitStack()
        self.run = run = self._open.enter_context(begun(ground))
        self.control = run.zoom.control
        # What Zoom answers to a known address is not documented: here it would be another ticket, and be seen.
        self.control.world.repeated_email = "new"
        #: Who registered on Zoom's own form.
        self.on_their_own: set[str] = set()
        self.means = Means(publishing_setting(run.app, Mint()), run.app.extensions["wmd.secretbox"])
        #: What was decided; and what of it is public: a hidden event shows what was decided meanwhile when it is back.
        self.said = {key: Said(STARTS, run.event(key).registration_url) for key in KEYS}
        self.public = {key: replace(said) for key, said in self.said.items()}
        #: The registration pages that each room has had.
        self.links: dict[int, set[str]] = {}
        #: Rooms that the host made, or took back from the bin.
        self.theirs = {room.id for room in self.control.world.rooms}
        #: What was known before the jobs ran: the binding, its room, and its state.
        self.before = {key: self.standing(key) for key in KEYS}

    def teardown(self) -> None:
        """End everything."""
        self._open.close()

    @initialize(some=st.sets(SOMEBODY), is_connected=st.booleans())
    def begin(self, some: set[str], is_connected: bool) -> None:
        """Let some have a place already, and the partner have connected the account, or not."""
        for name in sorted(some):
            self.attendee_joins(name, on_their_own=False)
        if is_connected:
            self.partner_connects()

    # What stands

    def standing(self, key: str) -> tuple[str, str, str, datetime | None]:
        """Return an event's binding: id, room, state, since when it is missing."""
        self.run.dbs.rollback()
        row = standing_binding(self.run.dbs, self.run.event(key).id)
        return (row.id, row.zoom_id, row.state, row.missing_since) if row is not None else ("", "", "", None)

    def binding(self, key: str) -> WebinarBinding | None:
        self.run.dbs.rollback()
        return standing_binding(self.run.dbs, self.run.event(key).id)

    def submission(self, key: str) -> Submission:
        wanted = select(Submission).where(Submission.event_id == self.run.event(key).id)
        return self.run.dbs.scalars(wanted).one()

    def room(self, key: str) -> Room | None:
        """Return the room on Zoom that an event is tied to."""
        binding = self.binding(key)
        return self.control.room(binding.zoom_id) if binding is not None and binding.zoom_id else None

    def is_there(self, zoom_id: str) -> bool:
        """Whether Zoom knows a room now."""
        room = self.control.room(zoom_id)
        return room.state == "active" and not room.has_expired(self.control.now)

    def try_to(self, act: Callable[[], object]) -> bool:
        """Let somebody press a button; tell whether it was allowed."""
        self.run.dbs.rollback()
        try:
            act()
        except (NotAllowedMoveError, InvalidContentError):
            self.run.dbs.rollback()
            return False
        self.run.dbs.commit()
        return True

    def _edit(self, key: str, *, hours: int = 0, link: str | None = None) -> bool:
        submission = self.submission(key)
        base = approved_revision(self.run.dbs, submission)
        assert base is not None
        content = read_content(base)
        by = timedelta(hours=hours)
        sessions = [
            replace(each, starts=each.starts + by, ends=each.ends + by, time_text="", time_confirmed=False)
            for each in content.sessions
            if each.starts is not None and each.ends is not None
        ]
        content = replace(content, sessions=tuple(sessions))
        if link is not None:
            way = replace(content.registration, url=link, state=RegistrationState.OPEN)
            content = replace(content, registration=way)
        id_, base_id, now = submission.id, base.id, self.run.clock.now
        return self.try_to(lambda: staff_edit(self.run.dbs, id_, content, base_id, self.means, actor=MONA, now=now))

    def publish(self, key: str, **decided: Any) -> None:
        """Remember what somebody decided, and that it is public now unless the event is hidden."""
        self.said[key] = replace(self.said[key], **decided)
        if self.said[key].is_listed:
            self.public[key] = replace(self.said[key])
        self.public[key].is_listed = self.said[key].is_listed

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

    @rule(key=ANY, minutes=st.sampled_from([-1440, -60, 1, 30, 60, 600]))
    def host_moves(self, key: str, minutes: int) -> None:
        """Let the host move a room."""
        room = self.room(key)
        if room is not None and room.starts_at is not None and room.state == "active":
            self.control.move_room(room.id, room.starts_at + timedelta(minutes=minutes))

    @rule(
        key=ANY,
        act=st.sampled_from(["link", "title", "fill", "start", "end", "convert", "delete"]),
    )
    def host_changes(self, key: str, act: str) -> None:
        """Let the host do something to a room that is there."""
        room, control = self.room(key), self.control
        if room is None or room.state != "active":
            return
        match act:
            case "link":
                control.change_link(room.id)
            case "title":
                control.change(room.id, topic=f"{room.topic}!")
            case "fill":
                room.settings["registrants_restrict_number"] = 1
                self.on_their_own.add(control.register(room.id, "somebody@attendees.example").id)
            case "start":
                control.start(room.id)
            case "end" if room.live is not None:
                control.end(room.id)
            case "convert" if room.kind == "meeting":
                control.convert_to_webinar(room.id)
            case "delete":
                control.delete(room.id)

    @rule(key=ANY, act=st.sampled_from(["close", "open", "none"]))
    def host_shuts(self, key: str, act: str) -> None:
        """Let the host close or open registration, or ask none any more."""
        room = self.room(key)
        if room is None or room.state != "active":
            return
        if act == "none":
            self.control.switch_registration_off(room.id)
        else:
            self.control.close_registration(room.id, is_closed=act == "close")

    @rule(key=ANY, act=st.sampled_from(["recover", "recover", "delete", "delete for good", "recreate"]))
    def host_deletes(self, key: str, act: str) -> None:
        """Let the host throw a room away, take it back, or make it anew."""
        room = self.room(key)
        if room is None or room.state == "gone":
            return
        if act == "recover" and room.state == "trashed":
            self.theirs.add(room.id)
            self.control.recover(room.id)
        elif act == "delete" and room.state == "active":
            self.control.delete(room.id)
        elif act == "delete for good":
            self.control.delete_for_good(room.id)
        elif act == "recreate":
            self.theirs.add(self.control.recreate(room.id).id)

    @rule(act=st.sampled_from(["by hand", "at once", "approved", "denied"]))
    def host_admits(self, act: str) -> None:
        """Let the host admit people by hand or not, or decide on somebody who waits."""
        room = self.room(HERE)
        if room is None or room.state != "active":
            return
        if act in {"by hand", "at once"}:
            self.control.change(room.id, settings={"approval_type": int(act == "by hand")})
        for item in room.registrants:
            if item.status == "pending" and act in {"approved", "denied"}:
                item.status = act
                return

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

    @rule()
    def partner_connects(self) -> None:
        """Let an organiser go to Zoom and come back, and pick the webinar."""
        run = self.run
        run.dbs.rollback()
        run.come_back(run.agree(run.ask()))
        accounts = [each for each in run.accounts() if each.state == "connected"]
        rooms = [room for room in self.control.world.rooms if room.host.email == PARTNER and room.state == "active"]
        if accounts and rooms and self.public[THEIRS].is_listed:
            run.pick(rooms[-1], accounts[-1], THEIRS)
        run.dbs.rollback()

    @rule()
    def partner_revokes(self) -> None:
        """Let the partner take the app's rights back."""
        self.control.revoke(PARTNER)

    # Those who attend

    @rule(name=SOMEBODY, on_their_own=st.booleans())
    def attendee_joins(self, name: str, on_their_own: bool) -> None:
        """Let somebody register with us, and perhaps on Zoom's own form before."""
        run, room = self.run, self.room(HERE)
        if on_their_own and room is not None and room.state == "active":
            self.on_their_own.add(self.control.register(room.id, f"{name}@attendees.example").id)
        if self.place(name) is None:
            register(run.dbs, name, run.event(HERE), run.clock.now)
        run.dbs.commit()

    @rule(name=SOMEBODY)
    def attendee_leaves(self, name: str) -> None:
        """Let somebody give their place back."""
        place = self.place(name)
        if place is not None:
            cancel(self.run.dbs, place, box=self.means.box, now=self.run.clock.now)
        self.run.dbs.commit()

    @rule(name=SOMEBODY)
    def attendee_asks_for_a_ticket(self, name: str) -> None:
        """Let somebody press the button on their own page."""
        place, digest = self.place(name), address_digest(str(self.run.app.config["SECRET_KEY"]))
        if place is not None:
            ask_for_ticket(self.run.dbs, place, digest, now=self.run.clock.now)
        self.run.dbs.commit()

    @rule(wanted=st.booleans())
    def organiser_turns_carrying(self, wanted: bool) -> None:
        """Let the organiser have people carried to Zoom, or no more."""
        event, box, now = self.run.event(HERE), self.means.box, self.run.clock.now
        self.try_to(lambda: turn_push(self.run.dbs, event, wanted=wanted, actor=ANA.name, box=box, now=now))

    def place(self, name: str) -> Registration | None:
        self.run.dbs.rollback()
        wanted = select(Registration).where(Registration.person_id == name, Registration.ended_at.is_(None))
        return self.run.dbs.scalars(wanted).first()

    # The network

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

    @rule(kind=st.sampled_from(BROKEN), names=st.sets(SOMEBODY, min_size=1), is_over_soon=st.booleans())
    def break_down_while_people_join(self, kind: str, names: set[str], is_over_soon: bool) -> None:
        """Let Zoom take people, and its answer be lost, or not take them; they may leave before that is found out."""
        for noun in ("meetings", "webinars"):
            self.break_down(kind, f"POST /{noun}/{{id}}/registrants", 1, 2)
        for name in sorted(names):
            self.attendee_joins(name, on_their_own=False)
        self.all_holds()
        if is_over_soon:
            self.attendee_leaves(min(names))
        for minutes in (3, 16):
            self.run.clock.now += timedelta(minutes=minutes)
            self.all_holds()

    @rule(
        kind=st.sampled_from([*BROKEN, *ODD]), route=st.sampled_from(ROUTES), nth=st.sampled_from([1, 1, 2]),
        times=st.sampled_from([1, 2, 4, None]),
    )  # fmt: skip
    def break_down(self, kind: str, route: str, nth: int, times: int | None) -> None:
        """Let something go wrong, once or until it is mended."""
        if kind == "slow":
            # Waited for in real time.
            times = 1
        options = {"status": {"status": 503}, "slow": {"seconds": SLOW_S}, "html": {"status": 502}}.get(kind, {})
        self.control.fault(kind, route, nth=nth, times=times, **options)  # type: ignore[arg-type]

    @rule()
    def mend(self) -> None:
        """Let all go well again, and staff reconnect."""
        self.control.no_faults()
        self.reconnect()

    @rule(tweak=st.sampled_from(BENT), times=st.sampled_from([1, 3]))
    def bend_messages(self, tweak: str, times: int) -> None:
        """Let Zoom's next messages be lost, doubled or forged."""
        self.control.webhooks.tweak(tweak, times)  # type: ignore[arg-type]

    # The staff

    @rule(key=ANY, hours=st.sampled_from([-3, 1, 2, 24]))
    def staff_publish_another_time(self, key: str, hours: int) -> None:
        """Publish another time through the one door."""
        if self._edit(key, hours=hours):
            self.publish(key, starts_at=self.said[key].starts_at + timedelta(hours=hours))

    @rule(number=st.integers(0, 9))
    def staff_publish_another_link(self, number: int) -> None:
        """Publish the registration page of some webinar of the host for the event with a pasted link."""
        links = [self.control.links(room.id).registration for room in self.control.world.rooms]
        link = links[number % len(links)]
        if self._edit(PASTED, link=link):
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
        done = self.try_to(lambda: self._decide(binding, row, how, now))
        if done and how == "take" and field == "time":
            self.publish(key, starts_at=datetime.fromisoformat(str(theirs["starts_at"])))
        if done and how == "take" and field == "link":
            self.publish(key, link=str(theirs["link"]))

    def _decide(self, binding: WebinarBinding, row: ZoomDrift, how: str, now: datetime) -> None:
        dbs = self.run.dbs
        match how:
            case "take":
                room_decisions.take_theirs(dbs, binding, row, self.means, actor=MONA, now=now)
            case "keep":
                room_decisions.keep_ours(dbs, binding, row, actor=MONA, now=now)
            case "send":
                room_decisions.send_ours(dbs, binding, row, actor=MONA, now=now)
            case "propose":
                room_decisions.propose_theirs(dbs, binding, row, self.means, actor=ANA, now=now)
            case _:
                room_decisions.uphold_ours(dbs, row, actor=ANA, now=now)

    @rule(key=ANY, status=st.sampled_from([SessionStatus.CANCELLED, SessionStatus.POSTPONED, SessionStatus.SCHEDULED]))
    def staff_call_off(self, key: str, status: SessionStatus) -> None:
        """Call an event off, or hold it after all."""
        id_, now = self.submission(key).id, self.run.clock.now
        reason = {} if status is SessionStatus.SCHEDULED else {"en": "The hall is flooded."}
        if self.try_to(lambda: call_off(self.run.dbs, id_, status, reason, self.means, actor=MONA, now=now)):
            self.publish(key, is_on=status is SessionStatus.SCHEDULED)

    @rule(key=ANY)
    def staff_hide_or_show(self, key: str) -> None:
        """Take an event off the list, or put it back."""
        id_, now, said = self.submission(key).id, self.run.clock.now, self.said[key]
        turn = hide_event if said.is_listed else show_event
        if self.try_to(lambda: turn(self.run.dbs, id_, "They asked for it.", self.means, actor=MONA, now=now)):
            self.publish(key, is_listed=not said.is_listed)

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

    @rule(key=BOUND)
    def staff_unbind(self, key: str) -> None:
        """Read a room no more."""
        binding = self.binding(key)
        if binding is not None:
            now = self.run.clock.now
            self.try_to(lambda: unbind(self.run.dbs, binding, actor=MONA.name, mint=Mint(), now=now))

    @rule(key=ANY)
    def staff_make_a_webinar(self, key: str) -> None:
        """Press the button, where it is offered."""
        event, now = self.run.event(key), self.run.clock.now
        self.try_to(lambda: make_webinar(self.run.dbs, event, actor=MONA.name, mint=Mint(), now=now))

    @rule(key=ANY)
    def staff_read_now(self, key: str) -> None:
        """Have a room read at once."""
        if (binding := self.binding(key)) is not None:
            read_now(binding, now=self.run.clock.now)
            self.run.dbs.commit()

    @rule()
    def reconnect(self) -> None:
        """Connect the account again that Zoom refused."""
        self.run.dbs.rollback()
        account = find_account(self.run.dbs, "own")
        if account is not None and account.state != "connected":
            connect_again(self.run.dbs, account, actor=MONA.name, now=self.run.clock.now)
        self.run.dbs.commit()

    # What holds

    @invariant()
    def all_holds(self) -> None:
        """Deliver what Zoom has to say, let the jobs run once, and look."""
        run = self.run
        self.before = {key: self.standing(key) for key in KEYS}
        self._note_links()
        run.send()
        for job in JOBS:
            self.control.set_time(run.clock.now)
            run.dbs.rollback()
            run_job(run.app, job)
        self._note_links()
        self._see_that_states_are_true()
        self._see_that_no_room_is_made_twice()
        self._see_that_nobody_is_registered_twice()
        self._see_that_tickets_are_ones_own()
        self.control.forget_log()
        run.app.extensions["wmd.library"].refresh()
        pages = self._pages()
        assert (self.control.log(), self.control.sent()) == ([], [])
        for path, (_, _, text) in pages.items():
            assert private_in(run, text) == [], path
        for key in KEYS:
            self._see_what_readers_read(key, pages)

    def _note_links(self) -> None:
        for room in self.control.world.rooms:
            self.links.setdefault(room.id, set()).add(self.control.links(room.id).registration)

    def _pages(self) -> dict[str, tuple[int, str, str]]:
        sessions = self.run.sessions()
        own = [path for key in KEYS for path in paths_of(self.run.event(key), sessions[key])]
        return {path: self.run.page(path) for path in (*COMMON, *own)}

    def _see_that_states_are_true(self) -> None:
        """A room is said to be gone only when Zoom does not know it, and only after a while, or when Zoom said so."""
        for key in KEYS:
            before, now = self.before[key], self.standing(key)
            if now[:3] == before[:3]:
                continue
            state, room = now[2], now[1]
            if state in {"missing", *RENEWING}:
                assert not self.is_there(room), (key, before, now)
            if state == "gone" and self.control.room(room).state != "gone":
                assert before[2] in {"missing", "trashed"}, (key, before, now)
                assert before[3] is not None
                assert self.run.clock.now - before[3] >= timedelta(minutes=30)

    def _see_that_no_room_is_made_twice(self) -> None:
        """Of all rooms that are there with one event's mark, at most one was made by us."""
        for key in KEYS:
            mark = f"http://wmd.example/e/{self.run.event(key).code}"
            ours = [
                room.id for room in self.control.world.rooms
                if room.state == "active" and room.id not in self.theirs and room.agenda.startswith(mark)
            ]  # fmt: skip
            assert len(ours) <= 1, (key, ours)

    def _see_that_nobody_is_registered_twice(self) -> None:
        """Of all that Zoom has of one address in one room, at most one was sent by us, but for who was taken back."""
        for room in self.control.world.rooms:
            sent = [
                item.email for item in room.registrants
                if item.status in ALIVE and item.id not in self.on_their_own
            ]  # fmt: skip
            assert len(sent) == len(set(sent)), (room.id, sent)

    def _see_that_tickets_are_ones_own(self) -> None:
        self.run.dbs.rollback()
        tickets = {
            item.email: {each.ticket for room in self.control.world.rooms for each in room.registrants
                         if each.email == item.email}
            for room in self.control.world.rooms for item in room.registrants
        }  # fmt: skip
        for name in PEOPLE:
            place = self.place(name)
            link = ticket_of(self.run.dbs, self.means.box, place.id) if place is not None else ""
            own = tickets.get(f"{name}@attendees.example", set())
            assert not link or any(f"tk={ticket}&" in link for ticket in own), name

    def _see_what_readers_read(self, key: str, pages: dict[str, tuple[int, str, str]]) -> None:
        event, session = self.run.event(key), self.run.sessions()[key]
        if event.registration_url != self.public[key].link:
            self._see_that_the_link_is_of_the_room_we_made(key, event.registration_url)
        said = self.public[key]
        assert session.starts_at == said.starts_at
        assert event.registration_url == said.link
        ics, go, own, page = (pages[path] for path in paths_of(event, session))
        assert ics[2].count("DTSTART;") == ics[2].count(stamp_of(said.starts_at)) == 1
        if not said.is_listed:
            assert (go[0], page[0]) == (410, 410)
            return
        assert page[0] == 200
        if said.is_on:
            assert said.starts_at.strftime('datetime="%Y-%m-%dT%H:%M') in page[2]
        if said.is_on and said.link and self.run.clock.now < session.ends_at:
            self._see_the_way_in(key, go, own)

    def _see_that_the_link_is_of_the_room_we_made(self, key: str, link: str) -> None:
        """Whoever pressed the button decided on the link of the room that was made then."""
        row = self.binding(key)
        assert row is not None
        assert row.kind == "managed"
        assert link in self.links[int(row.zoom_id)]
        self.said[key].link = self.public[key].link = link

    def _see_the_way_in(self, key: str, *ways: tuple[int, str, str]) -> None:
        """The last good link is where one is led, unless the room is gone, full or closed as it was last read."""
        _, _, state, _ = self.standing(key)
        binding = self.binding(key)
        registration = binding.registration if binding is not None else "unknown"
        for status, where, text in ways:
            is_renewed = "The link is being renewed" in text
            if state in RENEWING or (state == "draft" and self.run.event(key).link_wrong_at is not None):
                assert (status, is_renewed) == (200, True), (key, state)
            elif registration in {"full", "closed"}:
                assert (status, is_renewed) == (200, False), (key, registration)
            else:
                assert (status, where) == (302, self.public[key].link), (key, state)


@pytest.fixture
def ground(databases: Databases, tmp_path: Path) -> Ground:
    """The beginning of each run."""
    return make_ground(databases, tmp_path)


@pytest.mark.parametrize(("examples", "steps"), [(10, 12), pytest.param(300, 25, marks=pytest.mark.soak)])
def test_whatever_zoom_does_readers_read_what_people_decided(ground: Ground, examples: int, steps: int) -> None:
    machine = seed(SEED)(lambda: Zoom(ground)) if examples > 100 else lambda: Zoom(ground)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, phases=PHASES,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], print_blob=True,
        ),
    )  # fmt: skip
