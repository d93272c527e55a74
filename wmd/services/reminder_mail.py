"""What mails about a session of a published event say, and whether they still make sense when they go out.

Nothing of a reminder is stored but its rule and the start it was planned for: times, title and links are read when it
goes out. A reminder by days speaks of all the reader's sessions of that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.domain.programme import SessionView
from wmd.domain.reminders import Rule, Slot, due_at, held_until, is_same_start, rules_of, useful_until
from wmd.domain.vocabulary import EventFormat, SessionStatus
from wmd.models import Attendee, Event, Follow, Message
from wmd.services.attendee_checks import Depends, rules_as_stored
from wmd.services.attendee_mail import AttendeeMail, Known
from wmd.services.audience import follow_stands
from wmd.services.kept_links import KeptLink, kept_links
from wmd.services.link_check_tokens import make_answer_token
from wmd.services.link_checks import answered
from wmd.services.mail_facts import MASK
from wmd.services.mail_rows import About
from wmd.services.outbox import message_name
from wmd.services.reminder_runs import MOVED, OFF, day_of_slot, is_by_day, key_of
from wmd.services.reminder_words import lead_words
from wmd.services.room_news import NO_NEWS, RoomNews, news_words, read_news
from wmd.services.session_words import moment_text

UNWANTED: Final = "no longer wanted"
TOO_LATE: Final = "it came too late"
ANSWERED: Final = "it was answered meanwhile"

_ROOM_IS_WRONG: Final = N_("The way into the room is being renewed: a new one is on its way.")
_ROOM_OF_YOURS_IS_WRONG: Final = N_(
    "The way into the room is being renewed, and your place stands. The button leads you in as soon as there is a new"
    " one."
)
_TRY_AS_A_STRANGER: Final = N_(
    "This is where we lead everybody who wants to take part. Please try it, best in a private window, as a stranger"
    " would:"
)
_TRY_WHAT_YOU_GAVE: Final = N_(
    "Who registered here is led to the link that you gave us on {moment}: {link}. We do not mail it whole. Please open"
    " it where you keep it, best in a private window, and see whether it still leads into this room."
)
_GIVE_ONE: Final = N_(
    "Who registered here has no way in yet: you have given us no link into the room. Please add it to your event."
)
_LINK_IS_WRONG: Final = N_(
    "We have been told that the link of this event does not work. Look at the page of the event shortly before it"
    " begins: a new link stands there as soon as there is one."
)


@dataclass(slots=True)
class _More:
    """What mails about sessions need of their batch besides: by event, by person, and keys of mails that are there."""

    rules: dict[str, list[str] | None] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    own: dict[str, str] = field(default_factory=dict)
    rooms: dict[str, RoomNews] = field(default_factory=dict)
    follows: set[tuple[str, str]] = field(default_factory=set)
    planned: set[str] = field(default_factory=set)
    answered: Mapping[str, str] = field(default_factory=dict)


def _prepare(dbs: Session, rows: Sequence[About], known: Known) -> None:
    more: _More = known.more.setdefault(_More, _More())
    event_ids = sorted({SessionMail.event_id(row) for row in rows})
    person_ids = sorted({row.person_id or "" for row in rows})
    for event_id, rules, wrong_at in dbs.execute(
        select(Event.id, Event.reminders, Event.link_wrong_at).where(Event.id.in_(event_ids))
    ):
        more.rules[event_id] = rules
        more.wrong |= {event_id} if wrong_at is not None else set()
    more.rooms |= read_news(dbs, event_ids)
    own = select(Attendee.person_id, rules_as_stored()).where(Attendee.person_id.in_(person_ids))
    more.own |= dict(dbs.execute(own).tuples().all())
    follows = select(Follow.person_id, Follow.event_id).where(
        Follow.person_id.in_(person_ids), Follow.event_id.in_(event_ids), follow_stands()
    )
    more.follows |= {(person_id, str(event_id)) for person_id, event_id in dbs.execute(follows)}
    checks = {row.facts["check_id"] for row in rows if "check_id" in row.facts}
    if checks:
        more.answered = answered(dbs, checks)
    names = {message_name(key): key for row in rows for key in _stand_ins(row, known)}
    if names:
        more.planned |= {names[each] for each in dbs.scalars(select(Message.id).where(Message.id.in_(names)))}


def _stand_ins(row: About, known: Known) -> list[str]:
    """Return the keys of mails that would speak of the day's other sessions when the planned one is gone."""
    shown = known.events.get(SessionMail.event_id(row))
    if shown is None or "rule" not in row.facts or not is_by_day(rule := Rule.read(row.facts["rule"])):
        return []
    if any(each.id == row.subject_id and _is_there(each, row) for each in shown.view.sessions):
        return []
    return [key_of(row.person_id or "", each.id, rule, each.starts_at) for each in shown.view.sessions]


def _planned_for(row: About) -> datetime:
    return datetime.fromisoformat(row.facts["start"])


def _is_there(session: SessionView, row: About) -> bool:
    """Whether a session takes place at the start, or nearly, that a mail was planned for."""
    return session.status is SessionStatus.SCHEDULED and is_same_start(session.starts_at, _planned_for(row))


def slot_of(session: SessionView) -> Slot:
    """Return what of a session its reminders depend on."""
    return Slot(session.starts_at, session.ends_at, session.zone, session.all_day)


class SessionMail(AttendeeMail):
    """A mail about one session (``subject_id``) of an event."""

    prepare: ClassVar[Callable[[Session, Sequence[About], Known], None] | None] = staticmethod(_prepare)

    @staticmethod
    def event_id(row: About) -> str:
        """Return the id of the session's event."""
        return str(row.facts.get("event_id", ""))

    @staticmethod
    def other_events(row: About) -> Iterable[str]:
        """Return nothing: no other event is named."""
        return ()

    def skip(self) -> str:
        """Return why it shall not go out any more; a blank when it shall."""
        if self.shown is None or not self.shown.is_listed or self._session is None:
            return OFF
        return self._against

    @cached_property
    def _more(self) -> _More:
        more: _More = self.known.more[_More]
        return more

    @cached_property
    def _session(self) -> SessionView | None:
        """The session that it was planned for."""
        return next((each for each in self.event.sessions if each.id == self.row.subject_id), None)

    @property
    def _gone(self) -> str:
        is_off = self._session is None or self._session.status is not SessionStatus.SCHEDULED
        return OFF if is_off else MOVED

    @property
    def _against(self) -> str:
        return "" if self._session is not None and _is_there(self._session, self.row) else self._gone

    @property
    def sessions(self) -> tuple[SessionView, ...]:
        """The sessions that it speaks of; the first is the one it leads to."""
        return (self._session,) if self._session else self.event.sessions[:1]

    @property
    def _is_link_wrong(self) -> bool:
        return self.event_id(self.row) in self._more.wrong

    def depends(self) -> Depends | None:
        """Return what must still hold when it is handed over, besides the event's version."""
        return Depends(self.event_id(self.row), self._is_link_wrong)

    def _lead(self) -> str:
        return lead_words(self.sessions[0], self.person.zone, self.say, now=self.now)

    def _times(self) -> str:
        return "\n".join(line for session in self.sessions for line in self.times(session))

    def _notice(self) -> str:
        return self.say(self._wrong_words()) if self._is_link_wrong else ""

    def _wrong_words(self) -> str:
        if self._is_registered():
            return _ROOM_OF_YOURS_IS_WRONG
        return _ROOM_IS_WRONG if self.event.registration.is_here else _LINK_IS_WRONG

    def _place(self) -> str:
        venue = self.event.venue
        if venue is None or self.event.format is EventFormat.ONLINE:
            return ""
        where = ", ".join(part for part in (venue.name, venue.address, venue.city) if part)
        return self.say(N_("Place: {place}")).format(place=where) if where else ""

    def _calendar_link(self) -> str:
        return f"{super()._event_link()}.ics"


class ReminderMail(SessionMail):
    """A reminder: of what its reader still wants, and as long as it is of use to them."""

    @cached_property
    def _rule(self) -> Rule:
        return Rule.read(self.row.facts["rule"])

    @cached_property
    def _rules(self) -> tuple[Rule, ...]:
        of_event = self._more.rules.get(self.event_id(self.row))
        defaults = self.edition.reminders if self.edition else ()
        return rules_of(self.attendee.reminders if self.attendee else None, of_event, defaults)

    @property
    def _is_wanted(self) -> bool:
        who = self.attendee
        if who is None or who.confirmed_at is None or who.paused_at is not None or who.left_at is not None:
            return False
        follows = (self.person.id, self.event_id(self.row)) in self._more.follows
        is_registered = self.registration is not None and self.registration.muted_at is None
        return (follows or is_registered) and self._rule in self._rules

    @property
    def _against(self) -> str:
        if not self._is_wanted:
            return UNWANTED
        session = self._session
        if session is not None and _is_there(session, self.row) and not self.chose(session):
            return UNWANTED
        if not self._found:
            return self._gone
        return TOO_LATE if useful_until(self._rule, self._rules, slot_of(self._found[0])) <= self.now else ""

    @cached_property
    def _found(self) -> tuple[SessionView, ...]:
        """The sessions that it speaks of, the planned one first; empty when that is gone and none stands in."""
        session = self._session
        if session is None:
            return ()
        is_there = _is_there(session, self.row)
        if not is_by_day(self._rule):
            return (session,) if is_there else ()
        day = day_of_slot(slot_of(session), session.starts_at if is_there else _planned_for(self.row))
        that_day = [
            each
            for each in self.event.sessions
            if each.status is SessionStatus.SCHEDULED and self.chose(each)
            and day_of_slot(slot_of(each), each.starts_at) == day
        ]  # fmt: skip
        that_day.sort(key=lambda each: (slot_of(each).begins_at, each.id))
        if is_there:
            later = (each for each in that_day if each.starts_at >= session.starts_at and each.id != session.id)
            return (session, *later)
        # The mail of the planned session spoke for the day's others, whose own was due by then and not planned. The
        # session itself has a run of its own for its new start.
        that_day = [each for each in that_day if each.id != session.id]
        others = tuple(each for each in that_day if due_at(self._rule, slot_of(each)) <= self.now)
        keys = {key_of(self.person.id, each.id, self._rule, each.starts_at) for each in that_day}
        return () if keys & self._more.planned else others

    @property
    def sessions(self) -> tuple[SessionView, ...]:
        """The sessions that it speaks of; the first is the one it leads to."""
        return self._found or super().sessions

    @property
    def _room(self) -> RoomNews:
        """What is to be known of the event's room. What has taken place, or takes place elsewhere, has none."""
        if not self._rule.is_before or self.event.format is EventFormat.IN_PERSON:
            return NO_NEWS
        return self._more.rooms.get(self.event_id(self.row), NO_NEWS)

    def hold(self) -> datetime | None:
        """Return when to look again, while it is not settled when its sessions begin, or their link is renewed.

        It waits until two hours before the earliest of the times in question, and never until it is of no more use.
        """
        disputes = self._room.about(self.sessions)
        if not disputes and not self._room.is_renewing:
            return None
        starts = [slot_of(each).begins_at for each in self.sessions]
        starts += [theirs.starts_at for _, theirs in disputes if theirs.starts_at is not None]
        useful = useful_until(self._rule, self._rules, slot_of(self.sessions[0]))
        return held_until(starts, useful, self.now)

    def _notice(self) -> str:
        told = [
            super()._notice(),
            *news_words(self._room, self.event, self.sessions, self.person.zone, self.language, self.say),
        ]
        return "\n\n".join(each for each in told if each)

    def depends(self) -> Depends | None:
        """Return what must still hold when it is handed over, besides the event's version."""
        own, event_id = self._more.own.get(self.person.id, ""), self.event_id(self.row)
        is_room, room = self._rule.is_before, self._more.rooms.get(event_id, NO_NEWS)
        return Depends(
            event_id, self._is_link_wrong, True, self.sessions[0].id, own, is_room, is_room and room.is_renewing,
            room.drift_ids if is_room else "",
        )  # fmt: skip

    def _button(self) -> str:
        if self._is_link_wrong and not self._is_registered():
            return f"{self.say(N_('See the page of the event'))}\n{super()._event_link()}"
        return f"{self.say(N_('Take part'))}\n{self.way_in(self.sessions[0])}"


class AfterwardsMail(ReminderMail):
    """Thanks when it is over, with the recording if there is one."""

    def _button(self) -> str:
        if self.event.recording_url:
            return f"{self.say(N_('Watch the recording'))}\n{self.event.recording_url}"
        return f"{self.say(N_('See the page of the event'))}\n{super()._event_link()}"

    def _event_link(self) -> str:
        """Return the event's page where the button leads elsewhere."""
        return super()._event_link() if self.event.recording_url else ""


def _prepare_checks(dbs: Session, rows: Sequence[About], known: Known) -> None:
    """Read what the questions of a batch need: of events that register with us, the links that are kept."""
    _prepare(dbs, rows, known)
    event_ids = {SessionMail.event_id(row) for row in rows}
    if known.links.box is not None:
        for event_id, kept in kept_links(dbs, known.links.box, event_ids).items():
            known.more["kept", event_id] = kept


class LinkCheckMail(SessionMail):
    """The question to an organiser whether the link of a session works."""

    prepare: ClassVar[Callable[[Session, Sequence[About], Known], None] | None] = staticmethod(_prepare_checks)

    @property
    def _against(self) -> str:
        return ANSWERED if self.row.facts["check_id"] in self._more.answered else super()._against

    def unsubscribe(self) -> str:
        """Return nothing: it is no mail that somebody asked for as an attendee."""
        return ""

    def _test(self) -> str:
        if not self.event.registration.is_here:
            return self.say(_TRY_AS_A_STRANGER)
        kept: KeptLink | None = self.known.more.get(("kept", self.event_id(self.row)))
        if kept is None and self.known.links.box is not None:
            return self.say(_GIVE_ONE)
        zone = self.person.zone or self.sessions[0].zone
        moment = moment_text(kept.given_at, zone, self.language) if kept else MASK
        return self.say(_TRY_WHAT_YOU_GAVE).format(moment=moment, link=kept.masked if kept else MASK)

    def _try_link(self) -> str:
        if self.event.registration.is_here:
            return ""
        return f"{self.press.letterhead.base_url}/go/{self.sessions[0].code}"

    def _button(self) -> str:
        box = self.known.links.box
        token = make_answer_token(box, str(self.row.facts["check_id"]), self.person.id) if box else MASK
        address = f"{self.press.letterhead.base_url}/organiser/link-check?t={token}"
        return f"{self.say(N_('Say whether it works'))}\n{address}"
