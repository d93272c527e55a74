"""The service before a fake Zoom, over real HTTP on loopback: events, rooms, and what ties them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import Clock, make_test_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import SeededMint
from wmd.domain.zoom.answers import RoomKind
from wmd.gateways import zoom_of
from wmd.jobs import run_job
from wmd.models import Event, Submission, WebinarBinding, ZoomDrift
from wmd.services.bindings import bind_room
from wmd_fakezoom import FakeZoom, Room
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, HOST

NOW = datetime(2021, 9, 28, 12, tzinfo=UTC)
STARTS = datetime(2021, 10, 7, 13, tzinfo=UTC)
ROOM = "GET /webinars/{id}"
LIST = "GET /users/{user}/webinars"


@dataclass
class ZoomHouse:
    """An application, the clock of both sides, and the fake."""

    app: Flask
    clock: Clock
    zoom: FakeZoom
    cast: Cast
    dbs: Session

    def sync(self, **later: float) -> int:
        """Let time go by on both sides, and run the job; return how many rooms were read."""
        self.clock.now += timedelta(**later)
        self.zoom.control.set_time(self.clock.now)
        self.dbs.rollback()
        done = run_job(self.app, "zoom-sync")
        self.dbs.rollback()
        return done

    def binding(self, key: str = "one") -> WebinarBinding:
        """Return the binding of an event, read anew."""
        self.dbs.rollback()
        found = select(WebinarBinding).join(Event, Event.id == WebinarBinding.event_id)
        return self.dbs.scalars(
            found.where(Event.key == key, WebinarBinding.ended_at.is_(None)).execution_options(populate_existing=True)
        ).one()

    def event(self, key: str = "one") -> Event:
        """Return an event, read anew."""
        self.dbs.rollback()
        found = select(Event).where(Event.key == key).execution_options(populate_existing=True)
        return self.dbs.scalars(found).one()

    def drifts(self) -> list[tuple[str, str]]:
        """Return what differs, or differed, and what became of it."""
        self.dbs.rollback()
        rows = self.dbs.scalars(select(ZoomDrift).order_by(ZoomDrift.found_at, ZoomDrift.field, ZoomDrift.id))
        return [(row.field, row.state) for row in rows]

    def calls(self) -> dict[str, int]:
        """Return how often each route was called since the last look; tokens are not counted."""
        found = {route: count for route, count in self.zoom.control.counts().items() if "oauth" not in route}
        self.zoom.control.forget_log()
        return found

    def publish(self, *keys: str) -> list[Room]:
        """Publish events on 7 October 2021, each with the registration page of a webinar of its own, not bound yet."""
        rooms = [
            self.zoom.control.add_webinar(STARTS, topic="Care in the city", duration=90, timezone="Europe/Madrid")
            for _ in keys
        ]
        events = [
            documents.event(key, registration={"state": "open", "url": self.zoom.control.links(room.id).registration})
            for key, room in zip(keys, rooms, strict=True)
        ]
        setting = publishing_setting(self.app, SeededMint("zoom"))
        documents.apply(self.dbs, setting, documents.document(*events), self.clock.now)
        self.dbs.execute(update(Submission).values(organisation_id=self.cast.a))
        self.dbs.commit()
        return rooms

    def bind(self, key: str, room: Room) -> None:
        """Say in which room an event takes place, as staff do."""
        client = zoom_of(self.app)
        assert client is not None
        self.dbs.rollback()
        read = client.room(RoomKind.WEBINAR, str(room.id))
        bind_room(
            self.dbs, self.event(key), read, kind="lookup", account_id="own", actor="person:mona",
            mint=SeededMint(key), now=self.clock.now,
        )  # fmt: skip
        self.dbs.commit()

    def bound(self, *keys: str) -> list[Room]:
        """Publish events and bind each to its room."""
        rooms = self.publish(*keys)
        for key, room in zip(keys, rooms, strict=True):
            self.bind(key, room)
        self.calls()
        return rooms


@contextmanager
def zoom_house(database_url: str, folder: Path, **changes: object) -> Iterator[ZoomHouse]:
    """Give a house whose rooms are on a fake Zoom."""
    clock = Clock(NOW)
    with FakeZoom(starts_at=NOW) as zoom:
        settings: dict[str, object] = {
            "zoom_account_id": ACCOUNT_ID, "zoom_client_id": CLIENT_ID, "zoom_client_secret": CLIENT_SECRET,
            "zoom_host": HOST, "zoom_url": zoom.url, "zoom_plan": "business",
        }  # fmt: skip
        app = make_test_app(database_url, folder, clock, **(settings | changes))
        try:
            with app.app_context():
                dbs = db.session()
                cast = make_cast(dbs, NOW)
                yield ZoomHouse(app, clock, zoom, replace(cast), dbs)
                dbs.rollback()
        finally:
            with app.app_context():
                app.extensions["wmd.library"].settle()
                db.session.remove()
                db.engine.dispose()
