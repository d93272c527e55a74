"""What the security checklist asks of the whole service and no other file shows."""

from __future__ import annotations

import ast
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import BASE_URL, Cast, csrf_token, get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock, Databases, make_test_app
from tests.domain.forms.cast import filled
from tests.web.machine import forget_database
from tests.web.test_roles import TABLE
from wmd.db import db
from wmd.models import Submission

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Place:
    """The application with the cast, and its folder and clock."""

    app: Flask
    folder: Path
    clock: Clock

    def browser(self, who: str | None = None) -> FlaskClient:
        """Return a browser, of somebody or of a stranger."""
        client = self.app.test_client()
        if who is not None:
            sign_in(client, self.app, who, staff=who in {"adam", "mona", "rita"})
        return client


@pytest.fixture
def place(databases: Databases, tmp_path: Path) -> Iterator[Place]:
    """The demonstration with the cast."""
    url = databases.copy("sqlite", tmp_path, demo=True)
    clock = Clock(LEAD_STARTED_AT)
    app = make_test_app(url, tmp_path, clock)
    with app.app_context():
        make_cast(db.session(), LEAD_STARTED_AT)
    yield Place(app, tmp_path, clock)
    forget_database(app)
    databases.drop(url)


# --- S16, S62: faults of ours ------------------------------------------------------------------------------------


def break_database(place: Place) -> None:
    """Take the tables away from under the service."""
    forget_database(place.app)
    (place.folder / "test.sqlite3").write_bytes(b"")


def test_faults_of_ours_carry_the_headers_as_well(place: Place) -> None:
    client = place.browser("adam")
    break_database(place)
    answer = get(client, "/staff/audit")
    assert answer.status_code in {500, 503}
    page = answer.get_data(as_text=True)
    assert (answer.headers["X-Frame-Options"], answer.headers["Cache-Control"]) == ("DENY", "no-store")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-ID"] in page
    for inside in ("Traceback", "sqlite", "SELECT", "wmd/", str(place.folder)):
        assert inside not in page


def test_no_answer_says_what_it_was_made_with(place: Place) -> None:
    client = place.browser()
    answers = [get(client, path) for path in ("/", "/sign-in", "/none", "/2021/calendar.ics", "/2021/programme?day=x")]
    answers.append(client.post("/sign-out", base_url=BASE_URL))
    versions = re.compile(r"(?i)(werkzeug|flask|python|granian|jinja|sqlalchemy|gunicorn)[/ ]?\d")
    for answer in answers:
        assert "X-Powered-By" not in answer.headers
        said = str(answer.headers) + (answer.get_data(as_text=True) if answer.mimetype == "text/html" else "")
        assert versions.search(said) is None


# --- S17: no inline code -----------------------------------------------------------------------------------------

_INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)[^>]*>|\son[a-z]+=|<style|\sstyle=|javascript:", re.I
)


def test_no_page_holds_inline_code_and_the_policy_allows_none(place: Place) -> None:
    clients = {who: place.browser(who) for who in ("adam", "ana")}
    seen = 0
    cast = Cast()
    for name, row in TABLE.items():
        if not name.startswith("GET "):
            continue
        path = re.sub(r"\{(\w+)\}", lambda found: getattr(cast, found[1], "none"), row.path)
        answer = get(clients["ana" if path.startswith("/organiser") else "adam"], path)
        if answer.mimetype != "text/html":
            continue
        seen += 1
        # What a reader may see as text is not code: it stands escaped.
        assert _INLINE.findall(re.sub(r"<pre.*?</pre>", "", answer.get_data(as_text=True), flags=re.S)) == [], path
        policy = answer.headers["Content-Security-Policy"]
        assert ("unsafe" in policy, "nonce" in policy, "*" in policy) == (False, False, False), path
    assert seen > 50


# --- S31 ---------------------------------------------------------------------------------------------------------


def test_no_statement_is_put_together_from_text() -> None:
    """``text()`` and the driver's own execute are given constants, or names of our own tables."""
    allowed = {"restore.py", "db.py"}
    found = []
    for path in sorted((ROOT / "wmd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            is_plain = isinstance(node.func, ast.Name) and node.func.id in {"text", "literal_column"}
            is_raw = isinstance(node.func, ast.Attribute) and node.func.attr == "exec_driver_sql"
            made = isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
            if (is_plain or is_raw) and made and path.name not in allowed:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


# --- S44: spam ---------------------------------------------------------------------------------------------------


def hand_in(place: Place, took: timedelta, **changes: str) -> tuple[str, Submission]:
    """Fill in the form as a stranger within some time; return the page with the receipt, and what was stored."""
    client = place.browser()
    page = get(client, "/2021/submit").get_data(as_text=True)
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert shown is not None
    place.clock.now += took
    sent = filled() | {"action": "hand-in", "shown": shown[1]} | ({"form_token": token[1]} if token else {}) | changes
    answer = post(client, "/2021/submit", sent, follow_redirects=True)
    with place.app.app_context():
        newest = select(Submission).where(Submission.source == "form").order_by(Submission.created_at.desc()).limit(1)
        stored = db.session.scalars(newest).one()
        db.session.expunge(stored)
    return answer.get_data(as_text=True), stored


def test_suspected_spam_gets_the_same_page_and_waits_in_a_queue_of_its_own(place: Place) -> None:
    def bare(page: str, stored: Submission) -> str:
        return re.sub(r"[0-9a-f-]{36}|\?r=[^\"]*", "", page.replace(stored.receipt or "", ""))

    honest_page, honest = hand_in(place, timedelta(minutes=9))
    assert honest.suspect_at is None
    place.clock.now += timedelta(days=2)
    fast_page, fast = hand_in(place, timedelta(seconds=1))
    assert fast.suspect_at is not None
    place.clock.now += timedelta(days=2)
    trapped_page, trapped = hand_in(place, timedelta(minutes=9), more_about_you="https://spam.example")
    assert (trapped.suspect_at is not None, "spam.honeypot" in trapped.flags) == (True, True)
    assert bare(fast_page, fast) == bare(trapped_page, trapped) == bare(honest_page, honest)
    assert (honest.receipt or "none") in honest_page

    mona = place.browser("mona")
    queue = get(mona, "/staff/desk").get_data(as_text=True)
    assert fast.id not in queue


# --- S46 ---------------------------------------------------------------------------------------------------------


def test_forms_beyond_every_bound_are_refused_at_once(place: Place) -> None:
    client = place.browser()
    token = csrf_token(client)
    many = {f"f{number}": "x" for number in range(1_500)} | {"csrf_token": token}
    answers = {
        "2 MB": client.post("/sign-in", data={"csrf_token": token, "address": "x" * 2_000_001}, base_url=BASE_URL),
        "parts": client.post(
            "/sign-in", data=many, base_url=BASE_URL, content_type="multipart/form-data; boundary=x"
        ),
        "declared": client.post(
            "/sign-in", data=b"", base_url=BASE_URL, content_type="application/x-www-form-urlencoded",
            environ_overrides={"CONTENT_LENGTH": "99999999999"},
        ),
    }  # fmt: skip
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "2 MB": 413,
        "parts": 413,
        "declared": 413,
    }
    for answer in answers.values():
        assert "X-Frame-Options" in answer.headers
        assert answer.mimetype == "text/html"


# --- S64, S67 ----------------------------------------------------------------------------------------------------


def test_files_are_for_the_service_alone_and_none_is_served(databases: Databases, tmp_path: Path) -> None:
    folder = tmp_path / "var"
    app = make_test_app(f"sqlite:///{folder / 'wmd.sqlite3'}", folder)
    try:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "wmd.sqlite3").stat().st_mode) == 0o600
        client = app.test_client()
        paths = (
            "/.git/config", "/.env", "/instance/", "/uploads/", "/var/wmd.sqlite3", "/wmd.sqlite3", "/config.py",
            "/static/../config.py", "/static/%2e%2e/config.py", "/static/", "/media/", "/media/../../etc/passwd",
            "/server-status", "/wp-login.php",
        )  # fmt: skip
        # Without a table even an edition's name cannot be looked up, so that 503 is an honest answer as well.
        for path in paths:
            answer = get(client, path)
            assert answer.status_code in {404, 405, 503}, path
            assert b"SECRET_KEY" not in answer.data
    finally:
        forget_database(app)


def test_proxy_sample_asks_for_tls_and_says_so() -> None:
    sample = (ROOT / "deploy" / "nginx" / "wmd.conf").read_text(encoding="utf-8")
    assert re.search(r"ssl_protocols TLSv1\.2 TLSv1\.3;", sample)
    found = re.search(r'Strict-Transport-Security "max-age=(\d+)', sample)
    assert found is not None
    assert int(found[1]) >= 31_536_000
    assert "server_tokens off;" in sample
