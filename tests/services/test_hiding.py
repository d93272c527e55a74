"""Events taken off the list: told to calendars, gone from pages, never deleted."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import attendees, documents
from tests.conftest import LEAD_STARTED_AT
from wmd.db import db, reading
from wmd.domain.filters import Query
from wmd.domain.hidden import hidden_sessions
from wmd.domain.ical.strict import check_component
from wmd.errors import NotAllowedMoveError
from wmd.models import AuditEntry, CalendarEntry, Change, Edition, Event, EventSession, Follow
from wmd.services.audience import audience_page
from wmd.services.exporting import export_file
from wmd.services.hiding import find_event, hide, merge, show
from wmd.services.programme import load_programme
from wmd.services.publishing import Setting
from wmd.services.versions import raise_version

LATER = LEAD_STARTED_AT + timedelta(hours=1)


@pytest.fixture
def events(dbs: Session, setting: Setting) -> list[Event]:
    value = documents.document(documents.event("one"), documents.event("two", region="africa"))
    documents.apply(dbs, setting, value)
    return list(dbs.scalars(select(Event).order_by(Event.key)))


def test_hidden_event_leaves_the_programme_and_stays_in_its_feeds(
    dbs: Session, setting: Setting, events: list[Event]
) -> None:
    hide(dbs, events[0], setting, actor="staff", now=LATER)
    dbs.commit()

    with reading(db.engine) as connection:
        programme = load_programme(connection, "2021", None)
    assert list(programme.events) == [events[1].code]
    assert programme.gone == {events[0].code: LATER}
    everywhere = hidden_sessions(programme, Query(), "Europe/Madrid")
    assert [session.event_code for session in everywhere] == [events[0].code]
    assert hidden_sessions(programme, Query().changed(region="africa"), "Europe/Madrid") == []
    assert hidden_sessions(programme, Query().changed(region="europe"), "Europe/Madrid") == everywhere
    assert hidden_sessions(programme, Query().changed(day="2021-10-07"), "Europe/Madrid") == everywhere
    assert hidden_sessions(programme, Query().changed(day="2021-10-08"), "Europe/Madrid") == []


def test_hidden_entry_is_cancelled_and_holds_none_of_its_words(
    dbs: Session, setting: Setting, events: list[Event]
) -> None:
    slot = dbs.scalars(select(EventSession).where(EventSession.event_id == events[0].id)).one()

    hide(dbs, events[0], setting, actor="staff", now=LATER)
    dbs.commit()

    entry = dbs.get_one(CalendarEntry, (slot.id, "en"))
    whole = entry.head + entry.full + entry.tail
    assert check_component(whole) == []
    assert b"STATUS:CANCELLED\r\n" in whole
    assert b"SEQUENCE:1\r\n" in whole
    assert [word for word in (b"Care in the city", b"words", b"zoom.us", b"Organisation A") if word in whole] == []


def test_hidden_event_is_noted_for_readers_and_in_the_audit(
    dbs: Session, setting: Setting, events: list[Event]
) -> None:
    hide(dbs, events[0], setting, actor="staff", now=LATER)
    dbs.commit()

    assert dbs.scalars(select(Change.kind).where(Change.event_id == events[0].id)).all() == ["added", "hidden"]
    audit = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "hidden")).one()
    assert (audit.actor, audit.subject_id) == ("staff", events[0].id)


def test_event_cannot_be_hidden_twice(dbs: Session, setting: Setting, events: list[Event]) -> None:
    hide(dbs, events[0], setting, actor="staff", now=LATER)

    with pytest.raises(NotAllowedMoveError):
        hide(dbs, events[0], setting, actor="staff", now=LATER)


def test_event_shown_again_keeps_its_uid_and_raises_its_sequence(
    dbs: Session, setting: Setting, events: list[Event]
) -> None:
    uid = dbs.scalars(select(EventSession.uid).where(EventSession.event_id == events[0].id)).one()
    hide(dbs, events[0], setting, actor="staff", now=LATER)

    show(dbs, events[0], setting, actor="staff", now=LATER + timedelta(hours=1))
    dbs.commit()
    dbs.expire_all()

    slot = dbs.scalars(select(EventSession).where(EventSession.event_id == events[0].id)).one()
    assert (slot.uid, slot.sequence, events[0].hidden_at) == (uid, 2, None)
    with reading(db.engine) as connection:
        programme = load_programme(connection, "2021", None)
    assert (set(programme.events), dict(programme.hidden)) == ({event.code for event in events}, {})


def test_import_of_a_hidden_event_does_not_show_it_again(dbs: Session, setting: Setting, events: list[Event]) -> None:
    hide(dbs, events[0], setting, actor="staff", now=LATER)
    dbs.commit()

    documents.apply(dbs, setting, documents.document(documents.event("one", spoken=["fr"])), now=LATER)
    dbs.expire_all()

    assert events[0].hidden_at == LATER
    show(dbs, events[0], setting, actor="staff", now=LATER + timedelta(hours=1))
    dbs.commit()
    with reading(db.engine) as connection:
        programme = load_programme(connection, "2021", None)
    assert programme.events[events[0].code].spoken == ("fr",)


def test_merged_event_leads_to_the_one_that_took_its_place(dbs: Session, setting: Setting, events: list[Event]) -> None:
    merge(dbs, events[0], events[1], setting, actor="staff", now=LATER)
    dbs.commit()

    with reading(db.engine) as connection:
        programme = load_programme(connection, "2021", None)
    assert programme.moved == {events[0].code: events[1].code}
    assert list(programme.events) == [events[1].code]


def test_who_wanted_to_hear_of_a_merged_event_hears_of_the_other(
    dbs: Session, setting: Setting, events: list[Event]
) -> None:
    one, two = events[:2]
    for name in ("anna", "bert", "cleo", "dora"):
        attendees.attend(dbs, name, LATER)
    attendees.follow(dbs, "anna", one, LATER)
    attendees.register(dbs, "bert", one, LATER)
    for event in (one, two):
        attendees.follow(dbs, "cleo", event, LATER)
    attendees.follow(dbs, "dora", one, LATER, confirmed_at=None)
    dbs.commit()
    merge(dbs, one, two, setting, actor="staff", now=LATER)
    dbs.commit()

    assert [wish.person_id for wish in audience_page(dbs, two.id, limit=9)] == ["anna", "bert", "cleo"]


def test_who_stopped_the_mails_of_either_listing_is_not_brought_back_by_merging(
    dbs: Session, setting: Setting, events: list[Event]
) -> None:
    one, two = events[:2]
    for name in ("anna", "bert", "cleo", "dora"):
        attendees.attend(dbs, name, LATER, left_at=LATER if name == "dora" else None)
    attendees.register(dbs, "anna", one, LATER, muted_at=LATER)
    attendees.register(dbs, "bert", one, LATER)
    attendees.register(dbs, "cleo", one, LATER)
    attendees.register(dbs, "cleo", two, LATER, muted_at=LATER)
    attendees.register(dbs, "dora", one, LATER)
    dbs.commit()
    merge(dbs, one, two, setting, actor="staff", now=LATER)
    dbs.commit()

    assert dbs.scalars(select(Follow.person_id)).all() == ["bert"]


def test_event_cannot_be_merged_into_itself(dbs: Session, setting: Setting, events: list[Event]) -> None:
    with pytest.raises(NotAllowedMoveError):
        merge(dbs, events[0], events[0], setting, actor="staff", now=LATER)


def test_merged_event_is_not_exported(dbs: Session, setting: Setting, events: list[Event]) -> None:
    merge(dbs, events[0], events[1], setting, actor="staff", now=LATER)
    later = documents.session(key="later", starts="2021-10-09T15:00", ends="2021-10-09T16:00", time_text="")
    documents.apply(dbs, setting, documents.document(documents.event("one", sessions=[later])), now=LATER)

    file = export_file(dbs, dbs.get_one(Edition, events[0].edition_id))

    assert [event.key for event in file.events] == ["two"]
    waiting = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "await")).one()
    assert waiting.subject_id == events[0].id


def test_hiding_beside_a_publication_waits_for_it_and_gets_a_version_of_its_own(
    dbs: Session, setting: Setting, events: list[Event]
) -> None:
    code, before = events[0].code, dbs.get_one(Edition, events[0].edition_id).version
    dbs.commit()
    hidden = threading.Event()

    def hide_it() -> None:
        with Session(db_engine) as other:
            event = find_event(other, code)
            assert event is not None
            hide(other, event, setting, actor="staff", now=LATER)
            other.commit()
        hidden.set()

    db_engine = db.engine
    edition = dbs.get_one(Edition, events[0].edition_id)
    assert raise_version(dbs, edition, now=LATER) == before + 1
    thread = threading.Thread(target=hide_it)
    thread.start()
    assert not hidden.wait(0.3)
    dbs.commit()
    thread.join(10)

    dbs.expire_all()
    assert hidden.is_set()
    assert (edition.version, events[0].version) == (before + 2, before + 2)
