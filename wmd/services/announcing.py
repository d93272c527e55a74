"""Writing to the organisers of several submissions: who would get it, and putting it into the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError
from wmd.models import Person, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor
from wmd.services.decision_mail import recipients
from wmd.services.moderation import require_moderator
from wmd.services.outbox import put_message
from wmd.services.states import audit

LONGEST_SUBJECT = 150
LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Addressee:
    """One person who would get a mail, and about which submission."""

    person: Person
    submission: Submission


def addressees(dbs: Session, submissions: Sequence[Submission]) -> list[Addressee]:
    """Return who would get an announcement: each person once, though they answer for several of the submissions."""
    found: dict[str, Submission] = {}
    for submission in submissions:
        for person_id in recipients(dbs, submission):
            found.setdefault(person_id, submission)
    people = {row.id: row for row in dbs.scalars(select(Person).where(Person.id.in_(sorted(found))))}
    return [Addressee(people[id_], submission) for id_, submission in found.items()]


def check_announcement(subject: str, text: str) -> None:
    """Raise InvalidContentError when the subject or the text is missing or far too long."""
    found = []
    for name, words, longest in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
        if not words.strip() or len(words) > longest or (name == "subject" and "\n" in words.strip()):
            say = (
                N_("This is needed, on one line of at most 150 characters.")
                if name == "subject"
                else N_("This is needed.")
            )
            found.append(Finding(f"announcement.{name}", Level.ERROR, name, say))
    if found:
        raise InvalidContentError(found)


def announce(
    dbs: Session,
    submissions: Sequence[Submission],
    subject: str,
    text: str,
    *,
    actor: Actor,
    box: SecretBox,
    now: datetime,
) -> int:
    """Put one mail to each addressee into the outbox; return how many are new.

    The same words to the same person go out once a day, so that a second press of the button sends nothing. Raises
    NotYoursError when one of the submissions is none of the actor's.
    """
    check_announcement(subject, text)
    for submission in submissions:
        require_moderator(submission, actor)
    digest = hashlib.sha256(f"{subject}\n{text}".encode()).hexdigest()[:16]
    sent = 0
    for one in addressees(dbs, submissions):
        message = put_message(
            dbs, kind="announcement", dedupe_key=f"announcement:{digest}:{now:%Y-%m-%d}:{one.person.id}",
            cause=actor.name, person_id=one.person.id, subject_id=one.submission.id,
            edition_id=one.submission.edition_id, facts={"subject": subject.strip(), "text": text.strip()}, box=box,
            now=now,
        )  # fmt: skip
        sent += message is not None
    audit(
        dbs, actor=actor.name, action="announce", kind="mail", subject_id=digest,
        detail={"submissions": [[], [submission.id for submission in submissions]], "sent": [0, sent]}, now=now,
    )  # fmt: skip
    dbs.flush()
    return sent
