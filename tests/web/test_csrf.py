"""Forms are taken only from our own pages, and only from the person that they were made for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from tests.cast import BASE_URL, csrf_token, find_token, get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT, Databases, make_test_app
from tests.web.machine import forget_database
from wmd.db import db
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_contact, for_staff


@pytest.fixture
def watched(databases: Databases, tmp_path: Path) -> Iterator[tuple[Flask, list[str]]]:
    """An application with the cast and two forms; the list holds what they took."""
    app = make_test_app(databases.copy("sqlite", tmp_path, demo=True), tmp_path)
    taken: list[str] = []

    @app.post("/plain")
    def plain() -> str:
        taken.append(request.form.get("text", ""))
        return "taken"

    @app.post("/patient")
    @on_stale_form(lambda: (f"again: {request.form.get('text', '')}", 422))
    def patient() -> str:
        taken.append(request.form.get("text", ""))
        return "taken"

    with app.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
    yield app, taken
    forget_database(app)


@pytest.fixture
def browser(watched: tuple[Flask, list[str]]) -> FlaskClient:
    """A browser before it."""
    return watched[0].test_client()


def test_form_with_its_token_is_taken(watched: tuple[Flask, list[str]], browser: FlaskClient) -> None:
    assert post(browser, "/plain", {"text": "hello"}).status_code == 200
    assert watched[1] == ["hello"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://wmd.example.evil.example"},
        {"Origin": "https://wmd.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    ],
)
def test_form_from_elsewhere_is_refused(
    watched: tuple[Flask, list[str]], browser: FlaskClient, headers: dict[str, str]
) -> None:
    assert post(browser, "/plain", {"text": "evil"}, headers=headers).status_code == 400
    assert watched[1] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": BASE_URL},
        {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null"},
    ],
)
def test_form_from_here_is_taken(
    watched: tuple[Flask, list[str]], browser: FlaskClient, headers: dict[str, str]
) -> None:
    assert post(browser, "/plain", {"text": "hello"}, headers=headers).status_code == 200
    assert watched[1] == ["hello"]


def test_form_without_or_with_a_wrong_token_is_refused(watched: tuple[Flask, list[str]], browser: FlaskClient) -> None:
    token = csrf_token(browser)
    answers = [
        browser.post("/plain", data={"text": "x"}, base_url=BASE_URL),
        browser.post("/plain", data={"text": "x", "csrf_token": token[:-2] + "xx"}, base_url=BASE_URL),
        browser.post("/plain", data="csrf_token=" + token, base_url=BASE_URL, content_type="text/plain"),
        watched[0].test_client().post("/plain", data={"text": "x", "csrf_token": token}, base_url=BASE_URL),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert "Nothing was changed" in answers[0].get_data(as_text=True)
    assert watched[1] == []


def test_token_in_a_header_is_taken(watched: tuple[Flask, list[str]], browser: FlaskClient) -> None:
    answer = browser.post("/plain", json={"text": "x"}, base_url=BASE_URL, headers={"X-CSRFToken": csrf_token(browser)})
    assert answer.status_code == 200


def test_token_of_before_signing_in_is_refused_after(watched: tuple[Flask, list[str]], browser: FlaskClient) -> None:
    before = csrf_token(browser)
    sign_in(browser, watched[0], "ana")
    answer = browser.post("/plain", data={"text": "x", "csrf_token": before}, base_url=BASE_URL)
    assert (answer.status_code, watched[1]) == (400, [])


def test_token_of_another_person_in_the_same_browser_is_refused(
    watched: tuple[Flask, list[str]], browser: FlaskClient
) -> None:
    sign_in(browser, watched[0], "ana")
    of_ana = csrf_token(browser)
    sign_in(browser, watched[0], "ben")
    answer = browser.post("/plain", data={"text": "x", "csrf_token": of_ana}, base_url=BASE_URL)
    assert (answer.status_code, watched[1]) == (400, [])


def test_view_may_show_its_form_again_with_what_was_typed(
    watched: tuple[Flask, list[str]], browser: FlaskClient
) -> None:
    answer = browser.post("/patient", data={"text": "a long text"}, base_url=BASE_URL)
    assert (answer.status_code, answer.get_data(as_text=True), watched[1]) == (422, "again: a long text", [])


def test_page_with_a_token_is_never_kept(browser: FlaskClient) -> None:
    answers = [get(browser, "/sign-in") for _ in range(2)]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 2
    assert find_token(answers[0].get_data(as_text=True)) != ""


def test_form_shown_again_is_guarded_as_its_view_is(databases: Databases, tmp_path: Path) -> None:
    app = make_test_app(databases.copy("sqlite", tmp_path), tmp_path)

    @app.post("/staff/form")
    @on_stale_form(lambda: ("for moderators only", 422))
    @for_contact
    @for_staff("moderator")
    def form() -> str:
        return "taken"

    with app.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
    found = []
    for person in (None, "ana", "rita", "mona"):
        client = app.test_client()
        sign_in(client, app, person, staff=person in {"rita", "mona"})
        found.append(client.post("/staff/form", base_url=BASE_URL).status_code)
    assert found == [303, 403, 403, 422]
    forget_database(app)
