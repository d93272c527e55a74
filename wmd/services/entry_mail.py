"""One date for the calendar in a mail of its own; it says what is true of that date when it goes out."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from wmd.domain.findings import N_
from wmd.domain.ical.invitations import CalendarObject, Party, call_off, invite
from wmd.domain.programme import SessionView
from wmd.domain.vocabulary import SessionStatus
from wmd.services.attendee_mail import AttendeeMail, entry_of

_INTO: Final = N_(
    "The invitation in this mail brings one more date of it up to date in your calendar. It holds your own way in: do "
    "not forward it, send others the page of the event."
)
_OUT: Final = N_("The message in this mail takes a date of it out of your calendar:")


class EntryMail(AttendeeMail):
    """``calendar-entry``: one date, into the calendar of who is registered for it, or out of anybody else's."""

    def skip(self) -> str:
        """Return why it shall not go out: they want no invitations, wait for a place, or the date is over."""
        against = super().skip()
        if against:
            return against
        if self.attendee is None or self.attendee.invitations != "request":
            return "no longer wanted"
        if self.registration is not None and not self._is_registered():
            return "the registration stands differently by now"
        return "" if self.session is not None and self.calendar() else "the date is over"

    @cached_property
    def session(self) -> SessionView | None:
        """The date, as long as it is not over."""
        return next(
            (each for each in self.event.sessions if each.id == self.row.facts["session"] and each.ends_at > self.now),
            None,
        )

    @property
    def _is_on(self) -> bool:
        session = self.session
        return (
            session is not None
            and self._is_registered()
            and self.chose(session)
            and session.status is SessionStatus.SCHEDULED
        )

    def calendar(self) -> tuple[CalendarObject, ...]:
        """Return the invitation to the date, or what takes it back."""
        session = self.session
        if session is None:
            return ()
        entry = self.entry(session) if self._is_on else entry_of(session, self.language)
        if entry is None:
            return ()
        us = Party(self.press.letterhead.name, self.press.letterhead.sender)
        reader = Party(self.person.name, self.person.address)
        make = invite if self._is_on else call_off
        return (make(session, entry, organiser=us, attendee=reader, stamped_at=self.now),)

    def _what(self) -> str:
        return self.say(_INTO if self._is_on else _OUT)

    def _times(self) -> str:
        session = self.session
        if session is None:
            return ""
        label, lines = self.label(session), self.times(session)
        return "\n".join([f"{label}: {lines[0]}", *lines[1:]] if label and lines else lines)
