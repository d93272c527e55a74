"""What followers and registrants are told of changes: before and after, as it stands when the mail goes out.

The old side is what a notice's first change noted, the new one what is published at this moment: whoever reads a mail
late reads the time that holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Final

from babel import Locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.change_ladder import Net, SessionNet, instant, net
from wmd.domain.cities import city_in
from wmd.domain.findings import N_
from wmd.domain.ical.invitations import CalendarObject, Party, call_off, invite, publication
from wmd.domain.programme import EntryView, SessionView
from wmd.domain.vocabulary import FORMAT_LABELS, SessionStatus
from wmd.models import ChangeNotice
from wmd.services.attendee_mail import AttendeeMail, Known, next_session, when_of
from wmd.services.change_notices import changes_in
from wmd.services.mail_lines import CALLED_OFF
from wmd.services.mail_rows import About
from wmd.services.places_left import taken_among
from wmd.services.session_words import When, when_lines

#: What changed, a word for the subject and a sentence; several things have their own.
_WHAT: Mapping[str, tuple[str, str]] = {
    "moved": (N_("New time"), N_("the time of an event that you want to attend has changed:")),
    "added": (N_("New date"), N_("an event that you want to attend has another date:")),
    "revived": (N_("It takes place"), N_("an event that was called off takes place after all:")),
    "off": (N_("Partly called off"), N_("a part of an event that you want to attend is called off:")),
    "place": (N_("New place"), N_("the place of an event that you want to attend has changed:")),
    "link": (N_("New link"), N_("the way to take part in an event that you want to attend has changed:")),
    "several": (N_("Changed"), N_("several things have changed about an event that you want to attend:")),
}
_TAKEN_WAIT: Final = N_("Registration is open; all places are taken now. The address below leads to the waiting list.")
_TAKEN_CLOSED: Final = N_("Registration is open, but all places are taken now, and there is no waiting list.")
#: Where the codes of events without a place left are kept for a batch.
_TAKEN: Final = "taken"
RENEWED: Final = N_("The way into the room is being renewed; places stand.")
_INVITED: Mapping[str, str] = {
    "request": N_("The invitation in this mail brings your calendar up to date."),
    "publish": N_("Open the attached file to bring the entry in your calendar up to date."),
}
#: A mail program takes up the first of several by itself.
OPEN_EACH: Final = N_(
    "Several entries for your calendar are attached. Open each of them: most mail programs take up only the first by"
    " themselves."
)


def read_notices(dbs: Session, rows: Sequence[About], known: Known) -> None:
    """Read the changes of the notices that a batch is about, once for all classes that need them."""
    wanted = sorted({int(row.facts["notice"]) for row in rows})
    notices = dbs.scalars(select(ChangeNotice).where(ChangeNotice.id.in_(wanted))).all()
    for notice in notices:
        known.more["notice", notice.id] = notice
    missing = [each for each in notices if ("changes", each.id) not in known.more]
    found = changes_in(dbs, missing)
    for notice in missing:
        inside = [each for each in found.get(notice.event_id, []) if notice.first_id <= each.id <= notice.through_id]
        known.more["changes", notice.id] = inside
    if missing:
        # Where people register with us, a mail does not say that one can when there is only a waiting list.
        known.more.setdefault(_TAKEN, set()).update(taken_among(dbs, {each.event_id for each in missing}))


class ChangedMail(AttendeeMail):
    """``event-changed``: another time, place or way in, another date, or something that takes place after all."""

    prepare = read_notices

    def skip(self) -> str:
        """Return why it shall not go out: also when what changed was changed back, or is over, meanwhile."""
        return super().skip() or ("" if self.left else "nothing is left to tell")

    @cached_property
    def left(self) -> Net:
        """What is left of the changes for this reader at this moment."""
        found = net(self.known.more.get(("changes", int(self.row.facts["notice"])), []))
        kept = {}
        for id_, each in found.sessions.items():
            session = self.sessions.get(id_)
            if (
                session is not None
                and self.chose(session)
                and still_holds(each, session)
                and self._ahead(each, session)
            ):
                kept[id_] = each
        return Net(kept, found.place, found.link)

    @cached_property
    def sessions(self) -> dict[str, SessionView]:
        """The sessions of the event by id."""
        return {each.id: each for each in self.event.sessions}

    def _ahead(self, change: SessionNet, session: SessionView) -> bool:
        was = instant(change.moved[0].get("ends_at")) if change.moved else None
        return max(session.ends_at, was or session.ends_at) > self.now

    @property
    def kinds(self) -> list[str]:
        """What kinds of change there are, in the order in which they are told."""
        several = list(self.left.sessions.values())
        found = [name for name in ("moved", "added", "revived", "off") if any(_kind(each) == name for each in several)]
        return found + [name for name in ("place", "link") if getattr(self.left, name)]

    def _said(self) -> tuple[str, str]:
        return _WHAT[self.kinds[0] if len(self.kinds) == 1 else "several"]

    def _state(self) -> str:
        return self.say(self._said()[0])

    def _what(self) -> str:
        return self.say(self._said()[1])

    def _was(self) -> str:
        lines = []
        for each in self._of("moved"):
            if each.moved is not None:
                lines += self._named(self.sessions[each.id], self._old_times(each.moved[0], self.sessions[each.id]))
        if self.left.place:
            lines.append(self._place_facts(self.left.place[0]))
        return "\n".join(filter(None, lines))

    def _now(self) -> str:
        parts = ["\n".join(self._session_lines(_kind(each), each)) for each in self.left.sessions.values()]
        parts.append(self._place() if self.left.place else "")
        parts.append(self._way_in() if self.left.link else "")
        parts.append(self.say(RENEWED) if self.event.link_wrong and self.event.registration.is_here else "")
        return "\n\n".join(filter(None, parts))

    def _session_lines(self, kind: str, each: SessionNet) -> list[str]:
        session = self.sessions[each.id]
        lead = {
            "added": self.say(N_("Another date:")),
            "revived": self.say(N_("It takes place after all:")),
            "off": self.say(_off_words(session)),
        }.get(kind, "")
        return [lead, *self._named(session, self.times(session))] if lead else self._named(session, self.times(session))

    def _named(self, session: SessionView, lines: list[str]) -> list[str]:
        """Return lines of a session with what tells it from the others in front of them."""
        label = self.label(session)
        return [f"{label}: {lines[0]}", *lines[1:]] if label and lines else lines

    def _old_times(self, facts: Mapping[str, Any], session: SessionView) -> list[str]:
        starts_at, ends_at = instant(facts.get("starts_at")), instant(facts.get("ends_at"))
        if starts_at is None or ends_at is None:
            return []
        zone = str(facts.get("zone") or session.zone)
        return when_lines(
            When(starts_at, ends_at, zone, None, city_in(zone, self.event.places)),
            self.person.zone,
            self.language,
            self.say,
        )

    def _of(self, kind: str) -> list[SessionNet]:
        return [each for each in self.left.sessions.values() if _kind(each) == kind]

    def _place(self) -> str:
        event = self.event
        facts = {"format": event.format.value}
        if event.venue is None:
            return self._place_facts(facts)
        where = (event.venue.name, event.venue.address, event.venue.city)
        country = _country(event.venue.country, self.language) if event.venue.country else ""
        return "\n".join(filter(None, (self._place_facts(facts), *where, country)))

    def _place_facts(self, facts: Mapping[str, Any]) -> str:
        form, city, country = (str(facts.get(name) or "") for name in ("format", "city", "country"))
        words = self.say(FORMAT_LABELS[form]) if form in FORMAT_LABELS else ""
        return ", ".join(filter(None, (words, city, _country(country, self.language) if country else "")))

    def _way_in(self) -> str:
        before, after = self.left.link or ({}, {})
        if self._is_taken:
            waits = self.event.registration.has_waiting_list
            return self.say(_TAKEN_WAIT if waits else _TAKEN_CLOSED)
        if after.get("state") == "open" != before.get("state"):
            return self.say(N_("Registration is open now. The address below leads there."))
        return self.say(N_("The address below stays the same and leads to the new one."))

    @property
    def _is_taken(self) -> bool:
        """Whether the reader, who has no place, finds none left."""
        return not self._is_registered() and self.event.code in self.known.more.get(_TAKEN, ())

    def _button(self) -> str:
        """Return the way in; where the reader would register with us first, that is what it says."""
        way = super()._button()
        if self._is_registered() or not self.event.registration.is_here or f"/go/{self.event.code}" not in way:
            return way
        label = N_("Wait for a place") if self._is_taken else N_("Register")
        return f"{self.say(label)}\n{self._way_into_event()}"

    def _reason(self) -> str:
        words = self.event.public_reason
        return words.get(self.language) or words.get(self.event.language) or next(iter(words.values()), "")

    def _invitation(self) -> str:
        objects = self.calendar()
        if len(objects) > 1:
            return self.say(OPEN_EACH)
        return self.say(_INVITED[self._wants()]) if objects else ""

    def _wants(self) -> str:
        """Return how the reader wants invitations; who only follows, or waits for a place, has none."""
        is_invited = self.attendee is not None and self._is_registered() and self.attendee.invitations in _INVITED
        return self.attendee.invitations if is_invited and self.attendee else ""

    def calendar(self) -> tuple[CalendarObject, ...]:
        """Return what brings the reader's calendar up to date: of each session they chose, and that changed."""
        touched = self._invited()
        if not self._wants() or not touched:
            return ()
        us = Party(self.press.letterhead.name, self.press.letterhead.sender)
        if self._wants() == "publish":
            return (publication(touched, organiser=us, stamped_at=self.now),)
        reader = Party(self.person.name, self.person.address)
        return tuple(
            (invite if session.status is SessionStatus.SCHEDULED else call_off)(
                session, entry, organiser=us, attendee=reader, stamped_at=self.now
            )
            for session, entry in touched
            if not self.is_apart(session)
        )

    def _invited(self) -> list[tuple[SessionView, EntryView]]:
        ids = set(self.left.sessions)
        if self.left.place:
            ids |= {each.id for each in self.event.sessions if each.ends_at > self.now and self.chose(each)}
        found = [each for each in self.event.sessions if each.id in ids]
        entries = ((each, self.entry(each)) for each in found)
        return [(session, entry) for session, entry in entries if entry is not None]


class CalledOffMail(ChangedMail):
    """``event-called-off``: cancelled or postponed, wholly or in part, with what takes place in its stead."""

    @staticmethod
    def other_events(row: About) -> Iterable[str]:
        """Return the events that are offered."""
        return row.facts.get("alternatives") or ()

    def _called_off(self) -> tuple[tuple[str, str], bool]:
        off = [self.sessions[each.id] for each in self._of("off")]
        if not off:
            return _WHAT["several"], False
        partly = any(each.status is SessionStatus.SCHEDULED for each in self.event.sessions)
        return CALLED_OFF[off[0].status.value][partly], partly

    def _said(self) -> tuple[str, str]:
        return self._called_off()[0]

    def _was(self) -> str:
        """Return the times that hold no more, of what is off and of what moved."""
        off = [self._named(self.sessions[each.id], self.times(self.sessions[each.id])) for each in self._of("off")]
        return "\n".join(filter(None, ("\n".join(line for lines in off for line in lines), super()._was())))

    def _now(self) -> str:
        parts = [
            "\n".join(self._session_lines(_kind(each), each))
            for each in self.left.sessions.values()
            if _kind(each) != "off"
        ]
        return "\n\n".join(filter(None, parts))

    def _alternatives(self) -> str:
        """Return what else takes place in those days in the same language; what is off or over since is left out."""
        lines = []
        for event_id in self.other_events(self.row):
            other = self.known.events.get(event_id)
            session = next_session(other.view, self.now, lambda _: True) if other and other.is_listed else None
            if other is None or session is None:
                continue
            times = when_lines(when_of(other.view, session), self.person.zone, self.language, self.say)
            way = f"{self.press.letterhead.base_url}/e/{other.view.code}"
            lines.append("\n".join((f"- {one_line_of(other.view.text(self.language).title)}", *times, way)))
        return "\n\n".join(lines)


def one_line_of(text: str) -> str:
    """Return a title that stays on its line, whatever is in it: a line of its own would be read as ours."""
    return " ".join(text.split())


def still_holds(change: SessionNet, session: SessionView) -> bool:
    """Whether what a session's changes came to is still so: it may have been moved or called off once more."""
    is_on = session.status is SessionStatus.SCHEDULED
    if change.status is not None:
        return is_on == (change.status[1] == "scheduled")
    if change.moved is not None:
        before = (instant(change.moved[0].get("starts_at")), instant(change.moved[0].get("ends_at")))
        return is_on and before != (session.starts_at, session.ends_at)
    return is_on


def _kind(change: SessionNet) -> str:
    if change.added:
        return "added"
    if change.status is not None:
        return "revived" if change.status[1] == "scheduled" else "off"
    return "moved"


def _off_words(session: SessionView) -> str:
    if session.status is SessionStatus.POSTPONED:
        return N_("Postponed; the new time is not known yet. It was to be:")
    return N_("Cancelled. It was to be:")


@lru_cache(maxsize=512)
def _country(code: str, language: str) -> str:
    return str(Locale.parse(language, sep="-").territories.get(code, code))


class LateChangeMail(ChangedMail):
    """``late-change``: what somebody of the staff hears at once when an event changes shortly before it begins."""

    def skip(self) -> str:
        """Return why it shall not go out: staff need not be attendees."""
        return "" if self.shown is not None and self.left else "nothing is left to tell"

    def unsubscribe(self) -> str:
        """Return nothing: who answers for the programme hears of this."""
        return ""

    def calendar(self) -> tuple[CalendarObject, ...]:
        """Return nothing: who is told as staff need not attend."""
        return ()

    def chose(self, session: SessionView) -> bool:
        """Return that every session is of interest."""
        return True

    def _link(self) -> str:
        return f"{self.press.letterhead.base_url}/staff/desk/{self.row.facts['submission']}"

    def _who(self) -> str:
        return who_words(int(self.row.facts["registrants"]), int(self.row.facts["followers"]), self.say)


def who_words(registrants: int, followers: int, say: Callable[[str], str]) -> str:
    """Return how many people get a mail about a change, as a sentence."""
    if not registrants and not followers:
        return say(N_("Nobody is registered or follows it: nobody is mailed."))
    words = N_("They get a mail: registered here {registrants}, following {followers}.")
    return say(words).format(registrants=registrants, followers=followers)
