"""Contacts: who answers for which organisation, and what they may act on."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from wmd.models import Organisation, OrganisationContact, Submission


def organisations_of(dbs: Session, person_id: str) -> list[Organisation]:
    """Return the organisations that a person is a contact of, by code."""
    return list(
        dbs.scalars(
            select(Organisation)
            .join(OrganisationContact, OrganisationContact.organisation_id == Organisation.id)
            .where(OrganisationContact.person_id == person_id, OrganisationContact.removed_at.is_(None))
            .order_by(Organisation.code)
            .limit(200)
        )
    )


def find_own_organisation(dbs: Session, person_id: str, code: str) -> Organisation | None:
    """Return the organisation with this code when the person is a contact of it."""
    return dbs.scalars(
        select(Organisation)
        .join(OrganisationContact, OrganisationContact.organisation_id == Organisation.id)
        .where(
            Organisation.code == code,
            OrganisationContact.person_id == person_id,
            OrganisationContact.removed_at.is_(None),
        )
    ).first()


def find_own_submission(dbs: Session, person_id: str, submission_id: str) -> Submission | None:
    """Return a submission that a person may act for: as a contact of its organisation, or as who handed it in.

    Who handed it in keeps it until they are removed as a contact of its organisation. Those who may act for one that
    was merged into it may act for it too.
    """
    merged = aliased(Submission)
    rows = dbs.execute(
        select(merged, OrganisationContact)
        .outerjoin(
            OrganisationContact,
            (OrganisationContact.organisation_id == merged.organisation_id)
            & (OrganisationContact.person_id == person_id),
        )
        .where(or_(merged.id == submission_id, merged.merged_into_id == submission_id))
    )
    for submission, contact in rows:
        if submission.person_id == person_id if contact is None else contact.removed_at is None:
            return dbs.get(Submission, submission_id)
    return None
