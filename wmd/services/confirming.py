"""Whose a submission is: the mailed link that asks its sender, the answer, and what waits for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from wmd.domain.spam import without_speed
from wmd.models import Edition, MailToken, Organisation, OrganisationContact, Submission
from wmd.services.form_parties import Tools
from wmd.services.mail_tokens import issue
from wmd.services.moderation import lock_submission
from wmd.services.outbox import put_message, withdraw_messages
from wmd.services.sign_in import LINK_LIVES
from wmd.services.states import audit, move

#: A flag of submissions: whoever has the address that was given says that it is not theirs.
DISOWNED = "not-theirs"


def may_sign_in(token: MailToken, now: datetime) -> bool:
    """Tell whether a confirm link is as young as a sign-in link; an older one only confirms."""
    return now - token.created_at < LINK_LIVES


def send_confirm_link(dbs: Session, edition: Edition, submission: Submission, *, kind: str, tools: Tools) -> None:
    """Mail the link that confirms the address a submission came from (``kind``: confirm, or confirm-reminder)."""
    if submission.confirm_until is None or submission.person_id is None:
        return
    lifetime = submission.confirm_until - tools.now
    token, secret = issue(
        dbs, "confirm-submission", submission.person_id, submission.id, lifetime, tools.now, revoke_older=False
    )
    put_message(
        dbs, kind=kind, dedupe_key=f"{kind}:{token.id}", cause=tools.actor, now=tools.now,
        person_id=submission.person_id, secret=f"/organiser/confirm?t={secret}", subject_id=submission.id,
        edition_id=edition.id, facts={"receipt": submission.receipt, "until": token.expires_at.isoformat()},
        not_after=token.expires_at, box=tools.box,
    )  # fmt: skip


def confirm_submission(dbs: Session, submission: Submission, *, actor: str, now: datetime) -> bool:
    """Note that the address a submission came from is its sender's; return whether that was news."""
    submission = lock_submission(dbs, submission.id)
    _revoke_links(dbs, submission.id, now)
    if submission.state != "unconfirmed":
        return False
    submission.confirm_until = None
    if submission.suspect_at is not None and "spam.fast" in submission.flags:
        # Somebody reads this mailbox: how fast the form was filled in says nothing any more.
        submission.flags, is_still = without_speed(submission.flags)
        submission.suspect_at = submission.suspect_at if is_still else None
    move(dbs, submission, "submitted", actor=actor, now=now)
    dbs.flush()
    return True


def disown_submission(dbs: Session, submission: Submission, person_id: str, *, now: datetime) -> None:
    """Note that a submission is not of whom its address names: nothing is mailed to them about it any more.

    It stays for staff, who see what was said. Its mails that are not out stay here, its links work no more, and the
    person is no contact of the organisation that came with it, unless staff took that up.
    """
    submission = lock_submission(dbs, submission.id)
    _revoke_links(dbs, submission.id, now)
    withdraw_messages(dbs, subject_id=submission.id, reason="not theirs", now=now)
    if submission.person_id == person_id:
        submission.person_id = None
    organisation = dbs.get(Organisation, submission.organisation_id) if submission.organisation_id else None
    if organisation is not None and organisation.state == "proposed":
        dbs.execute(
            update(OrganisationContact)
            .where(
                OrganisationContact.organisation_id == organisation.id,
                OrganisationContact.person_id == person_id,
                OrganisationContact.removed_at.is_(None),
            )
            .values(removed_at=now, is_main=False)
            .execution_options(synchronize_session="fetch")
        )
    submission.flags = sorted({*submission.flags, DISOWNED})
    audit(
        dbs, actor=f"person:{person_id}", action="disown", kind="submission", subject_id=submission.id,
        before=person_id, now=now,
    )  # fmt: skip
    dbs.flush()


def _revoke_links(dbs: Session, submission_id: str, now: datetime) -> None:
    """Let the other links that ask the same work no more: of two answers the first one holds."""
    dbs.execute(
        update(MailToken)
        .where(
            MailToken.purpose == "confirm-submission",
            MailToken.subject_id == submission_id,
            MailToken.used_at.is_(None),
            MailToken.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session="fetch")
    )
