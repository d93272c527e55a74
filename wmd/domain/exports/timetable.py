"""The programme as conference apps know it: days, rooms, and in them one slot per session.

The formats schedule.xml and schedule.json of the c3voc (https://c3voc.de/wiki/schedule) share this reading:

- Every session is a slot of its own, with a number, guid, code and slug of its own: repeats that share them are
  invalid, and apps show only the last one.
- Days are cut at midnight in the edition's zone, and all times are written in it. Only days with a slot are there,
  and the main day when there is none at all.
- The formats know no all-day entry. An all-day session stands in a room of its own ("All day"), on its first day
  from midnight, 23 hours and 59 minutes long, with its dates as subtitle, so that it is there without covering a
  column of talks for a week. A timed session of more than 99:59 hours, the longest that can be written, is cut to it.
- A cancelled or postponed session stays, and its title says so.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from wmd.domain.codes import ALPHABET, is_code
from wmd.domain.exports.addresses import event_page, take_part, web_uri
from wmd.domain.findings import N_
from wmd.domain.programme import EditionView, EventView, Programme, SessionView, SpeakerView
from wmd.domain.vocabulary import ACTIVITY_LABELS, EventFormat, SessionStatus

Translate = Callable[[str], str]

GENERATOR = "wmd"
ROOM_ONLINE = N_("Online")
ROOM_ALL_DAY = N_("All day")
_TITLES = {
    SessionStatus.SCHEDULED: "{title}",
    SessionStatus.CANCELLED: N_("Cancelled: {title}"),
    SessionStatus.POSTPONED: N_("Postponed: {title}"),
}
_LINK_TAKE_PART, _LINK_WEB, _LINK_RECORDING = N_("Take part"), N_("More about the event"), N_("Recording")

_CODE = re.compile(r"[0-9A-Z]{6}", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_ALL_DAY_MINUTES = 24 * 60 - 1
_LONGEST_MINUTES = 99 * 60 + 59
#: What XML 1.0 (section 2.2) cannot hold; the same is left out of JSON, so that both say the same.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Person:
    """A speaker with a public name; ``number`` is the same wherever the same name and organisation appear."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One session; ``starts`` and ``ends`` are aware in the edition's zone; links are pairs of title and address."""

    number: int
    guid: str
    code: str
    slug: str
    title: str
    subtitle: str
    kind: str
    room: str
    track: str
    language: str
    starts: datetime
    ends: datetime
    abstract: str
    description: str
    persons: tuple[Person, ...]
    links: tuple[tuple[str, str], ...]
    url: str

    @property
    def start_text(self) -> str:
        """The wall-clock time, ``hh:mm``."""
        return self.starts.strftime("%H:%M")

    @property
    def duration_text(self) -> str:
        """How long it lasts, ``hh:mm``."""
        # Two times in the same zone are subtracted as wall clocks read, also across a change of the clocks.
        length = self.ends.astimezone(UTC) - self.starts.astimezone(UTC)
        hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
        return f"{hours:02}:{minutes:02}"


@dataclass(frozen=True, slots=True)
class Day:
    """One day from midnight to midnight in the edition's zone, with its slots by room (in order of the room's name)."""

    index: int
    date: date
    starts: datetime
    ends: datetime
    rooms: dict[str, list[Slot]]


@dataclass(frozen=True, slots=True)
class Timetable:
    """A whole schedule. ``version`` changes whenever the programme does; ``days`` has at least one."""

    title: str
    acronym: str
    version: str
    zone: str
    url: str
    base_url: str
    days: tuple[Day, ...]
    rooms: tuple[str, ...]
    tracks: tuple[tuple[str, str], ...]


def timetable(programme: Programme, base_url: str, *, language: str = "en", translate: Translate = str) -> Timetable:
    """Return the programme as a timetable, with texts in ``language`` where there are any."""
    edition = programme.edition
    zone = ZoneInfo(edition.zone)
    tracks = {topic.slug: clean(translate(topic.name)) for topic in programme.topics}
    reader = _Reader(programme, base_url, zone, language, translate, tracks)
    slots = [reader.slot(*pair) for pair in zip(programme.sessions, programme.owners, strict=True)]
    return Timetable(
        title=clean(edition.name),
        acronym=acronym(edition),
        version=f"{programme.version}",
        zone=edition.zone,
        url=f"{base_url}/{edition.slug}/programme",
        base_url=f"{base_url}/",
        days=tuple(_days(slots, edition.main_day, zone)),
        rooms=tuple(sorted({slot.room for slot in slots})),
        tracks=tuple(
            (topic.slug, tracks[topic.slug])
            for topic in sorted(programme.topics, key=lambda topic: topic.position)
            if not topic.retired
        ),
    )


def acronym(edition: EditionView) -> str:
    """Return the edition's short name: both schemas take ``wmd2021``, and neither ``wmd-2021`` nor three letters."""
    return "wmd" + (re.sub(r"[^a-z0-9]", "", edition.slug.lower()) or "0")


def clean(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return _IMPOSSIBLE.sub("", text)


def number_of(code: str) -> int:
    """Return the positive number of a public code, always the same and different for each code.

    It fits 31 bits for every code we mint, because apps store it so. Raises ``ValueError`` when the code is not six
    of ``0-9A-Z``.
    """
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is not a public code")
    if is_code(code):
        # The place of a letter in the alphabet is part of every number given out; it must never change.
        number = 0
        for letter in code:
            number = number * len(ALPHABET) + ALPHABET.index(letter)
        return number + 1
    return int(code, 36) + len(ALPHABET) ** 6 + 1


def room_guid(base_url: str, room: str) -> str:
    """Return the guid of a room, the same for the same name at the same site."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{base_url}/#room-{room}"))


def _days(slots: list[Slot], main_day: date, zone: ZoneInfo) -> Iterator[Day]:
    by_date: dict[date, dict[str, list[Slot]]] = {}
    for slot in slots:
        by_date.setdefault(slot.starts.date(), {}).setdefault(slot.room, []).append(slot)
    for index, day in enumerate(sorted(by_date) or [main_day], start=1):
        rooms = by_date.get(day, {})
        ordered = {room: sorted(rooms[room], key=lambda slot: (slot.starts, slot.code)) for room in sorted(rooms)}
        yield Day(index, day, _midnight(day, zone), _midnight(day + timedelta(days=1), zone), ordered)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns sessions into slots."""

    programme: Programme
    base_url: str
    zone: ZoneInfo
    language: str
    translate: Translate
    tracks: Mapping[str, str]

    def slot(self, session: SessionView, event: EventView) -> Slot:
        text = event.text(self.language)
        starts, ends = self._times(session)
        title = text.title
        part = words_in(session.title, self.language)
        spoken = event.spoken[0] if event.spoken else event.language
        return Slot(
            number=number_of(session.code),
            guid=session.id if _UUID.fullmatch(session.id) else str(uuid.uuid5(uuid.NAMESPACE_URL, session.uid)),
            code=session.code,
            slug=_slug(self.programme.edition, session, event),
            title=clean(self.translate(_TITLES[session.status]).format(title=title)),
            subtitle=clean(" · ".join(filter(None, (part, self._dates(session))))),
            kind=clean(self.translate(ACTIVITY_LABELS.get(event.activity, event.activity))),
            room=self._room(session, event),
            track=self.tracks.get(event.topics[0], event.topics[0]) if event.topics else "",
            language=spoken.partition("-")[0],
            starts=starts,
            ends=ends,
            abstract=clean(text.summary),
            description=clean("\n\n".join(filter(None, (text.description, panels_text(session, self.language))))),
            persons=tuple(dict.fromkeys(_person(speaker) for speaker in _speakers(session) if clean(speaker.name))),
            links=tuple(self._links(session, event)),
            url=event_page(self.base_url, self.programme.edition, event),
        )

    def _times(self, session: SessionView) -> tuple[datetime, datetime]:
        """Return start and end in the edition's zone. Added up in UTC, because wall clocks jump."""
        if session.all_day:
            starts = _midnight(session.starts_on, self.zone)
            minutes = _ALL_DAY_MINUTES
        else:
            starts = session.starts_at.astimezone(self.zone)
            minutes = int((session.ends_at - session.starts_at).total_seconds()) // 60
        instant = starts.astimezone(UTC) + timedelta(minutes=min(minutes, _LONGEST_MINUTES))
        return starts, instant.astimezone(self.zone)

    def _dates(self, session: SessionView) -> str:
        if not session.all_day:
            return ""
        if session.starts_on == session.ends_on:
            return session.starts_on.isoformat()
        return f"{session.starts_on.isoformat()} – {session.ends_on.isoformat()}"

    def _room(self, session: SessionView, event: EventView) -> str:
        if session.all_day:
            return clean(self.translate(ROOM_ALL_DAY))
        if event.format is EventFormat.ONLINE:
            return clean(self.translate(ROOM_ONLINE))
        venue = event.venue
        place = (venue.name, venue.city or event.host_city) if venue else ("", event.host_city)
        return clean(", ".join(filter(None, place))) or clean(self.translate(ROOM_ONLINE))

    def _links(self, session: SessionView, event: EventView) -> Iterator[tuple[str, str]]:
        yield self.translate(_LINK_TAKE_PART), take_part(self.base_url, session.code)
        for title, address in ((_LINK_WEB, event.web_url), (_LINK_RECORDING, event.recording_url)):
            if uri := web_uri(address):
                yield self.translate(title), uri


def words_in(text: Mapping[str, str], language: str) -> str:
    """Return the words of a text by language: in ``language``, else English, else the first there is, else ``""``."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def panels_text(session: SessionView, language: str) -> str:
    """Return the panels of a session as plain text: title, then each question on a line of its own."""
    blocks = []
    for panel in session.panels:
        lines = [words_in(panel.title, language), *(f"- {words_in(each, language)}" for each in panel.questions)]
        blocks.append("\n".join(filter(None, lines)))
    return "\n\n".join(blocks)


def _speakers(session: SessionView) -> Iterator[SpeakerView]:
    return chain(session.speakers, chain.from_iterable(panel.speakers for panel in session.panels))


def _person(speaker: SpeakerView) -> Person:
    digest = hashlib.sha256(f"{speaker.name}\n{speaker.organisation}".encode("utf-8", "replace")).digest()
    return Person(int.from_bytes(digest[:4]) >> 1 or 1, clean(speaker.name))


def _slug(edition: EditionView, session: SessionView, event: EventView) -> str:
    """Return ``wmd2021-<session code>-<words>``: unique by the code, and never made from a title alone."""
    words = re.sub(r"[^a-z0-9]+", "-", event.slug.lower()).strip("-")[:60].strip("-")
    return "-".join(filter(None, (acronym(edition), session.code.lower(), words)))
