"""Emptying a submission that was nothing: its words and people go; rows, verdict and trail stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wmd.domain.content import SCHEMA_VERSION, EventContent, OrganisationContent
from wmd.domain.content_json import STORED, event_to_json, organisation_to_json
from wmd.models import (
    Attendee,
    CoOrganiser,
    Decision,
    Declaration,
    Draft,
    FieldComment,
    Note,
    Organisation,
    OrganisationContact,
    Person,
    Revision,
    Speaker,
    StaffMember,
    Submission,
)
from wmd.services.erasure import erase_person
from wmd.services.private_links import forget_links_of
from wmd.services.publishing import Setting
from wmd.services.states import audit

#: What is left of a submission that was emptied.
_NOTHING = EventContent(key="", language="en", texts={}, sessions=(), organisers=())


def empty_submission(dbs: Session, submission: Submission, setting: Setting, *, actor: str, now: datetime) -> None:
    """Empty a submission, and with it people and organisation that nothing else speaks of. The caller commits."""
    revisions = dbs.scalars(select(Revision).where(Revision.submission_id == submission.id)).all()
    named = {id_ for revision in revisions for id_ in people_in(revision.content)}
    for model in (FieldComment, Note, CoOrganiser, Declaration, Draft):
        dbs.execute(delete(model).where(model.submission_id == submission.id))
    forget_links_of(dbs, submission.id, now=now)
    # The rows stay, so that decisions and receipt have what they are about; nothing is left in them.
    for revision in revisions:
        revision.content, revision.schema_version = event_to_json(_NOTHING), SCHEMA_VERSION
    second, submission.second_person_id = submission.second_person_id, None
    submission.title = submission.late_note = ""
    submission.flags, submission.topics = [], []
    audit(dbs, actor=actor, action="empty", kind="submission", subject_id=submission.id, now=now)
    dbs.flush()
    _leave_organisation(dbs, submission, actor=actor, now=now)
    for person_id in sorted({*named, *filter(None, [submission.person_id, second])}):
        person = dbs.get(Person, person_id)
        if person is not None and not _is_needed(dbs, person, but=submission.id):
            erase_person(dbs, person, setting, actor=actor, now=now)


def people_in(content: object) -> set[str]:
    """Return the ids of people in a stored document, at any depth."""
    if isinstance(content, dict):
        found = {value for key, value in content.items() if key == "person_id" and isinstance(value, str) and value}
        return found.union(*(people_in(value) for value in content.values()))
    if isinstance(content, list):
        return set().union(*(people_in(value) for value in content))
    return set()


def _is_needed(dbs: Session, person: Person, *, but: str) -> bool:
    """Whether anything else speaks of the person: another submission, an organisation, an event, the staff."""
    other = [
        select(Submission.id).where(Submission.person_id == person.id, Submission.id != but),
        select(OrganisationContact.person_id).where(
            OrganisationContact.person_id == person.id, OrganisationContact.removed_at.is_(None)
        ),
        select(Speaker.id).where(Speaker.person_id == person.id),
        select(StaffMember.person_id).where(StaffMember.person_id == person.id),
        select(Attendee.person_id).where(Attendee.person_id == person.id),
    ]
    return any(dbs.scalars(query.limit(1)).first() is not None for query in other)


def _leave_organisation(dbs: Session, submission: Submission, *, actor: str, now: datetime) -> None:
    """Empty an organisation that nobody of the staff ever took up and that stands behind nothing else."""
    organisation = dbs.get(Organisation, submission.organisation_id) if submission.organisation_id else None
    others = select(Submission.id).where(
        Submission.organisation_id == submission.organisation_id, Submission.id != submission.id
    )
    if organisation is None or organisation.state != "proposed" or dbs.scalars(others.limit(1)).first() is not None:
        return
    dbs.execute(
        update(OrganisationContact)
        .where(OrganisationContact.organisation_id == organisation.id, OrganisationContact.removed_at.is_(None))
        .values(removed_at=now, is_main=False)
    )
    _forget_profiles(dbs, organisation)
    empty: dict[str, Any] = dict.fromkeys(("website", "public_email", "acronym", "city", "image_alt"), "")
    empty |= {"names": {organisation.language: ""}, "social": [], "image_id": None, "retired_at": now}
    dbs.execute(update(Organisation).where(Organisation.id == organisation.id).values(**empty))
    audit(dbs, actor=actor, action="empty", kind="organisation", subject_id=organisation.id, now=now)
    dbs.flush()


def _forget_profiles(dbs: Session, organisation: Organisation) -> None:
    """Delete what was handed in as a profile; of one that was decided on the row stays, empty, for its verdict."""
    own = Revision.organisation_id == organisation.id
    decided = select(Revision.id).where(own, Revision.id.in_(select(Decision.revision_id)))
    nothing = organisation_to_json(OrganisationContent(key="", names={organisation.language: ""}), STORED)
    empty: dict[str, Any] = {"content": nothing, "schema_version": SCHEMA_VERSION}
    dbs.execute(update(Revision).where(Revision.id.in_(decided)).values(**empty))
    dbs.execute(delete(Revision).where(own, Revision.id.not_in(decided)))
