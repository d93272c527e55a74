"""Who of the staff an identity from single sign-on is: a known subject, or a verified address for the first time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.errors import InvalidContentError
from wmd.models import Person, StaffMember
from wmd.services.people import find_person, read_address
from wmd.services.staff import Member, find_member
from wmd.services.states import audit


def find_by_identity(dbs: Session, *, issuer: str, subject: str, email: str, now: datetime) -> Member | None:
    """Return the member of the staff who may work; None for anybody else.

    ``email`` is blank unless the provider verified it. A member found by address is known by subject from then on, and
    an address whose member is known by another subject is refused: addresses are given to other people, subjects are
    not (OpenID Connect Core 1.0 §5.7).
    """
    name = f"{issuer} {subject}"
    known = dbs.scalars(select(StaffMember.person_id).where(StaffMember.oidc_subject == name)).first()
    person = dbs.get(Person, known) if known else _by_address(dbs, email)
    member = find_member(dbs, person.id) if person is not None and person.erased_at is None else None
    if member is None or member.staff.disabled_at is not None:
        return None
    if member.staff.oidc_subject is None:
        member.staff.oidc_subject = name
        audit(
            dbs, actor=f"person:{member.person.id}", action="single-sign-on-linked", kind="person",
            subject_id=member.person.id, now=now,
        )  # fmt: skip
        dbs.flush()
    return member if member.staff.oidc_subject == name else None


def _by_address(dbs: Session, email: str) -> Person | None:
    try:
        _, key = read_address(email)
    except InvalidContentError:
        return None
    return find_person(dbs, key)
