"""Every public page of the demonstration: it answers, it says every time with its zone, and it tells no secret."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.conftest import Databases, make_test_app
from tests.web.public.conftest import main_of, words_of
from wmd.db import db

#: What must stand near a time of day: an offset, or a city whose clocks are meant.
ZONE_WORDS = re.compile(r"UTC|\bin [A-ZÀ-Ž]|\btime\b")
TIME_OF_DAY = re.compile(r"(?<![\d:])(?:[01]\d|2[0-3]):[0-5]\d(?![\d:])")
NEAR = 60
MOST_PAGES = 400


def fetch(client: FlaskClient, path: str, zone: str = "America/Bogota") -> tuple[int, str, str]:
    response = client.get(path, base_url="http://wmd.example", headers={"Cookie": f"wmd_zone={zone}"})
    return response.status_code, response.headers.get("Location", ""), response.get_data(as_text=True)


@pytest.fixture(scope="module")
def demonstration(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with the demonstration loaded, for all tests here: they only read."""
    folder = tmp_path_factory.mktemp("pages")
    app = make_test_app(databases.copy("sqlite", folder, demo=True), folder)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def pages(demonstration: Flask) -> dict[str, str]:
    """Every public HTML page that can be reached by links without a filter, by its path."""
    client = demonstration.test_client(use_cookies=False)
    seen: dict[str, str] = {}
    waiting = deque(["/", "/demo/", "/2021/"])
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.popleft()
        if path in seen:
            continue
        status, location, html = fetch(client, path)
        for _ in range(3):
            if status not in {301, 302, 303, 308}:
                break
            status, location, html = fetch(client, location.removeprefix("http://wmd.example"))
        assert status == 200, (path, status)
        seen[path] = html
        links = (unescape(link).partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', html))
        waiting.extend(
            link for link in links if "?" not in link and not re.search(r"\.\w{2,6}$|^/(?:static|go)/", link)
        )
    return seen


def test_every_linked_page_answers_with_one_heading_and_a_title(pages: dict[str, str]) -> None:
    assert len(pages) > 100
    faults = {
        path: (html.count("<h1"), "<title>" in html)
        for path, html in pages.items()
        if html.count("<h1") != 1 or "<title>" not in html
    }
    assert faults == {}


def test_no_time_stands_without_its_zone(pages: dict[str, str]) -> None:
    bare = []
    for path, html in pages.items():
        # The scale below the band is drawn; its heading says whose hours they are.
        said = words_of(re.sub(r'<ol class="hours".*?</ol>|<title>[^<]*</title>', "", main_of(html), flags=re.DOTALL))
        for match in TIME_OF_DAY.finditer(said):
            around = said[max(0, match.start() - NEAR) : match.end() + NEAR]
            if not ZONE_WORDS.search(around):
                bare.append((path, around))
    assert bare == []


def test_no_page_shows_the_organisers_own_words_about_a_time_or_a_private_link(
    pages: dict[str, str], demonstration: Flask
) -> None:
    with demonstration.app_context():
        own_words = {
            row[0] for row in db.session.execute(text("SELECT time_text FROM event_sessions WHERE time_text <> ''"))
        }
        db.session.remove()
    assert own_words
    everything = "\n".join(pages.values())
    assert [words for words in own_words if words in everything and len(words) > 5] == []
    assert re.findall(r"zoom\.us/(?:j|w|s|my)/|[?&;](?:pwd|tk|zak)=", everything) == []


def test_no_page_prints_an_empty_value(pages: dict[str, str]) -> None:
    shown = {path: words_of(main_of(html)) for path, html in pages.items()}
    assert [
        path for path, said in shown.items() if re.search(r"\bNone\b(?! of)|\b(?:Undefined|nan)\b|\{\{|%\(", said)
    ] == []


def test_every_page_weighs_under_a_hundred_kilobytes(pages: dict[str, str]) -> None:
    assert {path: len(html.encode()) for path, html in pages.items() if len(html.encode()) > 100_000} == {}
    # The form is on it, with all its lists.
    assert sum(path.endswith("/submit") for path in pages) == 2


def test_ids_are_unique_on_every_page(pages: dict[str, str]) -> None:
    twice = {}
    for path, html in pages.items():
        ids = re.findall(r'\sid="([^"]*)"', html)
        if len(ids) != len(set(ids)):
            twice[path] = sorted({each for each in ids if ids.count(each) > 1})
    assert twice == {}
