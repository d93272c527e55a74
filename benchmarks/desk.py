"""The desk with many submissions: how long its pages take, in one process, as a moderator's browser would wait for it.

``python -m benchmarks.desk 1000`` fills a SQLite database of its own with that many submissions that wait, as if each
had been handed in, and measures the queue and one submission beside it (target: at most 100 ms, median).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from benchmarks import data
from config import Config
from wmd import create_app
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.content import (
    EditionContent,
    EventContent,
    OrganiserContent,
    RegistrationContent,
    SessionContent,
    TextContent,
)
from wmd.domain.vocabulary import RegistrationState
from wmd.gateways import Gateways
from wmd.models import Edition, Organisation, OrganisationContact, Person, PublicCode, StaffMember, Submission
from wmd.services.intake import hand_in
from wmd.services.references import put_edition
from wmd.services.web_sessions import open_session

NOW = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
ROUNDS = 30
EDITION = EditionContent(
    slug="2026", name="World Metropolitan Day 2026", main_day=date(2026, 10, 7), window_from=date(2026, 10, 1),
    window_to=date(2026, 10, 31), zone="Europe/Madrid", languages=("en", "es", "fr"),
)  # fmt: skip
_VOCABULARY = "metropolis water night bus river market housing kitchen library council garden bridge children elders"
_WORDS = _VOCABULARY.split()


def content(number: int, chance: Random) -> EventContent:
    """Return one of many events, each with words of its own."""
    begins = datetime(2026, 10, chance.randint(1, 28), chance.randint(8, 18))
    session = SessionContent(id="", zone="Europe/Madrid", starts=begins, ends=begins + timedelta(minutes=90))
    language, title = chance.choice(["en", "es", "fr"]), " ".join(chance.sample(_WORDS, 5)) + f" {number}"
    words = " ".join(chance.choices(_WORDS, k=120))
    return EventContent(
        key="", language=language, texts={language: TextContent(title, "A talk about the city.", words)},
        sessions=(session,), organisers=(OrganiserContent(f"organisation-{number % 50}"),),
        topics=(chance.choice(data.TOPICS),), sdgs=(11,), region=chance.choice(["europe", "africa", "asia-pacific"]),
        un_region="europe", host_city="Barcelona", host_country="ES", spoken=(language,), platform="zoom-webinar",
        registration=RegistrationContent(RegistrationState.OPEN, f"https://events.example.org/{number}"),
    )  # fmt: skip


def fill(dbs: Session, size: int) -> tuple[str, list[str]]:
    """Put ``size`` submissions on the desk; return a moderator's session and the submissions' ids."""
    chance, mint = Random(size), Mint()
    edition, _ = put_edition(dbs, EDITION, now=NOW)
    dbs.add_all(Person(id=name, name=name.title(), created_at=NOW) for name in ("mona", "ana"))
    dbs.flush()
    dbs.add(StaffMember(person_id="mona", role="moderator", totp_confirmed_at=NOW, created_at=NOW))
    for number in range(50):
        _organisation(dbs, number, mint)
    ids = list(_submissions(dbs, edition, size, chance, mint))
    row, secret = open_session(dbs, person_id="mona", device="bench", now=NOW)
    row.second_factor_at = NOW
    dbs.commit()
    return secret, ids


def _organisation(dbs: Session, number: int, mint: Mint) -> None:
    code = mint.code()
    dbs.add(PublicCode(code=code, kind="organisation", created_at=NOW))
    dbs.flush()
    dbs.add(
        Organisation(
            id=f"o{number}", key=f"organisation-{number}", code=code, slug=f"organisation-{number}",
            names={"en": f"Organisation {number}"}, language="en", acronym="", kind="academia", city="Barcelona",
            country="ES", region="europe", website="", created_at=NOW,
        )
    )  # fmt: skip
    dbs.flush()
    dbs.add(OrganisationContact(organisation_id=f"o{number}", person_id="ana", added_by="command", added_at=NOW))


def _submissions(dbs: Session, edition: Edition, size: int, chance: Random, mint: Mint) -> Iterator[str]:
    for number in range(size):
        at = NOW - timedelta(minutes=chance.randint(1, 20_000))
        revision = hand_in(
            dbs, edition, content(number, chance), source="form", actor="person:ana", mint=mint, now=at
        )  # fmt: skip
        if revision is None:
            continue
        submission = dbs.get_one(Submission, revision.submission_id)
        submission.organisation_id, submission.person_id = f"o{number % 50}", "ana"
        submission.waiting_since = at
        yield submission.id


def measure(size: int) -> dict[str, tuple[float, float]]:
    """Return the medians of each page of the desk in milliseconds: by the clock, and of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        with app.app_context():
            upgrade()
            secret, ids = fill(db.session(), size)
            db.session.remove()
        client = app.test_client()
        client.set_cookie("wmd_session", secret, domain="127.0.0.1")
        one = ids[size // 2]
        pages = {
            "the queue": "/staff/desk", "the last page of it": "/staff/desk?page=9999",
            "one submission beside it": f"/staff/desk/{one}", "a search by words": "/staff/desk?q=water",
            "the start page": "/staff/",
        }  # fmt: skip
        found = {name: _median_ms(client, path) for name, path in pages.items()}
        app.extensions["wmd.library"].settle()
        with app.app_context():
            db.engine.dispose()
        return found


def _app(folder: Path) -> Flask:
    config = Config(
        mode="demo", secret_key="only-for-measuring-0123456789-0123456789", base_url="http://127.0.0.1:8000",
        database_url=f"sqlite:///{folder / 'bench.sqlite3'}", link_keys="", uid_domain="wmd.example", edition="2026",
        var_dir=folder,
    )  # fmt: skip
    return create_app(config, Gateways(clock=lambda: NOW))


def _median_ms(client: FlaskClient, path: str) -> tuple[float, float]:
    took, used = [], []
    for _ in range(ROUNDS + 2):
        begin, busy = time.perf_counter(), time.process_time()
        answer = client.get(path, base_url="http://127.0.0.1:8000")
        took.append((time.perf_counter() - begin) * 1000)
        used.append((time.process_time() - busy) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
    # The first two load the programme and the templates.
    return statistics.median(took[2:]), statistics.median(used[2:])


if __name__ == "__main__":
    for name, (took_ms, used_ms) in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000).items():
        print(f"{name}: {took_ms:.1f} ms ({used_ms:.1f} ms of processor time)")
