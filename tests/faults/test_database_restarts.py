"""PostgreSQL is restarted while people hand in: who was answered is there, once; who was not can send again."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from tests.cast import BASE_URL, csrf_token
from tests.conftest import Clock, make_test_app, start_postgresql
from tests.domain.forms.cast import filled
from tests.handing_in import make_edition
from wmd.db import db
from wmd.models import AuditEntry, Message, Revision, Submission

#: How many hand in at once, and the fewest and most forms that each sends: in all fewer than one network may.
_PEOPLE = 3
_FEWEST, _MOST = 3, 15
#: A form is sent again this often at most, with a short wait: a restart takes a second or two.
_TRIES = 400


@dataclass
class Said:
    """What the senders were told, by form token."""

    answered: dict[str, str] = field(default_factory=dict)
    unavailable: int = 0
    other: list[tuple[int, str]] = field(default_factory=list)


class Server:
    """A PostgreSQL of its own, that can be stopped and started."""

    def __init__(self) -> None:
        self._server = start_postgresql()

    @property
    def url(self) -> str:
        """The address of its database."""
        return str(self._server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)

    def restart(self) -> None:
        """Stop it in the middle of whatever it does, and start it again."""
        self._server.stop()
        self._server.start()

    def close(self) -> None:
        """End it and remove its files."""
        self._server.cleanup()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that no other test uses."""
    found = Server()
    yield found
    found.close()


@pytest.fixture
def app(server: Server, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application on that server, with an edition that is open."""
    found = make_test_app(server.url, tmp_path, clock)
    with found.app_context():
        upgrade()
        make_edition(db.session(), clock.now)
        db.session.commit()
    yield found
    found.extensions["wmd.library"].settle()
    with found.app_context():
        db.session.remove()
        db.engine.dispose()


def send_all(app: Flask, number: int, said: Said, over: threading.Event) -> None:
    """Hand in forms from one browser until the restarts are over, each again and again until there is a receipt."""
    client = app.test_client()
    token = csrf_token(client)
    for turn in range(_MOST):
        if turn >= _FEWEST and over.is_set():
            return
        form_token = f"form-{number}-{turn}-{uuid.uuid4().hex}"
        typed = filled(
            contact__address=f"person-{number}-{turn}@prova.example", texts__en__title=f"Form {number} {turn}"
        )
        data = {**typed, "form_token": form_token, "version": "0", "action": "hand-in", "csrf_token": token}
        data |= {"topics": "gender-equality", "sdgs": ["5", "11"], "spoken": ["en", "es"]}
        for _ in range(_TRIES):
            answer = client.post("/2021/submit", data=data, base_url=BASE_URL)
            if answer.status_code == 303:
                said.answered[form_token] = answer.headers["Location"]
                break
            if answer.status_code != 503:
                said.other.append((answer.status_code, answer.get_data(as_text=True)[:500]))
                return
            said.unavailable += 1
            time.sleep(0.05)
            assert f"Form {number} {turn}" in answer.get_data(as_text=True)


def test_forms_handed_in_while_the_database_restarts_are_there_once(app: Flask, server: Server) -> None:
    said, over = Said(), threading.Event()
    senders = [threading.Thread(target=send_all, args=(app, number, said, over)) for number in range(_PEOPLE)]
    for sender in senders:
        sender.start()
    for _ in range(2):
        # Each restart meets forms under way: at least one more was answered before it.
        already = len(said.answered)
        for _ in range(_TRIES):
            if len(said.answered) > already or not any(sender.is_alive() for sender in senders):
                break
            time.sleep(0.05)
        server.restart()
    over.set()
    for sender in senders:
        sender.join(60)

    assert said.other == []
    assert said.unavailable > 0, "no form met the restart: the test shows nothing"
    assert len(said.answered) >= _PEOPLE * _FEWEST
    with app.app_context():
        rows = db.session.execute(select(Submission.form_token, Submission.receipt)).tuples().all()
        receipts = {token: f"/2021/submit/thanks?r={receipt}" for token, receipt in rows}
        each = [db.session.scalar(select(func.count()).select_from(model)) for model in (Submission, Revision, Message)]
        trail = db.session.scalar(select(func.count()).where(AuditEntry.action == "submit"))
    assert receipts == said.answered
    # Each has its event's revision and its new organisation's, and one mail.
    assert each == [len(rows), 2 * len(rows), len(rows)]
    assert trail == len(rows)
