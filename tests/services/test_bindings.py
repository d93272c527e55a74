"""What ties events to rooms follows what is published: one primary binding for each event with a way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from tests.mails import count_statements
from tests.rooms import LINK, MINT, OTHER, ROOM, TOKEN, one_event, only, own_account
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    AuditEntry,
    BindingSession,
    Event,
    EventSession,
    SiteState,
    WebinarBinding,
    ZoomDrift,
    ZoomPush,
    ZoomRegistrant,
)
from wmd.services.bindings import (
    bind_room,
    end_binding,
    follow_publication,
    hint_room,
    resume_account,
    standing_binding,
    unbind,
    unbound,
)
from wmd.services.hiding import hide, merge, show
from wmd.services.publishing import Setting

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(hours=1)


def registration(url: str, **changes: Any) -> dict[str, Any]:
    return {"state": "open", "url": url, **changes}


def apply(dbs: Session, setting: Setting, *events: dict[str, Any], now: datetime = NOW) -> None:
    documents.apply(dbs, setting, documents.document(*events), now)


def rows(dbs: Session) -> list[tuple[str, str, str, bool]]:
    """Return kind, state, token and whether it stands, of every binding in the order they were made."""
    found = dbs.scalars(select(WebinarBinding).order_by(WebinarBinding.created_at, WebinarBinding.id))
    return [(row.kind, row.state, row.link[-6:], row.ended_at is None) for row in found]


@pytest.fixture
def account(dbs: Session) -> str:
    return own_account(dbs, NOW)


@pytest.fixture
def bound(dbs: Session, setting: Setting, account: str) -> WebinarBinding:
    apply(dbs, setting, documents.event())
    binding = bind_room(
        dbs, one_event(dbs), ROOM, kind="lookup", account_id=account, actor="person:mona", mint=MINT, now=NOW
    )
    binding.state, binding.next_try_at = "ok", None
    dbs.commit()
    return binding


def test_published_event_with_a_link_gets_one_binding_for_its_sessions(dbs: Session, setting: Setting) -> None:
    two = [documents.session(), documents.session(key="second", starts="2021-10-08T15:00", ends="2021-10-08T16:00")]
    apply(dbs, setting, documents.event(sessions=two), documents.event("two", registration={"state": "missing"}))
    binding = only(dbs)
    assert (binding.kind, binding.state, binding.link, binding.next_try_at) == ("link", "checking", LINK, NOW)
    sessions = dbs.scalars(select(EventSession.id).where(EventSession.event_id == binding.event_id))
    assert set(dbs.scalars(select(BindingSession.session_id))) == set(sessions)
    trail = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "binding")).all()
    assert [(each.action, each.before, each.after, each.actor) for each in trail] == [("bind", "", "link", "import")]


def test_same_page_keeps_its_binding_and_another_ends_it(dbs: Session, setting: Setting) -> None:
    apply(dbs, setting, documents.event())
    first = only(dbs).id
    same = f"https://zoom.us/webinar/register/98765432100/{TOKEN}#/registration"
    apply(dbs, setting, documents.event(registration=registration(same)), now=LATER)
    assert (only(dbs).id, only(dbs).link) == (first, same)
    apply(dbs, setting, documents.event(registration=registration(OTHER)), now=LATER)
    assert rows(dbs) == [("link", "checking", same[-6:], False), ("link", "checking", OTHER[-6:], True)]


def test_link_that_comes_back_has_its_binding_back(dbs: Session, setting: Setting, bound: WebinarBinding) -> None:
    apply(dbs, setting, documents.event(registration=registration(OTHER)), now=LATER)
    apply(dbs, setting, documents.event(), now=LATER + timedelta(hours=1))
    assert (only(dbs).id, only(dbs).kind, only(dbs).state) == (bound.id, "lookup", "checking")
    assert dbs.scalar(select(func.count()).select_from(WebinarBinding)) == 2


@pytest.mark.parametrize("how", ["hide", "merge", "cancel", "no link"])
def test_event_that_is_off_has_no_binding(dbs: Session, setting: Setting, how: str) -> None:
    apply(dbs, setting, documents.event(), documents.event("two", registration={"state": "missing"}))
    mine, other = dbs.scalars(select(Event).order_by(Event.key))
    off: dict[str, Callable[[], None]] = {
        "hide": lambda: hide(dbs, mine, setting, actor="person:mona", now=LATER),
        "merge": lambda: merge(dbs, mine, other, setting, actor="person:mona", now=LATER),
        "cancel": lambda: apply(
            dbs, setting, documents.event(sessions=[documents.session(status="cancelled")],
                                          public_reason={"en": "Off."}), now=LATER,
        ),
        "no link": lambda: apply(dbs, setting, documents.event(registration={"state": "missing"}), now=LATER),
    }  # fmt: skip
    off[how]()
    dbs.commit()
    assert [row[3] for row in rows(dbs)] == [False]


def test_event_that_is_listed_again_has_its_binding_back(dbs: Session, setting: Setting, bound: WebinarBinding) -> None:
    mine = one_event(dbs)
    hide(dbs, mine, setting, actor="person:mona", now=LATER)
    dbs.flush()
    assert standing_binding(dbs, mine.id) is None
    show(dbs, mine, setting, actor="person:mona", now=LATER + timedelta(hours=1))
    assert (only(dbs).id, only(dbs).kind, only(dbs).state) == (bound.id, "lookup", "checking")


def test_session_that_moves_is_looked_at_again_and_one_that_goes_is_let_go(
    dbs: Session, setting: Setting, bound: WebinarBinding
) -> None:
    apply(dbs, setting, documents.event(), now=LATER)
    assert only(dbs).next_try_at is None
    moved = documents.session(starts="2021-10-07T16:00", ends="2021-10-07T17:00")
    second = documents.session(key="second", starts="2021-10-08T15:00", ends="2021-10-08T16:00")
    apply(dbs, setting, documents.event(sessions=[moved, second]), now=LATER)
    assert (only(dbs).next_try_at, only(dbs).state) == (LATER, "ok")
    assert dbs.scalar(select(func.count()).select_from(BindingSession)) == 2
    off = {**second, "status": "cancelled"}
    apply(dbs, setting, documents.event(sessions=[moved, off], public_reason={"en": "Off."}), now=LATER)
    assert dbs.scalar(select(func.count()).select_from(BindingSession)) == 1


def test_event_from_before_there_were_bindings_is_found(dbs: Session, setting: Setting) -> None:
    apply(dbs, setting, documents.event(), documents.event("two", registration={"state": "missing"}))
    assert list(dbs.scalars(unbound())) == []
    old = only(dbs)
    dbs.query(BindingSession).delete()
    dbs.delete(old)
    dbs.commit()
    ids = list(dbs.scalars(unbound()))
    assert ids == [old.event_id]
    follow_publication(dbs, ids, actor="job:zoom-sync", mint=MINT, now=LATER)
    assert (only(dbs).event_id, list(dbs.scalars(unbound()))) == (old.event_id, [])


def test_room_is_bound_in_place_with_its_history(dbs: Session, setting: Setting, account: str) -> None:
    apply(dbs, setting, documents.event())
    before = only(dbs).id
    bind_room(dbs, one_event(dbs), ROOM, kind="lookup", account_id=account, actor="person:mona", mint=MINT, now=LATER)
    dbs.commit()
    binding = only(dbs)
    assert (binding.id, binding.kind, binding.state, binding.zoom_id) == (before, "lookup", "checking", ROOM.id)
    assert (binding.room, binding.zoom_uuid, binding.host_id, binding.next_try_at) == ("webinar", "u1", "h1", LATER)
    last = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "binding").order_by(AuditEntry.id.desc()))
    entry = last.first()
    assert entry is not None
    assert (entry.action, entry.before, entry.after, entry.detail) == (
        "bind",
        "link",
        "lookup",
        {"room": ["", ROOM.id]},
    )


def test_event_without_any_link_can_be_bound_and_then_publish_that_link(
    dbs: Session, setting: Setting, account: str
) -> None:
    apply(dbs, setting, documents.event(registration={"state": "missing"}))
    mine = one_event(dbs)
    bind_room(dbs, mine, ROOM, kind="lookup", account_id=account, actor="person:mona", mint=MINT, now=NOW)
    dbs.commit()
    assert dbs.scalar(select(func.count()).select_from(BindingSession)) == 1
    first = only(dbs).id
    apply(dbs, setting, documents.event(), now=LATER)
    assert (only(dbs).id, only(dbs).link) == (first, LINK)


def test_other_room_makes_everything_known_of_the_former_one_void(
    dbs: Session, setting: Setting, bound: WebinarBinding
) -> None:
    bound.state, bound.drift, bound.registration, bound.miss_count = "gone", ["time"], "full", 4
    dbs.add(ZoomDrift(id="d1", binding_id=bound.id, field="time", digest="x", found_at=NOW))
    common = {"binding_id": bound.id, "not_before": NOW, "created_at": NOW}
    dbs.add(ZoomRegistrant(id="z", address_key="z", source="zoom", state="registered", **common))
    dbs.commit()
    other = replace(ROOM, id="84999999999", uuid="u2", host_id="h2")
    bind_room(dbs, one_event(dbs), other, kind="lookup", account_id="own", actor="person:mona", mint=MINT, now=LATER)
    dbs.commit()
    binding = only(dbs)
    assert (binding.state, binding.drift, binding.registration, binding.miss_count) == ("checking", [], "unknown", 0)
    assert (binding.zoom_id, binding.host_id, binding.next_try_at) == ("84999999999", "h2", LATER)
    assert [row.state for row in dbs.scalars(select(ZoomDrift))] == ["over"]
    assert list(dbs.scalars(select(ZoomRegistrant))) == []


def test_room_that_we_made_and_event_that_is_hidden_are_not_bound_to_another(
    dbs: Session, setting: Setting, bound: WebinarBinding
) -> None:
    bound.kind = "managed"
    dbs.commit()
    values = {"kind": "lookup", "account_id": "own", "actor": "person:mona", "mint": MINT, "now": LATER}
    with pytest.raises(NotAllowedMoveError):
        bind_room(dbs, one_event(dbs), ROOM, **values)
    with pytest.raises(NotAllowedMoveError):
        unbind(dbs, bound, actor="person:mona", mint=MINT, now=LATER)
    hide(dbs, one_event(dbs), setting, actor="person:mona", now=LATER)
    with pytest.raises(NotAllowedMoveError):
        bind_room(dbs, one_event(dbs), ROOM, **values)


def test_readers_hear_of_another_room_at_once(dbs: Session, setting: Setting, bound: WebinarBinding) -> None:
    def version() -> int:
        return dbs.scalars(select(SiteState.status_version)).one()

    bound.state = "gone"
    dbs.commit()
    seen = [version()]
    other = replace(ROOM, id="84999999999")
    bind_room(dbs, one_event(dbs), other, kind="lookup", account_id="own", actor="person:mona", mint=MINT, now=LATER)
    seen.append(version())
    apply(dbs, setting, documents.event(), now=LATER)
    seen.append(version())
    apply(dbs, setting, documents.event(registration=registration(OTHER)), now=LATER)
    seen.append(version())
    apply(dbs, setting, documents.event(), now=LATER)
    seen.append(version())
    assert [after - before for before, after in pairwise(seen)] == [1, 0, 1, 1]


def test_unbinding_leaves_the_link_alone(dbs: Session, setting: Setting, bound: WebinarBinding) -> None:
    unbind(dbs, bound, actor="person:mona", mint=MINT, now=LATER)
    dbs.commit()
    assert rows(dbs) == [("lookup", "ok", LINK[-6:], False), ("link", "checking", LINK[-6:], True)]
    apply(dbs, setting, documents.event(), now=LATER)
    assert only(dbs).kind == "link"


def test_ending_drops_what_waits_for_zoom_but_the_deletion(
    dbs: Session, setting: Setting, bound: WebinarBinding
) -> None:
    for act in ("update", "delete"):
        dbs.add(ZoomPush(id=act, binding_id=bound.id, act=act, actor="person:mona", not_before=NOW, created_at=NOW))
    dbs.commit()
    end_binding(dbs, bound, actor="person:mona", now=LATER)
    dbs.commit()
    assert {row.act: row.state for row in dbs.scalars(select(ZoomPush))} == {"update": "dropped", "delete": "queued"}


def test_hint_is_a_reason_to_read_now_and_nothing_else(dbs: Session, bound: WebinarBinding) -> None:
    assert hint_room(dbs, ROOM.id, now=LATER) == 1
    assert hint_room(dbs, "84000000000", now=LATER) == 0
    assert hint_room(dbs, "", now=LATER) == 0
    assert (bound.next_try_at, bound.hinted_at, bound.state) == (LATER, LATER, "ok")


def test_account_that_is_connected_again_is_read_again(dbs: Session, bound: WebinarBinding) -> None:
    bound.state = "auth_lost"
    dbs.commit()
    assert resume_account(dbs, "own", actor="person:adam", now=LATER) == 1
    assert (bound.state, bound.next_try_at) == ("checking", LATER)
    assert resume_account(dbs, "own", actor="person:adam", now=LATER) == 0


def test_bindings_of_many_events_are_made_with_a_handful_of_queries(dbs: Session, setting: Setting) -> None:
    counts = []
    for number in (1, 3):
        apply(dbs, setting, *[documents.event(f"{number}-{each}") for each in range(number)])
        ids = list(dbs.scalars(select(Event.id)))
        dbs.query(BindingSession).delete()
        dbs.query(WebinarBinding).delete()
        dbs.commit()
        dbs.connection()
        with count_statements(dbs) as made:
            follow_publication(dbs, ids, actor="job:x", mint=MINT, now=LATER)
        with count_statements(dbs) as kept:
            follow_publication(dbs, ids, actor="job:x", mint=MINT, now=LATER)
        counts.append((made(), kept()))
    assert counts == [(7, 4), (7, 4)]
