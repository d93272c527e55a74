"""Exporting: a file that says everything and, imported again, changes nothing anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT, Databases, Engine, make_test_app
from tests.models.dumps import differences, dump
from tests.services.test_private_links import LINK, SECRET, with_link
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.codes import SeededMint
from wmd.domain.content_json import file_to_json
from wmd.domain.documents import read_json
from wmd.domain.identities import forget_ids, ids_in
from wmd.models import CalendarEntry, Event, EventSession, Person, Revision
from wmd.services.exporting import export_file
from wmd.services.hiding import hide
from wmd.services.importing import ImportReport, apply_file
from wmd.services.intake import hand_in, read_content
from wmd.services.moderation import decide
from wmd.services.publishing import Setting, publish
from wmd.services.references import find_edition

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "programme.schema.json").read_text(encoding="utf-8")
)
LATER = LEAD_STARTED_AT + timedelta(days=1)


def export(dbs: Session, slug: str = "2021") -> bytes:
    """Return the export of an edition as the bytes of a file."""
    edition = find_edition(dbs, slug)
    assert edition is not None
    text = json.dumps(file_to_json(export_file(dbs, edition)), ensure_ascii=False, indent=1)
    dbs.rollback()
    return text.encode()


def take(dbs: Session, setting: Setting, data: bytes) -> ImportReport:
    """Import the bytes of a file and commit."""
    report = apply_file(dbs, read_json.read(data, "export.json"), box=documents.BOX, setting=setting, now=LATER)
    dbs.commit()
    return report


def eventful() -> dict[str, Any]:
    """Return a document with all that an export must carry: several sessions, states, series, texts and people."""
    days = {
        "key": "days", "zone": "Africa/Nairobi", "all_day": True, "starts_on": "2021-10-11", "ends_on": "2021-10-13",
        "status": "postponed",
    }  # fmt: skip
    night = {"key": "night", "zone": "America/Bogota", "starts": "2021-10-07T22:00", "ends": "2021-10-08T01:00"}
    panels = [
        {"title": {"en": "P", "es": "P"}, "questions": [{"text": {"en": "Why?"}}], "speakers": [{"person_key": "ada"}]}
    ]
    texts = {
        "en": {"title": "Talk, talk; \\ talk", "summary": "A “talk”.", "description": "One\n\n- two\n- three 🎉"},
        "ar": {"title": "حديث", "summary": "ملخص", "description": "", "origin": "human"},
    }
    return documents.document(
        documents.event("many", texts=texts, series="talks", sessions=[documents.session(panels=panels), days, night]),
        documents.event(
            "place", format="hybrid", access_facts={"step-free": "yes"}, capacity=40, sdgs=[11, 5],
            venue={"name": "Hall", "city": "Barcelona", "country": "ES", "latitude": 41.4, "longitude": 2.17},
        ),
        documents.event("private", registration={"state": "open", "join_link": LINK}),
        series=[{"slug": "talks", "name": "Talks", "description": "Words"}],
    )  # fmt: skip


def stamps(dbs: Session) -> list[tuple[object, ...]]:
    """Return what calendars and addresses know of every session."""
    columns = (
        Event.code, EventSession.code, EventSession.uid, EventSession.sequence, EventSession.created_at,
        EventSession.last_modified_at, EventSession.status, EventSession.digest,
    )  # fmt: skip
    query = select(*columns).join(Event, Event.id == EventSession.event_id).order_by(EventSession.uid)
    found = [tuple(row) for row in dbs.execute(query)]
    dbs.rollback()
    return found


def entries(dbs: Session) -> list[tuple[object, ...]]:
    """Return the calendar entries of every session by UID."""
    columns = (EventSession.uid, CalendarEntry.language, CalendarEntry.head, CalendarEntry.full, CalendarEntry.short)
    query = select(*columns, CalendarEntry.tail).join(EventSession, EventSession.id == CalendarEntry.session_id)
    found = [tuple(row) for row in dbs.execute(query.order_by(EventSession.uid))]
    dbs.rollback()
    return found


@pytest.fixture
def fresh(engine_name: Engine, databases: Databases, tmp_path: Path) -> Iterator[Callable[[], Flask]]:
    """Make an application on another empty database of the same kind."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    url = databases.copy(engine_name, folder)
    app = make_test_app(url, folder)
    yield lambda: app
    app.extensions["wmd.library"].settle()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def test_export_imported_again_changes_nothing(dbs: Session, setting: Setting, database_url: str) -> None:
    documents.apply(dbs, setting, eventful())
    documents.apply(dbs, setting, documents.document(documents.event("place", spoken=["fr"])), now=LEAD_STARTED_AT)
    before = dump(database_url)

    report = take(dbs, setting, export(dbs))

    assert (report.added, report.changed, report.unchanged) == (0, 0, 3)
    assert differences(before, dump(database_url)) == {}


def test_export_in_an_empty_database_is_the_same_programme(
    dbs: Session, setting: Setting, fresh: Callable[[], Flask]
) -> None:
    documents.apply(dbs, setting, eventful())
    moved = documents.event("place", spoken=["fr"])
    documents.apply(dbs, setting, documents.document(moved), now=LEAD_STARTED_AT + timedelta(hours=1))
    data, known, bytes_of = export(dbs), stamps(dbs), entries(dbs)
    other = fresh()

    with other.app_context():
        there = db.session()
        # Whatever is minted there differs, so that everything equal comes from the file.
        mint = SeededMint("another installation")
        take(there, publishing_setting(other, mint), data)
        found = (export(there), stamps(there), entries(there))
        again = take(there, publishing_setting(other, mint), data)

    assert found == (data, known, bytes_of)
    assert {row[3] for row in known} == {0, 1}
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)


def test_export_follows_the_published_schema(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, eventful())

    faults = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(json.loads(export(dbs)))]

    assert faults == []


def test_export_holds_no_private_link(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    (event,) = dbs.scalars(select(Event))

    data = export(dbs)

    assert [
        mark for mark in (SECRET, "81234567890", str(event.private_link_id), "join_link") if mark.encode() in data
    ] == []
    assert json.loads(data)["events"][0]["registration"] == {"state": "open"}


def test_export_leaves_out_what_is_not_listed_and_what_nobody_uses(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one"), documents.event("two")))
    hide(dbs, dbs.scalars(select(Event).where(Event.key == "two")).one(), setting, actor="m", now=LATER)
    dbs.commit()

    found = json.loads(export(dbs))

    assert [event["key"] for event in found["events"]] == ["one"]
    assert [organisation["key"] for organisation in found["organisations"]] == ["a"]


def test_person_without_a_key_is_found_again(dbs: Session, setting: Setting, database_url: str) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    dbs.scalars(select(Person)).one().key = None
    dbs.commit()
    before = dump(database_url)

    take(dbs, setting, export(dbs))

    assert differences(before, dump(database_url)) == {}


def test_events_without_an_external_key_are_found_again_by_their_code(
    dbs: Session, setting: Setting, database_url: str, fresh: Callable[[], Flask]
) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    hand_in_by_form(dbs, setting, "First")
    hand_in_by_form(dbs, setting, "Second")
    before, data = dump(database_url), export(dbs)
    other = fresh()

    report = take(dbs, setting, data)
    with other.app_context():
        there = publishing_setting(other, SeededMint("another installation"))
        reports = [take(db.session(), there, data) for _ in range(2)]
        found = export(db.session())

    assert (report.unchanged, differences(before, dump(database_url))) == (3, {})
    assert [(one.added, one.unchanged) for one in reports] == [(3, 0), (0, 3)]
    assert found == data


def hand_in_by_form(dbs: Session, setting: Setting, title: str) -> None:
    """Publish a copy of the event as if somebody had typed it into a form: without external keys."""
    edition = find_edition(dbs, "2021")
    assert edition is not None
    content = read_content(dbs.scalars(select(Revision).order_by(Revision.created_at)).all()[0])
    copied = forget_ids(content, ids_in(content))
    copied = replace(copied, key="", texts={"en": replace(copied.texts["en"], title=title)})
    revision = hand_in(dbs, edition, copied, source="form", actor="a", mint=setting.mint, now=LEAD_STARTED_AT)
    assert revision is not None
    decide(dbs, revision, "approved", moderator="m", now=LEAD_STARTED_AT)
    publish(dbs, edition, [revision], setting, actor="m", now=LEAD_STARTED_AT)
    dbs.commit()


@pytest.mark.parametrize("slug", ["2021", "demo"])
def test_demonstration_exported_and_imported_changes_nothing(demo_app: Flask, demo_url: str, slug: str) -> None:
    before = dump(demo_url)
    with demo_app.app_context():
        dbs = db.session()
        data = export(dbs, slug)
        report = take(dbs, publishing_setting(demo_app), data)

    faults = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(json.loads(data))]
    assert faults == []
    assert (report.added, report.changed) == (0, 0)
    assert differences(before, dump(demo_url)) == {}
    assert report.unchanged == {"2021": 42, "demo": 54}[slug]
