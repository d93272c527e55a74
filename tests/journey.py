"""The way of an event from an empty form to the calendar, told once: for plain pages and for a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pyotp
from flask import Flask
from icalendar import Calendar, Event

from tests import documents
from tests.browser import Mailbox
from tests.conftest import Clock
from tests.domain.forms.cast import filled

BEGAN_AT = datetime(2021, 9, 20, 8, 0, tzinfo=UTC)
ANA, MONA = "ana@prova.example", "mona@people.example"


class Visitor(Protocol):
    """What a browser can do here: see :class:`tests.browser.Browser`, and the real one of the browser tests."""

    path: str

    def open(self, path: str) -> object:
        """Open an address of ours."""

    def fill(self, *, at: str = "", **values: str) -> None:
        """Fill fields of a form by name."""

    def type(self, values: dict[str, str], *, at: str = "") -> None:
        """Fill fields of a form by name."""

    def press(self, words: str, *, at: str = "") -> object:
        """Press a button."""

    def follow(self, words: str) -> object:
        """Follow a link."""

    def texts(self, path: str) -> list[str]:
        """Return the words of elements."""

    def values(self, path: str) -> list[str]:
        """Return the values of attributes."""

    def says(self) -> str:
        """Return the words of the page."""


class Installation:
    """One installation with one event: its commands, its browsers, its outgoing mail, and the time there."""

    def __init__(
        self, app: Flask, clock: Clock, folder: Path, browser: Callable[[], Visitor], host: str = "http://wmd.example"
    ) -> None:
        self.app = app
        self.mailbox = Mailbox(folder)
        self.browser = browser
        self._clock = clock
        self._host = host
        file = folder / "programme.json"
        file.write_text(json.dumps(documents.document(documents.event())), encoding="utf-8")
        self.run("programme", "import", str(file))

    def run(self, *words: str) -> str:
        """Type ``flask …`` and return what it says last."""
        result = self.app.test_cli_runner().invoke(args=list(words))
        assert result.exit_code == 0, result.output
        return result.output.strip().splitlines()[-1]

    def wait(self, **time: float) -> None:
        """Let time pass, and the mail go out."""
        self._clock.now += timedelta(**time)
        self.run("jobs", "run", "outbox")

    def code(self, secret: str) -> str:
        """Return what an authenticator app shows now."""
        return pyotp.TOTP(secret).at(self._clock.now)

    def entry(self, code: str) -> Event:
        """Return the entry of an event in the edition's calendar."""
        feed = self.app.test_client().get("/2021/calendar.ics", base_url=self._host).data
        (found,) = [entry for entry in Calendar.from_ical(feed).walk("VEVENT") if code in str(entry["URL"])]
        assert isinstance(found, Event)
        return found


def enter_as_moderator(here: Installation) -> Visitor:
    """Let a new moderator sign in for the first time: by mail, then with a second factor of their own."""
    here.run("staff", "add", MONA, "--name", "Mona", "--role", "moderator")
    desk = here.browser()
    desk.open("/staff/desk")
    desk.fill(address=MONA)
    desk.press("Send me the link")
    here.wait(seconds=20)
    desk.open(here.mailbox.newest_link(MONA, "/sign-in/confirm"))
    desk.press("Sign in")
    assert desk.texts("//h1") == ["Set up your second step"]
    desk.press("Begin")
    (secret,) = desk.texts("//code")
    desk.fill(code=here.code(secret.replace(" ", "")))
    desk.press("Continue")
    desk.follow("I have kept them")
    return desk


class _Told:
    """The story so far: who takes part, which submission it is about, and how its entry read when it was new."""

    def __init__(self, here: Installation) -> None:
        self.here = here
        self.ana, self.stranger = here.browser(), here.browser()
        self.mona: Visitor = self.stranger
        self.number = self.own_page = self.code = ""
        self.before = Event()

    @property
    def item(self) -> str:
        """Return where the submission is on the desk."""
        return f"/staff/desk/{self.own_page.rpartition('/')[2]}"

    def told(self) -> list[str]:
        """Return the subjects of the mails to Ana."""
        return self.here.mailbox.subjects(ANA)


def tell(here: Installation) -> None:
    """Go the whole way; each step presses what the page offers."""
    told = _Told(here)
    hand_in(told)
    confirm_address(told)
    look_from_outside(told)
    ask_for_changes(told)
    mend_it(told)
    approve(told)
    change_what_is_public(told)
    take_some(told)
    look_what_came_of_it(told)


def hand_in(told: _Told) -> None:
    """1. Somebody without an account fills the form, and gets a number and a mail."""
    ana, here = told.ana, told.here
    ana.open("/2021/submit")
    here.wait(minutes=9)
    ana.type(filled())
    ana.press("Hand in")
    assert ana.texts("//h1") == ["Thank you: your event is here"]
    (told.number,) = re.findall(r"WMD-[0-9A-Z]{6}", ana.says())
    here.wait(seconds=5)
    assert told.told() == ["Please confirm: Care in the metropolis"]


def confirm_address(told: _Told) -> None:
    """2. The button behind the mailed link confirms the address, and leads to the event's own page."""
    ana = told.ana
    ana.open(told.here.mailbox.newest_link(ANA, "/organiser/confirm"))
    ana.press("Yes, confirm and sign in")
    assert told.number in ana.says()
    told.own_page = ana.path


def look_from_outside(told: _Told) -> None:
    """3. Nobody else sees it: not the programme, and not a stranger who guesses the address."""
    stranger = told.stranger
    stranger.open("/2021/programme")
    assert stranger.texts("//li[contains(@class, 'row')]//h3") == ["Care in the city"]
    stranger.open(told.own_page)
    assert stranger.texts("//h1") == ["Sign in"]


def ask_for_changes(told: _Told) -> None:
    """4. A new moderator signs in with two factors, takes it on, and asks for changes beside a field."""
    told.mona = mona = enter_as_moderator(told.here)
    assert mona.values("//ol[@class='queue']/li/a/@href") == [told.item]
    mona.open(told.item)
    mona.press("Take it on")
    mona.type(
        {
            "reasons": "missing-details",
            "own": "Please say which cities speak.",
            "comment.texts.en.summary": "Which cities?",
        }
    )
    mona.press("Ask for changes")
    told.here.wait(seconds=5)
    assert told.told()[1:] == ["One more step: Care in the metropolis"]


def mend_it(told: _Told) -> None:
    """5. The organiser finds the remark beside the field, mends it and hands it in again."""
    ana = told.ana
    ana.open(told.own_page)
    assert "Which cities?" in ana.says()
    ana.press("Make the changes")
    assert ana.texts("//*[@id='field-texts-en-summary' or .//*[@name='texts.en.summary']]") != []
    ana.fill(texts__en__summary="Barcelona and Medellín on who cares for whom")
    ana.press("Hand in the change")


def approve(told: _Told) -> None:
    """6. The moderator approves: it is public at once, and in the calendar."""
    mona, stranger = told.mona, told.stranger
    mona.open(told.item)
    mona.press("Approve")
    told.here.wait(seconds=5)
    assert told.told()[2:] == ["Welcome to the programme: Care in the metropolis"]
    stranger.open("/2021/programme")
    stranger.follow("Care in the metropolis")
    assert "Barcelona and Medellín on who cares for whom" in stranger.says()
    assert "Please say which cities speak." not in stranger.says()
    told.code = stranger.path.rpartition("/")[2].partition("-")[0]
    told.before = before = told.here.entry(told.code)
    assert (before["SUMMARY"], before["SEQUENCE"], before.start) == (
        "Care in the metropolis", 0, datetime(2021, 10, 7, 13, 0, tzinfo=UTC),
    )  # fmt: skip


def change_what_is_public(told: _Told) -> None:
    """7. The organiser changes three things of what is public: it stays as it is."""
    ana = told.ana
    ana.open(told.own_page)
    ana.press("Change it")
    ana.type(
        {
            "texts.en.title": "Care in two metropolises",
            "sessions[0].starts": "15:30",
            "sessions[0].ends": "17:00",
            "capacity": "80",
        }
    )
    ana.press("Hand in the change")
    assert told.here.entry(told.code) == told.before


def take_some(told: _Told) -> None:
    """8. The moderator sees them side by side, takes the new time, and says why the title stays."""
    mona = told.mona
    mona.open(told.item)
    offered = mona.values("//input[@name='take']/@value")
    (time,) = [path for path in offered if path.startswith("sessions.")]
    assert set(offered) == {"texts.en.title", "capacity", time}
    mona.type({"take": time, "own": "Posters with the old title are out."})
    mona.press("Take what is ticked")
    told.here.wait(seconds=5)


def look_what_came_of_it(told: _Told) -> None:
    """9. What was taken reaches pages and calendars; what was not is told by mail."""
    here, before = told.here, told.before
    after = here.entry(told.code)
    assert (after["UID"], after["SUMMARY"], after["SEQUENCE"], after.start) == (
        before["UID"], "Care in the metropolis", 1, datetime(2021, 10, 7, 13, 30, tzinfo=UTC),
    )  # fmt: skip
    mail = here.mailbox.mails(ANA)[-1].get_body(("plain",))
    assert mail is not None
    assert "Posters with the old title are out." in mail.get_content()
    told.ana.open(told.own_page)
    assert "15:30" in told.ana.says()
    told.stranger.open("/2021/changes")
    assert "Care in the metropolis" in told.stranger.says()
