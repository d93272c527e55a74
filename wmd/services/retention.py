"""How long what is kept, as one table: the daily job works from it, and the privacy page shows it.

Submissions are never removed by time: only a person's decision ends one, and what was rejected as spam goes 90 days
after that decision. What is published stays as an archive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from wmd.db import Model
from wmd.domain.findings import N_
from wmd.models import (
    Attendee,
    AuditEntry,
    Consent,
    Decision,
    Draft,
    Edition,
    Event,
    Follow,
    Image,
    MailToken,
    Message,
    Organisation,
    OrganisationContact,
    Person,
    ProblemReport,
    Registration,
    Revision,
    Speaker,
    StaffMember,
    Submission,
    WebSession,
    ZoomWebhook,
)
from wmd.services.attendee_retention import (
    closed_reports,
    ended_follows,
    forget_attendees,
    old_attendees,
    unconfirmed_follows,
    unconfirmed_registrations,
)
from wmd.services.emptying import empty_submission
from wmd.services.erasure import erase_person, forget_contact
from wmd.services.hook_retention import empty_bodies, old_bodies, old_hooks
from wmd.services.images import delete_image
from wmd.services.publishing import Setting
from wmd.services.web_sessions import CONTACT_LIMITS
from wmd.services.zoom_registrants import forget_tickets, old_tickets

ACTOR = "job:retention"
CONTACT = timedelta(days=730)
SPAM = timedelta(days=90)
ANONYMOUS_DRAFT = timedelta(days=90)
CLOSED_DRAFT = timedelta(days=30)
ENDED_SESSION = timedelta(days=30)
USED_LINK = timedelta(days=30)
FINISHED_MAIL = timedelta(days=180)
UNUSED_PICTURE = timedelta(days=90)
CONSENT_PROOF = timedelta(days=3 * 365)

#: The keys of the rows whose time is over.
Keys = Select[tuple[Any]]
#: Clears out the rows of these keys and flushes; returns how many. One row that cannot go is an exception.
Work = Callable[[Session, Setting, datetime, Keys], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: what it is about and how long it is kept, in words; what is due, and what does it.

    ``due`` and ``work`` are None for what another job does or what an operator sets.
    """

    name: str
    what: str
    kept: str
    due: Callable[[datetime], Keys] | None = None
    work: Work | None = None


def _delete(model: type[Model], column: Any, dbs: Session, _setting: Setting, _now: datetime, some: Keys) -> int:  # noqa: ANN401 -- the key column of any table
    """Delete these rows."""
    return len(dbs.execute(delete(model).where(column.in_(some)).returning(column)).all())


def old_contacts(now: datetime) -> Keys:
    """Return people who took part in no edition for 24 months and did not sign in since. Staff stays."""
    since = now - CONTACT
    organisations = (
        select(OrganisationContact.organisation_id)
        .where(OrganisationContact.person_id == Person.id, OrganisationContact.removed_at.is_(None))
        .correlate(Person)
    )
    own = or_(Submission.person_id == Person.id, Submission.organisation_id.in_(organisations))
    lately = or_(
        and_(Edition.is_permanent.is_(False), Edition.window_to >= since.date()), Submission.created_at >= since
    )
    takes_part = exists().where(Edition.id == Submission.edition_id, own, lately)
    seen = exists().where(WebSession.person_id == Person.id, WebSession.last_seen_at >= since)
    works_here = exists().where(StaffMember.person_id == Person.id, StaffMember.disabled_at.is_(None))
    return select(Person.id).where(
        Person.address_key.is_not(None),
        Person.erased_at.is_(None),
        func.coalesce(Person.last_active_at, Person.created_at) < since,
        ~takes_part,
        ~seen,
        ~works_here,
        # Whoever follows events has a time of their own.
        ~exists().where(Attendee.person_id == Person.id),
    )


def forget_contacts(dbs: Session, setting: Setting, now: datetime, some: Keys) -> int:
    """Erase people. Of somebody whom a published event names, the name stays there; the rest goes."""
    found = dbs.scalars(select(Person).where(Person.id.in_(some)).order_by(Person.id)).all()
    for person in found:
        if _is_named(dbs, person.id):
            forget_contact(dbs, person, actor=ACTOR, now=now)
        else:
            erase_person(dbs, person, setting, actor=ACTOR, now=now)
    return len(found)


def _is_named(dbs: Session, person_id: str) -> bool:
    return dbs.scalars(select(Speaker.id).where(Speaker.person_id == person_id).limit(1)).first() is not None


def old_spam(now: datetime) -> Keys:
    """Return submissions that were set aside as spam and rejected by a person 90 days ago."""
    decided = (
        select(func.max(Decision.decided_at))
        .join(Revision, Revision.id == Decision.revision_id)
        .where(Revision.submission_id == Submission.id, Decision.verdict == "refused")
        .scalar_subquery()
    )
    emptied = exists().where(
        AuditEntry.subject_id == Submission.id, AuditEntry.action == "empty", AuditEntry.actor == ACTOR
    )
    return select(Submission.id).where(
        Submission.state == "rejected", Submission.suspect_at.is_not(None), decided < now - SPAM, ~emptied
    )


def empty_spam(dbs: Session, setting: Setting, now: datetime, some: Keys) -> int:
    """Empty submissions. Rows, the receipt's number, the verdict and the trail stay; texts and people of it go."""
    found = dbs.scalars(select(Submission).where(Submission.id.in_(some)).order_by(Submission.id)).all()
    for submission in found:
        empty_submission(dbs, submission, setting, actor=ACTOR, now=now)
    return len(found)


def anonymous_drafts(now: datetime) -> Keys:
    """Return what somebody who never signed in typed and left."""
    return select(Draft.id).where(
        Draft.person_id.is_(None), Draft.handed_in_at.is_(None), Draft.updated_at < now - ANONYMOUS_DRAFT
    )


def closed_drafts(now: datetime) -> Keys:
    """Return drafts that were handed in (the text is in the submission) or thrown away."""
    return select(Draft.id).where(func.coalesce(Draft.handed_in_at, Draft.discarded_at) < now - CLOSED_DRAFT)


def old_sessions(now: datetime) -> Keys:
    """Return sessions that ended, or opened nothing any more, 30 days ago; one with an open draft stays for that."""
    unused = WebSession.last_seen_at < now - CONTACT_LIMITS.idle - ENDED_SESSION
    over = or_(WebSession.ended_at < now - ENDED_SESSION, unused)
    holds_draft = exists().where(Draft.session_id == WebSession.id)
    return select(WebSession.id).where(over, ~holds_draft)


def forget_sessions(dbs: Session, _setting: Setting, _now: datetime, some: Keys) -> int:
    """Delete sessions; a picture that was uploaded in one stays."""
    ids = dbs.scalars(some).all()
    dbs.execute(update(Image).where(Image.session_id.in_(ids)).values(session_id=None))
    dbs.execute(delete(WebSession).where(WebSession.id.in_(ids)))
    return len(ids)


def worn_links(now: datetime) -> Keys:
    """Return mailed links that work no more since 30 days."""
    before = now - USED_LINK
    return select(MailToken.id).where(
        or_(MailToken.expires_at < before, MailToken.used_at < before, MailToken.revoked_at < before)
    )


def settled_mails(now: datetime) -> Keys:
    """Return mails whose fate is settled and of which more is known than that they were sent once."""
    return select(Message.id).where(
        Message.state.not_in(("queued", "sending")),
        Message.created_at < now - FINISHED_MAIL,
        or_(Message.person_id.is_not(None), Message.sealed != "", Message.subject_id != "", Message.thread != ""),
    )


def empty_mails(dbs: Session, _setting: Setting, _now: datetime, some: Keys) -> int:
    """Empty what is known of mails: to whom, about what. The key that it was sent once stays."""
    emptied: dict[str, Any] = {
        "person_id": None,
        "sealed": "",
        "facts": {},
        "thread": "",
        "subject_id": "",
        "last_error": "",
    }
    return len(dbs.execute(update(Message).where(Message.id.in_(some)).values(**emptied).returning(Message.id)).all())


def unused_pictures(now: datetime) -> Keys:
    """Return pictures that nothing shows or waits to show, 90 days after they were uploaded."""
    shown = or_(
        exists().where(Event.image_id == Image.id),
        exists().where(Organisation.image_id == Image.id),
        exists().where(
            Revision.state.in_(("pending", "approved")), Revision.content["image"]["id"].as_string() == Image.id
        ),
    )
    # What is being typed is sealed, so that nobody can see here which pictures it names.
    typing = exists().where(
        or_(Draft.person_id == Image.person_id, Draft.session_id == Image.session_id),
        Draft.handed_in_at.is_(None),
        Draft.discarded_at.is_(None),
    )
    return select(Image.id).where(Image.deleted_at.is_(None), Image.created_at < now - UNUSED_PICTURE, ~shown, ~typing)


def delete_pictures(dbs: Session, _setting: Setting, now: datetime, some: Keys) -> int:
    """Take pictures away."""
    found = dbs.scalars(select(Image).where(Image.id.in_(some)).order_by(Image.id)).all()
    for image in found:
        image.person_id = image.session_id = None
        delete_image(dbs, image, actor=ACTOR, now=now)
    return len(found)


def old_consents(now: datetime) -> Keys:
    """Return the proof of consents that were withdrawn three years ago."""
    return select(Consent.id).where(Consent.withdrawn_at < now - CONSENT_PROOF)


RULES: Sequence[Rule] = (
    Rule(
        "contacts",
        N_("Name, address and telephone number of those who answer for an organisation"),
        N_("24 months after the last edition in which they took part"),
        old_contacts,
        forget_contacts,
    ),
    Rule(
        "unconfirmed-wishes",
        N_("Wishes to be reminded that nobody confirmed"),
        N_("7 days"),
        unconfirmed_follows,
        partial(_delete, Follow, Follow.id),
    ),
    Rule(
        "unconfirmed-registrations",
        N_("Registrations that nobody confirmed"),
        N_("7 days"),
        unconfirmed_registrations,
        partial(_delete, Registration, Registration.id),
    ),
    Rule(
        "ended-wishes",
        N_("What you followed and ended"),
        N_("30 days"),
        ended_follows,
        partial(_delete, Follow, Follow.id),
    ),
    Rule(
        "attendees",
        N_("Address, language, zone, wishes and registrations of those who follow events"),
        N_("30 days after their last event; 7 days where the address was never confirmed"),
        old_attendees,
        forget_attendees,
    ),
    Rule(
        "problem-reports",
        N_("What visitors reported as wrong, with the address they gave for an answer"),
        N_("90 days after it was closed"),
        closed_reports,
        partial(_delete, ProblemReport, ProblemReport.id),
    ),
    Rule(
        "room-tickets",
        N_("One’s own link into a room on Zoom, and digests of those who registered there"),
        N_("7 days after the event"),
        old_tickets,
        lambda dbs, _setting, _now, keys: forget_tickets(dbs, keys),
    ),
    Rule("private-links", N_("Links that lead straight into a room"), N_("7 days after the event")),
    Rule("spam", N_("What was set aside as spam and rejected by a person"), N_("90 days"), old_spam, empty_spam),
    Rule(
        "anonymous-drafts",
        N_("Drafts of somebody who never gave an address"),
        N_("90 days after the last change"),
        anonymous_drafts,
        partial(_delete, Draft, Draft.id),
    ),
    Rule(
        "closed-drafts",
        N_("Drafts that were sent or thrown away"),
        N_("30 days"),
        closed_drafts,
        partial(_delete, Draft, Draft.id),
    ),
    Rule("pictures", N_("Pictures that nothing shows"), N_("90 days"), unused_pictures, delete_pictures),
    Rule(
        "sessions",
        N_("Sessions in which you were signed in"),
        N_("30 days after they ended"),
        old_sessions,
        forget_sessions,
    ),
    Rule(
        "links",
        N_("Links sent by mail, as a digest"),
        N_("30 days after they stopped working"),
        worn_links,
        partial(_delete, MailToken, MailToken.id),
    ),
    Rule("mails", N_("To whom a mail went, and about what"), N_("180 days"), settled_mails, empty_mails),
    Rule(
        "webhook-bodies",
        N_("What Zoom tells us of rooms by itself, encrypted; it may name those who registered there"),
        N_("7 days"),
        old_bodies,
        empty_bodies,
    ),
    Rule(
        "webhooks",
        N_("That Zoom told us something, without what"),
        N_("180 days"),
        old_hooks,
        partial(_delete, ZoomWebhook, ZoomWebhook.id),
    ),
    Rule("rate-counts", N_("Counts against misuse, as digests of addresses and networks"), N_("at most two days")),
    Rule("journal", N_("The encrypted second copy of what was sent in"), N_("90 days")),
    Rule(
        "consents",
        N_("Consents: to what, in which version, when"),
        N_("3 years after withdrawal"),
        old_consents,
        partial(_delete, Consent, Consent.id),
    ),
    Rule("trail", N_("Who changed what and when, with numbers instead of names"), N_("for good")),
    Rule("listings", N_("Published events, organisations and the names of speakers"), N_("as an archive")),
)  # fmt: skip
