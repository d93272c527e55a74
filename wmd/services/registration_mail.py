"""What people read about their place in an event: that they have it, wait for it, are offered it, or lost it.

The first mail to somebody registered carries the invitation that later ones update, and the last one takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.domain.ical.invitations import CalendarObject, Party, call_off, invite, publication
from wmd.domain.programme import EntryView, SessionView
from wmd.domain.vocabulary import SessionStatus
from wmd.models import RegistrantLetter, Registration
from wmd.services.attendee_mail import AttendeeMail, Known, entry_of
from wmd.services.change_mail import OPEN_EACH
from wmd.services.mail_rows import About
from wmd.services.session_words import moment_text

UNWANTED: Final = "the registration stands differently by now"
NOTHING_ON: Final = "none of the dates takes place"
_INVITED: Final[Mapping[str, str]] = {
    "request": N_(
        "The invitation in this mail puts it into your calendar, and is brought up to date by itself. It holds your "
        "own way in: do not forward it, send others the page of the event."
    ),
    "publish": N_(
        "Open the attached file to put it into your calendar. It holds your own way in: do not forward it, send others "
        "the page of the event."
    ),
}
_ENDED: Final[Mapping[str, str]] = {
    "cancelled": N_("your registration is cancelled, as you asked:"),
    "lapsed": N_("the place that was kept for you went to the next, because nobody took it in time:"),
}
_ASIDE: Final[Mapping[str, str]] = {
    "cancelled": N_("Was that not you? Register once more, and change your links on your own page."),
    "lapsed": N_("You can register for the waiting list again."),
}


def _read_registrations(dbs: Session, rows: Sequence[About], known: Known) -> None:
    """Read the registrations that a batch is about, ended ones too."""
    wanted = sorted({str(row.facts.get("registration_id", "")) for row in rows})
    for each in dbs.scalars(select(Registration).where(Registration.id.in_(wanted))):
        known.more["registration", each.id] = each


class PlaceMail(AttendeeMail):
    """A mail about one registration; it goes out only while that stands as it says."""

    prepare = _read_registrations
    #: The states of the registration in which the mail is true.
    states: tuple[str, ...] = ()

    def skip(self) -> str:
        """Return why it shall not go out: also when the registration stands differently meanwhile."""
        row = self.place
        return super().skip() or ("" if row is not None and row.state in self.states else UNWANTED)

    @cached_property
    def place(self) -> Registration | None:
        """The registration it is about."""
        found: Registration | None = self.known.more.get(
            ("registration", str(self.row.facts.get("registration_id", "")))
        )
        return found

    def chose(self, session: SessionView) -> bool:
        """Whether the reader chose this session."""
        return self.place is None or not self.place.sessions or session.id in self.place.sessions

    @cached_property
    def coming(self) -> list[SessionView]:
        """The chosen sessions that are not over, called off or not: a calendar may have each of them."""
        return [each for each in self.event.sessions if each.ends_at > self.now and self.chose(each)]

    @property
    def on(self) -> list[SessionView]:
        """The chosen sessions that take place and are not over."""
        return [each for each in self.coming if each.status is SessionStatus.SCHEDULED]

    def _times(self) -> str:
        parts = []
        for session in self.on:
            label, lines = self.label(session), self.times(session)
            parts.append("\n".join([f"{label}: {lines[0]}", *lines[1:]] if label and lines else lines))
        return "\n\n".join(parts)

    def _place_link(self) -> str:
        own = self._me_link()
        return f"{own}registrations/{self.place.id}" if own and self.place is not None else own

    def _until(self) -> str:
        said = str(self.row.facts.get("until", ""))
        return moment_text(datetime.fromisoformat(said), self.zone, self.language) if said else ""

    @property
    def zone(self) -> str:
        """The zone whose times come first."""
        return self.person.zone or self.event.sessions[0].zone

    def _party(self) -> tuple[Party, Party]:
        head = self.press.letterhead
        return Party(head.name, head.sender), Party(self.person.name, self.person.address)

    def entries(self) -> list[tuple[SessionView, EntryView]]:
        """Return the calendar entries of the chosen sessions that are not over."""
        found = ((each, self.entry(each)) for each in self.coming)
        return [(session, entry) for session, entry in found if entry is not None]


class StandingMail(PlaceMail):
    """A mail about a registration that stands; it says the dates that take place, and nothing where none does."""

    def skip(self) -> str:
        """Return why it shall not go out: also when all dates were called off since, which has a mail of its own."""
        return super().skip() or ("" if self.on else NOTHING_ON)


class RegisteredMail(StandingMail):
    """``registered``: with the invitation, as the reader wants it."""

    states = ("registered",)

    def calendar(self) -> tuple[CalendarObject, ...]:
        """Return an invitation to each chosen session, a file to add, or nothing; and what takes dropped ones out."""
        us, reader = self._party()
        entries = [(each, entry) for each, entry in self.entries() if each.status is SessionStatus.SCHEDULED]
        wish = self.attendee.invitations if self.attendee else "none"
        if wish == "publish" and entries:
            return (publication(entries, organiser=us, stamped_at=self.now),)
        if wish != "request":
            return ()
        invited = tuple(
            invite(session, entry, organiser=us, attendee=reader, stamped_at=self.now)
            for session, entry in entries
            if not self.is_apart(session)
        )
        dropped = self.row.facts.get("dropped") or ()
        left = ((each, entry_of(each, self.language)) for each in self.event.sessions if each.id in dropped)
        return invited + tuple(
            call_off(session, entry, organiser=us, attendee=reader, stamped_at=self.now)
            for session, entry in left
            if entry is not None and session.ends_at > self.now and not self.is_apart(session)
        )

    def _invitation(self) -> str:
        objects = self.calendar()
        if not objects or self.attendee is None:
            return ""
        several = [self.say(OPEN_EACH)] if len(objects) > 1 else []
        return "\n\n".join([*several, self.say(_INVITED[self.attendee.invitations])])

    def _is_registered(self) -> bool:
        return True


class WaitingMail(StandingMail):
    """``waiting``: on the list."""

    states = ("waiting",)


class OfferedMail(StandingMail):
    """``place-offered``: a place is kept until an hour."""

    states = ("offered",)


#: What is new about a place in a room: in a few words, as a sentence, and what can be done.
_ROOM: Final[Mapping[str, tuple[str, str, str]]] = {
    "offered": (
        N_("Register on Zoom"),
        N_("the organiser now has those who take part registered on Zoom, which gives each a link of their own. "
           "Nothing of you was given to Zoom: you decide."),
        N_("Press “Register me on Zoom” on the page of your registration: then your name and address go to Zoom, which "
           "keeps them under its own terms, and whoever hosts the room sees them there. Without it you can register on "
           "Zoom’s own page when you come."),
    ),
    "approved": (
        N_("You are let in"),
        N_("the host has let you in:"),
        N_("Your way in is the same link as before: it opens a quarter of an hour before the start."),
    ),
    "denied": (
        N_("You are not let in"),
        N_("the host has not let you into the room of this event:"),
        N_("We do not know why. If you think that it is a mistake, answer to this mail."),
    ),
    "renewed": (
        N_("A new room"),
        N_("this event has a new room, and you are registered in it:"),
        N_("Our links stay the same and lead into the new room. What you have from Zoom itself works no more."),
    ),
}  # fmt: skip


class RoomPlaceMail(StandingMail):
    """``room-place``: let in, not let in, in a new room, or asked whether to be registered on Zoom."""

    states = ("registered",)

    def _words(self, which: int) -> str:
        return self.say(_ROOM[str(self.row.facts["what"])][which])

    def _state(self) -> str:
        return self._words(0)

    def _what(self) -> str:
        return self._words(1)

    def _aside(self) -> str:
        return self._words(2)


class EndedMail(PlaceMail):
    """``registration-ended``: given back, or not taken in time; the invitation is taken back."""

    states = ("cancelled", "lapsed")

    def skip(self) -> str:
        """Return why it shall not go out: also when they have registered anew, whose invitation it would take back."""
        has_place_again = self.registration is not None and self.registration.state == "registered"
        return super().skip() or (UNWANTED if has_place_again else "")

    def calendar(self) -> tuple[CalendarObject, ...]:
        """Return what takes the sessions out of the calendar of somebody who was invited."""
        wish = self.attendee.invitations if self.attendee else "none"
        if not self.row.facts.get("was_registered") or wish != "request":
            return ()
        us, reader = self._party()
        return tuple(
            call_off(session, entry, organiser=us, attendee=reader, stamped_at=self.now)
            for session, entry in self.entries()
            if not self.is_apart(session)
        )

    def _what(self) -> str:
        return self.say(_ENDED[str(self.row.facts["why"])])

    def _aside(self) -> str:
        several = [self.say(OPEN_EACH)] if len(self.calendar()) > 1 else []
        return "\n\n".join([*several, self.say(_ASIDE[str(self.row.facts["why"])])])


def _read_letters(dbs: Session, rows: Sequence[About], known: Known) -> None:
    wanted = sorted({str(row.facts["letter_id"]) for row in rows})
    for each in dbs.scalars(select(RegistrantLetter).where(RegistrantLetter.id.in_(wanted))):
        known.more["letter", each.id] = each


class OrganisersLetter(AttendeeMail):
    """``registrants-letter``: what an organiser wrote, after a moderator let it."""

    prepare = _read_letters

    @property
    def letter(self) -> RegistrantLetter:
        """What was written."""
        found: RegistrantLetter = self.known.more["letter", str(self.row.facts["letter_id"])]
        return found

    def skip(self) -> str:
        """Return why it shall not go out: the reader is not registered any more."""
        return super().skip() or ("" if self.registration is not None else UNWANTED)

    def _subject(self) -> str:
        return self.letter.subject

    def _text(self) -> str:
        return self.letter.body

    def _place_link(self) -> str:
        own = self._me_link()
        return f"{own}registrations/{self.registration.id}" if own and self.registration is not None else own


class LetterDecidedMail(OrganisersLetter):
    """``letter-accepted`` and ``letter-refused``: what became of a letter, to who wrote it."""

    def skip(self) -> str:
        """Return why it shall not go out: organisers need not be attendees."""
        return "" if self.shown is not None else "the event is gone"

    def unsubscribe(self) -> str:
        """Return nothing: it is no mail that somebody asked for as an attendee."""
        return ""

    def _letter(self) -> str:
        return self.letter.subject

    def _reason(self) -> str:
        return self.letter.reason

    def _link(self) -> str:
        return f"{self.press.letterhead.base_url}/organiser/submissions/{self.row.facts['submission']}/registrants"


class StaffLetter(OrganisersLetter):
    """``staff-letter``: what staff wrote to those registered for an event, or to those who follow it."""

    def skip(self) -> str:
        """Return why it shall not go out; whether the reader still has to do with it is asked as it is handed over."""
        return AttendeeMail.skip(self)

    def _why(self) -> str:
        if self.registration is None:
            return self.say(N_("because you follow it"))
        if self.registration.state == "registered":
            return self.say(N_("because you registered for it"))
        return self.say(N_("because you wait for a place"))

    def _times(self) -> str:
        found = (each for each in self.event.sessions if each.ends_at > self.now and self.chose(each))
        parts = []
        for session in found:
            label, lines = self.label(session), self.times(session)
            parts.append("\n".join([f"{label}: {lines[0]}", *lines[1:]] if label and lines else lines))
        return "\n\n".join(parts)
