"""The staff: who is in it, with which role and limits. Every change leaves its trail and holds at the next request."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.iso_codes import LANGUAGES
from wmd.domain.vocabulary import METROPOLIS_REGION_LABELS
from wmd.errors import InvalidContentError
from wmd.models import Event, Person, StaffMember
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor, person_actor
from wmd.services.outbox import put_message
from wmd.services.people import person_for
from wmd.services.states import audit
from wmd.services.web_sessions import end_sessions

ROLES = ("reader", "moderator", "administrator")

_LAST = N_("This is the only administrator. Make somebody else one first.")
_KNOWN = N_("This person is in the staff already.")
_NO_ROLE = N_("Choose a role: reader, moderator or administrator.")
_NO_REGION = N_("There is no region “{value}”.")
_NO_LANGUAGE = N_("There is no language “{value}”; give codes such as en, es, fr.")
_NO_NAME = N_("Give a name, so that colleagues know who it is.")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the staff with their person."""

    staff: StaffMember
    person: Person


def list_staff(dbs: Session) -> list[Member]:
    """Return all members, those who may work first, by name."""
    found = dbs.execute(
        select(StaffMember, Person).join(Person, Person.id == StaffMember.person_id).order_by(Person.name).limit(500)
    )
    return sorted((Member(*row) for row in found), key=lambda member: member.staff.disabled_at is not None)


def find_member(dbs: Session, person_id: str) -> Member | None:
    """Return one member."""
    found = dbs.execute(
        select(StaffMember, Person)
        .join(Person, Person.id == StaffMember.person_id)
        .where(StaffMember.person_id == person_id)
    ).first()
    return Member(*found) if found else None


def add_staff(
    dbs: Session,
    address: str,
    *,
    name: str,
    role: str,
    regions: Collection[str] = (),
    languages: Collection[str] = (),
    actor: str,
    now: datetime,
) -> Member:
    """Add somebody to the staff, by mail address. Raises InvalidContentError, also for who is in it already."""
    findings = _check(role, regions, languages)
    if not name.strip():
        findings.append(Finding("staff.no-name", Level.ERROR, "name", _NO_NAME))
    if findings:
        raise InvalidContentError(findings)
    person = person_for(dbs, address, name=name.strip()[:200], now=now)
    if dbs.get(StaffMember, person.id) is not None:
        raise InvalidContentError([Finding("staff.known", Level.ERROR, "address", _KNOWN)])
    person.name = person.name or name.strip()[:200]
    staff = StaffMember(
        person_id=person.id, role=role, regions=sorted(regions), languages=sorted(languages), created_at=now
    )
    dbs.add(staff)
    audit(
        dbs, actor=actor, action="staff-added", kind="person", subject_id=person.id, after=role,
        detail={"regions": [[], sorted(regions)], "languages": [[], sorted(languages)]}, now=now,
    )  # fmt: skip
    dbs.flush()
    return Member(staff, person)


def tell_added(dbs: Session, member: Member, *, actor: str, box: SecretBox, now: datetime) -> None:
    """Write to a new member of the staff where to sign in."""
    person_id = member.person.id
    put_message(
        dbs, kind="staff-added", dedupe_key=f"staff-added:{person_id}:{now.isoformat()}", cause=actor,
        person_id=person_id, box=box, now=now,
    )  # fmt: skip


def change_staff(
    dbs: Session,
    staff: StaffMember,
    *,
    role: str,
    regions: Collection[str],
    languages: Collection[str],
    actor: Actor,
    now: datetime,
) -> None:
    """Give a member another role or limits. Raises InvalidContentError; the last administrator stays one."""
    if findings := _check(role, regions, languages):
        raise InvalidContentError(findings)
    if role != "administrator":
        _keep_one_administrator(dbs, staff)
    before = (staff.role, list(staff.regions), list(staff.languages))
    after = (role, sorted(regions), sorted(languages))
    if before == after:
        return
    staff.role, staff.regions, staff.languages = after
    audit(
        dbs, actor=actor.name, action="staff-changed", kind="person", subject_id=staff.person_id, before=before[0],
        after=role, detail={"regions": [before[1], after[1]], "languages": [before[2], after[2]]}, now=now,
    )  # fmt: skip
    dbs.flush()


def disable_staff(dbs: Session, staff: StaffMember, *, actor: str, now: datetime) -> None:
    """Let somebody work no more; all their sessions end. Raises InvalidContentError for the last administrator."""
    if staff.disabled_at is not None:
        return
    _keep_one_administrator(dbs, staff)
    staff.disabled_at = now
    end_sessions(dbs, staff.person_id, now=now)
    audit(
        dbs, actor=actor, action="staff-disabled", kind="person", subject_id=staff.person_id, before=staff.role, now=now
    )
    dbs.flush()


def enable_staff(dbs: Session, staff: StaffMember, *, actor: str, now: datetime) -> None:
    """Let somebody work again, with a new second factor."""
    if staff.disabled_at is None:
        return
    staff.disabled_at, staff.totp_sealed, staff.totp_next_sealed, staff.totp_confirmed_at = None, "", "", None
    audit(
        dbs, actor=actor, action="staff-enabled", kind="person", subject_id=staff.person_id, after=staff.role, now=now
    )
    dbs.flush()


def _check(role: str, regions: Collection[str], languages: Collection[str]) -> list[Finding]:
    findings = [] if role in ROLES else [Finding("staff.role", Level.ERROR, "role", _NO_ROLE)]
    findings += [
        Finding("staff.region", Level.ERROR, "regions", _NO_REGION, {"value": region[:40]})
        for region in regions
        if region not in METROPOLIS_REGION_LABELS
    ]
    findings += [
        Finding("staff.language", Level.ERROR, "languages", _NO_LANGUAGE, {"value": language[:40]})
        for language in languages
        if language not in LANGUAGES
    ]
    return findings


def _keep_one_administrator(dbs: Session, leaving: StaffMember) -> None:
    """Raise InvalidContentError when nobody else could administer.

    Locks the administrators, so that two cannot go at once.
    """
    if leaving.role != "administrator" or leaving.disabled_at is not None:
        return
    standing = select(StaffMember.person_id).where(
        StaffMember.role == "administrator", StaffMember.disabled_at.is_(None)
    )
    if set(dbs.scalars(standing.with_for_update())) <= {leaving.person_id}:
        raise InvalidContentError([Finding("staff.last", Level.ERROR, "role", _LAST)])


def staff_members(dbs: Session) -> list[tuple[StaffMember, Person]]:
    """Return who works here, each with their person."""
    rows = dbs.execute(
        select(StaffMember, Person)
        .join(Person, Person.id == StaffMember.person_id)
        .where(StaffMember.disabled_at.is_(None), Person.erased_at.is_(None))
        .order_by(Person.id)
    )
    return [(staff, person) for staff, person in rows]


def staff_who_see(dbs: Session, event: Event) -> list[str]:
    """Return the ids of the people who work here and look after an event."""
    return [
        person.id
        for member, person in staff_members(dbs)
        if person_actor(person.id, member).may_see(event.region, event.language)
    ]
