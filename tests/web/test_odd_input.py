"""Whatever is sent to whatever address: an answer with words, and never a fault of ours."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import BASE_URL, Cast, csrf_token, get, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Databases, make_test_app
from tests.web.machine import forget_database
from tests.web.test_roles import TABLE
from wmd.db import db

#: As they come out of ``request.form``, or bytes that only then show what they are.
ODD_VALUES = {
    "nul": "a\x00b",
    "long": "x" * 100_000,
    "controls": "\r\n\x1b[31m\x7f\u2028\u202e\ufeff\U0001f4a9",
    "markup": "<script>alert(1)</script>\"'>{{7*7}}{% x %}${7}",
    "number": "9" * 400,
    "path": "../../../etc/passwd",
    "sql": "' OR 1=1; DROP TABLE people; --",
    "negative": "-1",
}
ODD_QUERIES = (
    "page=" + "9" * 30 + "&q=%00&tz=Mars/Base&before=%00&edition=%00&language=%00&since=0001-01-01&until=9999-12-31",
    "page=-1&q=%FF%FE&next=//evil.example&sort=%7B%7B7*7%7D%7D&before=-1",
    "&".join(f"topic={number}&state={number}" for number in range(500)) + "&q=" + "y" * 30_000,
)


@dataclass
class Place:
    """The application with everybody in it."""

    app: Flask
    cast: Cast
    forms: dict[Form, str] = field(default_factory=dict)

    def browser(self, who: str) -> FlaskClient:
        """Return a browser with a session of its own."""
        client = self.app.test_client()
        sign_in(client, self.app, who, staff=who in {"adam", "mona", "rita"})
        return client


@pytest.fixture(scope="module")
def place(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """The demonstration with the cast.

    PostgreSQL takes no NUL and no negative limit where SQLite does, SQLite no number of more than 64 bits: each test
    names the databases that can find something of their own.
    """
    folder: Path = tmp_path_factory.mktemp("odd")
    url = databases.copy(request.param, folder, demo=True)
    app = make_test_app(url, folder)
    with app.app_context():
        cast = make_cast(db.session(), LEAD_STARTED_AT)
    yield Place(app, cast)
    forget_database(app)
    databases.drop(url)


def addresses(place: Place, method: str) -> dict[str, str]:
    """Return an address for each route of the table, by its name there."""
    known = vars(place.cast) if hasattr(place.cast, "__dict__") else {n: getattr(place.cast, n) for n in Cast.__slots__}
    found = {}
    for name, row in TABLE.items():
        if name.startswith(f"{method} "):
            found[name] = row.path.format_map(Known(known))
    return found


class Known(dict[str, str]):
    """What a row's address may name; what only its own test knows is an id of nothing."""

    def __missing__(self, key: str) -> str:
        return "none"


@dataclass(frozen=True)
class Form:
    """A form of a page: where it is sent, and the names of its fields."""

    action: str
    names: tuple[str, ...]


def forms_of(page: str, path: str) -> list[Form]:
    """Return the forms of a page that are posted."""
    found = []
    for opening, body in re.findall(r"<form\b([^>]*)>(.*?)</form>", page, re.S):
        if 'method="post"' not in opening:
            continue
        action = re.search(r'action="([^"]*)"', opening)
        names = dict.fromkeys(html.unescape(name) for name in re.findall(r'\bname="([^"]+)"', body))
        names.pop("csrf_token", None)
        found.append(Form(html.unescape(action[1]) if action else path, tuple(names)))
    return found


def all_forms(place: Place) -> dict[Form, str]:
    """Return every form that the cast comes across, with who does; looked for once."""
    found = place.forms
    if found:
        return found
    for who in ("adam", "ana"):
        client = place.browser(who)
        for path in addresses(place, "GET").values():
            answer = get(client, path)
            if answer.status_code in {200, 410} and answer.mimetype == "text/html":
                for form in forms_of(answer.get_data(as_text=True), path):
                    found.setdefault(form, who)
    return found


@pytest.mark.parametrize(("place", "turn"), [("sqlite", 1), ("postgresql", 0), ("postgresql", 1)], indirect=["place"])
def test_every_field_of_every_form_takes_whatever_is_typed(place: Place, turn: int) -> None:
    forms = all_forms(place)
    assert len(forms) > 20
    odd = list(ODD_VALUES.values())
    faults = []
    for form, who in forms.items():
        client = place.browser(who)
        # Each field gets another kind each time; the first time all get the worst.
        sent = {name: odd[(turn * (at + 1) + turn) % len(odd)] for at, name in enumerate(form.names)}
        answer = client.post(form.action, data=sent | {"csrf_token": csrf_token(client)}, base_url=BASE_URL)
        if answer.status_code >= 500:
            faults.append((form.action, sent.keys(), answer.status_code))
    assert faults == []


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_every_address_that_takes_a_form_answers_one_that_is_none(place: Place) -> None:
    faults = []
    for path in addresses(place, "POST").values():
        client = place.browser("adam")
        token = csrf_token(client)
        header = {"X-CSRFToken": token}
        multipart = "multipart/form-data; boundary=x"
        odd: dict[str, dict[str, object]] = {
            "many fields": {"data": {f"f{number}": "" for number in range(2_000)} | {"csrf_token": token}},
            "json": {"json": [[[[[[{"a": None}]]]]]]},
            "half a file": {"data": b"--x\r\nContent", "content_type": multipart},
            "wrong bytes": {"data": b"a=%FF%FE&%00=%00&=", "content_type": "application/x-www-form-urlencoded"},
        }
        for kind, options in odd.items():
            status = client.post(path, base_url=BASE_URL, headers=header, **options).status_code  # type: ignore[arg-type]
            if status >= 500:
                faults.append((path, kind, status))
    assert faults == []


@pytest.mark.parametrize(
    ("place", "queries"), [("sqlite", ODD_QUERIES[:1]), ("postgresql", ODD_QUERIES)], indirect=["place"],
    ids=["sqlite", "postgresql"],
)  # fmt: skip
def test_every_page_answers_whatever_is_asked(place: Place, queries: tuple[str, ...]) -> None:
    faults = []
    browsers = {who: place.browser(who) for who in ("adam", "ana")}
    for path in addresses(place, "GET").values():
        # Pages behind a door; the public ones have tests of their own.
        if path.startswith(("/staff", "/organiser", "/sign-in", "/2021/submit")):
            client = browsers["adam" if path.startswith("/staff") else "ana"]
            for query in queries:
                status = get(client, f"{path}{'&' if '?' in path else '?'}{query}").status_code
                if status >= 500:
                    faults.append((path, query[:40], status))
    assert faults == []
    # Nothing on the way has signed them out.
    assert [get(browsers[who], path).status_code for who, path in (("adam", "/staff/"), ("ana", "/organiser/"))] == [
        200,
        200,
    ]
