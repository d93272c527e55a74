"""The demonstration's desk: somebody for every role, and a submission in every state, put there by the real verbs."""

from __future__ import annotations

from collections import Counter

import pyotp
from flask import Flask
from sqlalchemy import select

from tests.conftest import LEAD_STARTED_AT
from wmd.db import db
from wmd.domain.states import SUBMISSION_MOVES
from wmd.models import (
    Draft,
    Edition,
    FieldComment,
    Follow,
    Message,
    Note,
    Organisation,
    Person,
    Revision,
    StaffMember,
    Submission,
)
from wmd.services.demo_desk import CONTACTS, STAFF, demo_codes
from wmd.services.submissions import phase_of


def test_demonstration_has_a_submission_in_every_state_but_withdrawn(demo_app: Flask) -> None:
    with demo_app.app_context():
        rows = db.session.scalars(select(Submission).where(Submission.source == "form")).all()
        states = Counter(row.state for row in rows)
        suspects = [row.title for row in rows if row.suspect_at is not None]
        later = [row.title for row in rows if row.publish_on is not None]

    assert states == {
        "unconfirmed": 2, "submitted": 1, "in review": 1, "changes requested": 2, "approved": 1, "rejected": 1,
    }  # fmt: skip
    assert sorted({*states, "withdrawn"}) == sorted(SUBMISSION_MOVES)
    assert (len(suspects), suspects[0][:14]) == (1, "LAST CHANCE!!!")
    assert len(later) == 1


def test_an_edit_a_question_a_remark_and_a_draft_wait(demo_app: Flask) -> None:
    with demo_app.app_context():
        edits = db.session.scalars(
            select(Revision)
            .join(Submission, Submission.id == Revision.submission_id)
            .where(Submission.state == "approved", Revision.state == "pending")
        ).all()
        questions = db.session.scalars(select(Note.is_question).where(Note.is_private.is_(False))).all()
        remarks = db.session.scalars(select(FieldComment.path)).all()
        drafts = db.session.scalars(select(Draft.title)).all()

    assert [edit.source for edit in edits] == ["form"]
    assert (questions, remarks, drafts) == ([True], ["texts.en.description"], ["Who sits at the long table?"])


def test_staff_sign_in_with_the_codes_that_the_demonstration_shows(demo_app: Flask) -> None:
    box = demo_app.extensions["wmd.secretbox"]
    with demo_app.app_context():
        codes = demo_codes(db.session(), box, now=LEAD_STARTED_AT)
        members = db.session.scalars(select(StaffMember)).all()

    assert [address for address, _ in codes] == sorted(address for address, _, _ in STAFF)
    assert sorted(member.role for member in members) == ["administrator", "moderator", "reader"]
    assert all(len(code) == pyotp.TOTP("A" * 32).digits for _, code in codes)


def test_contacts_answer_for_organisations_and_the_form_is_open(demo_app: Flask) -> None:
    with demo_app.app_context():
        owned = dict(
            db.session.execute(
                select(Person.address, Organisation.key)
                .join(Submission, Submission.person_id == Person.id)
                .join(Organisation, Organisation.id == Submission.organisation_id)
                .where(Submission.source == "import")
            )
            .tuples()
            .all()
        )
        edition = db.session.scalars(select(Edition).where(Edition.slug == "demo")).one()
        phase = phase_of(edition, LEAD_STARTED_AT)

    assert owned == {address: key for address, _, _, key in CONTACTS}
    assert phase == "open"


def test_an_attendee_follows_the_next_events_and_finds_the_way_to_their_page(demo_app: Flask) -> None:
    with demo_app.app_context():
        dbs = db.session()
        person = dbs.scalars(select(Person).where(Person.address_key == "vera@demo.example")).one()
        rows = dbs.scalars(select(Follow).where(Follow.person_id == person.id)).all()
        mail = dbs.scalars(select(Message).where(Message.person_id == person.id)).one()
        assert [row.query for row in rows if row.event_id is None] == ["topic=gender-equality"]
        assert (len(rows), {row.confirmed_at is not None for row in rows}, mail.kind) == (6, {True}, "my-link")
