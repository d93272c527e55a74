"""Importing: all of a file or nothing, every fault said, and whatever is known is found again."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT, Databases, Engine
from tests.demo_documents import FAULTS, path_of
from tests.domain.documents.cast import read_stored
from tests.domain.documents.test_faulty_files import EXPECTED
from tests.models.dumps import Dump, counts, differences, dump
from wmd.domain.codes import SeededMint
from wmd.domain.documents import read_json
from wmd.domain.documents.read_file import ReadFile
from wmd.domain.findings import Finding, Level, errors
from wmd.errors import InvalidContentError
from wmd.models import (
    CalendarEntry,
    Change,
    Edition,
    Event,
    EventSession,
    EventText,
    Organisation,
    Panel,
    PanelQuestion,
    Person,
    Revision,
    SiteState,
    Speaker,
)
from wmd.services.hiding import hide
from wmd.services.importing import ImportReport, apply_file
from wmd.services.intake import hand_in, read_content
from wmd.services.moderation import decide
from wmd.services.programme import load_programme
from wmd.services.publishing import Setting
from wmd.services.references import find_edition

LATER = LEAD_STARTED_AT + timedelta(hours=1)
Said = tuple[str, str, int | None]


def try_file(dbs: Session, read: ReadFile, setting: Setting, now: datetime = LATER) -> tuple[Finding, ...]:
    """Apply a file and return what is found; one that is refused is committed, one that is taken is undone.

    A refused file must have written nothing even when the caller forgets to roll back.
    """
    try:
        report = apply_file(dbs, read, box=documents.BOX, setting=setting, now=now)
    except InvalidContentError as error:
        dbs.commit()
        return error.findings
    dbs.rollback()
    return report.findings


def faulty(**changes: Any) -> dict[str, Any]:
    """Return an event whose session lacks its end."""
    session = documents.session()
    del session["ends"]
    return documents.event(**{"key": "faulty", "sessions": [session], **changes})


# --- refused files -----------------------------------------------------------------------------------------------


def test_stored_faulty_files_are_refused_with_exactly_their_findings_and_write_nothing(
    dbs: Session, setting: Setting, database_url: str
) -> None:
    lab = {"key": "metro-lab", "names": {"en": "Metro Lab"}, "kind": "academia"}
    known = documents.document(organisations=[lab])
    known["edition"].pop("topics")
    documents.apply(dbs, setting, known)
    before = dump(database_url)

    said: dict[str, list[Said]] = {}
    for name in sorted(EXPECTED):
        found = try_file(dbs, read_stored(name), setting)
        said[name] = [(finding.code, finding.where, finding.line) for finding in found]

    assert said == EXPECTED
    assert dump(database_url) == before


def test_demonstrations_faulty_files_are_refused_or_taken_as_their_index_says(
    dbs: Session, setting: Setting, database_url: str
) -> None:
    archive = documents_of_archive()
    documents.apply(dbs, setting, archive)
    before = dump(database_url)
    index = json.loads((FAULTS / "index.json").read_text(encoding="utf-8"))

    said = {}
    for case in index:
        read = read_json.read(path_of(case["file"]).read_bytes(), case["file"])
        found = try_file(dbs, read, setting)
        said[case["file"]] = (
            sorted({finding.code for finding in errors(list(found))}),
            sorted({finding.code for finding in found if finding.level is Level.WARNING}),
        )

    assert said == {case["file"]: (sorted(case["errors"]), sorted(case["warnings"])) for case in index}
    assert dump(database_url) == before


def documents_of_archive() -> dict[str, Any]:
    """Return the archive's edition and organisations, without its events: what the faulty files lie beside."""
    path = FAULTS.parents[2] / "wmd" / "demo" / "2021.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {**found, "events": [], "people": []}


def test_one_faulty_event_of_three_stops_all(dbs: Session, setting: Setting, database_url: str) -> None:
    before = dump(database_url)
    value = documents.document(documents.event("one"), faulty(), documents.event("three"))

    findings = try_file(dbs, documents.read(value), setting)

    assert [(finding.code, finding.where) for finding in errors(list(findings))] == [
        ("time.missing-end", "events[1].sessions[0].ends")
    ]
    assert dump(database_url) == before
    assert counts(before) == {"topics": 8, "regions": 13, "site_state": 1, "mail_switch": 1, "reasons": 11}


def test_every_fault_of_every_event_is_said_at_once(dbs: Session, setting: Setting) -> None:
    value = documents.document(
        faulty(key="one", organisers=[{"key": "nobody"}]),
        faulty(
            key="two", venue={"city": "Barcelona", "country": "ES", "latitude": 2.2, "longitude": 41.4}, format="hybrid"
        ),
        faulty(key="three", texts={"en": {"title": "Write to ada@example.org", "summary": "x", "description": "x"}}),
    )

    findings = errors(list(try_file(dbs, documents.read(value), setting)))

    assert [(finding.code, finding.where) for finding in findings] == [
        ("time.missing-end", "events[0].sessions[0].ends"),
        ("organiser.unknown", "events[0].organisers[0].key"),
        ("time.missing-end", "events[1].sessions[0].ends"),
        ("coordinates.swapped", "events[1].venue.latitude"),
        ("text.email", "events[2].texts.en.title"),
        ("time.missing-end", "events[2].sessions[0].ends"),
    ]
    assert all(finding.line for finding in findings)


def test_failure_on_the_way_leaves_nothing(dbs: Session, setting: Setting, database_url: str) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one")))
    before = dump(database_url)
    value = documents.document(documents.event("one", spoken=["fr"]), documents.event("two"))

    # By the time the second code is asked for, revisions, decisions and the changed event are written.
    with pytest.raises(RuntimeError, match="no more codes"):
        apply_file(
            dbs, documents.read(value), box=documents.BOX, setting=replace(setting, mint=_OneCode("few")), now=LATER
        )
    dbs.rollback()

    assert dump(database_url) == before


class _OneCode(SeededMint):
    """A mint that breaks in the middle of its work."""

    def code(self) -> str:
        if self._count > 12:
            raise RuntimeError("no more codes")
        return super().code()


def test_unconfirmed_cet_in_october_is_refused_and_a_confirmed_one_is_the_host_citys_time(
    dbs: Session, setting: Setting
) -> None:
    unconfirmed = documents.document(documents.event(sessions=[documents.session(time_confirmed=False)]))
    refused = try_file(dbs, documents.read(unconfirmed), setting)
    assert [(f.code, f.level) for f in refused] == [("time.abbreviation-disagrees", Level.ERROR)]

    report = documents.apply(dbs, setting, documents.document(documents.event()))
    assert [(f.code, f.level) for f in report.findings] == [("time.abbreviation-disagrees", Level.NOTE)]
    session = dbs.scalars(select(EventSession)).one()
    assert (session.starts_at, session.time_confirmed) == (datetime(2021, 10, 7, 13, 0, tzinfo=UTC), True)


def test_file_for_an_edition_that_is_not_there_is_refused(dbs: Session, setting: Setting, database_url: str) -> None:
    before = dump(database_url)
    value = documents.document(documents.event(), edition={"slug": "2031"})

    assert [finding.code for finding in try_file(dbs, documents.read(value), setting)] == ["edition.unknown"]
    assert dump(database_url) == before


def test_postponed_session_without_times_must_be_known(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("known")))
    postponed = documents.session(status="postponed", time_text="", time_confirmed=False)
    del postponed["starts"], postponed["ends"]
    other = {**postponed, "key": "other"}
    value = documents.document(
        documents.event("known", sessions=[postponed, other]), documents.event("new", sessions=[postponed])
    )

    findings = errors(list(try_file(dbs, documents.read(value), setting)))

    assert [(finding.code, finding.where, bool(finding.line)) for finding in findings] == [
        ("time.missing-start", "events[0].sessions[1]", True),
        ("time.missing-start", "events[1].sessions[0]", True),
    ]


# --- importing again ---------------------------------------------------------------------------------------------


def rich(**changes: Any) -> dict[str, Any]:
    """Return an event with panels, questions and speakers in and beside them."""
    panels = [
        {
            "title": {"en": "First"},
            "questions": [{"text": {"en": "Why?"}}, {"text": {"en": "How?"}}],
            "speakers": [{"person_key": "ada", "role": "moderator"}],
        },
        {"title": {"en": "Second"}, "questions": [{"text": {"en": "When?"}}]},
    ]
    return documents.event(**{"sessions": [documents.session(panels=panels)], **changes})


def identities(dbs: Session) -> dict[str, list[str]]:
    """Return everything that must survive an import of the same event."""
    dbs.expire_all()
    columns = (
        Event.code, EventSession.code, EventSession.uid, EventSession.id, Panel.id, PanelQuestion.id, Speaker.id
    )  # fmt: skip
    return {str(column): sorted(dbs.scalars(select(column))) for column in columns}


def test_event_again_is_updated_in_place_with_every_identity(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(rich()))
    before = identities(dbs)
    changed = rich(spoken=["es"], registration={"state": "closed"})
    session = changed["sessions"][0]
    session |= {"starts": "2021-10-08T09:00", "ends": "2021-10-08T10:00", "time_text": "", "time_confirmed": False}
    session["panels"].reverse()
    session["panels"][1]["questions"][0]["text"]["en"] = "Why not?"
    session["speakers"][0]["organisation"] = "B"

    report = documents.apply(dbs, setting, documents.document(changed), now=LATER)

    assert (report.added, report.changed, report.unchanged) == (0, 1, 0)
    assert identities(dbs) == before
    assert [len(ids) for ids in before.values()] == [1, 1, 1, 1, 2, 3, 2]
    questions = select(EventText.body).where(EventText.field == "text").order_by(EventText.body)
    assert dbs.scalars(questions).all() == ["How?", "When?", "Why not?"]


def test_same_file_again_changes_nothing_at_all(dbs: Session, setting: Setting, database_url: str) -> None:
    value = documents.document(rich(), documents.event("two"))
    documents.apply(dbs, setting, value)
    before = dump(database_url)

    report = documents.apply(dbs, setting, value, now=LATER)
    dbs.rollback()

    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
    assert differences(before, dump(database_url)) == {}


def test_only_session_without_a_key_is_found_again(dbs: Session, setting: Setting) -> None:
    session = documents.session()
    del session["key"]
    documents.apply(dbs, setting, documents.document(documents.event(sessions=[session])))
    before = identities(dbs)

    assert documents.apply(dbs, setting, documents.document(documents.event(sessions=[session]))).unchanged == 1
    documents.apply(
        dbs, setting, documents.document(documents.event(sessions=[session | {"ends": "2021-10-07T17:00"}]))
    )

    assert identities(dbs) == before


def test_event_left_out_is_untouched(dbs: Session, setting: Setting, database_url: str) -> None:
    documents.apply(dbs, setting, documents.document(rich(), documents.event("two")))
    (left_out,) = dbs.scalars(select(Event).where(Event.key == "two"))
    marks = {left_out.id, *dbs.scalars(select(EventSession.id).where(EventSession.event_id == left_out.id))}
    dbs.rollback()
    before = rows_with(dump(database_url), marks)

    documents.apply(dbs, setting, documents.document(rich(spoken=["fr"])), now=LATER)
    dbs.rollback()

    assert rows_with(dump(database_url), marks) == before
    assert before["changes"] != []


def rows_with(found: Dump, marks: set[str]) -> Dump:
    """Return the rows that hold one of these ids."""
    return {name: [row for row in rows if marks & set(map(str, row))] for name, rows in found.items()}


def test_dry_run_that_is_rolled_back_changes_nothing(dbs: Session, setting: Setting, database_url: str) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one")))
    before = dump(database_url)
    value = documents.document(documents.event("one", spoken=["fr"]), documents.event("two"))

    report = apply_file(dbs, documents.read(value), box=documents.BOX, setting=setting, now=LATER)
    dbs.rollback()

    assert (report.added, report.changed, report.unchanged) == (1, 1, 0)
    assert dump(database_url) == before


def test_waiting_revision_neither_leaks_nor_is_lost(dbs: Session, setting: Setting) -> None:
    value = documents.document(rich())
    documents.apply(dbs, setting, value)
    waiting = wait_with_a_second_session(dbs)

    assert documents.apply(dbs, setting, value, now=LATER).unchanged == 1
    documents.apply(dbs, setting, documents.document(rich(spoken=["fr"])), now=LATER)

    dbs.expire_all()
    assert dbs.get_one(Revision, waiting).state == "pending"
    assert dbs.scalars(select(EventSession.key)).all() == ["main"]
    states = dbs.execute(select(Revision.number, Revision.state).order_by(Revision.number)).tuples().all()
    assert states == [(1, "superseded"), (2, "pending"), (3, "approved")]


def wait_with_a_second_session(dbs: Session) -> str:
    """Hand in, as a form would, an edit that waits for its decision; return the revision's id."""
    edition = find_edition(dbs, "2021")
    assert edition is not None
    content = read_content(dbs.scalars(select(Revision)).one())
    second = replace(content.sessions[0], id="", key="secret", panels=(), speakers=())
    edited = replace(content, sessions=(*content.sessions, second))
    revision = hand_in(dbs, edition, edited, source="form", actor="a", mint=SeededMint("form"), now=LATER)
    dbs.commit()
    assert revision is not None
    return revision.id


def test_revision_is_decided_on_once(dbs: Session, setting: Setting) -> None:
    from wmd.errors import NotAllowedMoveError

    documents.apply(dbs, setting, documents.document(documents.event()))
    revision = dbs.scalars(select(Revision)).one()

    with pytest.raises(NotAllowedMoveError, match="it was decided on already"):
        decide(dbs, revision, "approved", moderator="m", now=LATER)


# --- what belongs to somebody else -------------------------------------------------------------------------------


def exported(dbs: Session) -> dict[str, Any]:
    """Return the export of the edition, as a document to change."""
    from wmd.domain.content_json import file_to_json
    from wmd.services.exporting import export_file

    edition = find_edition(dbs, "2021")
    assert edition is not None
    found = file_to_json(export_file(dbs, edition))
    dbs.rollback()
    return copy.deepcopy(found)


def test_copy_of_an_exported_event_gets_identities_of_its_own(
    dbs: Session, setting: Setting, database_url: str
) -> None:
    documents.apply(dbs, setting, documents.document(rich()))
    value = exported(dbs)
    (original,) = value["events"]
    before = dump(database_url)

    report = documents.apply(dbs, setting, {**value, "events": [{**original, "key": "copy"}]}, now=LATER)

    assert (report.added, report.changed) == (1, 0)
    assert [len(set(found)) for found in identities(dbs).values()] == [2, 2, 2, 2, 4, 6, 4]
    dbs.rollback()
    # All that was there is there still; only the versions rose.
    gone = {name: went for name, (went, _) in differences(before, dump(database_url)).items() if went}
    assert gone == {"editions": 1, "site_state": 1}


def test_edition_copied_by_changing_its_slug_gets_identities_of_its_own(
    dbs: Session, setting: Setting, database_url: str
) -> None:
    documents.apply(dbs, setting, documents.document(rich()))
    value = exported(dbs)
    before = rows_with(dump(database_url), {row.uid for row in dbs.scalars(select(EventSession))})
    dbs.rollback()
    value["edition"]["slug"] = "2021-again"

    report = documents.apply(dbs, setting, value, now=LATER)

    assert (report.added, report.changed) == (1, 0)
    assert [len(set(found)) for found in identities(dbs).values()] == [2, 2, 2, 2, 4, 6, 4]
    dbs.rollback()
    assert (
        rows_with(dump(database_url), {str(row[0]) for row in before["event_sessions"]})["event_sessions"]
        == (before["event_sessions"])
    )


def test_two_events_of_a_file_that_share_parts_each_get_their_own(dbs: Session, setting: Setting) -> None:
    one, two = rich(), rich(key="two")
    for event in (one, two):
        event["sessions"][0]["panels"][0]["id"] = "5a3f6f0e-3c1b-4d55-9f38-000000000001"

    documents.apply(dbs, setting, documents.document(one, two))

    assert [len(set(found)) for found in identities(dbs).values()] == [2, 2, 2, 2, 4, 6, 4]


# --- what events refer to ----------------------------------------------------------------------------------------


def test_renamed_person_reaches_every_edition_that_names_them(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(rich(), documents.event("other", sessions=[plain()])))
    elsewhere = documents.document(rich(key="there"))
    elsewhere["edition"] |= {"slug": "2021-b", "name": "Another"}
    documents.apply(dbs, setting, elsewhere)
    before = versions(dbs)
    value = documents.document(people=[{"key": "ada", "name": "Ada Renamed"}])

    report = documents.apply(dbs, setting, value, now=LATER)

    assert (report.added, report.changed, report.unchanged) == (0, 0, 0)
    assert versions(dbs) == {slug: version + 1 for slug, version in before.items()}
    assert {slug: speaker_names(dbs, slug) for slug in before} == {slug: {"Ada Renamed"} for slug in before}
    # Whoever has the programme in memory loads again only the events that rose.
    risen = dbs.scalars(select(Event.key).join(Edition).where(Event.version == Edition.version).order_by(Event.key))
    assert risen.all() == ["one", "there"]


def plain() -> dict[str, Any]:
    """Return a session in which nobody is named."""
    return documents.session(speakers=[], panels=[])


def versions(dbs: Session) -> dict[str, int]:
    dbs.expire_all()
    return dict(dbs.execute(select(Edition.slug, Edition.version)).tuples().all())


def speaker_names(dbs: Session, slug: str) -> set[str]:
    """Return the names that an edition's programme shows."""
    programme = load_programme(dbs.connection(), slug, None)
    return {
        speaker.name
        for session in programme.sessions
        for speaker in (*session.speakers, *(one for panel in session.panels for one in panel.speakers))
    }


def test_erased_person_stays_erased(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(rich()))
    person = dbs.scalars(select(Person)).one()
    person.name, person.erased_at = "", LATER
    dbs.commit()

    documents.apply(dbs, setting, documents.document(rich()), now=LATER)

    assert dbs.scalars(select(Person.name)).all() == [""]


def test_changed_theme_reaches_every_event_but_lists_no_hidden_one(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one"), documents.event("two")))
    hide(dbs, dbs.scalars(select(Event).where(Event.key == "two")).one(), setting, actor="m", now=LATER)
    dbs.commit()
    value = documents.document()
    value["edition"]["name"] = "World Metropolitan Day, renamed"

    documents.apply(dbs, setting, value, now=LATER)

    dbs.expire_all()
    listed = dbs.execute(select(Event.key, Event.hidden_at.is_(None)).order_by(Event.key)).tuples().all()
    assert [(key, bool(is_listed)) for key, is_listed in listed] == [("one", True), ("two", False)]
    assert set(dbs.scalars(select(Change.kind).where(Change.event_id != ""))) == {"added", "hidden", "text"}
    full = {row.session_id: row.full for row in dbs.scalars(select(CalendarEntry))}
    assert sum(b"renamed" in text for text in full.values()) == 1


def test_organisation_of_another_edition_is_shown_there_anew(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one")))
    elsewhere = documents.document(organisations=[])
    elsewhere["edition"] |= {"slug": "2021-b", "name": "Another"}
    documents.apply(dbs, setting, elsewhere)
    before = versions(dbs)
    elsewhere["organisations"] = [{"key": "a", "names": {"en": "Renamed"}, "kind": "academia"}]

    documents.apply(dbs, setting, elsewhere, now=LATER)

    assert versions(dbs) == {"2021": before["2021"] + 1, "2021-b": before["2021-b"]}


def test_edition_brought_up_to_date_keeps_its_address_and_retires_topics(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    site = dbs.get_one(SiteState, 1).version
    value = documents.document()
    value["edition"] |= {"theme": "Another theme", "topics": ["sustainable-economy", "gender-equality"]}

    documents.apply(dbs, setting, value, now=LATER)

    dbs.expire_all()
    edition = dbs.scalars(select(Edition)).one()
    topics = load_programme(dbs.connection(), "2021", None).topics
    assert (edition.slug, edition.theme, edition.main_day) == ("2021", "Another theme", date(2021, 10, 7))
    assert [(topic.slug, topic.retired) for topic in topics] == [
        ("sustainable-economy", False),
        ("gender-equality", False),
        ("public-space-and-housing", True),
    ]
    assert dbs.get_one(SiteState, 1).version == site + 1


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_link_changed_before_the_start_is_told_and_keeps_what_people_have(
    engine_name: Engine, dbs: Session, setting: Setting, databases: Databases
) -> None:
    documents.apply(dbs, setting, documents_of_archive())
    read: Callable[[str], ReadFile] = lambda when: read_json.read(  # noqa: E731 -- one file, two times
        (FAULTS / f"link-changed-{when}.json").read_bytes(), "x.json"
    )

    def take(when: str, now: datetime) -> ImportReport:
        report = apply_file(dbs, read(when), box=documents.BOX, setting=setting, now=now)
        dbs.commit()
        return report

    take("before", LEAD_STARTED_AT)
    before = identities(dbs)
    report = take("after", LATER)

    assert (report.added, report.changed) == (0, 1)
    assert identities(dbs) == before
    assert dbs.scalars(select(Change.kind).order_by(Change.id)).all() == ["added", "link"]


def test_organisation_gets_one_code_for_ever(dbs: Session, setting: Setting) -> None:
    value = documents.document(documents.event())
    documents.apply(dbs, setting, value)
    codes = dict(dbs.execute(select(Organisation.key, Organisation.code)).tuples().all())
    value["organisations"][0] |= {"names": {"en": "Renamed"}, "code": "ZZZZZZ"}

    documents.apply(dbs, setting, value, now=LATER)

    dbs.expire_all()
    assert dict(dbs.execute(select(Organisation.key, Organisation.code)).tuples().all()) == codes
    assert dbs.scalar(select(func.count()).select_from(Organisation)) == 2
