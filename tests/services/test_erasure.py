"""Erasing a person: no value of theirs is left in any table or file, and what was done stays known."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.models.dumps import dump
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    Change,
    CoOrganiser,
    Decision,
    Draft,
    Edition,
    EventSession,
    FieldComment,
    Image,
    MailToken,
    Message,
    Note,
    Organisation,
    OrganisationContact,
    Person,
    RecoveryCode,
    Revision,
    StaffMember,
    Submission,
    WebSession,
)
from wmd.services.audit_log import AuditQuery, search_audit
from wmd.services.consents import consents_of, give_consent
from wmd.services.erasure import TAKEN_OUT, erase_person
from wmd.services.person_data import person_document
from wmd.services.publishing import Setting
from wmd.services.states import audit

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(hours=1)
#: Words that stand nowhere but in what is known of the one who is erased.
NAME, ADDRESS, PHONE = "Zenobia Quandt", "zenobia@quandt.example", "+34 600 123 987"
TRACES = ("Zenobia", "Quandt", "zenobia", "quandt", "ZENOBIA", "123 987")


@pytest.fixture
def cast(dbs: Session, setting: Setting) -> Cast:
    """The cast, and one published event that names Zenobia twice."""
    speaker = {"person_key": "zenobia-quandt", "title": {"en": "Mayor"}, "organisation": "A"}
    panel = {"title": {"en": "Panel"}, "speakers": [speaker]}
    people = [{"key": "zenobia-quandt", "name": NAME}, {"key": "ada", "name": "Ada Example"}]
    events = [
        documents.event("one", sessions=[documents.session(speakers=[speaker], panels=[panel])]),
        documents.event("two"),
    ]
    documents.apply(dbs, setting, documents.document(*events, people=people))
    return make_cast(dbs, NOW)


def zenobia(dbs: Session) -> Person:
    """Return the person, who by now is a contact too, with something in every table that can hold a person."""
    person = dbs.scalars(select(Person).where(Person.name == NAME)).one()
    person.address, person.address_key, person.phone = ADDRESS, ADDRESS, PHONE
    person.role_title, person.zone, person.last_active_at = "Director Quandt", "Europe/Madrid", NOW
    me, edition = f"person:{person.id}", dbs.scalars(select(Edition)).one()
    submission = dbs.scalars(select(Submission).order_by(Submission.id)).first()
    assert submission is not None
    revision = dbs.scalars(select(Revision).where(Revision.submission_id == submission.id)).one()
    submission.person_id, submission.late_note = person.id, f"{NAME} was ill."
    submission.claimed_by, submission.claimed_at = person.id, NOW
    session = WebSession(
        digest="d", id="s", person_id=person.id, device="Quandt's phone", created_at=NOW, last_seen_at=NOW
    )
    dbs.add_all(
        [
            session,
            OrganisationContact(
                organisation_id="organisation-a", person_id=person.id, added_by="command", added_at=NOW
            ),
        ]
    )
    dbs.get_one(Organisation, "organisation-a").public_email = "Zenobia@Quandt.example"
    dbs.add(
        StaffMember(person_id=person.id, role="reader", oidc_subject="quandt", totp_sealed="zenobia", created_at=NOW)
    )
    dbs.flush()
    for name, owner in (("one", {"person_id": person.id}), ("two", {"session_id": "s"})):
        dbs.add(
            Draft(
                id=name, edition_id=edition.id, form_token=name, title=f"Talk by {NAME}", sealed="v1.quandt",
                created_at=NOW, updated_at=NOW, **owner,
            )
        )  # fmt: skip
    for name, pixels in (("shown", b"logo of B"), ("unused", b"Quandt")):
        dbs.add(
            Image(
                id=name, kind="logo", digest=name, media_type="image/png", width=1, height=1, data=pixels,
                small=pixels, uploaded_by=me, person_id=person.id, created_at=NOW,
            )
        )  # fmt: skip
    dbs.get_one(Organisation, "organisation-b").image_id = "shown"
    dbs.add(RecoveryCode(digest="quandt", person_id=person.id, created_at=NOW))
    dbs.add(MailToken(id="t", digest="quandt", purpose="sign-in", person_id=person.id, created_at=NOW, expires_at=NOW))
    for state in ("queued", "sent"):
        dbs.add(
            Message(
                id=state, dedupe_key=state, kind="received", person_id=person.id, sealed="quandt", cause=me,
                facts={"x": "quandt"}, last_error="quandt", state=state, not_before=NOW, message_id=state,
                created_at=NOW, sent_at=NOW if state == "sent" else None,
            )
        )  # fmt: skip
    for author, staff, body in (
        (me, False, f"Yours, {NAME}"),
        ("person:mona", True, f"Dear {NAME.upper()}, we write to {ADDRESS} and {PHONE}. Quandtitative stays."),
    ):
        dbs.add(Note(submission_id=submission.id, author=author, by_staff=staff, is_private=False, body=body, at=NOW))
    dbs.add(
        FieldComment(
            submission_id=submission.id, revision_id=revision.id, path="title", body=f"Ask {NAME}.", author="x", at=NOW
        )
    )
    dbs.scalars(select(Decision).where(Decision.revision_id == revision.id)).one().reason = f"{NAME} agreed."
    dbs.add(
        CoOrganiser(
            submission_id=submission.id, organisation_id="organisation-b", person_id=person.id, state="asked",
            asked_at=NOW,
        )
    )  # fmt: skip
    give_consent(dbs, person.id, "newsletter", "1", actor=me, now=NOW)
    audit(dbs, actor=me, action="change", kind="organisation", subject_id="organisation-a", now=NOW)
    dbs.commit()
    return person


def traces(found: object) -> list[str]:
    text = repr(found).replace("Quandtitative", "")
    return [word for word in TRACES if word in text]


def test_no_value_of_an_erased_person_is_left_in_any_table_or_file(
    dbs: Session, cast: Cast, setting: Setting, app: Flask, database_url: str, tmp_path: Path
) -> None:
    person = zenobia(dbs)
    before = dump(database_url)
    assert traces(before) == list(TRACES)
    library = app.extensions["wmd.library"]
    assert traces(library.programme("2021")) != []
    library.settle()

    erase_person(dbs, person, setting, actor="person:adam", now=LATER)
    dbs.commit()

    after = dump(database_url)
    assert traces(after) == []
    library.refresh()
    assert traces(library.programme("2021")) == []
    library.settle()
    is_sqlite = dbs.get_bind().dialect.name == "sqlite"
    dbs.close()
    if is_sqlite:
        # As the last process to leave the database does, and the daily job.
        with closing(sqlite3.connect(tmp_path / "test.sqlite3")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            data = file.read_bytes().replace(b"Quandtitative", b"")
            assert [word for word in TRACES if word.encode() in data] == [], file.name

    # What others own, and what was done, is as it was.
    kept = {
        "audit_entries",
        "revisions",
        "submissions",
        "events",
        "event_sessions",
        "event_texts",
        "speakers",
        "declarations",
    }
    assert {name: len(after[name]) for name in kept - {"audit_entries"}} == {
        name: len(before[name]) for name in kept - {"audit_entries"}
    }
    assert after["revisions"] == before["revisions"]
    assert after["audit_entries"][: len(before["audit_entries"])] == before["audit_entries"]


def test_what_names_them_is_published_again_without_the_name_and_without_a_public_change(
    dbs: Session, cast: Cast, setting: Setting, app: Flask
) -> None:
    person = zenobia(dbs)
    edition = dbs.scalars(select(Edition)).one()
    version, changes = edition.version, len(dbs.scalars(select(Change.id)).all())

    erase_person(dbs, person, setting, actor="person:adam", now=LATER)
    dbs.commit()

    dbs.refresh(edition)
    assert edition.version == version + 1
    assert len(dbs.scalars(select(Change.id)).all()) == changes
    # Calendars do not name speakers, so that nothing in them changes.
    assert [row.sequence for row in dbs.scalars(select(EventSession))] == [0, 0]
    library = app.extensions["wmd.library"]
    library.refresh()
    shown = repr(library.programme("2021"))
    library.settle()
    assert ("Mayor" in shown, "Ada Example" in shown, "Quandt" in shown) == (True, True, False)


def test_every_way_in_is_closed_and_what_they_held_is_handed_back(dbs: Session, cast: Cast, setting: Setting) -> None:
    person = zenobia(dbs)
    erase_person(dbs, person, setting, actor="person:adam", now=LATER)
    dbs.commit()
    dbs.expire_all()

    assert (person.name, person.address, person.address_key, person.erased_at) == ("", "", None, LATER)
    for model in (WebSession, MailToken, RecoveryCode, Draft):
        assert dbs.scalars(select(model)).all() == []
    staff = dbs.get_one(StaffMember, person.id)
    assert (staff.disabled_at, staff.totp_sealed, staff.oidc_subject) == (LATER, "", None)
    contact = dbs.get_one(OrganisationContact, ("organisation-a", person.id))
    assert (contact.removed_at, contact.is_main) == (LATER, False)
    assert dbs.scalars(select(Submission.claimed_by)).all() == [None, None]
    mails = {row.id: (row.state, row.reason, row.sealed) for row in dbs.scalars(select(Message))}
    assert mails == {"queued": ("cancelled", "erased", ""), "sent": ("sent", "", "")}
    shown, unused = dbs.get_one(Image, "shown"), dbs.get_one(Image, "unused")
    assert (shown.deleted_at, shown.person_id, unused.deleted_at) == (None, None, LATER)
    assert [consent.withdrawn_at for consent in consents_of(dbs, person.id)] == [LATER]
    assert dbs.scalars(select(CoOrganiser.person_id)).all() == [None]
    assert sorted(dbs.scalars(select(Note.body))) == [
        "",
        f"Dear {TAKEN_OUT}, we write to {TAKEN_OUT} and {TAKEN_OUT}. Quandtitative stays.",
    ]


def test_the_trail_says_that_it_was_done_and_by_whom_but_not_who_it_was(
    dbs: Session, cast: Cast, setting: Setting
) -> None:
    person = zenobia(dbs)
    erase_person(dbs, person, setting, actor="person:adam", now=LATER)
    dbs.commit()
    (line,) = search_audit(dbs, AuditQuery(kind="person", action="erase")).lines
    assert (line.actor, line.who, line.subject_id) == ("person:adam", "Adam", person.id)
    assert [(line.action, line.who) for line in search_audit(dbs, AuditQuery(actor=person.id)).lines] == [
        ("change", ""),
        ("consent", ""),
    ]


def test_a_name_goes_only_from_what_is_about_its_bearer_and_an_address_from_everything(
    dbs: Session, cast: Cast, setting: Setting
) -> None:
    first, second = dbs.scalars(select(Submission).order_by(Submission.id)).all()
    ana = dbs.get_one(Person, cast.ana)
    ana.name = "Ana"
    for submission, owner in ((first, cast.ana), (second, cast.ben)):
        submission.person_id, submission.organisation_id = owner, f"organisation-{'a' if owner == cast.ana else 'b'}"
        dbs.add(
            Note(submission_id=submission.id, author="person:mona", by_staff=True, is_private=False, at=NOW,
                 body=f"Ana, of Analysis, {ana.address}")
        )  # fmt: skip
        dbs.add(
            Message(
                id=submission.id, dedupe_key=submission.id, kind="announcement", person_id=cast.cleo, cause="x",
                subject_id=submission.id, facts={"text": f"Ana é {ana.address}", "n": 1}, state="sent", sent_at=NOW,
                not_before=NOW, message_id=submission.id, created_at=NOW, sealed="",
            )
        )  # fmt: skip
    dbs.commit()

    erase_person(dbs, ana, setting, actor="person:adam", now=LATER)
    dbs.commit()

    assert [each.body for each in dbs.scalars(select(Note).order_by(Note.id))] == [
        f"{TAKEN_OUT}, of Analysis, {TAKEN_OUT}", f"Ana, of Analysis, {TAKEN_OUT}",
    ]  # fmt: skip
    assert [dbs.get_one(Message, each.id).facts for each in (first, second)] == [
        {"text": f"{TAKEN_OUT} é {TAKEN_OUT}", "n": 1}, {"text": f"Ana é {TAKEN_OUT}", "n": 1},
    ]  # fmt: skip


def test_erasing_twice_changes_nothing(dbs: Session, cast: Cast, setting: Setting, database_url: str) -> None:
    person = zenobia(dbs)
    erase_person(dbs, person, setting, actor="person:adam", now=LATER)
    dbs.commit()
    before = dump(database_url)
    erase_person(dbs, person, setting, actor="person:adam", now=LATER + timedelta(days=1))
    dbs.commit()
    assert dump(database_url) == before


def test_an_import_does_not_bring_an_erased_person_back(dbs: Session, cast: Cast, setting: Setting) -> None:
    erase_person(dbs, zenobia(dbs), setting, actor="person:adam", now=LATER)
    dbs.commit()
    people = len(dbs.scalars(select(Person.id)).all())
    documents.apply(dbs, setting, documents.document(people=[{"key": "zenobia-quandt", "name": NAME}]), now=LATER)
    assert len(dbs.scalars(select(Person.id)).all()) == people
    assert dbs.scalars(select(Person).where(Person.name == NAME)).all() == []


def test_the_last_administrator_stays(dbs: Session, cast: Cast, setting: Setting) -> None:
    adam = dbs.get_one(Person, cast.adam)
    with pytest.raises(NotAllowedMoveError, match="last administrator"):
        erase_person(dbs, adam, setting, actor="person:adam", now=LATER)
    dbs.add(StaffMember(person_id=cast.ana, role="administrator", created_at=NOW))
    dbs.flush()
    erase_person(dbs, adam, setting, actor="person:adam", now=LATER)
    assert adam.erased_at == LATER


def test_a_person_gets_everything_that_is_kept_about_them(dbs: Session, cast: Cast) -> None:
    person = zenobia(dbs)
    found = person_document(dbs, person, open_draft=lambda draft: {"title": draft.title}, open_answers=str, now=LATER)
    text = json.dumps(found)
    assert [word for word in (NAME, ADDRESS, PHONE) if word not in text] == []
    # Nothing that opens something, and nothing of others' private words.
    assert ("v1.quandt" in text, "Dear" in text) == (False, False)
    counts = {name: len(value) for name, value in found.items() if isinstance(value, list)}
    assert counts == {
        "organisations": 1, "consents": 1, "declarations": 0, "logo_terms": 0, "confirmations_as_co_organiser": 1,
        "submissions": 1, "named_in": 2, "drafts": 1, "pictures": 2, "messages_written": 1, "mails": 2,
        "links_sent": 1, "sessions": 1, "acts": 2,
    }  # fmt: skip


def test_the_document_of_one_person_holds_nothing_of_another(dbs: Session, cast: Cast) -> None:
    zenobia(dbs)
    found = person_document(dbs, dbs.get_one(Person, cast.ben), open_draft=str, open_answers=str, now=LATER)
    assert traces(found) == []
    assert found["organisations"] == [
        {"code": "BBBBBB", "name": "Organisation B", "is_main": True, "added_at": NOW.isoformat(), "removed_at": None}
    ]
