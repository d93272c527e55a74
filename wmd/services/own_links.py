"""Sending somebody their link again: one answer for every address, a mail only to those we know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.models import Attendee, EventText
from wmd.secretbox import SecretBox
from wmd.services.follows import mail_confirm_link, mail_own_link, waiting_follows
from wmd.services.people import find_person, read_address
from wmd.services.rate_limits import ATTENDEE_MAILS, hit


def ask_for_own_link(dbs: Session, address: str, *, box: SecretBox, now: datetime) -> None:
    """Mail the link of their own page to somebody who confirmed their address, a few times a day at most.

    Who asked for something and never confirmed gets that button once more; a stranger gets nothing. Raises
    InvalidContentError when it is no address.
    """
    _, key = read_address(address)
    person = find_person(dbs, key)
    attendee = dbs.get(Attendee, person.id) if person is not None else None
    if person is None or attendee is None:
        return
    if attendee.confirmed_at is None:
        mail_confirm_link(dbs, person, attendee, _titles(dbs, person.id), box=box, now=now)
    elif not hit(dbs, ATTENDEE_MAILS, person.id, secret="", now=now):
        mail_own_link(dbs, attendee, box=box, now=now)


def _titles(dbs: Session, person_id: str) -> list[str]:
    """Return the titles of the events that wait for a person's button, as their organisers wrote them."""
    wanted = [row.event_id for row in waiting_follows(dbs, person_id) if row.event_id]
    rows = dbs.execute(
        select(EventText.event_id, EventText.body)
        .where(EventText.owner_id.in_(wanted), EventText.field == "title")
        .order_by(EventText.id)
    )
    titles: dict[str, str] = {}
    for event_id, title in rows.tuples():
        titles.setdefault(event_id, title)
    return [titles[event_id] for event_id in wanted if event_id in titles]
