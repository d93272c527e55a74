"""Contacts: who answers for which organisation, and what they may act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError
from wmd.models import MailToken, Organisation, OrganisationContact, Person, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor
from wmd.services.mail_tokens import Standing, consume, find, issue, revoke, standing
from wmd.services.outbox import put_message, withdraw_messages
from wmd.services.people import person_for
from wmd.services.rate_limits import may_mail_unasked
from wmd.services.states import audit

INVITATION_LIVES = timedelta(days=14)

_KNOWN = N_("This person is a contact already.")
_OFTEN = N_("This address was written to many times today. Please try again tomorrow.")
_LAST = N_("This is the only contact. Invite somebody else first; the organisation must have one.")
_MAIN = N_("This is the main contact. Hand that over to somebody else first.")
_UNKNOWN = N_("This person is not a contact.")


def organisations_of(dbs: Session, person_id: str) -> list[Organisation]:
    """Return the organisations that a person is a contact of, by code."""
    return list(
        dbs.scalars(
            select(Organisation)
            .join(OrganisationContact, OrganisationContact.organisation_id == Organisation.id)
            .where(OrganisationContact.person_id == person_id, OrganisationContact.removed_at.is_(None))
            .order_by(Organisation.code)
            .limit(200)
        )
    )


def find_own_organisation(dbs: Session, person_id: str, code: str) -> Organisation | None:
    """Return the organisation with this code when the person is a contact of it."""
    return dbs.scalars(
        select(Organisation)
        .join(OrganisationContact, OrganisationContact.organisation_id == Organisation.id)
        .where(
            Organisation.code == code,
            OrganisationContact.person_id == person_id,
            OrganisationContact.removed_at.is_(None),
        )
    ).first()


def find_own_submission(dbs: Session, person_id: str, submission_id: str) -> Submission | None:
    """Return a submission that a person may act for: as a contact of its organisation, or as who handed it in.

    Who handed it in keeps it until they are removed as a contact of its organisation. Those who may act for one that
    was merged into it may act for it too.
    """
    merged = aliased(Submission)
    rows = dbs.execute(
        select(merged, OrganisationContact)
        .outerjoin(
            OrganisationContact,
            (OrganisationContact.organisation_id == merged.organisation_id)
            & (OrganisationContact.person_id == person_id),
        )
        .where(or_(merged.id == submission_id, merged.merged_into_id == submission_id))
    )
    for submission, contact in rows:
        if submission.person_id == person_id if contact is None else contact.removed_at is None:
            return dbs.get(Submission, submission_id)
    return None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact with their person."""

    contact: OrganisationContact
    person: Person


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits for its button; ``person`` is who was invited."""

    token: MailToken
    person: Person


@dataclass(frozen=True, slots=True)
class OpenedInvitation:
    """An invitation as its link shows it."""

    standing: Standing
    organisation: Organisation | None = None
    person: Person | None = None


def contact_ids(dbs: Session, organisation_id: str) -> list[str]:
    """Return the ids of an organisation's contacts."""
    return sorted(
        dbs.scalars(
            select(OrganisationContact.person_id).where(
                OrganisationContact.organisation_id == organisation_id, OrganisationContact.removed_at.is_(None)
            )
        )
    )


def contacts_of(dbs: Session, organisation_id: str) -> list[ContactRow]:
    """Return an organisation's contacts, the main one first."""
    found = dbs.execute(
        select(OrganisationContact, Person)
        .join(Person, Person.id == OrganisationContact.person_id)
        .where(OrganisationContact.organisation_id == organisation_id, OrganisationContact.removed_at.is_(None))
        .order_by(OrganisationContact.is_main.desc(), Person.name, Person.id)
        .limit(200)
    )
    return [ContactRow(*row) for row in found]


def open_invitations(dbs: Session, organisation_id: str, *, now: datetime) -> list[Invitation]:
    """Return the invitations that were not used yet, the newest first."""
    found = dbs.execute(
        select(MailToken, Person)
        .join(Person, Person.id == MailToken.person_id)
        .where(
            MailToken.purpose == "invite",
            MailToken.subject_id == organisation_id,
            MailToken.used_at.is_(None),
            MailToken.revoked_at.is_(None),
            MailToken.expires_at > now,
        )
        .order_by(MailToken.created_at.desc(), MailToken.id)
        .limit(200)
    )
    return [Invitation(*row) for row in found]


def invite(
    dbs: Session, organisation: Organisation, address: str, *, actor: Actor, box: SecretBox, now: datetime
) -> None:
    """Invite whoever has this address to become a contact. Raises InvalidContentError, also for who is one already.

    A newer invitation takes the place of an older one.
    """
    invite_person(dbs, organisation, person_for(dbs, address, now=now), actor=actor.name, box=box, now=now)


def invite_person(
    dbs: Session, organisation: Organisation, person: Person, *, actor: str, box: SecretBox, now: datetime
) -> None:
    """Invite a person to become a contact. Raises InvalidContentError for a contact, or who was mailed too often."""
    if _standing_contact(dbs, organisation.id, person.id) is not None:
        raise InvalidContentError([Finding("contact.known", Level.ERROR, "address", _KNOWN)])
    if not may_mail_unasked(dbs, person.id, now=now):
        raise InvalidContentError([Finding("contact.often", Level.ERROR, "address", _OFTEN)])
    token, secret = issue(dbs, "invite", person.id, organisation.id, INVITATION_LIVES, now)
    put_message(
        dbs, kind="invite", dedupe_key=f"invite:{token.id}", cause=actor, now=now, person_id=person.id,
        secret=f"/sign-in/invitation?t={secret}", subject_id=organisation.id,
        facts={"organisation_id": organisation.id, "until": token.expires_at.isoformat()},
        not_after=token.expires_at, thread=f"invite:{organisation.id}:{person.id}", box=box,
    )  # fmt: skip
    _trail(dbs, organisation, "invite-contact", person.id, actor, now)


def withdraw_invitation(
    dbs: Session, organisation: Organisation, person_id: str, *, actor: Actor, now: datetime
) -> None:
    """Let an invitation work no more; its mail stays here if it is not out yet."""
    revoke(dbs, "invite", person_id=person_id, subject_id=organisation.id, now=now)
    withdraw_messages(dbs, thread=f"invite:{organisation.id}:{person_id}", reason="invitation withdrawn", now=now)
    _trail(dbs, organisation, "withdraw-invitation", person_id, actor.name, now)


def look_at_invitation(dbs: Session, secret: str, *, now: datetime) -> OpenedInvitation:
    """Return how an invitation stands, changing nothing."""
    token = find(dbs, "invite", secret)
    if token is None:
        return OpenedInvitation("expired")
    return _opened(dbs, token, standing(token, now=now))


def accept_invitation(dbs: Session, secret: str, *, now: datetime) -> OpenedInvitation | None:
    """Use an invitation: its person is a contact from now on. None when it does not work."""
    token = consume(dbs, "invite", secret, now=now)
    if token is None:
        return None
    opened = _opened(dbs, token, "good")
    if opened.organisation is None or opened.person is None:
        return None
    add_contact(dbs, opened.organisation, opened.person.id, actor=f"person:{opened.person.id}", now=now)
    return opened


def add_contact(dbs: Session, organisation: Organisation, person_id: str, *, actor: str, now: datetime) -> None:
    """Make a person a contact; the first one is the main one."""
    if _standing_contact(dbs, organisation.id, person_id) is not None:
        return
    row = dbs.get(OrganisationContact, (organisation.id, person_id))
    if row is None:
        row = OrganisationContact(organisation_id=organisation.id, person_id=person_id, added_by=actor, added_at=now)
        dbs.add(row)
    row.added_by, row.added_at, row.removed_at = actor, now, None
    row.is_main = not any(each.contact.is_main for each in contacts_of(dbs, organisation.id))
    _trail(dbs, organisation, "add-contact", person_id, actor, now)


def remove_contact(dbs: Session, organisation: Organisation, person_id: str, *, actor: Actor, now: datetime) -> None:
    """Let a person answer for an organisation no more.

    Raises InvalidContentError for the main contact while there are others (hand over first), and for the last one.
    """
    row = _standing_contact(dbs, organisation.id, person_id, lock=True)
    if row is None:
        return
    if len(contacts_of(dbs, organisation.id)) == 1:
        raise InvalidContentError([Finding("contact.last", Level.ERROR, "contacts", _LAST)])
    if row.is_main:
        raise InvalidContentError([Finding("contact.main", Level.ERROR, "contacts", _MAIN)])
    row.removed_at = now
    _trail(dbs, organisation, "remove-contact", person_id, actor.name, now)


def hand_over(dbs: Session, organisation: Organisation, person_id: str, *, actor: Actor, now: datetime) -> None:
    """Make another contact the main one. Raises InvalidContentError when the person is no contact."""
    rows = contacts_of(dbs, organisation.id)
    if person_id not in {row.person.id for row in rows}:
        raise InvalidContentError([Finding("contact.unknown", Level.ERROR, "contacts", _UNKNOWN)])
    before = next((row.person.id for row in rows if row.contact.is_main), "")
    for row in rows:
        row.contact.is_main = row.person.id == person_id
    if before != person_id:
        audit(
            dbs, actor=actor.name, action="hand-over-contact", kind="organisation", subject_id=organisation.id,
            before=before, after=person_id, now=now,
        )  # fmt: skip
    dbs.flush()


def _standing_contact(
    dbs: Session, organisation_id: str, person_id: str, *, lock: bool = False
) -> OrganisationContact | None:
    if lock:
        # The whole organisation, so that the last two contacts cannot remove each other at once.
        dbs.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
    row = dbs.get(OrganisationContact, (organisation_id, person_id), populate_existing=lock)
    return row if row is not None and row.removed_at is None else None


def _opened(dbs: Session, token: MailToken, standing: Standing) -> OpenedInvitation:
    person = dbs.get(Person, token.person_id) if token.person_id else None
    organisation = dbs.get(Organisation, token.subject_id)
    if person is None or person.erased_at is not None or organisation is None or organisation.state == "merged":
        return OpenedInvitation("expired")
    return OpenedInvitation(standing, organisation, person)


def _trail(dbs: Session, organisation: Organisation, action: str, person_id: str, actor: str, now: datetime) -> None:
    audit(
        dbs, actor=actor, action=action, kind="organisation", subject_id=organisation.id, after=person_id, now=now
    )  # fmt: skip
    dbs.flush()
