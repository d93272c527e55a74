"""Decisions on differences, beside what else is going on with an event: edits that wait, times that cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import make_cast
from tests.rooms import LINK, MINT, ROOM, one_event, only, own_account
from tests.services.test_desk import counted
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import PrivateLink, Revision, Submission, WebinarBinding, ZoomDrift
from wmd.services.actors import Actor
from wmd.services.bindings import bind_room
from wmd.services.intake import next_revision, read_content
from wmd.services.private_links import keep_link, open_link
from wmd.services.publishing import Setting
from wmd.services.room_decisions import can_take, keep_ours, propose_theirs, take_theirs, uphold_ours
from wmd.services.standing import Means

NOW = datetime(2021, 9, 28, 12, tzinfo=UTC)
MODERATOR = Actor("person:mona", "mona", "moderator")
ANA = Actor("person:ana", "ana")


@pytest.fixture
def binding(dbs: Session, setting: Setting) -> WebinarBinding:
    own_account(dbs, NOW)
    cast = make_cast(dbs, NOW)
    documents.apply(dbs, setting, documents.document(documents.event()), NOW)
    dbs.scalars(select(Submission)).one().organisation_id = cast.a
    bind_room(dbs, one_event(dbs), ROOM, kind="lookup", account_id="own", actor="person:mona", mint=MINT, now=NOW)
    found = only(dbs)
    found.state = "drift"
    dbs.commit()
    return found


@pytest.fixture
def means(setting: Setting) -> Means:
    return Means(setting, documents.BOX)


def differ(dbs: Session, binding: WebinarBinding, field: str, **theirs: object) -> ZoomDrift:
    session = dbs.scalars(select(Revision.content)).first()
    session_id = session["sessions"][0]["id"] if session is not None and field == "time" else ""
    row = ZoomDrift(
        id=field, binding_id=binding.id, field=field, session_id=session_id, theirs=theirs, digest=field, found_at=NOW
    )
    dbs.add(row)
    binding.drift = [*binding.drift, field]
    dbs.commit()
    return row


def standing(dbs: Session) -> dict[str, object]:
    found = dbs.scalars(select(Revision).where(Revision.state == "approved")).one()
    session = read_content(found).sessions[0]
    return {"starts": str(session.starts), "ends": str(session.ends), "said": session.time_text}


def test_time_is_taken_on_the_sessions_own_clock_and_its_old_words_go(
    dbs: Session, binding: WebinarBinding, means: Means
) -> None:
    row = differ(dbs, binding, "time", starts_at="2021-10-08T22:30:00Z", ends_at="2021-10-08T23:30:00Z")
    take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW)
    assert standing(dbs) == {"starts": "2021-10-09 00:30:00", "ends": "2021-10-09 01:30:00", "said": ""}
    assert (row.state, row.closed_by, binding.state, binding.drift) == ("theirs", "mona", "ok", [])


def test_join_link_is_taken_as_the_events_own_private_link(dbs: Session, binding: WebinarBinding, means: Means) -> None:
    raw = "https://zoom.us/j/84123456789?pwd=new"
    theirs = keep_link(
        dbs, documents.BOX, raw, known_id=None, ends_at=NOW + timedelta(days=9), latest_at=NOW, mint=MINT, now=NOW
    )
    binding.join_link_id = theirs
    row = differ(dbs, binding, "join", room="…6789", link_id=theirs)
    take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW)
    link = dbs.get_one(PrivateLink, one_event(dbs).private_link_id)
    assert (open_link(documents.BOX, link), link.id != theirs) == (raw, True)
    assert (row.state, binding.state, binding.join_link_id) == ("theirs", "ok", theirs)


def test_join_link_that_is_kept_no_more_is_not_taken(dbs: Session, binding: WebinarBinding, means: Means) -> None:
    row = differ(dbs, binding, "join", room="…6789", link_id="none")
    with pytest.raises(NotAllowedMoveError):
        take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW)


def test_room_that_says_no_length_keeps_ours(dbs: Session, binding: WebinarBinding, means: Means) -> None:
    row = differ(dbs, binding, "time", starts_at="2021-10-07T14:00:00Z", ends_at="2021-10-07T14:00:00Z")
    take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW)
    assert standing(dbs)["ends"] == "2021-10-07 17:30:00"


def test_time_that_happens_twice_is_not_taken_but_said(dbs: Session, binding: WebinarBinding, means: Means) -> None:
    # At 03:00 on 31 October 2021 clocks in Madrid went back to 02:00.
    row = differ(dbs, binding, "time", starts_at="2021-10-31T00:30:00Z", ends_at="2021-10-31T01:30:00Z")
    with pytest.raises(InvalidContentError):
        take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW)
    dbs.rollback()
    assert (row.state, standing(dbs)["starts"]) == ("open", "2021-10-07 15:00:00")


def test_what_an_organiser_hands_in_stands_beside_what_waits_already(
    dbs: Session, binding: WebinarBinding, means: Means
) -> None:
    submission = dbs.scalars(select(Submission)).one()
    base = dbs.scalars(select(Revision)).one()
    edited = replace(read_content(base), host_city="Girona")
    next_revision(dbs, submission, edited, base=base, source="organiser", actor="person:ana", mint=MINT, now=NOW)
    dbs.commit()
    row = differ(dbs, binding, "time", starts_at="2021-10-07T14:00:00Z", ends_at="2021-10-07T15:30:00Z")
    revision = propose_theirs(dbs, binding, row, means, actor=ANA, now=NOW + timedelta(hours=1))
    assert (revision.state, revision.content["host_city"], revision.content["sessions"][0]["starts"]) == (
        "pending", "Girona", "2021-10-07T16:00",
    )  # fmt: skip
    assert (row.state, binding.state, standing(dbs)["starts"]) == ("open", "drift", "2021-10-07 15:00:00")


def test_what_was_decided_is_decided_on_once(dbs: Session, binding: WebinarBinding, means: Means) -> None:
    row = differ(dbs, binding, "link", link=LINK)
    keep_ours(dbs, binding, row, actor=MODERATOR, now=NOW)
    dbs.commit()
    for late in (
        lambda: keep_ours(dbs, binding, row, actor=MODERATOR, now=NOW),
        lambda: take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW),
        lambda: propose_theirs(dbs, binding, row, means, actor=ANA, now=NOW),
        lambda: uphold_ours(dbs, row, actor=ANA, now=NOW),
    ):
        with pytest.raises(NotAllowedMoveError):
            late()
    assert row.state == "ours"


@pytest.mark.parametrize(
    ("field", "theirs", "can"),
    [
        ("time", {"starts_at": "2021-10-07T14:00:00Z"}, True),
        ("time", {}, False),
        ("registration", {"registration": "full"}, True),
        ("registration", {"registration": "none"}, False),
        ("title", {"title": "Other"}, False),
        ("link", {"link": LINK}, True),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_can_be_taken(
    dbs: Session, binding: WebinarBinding, means: Means, field: str, theirs: dict[str, object], can: bool
) -> None:
    row = differ(dbs, binding, field, **theirs)
    assert can_take(row) is can
    if not can:
        with pytest.raises(NotAllowedMoveError):
            take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW)


@pytest.mark.parametrize("act", ["take", "keep", "hand in", "uphold"])
@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_decisions_hold_the_room_before_the_difference_as_the_job_does(
    dbs: Session, binding: WebinarBinding, means: Means, act: str
) -> None:
    row = differ(dbs, binding, "link", link=LINK)
    with counted() as statements:
        if act == "take":
            take_theirs(dbs, binding, row, means, actor=MODERATOR, now=NOW)
        elif act == "keep":
            keep_ours(dbs, binding, row, actor=MODERATOR, now=NOW)
        elif act == "hand in":
            propose_theirs(dbs, binding, row, means, actor=ANA, now=NOW)
        else:
            uphold_ours(dbs, row, actor=ANA, now=NOW)
    held = [
        name
        for text in statements
        if "FOR UPDATE" in text
        for name in ("submissions", "webinar_bindings", "zoom_drifts")
        if f"FROM {name}" in text
    ]
    first = dict.fromkeys(held)
    assert list(first) == [*(["submissions"] if act in {"take", "hand in"} else []), "webinar_bindings", "zoom_drifts"]
