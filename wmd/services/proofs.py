"""Fresh proof that an address is somebody's own, before what a borrowed link must not do alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError
from wmd.models import Attendee, MailToken, Person
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.mail_tokens import Standing, consume, find, issue, standing
from wmd.services.outbox import put_message
from wmd.services.people import read_address
from wmd.services.rate_limits import PROOF_MAILS, hit
from wmd.services.states import audit

Act = Literal["export", "erase", "address"]
ACTS: Final[tuple[Act, ...]] = ("export", "erase", "address")
PROOF_LIVES: Final = timedelta(hours=1)

_SAME = N_("This is your address already.")
_OFTEN = N_("You were sent several mails today already. Please try again tomorrow.")


@dataclass(frozen=True, slots=True)
class Proof:
    """A mailed proof as it stands: for which act, of whom; ``address`` is the new one that was asked for."""

    standing: Standing
    act: Act | None = None
    person: Person | None = None
    address: str = ""


def ask_for_proof(
    dbs: Session, attendee: Attendee, act: Act, *, address: str = "", box: SecretBox, now: datetime
) -> None:
    """Mail a button for an act to the address that is known; nothing happens before it is pressed.

    ``address`` is the new one, for a change of it. Raises InvalidContentError.
    """
    person = dbs.get_one(Person, attendee.person_id)
    if act == "address":
        address, key = read_address(address)
        if key == person.address_key:
            raise InvalidContentError([Finding("address.same", Level.ERROR, "address", _SAME)])
    if hit(dbs, PROOF_MAILS, person.id, secret="", now=now):
        raise InvalidContentError([Finding("proof.often", Level.ERROR, act, _OFTEN)])
    token, secret = issue(dbs, "attendee", person.id, "", PROOF_LIVES, now, revoke_older=False)
    # An address that is not yet theirs stands nowhere in the open.
    token.subject_id = box.seal(json.dumps([act, address]), purpose=_purpose(token.id))
    put_message(
        dbs, kind="attendee-proof", dedupe_key=f"attendee-proof:{token.id}", cause=f"person:{person.id}", now=now,
        person_id=person.id, secret=f"/me/proof/{secret}", not_after=token.expires_at, box=box,
        facts={"act": act, "until": token.expires_at.isoformat()},
    )  # fmt: skip
    audit(
        dbs, actor=f"person:{person.id}", action=f"ask-to-{act}", kind="person", subject_id=person.id, now=now
    )  # fmt: skip
    dbs.flush()


def look_at_proof(dbs: Session, secret: str, *, box: SecretBox, now: datetime) -> Proof:
    """Return how a proof stands, changing nothing; an unknown one reads as expired."""
    token = find(dbs, "attendee", secret)
    return _read(dbs, token, standing(token, now=now), box) if token is not None else Proof("expired")


def use_proof(dbs: Session, secret: str, *, box: SecretBox, now: datetime) -> Proof | None:
    """Use a proof up and return what it is for; None when it works no more. The caller does what it says."""
    token = consume(dbs, "attendee", secret, now=now)
    found = _read(dbs, token, "good", box) if token is not None else None
    return found if found is not None and found.act is not None else None


def _read(dbs: Session, token: MailToken, found: Standing, box: SecretBox) -> Proof:
    person = dbs.get(Person, token.person_id) if token.person_id else None
    try:
        act, address = json.loads(box.open(token.subject_id, purpose=_purpose(token.id)))
    except SecretBoxError:
        return Proof("expired")
    if person is None or person.erased_at is not None or dbs.get(Attendee, person.id) is None:
        return Proof("expired")
    return Proof(found, act, person, address)


def _purpose(token_id: str) -> str:
    return f"mail_tokens.subject_id.{token_id}"
