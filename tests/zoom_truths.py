"""What must hold after each step of the long runs with Zoom."""

from __future__ import annotations

from datetime import timedelta

from tests.zoom_acts import Acts
from tests.zoom_machine import (
    COMMON,
    KEYS,
    PEOPLE,
    paths_of,
    private_in,
    stamp_of,
)
from wmd.jobs import run_job
from wmd.services.zoom_registrants import ticket_of

JOBS = ("zoom-webhooks", "zoom-partners", "zoom-sync", "zoom-push", "zoom-registrants", "zoom-attendance")
RENEWING = {"gone", "trashed"}
ALIVE = {"approved", "pending"}


class Truths(Acts):
    """Those who act, and those who look."""

    def look(self) -> None:
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
            if state in RENEWING or self._takes_the_place_of_a_lost_one(key):
                assert (status, is_renewed) == (200, True), (key, state)
            elif registration in {"full", "closed", "none"}:
                # Where the host asks no registration any more, its page is no more.
                assert (status, is_renewed) == (200, False), (key, registration)
            else:
                assert (status, where) == (302, self.public[key].link), (key, state)

    def _takes_the_place_of_a_lost_one(self, key: str) -> bool:
        """Whether the link leads to a room of ours that is lost, and nobody has published that of the next one."""
        binding = self.binding(key)
        if binding is None or binding.kind != "managed" or self.run.event(key).link_wrong_at is None:
            return False
        return binding.state in {"draft", "checking"} or "link" in binding.drift
