"""Organisations in the hands of staff: trusted or not, merged, and given a contact when the mailbox is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, func, or_, select, update
from sqlalchemy.orm import Session

from wmd.errors import NotAllowedMoveError
from wmd.models import (
    CoOrganiser,
    Draft,
    Organisation,
    OrganisationContact,
    Revision,
    Submission,
)
from wmd.services.actors import Actor, theirs
from wmd.services.contacts import add_contact
from wmd.services.moderation import NotYoursError
from wmd.services.outbox import put_message
from wmd.services.people import person_for
from wmd.services.publishing import publish_again, shows
from wmd.services.standing import Means
from wmd.services.states import audit, move
from wmd.services.versions import touch_site

PAGE_ROWS = 50


def lock_organisation(dbs: Session, organisation_id: str, actor: Actor) -> Organisation:
    """Hold an organisation's row. Raises NotYoursError for whom it is none of."""
    row = dbs.get_one(Organisation, organisation_id, with_for_update=True, populate_existing=True)
    if actor.role not in {"moderator", "administrator"} or not actor.may_see(row.region, ""):
        msg = f"{actor.name} may not change organisation {row.id}"
        raise NotYoursError(msg)
    return row


def set_trusted(dbs: Session, organisation_id: str, *, trusted: bool, actor: Actor, now: datetime) -> None:
    """Trust an organisation, whose wording is then published at once, or trust it no more."""
    row = lock_organisation(dbs, organisation_id, actor)
    if (row.trusted_at is not None) == trusted:
        return
    row.trusted_at = now if trusted else None
    audit(
        dbs, actor=actor.name, action="trust" if trusted else "distrust", kind="organisation", subject_id=row.id,
        now=now,
    )  # fmt: skip
    dbs.flush()


def merge_organisations(
    dbs: Session, organisation_id: str, into_id: str, means: Means, *, actor: Actor, now: datetime
) -> None:
    """Let another organisation take the place of this one: its contacts, submissions and events go over to it.

    Events that name it are published anew, and its address leads to the other's. Raises NotAllowedMoveError for
    itself, or when one of the two is merged already.
    """
    first, second = sorted((organisation_id, into_id))
    rows = {id_: lock_organisation(dbs, id_, actor) for id_ in (first, second)}
    old, new = rows[organisation_id], rows[into_id]
    if old.id == new.id or "merged" in {old.state, new.state}:
        msg = f"organisation {old.code} cannot be merged into {new.code}"
        raise NotAllowedMoveError(msg)
    _move_contacts(dbs, old, new, actor=actor, now=now)
    _move_answers(dbs, old, new)
    for model in (Submission, Draft):
        dbs.execute(update(model).where(model.organisation_id == old.id).values(organisation_id=new.id))
    for revision in dbs.scalars(
        select(Revision).where(Revision.organisation_id == old.id, Revision.state == "pending")
    ):
        move(dbs, revision, "superseded", actor=actor.name, now=now)
    before = old.state
    old.state, old.merged_into_id = "merged", new.id
    audit(
        dbs, actor=actor.name, action="merge", kind="organisation", subject_id=old.id, before=before, after=new.id,
        now=now,
    )  # fmt: skip
    dbs.flush()
    publish_again(dbs, shows(old.id), means.setting, actor=actor.name, now=now)
    touch_site(dbs)
    dbs.expire_all()


def _move_contacts(dbs: Session, old: Organisation, new: Organisation, *, actor: Actor, now: datetime) -> None:
    for contact in dbs.scalars(
        select(OrganisationContact).where(
            OrganisationContact.organisation_id == old.id, OrganisationContact.removed_at.is_(None)
        )
    ).all():
        add_contact(dbs, new, contact.person_id, actor=actor.name, now=now)
        contact.removed_at = now


def _move_answers(dbs: Session, old: Organisation, new: Organisation) -> None:
    """Carry over what the old organisation answered, unless the new one was asked about the same submission."""
    for row in dbs.scalars(select(CoOrganiser).where(CoOrganiser.organisation_id == old.id)).all():
        if dbs.get(CoOrganiser, (row.submission_id, new.id)) is None:
            dbs.add(
                CoOrganiser(
                    submission_id=row.submission_id, organisation_id=new.id, person_id=row.person_id, state=row.state,
                    is_known=row.is_known, agreed_at=row.agreed_at, asked_at=row.asked_at, answered_at=row.answered_at,
                )
            )  # fmt: skip
    dbs.flush()


def give_contact(
    dbs: Session,
    organisation_id: str,
    address: str,
    name: str,
    means: Means,
    *,
    replaces: str | None = None,
    actor: Actor,
    now: datetime,
) -> str:
    """Give an organisation another contact, because a mailbox is lost; return the person's id.

    ``replaces`` names the contact who loses access; every contact so far is told at the address known of them, so
    that a takeover is noticed. Raises InvalidContentError when the address is none.
    """
    row = lock_organisation(dbs, organisation_id, actor)
    before = list(
        dbs.scalars(
            select(OrganisationContact.person_id).where(
                OrganisationContact.organisation_id == row.id, OrganisationContact.removed_at.is_(None)
            )
        )
    )
    person = person_for(dbs, address, name=name.strip(), language=row.language, now=now)
    add_contact(dbs, row, person.id, actor=actor.name, now=now)
    for person_id in before:
        if person_id == person.id:
            continue
        facts = {"organisation_id": row.id, "when": now.isoformat(), "replaced": person_id == replaces}
        put_message(
            dbs, kind="contact-added", dedupe_key=f"give-contact:{row.id}:{person.id}:{person_id}:{now.isoformat()}",
            cause=actor.name, person_id=person_id, subject_id=row.id, facts=facts, box=means.box, now=now,
        )  # fmt: skip
    if replaces in before and replaces != person.id:
        _replace(dbs, row, replaces, person.id, actor=actor, now=now)
    dbs.flush()
    return person.id


def _replace(
    dbs: Session, organisation: Organisation, old_id: str, new_id: str, *, actor: Actor, now: datetime
) -> None:
    """Take a contact's access away; whoever takes the place of the main one becomes the main one."""
    gone = dbs.get_one(OrganisationContact, (organisation.id, old_id))
    new = dbs.get_one(OrganisationContact, (organisation.id, new_id))
    if gone.is_main:
        gone.is_main, new.is_main = False, True
    gone.removed_at = now
    audit(
        dbs, actor=actor.name, action="remove-contact", kind="organisation", subject_id=organisation.id, before=old_id,
        now=now,
    )  # fmt: skip


def find_organisation(dbs: Session, code: str) -> Organisation | None:
    """Return the organisation of a public code, merged or not."""
    return dbs.scalars(select(Organisation).where(Organisation.code == code)).first()


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation in the staff's list, with how many answer for it and how many submissions it has."""

    organisation: Organisation
    contacts: int
    submissions: int


def list_organisations(dbs: Session, *, actor: Actor, q: str = "", page: int = 1) -> tuple[list[Listed], int]:
    """Return a page of organisations by name, and how many pages there are: two queries."""
    wanted = [Organisation.state != "merged", theirs(actor, Organisation.region)]
    if q:
        names = func.lower(cast(Organisation.names, String))
        wanted.append(or_(names.contains(q.lower(), autoescape=True), Organisation.code == q.upper()))
    total = dbs.scalar(select(func.count()).select_from(Organisation).where(*wanted)) or 0
    pages = max(1, -(-total // PAGE_ROWS))
    contacts = (
        select(func.count())
        .where(OrganisationContact.organisation_id == Organisation.id, OrganisationContact.removed_at.is_(None))
        .scalar_subquery()
    )
    seen = theirs(actor, Submission.region, Submission.language)
    submissions = select(func.count()).where(Submission.organisation_id == Organisation.id, seen).scalar_subquery()
    rows = dbs.execute(
        select(Organisation, contacts, submissions)
        .where(*wanted)
        .order_by(Organisation.state.desc(), Organisation.slug, Organisation.code)
        .limit(PAGE_ROWS)
        .offset((min(max(page, 1), pages) - 1) * PAGE_ROWS)
    )
    return [Listed(*row) for row in rows.tuples()], pages


def submissions_of(dbs: Session, organisation: Organisation, actor: Actor) -> list[Submission]:
    """Return what an organisation has handed in, as far as a member of the staff may see it, the newest first."""
    seen = theirs(actor, Submission.region, Submission.language)
    wanted = select(Submission).where(Submission.organisation_id == organisation.id, seen)
    return list(dbs.scalars(wanted.order_by(Submission.created_at.desc()).limit(100)))
