"""Loading the programme: what the value holds, what it never holds, and that little is read again."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from wmd.db import db, reading
from wmd.domain.programme import Programme
from wmd.domain.vocabulary import OrganiserRole, RegistrationState
from wmd.errors import NotLoadedError
from wmd.models import CalendarEntry, EventSession
from wmd.services.programme import load_programme
from wmd.services.publishing import Setting
from wmd.services.source import DatabaseSource

LATER = LEAD_STARTED_AT + timedelta(hours=1)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def load(previous: Programme | None = None) -> Programme:
    with reading(db.engine) as connection:
        return load_programme(connection, "2021", previous)


def test_programme_holds_what_was_published(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    programme = load()

    shown = next(iter(programme.events.values()))
    session = shown.sessions[0]
    assert (shown.text("en").title, shown.text("fr").title) == ("Care in the city", "Care in the city")
    assert (shown.topics, shown.sdgs, shown.spoken) == (("gender-equality",), (5,), ("en",))
    assert [(o.name, o.role) for o in shown.organisers] == [("Organisation A", OrganiserRole.LEAD)]
    assert shown.registration.state is RegistrationState.OPEN
    assert session.starts_at == datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
    assert [panel.questions for panel in session.panels] == [({"en": "Why?"},)]
    assert [(s.name, s.title, s.organisation) for s in session.speakers] == [("Ada Example", {"en": "Professor"}, "A")]
    assert programme.edition.main_day == date(2021, 10, 7)
    assert [change.kind for change in programme.changes] == ["added"]
    assert programme.sessions == (session,)
    assert programme.owners == (shown,)


def test_programme_entries_are_the_stored_bytes(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    entry = next(iter(load().events.values())).sessions[0].entries["en"]

    stored = dbs.scalars(select(CalendarEntry)).one()
    assert tuple(entry) == (stored.head, stored.full, stored.short, stored.tail, stored.digest)


def test_programme_never_holds_private_links_or_the_organisers_own_words(dbs: Session, setting: Setting) -> None:
    secret = "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0LXBhc3Njb2Rl"
    registration = {"state": "open", "join_link": secret}
    documents.apply(dbs, setting, documents.document(documents.event(registration=registration)))

    value = pickle.dumps(load())

    assert dbs.scalars(select(EventSession.time_text)).one() == "7 OCT 2021 | 15:00-16:30 CET"
    leaks = [word for word in (b"81234567890", b"c2VjcmV0", b"15:00-16:30 CET") if word in value]
    assert leaks == []


def test_number_of_statements_does_not_depend_on_the_number_of_events(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one")))
    with counted(db.engine) as for_one:
        load()
    more = documents.document(documents.event("two"), documents.event("three"))
    documents.apply(dbs, setting, more, now=LATER)

    with counted(db.engine) as for_three:
        programme = load()

    assert len(programme.events) == 3
    assert len(for_three) == len(for_one)


def test_reloading_keeps_what_did_not_change(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one"), documents.event("two")))
    before = load()
    documents.apply(dbs, setting, documents.document(documents.event("one", spoken=["fr"])), now=LATER)

    after = load(before)

    fresh = load()
    kept = {code for code in before.events if after.events[code] is before.events[code]}
    changed = {code for code, shown in after.events.items() if shown.spoken == ("fr",)}
    assert (len(kept), len(changed), kept & changed) == (1, 1, set())
    assert pickle.dumps(_plain(after)) == pickle.dumps(_plain(fresh))


def _plain(programme: Programme) -> list[object]:
    return [
        (code, shown.spoken, shown.version, [session.sequence for session in shown.sessions])
        for code, shown in sorted(programme.events.items())
    ]


def test_loading_an_unknown_edition_says_so(dbs: Session) -> None:
    assert dbs is not None
    with pytest.raises(NotLoadedError):
        load()


def test_site_knows_every_public_code_and_chooses_the_current_edition(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    source = DatabaseSource(db.engine)

    site = source.site()

    code = next(iter(load().events))
    session_code = load().sessions[0].code
    assert site.codes == {code: ("2021", code), session_code: ("2021", code)}
    assert site.current_on(date(2021, 9, 1)) == "2021"
    assert [topic.slug for topic in site.topics][:2] == [
        "sustainability-and-climate-change", "governance-and-citizen-engagement"
    ]  # fmt: skip


def test_current_edition_is_the_next_one_then_the_latest(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document())
    for slug, year, permanent in (("2022", 2022, False), ("all-year", 2020, True)):
        about = {
            **documents.document()["edition"], "slug": slug, "main_day": f"{year}-10-07",
            "window_from": f"{year}-10-01", "window_to": f"{year}-10-31", "is_permanent": permanent,
        }  # fmt: skip
        documents.apply(dbs, setting, documents.document(edition=about, organisations=[], people=[]))

    def current(day: date, named: str | None = None) -> str | None:
        return DatabaseSource(db.engine, named).site().current_on(day)

    assert current(date(2021, 10, 31)) == "2021"
    assert current(date(2021, 11, 1)) == "2022"
    assert current(date(2026, 1, 1)) == "2022"
    assert current(date(2026, 1, 1), "2021") == "2021"
    assert current(date(2026, 1, 1), "1999") == "2022"


def test_versions_are_one_statement(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    source = DatabaseSource(db.engine)

    with counted(db.engine) as seen:
        versions = source.versions()

    assert set(versions) == {"site", "status", "banners", "edition:2021"}
    assert versions["edition:2021"] == load().version
    assert [statement for statement in seen if not statement.startswith(("BEGIN", "SET"))] == [seen[-1]]


def test_organisation_that_organises_no_more_stays_known_as_retired(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    documents.apply(dbs, setting, documents.document(documents.event(organisers=[{"key": "b"}])), now=LATER)

    known = {view.name: view.retired for view in load().organisations.values()}
    assert known == {"Organisation A": True, "Organización B": False}


def test_change_of_an_organisation_or_series_reaches_other_editions_that_show_it(
    dbs: Session, setting: Setting
) -> None:
    series = [{"slug": "talks", "name": "Talks"}]
    documents.apply(dbs, setting, documents.document(documents.event(series="talks"), series=series))
    before = load()
    about = {**documents.document()["edition"], "slug": "2022", "main_day": "2022-10-07",
             "window_from": "2022-10-01", "window_to": "2022-10-31"}  # fmt: skip
    changed = documents.document(edition=about, series=[{"slug": "talks", "name": "Talks of cities"}])
    changed["organisations"][0]["kind"] = "youth"

    documents.apply(dbs, setting, changed, now=LATER)

    after, fresh = load(before), load()
    for programme in (after, fresh):
        shown = next(iter(programme.events.values()))
        assert (shown.organisers[0].kind, programme.series["talks"].name) == ("youth", "Talks of cities")
    assert after.version == fresh.version > before.version
