"""No route takes a form that does not come from a page of ours: each is tried without a token, with a stranger's, from
another site, and as plain text; whatever is answered, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import BASE_URL, Cast, csrf_token, make_cast, sign_in
from tests.conftest import LEAD_STARTED_AT, Databases, make_test_app
from tests.models.dumps import differences, dump
from tests.web.machine import forget_database
from tests.web.test_roles import KNOWN, TABLE
from wmd.db import db

Send = Callable[[FlaskClient, str, dict[str, str], str], TestResponse]


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """The demonstration with the cast, and the URL of its database."""
    url = databases.copy("sqlite", tmp_path, demo=True)
    app = make_test_app(url, tmp_path)
    with app.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
    yield app, url
    forget_database(app)


def without_token(client: FlaskClient, path: str, form: dict[str, str], _strangers: str) -> TestResponse:
    return client.post(path, data=form, base_url=BASE_URL)


def with_a_strangers_token(client: FlaskClient, path: str, form: dict[str, str], strangers: str) -> TestResponse:
    return client.post(path, data=form | {"csrf_token": strangers}, base_url=BASE_URL)


def from_another_site(client: FlaskClient, path: str, form: dict[str, str], _strangers: str) -> TestResponse:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    return client.post(path, data=form | {"csrf_token": csrf_token(client)}, base_url=BASE_URL, headers=headers)


def as_plain_text(client: FlaskClient, path: str, form: dict[str, str], _strangers: str) -> TestResponse:
    text = "\n".join(f"{name}={value}" for name, value in (form | {"csrf_token": csrf_token(client)}).items())
    return client.post(path, data=text, content_type="text/plain", base_url=BASE_URL)


@pytest.mark.parametrize("person", [None, "ana"])
def test_forged_form_shows_no_page_to_whom_the_true_one_would_not(site: tuple[Flask, str], person: str | None) -> None:
    app, _ = site
    client = app.test_client()
    sign_in(client, app, person)
    names = {each.name: getattr(Cast(), each.name) for each in fields(Cast)} | KNOWN
    kind = "contact_a" if person else "visitor"
    found = {
        name: client.post(row.path.format(**names), data={}, base_url=BASE_URL).status_code
        for name, row in TABLE.items()
        if name.startswith("POST ")
        and row.expected()[kind] in {303, 403, 404}
        and row.expected()["administrator"] != 303
    }
    allowed = {400, 303, 403, 404}
    assert len(found) > 10
    assert {name: status for name, status in found.items() if status not in allowed} == {}


@pytest.mark.parametrize("send", [without_token, with_a_strangers_token, from_another_site, as_plain_text])
@pytest.mark.parametrize("person", ["ana", "adam"])
def test_forged_form_changes_nothing(site: tuple[Flask, str], person: str, send: Send) -> None:
    app, url = site
    client, stranger = app.test_client(), app.test_client()
    sign_in(client, app, person, staff=person == "adam")
    strangers = csrf_token(stranger)
    names = {each.name: getattr(Cast(), each.name) for each in fields(Cast)} | KNOWN
    before = dump(url)
    found = {
        name: send(
            client, row.path.format(**names), {key: text.format(**names) for key, text in row.form.items()}, strangers
        ).status_code
        for name, row in TABLE.items()
        if not name.startswith("GET ")
    }
    assert {name: status for name, status in found.items() if status not in {303, 400, 403, 404, 410, 422}} == {}
    assert differences(before, dump(url)) == {}
