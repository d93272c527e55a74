"""What a contact has with us: submissions of their organisations, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.vocabulary import SessionStatus
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
from wmd.services.intake import read_content
from wmd.services.submissions import EDITABLE, phase_of

#: The last so many; nobody reads more on one page.
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class OwnItem:
    """One submission for its organiser. ``event`` is set once it was published; ``reason`` what a moderator wrote.

    ``content`` is what is published, before that what was handed in last.
    """

    submission: Submission
    edition: Edition
    organisation: Organisation | None
    event: Event | None
    is_waiting: bool = False
    questions: int = 0
    reason: str = ""
    content: EventContent | None = None

    @property
    def off(self) -> str:
        """What became of a published event: cancelled, postponed, partly (some of its sessions), or nothing."""
        if self.event is None or self.content is None:
            return ""
        found = {session.status for session in self.content.sessions}
        if found == {SessionStatus.SCHEDULED}:
            return ""
        return next(iter(found)).value if len(found) == 1 else "partly"

    @property
    def off_reason(self) -> str:
        """The reason that everybody reads, in the language of the event where there is one in it."""
        said = self.content.public_reason if self.off and self.content else {}
        return said.get(self.submission.language) or next(iter(said.values()), "")

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
    contents = _contents(dbs, ids, [row[3].revision_id for row in rows if row[3] is not None])
    return [
        OwnItem(
            submission, edition, organisation, event, submission.id in waiting, questions.get(submission.id, 0),
            reasons.get(submission.id, ""), contents.get(submission.id),
        )
        for submission, edition, organisation, event in rows
    ]  # fmt: skip


def _contents(dbs: Session, ids: list[str], published: list[str]) -> dict[str, EventContent]:
    """Return what is published of each submission, else what was handed in last."""
    last = (
        select(Revision.submission_id.label("of"), func.max(Revision.number).label("number"))
        .where(Revision.submission_id.in_(ids))
        .group_by(Revision.submission_id)
        .subquery()
    )
    found = (
        select(Revision)
        .join(last, Revision.submission_id == last.c.of)
        .where(or_(Revision.id.in_(published), Revision.number == last.c.number))
    )
    rows = sorted(dbs.scalars(found), key=lambda row: row.id in published)
    return {row.submission_id: read_content(row) for row in rows if row.submission_id}


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
