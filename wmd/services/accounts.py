"""A person's own account: name, language, zone, and the mail address, which changes only when the new one answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.zones import canonical
from wmd.errors import InvalidContentError
from wmd.models import Attendee, MailToken, Person
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.attendees import revoke_links
from wmd.services.mail_tokens import Standing, consume, find, issue, revoke, revoke_all, standing
from wmd.services.outbox import put_message
from wmd.services.people import find_person, read_address
from wmd.services.states import audit
from wmd.services.web_sessions import end_sessions

CHANGE_LIVES = timedelta(hours=1)
#: Languages that mails are written in, as far as their words are there.
LANGUAGES = ("en", "es", "fr")

_NO_NAME = N_("Give your name; moderators write to you by it.")
_NO_LANGUAGE = N_("Choose one of the languages.")
_NO_ZONE = N_("This is not a time zone, written like Europe/Madrid.")
_SAME = N_("This is your address already.")


def change_profile(dbs: Session, person: Person, *, name: str, language: str, zone: str, now: datetime) -> None:
    """Change what a person says about themselves. Raises InvalidContentError with findings beside each field."""
    findings = []
    named, place = " ".join(name.split())[:200], canonical(zone.strip()) if zone.strip() else ""
    if not named:
        findings.append(Finding("account.name", Level.ERROR, "name", _NO_NAME))
    if language not in LANGUAGES:
        findings.append(Finding("account.language", Level.ERROR, "language", _NO_LANGUAGE))
    if place is None:
        findings.append(Finding("account.zone", Level.ERROR, "zone", _NO_ZONE))
    if findings or place is None:
        raise InvalidContentError(findings)
    changed = {
        field: ["changed", "changed"]
        for field, value in (("name", named), ("language", language), ("zone", place))
        if getattr(person, field) != value
    }
    if not changed:
        return
    person.name, person.language, person.zone = named, language, place
    audit(
        dbs, actor=f"person:{person.id}", action="change-account", kind="person", subject_id=person.id, detail=changed,
        now=now,
    )  # fmt: skip
    dbs.flush()


def ask_for_address(dbs: Session, person: Person, address: str, *, box: SecretBox, now: datetime) -> None:
    """Mail a link to the new address; nothing changes before its button is pressed. Raises InvalidContentError.

    Says nothing of whether the address belongs to somebody else: then its link does not work.
    """
    written, key = read_address(address)
    if key == person.address_key:
        raise InvalidContentError([Finding("address.same", Level.ERROR, "address", _SAME)])
    revoke(dbs, "change-address", person_id=person.id, subject_id=None, now=now)
    token, secret = issue(dbs, "change-address", person.id, "", CHANGE_LIVES, now, revoke_older=False)
    # People's addresses stand in one table alone: until it is theirs, this one is kept sealed.
    token.subject_id = box.seal(written, purpose=_purpose(token.id))
    put_message(
        dbs, kind="change-address", dedupe_key=f"change-address:{token.id}", cause=f"person:{person.id}", now=now,
        to=written, secret=f"/sign-in/new-address?t={secret}", facts={"until": token.expires_at.isoformat()},
        not_after=token.expires_at, thread=f"change-address:{person.id}", box=box,
    )  # fmt: skip
    audit(
        dbs, actor=f"person:{person.id}", action="ask-for-address", kind="person", subject_id=person.id, now=now
    )  # fmt: skip


def end_other_sessions(dbs: Session, person_id: str, present_id: str, *, now: datetime) -> int:
    """End all sessions of a person but the present one, and let every link that lies in a mailbox work no more."""
    revoke_all(dbs, person_id, now=now)
    return end_sessions(dbs, person_id, now=now, but=present_id)


def look_at_new_address(dbs: Session, secret: str, *, box: SecretBox, now: datetime) -> tuple[Standing, str]:
    """Return how the link stands and the address it is about (a blank when it works no more)."""
    token = find(dbs, "change-address", secret)
    if token is None:
        return "expired", ""
    found = standing(token, now=now)
    return found, _address(token, box) if found == "good" else ""


def take_new_address(dbs: Session, secret: str, *, box: SecretBox, now: datetime) -> Person | None:
    """Use the link: the person has the new address, the old one is told, and other sessions end. None: it failed.

    It fails when the link works no more, and when the address became somebody else's meanwhile.
    """
    token = consume(dbs, "change-address", secret, now=now)
    person = dbs.get(Person, token.person_id) if token is not None and token.person_id else None
    if token is None or person is None or person.erased_at is not None:
        return None
    written = _address(token, box)
    token.subject_id = ""
    if not written:
        return None
    _, key = read_address(written)
    if find_person(dbs, key) is not None:
        return None
    before = person.address
    try:
        with dbs.begin_nested():
            person.address, person.address_key = written, key
            dbs.flush()
    except IntegrityError:
        return None
    if before:
        put_message(
            dbs, kind="address-changed", dedupe_key=f"address-changed:{token.id}", cause=f"person:{person.id}",
            now=now, to=before, facts={"when": now.isoformat()}, box=box,
        )  # fmt: skip
    # Whoever reads the old mailbox must not come in, confirm or answer by what lies there.
    revoke_all(dbs, person.id, now=now)
    attendee = dbs.get(Attendee, person.id)
    if attendee is not None:
        revoke_links(dbs, attendee, now=now)
    end_sessions(dbs, person.id, now=now)
    audit(
        dbs, actor=f"person:{person.id}", action="change-address", kind="person", subject_id=person.id,
        detail={"address": ["changed", "changed"]}, now=now,
    )  # fmt: skip
    dbs.flush()
    return person


def _address(token: MailToken, box: SecretBox) -> str:
    try:
        return box.open(token.subject_id, purpose=_purpose(token.id)) if token.subject_id else ""
    except SecretBoxError:
        return ""


def _purpose(token_id: str) -> str:
    return f"mail_tokens.subject_id.{token_id}"
