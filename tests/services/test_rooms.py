"""A room opens for who has a place, a quarter of an hour before its session, and for nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session, object_session

from tests.conftest import LEAD_STARTED_AT as NOW
from tests.rooms import LINK as FORM
from tests.rooms import MINT, ROOM, own_account
from tests.services.test_private_links import LINK
from tests.services.test_registrations import join, publish
from wmd.models import Attendee, Event, EventSession, PrivateLink, Registration, ZoomDrift
from wmd.secretbox import SecretBox
from wmd.services import registrations as places
from wmd.services.bindings import bind_room
from wmd.services.day_desk import link_of
from wmd.services.personal_links import Scope, make_token
from wmd.services.publishing import Setting
from wmd.services.rooms import room_for

STARTS = datetime(2021, 10, 10, 13, tzinfo=UTC)


@pytest.fixture
def box(app: Flask) -> SecretBox:
    """The box of the application."""
    found: SecretBox = app.extensions["wmd.secretbox"]
    return found


@pytest.fixture
def event(dbs: Session, setting: Setting, box: SecretBox) -> Event:
    """An event of two sessions with a private link."""
    found = publish(dbs, setting, capacity=1)
    dbs.add(
        PrivateLink(id="room", sealed=box.seal(LINK, purpose="private_links.sealed.room"), ends_at=None, created_at=NOW)
    )
    dbs.flush()
    found.private_link_id = "room"
    dbs.commit()
    return found


def code_of(dbs: Session, place: int = 0) -> str:
    """Return the code of a session."""
    return list(dbs.scalars(select(EventSession.code).order_by(EventSession.starts_at)))[place]


def token(box: SecretBox, row: Registration, code: str, *, scope: Scope = "go", newer: int = 0) -> str:
    """Return a token as it is mailed, or as after ``newer`` revocations."""
    dbs = object_session(row)
    assert dbs is not None
    generation = dbs.get_one(Attendee, row.person_id).generation + newer
    return make_token(
        box, row.person_id, generation, scope=scope, subject=code, until=STARTS + timedelta(days=3)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "opens"), [(-16, False), (-15, True), (0, True), (89, True)], ids=["too early", "opens", "on", "last"]
)
def test_room_opens_a_quarter_of_an_hour_before(
    dbs: Session, box: SecretBox, event: Event, minutes: int, opens: bool
) -> None:
    row, code = join(dbs, box, event, "ana"), code_of(dbs)
    room = room_for(dbs, box, token(box, row, code), code, now=STARTS + timedelta(minutes=minutes))

    assert room is not None
    assert (room.url, room.opens_at) == (LINK if opens else "", STARTS - timedelta(minutes=15))


def test_room_that_we_read_opens_where_the_event_has_no_link_of_its_own(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    row, code = join(dbs, box, event, "ana"), code_of(dbs)
    event.private_link_id = None
    account = own_account(dbs, NOW)
    binding = bind_room(dbs, event, ROOM, kind="lookup", account_id=account, actor="person:mona", mint=MINT, now=NOW)
    binding.join_link_id = "room"
    dbs.commit()

    room = room_for(dbs, box, token(box, row, code), code, now=STARTS)
    assert (room and room.url, link_of(event, binding, STARTS).kind) == (LINK, "here")
    # Where Zoom itself registers people, its form leads on.
    binding.snapshot = {"registration_url": FORM}
    dbs.commit()
    room = room_for(dbs, box, token(box, row, code), code, now=STARTS)
    assert room is not None
    assert room.url == FORM


@pytest.mark.parametrize(("hours", "minutes"), [(-1, -75), (1, -15)])
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_room_whose_time_is_in_dispute_opens_before_the_earlier_start(
    dbs: Session, box: SecretBox, event: Event, hours: int, minutes: int
) -> None:
    row, code = join(dbs, box, event, "ana"), code_of(dbs)
    account = own_account(dbs, NOW)
    binding = bind_room(dbs, event, ROOM, kind="lookup", account_id=account, actor="person:mona", mint=MINT, now=NOW)
    session_id = dbs.scalars(select(EventSession.id).where(EventSession.code == code)).one()
    theirs = {"starts_at": (STARTS + timedelta(hours=hours)).isoformat()}
    dbs.add(
        ZoomDrift(
            id="d", binding_id=binding.id, session_id=session_id, field="time", theirs=theirs, digest="d", found_at=NOW
        )
    )
    dbs.commit()

    opens_at = STARTS + timedelta(minutes=minutes)
    room = room_for(dbs, box, token(box, row, code), code, now=opens_at)
    assert room is not None
    assert (room.opens_at, room.url) == (opens_at, LINK)


def test_nobody_is_led_into_a_link_that_is_known_to_fail(dbs: Session, box: SecretBox, event: Event) -> None:
    row, code = join(dbs, box, event, "ana"), code_of(dbs)
    event.link_wrong_at = NOW
    dbs.commit()

    room = room_for(dbs, box, token(box, row, code), code, now=STARTS)
    assert room is not None
    assert (room.url, room.is_wrong) == ("", True)


def test_after_the_end_there_is_no_room(dbs: Session, box: SecretBox, event: Event) -> None:
    row, code = join(dbs, box, event, "ana"), code_of(dbs)

    assert room_for(dbs, box, token(box, row, code), code, now=STARTS + timedelta(minutes=90)) is None


def test_nobody_else_comes_in(dbs: Session, box: SecretBox, event: Event) -> None:
    row, waiting = join(dbs, box, event, "ana"), join(dbs, box, event, "ben")
    code, other = code_of(dbs), code_of(dbs, 1)
    tokens = {
        "waiting": token(box, waiting, code),
        "forged": token(box, row, code)[:-2] + "xx",
        "of another session": token(box, row, other),
        "of another scope": token(box, row, code, scope="me"),
        "revoked": token(box, row, code, newer=1),
        "empty": "",
        "long": "x" * 100_000,
    }
    assert {name: room_for(dbs, box, one, code, now=STARTS) for name, one in tokens.items()} == dict.fromkeys(tokens)
    places.cancel(dbs, row, box=box, now=NOW)
    dbs.commit()
    assert room_for(dbs, box, token(box, row, code), code, now=STARTS) is None


def test_other_sessions_and_called_off_ones_stay_shut(dbs: Session, box: SecretBox, event: Event) -> None:
    second = list(dbs.scalars(select(EventSession.id).order_by(EventSession.starts_at)))[1]
    row, code = join(dbs, box, event, "ana", sessions=(second,)), code_of(dbs)
    assert room_for(dbs, box, token(box, row, code), code, now=STARTS) is None

    row.sessions = []
    dbs.commit()
    assert room_for(dbs, box, token(box, row, code), code, now=STARTS) is not None
    dbs.execute(update(EventSession).values(status="cancelled"))
    assert room_for(dbs, box, token(box, row, code), code, now=STARTS) is None


def test_revoking_all_links_shuts_the_room_behind_old_ones(dbs: Session, box: SecretBox, event: Event) -> None:
    row, code = join(dbs, box, event, "ana"), code_of(dbs)
    before = token(box, row, code)
    dbs.get_one(Attendee, row.person_id).generation += 1
    dbs.commit()

    assert room_for(dbs, box, before, code, now=STARTS) is None
    assert room_for(dbs, box, token(box, row, code), code, now=STARTS) is not None
