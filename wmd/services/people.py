"""Mail addresses, and the people they belong to."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError
from wmd.models import Person

_LONGEST_ADDRESS = 254


def read_address(text: str, where: str = "address") -> tuple[str, str]:
    """Return a typed mail address as it is written and as it is compared.

    Raises InvalidContentError with one finding at ``where``. Only the form is checked (RFC 5321, 5322, 6531): whether
    mail arrives shows when it does. Compared without regard to capitals, which no provider tells apart.
    """
    address = text.strip()
    if not address:
        raise InvalidContentError([Finding("address.missing", Level.ERROR, where, N_("Write your mail address here."))])
    try:
        # An address that is far too long is not even looked at.
        found = validate_email(address[: _LONGEST_ADDRESS + 1], check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        reason = N_("This is not a mail address. It is written like name@example.org.")
        raise InvalidContentError([Finding("address.invalid", Level.ERROR, where, reason)]) from None
    return found.normalized, found.normalized.casefold()


def find_person(dbs: Session, address_key: str) -> Person | None:
    """Return the person with an address, given as :func:`read_address` compares it."""
    return dbs.scalars(select(Person).where(Person.address_key == address_key, Person.erased_at.is_(None))).first()


def person_for(
    dbs: Session, address: str, *, name: str = "", language: str = "en", zone: str = "", now: datetime
) -> Person:
    """Return the person with this address, made if there is none. What is known of one already is never changed.

    Raises InvalidContentError when it is no address.
    """
    written, key = read_address(address)
    found = find_person(dbs, key)
    if found is not None:
        return found
    person = Person(
        id=str(uuid.uuid4()), name=name, address=written, address_key=key, language=language, zone=zone, created_at=now
    )
    dbs.add(person)
    dbs.flush()
    return person


def erased_key(key: str) -> str:
    """Return what stays of an erased person's external key: an import still knows that they are not to come back."""
    return "erased-" + hashlib.sha256(key.encode()).hexdigest()


def masked(address: str) -> str:
    """Return an address of which its owner knows it and nobody else learns it: ``a…a@e….org``."""
    local, _, domain = address.rpartition("@")
    host, _, ending = domain.rpartition(".")
    inner = f"{local[0]}…{local[-1]}" if len(local) > 2 else "…"
    return f"{inner}@{host[:1]}….{ending}"
