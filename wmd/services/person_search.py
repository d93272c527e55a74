"""Finding the people whom staff must be able to help: by name, mail address or id."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wmd.models import Organisation, OrganisationContact, Person

MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person with the organisations they answer for: code and name."""

    person: Person
    organisations: tuple[tuple[str, str], ...]


def search_people(dbs: Session, text: str) -> list[FoundPerson]:
    """Return at most 50 people whose name or address holds the text, or whose id it is; two statements."""
    wanted = text.strip()
    if not wanted:
        return []
    found = dbs.scalars(
        select(Person)
        .where(
            Person.erased_at.is_(None),
            or_(
                Person.id == wanted,
                Person.address_key.contains(wanted.casefold(), autoescape=True),
                Person.name.icontains(wanted, autoescape=True),
            ),
        )
        .order_by(Person.name, Person.id)
        .limit(MOST_FOUND)
    ).all()
    organisations: dict[str, list[tuple[str, str]]] = {}
    rows = dbs.execute(
        select(OrganisationContact.person_id, Organisation.code, Organisation.names, Organisation.language)
        .join(Organisation, Organisation.id == OrganisationContact.organisation_id)
        .where(
            OrganisationContact.person_id.in_([person.id for person in found]),
            OrganisationContact.removed_at.is_(None),
        )
        .order_by(Organisation.code)
    ).tuples()
    for person_id, code, names, language in rows:
        organisations.setdefault(person_id, []).append((code, names.get(language, "")))
    return [FoundPerson(person, tuple(organisations.get(person.id, ()))) for person in found]
