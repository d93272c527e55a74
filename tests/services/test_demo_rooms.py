"""The demonstration's rooms: tied once, the same at each start, and read from a made-up Zoom that begins with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT, Clock, Databases, make_test_app
from wmd.db import db
from wmd.domain.codes import SeededMint
from wmd.jobs import run_job
from wmd.models import AuditEntry, Event, WebinarBinding, ZoomDrift
from wmd.services.demo_rooms import ROOMS, load_rooms
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, HOST, seed_rooms


def test_newcomer_sees_one_room_as_it_should_be_one_moved_and_one_closed(databases: Databases, tmp_path: Path) -> None:
    clock = Clock(LEAD_STARTED_AT)
    with FakeZoom(starts_at=clock.now) as zoom:
        app = make_test_app(
            databases.copy("sqlite", tmp_path, demo=True), tmp_path, clock, zoom_account_id=ACCOUNT_ID,
            zoom_client_id=CLIENT_ID, zoom_client_secret=CLIENT_SECRET, zoom_host=HOST, zoom_url=zoom.url,
        )  # fmt: skip
        with app.app_context():
            dbs = db.session()
            found = [
                load_rooms(dbs, zoom_account=ACCOUNT_ID, mint=SeededMint("rooms"), now=clock.now) for _ in range(2)
            ]
            dbs.commit()
            assert found[0] == found[1]
            assert len(found[0]) == len(ROOMS)
            bound = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "bind", AuditEntry.after == "lookup"))
            assert len(bound.all()) == len(ROOMS)
            dbs.rollback()
            seed_rooms(zoom.control, found[0])

            assert run_job(app, "zoom-sync") == len(ROOMS)
            rows = dbs.execute(
                select(Event.key, WebinarBinding.state, WebinarBinding.registration)
                .join(Event, Event.id == WebinarBinding.event_id)
                .where(WebinarBinding.kind == "lookup")
                .order_by(Event.key)
            )
            assert rows.tuples().all() == [
                ("lead", "ok", "open"), ("now-10", "drift", "open"), ("now-12", "ok", "closed")
            ]  # fmt: skip
            assert dbs.scalars(select(ZoomDrift.field)).all() == ["time"]
            app.extensions["wmd.library"].settle()
            dbs.rollback()
            db.session.remove()
            db.engine.dispose()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_demonstration_that_is_not_there_has_no_rooms(dbs: Session) -> None:
    assert load_rooms(dbs, zoom_account=ACCOUNT_ID, mint=SeededMint("rooms"), now=LEAD_STARTED_AT) == []
