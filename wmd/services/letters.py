"""Claimed rows made into mails: to whom, what it says, and on what it depends that this is still right."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from wmd.domain.mail_bytes import AddressFault, Letter, clean_address, to_bytes
from wmd.domain.mail_words import Words
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.attendee_letters import ATTENDEE_KINDS, read_attendee_letters
from wmd.services.attendee_mail import OwnLinks
from wmd.services.delivery import Claim, Ready, bounced_among
from wmd.services.mail_facts import Reading, read_letters
from wmd.services.mail_rows import About
from wmd.services.mail_texts import Press
from wmd.services.outbox import open_sealed

log = logging.getLogger(__name__)

#: Reasons for which a row ends although nothing about it has changed: a fault of ours that somebody must look at.
NOT_OPENED: Final = "its sealed part cannot be opened"
NOT_WORDED: Final = "its words could not be made"


def make_ready(
    dbs: Session, claims: Sequence[Claim], press: Press, box: SecretBox, *, digest: Callable[[str], str], now: datetime
) -> dict[str, Ready | str]:
    """Return each claimed row's mail by its id, or the reason why there can be none.

    Raises SQLAlchemyError when the database cannot be read: no row is at fault then, and none may end for it.
    """
    hidden: dict[str, dict[str, str]] = {}
    faults: dict[str, Ready | str] = {}
    for claim in claims:
        try:
            hidden[claim.id] = open_sealed(claim.id, claim.sealed, box)
        except SecretBoxError:
            faults[claim.id] = NOT_OPENED
    sound = [claim for claim in claims if claim.id not in faults]
    try:
        readings = read_all(
            dbs, sound, press, secret_of=lambda row: hidden[row.id].get("secret", ""), links=OwnLinks(box, now)
        )
    except SQLAlchemyError:
        raise
    except Exception:
        # One row that cannot be read must not hold up the others: each is read alone, and the odd one ends.
        if len(sound) == 1:
            log.exception("mail_not_readable", extra={"kind": sound[0].kind})
            return {**faults, sound[0].id: NOT_WORDED}
        for claim in sound:
            faults |= make_ready(dbs, [claim], press, box, digest=digest, now=now)
        return faults
    made = {each.id: _ready(each, readings[each.id], hidden[each.id], press, digest, now) for each in sound}
    bounced = bounced_among(dbs, [each.digest for each in made.values() if isinstance(each, Ready)])
    for identity, each in made.items():
        known = isinstance(each, Ready) and each.digest in bounced
        faults[identity] = each._replace(has_bounced=True) if known and isinstance(each, Ready) else each
    return faults


def _ready(
    claim: Claim, reading: Reading, hidden: dict[str, str], press: Press, digest: Callable[[str], str], now: datetime
) -> Ready | str:
    if reading.skip:
        return reading.skip
    try:
        reader = clean_address(hidden.get("to", "") or reading.address)
    except AddressFault:
        return "there is no address it could go to"
    letter = Letter(
        claim.kind, claim.message_id, reader, *reading.words, reading.language, reading.calendar, reading.unsubscribe
    )
    submission = reading.submission
    return Ready(
        claim, reader, to_bytes(letter, press.letterhead, at=now), digest(reader.lower()), reading.address,
        submission.id if submission else "", submission.state if submission else "", reading.revision_number,
        event_id=reading.event_id, event_version=reading.event_version, depends=reading.depends,
        hold_until=reading.hold_until,
    )  # fmt: skip


def read_all(
    dbs: Session,
    rows: Sequence[About],
    press: Press,
    *,
    secret_of: Callable[[About], str | None],
    links: OwnLinks,
    words: Words | None = None,
) -> dict[str, Reading]:
    """Return what each message says now, by its id, whether it goes to an attendee or to anybody else."""
    to_attendees = [row for row in rows if row.kind in ATTENDEE_KINDS]
    others = [row for row in rows if row.kind not in ATTENDEE_KINDS]
    found = read_letters(dbs, others, press, secret_of=secret_of, words=words) if others else {}
    return found | (read_attendee_letters(dbs, to_attendees, press, links, words) if to_attendees else {})


def shown(dbs: Session, row: About, press: Press, words: Words | None = None) -> Reading:
    """Return what a mail says, for staff: a personal link is masked. ``words`` are tried in place of its own."""
    masked = OwnLinks(None, row.created_at)
    return read_all(dbs, [row], press, secret_of=lambda _: None, links=masked, words=words)[row.id]
