"""What those who wanted to attend read when an event leaves the programme: that, its title and its dates, no more."""

from __future__ import annotations

from wmd.domain.findings import N_
from wmd.domain.ical.invitations import CalendarObject, Party, call_off, publication
from wmd.domain.programme import EntryView, SessionView
from wmd.domain.vocabulary import SessionStatus
from wmd.services.attendee_mail import AttendeeMail, entry_of
from wmd.services.event_views import ShownEvent

_INVITED = {
    "request": N_("The invitation in this mail takes it out of your calendar."),
    "publish": N_("Open the attached file to mark it in your calendar as off."),
}


class UnlistedMail(AttendeeMail):
    """``event-unlisted``: hidden, or merged into another event, which those with a place are led to.

    Its entries have no words any more, so that the calendar objects have none either.
    """

    def skip(self) -> str:
        """Return why it shall not go out: also when the event is listed again, or over."""
        if self.attendee is None:
            return "the person is no attendee any more"
        if self.shown is None or self.shown.is_listed:
            return "the event is listed"
        return "" if self.gone else "nothing is left to tell"

    @property
    def gone(self) -> list[SessionView]:
        """The sessions that the reader wanted to attend, and that would still have taken place."""
        return [
            each
            for each in self.event.sessions
            if each.status is SessionStatus.SCHEDULED and each.ends_at > self.now and self.chose(each)
        ]

    @property
    def into(self) -> ShownEvent | None:
        """The listed event that takes its place."""
        found = (self.known.events.get(event_id) for event_id in self.other_events(self.row))
        return next((each for each in found if each is not None and each.is_listed), None)

    def _times(self) -> str:
        parts = []
        for session in self.gone:
            label, lines = self.label(session), self.times(session)
            parts.append("\n".join([f"{label}: {lines[0]}", *lines[1:]] if label and lines else lines))
        return "\n\n".join(parts)

    def _aside(self) -> str:
        if self.into is not None:
            return self.say(
                N_("Another listing took its place, and you hear of that one now. Places do not come along; see there:")
            )
        return self.say(N_("More than that we cannot say here. All that takes place stands in the programme:"))

    def _link(self) -> str:
        base = self.press.letterhead.base_url
        if self.into is not None:
            return f"{base}/e/{self.into.view.code}"
        return f"{base}/{self.edition.slug}/programme" if self.edition else f"{base}/programme"

    def _invitation(self) -> str:
        return self.say(_INVITED[self._wish()]) if self.calendar() else ""

    def _wish(self) -> str:
        is_invited = self.attendee is not None and self._is_registered() and self.attendee.invitations in _INVITED
        return self.attendee.invitations if is_invited and self.attendee else ""

    def calendar(self) -> tuple[CalendarObject, ...]:
        """Return what takes the sessions out of the calendar of somebody who was invited to them."""
        found = ((each, entry_of(each, self.language)) for each in self.gone)
        entries: list[tuple[SessionView, EntryView]] = [(each, entry) for each, entry in found if entry is not None]
        if not self._wish() or not entries:
            return ()
        us = Party(self.press.letterhead.name, self.press.letterhead.sender)
        if self._wish() == "publish":
            return (publication(entries, organiser=us, stamped_at=self.now),)
        reader = Party(self.person.name, self.person.address)
        return tuple(
            call_off(session, entry, organiser=us, attendee=reader, stamped_at=self.now) for session, entry in entries
        )
