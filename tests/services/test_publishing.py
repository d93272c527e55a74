"""The one door: what publishing writes, what it keeps for ever, and what makes SEQUENCE rise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from wmd.domain.codes import SeededMint
from wmd.domain.ical.strict import check_component
from wmd.errors import NotPublishableError
from wmd.models import (
    Alarm,
    AuditEntry,
    CalendarEntry,
    Change,
    Decision,
    Edition,
    Event,
    EventSession,
    PublicCode,
    Revision,
    SiteState,
    Submission,
)
from wmd.services.intake import hand_in, read_content
from wmd.services.moderation import decide
from wmd.services.publishing import Setting, publish
from wmd.services.references import find_edition

LATER = LEAD_STARTED_AT + timedelta(hours=1)


def only_session(dbs: Session) -> EventSession:
    dbs.expire_all()
    return dbs.scalars(select(EventSession)).one()


def kinds(dbs: Session) -> list[str]:
    return list(dbs.scalars(select(Change.kind).order_by(Change.id)))


def test_import_leaves_submission_revision_decision_and_event(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    submission = dbs.scalars(select(Submission)).one()
    revision = dbs.scalars(select(Revision)).one()
    decision = dbs.scalars(select(Decision)).one()
    event = dbs.scalars(select(Event)).one()
    assert (submission.state, submission.source, submission.event_id) == ("approved", "import", event.id)
    assert (revision.state, revision.source, revision.number) == ("approved", "import", 1)
    assert (decision.verdict, decision.moderator, decision.revision_id) == ("approved", "import", revision.id)
    assert event.revision_id == revision.id


def test_published_session_keeps_wall_time_words_and_derives_utc(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    session = only_session(dbs)
    assert (session.wall_starts, session.zone) == ("2021-10-07T15:00", "Europe/Madrid")
    assert session.starts_at == datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
    assert session.ends_at == datetime(2021, 10, 7, 14, 30, tzinfo=UTC)
    assert session.time_text == "7 OCT 2021 | 15:00-16:30 CET"
    assert session.uid == f"{session.id}@wmd.example"


def test_stored_entry_passes_the_strict_check_in_every_size(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    entry = dbs.scalars(select(CalendarEntry)).one()
    sizes = [entry.head + text + entry.tail for text in (entry.full, entry.short, b"")]
    assert [check_component(size) for size in sizes] == [[], [], []]
    assert b"DTSTART;TZID=Europe/Madrid:20211007T150000\r\n" in entry.head


def test_second_import_of_the_same_changes_nothing(dbs: Session, setting: Setting) -> None:
    value = documents.document(documents.event())
    documents.apply(dbs, setting, value)
    edition = find_edition(dbs, "2021")
    assert edition is not None
    before = (edition.version, only_session(dbs).sequence, dbs.scalar(select(func.count()).select_from(AuditEntry)))

    report = documents.apply(dbs, setting, value, now=LATER)

    dbs.refresh(edition)
    after = (edition.version, only_session(dbs).sequence, dbs.scalar(select(func.count()).select_from(AuditEntry)))
    assert (report.added, report.changed, report.unchanged) == (0, 0, 1)
    assert after == before


def test_moved_session_keeps_uid_and_code_and_raises_both_stamps(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    first = only_session(dbs)
    uid, code, created = first.uid, first.code, first.created_at
    moved = documents.session(starts="2021-10-07T17:00", ends="2021-10-07T18:30", time_text="")

    documents.apply(dbs, setting, documents.document(documents.event(sessions=[moved])), now=LATER)

    session = only_session(dbs)
    assert (session.uid, session.code, session.created_at) == (uid, code, created)
    assert (session.sequence, session.last_modified_at) == (1, LATER)
    assert kinds(dbs) == ["added", "moved"]
    change = dbs.scalars(select(Change).where(Change.kind == "moved")).one()
    assert change.before["starts_at"] == "2021-10-07T13:00:00+00:00"
    assert change.after["starts_at"] == "2021-10-07T15:00:00+00:00"


@pytest.mark.parametrize(
    "changes",
    [
        {"texts": {"en": {"title": "Another title", "summary": "A talk.", "description": "Some **words**."}}},
        {"organisers": [{"key": "b"}]},
        {"spoken": ["en", "es"]},
        {"texts": {"en": {"title": "Care in the city", "summary": "A talk.", "description": "Other words."}}},
    ],
)
def test_anything_shown_in_the_entry_raises_sequence(
    dbs: Session, setting: Setting, changes: dict[str, object]
) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    documents.apply(dbs, setting, documents.document(documents.event(**changes)), now=LATER)

    session = only_session(dbs)
    assert (session.sequence, session.last_modified_at) == (1, LATER)


def test_what_the_entry_does_not_show_leaves_sequence(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    documents.apply(dbs, setting, documents.document(documents.event(capacity=40)), now=LATER)

    session = only_session(dbs)
    assert (session.sequence, session.last_modified_at) == (0, LEAD_STARTED_AT)
    assert dbs.scalars(select(Event.capacity)).one() == 40


def test_renamed_organisation_reaches_the_entries_of_its_events(dbs: Session, setting: Setting) -> None:
    value = documents.document(documents.event())
    documents.apply(dbs, setting, value)
    value["organisations"][0]["names"] = {"en": "Organisation Alpha"}

    documents.apply(dbs, setting, value, now=LATER)

    assert only_session(dbs).sequence == 1
    assert b"Organisation Alpha" in dbs.scalars(select(CalendarEntry)).one().full


def test_clock_set_back_never_lowers_last_modified(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()), now=LATER)

    documents.apply(dbs, setting, documents.document(documents.event(spoken=["es"])), now=LEAD_STARTED_AT)

    session = only_session(dbs)
    assert (session.sequence, session.last_modified_at) == (1, LATER + timedelta(seconds=1))


@pytest.mark.parametrize(("status", "kind"), [("cancelled", "cancelled"), ("postponed", "postponed")])
def test_cancelled_session_stays_with_its_status(dbs: Session, setting: Setting, status: str, kind: str) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    gone = documents.session(status=status)

    documents.apply(dbs, setting, documents.document(documents.event(sessions=[gone])), now=LATER)

    session = only_session(dbs)
    assert (session.status, session.sequence) == (status, 1)
    assert b"STATUS:CANCELLED\r\n" in dbs.scalars(select(CalendarEntry)).one().head
    assert kinds(dbs) == ["added", kind]
    audit = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "session")).one()
    assert (audit.before, audit.after, audit.actor) == ("scheduled", status, "import")


def test_cancelled_session_revived_keeps_its_uid(dbs: Session, setting: Setting) -> None:
    cancelled = documents.document(documents.event(sessions=[documents.session(status="cancelled")]))
    documents.apply(dbs, setting, cancelled)
    uid = only_session(dbs).uid

    documents.apply(dbs, setting, documents.document(documents.event()), now=LATER)

    session = only_session(dbs)
    assert (session.uid, session.status, session.sequence) == (uid, "scheduled", 1)
    assert kinds(dbs) == ["added", "revived"]


def test_session_left_out_of_a_file_is_not_cancelled(dbs: Session, setting: Setting) -> None:
    second = documents.session(key="second", starts="2021-10-08T15:00", ends="2021-10-08T16:00", time_text="")
    documents.apply(dbs, setting, documents.document(documents.event(sessions=[documents.session(), second])))

    documents.apply(dbs, setting, documents.document(documents.event(spoken=["fr"])), now=LATER)

    rows = dbs.execute(select(EventSession.key, EventSession.status).order_by(EventSession.key)).tuples().all()
    assert rows == [("main", "scheduled"), ("second", "scheduled")]


def test_event_left_out_of_a_file_stays_as_it_is(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one"), documents.event("two")))

    documents.apply(dbs, setting, documents.document(documents.event("one", spoken=["fr"])), now=LATER)

    assert dbs.scalar(select(func.count()).select_from(Event)) == 2
    assert set(dbs.scalars(select(EventSession.status))) == {"scheduled"}


def test_exported_sessions_without_keys_each_keep_their_own_stamps(dbs: Session, setting: Setting) -> None:
    mint = SeededMint("elsewhere")
    slots = [
        documents.session(
            key="", id=mint.uuid(), code=code, uid=f"{code}@elsewhere.example", sequence=number,
            starts=f"2021-10-0{number}T15:00", ends=f"2021-10-0{number}T16:00", time_text="",
            created_at="2021-08-01T08:00:00Z", last_modified_at="2021-08-02T08:00:00Z",
        )
        for number, code in ((7, "AAAAA2"), (8, "AAAAA3"))
    ]  # fmt: skip

    documents.apply(dbs, setting, documents.document(documents.event(sessions=slots)))

    rows = dbs.execute(
        select(EventSession.code, EventSession.uid, EventSession.sequence).order_by(EventSession.code)
    ).tuples()
    assert rows.all() == [("AAAAA2", "AAAAA2@elsewhere.example", 7), ("AAAAA3", "AAAAA3@elsewhere.example", 8)]


def test_stamp_from_the_future_is_not_believed(dbs: Session, setting: Setting) -> None:
    slot = documents.session(
        sequence=3, created_at="2031-01-01T00:00:00Z", last_modified_at="2031-01-01T00:00:00Z", uid="a@b.example"
    )

    documents.apply(dbs, setting, documents.document(documents.event(sessions=[slot])))

    session = only_session(dbs)
    assert (session.sequence, session.created_at, session.last_modified_at) == (3, LEAD_STARTED_AT, LEAD_STARTED_AT)


def test_pending_revision_cannot_be_published(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    edition = find_edition(dbs, "2021")
    assert edition is not None
    content = read_content(dbs.scalars(select(Revision)).one())
    import dataclasses

    revision = hand_in(
        dbs, edition, dataclasses.replace(content, capacity=7), source="form", actor="a",
        mint=SeededMint("other"), now=LATER,
    )  # fmt: skip
    assert revision is not None

    with pytest.raises(NotPublishableError):
        publish(dbs, edition, [revision], setting, actor="a", now=LATER)


def test_published_event_stays_while_its_next_revision_waits(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    edition = find_edition(dbs, "2021")
    assert edition is not None
    import dataclasses

    content = read_content(dbs.scalars(select(Revision)).one())
    waiting = hand_in(
        dbs, edition, dataclasses.replace(content, capacity=7), source="form", actor="a",
        mint=SeededMint("other"), now=LATER,
    )  # fmt: skip
    dbs.commit()

    assert waiting is not None
    assert waiting.base_revision_id is not None
    assert dbs.scalars(select(Event.capacity)).one() is None
    decide(dbs, waiting, "approved", moderator="m", now=LATER)
    publish(dbs, edition, [waiting], setting, actor="m", now=LATER)
    dbs.commit()
    dbs.expire_all()
    assert dbs.scalars(select(Event.capacity)).one() == 7
    states = dbs.scalars(select(Revision.state).order_by(Revision.number)).all()
    assert states == ["superseded", "approved"]


def test_versions_rise_by_one_per_publication_and_site_with_new_codes(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one"), documents.event("two")))
    edition, site = dbs.scalars(select(Edition)).one(), dbs.get_one(SiteState, 1)
    before = (edition.version, site.version)

    documents.apply(dbs, setting, documents.document(documents.event("one", spoken=["fr"])), now=LATER)
    dbs.expire_all()
    assert (edition.version, site.version) == (before[0] + 1, before[1])

    documents.apply(dbs, setting, documents.document(documents.event("three")), now=LATER)
    dbs.expire_all()
    assert (edition.version, site.version) == (before[0] + 2, before[1] + 1)


def test_public_codes_are_never_given_out_twice(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event("one")))
    # A mint that starts again from the beginning proposes the codes that are taken.
    again = Setting(setting.calendar, setting.uid_domain, _OnlyCodes())

    documents.apply(dbs, again, documents.document(documents.event("two", organisers=[{"key": "a"}])), now=LATER)

    codes = dbs.scalars(select(PublicCode.code)).all()
    assert len(codes) == len(set(codes)) == 6


class _OnlyCodes(SeededMint):
    """A mint whose codes repeat those of another and whose ids do not."""

    def __init__(self) -> None:
        super().__init__("test")
        self._ids = SeededMint("other ids")

    def uuid(self) -> str:
        return self._ids.uuid()


def test_entry_that_fails_its_check_is_published_in_minimal_form_with_an_alarm(dbs: Session, setting: Setting) -> None:
    import dataclasses

    english = setting.calendar.words["en"]
    broken = dataclasses.replace(english, take_part_label='Take "part"\x07')
    worse = dataclasses.replace(setting.calendar, words={"en": broken})
    spoilt = Setting(worse, setting.uid_domain, setting.mint)

    documents.apply(dbs, spoilt, documents.document(documents.event()))

    entry = dbs.scalars(select(CalendarEntry)).one()
    alarms = dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))).all()
    if entry.is_minimal:
        assert alarms == [f"entry:{only_session(dbs).code}"]
        assert check_component(entry.head + entry.tail) == []
    else:
        # The writer made even this right: then nothing needs an alarm.
        assert (alarms, check_component(entry.head + entry.full + entry.tail)) == ([], [])
