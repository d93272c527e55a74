"""Putting back from the journal what a restored database lacks, and erasing again who was erased since."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.forms.named import code_of
from wmd.domain.forms.reading import read_form
from wmd.models import Edition, Organisation, Person, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import VISITOR, Actor
from wmd.services.erasure import erase_person
from wmd.services.form_reading import editing_form, new_form
from wmd.services.journal import Entry
from wmd.services.people import find_person, read_address
from wmd.services.publishing import Setting
from wmd.services.references import find_edition
from wmd.services.submissions import HandIn, Receipt, find_receipt, hand_in_form

Outcome = Literal["there", "put back", "no edition", "no submission"]


def submission_entry(
    edition: Edition,
    receipt: Receipt,
    typed: dict[str, str],
    *,
    form_token: str,
    actor: Actor,
    submission: Submission,
    organisation: Organisation,
    changes: bool,
    base_revision_id: str | None,
    now: datetime,
) -> Entry:
    """Return the line of a form that was just taken."""
    facts: dict[str, object] = {
        "token": form_token, "edition": edition.slug, "typed": typed, "actor": actor.name,
        "submission_id": receipt.submission_id, "receipt": receipt.number, "person_id": submission.person_id or "",
        "organisation_key": organisation.key, "changes": changes, "base_revision_id": base_revision_id or "",
        "people": dict(receipt.people),
    }  # fmt: skip
    return Entry("submission", now, facts)


def put_back(dbs: Session, entry: Entry, *, box: SecretBox, mint: Mint) -> Outcome:
    """Put one submission back unless it is there; ids and number stay what they were.

    Raises InvalidContentError when it cannot be read any more.
    """
    token = entry.text("token")
    if find_receipt(dbs, token) is not None:
        return "there"
    edition = find_edition(dbs, entry.text("edition"))
    if edition is None:
        return "no edition"
    _put_person(dbs, entry)
    is_signed_in = entry.text("actor") != VISITOR.name
    actor = Actor(entry.text("actor"), entry.text("person_id") if is_signed_in else None)
    submission = None
    form = new_form(dbs, edition, actor.person_id, entry.at)
    if entry.facts.get("changes"):
        submission = dbs.get(Submission, entry.text("submission_id"))
        if submission is None:
            return "no submission"
        form = editing_form(dbs, edition, submission, entry.at)
    read = read_form(entry.typed, form)
    known = {name: entry.text(name) for name in ("submission_id", "receipt", "organisation_key")} | entry.people
    given = HandIn(read, token, submission, entry.text("base_revision_id") or None, known=known, silent=True)
    hand_in_form(dbs, edition, given, actor=actor, box=box, mint=mint, now=entry.at)
    return "put back"


def _put_person(dbs: Session, entry: Entry) -> None:
    """Make the person with the id they had, unless they are there under it or under their address."""
    identity, typed = entry.text("person_id"), entry.typed
    address = typed.get("contact.address", "")
    if not identity or dbs.get(Person, identity) is not None or not address:
        return
    written, key = read_address(address)
    if find_person(dbs, key) is not None:
        return
    dbs.add(
        Person(
            id=identity, name=typed.get("contact.name", ""), address=written, address_key=key,
            language=typed.get("contact.language") or "en", zone=code_of("zones", typed.get("contact.zone", "")),
            created_at=entry.at,
        )
    )  # fmt: skip
    dbs.flush()


def erase_again(dbs: Session, entry: Entry, setting: Setting, *, now: datetime) -> bool:
    """Erase again who was erased after the copy was made; tell whether somebody was there to erase."""
    person = dbs.get(Person, entry.text("person_id"))
    if person is None or person.erased_at is not None:
        return False
    erase_person(dbs, person, setting, actor="command", now=now)
    return True
