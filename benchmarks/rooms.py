"""How long one round over 500 rooms takes: ``python -m benchmarks.rooms [--quick]``.

Every room answers after 50 ms, from the fake Zoom on loopback; calls stay within half of what a Pro plan allows, as in
production. And the tick that finds no room due, with 2,000 events behind it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from benchmarks.delivery import close_app, database
from benchmarks.section import write_section
from config import Config
from tests import documents
from wmd import create_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.zoom.answers import RoomKind
from wmd.gateways import zoom_of
from wmd.jobs.tools import tools_of
from wmd.jobs.zoom_sync import NAME, sync_rooms
from wmd.models import Event, WebinarBinding
from wmd.services.bindings import bind_room
from wmd.services.health import note_tick
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET

ANSWER_S = 0.05

_SECTION = """## Rooms on Zoom

One round over 500 rooms, each of which answers after 50 ms (at most 60 s), within the budget of a Pro plan; and the
tick that finds none due with 2,000 events behind it. Alone: `python -m benchmarks.rooms`.

<!-- rooms -->

<!-- /rooms -->
"""


def make_app(url: str, folder: Path, zoom_url: str) -> Flask:
    """Return the application before a fake Zoom."""
    config = Config(
        mode="demo", secret_key="a-secret-of-the-benchmark-0123456789", base_url="https://wmd.metropolis.test",
        database_url=url, link_keys="", uid_domain="wmd.metropolis.test", var_dir=folder, zoom_account_id=ACCOUNT_ID,
        zoom_client_id=CLIENT_ID, zoom_client_secret=CLIENT_SECRET, zoom_url=zoom_url,
    )  # fmt: skip
    app = create_app(config)
    with app.app_context():
        upgrade()
    return app


def publish(app: Flask, count: int, starts_at: datetime) -> None:
    """Publish so many events at one time."""
    session = documents.session(
        zone="UTC", starts=starts_at.strftime("%Y-%m-%dT%H:%M"), time_text="",
        ends=(starts_at + timedelta(minutes=90)).strftime("%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    document = documents.document(*[documents.event(f"e{number}", sessions=[session]) for number in range(count)])
    document["edition"] |= {"window_from": "2021-01-01", "window_to": f"{starts_at.year + 1}-12-31"}
    with app.app_context():
        documents.apply(db.session(), publishing_setting(app), document, datetime.now(UTC))
        db.session.remove()


def bind(app: Flask, zoom: FakeZoom, starts_at: datetime, rooms: int) -> None:
    """Give the first events a room each, to be read now."""
    with app.app_context():
        dbs: Session = db.session()
        client = zoom_of(app)
        assert client is not None
        first = client.room(RoomKind.WEBINAR, str(_add(zoom, starts_at)))
        for event in dbs.scalars(select(Event).order_by(Event.id).limit(rooms)).all():
            room = replace(first, id=str(_add(zoom, starts_at)))
            bind_room(
                dbs, event, room, kind="lookup", account_id="own", actor="command", mint=Mint(), now=datetime.now(UTC)
            )
        dbs.commit()
        db.session.remove()


def _add(zoom: FakeZoom, starts_at: datetime) -> int:
    return zoom.control.add_webinar(starts_at, topic="Care in the city", duration=90).id


def read(app: Flask) -> tuple[int, float]:
    """Run the job once; return how many rooms it read and the seconds it took."""
    with app.app_context():
        tools = tools_of(app, db.session())
        began_s = time.perf_counter()
        done = sync_rooms(tools)
        took_s = time.perf_counter() - began_s
        db.session.remove()
    return done, took_s


def measure(kind: str, rooms: int, events: int) -> tuple[float, float, float]:
    """Return the seconds of one round; the milliseconds of a tick with none due, and of the first of an hour."""
    # Whole minutes, as events have.
    starts_at = (datetime.now(UTC) + timedelta(days=3)).replace(second=0, microsecond=0)
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url, FakeZoom() as zoom:
        app = make_app(url, Path(name), zoom.url)
        publish(app, events, starts_at)
        bind(app, zoom, starts_at, rooms)
        zoom.control.fault("slow", "GET /webinars/{id}", times=None, seconds=ANSWER_S)
        zoom.control.forget_log()
        done, took_s = read(app)
        assert done == rooms, done
        assert zoom.control.counts() == {"GET /webinars/{id}": rooms}, zoom.control.counts()
        with app.app_context():
            states = db.session.execute(
                select(WebinarBinding.kind, WebinarBinding.state, func.count()).group_by(
                    WebinarBinding.kind, WebinarBinding.state
                )
            ).all()
            print(kind, states, file=sys.stderr)
            db.session.execute(update(WebinarBinding).values(next_try_at=None))
            db.session.commit()
        look_ms = _idle_ms(app)
        with app.app_context():
            note_tick(db.session(), NAME, now=datetime.now(UTC))
            db.session.commit()
        idle_ms = _idle_ms(app)
        close_app(app)
    return took_s, idle_ms, look_ms


def _idle_ms(app: Flask) -> float:
    """Return the milliseconds of the fastest of some ticks that find nothing due."""
    idle = [read(app) for _ in range(20)]
    assert {each for each, _ in idle} == {0}
    return 1_000 * min(each for _, each in idle)


def main() -> None:
    """Measure, print, and write the figures into the README (not with ``--quick``)."""
    is_quick = "--quick" in sys.argv[1:]
    rooms, events = (60, 200) if is_quick else (500, 2_000)
    found = {kind: measure(kind, rooms, events) for kind in ("postgresql", "sqlite")}
    lines = ["| | PostgreSQL | SQLite | bound |", "|---|---|---|---|"]
    rows = (
        (f"{rooms} rooms read, 50 ms an answer", [f"{took_s:.1f} s" for took_s, _, _ in found.values()], "60 s"),
        (f"tick with none due, {events:,} events", [f"{idle_ms:.1f} ms" for _, idle_ms, _ in found.values()], ""),
        ("the first of an hour, which looks for events without a room",
         [f"{look_ms:.1f} ms" for _, _, look_ms in found.values()], ""),
    )  # fmt: skip
    lines += [f"| {what} | {' | '.join(figures)} | {bound} |" for what, figures, bound in rows]
    said = "\n".join(lines)
    print(said)
    if not is_quick:
        write_section("rooms", _SECTION, said)


if __name__ == "__main__":
    main()
