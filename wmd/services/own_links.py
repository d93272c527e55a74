"""Sending somebody their link again: one answer for every address, a mail only to those we know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.models import Attendee, Event, EventText, Registration
from wmd.secretbox import SecretBox
from wmd.services.follows import mail_confirm_link, mail_own_link, waiting_follows
from wmd.services.people import find_person, read_address
from wmd.services.registration_wishes import is_open
from wmd.services.registrations import mail_register_button

#: So many registrations that wait get their button once more at a time.
_MOST_BUTTONS: Final = 3


def ask_for_own_link(dbs: Session, address: str, *, box: SecretBox, now: datetime) -> None:
    """Mail the link of their own page to somebody who confirmed their address.

    Who asked for something and never confirmed gets that button once more; a stranger gets nothing. How often is
    counted by the caller, for known and unknown addresses alike (``OWN_LINK_HOUR``, ``OWN_LINK_DAY``). Raises
    InvalidContentError when it is no address.
    """
    _, key = read_address(address)
    person = find_person(dbs, key)
    attendee = dbs.get(Attendee, person.id) if person is not None else None
    if person is None or attendee is None:
        return
    for row, event in _unconfirmed(dbs, person.id):
        if is_open(dbs, event, now=now):
            titles = _titles(dbs, [event.id]) or [event.code]
            mail_register_button(dbs, row, event, title=titles[0], box=box, now=now, is_counted=False)
    if attendee.confirmed_at is not None:
        mail_own_link(dbs, attendee, box=box, now=now)
    elif waits := waiting_follows(dbs, person.id):
        titles = _titles(dbs, [row.event_id for row in waits if row.event_id])
        mail_confirm_link(dbs, person, attendee, titles, box=box, now=now, is_counted=False)


def _unconfirmed(dbs: Session, person_id: str) -> list[tuple[Registration, Event]]:
    """Return the registrations that wait for a person's button, the newest first, a few of them."""
    wanted = (
        select(Registration, Event)
        .join(Event, Event.id == Registration.event_id)
        .where(
            Registration.person_id == person_id, Registration.state == "unconfirmed", Registration.ended_at.is_(None)
        )
        .order_by(Registration.created_at.desc())
        .limit(_MOST_BUTTONS)
    )
    return list(dbs.execute(wanted).tuples())


def _titles(dbs: Session, wanted: Sequence[str]) -> list[str]:
    """Return the titles of some events, by their ids, as their organisers wrote them."""
    rows = dbs.execute(
        select(EventText.event_id, EventText.body)
        .where(EventText.owner_id.in_(wanted), EventText.field == "title")
        .order_by(EventText.id)
    )
    titles: dict[str, str] = {}
    for event_id, title in rows.tuples():
        titles.setdefault(event_id, title)
    return [titles[event_id] for event_id in wanted if event_id in titles]
