"""Mails that come back: what a notification says is noted, and an address that takes none gets none any more.

Anybody can write a notification. So it counts only with a Message-ID that we made and whose mail went out lately, once
for each mail, against nobody but that mail's own reader, and so many a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.bounces import Bounce
from wmd.models import Message, Person, Suppression
from wmd.services.delivery import count_bounce, is_suppressed
from wmd.services.rate_limits import Limit, hit
from wmd.services.states import audit

#: Servers try for days; what comes later is about nothing that holds.
WITHIN: Final = timedelta(days=30)
A_DAY: Final = Limit("bounces", 500, timedelta(days=1))


class Noted(StrEnum):
    """What became of a notification."""

    STOPPED = "the address gets no mail any more"
    HARD = "noted: the address refused it"
    SOFT = "noted: it did not arrive, or not yet"
    AGAIN = "known already"
    FOREIGN = "about no mail of ours"
    TOO_MANY = "too many today"


def note_bounce(
    dbs: Session,
    bounce: Bounce,
    *,
    domain: str,
    digest: Callable[[str], str],
    actor: str,
    now: datetime,
    is_trusted: bool = False,
) -> Noted:
    """Note what a notification says of a mail. The caller commits, also when it was too many.

    ``domain`` is that of our Message-IDs; ``digest`` the keyed digest of an address. ``is_trusted``: a person of ours
    says it, and no mail does.
    """
    row = dbs.scalars(
        select(Message).where(Message.message_id == bounce.message_id).with_for_update()
    ).first()  # fmt: skip
    went_at = (row.sent_at or row.uncertain_at) if row is not None else None
    if row is None or bounce.domain != domain.lower() or went_at is None or went_at < now - WITHIN:
        return Noted.FOREIGN
    if row.bounced_at is not None:
        return Noted.AGAIN
    if not is_trusted and hit(dbs, A_DAY, "all", secret="", now=now):
        return Noted.TOO_MANY
    row.last_error = f"came back {bounce.status}"
    if not bounce.is_hard:
        dbs.flush()
        return Noted.SOFT
    row.bounced_at = now
    audit(dbs, actor=actor, action="bounce", kind="mail", subject_id=row.id, after=bounce.status, now=now)
    dbs.flush()
    return _count(dbs, row, bounce, digest, now, is_trusted=is_trusted)


def _count(
    dbs: Session, row: Message, bounce: Bounce, digest: Callable[[str], str], now: datetime, *, is_trusted: bool
) -> Noted:
    """Count it against the reader's address: not against one that they have now and the report does not name."""
    person = dbs.get(Person, row.person_id) if row.person_id else None
    address = person.address.lower() if person is not None else ""
    if not address or (address not in bounce.addresses and not is_trusted):
        return Noted.HARD
    key = digest(address)
    count_bounce(dbs, key, now, is_returned=True, at_once=bounce.is_unknown_address)
    return Noted.STOPPED if is_suppressed(dbs, key) else Noted.HARD


def silent_people(dbs: Session, people: Iterable[Person], digest: Callable[[str], str]) -> dict[str, datetime]:
    """Return by id since when some of these people get no mail any more. One query."""
    keys = {digest(person.address.lower()): person.id for person in people if person.address}
    rows = dbs.execute(
        select(Suppression.digest, Suppression.since_at).where(
            Suppression.digest.in_(keys), Suppression.since_at.is_not(None)
        )
    )
    return {keys[key]: since_at for key, since_at in rows if since_at is not None}
