"""Whom a submission's mails go to, and putting them into the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from wmd.models import Decision, OrganisationContact, Person, Reason, Revision, Submission
from wmd.secretbox import SecretBox
from wmd.services.outbox import put_message

#: Canned reasons are written in these.
REASON_LANGUAGES = ("en", "es", "fr")


def recipients(dbs: Session, submission: Submission) -> list[str]:
    """Return the ids of those who answer for a submission: its organisation's contacts, and who handed it in."""
    wanted = {
        *dbs.scalars(_contacts(submission.organisation_id)),
        *([submission.person_id] if submission.person_id else []),
    }
    return _reachable(dbs, wanted)


def tell_of_profile(
    dbs: Session, revision: Revision, decision: Decision, *, code: str, box: SecretBox, now: datetime
) -> int:
    """Tell an organisation's contacts what became of the profile they proposed; return how many mails are new."""
    kind = "profile-accepted" if revision.state == "approved" else "profile-refused"
    organisation_id = str(revision.organisation_id)
    new = 0
    for person_id in _reachable(dbs, set(dbs.scalars(_contacts(organisation_id)))):
        message = put_message(
            dbs, kind=kind, dedupe_key=f"{kind}:{revision.id}:{person_id}", cause=decision.moderator,
            person_id=person_id, subject_id=organisation_id,
            facts={"path": f"/organiser/organisations/{code}", "decision_id": decision.id},
            thread=f"profile:{organisation_id}:{person_id}", box=box, now=now,
        )  # fmt: skip
        new += message is not None
    return new


def _contacts(organisation_id: str | None) -> Select[tuple[str]]:
    return select(OrganisationContact.person_id).where(
        OrganisationContact.organisation_id == organisation_id, OrganisationContact.removed_at.is_(None)
    )


def _reachable(dbs: Session, wanted: set[str]) -> list[str]:
    reachable = select(Person.id).where(
        Person.id.in_(sorted(wanted)), Person.erased_at.is_(None), Person.address_key.is_not(None)
    )
    return sorted(dbs.scalars(reachable))


def tell(
    dbs: Session,
    submission: Submission,
    kind: str,
    *,
    mark: str,
    thread: str,
    facts: Mapping[str, object],
    cause: str,
    box: SecretBox,
    now: datetime,
    to: Sequence[str] | None = None,
) -> int:
    """Put one mail to each who answers for a submission; return how many are new.

    ``mark`` names the cause (a decision's id, say), so that a repeated one sends nothing; a newer mail of the same
    ``thread`` and person takes back one that is not out yet.
    """
    new = 0
    for person_id in recipients(dbs, submission) if to is None else to:
        message = put_message(
            dbs, kind=kind, dedupe_key=f"{kind}:{mark}:{person_id}", cause=cause, person_id=person_id,
            subject_id=submission.id, edition_id=submission.edition_id, facts=facts,
            thread=f"{thread}:{submission.id}:{person_id}" if thread else "", box=box, now=now,
        )  # fmt: skip
        new += message is not None
    return new


def words_of(dbs: Session, reasons: Sequence[str], own: str, language: str) -> str:
    """Return a reason in words: the canned ones in a language (else English), then own words."""
    language = language.partition("-")[0]
    language = language if language in REASON_LANGUAGES else "en"
    rows = dbs.scalars(select(Reason).where(Reason.slug.in_(list(reasons))).order_by(Reason.position))
    canned = [row.texts.get(language, row.texts.get("en", {})).get("body", "") for row in rows]
    return "\n\n".join(part for part in (*canned, own.strip()) if part)
