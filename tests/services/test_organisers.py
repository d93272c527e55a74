"""Whose names a published event shows."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from wmd.models import CoOrganiser, EventOrganisation, Organisation, Submission
from wmd.services.publishing import Setting, rederive

LATER = LEAD_STARTED_AT + timedelta(hours=1)


def shown(dbs: Session) -> list[tuple[str, str]]:
    found = dbs.execute(select(EventOrganisation.name, EventOrganisation.role).order_by(EventOrganisation.position))
    return list(found.tuples().all())


def ask(dbs: Session, key: str, state: str) -> None:
    organisation = dbs.scalars(select(Organisation).where(Organisation.key == key)).one()
    submission = dbs.scalars(select(Submission)).one()
    dbs.add(
        CoOrganiser(submission_id=submission.id, organisation_id=organisation.id, state=state, asked_at=LEAD_STARTED_AT)
    )
    dbs.flush()


def test_organisation_that_has_not_confirmed_is_not_shown_and_the_lead_always_is(
    dbs: Session, setting: Setting
) -> None:
    pair = [{"key": "a"}, {"key": "b", "role": "co"}]
    documents.apply(dbs, setting, documents.document(documents.event(organisers=pair)))
    assert shown(dbs) == [("Organisation A", "lead"), ("Organización B", "co")]

    ask(dbs, "a", "asked")
    ask(dbs, "b", "asked")
    rederive(dbs, setting, actor="command", now=LATER)
    assert shown(dbs) == [("Organisation A", "lead")]

    dbs.execute(update(CoOrganiser).values(state="confirmed", answered_at=LATER))
    rederive(dbs, setting, actor="command", now=LATER)
    assert shown(dbs) == [("Organisation A", "lead"), ("Organización B", "co")]


def test_merged_organisation_stands_once_under_the_one_that_took_its_place(dbs: Session, setting: Setting) -> None:
    pair = [{"key": "a"}, {"key": "b", "role": "co"}]
    documents.apply(dbs, setting, documents.document(documents.event(organisers=pair)))
    a, b = dbs.scalars(select(Organisation).order_by(Organisation.key)).all()

    a.state, a.merged_into_id = "merged", b.id
    rederive(dbs, setting, actor="command", now=LATER)

    assert shown(dbs) == [("Organización B", "lead")]


def test_second_one_that_leads_is_not_shown_before_it_agreed(dbs: Session, setting: Setting) -> None:
    pair = [{"key": "a"}, {"key": "b", "role": "lead"}]
    documents.apply(dbs, setting, documents.document(documents.event(organisers=pair)))
    ask(dbs, "b", "asked")
    rederive(dbs, setting, actor="command", now=LATER)
    assert shown(dbs) == [("Organisation A", "lead")]
