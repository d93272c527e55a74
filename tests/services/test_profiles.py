"""Profiles of organisations: proposed, decided once, and shown wherever the organisation is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import make_person
from tests.conftest import LEAD_STARTED_AT
from tests.content import add_picture
from tests.handing_in import BOX
from tests.submissions import MONA
from wmd.db import db, reading
from wmd.domain.content import ImageContent
from wmd.domain.programme import Programme
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import (
    AuditEntry,
    CalendarEntry,
    Decision,
    Edition,
    EventSession,
    Message,
    Organisation,
    OrganisationContact,
    Revision,
)
from wmd.services.profiles import (
    approve_profile,
    count_waiting_profiles,
    hand_in_profile,
    profile_of,
    read_profile,
    refuse_profile,
    settle_profiles,
    waiting_profiles,
)
from wmd.services.programme import load_programme
from wmd.services.publishing import Setting

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def organisation(dbs: Session, setting: Setting) -> Organisation:
    """Organisation A, which leads one published event."""
    documents.apply(dbs, setting, documents.document(documents.event()))
    return dbs.scalars(select(Organisation).where(Organisation.key == "a")).one()


def load() -> Programme:
    with reading(db.engine) as connection:
        return load_programme(connection, "2021", None)


def propose(dbs: Session, setting: Setting, organisation: Organisation, **changes: object) -> Revision | None:
    content = replace(profile_of(organisation), **changes)  # type: ignore[arg-type]
    return hand_in_profile(dbs, organisation, content, actor="person:ana", mint=setting.mint, now=LATER)


def test_proposed_profile_waits_and_changes_nothing_that_is_shown(
    dbs: Session, setting: Setting, organisation: Organisation
) -> None:
    before = load().organisations[organisation.code]
    revision = propose(dbs, setting, organisation, names={"en": "New name"}, public_email="us@a.example")
    dbs.commit()

    assert revision is not None
    assert (revision.kind, revision.state, revision.number) == ("organisation", "pending", 1)
    assert load().organisations[organisation.code] == before
    assert [(one.id, other.key) for one, other in waiting_profiles(dbs, actor=MONA)] == [(revision.id, "a")]
    elsewhere = replace(MONA, regions=frozenset({"africa"}))
    assert organisation.region != "africa"
    assert [count_waiting_profiles(dbs, actor=one) for one in (MONA, elsewhere)] == [1, 0]
    # Narrowed before it is cut, so that what others see takes no place.
    assert waiting_profiles(dbs, actor=elsewhere, limit=1) == []


def test_approved_profile_reaches_its_page_its_events_and_calendars(
    dbs: Session, setting: Setting, organisation: Organisation
) -> None:
    add_picture(dbs, NOW, "logo", kind="logo")
    revision = propose(
        dbs, setting, organisation, names={"en": "New name"}, public_email="us@a.example",
        social=("https://social.example/@a",), website="https://a.example/",
        image=ImageContent("logo", {"en": "A"}, ""),
    )  # fmt: skip
    assert revision is not None
    version = dbs.scalars(select(Edition.version)).one()
    approve_profile(dbs, revision, setting, moderator="person:mona", box=BOX, now=LATER)
    dbs.commit()

    programme = load()
    shown = programme.organisations[organisation.code]
    assert (shown.name, shown.website, shown.social) == (
        "New name",
        "https://a.example/",
        ("https://social.example/@a",),
    )
    assert shown.image is not None
    assert (shown.image.id, shown.image.alt) == ("logo", {"en": "A"})
    assert "us@a.example" not in repr(programme)
    (event,) = programme.events.values()
    assert [each.name for each in event.organisers] == ["New name"]
    assert programme.version == version + 1
    assert b"New name" in dbs.scalars(select(CalendarEntry)).one().full
    assert dbs.scalars(select(EventSession.sequence)).one() == 1
    assert dbs.scalars(select(Decision).where(Decision.revision_id == revision.id)).one().moderator == "person:mona"


def test_second_proposal_takes_the_place_of_the_first(
    dbs: Session, setting: Setting, organisation: Organisation
) -> None:
    first = propose(dbs, setting, organisation, city="Girona")
    second = propose(dbs, setting, organisation, city="Lleida")
    dbs.commit()

    assert first is not None
    assert second is not None
    assert (first.state, second.state, second.number) == ("superseded", "pending", 2)
    assert propose(dbs, setting, organisation, city="Lleida") is None
    with pytest.raises(NotAllowedMoveError):
        approve_profile(dbs, first, setting, moderator="person:mona", box=BOX, now=LATER)


def test_profile_is_decided_once(dbs: Session, setting: Setting, organisation: Organisation) -> None:
    revision = propose(dbs, setting, organisation, city="Girona")
    assert revision is not None
    refuse_profile(dbs, revision, moderator="person:mona", reason="Another city", box=BOX, now=LATER)
    dbs.commit()

    with pytest.raises(NotAllowedMoveError):
        approve_profile(dbs, revision, setting, moderator="person:adam", box=BOX, now=LATER)
    assert (revision.state, organisation.city) == ("refused", "Barcelona")


def test_every_contact_is_told_what_became_of_the_profile_and_nobody_else(
    dbs: Session, setting: Setting, organisation: Organisation
) -> None:
    for name in ("ana", "cleo", "gone", "ben"):
        dbs.add(make_person(name, NOW))
    dbs.flush()
    for name in ("ana", "cleo", "gone"):
        dbs.add(
            OrganisationContact(
                organisation_id=organisation.id, person_id=name, is_main=name == "ana", added_by="command",
                added_at=NOW, removed_at=NOW if name == "gone" else None,
            )
        )  # fmt: skip
    refused = propose(dbs, setting, organisation, city="Girona")
    assert refused is not None
    refuse_profile(dbs, refused, moderator="person:mona", reason="Another city", box=BOX, now=LATER)
    accepted = propose(dbs, setting, organisation, city="Lleida")
    assert accepted is not None
    approve_profile(dbs, accepted, setting, moderator="person:mona", box=BOX, now=LATER)
    dbs.commit()

    path = f"/organiser/organisations/{organisation.code}"
    mails = dbs.scalars(select(Message).order_by(Message.kind, Message.person_id)).all()
    own = select(Decision).where(Decision.revision_id.in_([refused.id, accepted.id]))
    verdicts = {one.id: (one.verdict, one.own) for one in dbs.scalars(own)}
    assert sorted(verdicts.values()) == [("approved", ""), ("refused", "Another city")]
    yes, no = sorted(verdicts, key=lambda one: verdicts[one])
    assert [(each.kind, each.person_id, each.state, each.facts) for each in mails] == [
        ("profile-accepted", "ana", "queued", {"path": path, "decision_id": yes}),
        ("profile-accepted", "cleo", "queued", {"path": path, "decision_id": yes}),
        # Not out yet when the next one was accepted.
        ("profile-refused", "ana", "cancelled", {"path": path, "decision_id": no}),
        ("profile-refused", "cleo", "cancelled", {"path": path, "decision_id": no}),
    ]


def test_approving_again_supersedes_the_one_before(dbs: Session, setting: Setting, organisation: Organisation) -> None:
    for city in ("Girona", "Lleida"):
        revision = propose(dbs, setting, organisation, city=city)
        assert revision is not None
        approve_profile(dbs, revision, setting, moderator="person:mona", box=BOX, now=LATER)
        dbs.commit()

    states = dbs.scalars(select(Revision.state).where(Revision.kind == "organisation").order_by(Revision.number)).all()
    assert (states, organisation.city) == (["superseded", "approved"], "Lleida")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"website": "http://a.example"}, "organisation.website"),
        ({"social": ("https://ok.example", "javascript:alert(1)")}, "organisation.social[1]"),
        ({"names": {"en": "write to a@a.example"}}, "organisation.names.en"),
        ({"country": "XX"}, "organisation.country"),
        ({"image": ImageContent("x", {}, "")}, "organisation.image.alt"),
    ],
)
def test_faults_are_named_by_their_field(
    dbs: Session, setting: Setting, organisation: Organisation, changes: dict[str, object], where: str
) -> None:
    with pytest.raises(InvalidContentError) as caught:
        propose(dbs, setting, organisation, **changes)

    assert where in {finding.where for finding in caught.value.findings}


def test_key_and_code_cannot_be_taken_over(dbs: Session, setting: Setting, organisation: Organisation) -> None:
    revision = propose(dbs, setting, organisation, key="b", code="ZZZZZZ", city="Girona")

    assert revision is not None
    content = read_profile(revision)
    assert (content.key, content.code) == ("a", organisation.code)


def test_proposed_organisation_becomes_listed(dbs: Session, setting: Setting, organisation: Organisation) -> None:
    organisation.state = "proposed"
    revision = propose(dbs, setting, organisation, city="Girona")
    assert revision is not None
    approve_profile(dbs, revision, setting, moderator="person:mona", box=BOX, now=LATER)
    dbs.commit()

    moves = select(AuditEntry.before, AuditEntry.after).where(AuditEntry.subject_id == organisation.id)
    assert ("proposed", "listed") in dbs.execute(moves).tuples().all()
    assert organisation.state == "listed"


def test_profile_that_says_what_is_shown_is_settled_with_the_first_event(
    dbs: Session, setting: Setting, organisation: Organisation
) -> None:
    same = Revision(
        id="same", organisation_id=organisation.id, number=1, kind="organisation", state="pending", schema_version=1,
        content={
            "key": "a", "names": {"en": "Organisation A"}, "kind": "academia", "city": "Barcelona", "country": "ES",
        },
        source="form", created_at=NOW,
    )  # fmt: skip
    dbs.add(same)
    dbs.flush()
    settle_profiles(dbs, [organisation], moderator="person:mona", now=LATER)
    assert same.state == "approved"

    other = propose(dbs, setting, organisation, city="Girona")
    assert other is not None
    settle_profiles(dbs, [organisation], moderator="person:mona", now=LATER)
    assert other.state == "pending"
