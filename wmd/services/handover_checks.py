"""What is asked of the tables in the statement that marks a mail as handed over: whether what was read still holds.

Each kind of mail has a statement of its own, with the questions that concern it. A database gets ready for every
question of a statement, also for those that it never comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, or_, true, update

from wmd.db import Prepared
from wmd.models import (
    Attendee,
    Draft,
    Event,
    Follow,
    MailSwitch,
    Message,
    Note,
    Person,
    Registration,
    Revision,
    Submission,
    Suppression,
)
from wmd.services.attendee_checks import stands
from wmd.services.audience import HAS_OR_WAITS, follow_stands

#: Begins the threads of reminders that changes were asked for; they have the words of the request.
CHANGES_REMINDER: Final = "changes-reminder:"


@lru_cache(maxsize=256)
def marking(kind: str, has_person: bool, has_submission: bool, has_event: bool, has_wish: bool) -> Prepared:
    """Return the statement that marks a mail of a kind, if it is still ours and all that was read for it still holds.

    It asks for ``p_person`` with its ``p_address``, for ``p_submission`` with its ``p_state`` and ``p_number``, for
    ``p_event`` with its ``p_version``, and for what ``attendee_checks.stands`` asks, as far as the mail goes to a
    person and is about a submission, an event or somebody's wish. Each is asked by its id as it was read, so that the
    database looks it up once and need not go through all people.
    """
    asked = [
        Message.id == bindparam("p_id"),
        Message.claim_token == bindparam("p_token"),
        Message.handoff_at.is_(None),
        Message.lease_until > bindparam("p_room", type_=Message.lease_until.type),
        Message.held_at.is_(None),
        or_(Message.not_after.is_(None), Message.not_after > bindparam("p_now", type_=Message.not_after.type)),
        ~exists().where(MailSwitch.held_at.is_not(None)),
        ~exists().where(Suppression.digest == bindparam("p_digest"), Suppression.since_at.is_not(None)),
    ]
    if has_person:
        reader = and_(Person.id == bindparam("p_person"), Person.address == bindparam("p_address"))
        asked.append(exists().where(reader, Person.erased_at.is_(None)))
    if kind in _WANTED:
        asked.append(wanted(kind))
    if has_submission:
        submission: BindParameter[str] = bindparam("p_submission")
        asked += [
            exists().where(Submission.id == submission, Submission.state == bindparam("p_state")),
            ~exists().where(Revision.submission_id == submission, Revision.number > bindparam("p_number")),
        ]
    if has_event:
        asked.append(exists().where(Event.id == bindparam("p_event"), Event.version == bindparam("p_version")))
    if has_wish:
        asked.append(stands())
    return Prepared(update(Message).where(*asked).values(handoff_at=bindparam("p_now")))


def wanted(kind: str) -> ColumnElement[bool]:
    """Return whether a mail still makes sense, as far as rows can say: reminders stop when somebody acted."""
    rule = _WANTED.get(kind)
    return rule() if rule else true()


def _is_unconfirmed() -> ColumnElement[bool]:
    return exists().where(Submission.id == Message.subject_id, Submission.state == "unconfirmed")


def _is_drafted() -> ColumnElement[bool]:
    return exists().where(Draft.id == Message.subject_id, Draft.handed_in_at.is_(None), Draft.discarded_at.is_(None))


def _is_asked() -> ColumnElement[bool]:
    return exists().where(
        Note.submission_id == Message.subject_id, Note.is_question, ~Note.is_private, Note.answered_at.is_(None)
    )


def _is_unchanged() -> ColumnElement[bool]:
    return or_(
        ~Message.thread.startswith(CHANGES_REMINDER),
        exists().where(Submission.id == Message.subject_id, Submission.state == "changes requested"),
    )


def _takes_mail() -> ColumnElement[bool]:
    """Return whether the reader still wants mail as an attendee."""
    return exists().where(
        Attendee.person_id == Message.person_id, Attendee.confirmed_at.is_not(None), Attendee.paused_at.is_(None),
        Attendee.left_at.is_(None),
    )  # fmt: skip


def _wants_event() -> ColumnElement[bool]:
    """Return whether the reader of a mail about an event (``subject_id``) still follows it or has to do with it."""
    follows = exists().where(
        Follow.event_id == Message.subject_id, Follow.person_id == Message.person_id, follow_stands()
    )
    registered = exists().where(
        Registration.event_id == Message.subject_id, Registration.person_id == Message.person_id,
        Registration.ended_at.is_(None), Registration.muted_at.is_(None),
        or_(*(Registration.state == state for state in HAS_OR_WAITS)),
    )  # fmt: skip
    return and_(_takes_mail(), or_(follows, registered))


def _wants_digest() -> ColumnElement[bool]:
    """Return whether the reader of a digest still follows the filter that it is about (``subject_id``)."""
    return and_(_takes_mail(), exists().where(Follow.id == Message.subject_id, follow_stands()))


_WANTED: Final[Mapping[str, Callable[[], ColumnElement[bool]]]] = {
    "confirm": _is_unconfirmed, "confirm-reminder": _is_unconfirmed, "draft-reminder": _is_drafted,
    "question-reminder": _is_asked, "changes-requested": _is_unchanged, "event-changed": _wants_event,
    "event-called-off": _wants_event, "event-unlisted": _wants_event,
    "registrants-letter": _wants_event, "staff-letter": _wants_event,
    "digest": _wants_digest,
}  # fmt: skip
