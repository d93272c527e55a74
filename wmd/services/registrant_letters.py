"""What an organiser writes to those who registered: read by a moderator first, then sent through the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.invisible import without_marks
from wmd.domain.links import contains_private_link
from wmd.errors import InvalidContentError
from wmd.models import Event, RegistrantLetter, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor, theirs
from wmd.services.audience import audience_page
from wmd.services.decision_mail import recipients
from wmd.services.moderation import require_moderator
from wmd.services.outbox import put_message
from wmd.services.states import audit

LONGEST_SUBJECT: Final = 150
LONGEST_BODY: Final = 5_000
#: Letters of one event that wait for a moderator, at most.
MOST_WAITING: Final = 5
_PAGE: Final = 500

#: To whom a letter can go, in words.
AUDIENCES: Final[Mapping[str, str]] = {
    "registered": N_("Those with a place"),
    "waiting": N_("Those who wait for a place, or are offered one"),
    "followers": N_("Those who follow it"),
}
_STATES: Final = {"registered": ("registered",), "waiting": ("waiting", "offered")}

_NEEDED = N_("This is needed.")
_TOO_LONG = N_("At most {most} characters fit.")
_ONE_LINE = N_("Write it on one line.")
_PRIVATE = N_("This link leads into a room. Leave it out: each reader gets their own way in from us.")
_MANY = N_("Some letters wait for the moderators already. Please wait for their answer.")
_WHY = N_("Say why, so that the organiser can write it anew.")


class Readers(NamedTuple):
    """Who reads a letter: those whose registration is in one of these states, and perhaps who follows the event."""

    states: tuple[str, ...]
    followers: bool


def readers_of(audience: Collection[str]) -> Readers:
    """Return who reads a letter to some of ``AUDIENCES``."""
    states = [state for name in ("registered", "waiting") if name in audience for state in _STATES[name]]
    return Readers(tuple(states), "followers" in audience)


def check_letter(subject: str, body: str) -> None:
    """Raise InvalidContentError beside each field that is empty, too long, or would give away a private link."""
    found = []
    for name, text, most in (("subject", subject, LONGEST_SUBJECT), ("body", body, LONGEST_BODY)):
        if not without_marks(text):
            found.append(Finding("letter.missing", Level.ERROR, name, _NEEDED))
        elif len(text) > most:
            found.append(Finding("letter.long", Level.ERROR, name, _TOO_LONG, {"most": most}))
        elif contains_private_link(text):
            found.append(Finding("letter.private", Level.ERROR, name, _PRIVATE))
    if len(subject.strip().splitlines()) > 1:
        found.append(Finding("letter.lines", Level.ERROR, "subject", _ONE_LINE))
    if found:
        raise InvalidContentError(found)


def write_letter(
    dbs: Session, event: Event, subject: str, body: str, *, author: str, language: str, form_token: str, now: datetime
) -> RegistrantLetter:
    """Hand in a letter; the same form sent twice finds the first. Raises InvalidContentError."""
    known = dbs.scalars(select(RegistrantLetter).where(RegistrantLetter.form_token == form_token)).first()
    if known is not None and known.event_id == event.id:
        return known
    check_letter(subject, body)
    if len(_waiting(dbs, event.id)) >= MOST_WAITING:
        raise InvalidContentError([Finding("letter.many", Level.ERROR, "subject", _MANY)])
    letter = RegistrantLetter(
        id=str(uuid.uuid4()), event_id=event.id, author=author, language=language, subject=without_marks(subject),
        body=body.strip(), form_token=form_token, created_at=now,
    )  # fmt: skip
    dbs.add(letter)
    audit(
        dbs, actor=f"person:{author}", action="write-letter", kind="registrant-letter", subject_id=letter.id,
        after="pending", now=now,
    )  # fmt: skip
    dbs.flush()
    return letter


def _waiting(dbs: Session, event_id: str) -> Sequence[str]:
    return dbs.scalars(
        select(RegistrantLetter.id)
        .where(RegistrantLetter.event_id == event_id, RegistrantLetter.state == "pending")
        .limit(MOST_WAITING)
    ).all()


def letters_of(dbs: Session, event_id: str, *, limit: int = 50) -> Sequence[RegistrantLetter]:
    """Return an event's letters, the newest first."""
    return dbs.scalars(
        select(RegistrantLetter)
        .where(RegistrantLetter.event_id == event_id)
        .order_by(RegistrantLetter.created_at.desc())
        .limit(limit)
    ).all()


def waiting_letters(dbs: Session, actor: Actor, *, limit: int = 50) -> list[tuple[RegistrantLetter, Submission]]:
    """Return the letters that wait for this moderator, the oldest first, each with the submission of its event."""
    return list(
        dbs.execute(
            select(RegistrantLetter, Submission)
            .join(Submission, Submission.event_id == RegistrantLetter.event_id)
            .where(RegistrantLetter.state == "pending", theirs(actor, Submission.region, Submission.language))
            .order_by(RegistrantLetter.created_at)
            .limit(limit)
        )
        .tuples()
        .all()
    )


def count_waiting_letters(dbs: Session, actor: Actor) -> int:
    """Return how many letters wait for this moderator."""
    wanted = (
        select(func.count())
        .select_from(RegistrantLetter)
        .join(Submission, Submission.event_id == RegistrantLetter.event_id)
        .where(RegistrantLetter.state == "pending", theirs(actor, Submission.region, Submission.language))
    )
    return dbs.scalar(wanted) or 0


def decide_letter(
    dbs: Session, letter: RegistrantLetter, verdict: str, reason: str, *, actor: Actor, box: SecretBox, now: datetime
) -> bool:
    """Approve or refuse a letter that waits; tell whether it still did (another moderator may have been quicker).

    Who wrote it gets a mail, with the reason of a refusal.

    Raises NotYoursError for whom it is not, InvalidContentError for a refusal without a reason, ValueError for a
    verdict of no known kind.
    """
    if verdict not in {"approved", "refused"}:
        raise ValueError(verdict)
    submission = dbs.scalars(select(Submission).where(Submission.event_id == letter.event_id)).one()
    require_moderator(submission, actor)
    if verdict == "refused" and not reason.strip():
        raise InvalidContentError([Finding("letter.reason", Level.ERROR, "reason", _WHY)])
    done = dbs.execute(
        update(RegistrantLetter)
        .where(RegistrantLetter.id == letter.id, RegistrantLetter.state == "pending")
        .values(state=verdict, reason=reason.strip(), decided_at=now, decided_by=actor.person_id)
        .returning(RegistrantLetter.id)
        .execution_options(synchronize_session="fetch")
    ).first()
    if done is None:
        return False
    audit(
        dbs, actor=actor.name, action="move", kind="registrant-letter", subject_id=letter.id, before="pending",
        after=verdict, now=now,
    )  # fmt: skip
    _tell_author(dbs, letter, submission, verdict, actor=actor, box=box, now=now)
    dbs.flush()
    return True


def _tell_author(
    dbs: Session, letter: RegistrantLetter, submission: Submission, verdict: str, *, actor: Actor, box: SecretBox,
    now: datetime,
) -> None:  # fmt: skip
    """Mail what became of a letter to who wrote it; to all who answer for the event where that one does no more."""
    kind = "letter-accepted" if verdict == "approved" else "letter-refused"
    readers = recipients(dbs, submission)
    for person_id in [letter.author] if letter.author in readers else readers:
        put_message(
            dbs, kind=kind, dedupe_key=f"{kind}:{letter.id}:{person_id}", cause=actor.name, now=now,
            person_id=person_id, subject_id=letter.event_id, edition_id=submission.edition_id,
            facts={"letter_id": letter.id, "submission": submission.id}, box=box,
        )  # fmt: skip


def due_letters(dbs: Session, *, limit: int) -> list[str]:
    """Return ids of approved letters whose mails are not all in the outbox yet."""
    return list(
        dbs.scalars(
            select(RegistrantLetter.id)
            .where(RegistrantLetter.state == "approved", RegistrantLetter.sent_at.is_(None))
            .order_by(RegistrantLetter.decided_at)
            .limit(limit)
        )
    )


def send_page(dbs: Session, letter_id: str, after: str, *, box: SecretBox, now: datetime) -> str | None:
    """Put the next page of a letter's mails into the outbox; return where it came to, None when it is through.

    The caller commits each page. A kill between two pages begins anew, and finds what it put by its dedupe key.
    """
    letter = dbs.get_one(RegistrantLetter, letter_id)
    event = dbs.get_one(Event, letter.event_id)
    wanted = readers_of(letter.audience)
    page = audience_page(
        dbs, letter.event_id, after=after, limit=_PAGE, states=wanted.states, followers=wanted.followers
    )
    for wish in page:
        put_message(
            dbs, kind="staff-letter" if letter.by_staff else "registrants-letter",
            dedupe_key=f"letter:{letter.id}:{wish.person_id}", cause=f"person:{letter.author}", now=now,
            person_id=wish.person_id, subject_id=event.id, edition_id=event.edition_id,
            facts={"letter_id": letter.id}, box=box,
        )  # fmt: skip
    if page:
        return page[-1].person_id
    letter.sent_at = now
    dbs.flush()
    return None
