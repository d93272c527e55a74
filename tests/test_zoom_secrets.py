"""What Zoom tells us and nobody else may know, after a run through everything: it stands nowhere in clear.

The fake keeps what it has sent, so that each secret is shown to have been there to be lost.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import MetaData, select, update

from tests import documents
from tests.attendees import attend, register
from tests.cast import BASE_URL, get, sign_in
from tests.conftest import Databases
from tests.partner_house import PLACE, PartnerHouse, partner_house
from tests.zoom_house import ROOM, STARTS
from tests.zoom_machine import impatient_clients
from wmd.cli import publishing_setting
from wmd.domain.codes import SeededMint
from wmd.jobs import run_job
from wmd.models import Event, PrivateLink, Submission, WebinarBinding, ZoomAccount, ZoomRegistrant, ZoomWebhook
from wmd.secretbox import SecretBox
from wmd.services import hook_inbox, key_rotation, zoom_registrants
from wmd.services.managed_rooms import make_webinar
from wmd.services.private_links import open_link
from wmd.services.registrations import cancel
from wmd.services.zoom_accounts import own_account
from wmd.services.zoom_registrants import turn_push
from wmd_fakezoom import Room
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_SECRET, PARTNER, PARTNER_CLIENT_SECRET, WEBHOOK_SECRET
from wmd_fakezoom.shown import registrant_document, room_document

HERE, MADE, THEIRS = "here", "made", "theirs"
JOBS = (
    "zoom-webhooks", "zoom-partners", "zoom-sync", "zoom-push", "zoom-registrants", "zoom-attendance", "due-reminders",
    "outbox",
)  # fmt: skip
#: Who registers with us, and who registers on Zoom's own form and is a person to nobody here.
OURS, ON_ZOOM = ("ada", "bo"), "zoe"


@dataclass
class Lived:
    """A house in which everything has happened, with what the fake has told it."""

    house: PartnerHouse
    folder: Path
    staff: FlaskClient
    #: Bodies of Zoom's messages.
    told: list[str] = field(default_factory=list)
    #: What was written to logs.
    lines: list[str] = field(default_factory=list)

    @property
    def rooms(self) -> list[Room]:
        return self.house.zoom.control.world.rooms

    def secrets(self) -> dict[str, list[str]]:
        """Return by kind what nobody may read."""
        world = self.house.zoom.control.world
        people = [item for room in self.rooms for item in room.registrants]
        return {
            "access tokens": sorted(world.tokens.access),
            "refresh tokens": sorted(world.tokens.refresh),
            "codes of consents": sorted(world.tokens.codes),
            "secrets of apps": [CLIENT_SECRET, PARTNER_CLIENT_SECRET],
            "secret of messages": [WEBHOOK_SECRET],
            "host links": [*(self.house.zoom.control.links(room.id).start for room in self.rooms), "zak=", "/s/"],
            "passcodes": [room.password for room in self.rooms],
            "join links": [*(self.house.zoom.control.links(room.id).join for room in self.rooms), "pwd="],
            "tickets": [*(item.ticket for item in people), "?tk=", "&tk="],
        }

    def addresses(self) -> dict[str, list[str]]:
        """Return the addresses of those who are registered, and of hosts."""
        people = sorted({item.email for room in self.rooms for item in room.registrants})
        return {"registrants": people, "hosts": sorted({room.host.email for room in self.rooms})}

    def table(self) -> dict[str, str]:
        """Return all that stands in each table, in words."""
        house, metadata = self.house, MetaData()
        house.dbs.rollback()
        metadata.reflect(house.dbs.connection())
        found = {
            table.name: "\n".join(str(tuple(row)) for row in house.dbs.execute(select(table)))
            for table in metadata.sorted_tables
        }
        house.dbs.rollback()
        return found


class Keeper(logging.Handler):
    """Keeps each record with all that came with it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what our own code says, and what others say where we would print it."""
        if record.name.startswith("wmd.") or record.levelno > logging.DEBUG:
            fault = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self.lines.append(f"{record.getMessage()} {vars(record)} {fault}")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    """A house through which everything has gone, once for all tests, which only look."""
    folder = tmp_path_factory.mktemp("lived")
    database_url = databases.copy(request.param, folder)
    lines: list[str] = []
    keeper, root, fakes = Keeper(lines), logging.getLogger(), logging.getLogger("werkzeug")
    level, was = root.level, fakes.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    # The fake's server runs in this process; its lines are Zoom's, not ours.
    fakes.setLevel(logging.ERROR)
    try:
        with partner_house(database_url, folder) as house:
            house.app.extensions["wmd.zoom"] = impatient_clients(house.app, house.clock, house.zoom)
            staff = house.app.test_client()
            sign_in(staff, house.app, house.cast.adam, staff=True)
            found = Lived(house, folder, staff, lines=lines)
            house.zoom.control.world.listeners.append(
                lambda event, _account, thing, _old: found.told.append(json.dumps([event, thing]))
            )
            live(found)
            yield found
    finally:
        root.removeHandler(keeper)
        root.setLevel(level)
        fakes.setLevel(was)
        databases.drop(database_url)


def live(lived: Lived) -> None:
    """Let everything happen: connect, make, carry, change, break down, lose, find again, take place, count."""
    house, control = lived.house, lived.house.zoom.control
    theirs = control.add_webinar(STARTS, host=PARTNER, topic="Care in the city", duration=90, timezone="Europe/Madrid")
    publish(lived, theirs)
    house.come_back(f"/organiser/zoom/callback?code={'x' * 22}&state={'y' * 22}")
    account = house.connect()
    # Who registers reads that they are carried to Zoom.
    assert house.pick(theirs, account, HERE).status_code == 303
    event, box = house.event(HERE), house.app.extensions["wmd.secretbox"]
    turn_push(house.dbs, event, wanted=True, actor="person:ana", box=box, now=house.clock.now)
    house.dbs.commit()
    make_webinar(house.dbs, house.event(MADE), actor="person:mona", mint=SeededMint(MADE), now=house.clock.now)
    house.dbs.commit()
    here, now = house.event(HERE), house.clock.now
    places = [register(house.dbs, attend(house.dbs, name, now), here, now, read_of_room=True) for name in OURS]
    house.dbs.commit()
    control.register(theirs.id, f"{ON_ZOOM}@attendees.example", first_name="Zoe")
    turn(lived)
    (made,) = [room for room in lived.rooms if room.id != theirs.id]
    control.move_room(made.id, STARTS + timedelta(hours=1))
    control.change_link(made.id)
    turn(lived, hours=7)
    for kind in ("html", "status", "reset", "truncated", "qps"):
        control.fault(kind, ROOM)  # type: ignore[arg-type]
        turn(lived, hours=2)
    house.send()
    house.forge("webinar.updated", "wrong_secret", id=made.id, password=made.password)  # type: ignore[arg-type]
    cancel(house.dbs, house.dbs.merge(places[1]), box=box, now=house.clock.now)
    house.dbs.commit()
    turn(lived, hours=25)
    control.delete(made.id)
    for minutes in (0, 3, 11, 31):
        turn(lived, minutes=minutes)
    control.recover(made.id)
    house.clock.now = STARTS
    turn(lived)
    control.start(theirs.id)
    control.join(theirs.id, "Ada", "ada@attendees.example", minutes=50)
    control.join(theirs.id, "Zoe", f"{ON_ZOOM}@attendees.example", minutes=50)
    turn(lived, minutes=90)
    control.end(theirs.id)
    turn(lived, hours=2)
    control.kill_tokens()
    turn(lived, hours=24)


def publish(lived: Lived, theirs: Room) -> None:
    """Publish an event that registers here, and one that needs a room."""
    house = lived.house
    events = [
        documents.event(HERE, registration={"state": "open", "with_us": True}),
        documents.event(MADE, registration={"state": "missing"}),
        documents.event(
            THEIRS, registration={"state": "open", "url": house.zoom.control.links(theirs.id).registration}
        ),
    ]
    documents.apply(
        house.dbs, publishing_setting(house.app, SeededMint("zoom")), documents.document(*events), house.clock.now
    )
    house.dbs.execute(update(Submission).values(organisation_id=house.cast.a))
    own_account(house.dbs, ACCOUNT_ID, now=house.clock.now)
    house.dbs.commit()


def turn(lived: Lived, **later: float) -> None:
    """Let time go by, deliver Zoom's messages, and run every job."""
    house = lived.house
    house.clock.now += timedelta(**later)
    house.send()
    for job in JOBS:
        house.dbs.rollback()
        run_job(house.app, job)
    house.dbs.rollback()


def pages(lived: Lived) -> Mapping[str, str]:
    """Return what staff and organisers read about Zoom, and every page of the staff that names no row."""
    house = lived.house
    house.dbs.rollback()
    bindings = list(house.dbs.scalars(select(WebinarBinding.id)))
    codes = list(house.dbs.scalars(select(Event.code)))
    submissions = list(house.dbs.scalars(select(Submission.id)))
    house.dbs.rollback()
    staff = [
        *(rule.rule for rule in house.app.url_map.iter_rules()
          if rule.rule.startswith("/staff") and not rule.arguments and "GET" in (rule.methods or ())),
        *(f"/staff/rooms/{each}" for each in bindings),
        *(f"/staff/{what}/{code}" for what in ("rooms/pick", "webinars") for code in codes),
    ]  # fmt: skip
    organisers = [
        PLACE, *(f"{PLACE}/{code}" for code in codes),
        *(f"/organiser/submissions/{id_}/{what}" for id_ in submissions for what in ("room", "registrants")),
    ]  # fmt: skip
    found = {path: read(lived.staff, path) for path in staff} | {path: read(house.ana, path) for path in organisers}
    return found | {path: read(house.app.test_client(), path) for path in ("/", "/healthz", "/readyz", "/hooks/zoom")}


def read(client: FlaskClient, path: str) -> str:
    answer = get(client, path, base_url=BASE_URL)
    assert answer.status_code < 500, path
    return f"{answer.headers}\n{answer.get_data(as_text=True)}"


def found_in(text: str, words: Mapping[str, list[str]]) -> list[str]:
    """Return which of some kinds of words stand in a text."""
    return sorted(f"{kind}: {word}" for kind, known in words.items() for word in known if word in text)


def test_what_could_be_lost_was_there(lived: Lived) -> None:
    house = lived.house
    box: SecretBox = house.app.extensions["wmd.secretbox"]
    secrets, addresses = lived.secrets(), lived.addresses()
    assert [kind for kind, words in {**secrets, **addresses}.items() if not words] == []
    world, now = house.zoom.control.world, house.clock.now
    answers = json.dumps(
        [room_document(world, room, now) for room in lived.rooms]
        + [registrant_document(world, room, each) for room in lived.rooms for each in room.registrants]
    )
    said = answers + "".join(lived.told)
    for kind in ("host links", "passcodes", "join links"):
        assert [word for word in secrets[kind] if word not in said] == [], kind
    # Somebody who gave their place back has a ticket no more.
    assert sum(word in "".join(lived.told) for word in secrets["tickets"]) >= len(OURS) + 1
    assert [each for each in addresses["registrants"] if each not in "".join(lived.told)] == []
    assert {outcome.status for outcome in house.zoom.control.webhooks.history} >= {204, 401}

    # What is kept of it is what the fake gave, and sealed.
    opened = {
        "access tokens": [
            box.open(row.access, purpose=f"zoom_accounts.access.{row.id}") for row in _all(lived, ZoomAccount)
        ],
        "refresh tokens": [
            box.open(row.refresh, purpose=f"zoom_accounts.refresh.{row.id}")
            for row in _all(lived, ZoomAccount) if row.kind == "partner"
        ],
        "tickets": [
            box.open(row.join_link, purpose=zoom_registrants.purpose(row.id)).partition("tk=")[2].partition("&")[0]
            for row in _all(lived, ZoomRegistrant) if row.join_link
        ],
        "join links": [open_link(box, row) for row in _all(lived, PrivateLink)],
    }  # fmt: skip
    for kind, words in opened.items():
        assert words, kind
        assert [word for word in words if word not in secrets[kind]] == [], kind
    bodies = [
        box.open(row.body, purpose=hook_inbox.purpose(row.dedupe_key)) for row in _all(lived, ZoomWebhook) if row.body
    ]
    assert any("tk=" in body for body in bodies)
    assert any("zoe@attendees.example" in body for body in bodies)


def _all(lived: Lived, model: Any) -> list[Any]:  # noqa: ANN401 -- any table
    return list(lived.house.dbs.scalars(select(model)))


def test_no_table_holds_what_zoom_told_us_alone(lived: Lived) -> None:
    tables = lived.table()
    secrets, addresses = lived.secrets(), lived.addresses()
    assert {name: words for name, text in tables.items() if (words := found_in(text, secrets))} == {}
    assert {name for name, text in tables.items() if found_in(text, addresses)} == {"people"}
    assert found_in(tables["people"], {"unknown": [f"{ON_ZOOM}@attendees.example", PARTNER]}) == []


def test_no_log_line_and_no_file_holds_it(lived: Lived) -> None:
    text = "\n".join(lived.lines)
    words = lived.secrets() | lived.addresses()
    # Lines were written while all this went on.
    assert [word for word in ("zoom.call_failed", "job_done", "room_not_read", "hook") if word not in text] == []
    assert found_in(text, words) == []
    lived.house.app.extensions["wmd.library"].settle()
    for file in lived.folder.rglob("*"):
        # What was mailed lies in files here: it goes to its owner.
        if file.is_file() and "mail" not in file.parts:
            is_database = "sqlite3" in file.name
            # Also what a database keeps of rows that were deleted.
            content = file.read_bytes().decode("utf-8", "replace")
            assert found_in(content, lived.secrets() if is_database else words) == [], file.name


def test_no_page_of_staff_or_organisers_shows_it(lived: Lived) -> None:
    shown = pages(lived)
    secrets = lived.secrets()
    assert {path: words for path, text in shown.items() if (words := found_in(text, secrets))} == {}
    unknown = {"unknown": [f"{ON_ZOOM}@attendees.example"]}
    assert [path for path, text in shown.items() if found_in(text, unknown)] == []
    zoom = [text for path, text in shown.items() if "zoom" in path or "room" in path]
    assert [words for text in zoom if (words := found_in(text, lived.addresses()))] == []


def test_every_sealed_column_of_zooms_is_sealed_again_when_keys_change(lived: Lived) -> None:
    models = (ZoomAccount, ZoomRegistrant, ZoomWebhook, PrivateLink)
    sealed = {
        f"{model.__tablename__}.{column.name}"
        for model in models for column in model.__table__.columns
        for value in lived.house.dbs.scalars(select(column))
        if isinstance(value, str) and value.startswith("v1.")
    }  # fmt: skip
    known = {each.name for each in key_rotation.COLUMNS if each.model in models}
    assert sealed == known
