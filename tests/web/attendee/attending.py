"""Attendees in tests: they ask on a page, press the button of their mail, and come to a page of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import get, post
from tests.conftest import LEAD_STARTED_AT
from wmd.db import db
from wmd.domain.following import standing_of
from wmd.domain.programme import EventView
from wmd.models import Message
from wmd.services.outbox import hidden_part

NORA = "nora@people.example"
OTIS = "otis@people.example"
#: The mails that these pages cause; the demonstration has others, from its first instant.
KINDS = {"follow-confirm", "my-link", "attendee-proof", "change-address", "address-changed", "problem-reported"}


@dataclass(frozen=True)
class Mail:
    """A mail as the outbox has it: kind, path of its link, whom it is for, and its facts."""

    kind: str
    path: str
    to: str | None
    facts: dict[str, object]


#: What a redirect to the one answer has of its own: the address that was typed, sealed.
TYPED = re.compile(r"(/me/asked)\?to=[\w.-]+")


def led_to(answer: TestResponse) -> str:
    """Return where an answer leads, without the sealed address of whom it was asked for."""
    return TYPED.sub(r"\1", str(answer.headers["Location"]))


def text_of(client: FlaskClient, path: str) -> str:
    """Return the page at an address that must answer 200."""
    answer = get(client, path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.get_data(as_text=True)


def mails(app: Flask) -> list[Mail]:
    """Return the mails of these pages in the outbox, the oldest first."""
    with app.app_context():
        rows = db.session.scalars(
            select(Message)
            .where(Message.kind.in_(KINDS), Message.created_at > LEAD_STARTED_AT)
            .order_by(Message.created_at, Message.id)
        )
        box = app.extensions["wmd.secretbox"]
        return [Mail(row.kind, hidden_part(row, box).get("secret", ""), row.person_id, row.facts) for row in rows]


def newest(app: Flask, kind: str) -> Mail:
    """Return the newest mail of a kind."""
    return [mail for mail in mails(app) if mail.kind == kind][-1]


def events(app: Flask, standing: str, edition: str = "demo") -> list[EventView]:
    """Return the events of an edition that stand so now, in the order of their codes."""
    now: datetime = app.extensions["wmd.gateways"].clock()
    programme = app.extensions["wmd.library"].programme(edition)
    return [
        programme.events[code]
        for code in sorted(programme.events)
        if standing_of(programme.events[code], now) == standing
    ]


def ask(client: FlaskClient, path: str, address: str = NORA, **more: object) -> TestResponse:
    """Send the form that asks to be reminded."""
    form = {"address": address, "zone": "America/Bogota", "language": "es", **more}
    return post(client, path, form)


def press(client: FlaskClient, path: str, **more: object) -> TestResponse:
    """Open the page of a confirm mail and press its button with everything that it shows ticked."""
    page = get(client, path).get_data(as_text=True)
    ids = re.findall(r'name="shown" value="([^"]+)"', page)
    return post(client, path, {"shown": ids, "kept": ids, **more})


def join(app: Flask, codes: list[str], address: str = NORA, zone: str = "America/Bogota") -> str:
    """Have somebody follow events the whole way; return the path of their own page."""
    client = app.test_client()
    known = len(mails(app))
    for code in codes:
        assert ask(client, f"/e/{code}/remind", address, zone=zone).status_code == 303
    sent = [mail for mail in mails(app)[known:] if mail.kind == "follow-confirm"]
    answer = press(client, sent[-1].path)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"]).partition("?")[0]
