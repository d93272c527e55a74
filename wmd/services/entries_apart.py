"""Dates for the calendar in mails of their own: mail programs take up a single invitation of each mail.

What tells of several dates at once carries the first; each of the others follows in a short mail (``entry_mail.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.mail_kinds import KINDS
from wmd.models import Attendee, EventSession, Registration
from wmd.services.outbox import Line, Sheet, put_many

KIND: Final = "calendar-entry"
#: Dates of one mail; for more than these the mail holds them all, and says that each is to be opened.
MOST_APART: Final = 5
#: The mail that says what it is about goes first.
AFTER: Final = timedelta(minutes=1)


def apart_of(session_ids: Sequence[str]) -> list[str]:
    """Return which of some dates, in order, go in mails of their own beside the one that tells of all."""
    return list(session_ids[1:]) if len(session_ids) <= MOST_APART else []


def put_entries(
    dbs: Session, sheet: Sheet, person_ids: Sequence[str], session_ids: Sequence[str], *, cause: str, until: datetime
) -> int:
    """Put the short mails that follow ``sheet``, a mail about an event, to some people; return how many.

    ``cause`` names what happened: each date of it goes to each of them once.
    """
    put = 0
    for session_id in session_ids:
        own = Sheet(
            KIND, sheet.subject_id, sheet.edition_id, sheet.cause, {"session": session_id},
            sheet.not_before + AFTER,
        )  # fmt: skip
        lines = [Line(who, f"calendar-entry:{cause}:{who}:{session_id}", until) for who in person_ids]
        put += put_many(dbs, own, lines, now=sheet.not_before)
    return put


def dates_of_place(dbs: Session, row: Registration, facts: Mapping[str, object], *, now: datetime) -> list[str]:
    """Return the dates that a mail about a registration puts into a calendar or takes out of it; what stands is first.

    None for who wants no invitations. ``facts`` are those of the mail: ``dropped`` names dates that were left out.
    """
    attendee = dbs.get_one(Attendee, row.person_id)
    if attendee.invitations != "request":
        return []
    dropped = facts.get("dropped")
    left: Collection[str] = dropped if isinstance(dropped, list) else ()
    found = dbs.scalars(
        select(EventSession)
        .where(EventSession.event_id == row.event_id, EventSession.ends_at > now)
        .order_by(EventSession.starts_at, EventSession.code)
    ).all()
    stands = [
        each.id
        for each in found
        if (not row.sessions or each.id in row.sessions) and (row.ended_at is not None or each.status == "scheduled")
    ]
    return stands + [each.id for each in found if each.id in left and each.id not in stands]


def put_entries_of_place(dbs: Session, row: Registration, sheet: Sheet, session_ids: Sequence[str]) -> int:
    """Put the short mails that follow a mail about a registration; return how many."""
    now = sheet.not_before
    until = now + AFTER + KINDS[KIND].lives
    return put_entries(dbs, sheet, [row.person_id], session_ids, cause=f"{row.id}:{now.isoformat()}", until=until)
