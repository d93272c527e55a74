"""A machine before the service: it asks any address with any header, at an instant that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.conftest import Clock, make_test_app
from wmd.db import db
from wmd.domain.ical import strict
from wmd.domain.ical.tree import Node
from wmd.domain.index import Index
from wmd.domain.programme import Programme
from wmd.services.library import Library
from wmd.web.edge import PRIVATE_PATH

BASE_URL = "http://wmd.example"


@dataclass
class Machine:
    """One application and the clock it reads."""

    app: Flask
    clock: Clock
    base_url: str = BASE_URL

    def get(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        """Ask an address; header names with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.app.test_client(use_cookies=False).open(path, method=method, base_url=self.base_url, headers=named)

    def feed(self, path: str) -> bytes:
        """Return the bytes of an address that must answer 200."""
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code, response.get_data()[:200])
        return response.get_data()

    @property
    def library(self) -> Library:
        """The values that the application reads."""
        found: Library = self.app.extensions["wmd.library"]
        return found

    def programme(self, slug: str = "2021") -> Programme:
        """Return an edition's programme."""
        programme = self.library.programme(slug)
        assert programme is not None
        return programme

    def index(self, slug: str = "2021") -> Index:
        """Return the index of an edition."""
        return self.library.index(self.programme(slug))


@contextmanager
def machine_on(database_url: str, folder: Path, clock: Clock | None = None, **settings: object) -> Iterator[Machine]:
    """Give a machine before an application on a database, and let go of the database at the end."""
    clock = clock or Clock()
    app = make_test_app(database_url, folder, clock, **settings)
    yield Machine(app, clock)
    forget_database(app)


def forget_database(app: Flask) -> None:
    """Close every connection of an application."""
    app.extensions["wmd.library"].settle()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def entries(data: bytes) -> dict[str, Node]:
    """Return the entries of a calendar by UID; each must be there once."""
    found = strict.parse(data).components("VEVENT")
    by_uid = {entry.text("UID"): entry for entry in found}
    assert len(by_uid) == len(found)
    return by_uid


def titles(data: bytes) -> list[str]:
    """Return the titles of a calendar's entries, sorted."""
    return sorted(entry.text("SUMMARY") for entry in entries(data).values())


def values_of(machine: Machine) -> dict[str, list[str]]:
    """Return what may stand for an argument, by its name or by rule and name: all that exists, and what does not."""
    site = machine.library.site()
    programmes = [machine.programme(slug) for slug in site.editions]
    series = [*site.series, "none"]
    events = [
        f"{event.code}-{event.slug}" if event.slug else event.code
        for programme in programmes
        for event in programme.events.values()
    ]
    organisations = [
        f"{code}{tail}"
        for programme in programmes
        for code, each in programme.organisations.items()
        for tail in ("", f"-{each.slug}")
    ]
    names = [
        f"{facet}-{value}"
        for slug in site.editions
        for facet in ("topic", "region", "language", "organisation")
        for value in machine.index(slug).values(facet)
    ]
    return {
        "edition": [*site.editions, "1999"],
        "code": [*site.codes, next(iter(site.codes), "").lower(), "ZZZZZZ"],
        "events.show ref": [*events, *list(site.codes)[:9], "ZZZZZZ-none"],
        "organisations.show ref": [*organisations, "ZZZZZZ-none"],
        "name": [*dict.fromkeys(names), "topic-none"],
        "topic": [*(topic.slug for topic in site.topics), "none"],
        "slug": series,
        "series": series,
        "filename": ["style.css", "none.css"],
    }


def is_behind_a_door(rule: Rule) -> bool:
    """Whether a rule is not for strangers, or for signing in and submitting: such pages are made for one person."""
    return PRIVATE_PATH.match(rule.rule) is not None and not rule.endpoint.startswith("health.")


def every_address(machine: Machine) -> list[str]:
    """Return every public address of the service: each rule with all that its arguments may be.

    Raises KeyError for a rule with an argument of a new name: say above what may stand for it.
    """
    rules = [
        rule
        for rule in machine.app.url_map.iter_rules()
        if rule.methods and "GET" in rule.methods and not is_behind_a_door(rule)
    ]
    adapter = machine.app.url_map.bind("wmd.example")
    known = values_of(machine)
    found: dict[str, None] = {}
    for rule in rules:
        arguments = sorted(rule.arguments - set(rule.defaults or ()))
        choices = [known.get(f"{rule.endpoint} {argument}") or known[argument] for argument in arguments]
        for values in product(*choices):
            built = adapter.build(rule.endpoint, dict(rule.defaults or {}) | dict(zip(arguments, values, strict=True)))
            found[built] = None
    return list(found)
