"""What a contact has with us: submissions of their organisations, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from wmd.models import (
    Decision,
    Edition,
    Event,
    Note,
    Organisation,
    OrganisationContact,
    Revision,
    Submission,
)
from wmd.services.submissions import EDITABLE, phase_of

#: The last so many; nobody reads more on one page.
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class OwnItem:
    """One submission for its organiser. ``event`` is set once it was published; ``reason`` what a moderator wrote."""

    submission: Submission
    edition: Edition
    organisation: Organisation | None
    event: Event | None
    is_waiting: bool = False
    questions: int = 0
    reason: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether people find it in the programme."""
        return self.event is not None and self.event.hidden_at is None and self.event.merged_into_id is None

    @property
    def is_editable(self) -> bool:
        """Whether its organiser may change it."""
        return self.submission.state in EDITABLE and (self.event is None or self.event.merged_into_id is None)


def own_items(dbs: Session, person_id: str, *, submission_id: str = "") -> list[OwnItem]:
    """Return a person's submissions, the newest first (or the one named), in a fixed number of statements.

    Whose they are is decided elsewhere for a single one (``find_own_submission``); the list holds those of the
    organisations the person is a contact of, and what they handed in themselves.
    """
    mine = select(OrganisationContact.organisation_id).where(
        OrganisationContact.person_id == person_id, OrganisationContact.removed_at.is_(None)
    )
    removed = select(OrganisationContact.organisation_id).where(
        OrganisationContact.person_id == person_id, OrganisationContact.removed_at.is_not(None)
    )
    wanted = (
        select(Submission, Edition, Organisation, Event)
        .join(Edition, Edition.id == Submission.edition_id)
        .outerjoin(Organisation, Organisation.id == Submission.organisation_id)
        .outerjoin(Event, Event.id == Submission.event_id)
        .order_by(Submission.created_at.desc(), Submission.id)
        .limit(MOST_LISTED)
    )
    if submission_id:
        wanted = wanted.where(Submission.id == submission_id)
    else:
        by_me = (Submission.person_id == person_id) & Submission.organisation_id.not_in(removed)
        wanted = wanted.where(or_(Submission.organisation_id.in_(mine), by_me))
    rows = dbs.execute(wanted).tuples().all()
    ids = [row[0].id for row in rows]
    waiting, questions, reasons = _waiting(dbs, ids), _questions(dbs, ids), _reasons(dbs, ids)
    return [
        OwnItem(
            submission, edition, organisation, event, submission.id in waiting, questions.get(submission.id, 0),
            reasons.get(submission.id, ""),
        )
        for submission, edition, organisation, event in rows
    ]  # fmt: skip


def _waiting(dbs: Session, ids: list[str]) -> set[str]:
    """Return which of these have a revision that waits for a person."""
    found = select(Revision.submission_id).where(
        Revision.submission_id.in_(ids), Revision.state == "pending", Revision.source != "import"
    )
    return {one for one in dbs.scalars(found) if one}


def _questions(dbs: Session, ids: list[str]) -> dict[str, int]:
    """Return how many questions of the team are open, by submission."""
    found = (
        select(Note.submission_id, func.count())
        .where(Note.submission_id.in_(ids), Note.is_question, Note.answered_at.is_(None))
        .group_by(Note.submission_id)
    )
    return dict(dbs.execute(found).tuples().all())


def _reasons(dbs: Session, ids: list[str]) -> dict[str, str]:
    """Return the reason of the last decision on each, in the words its organiser was written."""
    found = (
        select(Revision.submission_id, Decision.reason)
        .join(Decision, Decision.revision_id == Revision.id)
        .where(Revision.submission_id.in_(ids))
        .order_by(Decision.id)
    )
    return {str(one): reason for one, reason in dbs.execute(found).tuples()}


def open_editions(dbs: Session, now: datetime) -> list[Edition]:
    """Return the editions that take events now, the next one first."""
    rows = dbs.scalars(select(Edition).order_by(Edition.is_permanent, Edition.main_day.desc()).limit(50)).all()
    return [row for row in rows if phase_of(row, now) in {"open", "late"}]
