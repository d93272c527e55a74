"""Every kind of page, and every kind of refusal, carries the headers that keep it safe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.cast import BASE_URL, csrf_token, get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock, Databases, make_test_app
from tests.web.machine import forget_database
from wmd.db import db
from wmd.services.rate_limits import SIGN_IN_BY_NETWORK

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def app(databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """The demonstration with the cast."""
    found = make_test_app(databases.copy("sqlite", tmp_path, demo=True), tmp_path)
    with found.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
    yield found
    forget_database(found)


def kinds(app: Flask) -> dict[str, TestResponse]:
    """Return an answer of every kind."""
    stranger, contact, moderator = (app.test_client() for _ in range(3))
    sign_in(contact, app, "ana")
    sign_in(moderator, app, "mona", staff=True)
    big = {"csrf_token": csrf_token(stranger), "address": "x" * 3_000_000}
    found = {
        "public": get(stranger, "/2021/"),
        "sign-in": get(stranger, "/sign-in"),
        "link": get(stranger, "/sign-in/confirm?t=x"),
        "account": get(contact, "/organiser/account"),
        "staff": get(moderator, "/sign-in/second-factor"),
        "303": get(stranger, "/organiser/account"),
        "400": stranger.post("/sign-out", base_url=BASE_URL),
        "403": get(contact, "/staff/people"),
        "404": get(stranger, "/none/"),
        "405": stranger.delete("/sign-in", base_url=BASE_URL, headers={"X-CSRFToken": csrf_token(stranger)}),
        "413": stranger.post("/sign-in", data=big, base_url=BASE_URL),
        "422": post(stranger, "/sign-in", {"address": ""}),
    }
    for number in range(SIGN_IN_BY_NETWORK.count + 1):
        found["429"] = post(stranger, "/sign-in", {"address": f"p{number}@people.example"})
    return found


def test_every_kind_of_page_has_all_headers(app: Flask) -> None:
    found = kinds(app)
    for name, answer in found.items():
        assert {key: answer.headers.get(key) for key in WANTED} == WANTED, name
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "Access-Control-Allow-Origin" not in answer.headers, name
        assert answer.headers["X-Request-ID"], name
    assert {name: answer.status_code for name, answer in found.items() if name.isdigit()} == {
        name: int(name) for name in found if name.isdigit()
    }


def test_nothing_behind_a_door_is_kept_and_nothing_kept_has_a_cookie(app: Flask) -> None:
    found = kinds(app)
    assert {name for name, answer in found.items() if answer.headers["Cache-Control"] != "no-store"} == {"public"}
    assert "Set-Cookie" not in found["public"].headers
    assert "csrf_token" not in found["public"].get_data(as_text=True)


def test_pages_with_a_secret_send_it_nowhere(app: Flask) -> None:
    client = app.test_client()
    for path in ("/sign-in/confirm?t=x", "/sign-in/invitation?t=x", "/sign-in/new-address?t=x"):
        assert get(client, path).headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_no_page_lets_another_site_read_it(app: Flask, origin: str) -> None:
    client = app.test_client()
    sign_in(client, app, "adam", staff=True)
    for path in ("/", "/sign-in", "/organiser/account", "/staff/people", "/none"):
        answer = get(client, path, headers={"Origin": origin})
        assert [name for name, _ in answer.headers if name.startswith("Access-Control")] == []


@pytest.mark.parametrize(("hops", "counted"), [(0, ["127.0.0.1"]), (1, ["203.0.113.9"])])
def test_network_is_the_one_that_trusted_proxies_say(
    databases: Databases, tmp_path: Path, hops: int, counted: list[str]
) -> None:
    app = make_test_app(databases.copy("sqlite", tmp_path), tmp_path, Clock(), proxy_hops=hops)
    seen: list[str] = []

    @app.get("/seen")
    def see() -> str:
        from flask import request

        seen.append(request.remote_addr or "")
        return "seen"

    headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9", "Forwarded": "for=198.51.100.7"}
    assert get(app.test_client(), "/seen", headers=headers).status_code == 200
    assert seen == counted
    forget_database(app)
