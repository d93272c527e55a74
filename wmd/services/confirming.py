"""Whose a submission is: the mailed link that asks its sender, the answer, and what waits for it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from wmd.domain.spam import without_speed
from wmd.errors import InvalidContentError
from wmd.models import Edition, MailToken, Organisation, OrganisationContact, Person, Submission
from wmd.secretbox import SecretBox
from wmd.services.co_organisers import ask_waiting
from wmd.services.consents import give_consent
from wmd.services.contacts import invite_person
from wmd.services.form_parties import Tools
from wmd.services.mail_tokens import issue
from wmd.services.moderation import lock_submission
from wmd.services.outbox import put_message, withdraw_messages
from wmd.services.rate_limits import may_mail_unasked
from wmd.services.sign_in import LINK_LIVES
from wmd.services.states import audit, move

NEWS_VERSION = "1"
#: A flag of submissions: whoever has the address that was given says that it is not theirs.
DISOWNED = "not-theirs"


def may_sign_in(token: MailToken, now: datetime) -> bool:
    """Tell whether a confirm link is as young as a sign-in link; an older one only confirms."""
    return now - token.created_at < LINK_LIVES


def send_confirm_link(dbs: Session, edition: Edition, submission: Submission, *, kind: str, tools: Tools) -> None:
    """Mail the link that confirms the address a submission came from (``kind``: confirm, or confirm-reminder)."""
    if submission.confirm_until is None or submission.person_id is None:
        return
    # Who was mailed too often today finds it behind the sign-in.
    if not may_mail_unasked(dbs, submission.person_id, now=tools.now):
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


def confirm_submission(dbs: Session, submission: Submission, *, actor: str, box: SecretBox, now: datetime) -> bool:
    """Note that the address a submission came from is its sender's; return whether that was news.

    What waited for it follows, also when staff took the submission on before.
    """
    submission = lock_submission(dbs, submission.id)
    _revoke_links(dbs, submission.id, now)
    if submission.confirmed_at is not None or submission.state in {"rejected", "withdrawn"}:
        return False
    submission.confirmed_at = now
    if submission.suspect_at is not None and "spam.fast" in submission.flags:
        # Somebody reads this mailbox: how fast the form was filled in says nothing any more.
        submission.flags, is_still = without_speed(submission.flags)
        submission.suspect_at = submission.suspect_at if is_still else None
    if submission.state == "unconfirmed":
        submission.confirm_until = None
        move(dbs, submission, "submitted", actor=actor, now=now)
    follow_confirmation(dbs, submission, actor=actor, box=box, now=now)
    return True


def follow_confirmation(dbs: Session, submission: Submission, *, actor: str, box: SecretBox, now: datetime) -> None:
    """Do what waits for a known sender: their consent to news; and, unless it looks like spam, mails to others."""
    if submission.confirmed_at is None:
        return
    if submission.wants_news and submission.person_id is not None:
        submission.wants_news = False
        give_consent(
            dbs, submission.person_id, "news", NEWS_VERSION, actor=f"person:{submission.person_id}", now=now
        )  # fmt: skip
    if submission.suspect_at is None and submission.state not in {"rejected", "withdrawn"}:
        _invite_second(dbs, submission, actor=actor, box=box, now=now)
        ask_waiting(dbs, submission, actor=actor, box=box, now=now)
    dbs.flush()


def _invite_second(dbs: Session, submission: Submission, *, actor: str, box: SecretBox, now: datetime) -> None:
    """Invite the second person whom the form named: a contact is who says so themselves."""
    organisation = dbs.get(Organisation, submission.organisation_id) if submission.organisation_id else None
    second = dbs.get(Person, submission.second_person_id) if submission.second_person_id else None
    submission.second_person_id = None
    if organisation is None or second is None or second.erased_at is not None:
        return
    with suppress(InvalidContentError):  # A contact already, or mailed too often: the organiser can invite by hand.
        invite_person(dbs, organisation, second, actor=actor, box=box, now=now)


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
