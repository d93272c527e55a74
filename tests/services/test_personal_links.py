"""Personal links: of one person, one scope, until an instant; revoked at once, and alive through a rotation of keys."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.mails import count_statements
from wmd.models import Attendee, Event, Follow
from wmd.secretbox import SecretBox
from wmd.services.attendees import revoke_links
from wmd.services.personal_links import (
    LinkFault,
    Token,
    make_token,
    me_until,
    open_token,
    read_token,
    standing_attendee,
)
from wmd.services.publishing import Setting

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)
BOX = SecretBox({"old": OLD}, "old")
UNTIL = NOW + timedelta(days=30)


def test_token_says_what_was_sealed() -> None:
    token = make_token(BOX, "ana", 3, scope="stop", subject="event:e", until=UNTIL)
    assert open_token(BOX, token, scope="stop", now=NOW) == Token("ana", 3, "event:e", UNTIL)


def test_token_opens_in_its_own_scope_only() -> None:
    tokens = {scope: make_token(BOX, "ana", 1, scope=scope, until=UNTIL) for scope in ("me", "stop", "go")}
    opened = {
        (made, asked) for made in tokens for asked in tokens if open_token(BOX, tokens[made], scope=asked, now=NOW)
    }
    assert opened == {("me", "me"), ("stop", "stop"), ("go", "go")}


def test_token_ends_at_its_instant() -> None:
    token = make_token(BOX, "ana", 1, scope="me", until=UNTIL)
    assert isinstance(read_token(BOX, token, scope="me", now=UNTIL - timedelta(seconds=1)), Token)
    assert read_token(BOX, token, scope="me", now=UNTIL) is LinkFault.EXPIRED


@pytest.mark.parametrize("turn", [lambda t: t[:-1], lambda t: t + "A", lambda _: "x", lambda _: "", lambda t: t * 9])
def test_token_that_was_changed_is_forged(turn: object) -> None:
    token = make_token(BOX, "ana", 1, scope="me", until=UNTIL)
    assert read_token(BOX, turn(token), scope="me", now=NOW) is LinkFault.FORGED  # type: ignore[operator]


def test_token_survives_a_rotation_until_its_key_is_taken_away() -> None:
    token = make_token(BOX, "ana", 1, scope="me", until=UNTIL)
    rotated = SecretBox({"new": NEW, "old": OLD}, "new")
    assert open_token(rotated, token, scope="me", now=NOW) == Token("ana", 1, "", UNTIL)
    assert open_token(SecretBox({"new": NEW}, "new"), token, scope="me", now=NOW) is None


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast, of whom two attend."""
    cast = make_cast(dbs, NOW)
    dbs.add_all(Attendee(person_id=one, created_at=NOW, confirmed_at=NOW) for one in (cast.ana, cast.ben))
    dbs.commit()
    return cast


def test_revoked_links_stand_for_nobody_and_others_do(dbs: Session, cast: Cast) -> None:
    tokens = {one: Token(one, 1, "", UNTIL) for one in (cast.ana, cast.ben, cast.cleo)}
    revoke_links(dbs, dbs.get_one(Attendee, cast.ana), now=NOW)
    standing = {one: standing_attendee(dbs, token) for one, token in tokens.items()}
    assert {one: found.person_id if found else None for one, found in standing.items()} == {
        cast.ana: None, cast.ben: cast.ben, cast.cleo: None,
    }  # fmt: skip


def test_link_lives_30_days_beyond_the_last_event_that_is_followed(dbs: Session, setting: Setting, cast: Cast) -> None:
    event = documents.event(sessions=[documents.session(starts="2021-11-20T15:00", ends="2021-11-20T16:00")])
    documents.apply(dbs, setting, documents.document(event))
    row = dbs.scalars(select(Event)).one()
    dbs.add(
        Follow(id="f", person_id=cast.ana, edition_id=row.edition_id, event_id=row.id, created_at=NOW, confirmed_at=NOW)
    )
    dbs.commit()
    counts = []
    for people in ([cast.ana], [cast.ana, cast.ben]):
        dbs.rollback()
        with count_statements(dbs) as count:
            until = me_until(dbs, people, now=NOW)
        counts.append(count())
    ends = datetime(2021, 11, 20, 15, 0, tzinfo=UTC)
    assert dict(until) == {cast.ana: ends + timedelta(days=30), cast.ben: NOW + timedelta(days=30)}
    assert counts[0] == counts[1]
