"""Erasing a person: everything that says who they are goes, everything that says what was done stays.

Names and addresses stand in ``people`` alone; audit, revisions and published rows hold its id and are not touched. What
a person typed that may name them (drafts, notes in threads) goes too, and their values are taken out of what others
wrote about them. What was published stays published, without the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from wmd.db import Model
from wmd.domain.mail_kinds import FOR_ATTENDEES
from wmd.errors import NotAllowedMoveError
from wmd.models import (
    CoOrganiser,
    Decision,
    Draft,
    Event,
    EventSession,
    FieldComment,
    Image,
    MailToken,
    Message,
    Note,
    Organisation,
    OrganisationContact,
    Person,
    RecoveryCode,
    Revision,
    Speaker,
    StaffMember,
    Submission,
    WebSession,
)
from wmd.services.attendees import forget_attendee
from wmd.services.consents import withdraw_all
from wmd.services.images import delete_image, sight_of
from wmd.services.people import erased_key
from wmd.services.publishing import Setting, publish_again
from wmd.services.states import audit

#: Stands where a value of an erased person stood in somebody else's words.
TAKEN_OUT = "[…]"
#: A shorter name is part of other words.
_SHORTEST_NAME = 3


def erase_person(
    dbs: Session, person: Person, setting: Setting, *, actor: str, now: datetime, everywhere: bool = True
) -> None:
    """Erase a person for good. An erased one stays as they are.

    ``everywhere``: take their values out of what others wrote as well, which reads all of that.
    Raises NotAllowedMoveError for the last administrator: somebody must be left to let others in.
    """
    if person.erased_at is not None:
        return
    _check_not_last_administrator(dbs, person)
    if everywhere:
        _take_out(dbs, _values_of(person), own=None)
        _take_out(dbs, [person.name] if len(person.name) >= _SHORTEST_NAME else [], own=_own_submissions(dbs, person))
    _forget(dbs, person, actor=actor, now=now)
    person.name = ""
    person.key = erased_key(person.key) if person.key else None
    person.erased_at = now
    audit(dbs, actor=actor, action="erase", kind="person", subject_id=person.id, now=now)
    dbs.flush()
    _republish(dbs, person.id, setting, actor=actor, now=now)


def forget_contact(dbs: Session, person: Person, *, actor: str, now: datetime) -> None:
    """Forget how to reach a person and all around their account; the name stays where a published event gives it."""
    _take_out(dbs, _values_of(person), own=None)
    _forget(dbs, person, actor=actor, now=now)
    audit(dbs, actor=actor, action="forget-contact", kind="person", subject_id=person.id, now=now)
    dbs.flush()


def is_only_attendee(dbs: Session, person: Person) -> bool:
    """Tell whether nothing else speaks of a person: no submission, organisation, event, picture or the staff."""
    others = [
        select(Submission.id).where(Submission.person_id == person.id),
        select(Submission.id).where(Submission.second_person_id == person.id),
        select(OrganisationContact.person_id).where(OrganisationContact.person_id == person.id),
        select(CoOrganiser.submission_id).where(CoOrganiser.person_id == person.id),
        select(Speaker.id).where(Speaker.person_id == person.id),
        select(StaffMember.person_id).where(StaffMember.person_id == person.id),
        select(Draft.id).where(Draft.person_id == person.id),
        select(Image.id).where(Image.person_id == person.id),
    ]
    return all(dbs.scalars(query.limit(1)).first() is None for query in others)


def erase_attendee(
    dbs: Session, person: Person, setting: Setting, *, actor: str, now: datetime, everywhere: bool = True
) -> bool:
    """Erase what is kept of a person as an attendee, and the person where nothing else speaks of them; tell if so.

    Whoever is also known as an organiser, a speaker or staff stays that. ``everywhere`` is that of
    :func:`erase_person`: nobody has written about somebody who only followed events, so that the daily job does not
    look for it.
    """
    if is_only_attendee(dbs, person):
        erase_person(dbs, person, setting, actor=actor, now=now, everywhere=everywhere)
        return True
    forget_attendee(dbs, person.id, now=now)
    dbs.execute(
        update(Message)
        .where(
            Message.person_id == person.id, Message.kind.in_(FOR_ATTENDEES), Message.state.in_(("queued", "sending"))
        )
        .values(state="cancelled", reason="erased", sealed="", claim_token=None, lease_until=None)
    )
    audit(dbs, actor=actor, action="erase-attendee", kind="person", subject_id=person.id, now=now)
    dbs.flush()
    return False


def _forget(dbs: Session, person: Person, *, actor: str, now: datetime) -> None:
    _forget_sign_in(dbs, person, now)
    forget_attendee(dbs, person.id, now=now)
    _forget_what_was_typed(dbs, person)
    _forget_mail(dbs, person)
    _forget_images(dbs, person, actor=actor, now=now)
    withdraw_all(dbs, person.id, now=now)
    _release_work(dbs, person)
    person.address = person.role_title = person.phone = person.zone = ""
    person.address_key, person.language, person.last_active_at = None, "en", None


def _check_not_last_administrator(dbs: Session, person: Person) -> None:
    others = select(StaffMember.person_id).where(
        StaffMember.role == "administrator", StaffMember.disabled_at.is_(None), StaffMember.person_id != person.id
    )
    staff = dbs.get(StaffMember, person.id)
    if staff is not None and staff.role == "administrator" and dbs.scalar(others.limit(1)) is None:
        msg = "the last administrator cannot be erased: name another one first"
        raise NotAllowedMoveError(msg)


def _values_of(person: Person) -> list[str]:
    """Return what is nobody else's and must not be left anywhere, the longest first."""
    found = {person.address, person.address_key or "", person.phone}
    return sorted((value for value in found if len(value) >= _SHORTEST_NAME), key=len, reverse=True)


def _forget_sign_in(dbs: Session, person: Person, now: datetime) -> None:
    dbs.execute(delete(MailToken).where(MailToken.person_id == person.id))
    own = select(WebSession.id).where(WebSession.person_id == person.id)
    # What hangs on their sessions is theirs.
    dbs.execute(delete(Draft).where(Draft.session_id.in_(own)))
    dbs.execute(update(Image).where(Image.session_id.in_(own)).values(session_id=None, person_id=person.id))
    dbs.execute(delete(WebSession).where(WebSession.person_id == person.id))
    dbs.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    dbs.execute(
        update(StaffMember)
        .where(StaffMember.person_id == person.id)
        .values(totp_sealed="", totp_next_sealed="", totp_confirmed_at=None, oidc_subject=None, disabled_at=now)
    )
    dbs.execute(
        update(OrganisationContact)
        .where(OrganisationContact.person_id == person.id, OrganisationContact.removed_at.is_(None))
        .values(removed_at=now, is_main=False)
    )


def _forget_what_was_typed(dbs: Session, person: Person) -> None:
    dbs.execute(delete(Draft).where(Draft.person_id == person.id))
    dbs.execute(update(Note).where(Note.author == f"person:{person.id}", Note.by_staff.is_(False)).values(body=""))


_OF_DECISION: ColumnElement[Any] = (
    select(Revision.submission_id).where(Revision.id == Decision.revision_id).scalar_subquery()
)
#: Tables with words, which column they are in, and about which submission they are.
_WRITTEN_BY_OTHERS: tuple[tuple[type[Model], InstrumentedAttribute[str], ColumnElement[Any]], ...] = (
    (Note, Note.body, Note.__table__.c.submission_id),
    (FieldComment, FieldComment.body, FieldComment.__table__.c.submission_id),
    (
        Decision,
        Decision.reason,
        _OF_DECISION,
    ),
    (Decision, Decision.own, _OF_DECISION),
    (Submission, Submission.late_note, Submission.__table__.c.id),
)


def _own_submissions(dbs: Session, person: Person) -> list[str]:
    """Return the ids of what they handed in, what their organisations did, and what names them."""
    organisations = select(OrganisationContact.organisation_id).where(OrganisationContact.person_id == person.id)
    named = (
        select(EventSession.event_id)
        .join(Speaker, Speaker.session_id == EventSession.id)
        .where(Speaker.person_id == person.id)
    )
    asked = select(CoOrganiser.submission_id).where(CoOrganiser.person_id == person.id)
    own = or_(
        Submission.person_id == person.id, Submission.organisation_id.in_(organisations),
        Submission.event_id.in_(named), Submission.id.in_(asked),
    )  # fmt: skip
    return list(dbs.scalars(select(Submission.id).where(own)))


def _take_out(dbs: Session, values: Iterable[str], *, own: list[str] | None) -> None:
    """Take the values out of what others wrote. Whole words only, so that "Ana" leaves "Analysis" as it is.

    ``own``: only what was written about these submissions, because others bear the same name; None is everything.
    """
    for value in values:
        pattern = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
        for model, column, about in _WRITTEN_BY_OTHERS:
            wanted = select(model).where(_holds(column, value))
            for row in dbs.scalars(wanted if own is None else wanted.where(about.in_(own))):
                setattr(row, column.key, pattern.sub(TAKEN_OUT, getattr(row, column.key)))
        # Everything else that people typed is read from its own row when a mail is put into words.
        mails = select(Message).where(Message.kind == "announcement", cast(Message.facts, String) != "{}")
        for mail in dbs.scalars(mails if own is None else mails.where(Message.subject_id.in_(own))):
            cleaned = {
                key: pattern.sub(TAKEN_OUT, said) if isinstance(said, str) else said for key, said in mail.facts.items()
            }
            if cleaned != mail.facts:
                mail.facts = cleaned
        same = func.lower(Organisation.public_email) == value.lower()
        dbs.execute(update(Organisation).where(same).values(public_email=""))
    dbs.flush()


def _holds(column: InstrumentedAttribute[Any], value: str) -> ColumnElement[bool]:
    # SQLite compares capitals of ASCII only, so that both spellings are asked for.
    return or_(column.icontains(value, autoescape=True), column.contains(value, autoescape=True))


def _forget_mail(dbs: Session, person: Person) -> None:
    """Take back what is not out, and empty what is: a sealed part may hold an address or a link."""
    own = Message.person_id == person.id
    dbs.execute(
        update(Message)
        .where(own, Message.state.in_(("queued", "sending")))
        .values(state="cancelled", reason="erased", claim_token=None, lease_until=None)
    )
    dbs.execute(update(Message).where(own).values(sealed="", facts={}, last_error=""))


def _forget_images(dbs: Session, person: Person, *, actor: str, now: datetime) -> None:
    """Take away pictures that only they uploaded and nothing shows. A logo that is shown is its organisation's."""
    own = dbs.scalars(select(Image).where(Image.person_id == person.id, Image.deleted_at.is_(None))).all()
    for image in own:
        image.person_id = image.session_id = None
        if sight_of(dbs, image) != "public":
            delete_image(dbs, image, actor=actor, now=now)


def _release_work(dbs: Session, person: Person) -> None:
    """Hand back what a member of staff had claimed; end the wait for an answer that will not come."""
    dbs.execute(update(Submission).where(Submission.claimed_by == person.id).values(claimed_by=None, claimed_at=None))
    second = Submission.second_person_id == person.id
    dbs.execute(update(Submission).where(second).values(second_person_id=None))
    dbs.execute(
        update(CoOrganiser)
        .where(CoOrganiser.person_id == person.id, CoOrganiser.state == "asked")
        .values(person_id=None)
    )


def _republish(dbs: Session, person_id: str, setting: Setting, *, actor: str, now: datetime) -> None:
    """Publish again what names them, so that pages, calendars and exports follow. No change is announced."""
    named = (
        select(EventSession.event_id)
        .join(Speaker, Speaker.session_id == EventSession.id)
        .where(Speaker.person_id == person_id)
    )
    publish_again(dbs, Event.id.in_(named), setting, actor=actor, now=now, silent=True)
