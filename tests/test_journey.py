"""Read this first: the whole way of an event, from a file to the page, the calendar, and the end, without a browser.

Each step is what a person does (a command of staff) or sees (a page, a feed). Nothing is replaced but the clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar, Event
from lxml import html
from werkzeug.test import TestResponse

from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.documents import document, event, session
from wmd.db import db

ANNOUNCED_AT = datetime(2021, 9, 20, 8, 0, tzinfo=UTC)
PAGE_IN_BOGOTA = {"Cookie": "wmd_zone=America/Bogota"}


class Journey:
    """One installation: its commands as staff type them, its addresses as strangers open them."""

    def __init__(self, app: Flask, clock: Clock, folder: Path) -> None:
        self._app = app
        self._clock = clock
        self._folder = folder
        self._stranger = app.test_client(use_cookies=False)

    def at(self, now: datetime) -> None:
        """Let time pass."""
        self._clock.now = now

    def type(self, *words: str) -> str:
        """Type ``flask …`` and return what it says."""
        result = self._app.test_cli_runner().invoke(args=list(words))
        assert result.exit_code == 0, result.output
        # What is published shows at once here; other processes see it within a second.
        self._app.extensions["wmd.library"].refresh()
        return result.output

    def hand_over(self, **changes: Any) -> str:
        """Import a file with one event, some of its fields changed, and return what the command says last."""
        file = self._folder / "programme.json"
        file.write_text(json.dumps(document(event(**changes))), encoding="utf-8")
        return self.type("programme", "import", str(file)).strip().splitlines()[-1]

    def open(self, path: str, **headers: str) -> TestResponse:
        """Open an address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._stranger.get(path, base_url="http://wmd.example", headers=named)

    def page(self, path: str, **headers: str) -> html.HtmlElement:
        """Open a page that must be there."""
        response = self.open(path, **headers)
        assert response.status_code == 200, (path, response.status_code)
        return html.document_fromstring(response.get_data(as_text=True))

    def entry(self, path: str = "/2021/calendar.ics") -> Event:
        """Return the one event that a feed holds."""
        calendar = Calendar.from_ical(self.open(path).data)
        (found,) = calendar.walk("VEVENT")
        assert isinstance(found, Event)
        return found


def text(page: html.HtmlElement, path: str) -> list[str]:
    """Return the words of what an XPath finds, one string for each."""
    return [" ".join(each.text_content().split()) for each in page.xpath(path)]


@pytest.fixture
def journey(engine_name: Engine, databases: Databases, tmp_path: Path) -> Iterator[Journey]:
    """A fresh installation before its first command, on each kind of database."""
    url, clock = databases.empty(engine_name, tmp_path), Clock(ANNOUNCED_AT)
    app = make_test_app(url, tmp_path, clock)
    yield Journey(app, clock, tmp_path)
    app.extensions["wmd.library"].settle()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def test_an_event_from_its_file_to_its_end(journey: Journey) -> None:
    # 1. An empty database gets its tables, and a file of one event is imported.
    journey.type("db", "upgrade")
    assert journey.hand_over() == "Added 1, changed 0, left 0 as they were."

    # 2. A stranger in Bogotá finds it, in their own time, with the hosts' beside it.
    (row,) = journey.page("/2021/programme", **PAGE_IN_BOGOTA).xpath("//li[contains(@class, 'row')]")
    assert text(row, ".//time") == ["08:00–09:30"]
    assert text(row, ".//small") == ["UTC−5 · 15:00 in Barcelona"]
    path = row.xpath("string(.//h3/a/@href)")
    page = journey.page(path, **PAGE_IN_BOGOTA)
    assert text(page, "//h1") == ["Care in the city"]
    assert text(page, "//*[@class='questions']/li") == ["Why?"]
    assert text(page, "//dl[contains(@class, 'times')]//time") == ["08:00–09:30", "15:00–16:30", "13:00–14:30"]

    # 3. The button leads to the organiser's own page of registration, through an address that stays.
    way_in = page.xpath("string(//a[@class='button']/@href)")
    assert journey.open(way_in).headers["Location"] == event()["registration"]["url"]

    # 4. A calendar subscribes, and asks again in vain: nothing is sent twice.
    first = journey.open("/2021/calendar.ics")
    assert first.content_type == "text/calendar; charset=utf-8"
    etag = first.headers["ETag"]
    again = journey.open("/2021/calendar.ics", If_None_Match=etag)
    assert (again.status_code, again.data) == (304, b"")
    before = journey.entry()
    assert (before["SUMMARY"], before["STATUS"], before["SEQUENCE"]) == ("Care in the city", "CONFIRMED", 0)
    assert before.start == datetime(2021, 10, 7, 13, 0, tzinfo=UTC)

    # 5. The same file once more changes nothing, not even for the calendar.
    journey.at(ANNOUNCED_AT + timedelta(days=1))
    assert journey.hand_over() == "Added 0, changed 0, left 1 as they were."
    assert journey.entry().to_ical() == before.to_ical()

    # 6. The organiser moves it by two hours. The page shows the new time, the calendar follows the same entry.
    journey.at(moved_at := ANNOUNCED_AT + timedelta(days=2))
    later = session(starts="2021-10-07T17:00", ends="2021-10-07T18:30", time_text="7 OCT 2021 | 17:00-18:30 CET")
    assert journey.hand_over(sessions=[later]) == "Added 0, changed 1, left 0 as they were."
    assert text(journey.page(path, **PAGE_IN_BOGOTA), "//dl//div[@class='mine']//time") == ["10:00–11:30"]
    changed = journey.open("/2021/calendar.ics", If_None_Match=etag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag
    moved = journey.entry()
    assert moved.start == before.start + timedelta(hours=2)
    assert (moved["UID"], moved["SEQUENCE"]) == (before["UID"], 1)
    assert moved["LAST-MODIFIED"].dt == moved["DTSTAMP"].dt == moved_at

    # 7. "What changed" says it with both times, and so does the page.
    (change, added) = journey.page("/2021/changes", **PAGE_IN_BOGOTA).xpath("//li[contains(@class, 'change')]")
    assert text(added, ".//*[contains(@class, 'state ')]") == ["Added"]
    assert text(change, ".//*[contains(@class, 'state ')]") == ["Moved"]
    assert text(change, ".//del | .//ins") == [
        "Before: Thu 7 Oct, 08:00–09:30 (Bogotá, UTC−5)",
        "Now: Thu 7 Oct, 10:00–11:30 (Bogotá, UTC−5)",
    ]

    # 8. It is cancelled: shown as such, nobody is led anywhere, and calendars strike it out.
    journey.at(ANNOUNCED_AT + timedelta(days=3))
    journey.hand_over(sessions=[{**later, "status": "cancelled"}])
    page = journey.page(path)
    assert text(page, "//*[@role='note']") == ["This event has been cancelled."]
    assert page.xpath("//main//a[@class='button']") == []
    assert journey.open(way_in).status_code == 200
    cancelled = journey.entry()
    assert (cancelled["UID"], cancelled["SEQUENCE"], cancelled["STATUS"]) == (before["UID"], 2, "CANCELLED")
    assert cancelled["SUMMARY"] == "Cancelled: Care in the city"

    # 9. Staff take it off the list. Its addresses say that it went, never 404, and none of its words is left.
    journey.at(ANNOUNCED_AT + timedelta(days=4))
    code = path.split("/")[3][:6]
    assert journey.type("programme", "hide", code) == f"{code} is hidden.\n"
    for address in (path, f"/e/{code}", way_in):
        assert journey.open(address).status_code == 410, address
    assert journey.page("/2021/programme").xpath("//li[contains(@class, 'row')]") == []
    # What calendars hold already is taken out of them: the feed and the file of the event say "cancelled", wordless.
    for feed in ("/2021/calendar.ics", f"/e/{code}.ics"):
        gone = journey.entry(feed)
        assert (gone["UID"], gone["SEQUENCE"], gone["STATUS"]) == (before["UID"], 3, "CANCELLED")
        assert b"Care in the city" not in journey.open(feed).data
    assert "Care in the city" not in journey.page("/2021/changes").text_content()

    # 10. The feed answered all along, and a calendar that comes back after a month is still served.
    journey.at(ANNOUNCED_AT + timedelta(days=60))
    last = journey.open("/2021/calendar.ics", If_None_Match=etag)
    assert last.status_code == 200
    assert last.data.startswith(b"BEGIN:VCALENDAR\r\n")
    # Thirty days after the old end nobody needs to be told any more.
    assert b"BEGIN:VEVENT" not in last.data
