"""Contacts: who answers for which organisation, and what they may act on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

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

    Who handed it in keeps it until they are removed as a contact of its organisation.
    """
    found = dbs.execute(
        select(Submission, OrganisationContact)
        .outerjoin(
            OrganisationContact,
            (OrganisationContact.organisation_id == Submission.organisation_id)
            & (OrganisationContact.person_id == person_id),
        )
        .where(Submission.id == submission_id)
    ).first()
    if found is None:
        return None
    submission, contact = found
    may = submission.person_id == person_id if contact is None else contact.removed_at is None
    return submission if may else None
