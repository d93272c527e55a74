"""Mails to attendees: what all of them have, read for a whole batch in a fixed number of queries when they go out.

A kind is a subclass of :class:`AttendeeMail` whose methods ``_<place>`` fill the places of its words;
``attendee_letters.py`` has the table. Links that are a reader's own are made here, never stored, and masked for
everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.cities import city_in
from wmd.domain.findings import N_
from wmd.domain.ical.invitations import CalendarObject
from wmd.domain.ical.own_way import with_own_way
from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import Words, fill
from wmd.domain.programme import EntryView, EventView, SessionView
from wmd.domain.vocabulary import SessionStatus
from wmd.models import Attendee, Edition, Organisation, Person, Registration
from wmd.secretbox import SecretBox
from wmd.services.attendee_checks import Depends
from wmd.services.audience import HAS_OR_WAITS, registration_stands
from wmd.services.event_views import ShownEvent, load_events
from wmd.services.mail_facts import MASK, Reading
from wmd.services.mail_rows import About
from wmd.services.mail_texts import Press, Written, read_written
from wmd.services.personal_links import STOP_LIVES, Scope, go_path, make_token, me_until
from wmd.services.session_words import When, when_lines
from wmd.services.time_words import short_day


@dataclass(frozen=True, slots=True)
class OwnLinks:
    """Makes the links of readers; without a ``box`` each is masked."""

    box: SecretBox | None
    now: datetime

    def token(self, attendee: Attendee, scope: Scope, subject: str, until: datetime) -> str:
        """Return a token of one reader, or what stands in its place."""
        if self.box is None:
            return MASK
        return make_token(self.box, attendee.person_id, attendee.generation, scope=scope, subject=subject, until=until)


@dataclass(slots=True)
class Known:
    """The rows that a batch refers to. ``more`` is what the classes of its kinds read beside."""

    links: OwnLinks
    people: dict[str, Person] = field(default_factory=dict)
    attendees: dict[str, Attendee] = field(default_factory=dict)
    until: Mapping[str, datetime] = field(default_factory=dict)
    editions: dict[int, Edition] = field(default_factory=dict)
    events: dict[str, ShownEvent] = field(default_factory=dict)
    registrations: dict[tuple[str, str], Registration] = field(default_factory=dict)
    names: dict[str, Mapping[str, str]] = field(default_factory=dict)
    written: Written = field(default_factory=dict)
    more: dict[Any, Any] = field(default_factory=dict)


class AttendeeMail:
    """One mail to one attendee, about an event where ``event_id`` finds one; a subclass per kind says what it says."""

    #: Reads what the mails of this class in a batch need beside, in a fixed number of queries.
    prepare: ClassVar[Callable[[Session, Sequence[About], Known], None] | None] = None

    def __init__(self, row: About, known: Known, press: Press, language: str) -> None:
        self.row, self.known, self.press, self.language = row, known, press, language
        self.say = press.translator(language)
        self.person = known.people[row.person_id or ""]
        self.attendee = known.attendees.get(row.person_id or "")
        self.shown = known.events.get(self.event_id(row))
        edition_id = self.shown.edition_id if self.shown else row.edition_id
        self.edition = known.editions.get(edition_id or 0)
        self.registration = known.registrations.get((self.person.id, self.event_id(row)))
        self.now = known.links.now

    @staticmethod
    def event_id(row: About) -> str:
        """Return the id of the event that a message is about; a blank when it is about none."""
        return row.subject_id

    @staticmethod
    def other_events(row: About) -> Iterable[str]:
        """Return the ids of further events that its words name."""
        return row.facts.get("events") or ()

    def skip(self) -> str:
        """Return why it shall not go out any more; a blank when it shall."""
        if self.attendee is None:
            return "the person is no attendee any more"
        if self.event_id(self.row) and (self.shown is None or not self.shown.is_listed):
            return "the event is no longer listed"
        return ""

    def hold(self) -> datetime | None:
        """Return when to look at it again because it shall not go out yet; None when it may."""
        return None

    def calendar(self) -> tuple[CalendarObject, ...]:
        """Return the invitations that go with it."""
        return ()

    def unsubscribe(self) -> str:
        """Return the address that stops mails like this by one click (RFC 8058)."""
        return self.stop_address

    def values(self) -> dict[str, str]:
        """Return what fills the places of its kind."""
        head = self.press.letterhead
        found = {
            "name": self.person.name or self.say(N_("there")),
            "edition": self.edition.name if self.edition else head.name,
            "service": head.name,
            "reply_to": head.reply_to,
        }
        for place in KINDS[self.row.kind].places:
            make = getattr(self, f"_{place}", None)
            found[place] = make() if make else str(self.row.facts.get(place, ""))
        return found

    @property
    def event(self) -> EventView:
        """The event it is about."""
        if self.shown is None:
            msg = f"message {self.row.id} is about no event"
            raise LookupError(msg)
        return self.shown.view

    def chose(self, session: SessionView) -> bool:
        """Whether the reader wants this session: one of those they registered for, or any when they follow all."""
        return self.registration is None or not self.registration.sessions or session.id in self.registration.sessions

    def _title(self) -> str:
        return self.event.text(self.language).title

    def _organisation(self) -> str:
        return self.organiser_of(self.event)

    def organiser_of(self, event: EventView) -> str:
        """Return who holds an event as its page does: in the reader's language, with the name they gave beside it."""
        if not event.organisers:
            return ""
        first = event.organisers[0]
        names = self.known.names.get(first.code, {first.language: first.name})
        name = names.get(self.language) or names.get(first.language) or first.name
        return f"{name} ({first.name})" if name != first.name else name

    def depends(self) -> Depends | None:
        """Return what must still hold when it is handed over, besides the event's version and its kind's wish."""
        return None

    def _button(self) -> str:
        """Return label and address of our stable way in; of the event's page when nothing is to come."""
        session = next_session(self.event, self.now, self.chose)
        if session is None:
            return f"{self.say(N_('See the page of the event'))}\n{self._event_link()}"
        way = self.way_in(session) if self._is_registered() else self._way_into_event()
        return f"{self.say(N_('Take part'))}\n{way}"

    def _way_into_event(self) -> str:
        return f"{self.press.letterhead.base_url}/go/{self.event.code}"

    def way_in(self, session: SessionView) -> str:
        """Return our stable way into a session; with a token that opens the room for who is registered with us."""
        way = f"{self.press.letterhead.base_url}/go/{session.code}"
        if not self._is_registered() or self.attendee is None:
            return way
        if self.known.links.box is None:
            return f"{way}?t={MASK}"
        own = go_path(self.known.links.box, self.attendee, session.code, now=self.now)
        return f"{self.press.letterhead.base_url}{own}"

    def entry(self, session: SessionView) -> EntryView | None:
        """Return the calendar entry of a session in the mail's language; with their own way in for who has a place."""
        found = entry_of(session, self.language)
        if found is None or self.known.links.box is None or not self._is_registered():
            return found
        return with_own_way(found, f"{self.press.letterhead.base_url}/go/{session.code}", self.way_in(session))

    def is_apart(self, session: SessionView) -> bool:
        """Whether a session's invitation goes in a mail of its own (``entries_apart.py``)."""
        return session.id in (self.row.facts.get("apart") or ())

    def _is_registered(self) -> bool:
        return self.registration is not None and self.registration.state == "registered"

    def _event_link(self) -> str:
        return f"{self.press.letterhead.base_url}/e/{self.event.code}"

    def _me_link(self) -> str:
        if self.attendee is None:
            return ""
        until = self.known.until.get(self.person.id, self.now)
        return f"{self.press.letterhead.base_url}/me/{self.known.links.token(self.attendee, 'me', '', until)}/"

    def _stop_link(self) -> str:
        return self.stop_address

    @cached_property
    def stop_address(self) -> str:
        """The address of the page that stops mails like this one: the same in the words and in the head."""
        if self.attendee is None:
            return ""
        token = self.known.links.token(self.attendee, "stop", self.stop_subject(), self.now + STOP_LIVES)
        return f"{self.press.letterhead.base_url}/me/unsubscribe/{token}"

    def stop_subject(self) -> str:
        """Return what mails are stopped about, as ``personal_links.Token`` says it."""
        return f"event:{self.event_id(self.row)}"

    def times(self, session: SessionView) -> list[str]:
        """Return when a session is: on the reader's clocks, then on the event's."""
        return when_lines(when_of(self.event, session), self.person.zone, self.language, self.say)

    def label(self, session: SessionView) -> str:
        """Return what tells a session from the others of its event; a blank for the only one."""
        if len(self.event.sessions) < 2:
            return ""
        title = session.title.get(self.language) or session.title.get(self.event.language)
        return title or short_day(session.starts_on, self.language)


def when_of(event: EventView, session: SessionView) -> When:
    """Return when a session is."""
    days = (session.starts_on, session.ends_on) if session.all_day else None
    return When(session.starts_at, session.ends_at, session.zone, days, city_in(session.zone, event.places))


def next_session(event: EventView, now: datetime, which: Callable[[SessionView], bool]) -> SessionView | None:
    """Return the next of some sessions that takes place and is not over; the one that is on counts."""
    found = [
        each for each in event.sessions if each.status is SessionStatus.SCHEDULED and each.ends_at > now and which(each)
    ]
    return min(found, key=lambda each: (each.starts_at, each.code), default=None)


def entry_of(session: SessionView, language: str) -> EntryView | None:
    """Return the calendar entry of a session in a language, else in English, else in any."""
    if not session.entries:
        return None
    return session.entries.get(language) or session.entries.get("en") or session.entries[min(session.entries)]


def read_known(dbs: Session, rows: Sequence[About], kinds: Mapping[str, type[AttendeeMail]], links: OwnLinks) -> Known:
    """Read what a batch refers to."""
    known = Known(links, written=read_written(dbs, {row.kind for row in rows}))
    person_ids = sorted({row.person_id for row in rows if row.person_id})
    known.people = {row.id: row for row in dbs.scalars(select(Person).where(Person.id.in_(person_ids)))}
    known.attendees = {
        row.person_id: row for row in dbs.scalars(select(Attendee).where(Attendee.person_id.in_(person_ids)))
    }
    known.until = me_until(dbs, person_ids, now=links.now)
    event_ids = {found for row in rows if (found := kinds[row.kind].event_id(row))}
    others = {other for row in rows for other in kinds[row.kind].other_events(row)}
    known.events = load_events(dbs.connection(), sorted(event_ids | others))
    # An event keeps only the name it was published with; the organisation knows the others.
    codes = sorted({each.code for shown in known.events.values() for each in shown.view.organisers[:1]})
    names = select(Organisation.code, Organisation.names).where(Organisation.code.in_(codes))
    known.names = dict(dbs.execute(names).tuples().all())
    for place in dbs.scalars(
        select(Registration).where(
            Registration.event_id.in_(sorted(event_ids)), Registration.person_id.in_(person_ids),
            registration_stands(HAS_OR_WAITS),
        )
    ):  # fmt: skip
        known.registrations[place.person_id, place.event_id] = place
    editions = {each.edition_id for each in known.events.values()} | {row.edition_id for row in rows if row.edition_id}
    known.editions = {row.id: row for row in dbs.scalars(select(Edition).where(Edition.id.in_(sorted(editions))))}
    for kind in dict.fromkeys(kinds[row.kind] for row in rows):
        if kind.prepare is not None:
            kind.prepare(dbs, [row for row in rows if kinds[row.kind] is kind], known)
    return known


def read_one(
    row: About, known: Known, press: Press, kinds: Mapping[str, type[AttendeeMail]], tried: Words | None
) -> Reading:
    """Return what one message says now; ``tried`` are words in place of those that hold."""
    person = known.people.get(row.person_id or "")
    if person is None:
        msg = f"message {row.id} is to nobody"
        raise LookupError(msg)
    edition = known.editions.get(row.edition_id or 0)
    words = tried or press.words(row.kind, edition.slug if edition else "", person.language or "en", known.written)
    mail = kinds[row.kind](row, known, press, words.language)
    why = mail.skip()
    # Staff read what it would say as long as there is an event to speak of.
    if why and (known.links.box is not None or mail.shown is None):
        return Reading(fill(press.form(words), {}), words.language, person.address, skip=why)
    shown = mail.shown
    return Reading(
        fill(press.form(words), mail.values()), words.language, person.address, calendar=mail.calendar(),
        unsubscribe=mail.unsubscribe(), event_id=shown.id if shown else "", event_version=shown.version if shown else 0,
        depends=mail.depends(), hold_until=mail.hold(),
    )  # fmt: skip
