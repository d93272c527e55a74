"""The ground of the long runs with Zoom (tests/services/test_zoom_machine.py): four events and their rooms, made once,
and set up again for each run from the bytes of the database and the same numbers in a new fake.

What is public is fetched as readers do, and compared with what people have decided.
"""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import sessionmaker

from tests import documents
from tests.attendees import attend
from tests.cast import BASE_URL, Cast, make_cast, sign_in
from tests.conftest import Clock, Databases, make_test_app
from tests.hook_house import serving
from tests.partner_house import PartnerHouse
from tests.zoom_house import NOW, STARTS
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import Mint, SeededMint
from wmd.domain.zoom.answers import RoomKind
from wmd.gateways import zoom_of
from wmd.gateways.zoom.client import ZoomClient
from wmd.gateways.zoom.gate import zoom_or
from wmd.gateways.zoom.tokens import PartnerCredentials, ServerCredentials
from wmd.gateways.zoom.transport import pooled_session
from wmd.models import Event, EventSession, Submission
from wmd.services.bindings import bind_room
from wmd.services.managed_rooms import make_webinar
from wmd.services.zoom_accounts import OWN, own_account
from wmd.services.zoom_budget import AccountBudget
from wmd.services.zoom_calls import StoredCalls
from wmd.services.zoom_registrants import turn_push
from wmd.services.zoom_tokens import AccountTokens
from wmd_fakezoom import FakeZoom, Room
from wmd_fakezoom.seed import (
    ACCOUNT_ID,
    CLIENT_ID,
    CLIENT_SECRET,
    HOST,
    PARTNER,
    PARTNER_CLIENT_ID,
    PARTNER_CLIENT_SECRET,
    WEBHOOK_SECRET,
)

#: Whose registration page is Zoom's; who registers with us, in a meeting; whose webinar we make; and whose webinar is
#: in the account of a partner.
PASTED, HERE, MADE, THEIRS = "pasted", "here", "made", "theirs"
KEYS = (PASTED, HERE, MADE, THEIRS)
PEOPLE = ("ada", "bo", "cy", "di", "ed", "fay", "gus", "hal")
MADRID = ZoneInfo("Europe/Madrid")
#: Zoom answers slower than the client waits.
READ_S, SLOW_S = 0.5, 0.8
#: What only hosts, or who has a place, may know: in any address, whoever it belongs to.
_PRIVATE = re.compile(r"zoom\.us/[jsw]/|pwd=|zak=|[?&]tk=|host@|@attendees\.example")


@dataclass
class Said:
    """What people decided that readers shall read of an event. ``link`` is that of a registration page."""

    starts_at: datetime
    link: str
    is_on: bool = True
    is_listed: bool = True


@dataclass(frozen=True)
class Ground:
    """The beginning of each run: a database in a file, the cast in it, and a folder for the runs."""

    file: Path
    folder: Path
    cast: Cast


@dataclass
class Run(PartnerHouse):
    """A house whose readers are asked as well."""

    def rooms(self) -> tuple[Room, Room, Room]:
        """Let the host make the rooms that the events begin with; the numbers are the same in each fake."""
        control = self.zoom.control
        return (
            control.add_webinar(STARTS, topic="Care in the city", duration=90, timezone="Europe/Madrid"),
            control.add_meeting(STARTS, topic="Care in the city", duration=90, timezone="Europe/Madrid"),
            control.add_webinar(STARTS, host=PARTNER, topic="Care in the city", duration=90, timezone="Europe/Madrid"),
        )

    def page(self, path: str) -> tuple[int, str, str]:
        """Fetch a page as a stranger; return status, where it leads, and all that was said."""
        answer = self.app.test_client(use_cookies=False).get(path, base_url=BASE_URL)
        where = answer.headers.get("Location", "")
        return answer.status_code, where, f"{answer.headers}\n{answer.get_data(as_text=True)}"

    def let_in(self) -> None:
        """Let a contact of the organisation sign in."""
        self.dbs.rollback()
        sign_in(self.ana, self.app, self.cast.ana)
        db.session.rollback()

    def sessions(self) -> dict[str, EventSession]:
        """Return the session of each event."""
        self.dbs.rollback()
        found = select(Event.key, EventSession).join(Event, Event.id == EventSession.event_id)
        return dict(self.dbs.execute(found.execution_options(populate_existing=True)).tuples().all())


def paths_of(event: Event, session: EventSession) -> list[str]:
    """Return the pages that are about one event."""
    return [
        f"/e/{event.code}.ics",
        f"/go/{event.code}",
        f"/go/{session.code}",
        f"/2021/events/{event.code}-{event.slug}",
    ]


#: The pages that are about all.
COMMON = (
    "/2021/", "/2021/programme", "/2021/calendar.ics", "/2021/programme.json", "/2021/programme.csv",
    "/2021/schedule.xml", "/2021/schedule.json", "/2021/changes", "/2021/changes.atom", "/sitemap.xml",
)  # fmt: skip


def private_in(run: Run, text: str) -> list[str]:
    """Return what stands in a text and is nobody's business, of all that the fake has ever told anybody."""
    world = run.zoom.control.world
    kept = [value for room in world.rooms for value in (room.password, *(one.ticket for one in room.registrants))]
    return [*_PRIVATE.findall(text), *(value for value in kept if value in text)]


def stamp_of(starts_at: datetime) -> str:
    """Return how a calendar says when a session in Madrid begins."""
    return f"DTSTART;TZID=Europe/Madrid:{starts_at.astimezone(MADRID):%Y%m%dT%H%M%S}"


def make_ground(databases: Databases, folder: Path) -> Ground:
    """Publish the events, bind two to the host's rooms, and press the button for the third, once for all runs."""
    databases.copy("sqlite", folder)
    ground = Ground(folder / "ground.sqlite3", folder, Cast())
    (folder / "test.sqlite3").rename(ground.file)
    with set_up(ground, ground.file) as run:
        cast = make_cast(run.dbs, NOW)
        pasted, here, theirs = run.rooms()
        ways = {
            PASTED: {"state": "open", "url": run.zoom.control.links(pasted.id).registration},
            HERE: {"state": "open", "with_us": True}, MADE: {"state": "missing"},
            THEIRS: {"state": "open", "url": run.zoom.control.links(theirs.id).registration},
        }  # fmt: skip
        events = [documents.event(key, registration=way) for key, way in ways.items()]
        setting = publishing_setting(run.app, SeededMint("zoom"))
        documents.apply(run.dbs, setting, documents.document(*events), NOW - timedelta(days=9))
        run.dbs.execute(update(Submission).values(organisation_id=cast.a))
        own_account(run.dbs, ACCOUNT_ID, now=NOW)
        run.dbs.commit()
        for key, room in ((PASTED, pasted), (HERE, here)):
            bind(run, key, room)
        make_webinar(run.dbs, run.event(MADE), actor="person:mona", mint=SeededMint(MADE), now=NOW)
        for name in PEOPLE:
            attend(run.dbs, name, NOW)
        run.dbs.commit()
        box = run.app.extensions["wmd.secretbox"]
        turn_push(run.dbs, run.event(HERE), wanted=True, actor="person:ana", box=box, now=NOW)
        run.dbs.commit()
    return ground


def bind(run: Run, key: str, room: Room) -> None:
    """Say in which room an event takes place, as staff do."""
    client = zoom_of(run.app)
    assert client is not None
    run.dbs.rollback()
    read = client.room(RoomKind(room.kind), str(room.id))
    bind_room(
        run.dbs, run.event(key), read, kind="lookup", account_id=OWN, actor="person:mona", mint=Mint(),
        now=run.clock.now,
    )  # fmt: skip
    run.dbs.commit()


@contextmanager
def begun(ground: Ground) -> Iterator[Run]:
    """Give a run on a copy of the ground, with the host's rooms."""
    file = ground.folder / "run.sqlite3"
    for old in ground.folder.glob("run.sqlite3*"):
        old.unlink()
    shutil.copy(ground.file, file)
    with set_up(ground, file) as run:
        run.rooms()
        run.let_in()
        yield run


@contextmanager
def set_up(ground: Ground, file: Path) -> Iterator[Run]:
    """Give a house on a database, with a new fake that sends its messages to it."""
    clock = Clock(NOW)
    folder = ground.folder / "var"
    shutil.rmtree(folder, ignore_errors=True)
    with FakeZoom(starts_at=NOW) as zoom, socket.create_server(("127.0.0.1", 0), backlog=128) as ear:
        port = ear.getsockname()[1]
        app = make_test_app(
            f"sqlite:///{file}", folder, clock, port=port, zoom_webhook_secret=WEBHOOK_SECRET,
            zoom_account_id=ACCOUNT_ID,
            zoom_client_id=CLIENT_ID, zoom_client_secret=CLIENT_SECRET, zoom_host=HOST, zoom_url=zoom.url,
            zoom_plan="business", zoom_partner_client_id=PARTNER_CLIENT_ID,
            zoom_partner_client_secret=PARTNER_CLIENT_SECRET,
        )  # fmt: skip
        zoom.control.app(PARTNER_CLIENT_ID).redirect_uris = (f"{BASE_URL}/organiser/zoom/callback",)
        with app.app_context(), serving(app, ear):
            app.extensions["wmd.zoom"] = impatient_clients(app, clock, zoom)
            endpoint = zoom.control.webhooks.subscribe(
                f"http://127.0.0.1:{port}/hooks/zoom", WEBHOOK_SECRET, check=False
            )
            try:
                yield Run(app, clock, zoom, replace(ground.cast), db.session(), endpoint, app.test_client())
            finally:
                db.session.rollback()
                app.extensions["wmd.library"].settle()
                db.session.remove()
                db.engine.dispose()


def impatient_clients(app: Flask, clock: Clock, zoom: FakeZoom) -> Callable[[str | None], ZoomClient]:
    """Return what gives the application's client for an account: one that waits for nobody for long."""
    new_session, lock, http = sessionmaker(db.engine), Lock(), pooled_session()

    def sleep(seconds: float) -> None:
        with lock:
            clock.now += timedelta(seconds=seconds)
            zoom.control.set_time(clock.now)

    @cache
    def of(account_id: str) -> ZoomClient:
        tokens = AccountTokens(
            account_id, new_session=new_session, box=app.extensions["wmd.secretbox"], clock=clock, sleep=sleep,
            zoom_account=ACCOUNT_ID,
        )  # fmt: skip
        own = ServerCredentials(ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET)
        return ZoomClient(
            own if account_id == OWN else PartnerCredentials(PARTNER_CLIENT_ID, PARTNER_CLIENT_SECRET), http=http,
            tokens=tokens, budget=AccountBudget(account_id, "business", new_session=new_session),
            calls=StoredCalls(account_id, new_session=new_session), clock=clock, sleep=sleep, oauth_url=zoom.url,
            api_url=f"{zoom.url}/v2", read_s=READ_S, may_reach=zoom_or(zoom.url),
        )  # fmt: skip

    return lambda account_id: of(account_id or OWN)
