"""The demonstration's mailbox: there it shows what was mailed, and nowhere else does it exist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import Clock, make_test_app
from wmd.db import db
from wmd.domain.mail_bytes import Letter, Letterhead, Part, to_bytes
from wmd.gateways.mail import FileMailer
from wmd.services.demo_desk import CONTACTS, demo_codes

HEAD = Letterhead("http://wmd.example", "events@wmd.example", "team@wmd.example")
LINK = "http://wmd.example/sign-in/confirm?t=abc&next=/x"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two mails, the second one newer."""
    for number, subject in enumerate(("First", "Second <b>")):
        letter = Letter(
            "test", f"m{number}", "ana@example.org", subject, Part((f"Open {LINK}\n<script>",)), Part(("<p>Hi</p>",))
        )
        with FileMailer(tmp_path / "mail").line() as line:
            line.hand_over(HEAD.sender, "ana@example.org", to_bytes(letter, HEAD, at=datetime(2021, 10, 7, tzinfo=UTC)))
    return tmp_path


def ask(app: Flask, path: str) -> tuple[int, str]:
    """Return status and text of a page."""
    answer = app.test_client().get(path, base_url="http://wmd.example")
    return answer.status_code, answer.get_data(as_text=True)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_mailbox_lists_mails_and_shows_one_with_links_that_work(database_url: str, folder: Path) -> None:
    app = make_test_app(database_url, folder)
    status, text = ask(app, "/mailbox")
    assert (status, text.index("Second &lt;b&gt;") < text.index("First")) == (200, True)
    status, text = ask(app, "/mailbox/m1")
    escaped = LINK.replace("&", "&amp;")
    assert (status, f'<a href="{escaped}">{escaped}</a>' in text, "<script>\n" in text) == (200, True, False)
    answer = app.test_client().get("/mailbox/m1/html", base_url="http://wmd.example")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize("name", ["none", "..", "..%2Fwmd", "m1.eml", "m" * 200])
def test_other_files_are_not_reached(database_url: str, folder: Path, name: str) -> None:
    assert ask(make_test_app(database_url, folder), f"/mailbox/{name}")[0] == 404


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_mailbox_does_not_exist_in_production(database_url: str, folder: Path) -> None:
    app = make_test_app(database_url, folder, mode="production", mail_url="smtp://127.0.0.1:25")
    assert [rule.rule for rule in app.url_map.iter_rules() if "mailbox" in rule.rule] == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_empty_mailbox_says_so(database_url: str, tmp_path: Path) -> None:
    status, text = ask(make_test_app(database_url, tmp_path), "/mailbox")
    assert (status, "There is no mail yet" in text) == (200, True)


def test_mailbox_shows_the_present_codes_of_the_demonstrations_staff(demo_app: Flask, clock: Clock) -> None:
    with demo_app.app_context():
        box = demo_app.extensions["wmd.secretbox"]
        codes = demo_codes(db.session(), box, now=clock.now)
        db.session.rollback()
    _, text = ask(demo_app, "/mailbox")
    assert [code for _, code in codes if f">{code}<" not in text] == []
    assert [address for address, _, _, _ in CONTACTS if address not in text] == []
    clock.now += timedelta(minutes=1)
    _, later = ask(demo_app, "/mailbox")
    assert [code for _, code in codes if f">{code}<" in later] == []


def test_signed_out_pages_lead_to_the_mailbox_in_a_demonstration_only(demo_app: Flask) -> None:
    assert 'href="/mailbox"' in ask(demo_app, "/sign-in")[1]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_pages_of_production_name_no_mailbox(database_url: str, tmp_path: Path) -> None:
    app = make_test_app(database_url, tmp_path, mode="production", mail_url="smtp://127.0.0.1:25")
    assert "/mailbox" not in ask(app, "/sign-in")[1]
