"""The audit, read: found by subject, actor, action and time; paged; exported; with names only as they are now."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from wmd.domain.documents.write_csv import csv_rows
from wmd.models import Event, Person
from wmd.services.audit_log import AuditQuery, all_audit, audit_cells, audit_json, known_words, search_audit
from wmd.services.publishing import Setting
from wmd.services.references import find_edition
from wmd.services.states import audit

NOW = LEAD_STARTED_AT


@pytest.fixture
def trail(dbs: Session) -> None:
    """Five entries by four actors, a minute apart."""
    dbs.add_all(
        Person(id=id_, name=name, address=f"{id_}@a.example", address_key=f"{id_}@a.example", created_at=NOW)
        for id_, name in (("p1", "Mona Example"), ("p2", "Adam Example"))
    )
    written = [
        ("person:p1", "move", "submission", "s1", {}),
        ("person:p2", "move", "submission", "s2", {}),
        ("person:p1", "change", "edition", "1", {"zone": ["Europe/Madrid", "Europe/Paris"]}),
        ("import", "publish", "event", "e1", {}),
        ("job:retention", "erase", "person", "=HYPERLINK(1)", {}),
    ]
    for minute, (actor, action, kind, subject, detail) in enumerate(written):
        at = NOW + timedelta(minutes=minute)
        audit(dbs, actor=actor, action=action, kind=kind, subject_id=subject, detail=detail, now=at)
    dbs.commit()


def subjects(dbs: Session, **query: object) -> list[str]:
    return [line.subject_id for line in search_audit(dbs, AuditQuery(**query)).lines]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["=HYPERLINK(1)", "e1", "1", "s2", "s1"]),
        ({"text": "s2"}, ["s2"]),
        ({"text": " s2 "}, ["s2"]),
        ({"text": "nobody"}, []),
        ({"actor": "p1"}, ["1", "s1"]),
        ({"actor": "person:p1"}, ["1", "s1"]),
        ({"actor": "mona"}, ["1", "s1"]),
        ({"actor": "P2@a.example"}, ["s2"]),
        ({"actor": "%"}, []),
        ({"actor": "import"}, ["e1"]),
        ({"action": "move"}, ["s2", "s1"]),
        ({"kind": "event"}, ["e1"]),
        ({"since": NOW + timedelta(minutes=1), "until": NOW + timedelta(minutes=3)}, ["1", "s2"]),
        ({"actor": "example", "action": "move", "kind": "submission"}, ["s2", "s1"]),
    ],
)
@pytest.mark.usefixtures("trail")
def test_entries_are_found(dbs: Session, query: dict[str, object], expected: list[str]) -> None:
    assert subjects(dbs, **query) == expected


def test_an_event_is_found_by_its_code_and_an_edition_by_its_slug(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    edition = find_edition(dbs, "2021")
    assert edition is not None
    line = next(line for line in all_audit(dbs, AuditQuery()) if line.kind == "event")
    found = dbs.get_one(Event, line.subject_id)
    by_code = {(line.kind, line.action) for line in search_audit(dbs, AuditQuery(text=found.code.lower())).lines}
    assert by_code == {("submission", "submit"), ("submission", "move"), ("event", "publish")}
    by_key = search_audit(dbs, AuditQuery(text="2021")).lines
    assert {line.subject_id for line in by_key} <= {str(edition.id)}


@pytest.mark.usefixtures("trail")
def test_pages_lead_from_one_to_the_next_without_gap_or_repeat(dbs: Session) -> None:
    seen, before = [], None
    for _ in range(9):
        page = search_audit(dbs, AuditQuery(before_id=before), rows=2)
        seen.append([line.subject_id for line in page.lines])
        before = page.next_before
        if before is None:
            break
    assert seen == [["=HYPERLINK(1)", "e1"], ["1", "s2"], ["s1"]]


@pytest.mark.usefixtures("trail")
def test_names_are_those_of_now_and_an_erased_person_has_none(dbs: Session) -> None:
    dbs.get_one(Person, "p1").name = "Mona Renamed"
    dbs.get_one(Person, "p2").name = ""
    dbs.commit()
    who = {line.subject_id: line.who for line in search_audit(dbs, AuditQuery()).lines}
    assert who == {"s1": "Mona Renamed", "s2": "", "1": "Mona Renamed", "e1": "", "=HYPERLINK(1)": ""}


@pytest.fixture
def statements(dbs: Session) -> Iterator[list[str]]:
    """Every query that the session sends."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    engine = dbs.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.usefixtures("trail")
def test_a_page_takes_five_statements_however_many_it_shows(dbs: Session, statements: list[str], rows: int) -> None:
    page = search_audit(dbs, AuditQuery(action="move" if rows == 1 else ""), rows=rows)
    assert len(page.lines) == rows
    assert len(statements) == 5


@pytest.mark.usefixtures("trail")
def test_the_export_holds_every_entry_and_no_spreadsheet_calculates_with_it(dbs: Session) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_rows(audit_cells(all_audit(dbs, AuditQuery()))).decode("utf-8-sig"))))
    assert [row["subject_id"] for row in rows] == ["s1", "s2", "1", "e1", "'=HYPERLINK(1)"]
    assert json.loads(rows[2]["detail"]) == {"zone": ["Europe/Madrid", "Europe/Paris"]}

    entries = json.loads(b"".join(audit_json(all_audit(dbs, AuditQuery()))))
    assert [(entry["subject_id"], entry["who"]) for entry in entries][:2] == [
        ("s1", "Mona Example"),
        ("s2", "Adam Example"),
    ]
    assert entries[2]["detail"] == {"zone": ["Europe/Madrid", "Europe/Paris"]}


def test_the_export_of_nothing_is_an_empty_list(dbs: Session) -> None:
    assert json.loads(b"".join(audit_json(all_audit(dbs, AuditQuery())))) == []


@pytest.mark.usefixtures("trail")
def test_the_search_offers_what_there_is(dbs: Session) -> None:
    actions, kinds = known_words(dbs)
    assert actions == ["change", "erase", "move", "publish"]
    assert kinds == ["edition", "event", "person", "submission"]
