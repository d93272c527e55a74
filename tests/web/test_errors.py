"""Errors through the real handlers: what a stranger sees when something is wrong or breaks."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient


def test_wrong_method_is_told_which_are_allowed(client: FlaskClient) -> None:
    answer = client.post("/2021/programme", base_url="http://wmd.example")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_fault_shows_its_number_and_nothing_of_its_inside(demo_app: Flask) -> None:
    secret = "the password is swordfish"

    @demo_app.get("/break")
    def break_down() -> str:
        raise RuntimeError(secret)

    demo_app.testing = False
    answer = demo_app.test_client().get("/break", base_url="http://wmd.example")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in page
    assert [word for word in (secret, "RuntimeError", "Traceback", "test_errors.py") if word in page] == []
    assert answer.headers["Cache-Control"] == "no-store"


def test_unknown_host_is_refused(client: FlaskClient) -> None:
    assert client.get("/", base_url="http://evil.example").status_code == 400
