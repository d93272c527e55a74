"""Who stands behind a form: the contact, the organisation, partners and speakers, put in place as rows.

Names and addresses go to ``people`` and nowhere else. What is known of a person or an organisation already is not
changed by a form that anybody can fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.content import SCHEMA_VERSION, EventContent, OrganisationContent, OrganiserContent
from wmd.domain.content_json import STORED, organisation_to_json
from wmd.domain.forms.reading import NEW_LEAD, Contact, Partner
from wmd.domain.identities import with_people
from wmd.domain.vocabulary import OrganiserRole
from wmd.models import CoOrganiser, Organisation, OrganisationContact, Person, PublicCode, Revision, Submission
from wmd.secretbox import SecretBox
from wmd.services.people import find_person, person_for, read_address
from wmd.services.references import put_organisation
from wmd.services.states import audit


@dataclass(frozen=True, slots=True)
class Tools:
    """What every step of handing in needs."""

    box: SecretBox
    mint: Mint
    actor: str
    now: datetime


@dataclass(slots=True)
class Parties:
    """Who was put in place. ``keys`` and ``people`` map the form's stand-ins to keys and ids."""

    person: Person | None
    organisation: Organisation
    keys: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[Partner, Organisation]] = field(default_factory=list)


def put_contact(dbs: Session, contact: Contact, *, person_id: str | None, tools: Tools) -> Person:
    """Return the person who hands in: who is signed in, or who has this address (made if nobody has).

    Only somebody new, or who is signed in, is told more about; a stranger cannot change what is known of another.
    """
    if person_id is not None:
        person = dbs.get_one(Person, person_id)
        _fill(person, contact)
        return person
    _, key = read_address(contact.address, "contact.address")
    is_new = find_person(dbs, key) is None
    person = person_for(
        dbs, contact.address, name=contact.name, language=contact.language, zone=contact.zone, now=tools.now
    )
    if is_new:
        _fill(person, contact)
        audit(
            dbs, actor=tools.actor, action="create", kind="person", subject_id=person.id, after="unconfirmed",
            now=tools.now,
        )  # fmt: skip
    return person


def _fill(person: Person, contact: Contact) -> None:
    for name in ("name", "role_title", "phone", "zone"):
        said = getattr(contact, name)
        if said and not getattr(person, name):
            setattr(person, name, said)


def put_proposed(
    dbs: Session, content: OrganisationContent, *, person: Person | None, tools: Tools, key: str = ""
) -> Organisation:
    """Make an organisation that nobody of the staff has seen yet, with its profile as a pending revision."""
    codes = set(dbs.scalars(select(PublicCode.code)))
    known = replace(content, key=key or f"form-{tools.mint.uuid()}", code="")
    row, _ = put_organisation(dbs, known, codes, mint=tools.mint, now=tools.now)
    row.state = "proposed"
    row.public_email, row.social, row.is_member = content.public_email, list(content.social), content.is_member
    dbs.flush()
    dbs.add(
        Revision(
            id=tools.mint.uuid(), organisation_id=row.id, number=1, kind="organisation", state="pending",
            schema_version=SCHEMA_VERSION, content=organisation_to_json(known, STORED), source="form",
            actor=tools.actor, created_at=tools.now,
        )
    )  # fmt: skip
    audit(
        dbs, actor=tools.actor, action="create", kind="organisation", subject_id=row.id, after="proposed", now=tools.now
    )
    if person is not None:
        put_organisation_contact(dbs, row, person, is_main=True, tools=tools)
    dbs.flush()
    return row


def put_organisation_contact(
    dbs: Session, organisation: Organisation, person: Person, *, is_main: bool, tools: Tools
) -> None:
    """Make a person a contact of an organisation, unless there is a row for it already."""
    if dbs.get(OrganisationContact, (organisation.id, person.id)) is not None:
        return
    dbs.add(
        OrganisationContact(
            organisation_id=organisation.id, person_id=person.id, is_main=is_main, added_by=tools.actor,
            added_at=tools.now,
        )
    )  # fmt: skip
    dbs.flush()
    audit(
        dbs, actor=tools.actor, action="add-contact", kind="organisation", subject_id=organisation.id,
        after=person.id, now=tools.now,
    )  # fmt: skip


def put_partners(
    dbs: Session, partners: tuple[Partner, ...], content: EventContent, parties: Parties, tools: Tools
) -> None:
    """Find or propose the organisations that take part; those that are new to this event are asked."""
    for partner in partners:
        if not partner.key.startswith("new:"):
            continue
        row = _by_name(dbs, partner.name)
        if row is None:
            words = {content.language: partner.name}
            proposed = OrganisationContent(key=partner.key, names=words, language=content.language)
            row = put_proposed(dbs, proposed, person=None, tools=tools)
        parties.keys[partner.key] = row.key
        if row.id != parties.organisation.id:
            parties.asked.append((partner, row))


def _by_name(dbs: Session, name: str) -> Organisation | None:
    """Return the listed organisation with exactly this name, however its letters are written."""
    wanted = name.casefold().strip()
    rows = dbs.scalars(select(Organisation).where(Organisation.state == "listed", Organisation.retired_at.is_(None)))
    return next((row for row in rows if wanted in {words.casefold() for words in row.names.values()}), None)


def put_speakers(
    dbs: Session, names: dict[str, str], language: str, parties: Parties, tools: Tools, known: Mapping[str, str]
) -> None:
    """Give every speaker who is new here a row of their own: no two people are taken for one by their name.

    ``known`` holds the ids they had, by stand-in, when a submission is put back from the journal.
    """
    for stand_in, name in names.items():
        identity = known.get(stand_in) or tools.mint.uuid()
        if dbs.get(Person, identity) is None:
            dbs.add(Person(id=identity, name=name, language=language, created_at=tools.now))
        parties.people[stand_in] = identity
    dbs.flush()


def settled(content: EventContent, parties: Parties) -> EventContent:
    """Return the content with the form's stand-ins replaced by keys and ids."""
    parties.keys.setdefault(NEW_LEAD, parties.organisation.key)
    shown: dict[str, OrganiserContent] = {}
    for organiser in content.organisers:
        key = parties.keys.get(organiser.key, organiser.key)
        # A partner that turns out to be the organisation itself stands once, as the one that leads.
        if key not in shown or organiser.role is OrganiserRole.LEAD:
            shown[key] = replace(organiser, key=key)
    named = with_people(content, lambda person_id: parties.people.get(person_id, person_id))
    return replace(named, organisers=tuple(shown.values()))


def name_partners(dbs: Session, submission: Submission, parties: Parties, tools: Tools) -> None:
    """Note each partner that was not named before; it is asked once the sender is known (see ``co_organisers``)."""
    for partner, organisation in parties.asked:
        if dbs.get(CoOrganiser, (submission.id, organisation.id)) is not None:
            continue
        person = person_for(dbs, partner.address, now=tools.now) if partner.address else None
        dbs.add(
            CoOrganiser(
                submission_id=submission.id, organisation_id=organisation.id, person_id=person.id if person else None,
                state="asked", is_known=organisation.state != "proposed",
            )
        )  # fmt: skip
        dbs.flush()
