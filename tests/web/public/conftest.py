"""The public pages over programmes in memory: no database is asked, so that each test states its programme."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import Clock, make_test_app
from wmd.domain.banners import Banners
from wmd.domain.programme import Programme, SeriesView, Site
from wmd.domain.status import Status
from wmd.services.library import Library

#: A week before the main day of the edition that the factories make.
WEEK_BEFORE = datetime(2021, 9, 30, 12, 0, tzinfo=UTC)


@dataclass
class InMemory:
    """A source for the library that holds finished values."""

    programmes: Mapping[str, Programme]
    current: str | None
    series: Mapping[str, SeriesView]
    known: Status = field(default_factory=lambda: Status(1))

    def versions(self) -> Mapping[str, int]:
        return {"site": 1, "status": self.known.version} | {
            f"edition:{slug}": each.version for slug, each in self.programmes.items()
        }

    def site(self) -> Site:
        codes = {}
        topics = ()
        for slug, programme in self.programmes.items():
            topics = programme.topics or topics
            codes |= dict.fromkeys([*programme.gone, *programme.moved], (slug, ""))
            codes |= {code: (slug, code) for code in codes if codes[code] == (slug, "")}
            for event in programme.events.values():
                codes[event.code] = (slug, event.code)
                codes |= {session.code: (slug, event.code) for session in event.sessions}
        editions = {slug: programme.edition for slug, programme in self.programmes.items()}
        return Site(1, editions, self.current, codes, topics, self.series)

    def programme(self, slug: str, previous: Programme | None) -> Programme:
        del previous
        return self.programmes[slug]

    def status(self) -> Status:
        return self.known

    def banners(self) -> Banners:
        return Banners()


@dataclass
class Visitor:
    """A browser before the pages, with an optional zone cookie."""

    client: FlaskClient
    clock: Clock

    def get(self, path: str, *, cookie: str = "") -> TestResponse:
        headers = {"Cookie": f"wmd_zone={cookie}"} if cookie else {}
        return self.client.get(path, base_url="http://wmd.example", headers=headers)

    def page(self, path: str, *, cookie: str = "") -> str:
        """Return the HTML of a page that must answer 200."""
        response = self.get(path, cookie=cookie)
        assert response.status_code == 200, (path, response.status_code, response.headers.get("Location"))
        return response.get_data(as_text=True)

    def text(self, path: str, *, cookie: str = "") -> str:
        """Return the words of a page's main part, blanks run together."""
        return words_of(main_of(self.page(path, cookie=cookie)))


def main_of(html: str) -> str:
    """Return what stands in the main element."""
    return html.partition('<main id="main"')[2].partition(">")[2].partition("</main>")[0]


class Elements(HTMLParser):
    """Every element of a page with its attributes, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def words_of(html: str) -> str:
    """Return the text of some HTML as one line."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def pages_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One application for all tests here; each puts its own programmes and its own instant behind it."""
    folder = tmp_path_factory.mktemp("pages")
    app = make_test_app(f"sqlite:///{folder / 'unused.sqlite3'}", folder, Clock(WEEK_BEFORE))
    # The layer of published bytes has its own tests; here every request is rendered.
    del app.wsgi_app
    return app


@pytest.fixture
def visit(pages_app: Flask) -> Visit:
    """Return a function that puts programmes behind the pages and gives a visitor to them."""

    def open_pages(
        *programmes: Programme,
        now: datetime = WEEK_BEFORE,
        current: str | None = "2021",
        series: Mapping[str, SeriesView] | None = None,
        known: Status | None = None,
    ) -> Visitor:
        clock: Clock = pages_app.extensions["wmd.gateways"].clock
        clock.now = now
        source = InMemory({each.edition.slug: each for each in programmes}, current, series or {}, known or Status(1))
        pages_app.extensions["wmd.library"] = Library(source, background=False)
        return Visitor(pages_app.test_client(use_cookies=False), clock)

    return open_pages
