"""Duplicates become one: events, submissions and organisations; addresses lead on and nobody loses access."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import ADAM, MONA, RITA, content, propose, seen
from wmd.db import db, reading
from wmd.domain.content import OrganiserContent
from wmd.domain.filters import Query
from wmd.domain.index import Index
from wmd.domain.query import find
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import (
    AuditEntry,
    CoOrganiser,
    Event,
    EventOrganisation,
    Message,
    Organisation,
    OrganisationContact,
    Revision,
    Submission,
)
from wmd.services.contacts import find_own_submission
from wmd.services.hiding import hide
from wmd.services.merging import merge_published, merge_waiting
from wmd.services.moderation import NotYoursError
from wmd.services.organisations import give_contact, merge_organisations, set_trusted
from wmd.services.programme import load_programme
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT - timedelta(days=30)
LATER = NOW + timedelta(hours=1)
BY_B = (OrganiserContent("organisation-b"),)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@pytest.fixture
def means(setting: Setting) -> Means:
    return Means(setting, BOX)


@pytest.fixture
def listed(dbs: Session, cast: Cast, means: Means) -> Submission:
    submission = propose(dbs, cast, NOW)
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    dbs.commit()
    return submission


def of_b(dbs: Session, cast: Cast) -> Submission:
    return propose(dbs, cast, NOW, organisation=cast.b, person=cast.ben, title="Care, twice", organisers=BY_B)


def organisers(dbs: Session, event_id: str) -> list[tuple[str, str]]:
    rows = select(EventOrganisation.name, EventOrganisation.role).where(EventOrganisation.event_id == event_id)
    return list(dbs.execute(rows.order_by(EventOrganisation.position)).tuples())


def test_two_listings_become_one_with_both_as_hosts(dbs: Session, cast: Cast, listed: Submission, means: Means) -> None:
    twin = of_b(dbs, cast)
    approve(dbs, seen(dbs, twin), means, actor=MONA, now=NOW)
    merge_published(dbs, twin.id, listed.id, means, actor=MONA, now=LATER)
    dbs.commit()

    assert organisers(dbs, listed.event_id) == [("Organisation A", "lead"), ("Organisation B", "co")]
    with reading(db.engine) as connection:
        programme = load_programme(connection, "2021", None)
    old, new = dbs.get_one(Event, twin.event_id), dbs.get_one(Event, listed.event_id)
    assert (list(programme.events), programme.moved) == ([new.code], {old.code: new.code})
    may = [find_own_submission(dbs, person, listed.id) is not None for person in ("ana", "ben", "cleo", "stranger")]
    assert may == [True, True, True, False]
    assert find_own_submission(dbs, "ana", twin.id) is None
    told = select(Message.person_id).where(Message.kind == "merged").order_by(Message.person_id)
    # Both sides learn of it, and who answers for both gets one mail.
    assert dbs.scalars(told).all() == ["ana", "ben", "cleo"]


def test_what_waits_is_merged_into_a_listing_without_being_listed(
    dbs: Session, cast: Cast, listed: Submission, means: Means
) -> None:
    twin = of_b(dbs, cast)
    merge_waiting(dbs, seen(dbs, twin), listed.id, means, actor=MONA, now=LATER)
    dbs.commit()
    assert (twin.state, twin.merged_into_id, twin.waiting_since) == ("withdrawn", listed.id, None)
    assert dbs.get(Event, twin.event_id) is None
    assert organisers(dbs, listed.event_id) == [("Organisation A", "lead"), ("Organisation B", "co")]
    assert dbs.scalars(select(CoOrganiser.state)).all() == ["confirmed"]


def test_only_listed_events_take_others_in(dbs: Session, cast: Cast, listed: Submission, means: Means) -> None:
    twin = of_b(dbs, cast)
    with pytest.raises(NotAllowedMoveError):
        merge_published(dbs, listed.id, listed.id, means, actor=MONA, now=LATER)
    with pytest.raises(NotAllowedMoveError):
        merge_published(dbs, listed.id, twin.id, means, actor=MONA, now=LATER)
    # One that is hidden, or was merged itself, takes nothing in.
    third = propose(dbs, cast, NOW, title="Care, thrice")
    approve(dbs, seen(dbs, third), means, actor=MONA, now=NOW)
    merge_published(dbs, third.id, listed.id, means, actor=MONA, now=NOW)
    with pytest.raises(NotAllowedMoveError):
        merge_waiting(dbs, seen(dbs, twin), third.id, means, actor=MONA, now=LATER)
    hide(dbs, dbs.get_one(Event, listed.event_id), means.setting, actor="person:mona", now=NOW)
    with pytest.raises(NotAllowedMoveError):
        merge_waiting(dbs, seen(dbs, twin), listed.id, means, actor=MONA, now=LATER)
    with pytest.raises(NotYoursError):
        merge_published(dbs, listed.id, twin.id, means, actor=RITA, now=LATER)


def test_merged_organisation_hands_over_contacts_submissions_events_and_calendar(
    dbs: Session, cast: Cast, listed: Submission, means: Means
) -> None:
    old = dbs.get_one(Organisation, cast.a)
    merge_organisations(dbs, cast.a, cast.b, means, actor=ADAM, now=LATER)
    dbs.commit()

    assert (old.state, old.merged_into_id) == ("merged", cast.b)
    assert dbs.get_one(Submission, listed.id).organisation_id == cast.b
    present = select(OrganisationContact.person_id).where(
        OrganisationContact.organisation_id == cast.b, OrganisationContact.removed_at.is_(None)
    )
    assert sorted(dbs.scalars(present)) == ["ana", "ben", "cleo"]
    assert organisers(dbs, listed.event_id) == [("Organisation B", "lead")]
    with reading(db.engine) as connection:
        programme = load_programme(connection, "2021", None)
    assert programme.moved == {cast.a_code: cast.b_code}
    query = Query().changed(organisation=[cast.a_code])
    assert len(find(programme, Index(programme, None), query, zone="UTC")) == 1
    with pytest.raises(NotAllowedMoveError):
        merge_organisations(dbs, cast.b, cast.a, means, actor=ADAM, now=LATER)


def test_trust_is_given_and_taken_back_with_a_trail(dbs: Session, cast: Cast) -> None:
    for trusted in (True, True, False):
        set_trusted(dbs, cast.a, trusted=trusted, actor=MONA, now=LATER)
    assert dbs.get_one(Organisation, cast.a).trusted_at is None
    trail = select(AuditEntry.action).where(AuditEntry.subject_kind == "organisation").order_by(AuditEntry.id)
    assert dbs.scalars(trail).all() == ["trust", "distrust"]
    with pytest.raises(NotYoursError):
        set_trusted(dbs, cast.a, trusted=True, actor=RITA, now=LATER)


def test_lost_mailbox_is_replaced_and_every_old_address_is_told(dbs: Session, cast: Cast, means: Means) -> None:
    new = give_contact(
        dbs, cast.a, "dora@people.example", "Dora", means, replaces="ana", actor=MONA, now=LATER
    )  # fmt: skip
    dbs.commit()
    present = select(OrganisationContact.person_id).where(
        OrganisationContact.organisation_id == cast.a, OrganisationContact.removed_at.is_(None)
    )
    assert sorted(dbs.scalars(present)) == sorted(["cleo", new])
    told = dbs.execute(select(Message.kind, Message.person_id).order_by(Message.person_id)).tuples().all()
    assert told == [("contact-added", "ana"), ("contact-added", "cleo")]
    assert [row.facts["replaced"] for row in dbs.scalars(select(Message).order_by(Message.person_id))] == [True, False]
    main = select(OrganisationContact.person_id).where(
        OrganisationContact.organisation_id == cast.a, OrganisationContact.is_main
    )
    # Ana was the main one: whoever takes her place is now.
    assert dbs.scalars(main).all() == [new]
    trail = dbs.execute(select(AuditEntry.action, AuditEntry.before, AuditEntry.after).order_by(AuditEntry.id))
    assert trail.tuples().all() == [("add-contact", "", new), ("remove-contact", "ana", "")]
    with pytest.raises(InvalidContentError):
        give_contact(dbs, cast.a, "not an address", "X", means, actor=MONA, now=LATER)


def test_merging_leaves_nothing_pending_of_the_merged_profile(dbs: Session, cast: Cast, means: Means) -> None:
    dbs.add(
        Revision(
            id="r", organisation_id=cast.a, number=1, kind="organisation", state="pending", schema_version=1,
            content={}, source="form", created_at=NOW,
        )
    )  # fmt: skip
    dbs.flush()
    merge_organisations(dbs, cast.a, cast.b, means, actor=ADAM, now=LATER)
    assert dbs.get_one(Revision, "r").state == "superseded"
    assert content().organisers == (OrganiserContent("organisation-a"),)
