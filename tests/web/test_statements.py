"""What public reading costs the database: one look at the versions a second and process, and never a write."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy import Engine as DatabaseEngine

from tests import documents
from tests.conftest import Clock, Databases, Engine
from tests.web.machine import BASE_URL, Machine, every_address, is_behind_a_door, machine_on
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.models import Event, EventOrganisation, Organisation
from wmd.services.library import Library
from wmd.services.source import DatabaseSource
from wmd.web.published import Published

#: One address of every kind; what a rule has here must answer 200 or lead on.
KINDS = {
    "home.start": "/",
    "home.edition": "/2021/",
    "home.without_slash": "/2021",
    "programme.show": "/2021/programme?tz=Europe/Madrid",
    "events.show": "/2021/events/{code}-{slug}",
    "events.short": "/e/{code}",
    "organisations.all_of_them": "/2021/organisations/",
    "organisations.show": "/2021/organisations/{organisation}-{name}",
    "topics.in_edition": "/2021/topics/gender-equality",
    "topics.across_editions": "/topics/gender-equality",
    "topics.series": "/series/talks",
    "subscribe.show": "/2021/subscribe",
    "changes.show": "/2021/changes",
    "zone.choose": "/zone?tz=Europe/Madrid",
    "statics.about": "/about",
    "statics.privacy": "/privacy",
    "statics.accessibility": "/accessibility",
    "statics.into_current": "/programme",
    "statics.favicon": "/favicon.ico",
    "feeds.calendar": "/2021/calendar.ics",
    "feeds.ready_made": "/2021/feeds/topic-gender-equality.ics",
    "feeds.series": "/feeds/series-talks.ics",
    "feeds.download": "/e/{code}.ics",
    "go.go": "/go/{code}",
    "attendee.registering.form": "/e/{code}/register",
    "attendee.following.remind": "/e/{code}/remind",
    "attendee.wrong.wrong": "/e/{code}/wrong",
    "attendee.tell_me.tell_me": "/2021/tell-me",
    "attendee.favourites.show": "/favourites?code={code}",
    "attendee.favourites.remind": "/favourites/remind?code={code}",
    "exports.as_json": "/2021/programme.json",
    "exports.as_csv": "/2021/programme.csv",
    "exports.as_schedule_xml": "/2021/schedule.xml",
    "exports.as_schedule_json": "/2021/schedule.json",
    "exports.changes": "/2021/changes.atom",
    "exports.site_map": "/sitemap.xml",
    "exports.robots": "/robots.txt",
    "exports.csv_template": "/programme-template.csv",
    "exports.json_schema": "/programme.schema.json",
    "health.healthz": "/healthz",
    "static": "/static/style.css",
}
#: Asks the database each time: whether it answers is the question, or what a picture is lies nowhere else.
ASKING = frozenset({"health.readyz", "media.show"})
#: Never asked before: rendered while the test runs, from memory.
NEW = ("/2021/calendar.ics?q=new", "/2021/programme?q=new&tz=Asia/Tokyo", "/2021/programme.csv?sdg=5", "/2021/?tz=UTC")


@dataclass
class Seconds:
    """Monotonic seconds that pass when told to."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


#: What does not come from the programme, and so asks for no version.
FIXED = frozenset({"/programme-template.csv", "/programme.schema.json"})


@dataclass
class Watched:
    """A machine of which every statement is seen."""

    machine: Machine
    engine: DatabaseEngine
    seconds: Seconds
    statements: list[str]

    def forget(self) -> None:
        """Let the service begin anew, as a process that has read nothing yet, under a clock of this test's own."""
        app, clock = self.machine.app, self.machine.clock
        library = Library(DatabaseSource(self.engine, "2021"), monotonic=self.seconds, background=False)
        app.extensions["wmd.library"] = library
        if "wsgi_app" in vars(app):
            del app.wsgi_app
        layer = Published(
            app.wsgi_app, versions=library.versions, clock=clock,
            allowed_hosts=frozenset({"wmd.example"}), max_bytes=64_000_000,
        )  # fmt: skip
        app.wsgi_app = layer  # type: ignore[method-assign]

    def cost(self, path: str, method: str = "GET", **headers: str) -> int:
        """Ask an address, which must not fail, and return the number of statements it took."""
        before = len(self.statements)
        answer = self.machine.get(path, method=method, **headers)
        assert answer.status_code in {200, 302, 303, 304, 308}, (path, answer.status)
        return len(self.statements) - before

    def addresses(self) -> dict[str, str]:
        """Return an address of each kind for this service's own codes."""
        (first, *_) = self.machine.programme().events.values()
        organiser = first.organisers[0]
        names = {"code": first.code, "slug": first.slug, "organisation": organiser.code, "name": organiser.slug}
        return {endpoint: path.format(**names) for endpoint, path in KINDS.items()}


@contextmanager
def watched(url: str, folder: Path, events: int) -> Iterator[Watched]:
    """Give a service with some events that has read nothing yet, under a clock of its own."""
    one = [documents.event(f"event-{number}", series="talks") for number in range(events)]
    document = documents.document(*one, series=[{"slug": "talks", "name": "Talks"}])
    with machine_on(url, folder) as machine:
        app = machine.app
        with app.app_context():
            documents.apply(db.session(), publishing_setting(app), document)
            db.session.remove()
            engine = db.engine
        statements: list[str] = []

        def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith("BEGIN"):
                statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        found = Watched(machine, engine, Seconds(), statements)
        found.forget()
        yield found
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def warm(databases: Databases, tmp_path: Path) -> Iterator[Watched]:
    """A service of three events of which every address was asked once."""
    with watched(databases.copy("sqlite", tmp_path), tmp_path, 3) as found:
        for path in found.addresses().values():
            found.cost(path)
        yield found


def test_every_kind_of_public_address_is_watched(warm: Watched) -> None:
    rules = [rule for rule in warm.machine.app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    public = {rule.endpoint for rule in rules if not is_behind_a_door(rule)}
    assert public == KINDS.keys() | ASKING


def test_warm_address_asks_the_database_nothing(warm: Watched) -> None:
    costs = {path: warm.cost(path) for path in [*warm.addresses().values(), *NEW]}
    costs |= {f"HEAD {path}": warm.cost(path, method="HEAD") for path in [*warm.addresses().values(), *NEW]}
    etag = warm.machine.get("/2021/calendar.ics").headers["ETag"]
    costs["304"] = warm.cost("/2021/calendar.ics", If_None_Match=etag, Accept_Encoding="gzip")
    costs["zone"] = warm.cost("/2021/", Cookie="wmd_zone=Asia/Tokyo")
    assert costs == dict.fromkeys(costs, 0)


def test_versions_are_looked_up_at_most_once_a_second(warm: Watched) -> None:
    addresses = [path for path in warm.addresses().values() if path not in FIXED]
    for path in ("/2021/calendar.ics", "/2021/calendar.ics?q=another", "/2021/programme?tz=Europe/Madrid"):
        warm.seconds.now_s += 1.0
        before = len(warm.statements)
        costs = [warm.cost(path), *(warm.cost(each) for each in addresses)]
        assert costs == [1] + [0] * len(addresses)
        assert "editions.version" in warm.statements[before]
    warm.seconds.now_s += 0.9
    assert [warm.cost(path) for path in addresses] == [0] * len(addresses)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_cold_address_costs_the_same_with_one_event_and_with_three(
    databases: Databases, engine: Engine, tmp_path: Path
) -> None:
    # What differs between the engines is the same for all kinds: two of them are enough on the second.
    asked = KINDS if engine == "sqlite" else {name: KINDS[name] for name in ("feeds.calendar", "exports.csv_template")}
    costs: list[dict[str, int]] = []
    for events in (1, 3):
        folder = tmp_path / str(events)
        folder.mkdir()
        url = databases.copy(engine, folder)
        with watched(url, folder, events) as found:
            # The codes are read past the service, so that its first request is the one counted.
            with found.machine.app.app_context():
                names = _names()
            costs.append({})
            for endpoint, path in asked.items():
                found.forget()
                costs[-1][endpoint] = found.cost(path.format(**names))
        databases.drop(url)
    assert costs[0] == costs[1]
    assert 10 < max(costs[0].values()) <= 40
    assert costs[0]["exports.csv_template"] == 0


def _names() -> dict[str, str]:
    """Return the codes of an event and its organiser, read past the service."""
    found = db.session.execute(
        select(Event.code, Event.slug, Organisation.code.label("organisation"), Organisation.slug.label("name"))
        .join(EventOrganisation, EventOrganisation.event_id == Event.id)
        .join(Organisation, Organisation.id == EventOrganisation.organisation_id)
    )
    row = found.mappings().first()
    assert row is not None
    db.session.remove()
    return dict(row)


def dump(file: Path) -> str:
    """Return a digest of all that a SQLite database holds."""
    with sqlite3.connect(file) as connection:
        found = hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
    connection.close()
    return found


def test_no_reading_changes_the_database(databases: Databases, tmp_path: Path) -> None:
    url = databases.copy("sqlite", tmp_path, demo=True)
    file = tmp_path / "test.sqlite3"
    before = dump(file)
    with machine_on(url, tmp_path, Clock()) as machine:
        addresses = every_address(machine)
        assert len(addresses) > 1_000
        for number, path in enumerate(addresses):
            method = "HEAD" if number % 2 else "GET"
            assert machine.get(path, method=method).status_code < 500, path
        locations = [line.partition("</loc>")[0] for line in machine.feed("/sitemap.xml").decode().split("<loc>")[1:]]
        assert {
            address: status
            for address in locations
            if (status := machine.get(address.removeprefix(BASE_URL)).status_code) != 200
        } == {}
    assert dump(file) == before
