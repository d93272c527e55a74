"""The kinds of mail to attendees, each with what fills its words, and the reading of a batch of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from wmd.domain.mail_words import Words
from wmd.services.attendee_mail import AttendeeMail, OwnLinks, read_known, read_one
from wmd.services.change_mail import CalledOffMail, ChangedMail, LateChangeMail
from wmd.services.digest_mail import DigestMail
from wmd.services.entry_mail import EntryMail
from wmd.services.mail_facts import Reading
from wmd.services.mail_rows import About
from wmd.services.mail_texts import Press
from wmd.services.registration_mail import (
    EndedMail,
    LetterDecidedMail,
    OfferedMail,
    OrganisersLetter,
    RegisteredMail,
    RoomPlaceMail,
    StaffLetter,
    WaitingMail,
)
from wmd.services.reminder_mail import AfterwardsMail, LinkCheckMail, ReminderMail
from wmd.services.unlisted_mail import UnlistedMail

ATTENDEE_KINDS: Final[Mapping[str, type[AttendeeMail]]] = {
    "event-changed": ChangedMail,
    "event-called-off": CalledOffMail,
    "late-change": LateChangeMail,
    "event-unlisted": UnlistedMail,
    "digest": DigestMail,
    "reminder": ReminderMail,
    "reminder-now": ReminderMail,
    "afterwards": AfterwardsMail,
    "link-check": LinkCheckMail,
    "registered": RegisteredMail,
    "waiting": WaitingMail,
    "place-offered": OfferedMail,
    "registration-ended": EndedMail,
    "room-place": RoomPlaceMail,
    "calendar-entry": EntryMail,
    "registrants-letter": OrganisersLetter,
    "letter-accepted": LetterDecidedMail,
    "letter-refused": LetterDecidedMail,
    "staff-letter": StaffLetter,
}


def read_attendee_letters(
    dbs: Session, rows: Sequence[About], press: Press, links: OwnLinks, words: Words | None = None
) -> dict[str, Reading]:
    """Return what each message to an attendee says now, by its id; ``words`` are tried in place of those that hold."""
    known = read_known(dbs, rows, ATTENDEE_KINDS, links)
    return {row.id: read_one(row, known, press, ATTENDEE_KINDS, words) for row in rows}
