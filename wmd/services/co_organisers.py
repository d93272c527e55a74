"""Co-organisers: asked by mail, named only when they agreed, and published anew when they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.errors import NotAllowedMoveError
from wmd.models import CoOrganiser, Event, MailToken, Organisation, OrganisationContact, Submission
from wmd.services.actors import Actor
from wmd.services.mail_tokens import consume, find, issue, standing
from wmd.services.moderation import lock_submission, require_moderator
from wmd.services.outbox import put_message
from wmd.services.standing import Means, publish_if_due
from wmd.services.states import audit

LINK_LIVES = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a mailed link asks: which organisation about which submission, where that stands, and whether it works."""

    row: CoOrganiser
    submission: Submission
    organisation: Organisation
    works: bool


def look_at_question(dbs: Session, secret: str, *, now: datetime) -> Asked | None:
    """Return what a link asks, without using it up; None for one that was never ours."""
    token = find(dbs, "co-organiser", secret)
    return _asked(dbs, token, works=standing(token, now=now) == "good") if token is not None else None


def _asked(dbs: Session, token: MailToken, *, works: bool) -> Asked | None:
    submission_id, _, organisation_id = token.subject_id.partition(":")
    row = dbs.get(CoOrganiser, (submission_id, organisation_id), populate_existing=True)
    if row is None:
        return None
    submission = dbs.get_one(Submission, submission_id)
    return Asked(row, submission, dbs.get_one(Organisation, organisation_id), works and row.state == "asked")


def answer(dbs: Session, secret: str, *, agrees: bool, means: Means, now: datetime) -> Asked | None:
    """Take an organisation's answer and publish the event anew, if it is published; None when the link works no more.

    Of several who were asked for one organisation the first decides.
    """
    token = consume(dbs, "co-organiser", secret, now=now)
    submission_id = token.subject_id.partition(":")[0] if token is not None else ""
    if token is None or dbs.get(Submission, submission_id) is None:
        return None
    # Held first, read then: two contacts of one organisation may answer at the same moment.
    submission = lock_submission(dbs, submission_id)
    asked = _asked(dbs, token, works=True)
    if asked is None or not asked.works:
        return None
    to = "confirmed" if agrees else "declined"
    asked.row.state, asked.row.answered_at = to, now
    actor = f"person:{token.person_id}" if token.person_id else "visitor"
    audit(
        dbs, actor=actor, action="co-organiser", kind="submission", subject_id=submission.id, before="asked", after=to,
        detail={"organisation": ["", asked.organisation.id]}, now=now,
    )  # fmt: skip
    dbs.flush()
    if submission.state == "approved" and dbs.get(Event, submission.event_id) is not None:
        publish_if_due(dbs, submission, means, actor=actor, now=now)
    return asked


def ask_again(
    dbs: Session, submission_id: str, organisation_id: str, means: Means, *, actor: Actor, now: datetime
) -> int:
    """Mail the question once more, with a new link, to whom it went and to the organisation's contacts.

    Returns to how many; nobody, when no address is known. Older links work no more. Raises NotAllowedMoveError when
    it was answered.
    """
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    row = dbs.get(CoOrganiser, (submission_id, organisation_id), populate_existing=True)
    if row is None or row.state != "asked":
        msg = "this organisation was not asked, or has answered"
        raise NotAllowedMoveError(msg)
    contacts = select(OrganisationContact.person_id).where(
        OrganisationContact.organisation_id == organisation_id, OrganisationContact.removed_at.is_(None)
    )
    people = sorted({*dbs.scalars(contacts), *([row.person_id] if row.person_id else [])})
    row.asked_at = now
    for person_id in people:
        token, secret = issue(dbs, "co-organiser", person_id, f"{submission_id}:{organisation_id}", LINK_LIVES, now)
        put_message(
            dbs, kind="co-organiser", dedupe_key=f"co-organiser:{token.id}", cause=actor.name, person_id=person_id,
            secret=f"/organiser/co-organiser?t={secret}", subject_id=submission_id, edition_id=submission.edition_id,
            facts={"organisation_id": organisation_id}, not_after=token.expires_at, box=means.box, now=now,
        )  # fmt: skip
    audit(
        dbs, actor=actor.name, action="ask-partner", kind="submission", subject_id=submission_id,
        after=organisation_id, now=now,
    )  # fmt: skip
    dbs.flush()
    return len(people)


def partners_of(dbs: Session, submission_id: str) -> list[tuple[CoOrganiser, Organisation]]:
    """Return the organisations that were asked about a submission, and what they answered."""
    rows = dbs.execute(
        select(CoOrganiser, Organisation)
        .join(Organisation, Organisation.id == CoOrganiser.organisation_id)
        .where(CoOrganiser.submission_id == submission_id)
        .order_by(CoOrganiser.asked_at, Organisation.key)
    )
    return list(rows.tuples())
