"""Reading changes nothing: an administrator asks every address that answers GET, and the database stays as it is.

The addresses are those of the table of roles, and all that the pages behind a sign-in link to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast, get, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Databases, make_test_app
from tests.models.dumps import differences, dump
from tests.web.machine import forget_database
from tests.web.test_roles import KNOWN, TABLE
from wmd.db import db
from wmd.web.edge import PRIVATE_PATH

#: More than that many pages behind a sign-in are not followed.
MOST = 400


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[tuple[FlaskClient, str]]:
    """A browser of an administrator who is a contact of both organisations as well, and the URL of the database."""
    url = databases.copy("sqlite", tmp_path, demo=True)
    app = make_test_app(url, tmp_path)
    with app.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
    client = app.test_client()
    sign_in(client, app, "adam", staff=True)
    yield client, url
    forget_database(app)


def linked(page: str) -> set[str]:
    """Return the addresses behind a sign-in that a page links to."""
    found = re.findall(r'(?:href|src)="(/[^"#]*)', page)
    return {path.replace("&amp;", "&") for path in found if PRIVATE_PATH.match(path)}


def test_get_and_head_change_nothing(site: tuple[FlaskClient, str]) -> None:
    client, url = site
    cast = Cast()
    names = {each.name: getattr(cast, each.name) for each in fields(cast)} | KNOWN
    table = [row.path.format(**names) for name, row in TABLE.items() if name.startswith("GET ")]
    before = dump(url)
    waiting, asked = list(dict.fromkeys(table)), set[str]()
    while waiting and len(asked) < MOST:
        path = waiting.pop(0)
        if path in asked:
            continue
        asked.add(path)
        answer = get(client, path)
        assert answer.status_code < 500, path
        assert client.head(path, base_url="http://wmd.example").status_code == answer.status_code, path
        if answer.mimetype == "text/html" and PRIVATE_PATH.match(path):
            assert answer.headers["Cache-Control"] == "no-store", path
            waiting += sorted(linked(answer.get_data(as_text=True)) - asked)
    assert len(asked) > len(table) - 5
    assert differences(before, dump(url)) == {}
