"""What hosts, partners, staff, organisers, people and the network do in the long runs with Zoom, one act each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.attendees import register
from tests.zoom_house import STARTS
from tests.zoom_machine import (
    HERE,
    KEYS,
    SLOW_S,
    THEIRS,
    Run,
    Said,
)
from wmd.cli import publishing_setting
from wmd.domain.codes import Mint
from wmd.domain.vocabulary import RegistrationState
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Registration, Submission, WebinarBinding, ZoomDrift
from wmd.services import room_decisions
from wmd.services.actors import Actor
from wmd.services.bindings import read_now, standing_binding, unbind
from wmd.services.delivery import address_digest
from wmd.services.intake import read_content
from wmd.services.managed_rooms import make_webinar
from wmd.services.registrations import cancel
from wmd.services.staff_edits import approved_revision, hide_event, show_event, staff_edit
from wmd.services.standing import Means
from wmd.services.zoom_accounts import connect_again, find_account
from wmd.services.zoom_registrants import ask_for_ticket, turn_push
from wmd_fakezoom import Room
from wmd_fakezoom.seed import PARTNER

MONA = Actor("person:mona", "mona", "moderator")
ANA = Actor("person:ana", "ana")


class Acts:
    """Those who act on four events, in one run. What was decided is remembered."""

    def __init__(self, run: Run) -> None:
        self.run = run
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

    def edit(self, key: str, *, hours: int = 0, link: str | None = None) -> bool:
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

    def host_shuts(self, key: str, act: str) -> None:
        """Let the host close or open registration, or ask none any more."""
        room = self.room(key)
        if room is None or room.state != "active":
            return
        if act == "none":
            self.control.switch_registration_off(room.id)
        else:
            self.control.close_registration(room.id, is_closed=act == "close")

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

    def partner_revokes(self) -> None:
        """Let the partner take the app's rights back."""
        self.control.revoke(PARTNER)

    def attendee_joins(self, name: str, on_their_own: bool) -> None:
        """Let somebody register with us, and perhaps on Zoom's own form before."""
        run, room = self.run, self.room(HERE)
        if on_their_own and room is not None and room.state == "active":
            self.on_their_own.add(self.control.register(room.id, f"{name}@attendees.example").id)
        if self.place(name) is None:
            register(run.dbs, name, run.event(HERE), run.clock.now, read_of_room=True)
        run.dbs.commit()

    def attendee_leaves(self, name: str) -> None:
        """Let somebody give their place back."""
        place = self.place(name)
        if place is not None:
            cancel(self.run.dbs, place, box=self.means.box, now=self.run.clock.now)
        self.run.dbs.commit()

    def attendee_asks_for_a_ticket(self, name: str) -> None:
        """Let somebody press the button on their own page."""
        place, digest = self.place(name), address_digest(str(self.run.app.config["SECRET_KEY"]))
        if place is not None:
            ask_for_ticket(self.run.dbs, place, digest, now=self.run.clock.now)
        self.run.dbs.commit()

    def organiser_turns_carrying(self, wanted: bool) -> None:
        """Let the organiser have people carried to Zoom, or no more."""
        event, box, now = self.run.event(HERE), self.means.box, self.run.clock.now
        self.try_to(lambda: turn_push(self.run.dbs, event, wanted=wanted, actor=ANA.name, box=box, now=now))

    def place(self, name: str) -> Registration | None:
        self.run.dbs.rollback()
        wanted = select(Registration).where(Registration.person_id == name, Registration.ended_at.is_(None))
        return self.run.dbs.scalars(wanted).first()

    def break_down(self, kind: str, route: str, nth: int, times: int | None) -> None:
        """Let something go wrong, once or until it is mended."""
        if kind == "slow":
            # Waited for in real time.
            times = 1
        options = {"status": {"status": 503}, "slow": {"seconds": SLOW_S}, "html": {"status": 502}}.get(kind, {})
        self.control.fault(kind, route, nth=nth, times=times, **options)  # type: ignore[arg-type]

    def mend(self) -> None:
        """Let all go well again, and staff reconnect."""
        self.control.no_faults()
        self.reconnect()

    def bend_messages(self, tweak: str, times: int) -> None:
        """Let Zoom's next messages be lost, doubled or forged."""
        self.control.webhooks.tweak(tweak, times)  # type: ignore[arg-type]

    def settle(self, binding: WebinarBinding, row: ZoomDrift, how: str, now: datetime) -> None:
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

    def staff_hide_or_show(self, key: str) -> None:
        """Take an event off the list, or put it back."""
        id_, now, said = self.submission(key).id, self.run.clock.now, self.said[key]
        turn = hide_event if said.is_listed else show_event
        if self.try_to(lambda: turn(self.run.dbs, id_, "They asked for it.", self.means, actor=MONA, now=now)):
            self.publish(key, is_listed=not said.is_listed)

    def staff_unbind(self, key: str) -> None:
        """Read a room no more."""
        binding = self.binding(key)
        if binding is not None:
            now = self.run.clock.now
            self.try_to(lambda: unbind(self.run.dbs, binding, actor=MONA.name, mint=Mint(), now=now))

    def staff_make_a_webinar(self, key: str) -> None:
        """Press the button, where it is offered."""
        event, now = self.run.event(key), self.run.clock.now
        self.try_to(lambda: make_webinar(self.run.dbs, event, actor=MONA.name, mint=Mint(), now=now))

    def staff_read_now(self, key: str) -> None:
        """Have a room read at once."""
        if (binding := self.binding(key)) is not None:
            read_now(binding, now=self.run.clock.now)
            self.run.dbs.commit()

    def reconnect(self) -> None:
        """Connect the account again that Zoom refused."""
        self.run.dbs.rollback()
        account = find_account(self.run.dbs, "own")
        if account is not None and account.state != "connected":
            connect_again(self.run.dbs, account, actor=MONA.name, now=self.run.clock.now)
        self.run.dbs.commit()
