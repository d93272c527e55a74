"""Co-organisers: asked by mail, named only when they agreed, and published anew when they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.errors import NotAllowedMoveError
from wmd.models import CoOrganiser, Event, MailToken, Organisation, Person, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor
from wmd.services.contacts import contact_ids
from wmd.services.mail_tokens import consume, find, issue, standing
from wmd.services.moderation import lock_submission, require_moderator
from wmd.services.outbox import put_message
from wmd.services.rate_limits import may_mail_unasked
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

    Of several who were asked for one organisation the first decides. The yes of somebody who is no contact of an
    organisation that was known before waits for staff: whoever typed the address may have typed their own.
    """
    token = consume(dbs, "co-organiser", secret, now=now)
    submission_id = token.subject_id.partition(":")[0] if token is not None else ""
    if token is None or dbs.get(Submission, submission_id) is None:
        return None
    # Held first, read then: two contacts of one organisation may answer at the same moment.
    lock_submission(dbs, submission_id)
    asked = _asked(dbs, token, works=True)
    if asked is None or not asked.works:
        return None
    actor = f"person:{token.person_id}" if token.person_id else "visitor"
    if agrees and asked.row.is_known and token.person_id not in contact_ids(dbs, asked.organisation.id):
        asked.row.agreed_at = now
        audit(
            dbs, actor=actor, action="co-organiser", kind="submission", subject_id=asked.submission.id, before="asked",
            after="asked", detail={"organisation": ["", asked.organisation.id], "agreed": ["", "unknown"]}, now=now,
        )  # fmt: skip
        dbs.flush()
        return asked
    _settle(dbs, asked.row, agrees=agrees, means=means, actor=actor, now=now)
    return asked


def believe(
    dbs: Session, submission_id: str, organisation_id: str, means: Means, *, actor: Actor, now: datetime
) -> None:
    """Take the yes of an address nobody knows for the organisation's, as staff who have seen to it.

    Raises NotAllowedMoveError when there is none.
    """
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    row = dbs.get(CoOrganiser, (submission_id, organisation_id), populate_existing=True)
    if row is None or row.state != "asked" or row.agreed_at is None:
        msg = "nobody has agreed for this organisation, or it has answered"
        raise NotAllowedMoveError(msg)
    _settle(dbs, row, agrees=True, means=means, actor=actor.name, now=now)


def _settle(dbs: Session, row: CoOrganiser, *, agrees: bool, means: Means, actor: str, now: datetime) -> None:
    submission = dbs.get_one(Submission, row.submission_id)
    row.state, row.answered_at = "confirmed" if agrees else "declined", now
    audit(
        dbs, actor=actor, action="co-organiser", kind="submission", subject_id=submission.id, before="asked",
        after=row.state, detail={"organisation": ["", row.organisation_id]}, now=now,
    )  # fmt: skip
    dbs.flush()
    if submission.state == "approved" and dbs.get(Event, submission.event_id) is not None:
        publish_if_due(dbs, submission, means, actor=actor, now=now)


def ask_waiting(dbs: Session, submission: Submission, *, actor: str, box: SecretBox, now: datetime) -> None:
    """Ask every organisation that was named and nobody asked yet, unless they were mailed too often today.

    The caller has seen to it that the sender is known and nothing looks like spam.
    """
    waiting = dbs.scalars(
        select(CoOrganiser)
        .where(CoOrganiser.submission_id == submission.id, CoOrganiser.state == "asked", CoOrganiser.asked_at.is_(None))
        .order_by(CoOrganiser.organisation_id)
    ).all()
    for row in waiting:
        people = [one for one in _whom(dbs, row) if may_mail_unasked(dbs, one, now=now)]
        if people:
            _ask(dbs, submission, row, people, actor=actor, box=box, now=now)
    dbs.flush()


def ask_again(
    dbs: Session, submission_id: str, organisation_id: str, means: Means, *, actor: Actor, now: datetime
) -> int:
    """Mail the question, or mail it once more with a new link, to the organisation's contacts, else to whom was named.

    Returns to how many; nobody, when no address is known. Older links work no more. Raises NotAllowedMoveError when
    it was answered.
    """
    submission = lock_submission(dbs, submission_id)
    require_moderator(submission, actor)
    row = dbs.get(CoOrganiser, (submission_id, organisation_id), populate_existing=True)
    if row is None or row.state != "asked":
        msg = "this organisation was not asked, or has answered"
        raise NotAllowedMoveError(msg)
    people = _whom(dbs, row)
    _ask(dbs, submission, row, people, actor=actor.name, box=means.box, now=now)
    dbs.flush()
    return len(people)


def _whom(dbs: Session, row: CoOrganiser) -> list[str]:
    """Return who is asked: the organisation's own contacts; without any, whom the form named."""
    return contact_ids(dbs, row.organisation_id) or ([row.person_id] if row.person_id else [])


def _ask(
    dbs: Session, submission: Submission, row: CoOrganiser, people: list[str], *, actor: str, box: SecretBox,
    now: datetime,
) -> None:  # fmt: skip
    row.asked_at = now
    for person_id in people:
        subject = f"{submission.id}:{row.organisation_id}"
        token, secret = issue(dbs, "co-organiser", person_id, subject, LINK_LIVES, now)
        put_message(
            dbs, kind="co-organiser", dedupe_key=f"co-organiser:{token.id}", cause=actor, person_id=person_id,
            secret=f"/organiser/co-organiser?t={secret}", subject_id=submission.id, edition_id=submission.edition_id,
            facts={"organisation_id": row.organisation_id}, not_after=token.expires_at, box=box, now=now,
        )  # fmt: skip
    audit(
        dbs, actor=actor, action="ask-partner", kind="submission", subject_id=submission.id,
        after=row.organisation_id, now=now,
    )  # fmt: skip


def partners_of(dbs: Session, submission_id: str) -> list[tuple[CoOrganiser, Organisation, str]]:
    """Return the organisations named in a submission, what they answered, and the address that the form gave."""
    rows = dbs.execute(
        select(CoOrganiser, Organisation, func.coalesce(Person.address, ""))
        .join(Organisation, Organisation.id == CoOrganiser.organisation_id)
        .outerjoin(Person, Person.id == CoOrganiser.person_id)
        .where(CoOrganiser.submission_id == submission_id)
        .order_by(CoOrganiser.asked_at, Organisation.key)
    )
    return list(rows.tuples())
