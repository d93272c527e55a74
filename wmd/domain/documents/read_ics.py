"""Reading events from an iCalendar file (RFC 5545), as other calendars export it.

Each VEVENT is one session: its UID becomes the session's key. VEVENTs that name the same parent (RELATED-TO), and
that parent, are the sessions of one event. What a calendar cannot say (who organises, in which language) is given
as :class:`IcsDefaults`. Like ``read_csv``, this makes the documents of a JSON file and has them read strictly.
ATTENDEE, ORGANIZER, CONTACT and COMMENT are never looked at: they hold people's addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Component, vBroken
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from wmd.domain.content import SCHEMA_VERSION
from wmd.domain.content_json import FILE_FORMAT
from wmd.domain.documents.ics_lines import IcsLines, scan
from wmd.domain.documents.link_checks import LinkUse, use_of
from wmd.domain.documents.read_file import ReadFile, decode, nothing
from wmd.domain.documents.read_json import from_document
from wmd.domain.documents.shape import child, wall_text
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.times import UnknownZone, local
from wmd.domain.vocabulary import TOOLKIT_TOPICS, EventFormat

Document = dict[str, object]

_STATUS = {"CONFIRMED": "scheduled", "TENTATIVE": "scheduled", "CANCELLED": "cancelled"}
_TOPICS = {word.casefold(): slug for slug, name in TOOLKIT_TOPICS for word in (slug, name)}
_RECURRENCE = ("RRULE", "RDATE", "EXRULE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class IcsDefaults:
    """What holds for every event of a calendar file, since the calendar itself does not say.

    ``organiser`` is an organisation's key; ``zone`` (IANA) is used for times given in UTC; the others are fields
    of ``EventContent``.
    """

    organiser: str
    language: str = "en"
    zone: str = ""
    format: EventFormat = EventFormat.ONLINE
    activity: str = "webinar"
    topics: tuple[str, ...] = ()
    region: str = "global"
    un_region: str = "global"
    host_city: str = ""
    host_country: str = ""


@dataclass(slots=True)
class _Entry:
    """One VEVENT: its place in the file, and the session made of it."""

    position: int
    component: Component
    uid: str
    parent: str
    session: Document


@dataclass(slots=True)
class _Reading:
    """What is read, with what is wrong: ``where`` of these findings is ``VEVENT[2].DTSTART``."""

    defaults: IcsDefaults
    places: IcsLines
    zone: str
    findings: list[Finding] = field(default_factory=list)

    def note(self, code: str, level: Level, position: int, name: str, text: str, **params: object) -> None:
        """Note a finding about one property of one VEVENT."""
        where = f"VEVENT[{position}].{name}" if name else f"VEVENT[{position}]"
        self.findings.append(Finding(code, level, where, text, params, self.places.line(position, name)))

    def fault(self, code: str, position: int, name: str, text: str, **params: object) -> None:
        """Note an error about one property of one VEVENT."""
        self.note(code, Level.ERROR, position, name, text, **params)


def read(data: bytes, filename: str, *, edition_slug: str, defaults: IcsDefaults) -> ReadFile:
    """Read the bytes of an ``.ics`` file into events of the edition ``edition_slug``.

    A VEVENT with a fault is left out of the result (and stops the import like any error).
    """
    text = decode(data, filename, "ics")
    if isinstance(text, Finding):
        return nothing(edition_slug, text)
    places = scan(text)
    if places.finding is not None:
        return nothing(edition_slug, places.finding)
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError, RecursionError):
        # The library's message repeats the line, which may hold a private link.
        words = N_("The file cannot be read as a calendar: a BEGIN without its END, or a line that is cut off.")
        return nothing(edition_slug, Finding("ics.syntax", Level.ERROR, "", words))
    components = [component for calendar in calendars for component in calendar.walk("VEVENT")]
    if not components:
        return nothing(edition_slug, Finding("file.empty", Level.ERROR, "", N_("There is no event in this file.")))
    reading = _Reading(defaults, places, _zone_of(calendars, defaults))
    entries = [entry for position, item in enumerate(components) if (entry := _entry(reading, position, item))]
    return _gather(reading, entries, edition_slug)


def _zone_of(calendars: Sequence[Component], defaults: IcsDefaults) -> str:
    """Return the zone in which times given in UTC are to be written."""
    named = [str(calendar["X-WR-TIMEZONE"]) for calendar in calendars if "X-WR-TIMEZONE" in calendar]
    for name in (defaults.zone, *named):
        try:
            local(datetime(2021, 1, 1, tzinfo=UTC), name)
        except UnknownZone:
            continue
        return name
    return "UTC"


def _entry(reading: _Reading, position: int, component: Component) -> _Entry | None:
    """Read one VEVENT; ``None`` when something in it is at fault."""
    before = len(reading.findings)
    _lint_values(reading, position, component)
    for name in _RECURRENCE:
        if name in component:
            text = N_("Repetitions are not read: write each date as an entry of its own, with its own UID.")
            reading.fault("ics.recurrence", position, name, text)
            break
    uid = _text(component, "UID")
    if not uid:
        reading.fault("ics.no-uid", position, "", N_("An entry without a UID cannot be found again."))
    if len(reading.findings) > before:
        return None
    try:
        session = _session(reading, position, component)
    except OverflowError:
        reading.fault("ics.value", position, "DTSTART", N_("This lies beyond what a calendar can hold."))
    if any(finding.level is Level.ERROR for finding in reading.findings[before:]):
        return None
    return _Entry(position, component, uid, _parent(component), {"key": uid, **session})


def _lint_values(reading: _Reading, position: int, component: Component) -> None:
    """Report what the library could not read (it goes on quietly), and values that are none of their property's."""
    broken = {str(name or ""): None for name, _ in component.errors}
    kinds: dict[str, type] = {"DTSTART": date, "DTEND": date, "DURATION": timedelta}
    for name, kind in kinds.items():
        if name in component and name not in broken and not isinstance(getattr(component[name], "dt", None), kind):
            broken[name] = None
    for name in ("UID", "STATUS", "GEO"):
        if isinstance(component.get(name), list):
            broken[name] = None
    for name in broken:
        reading.fault("ics.value", position, name, N_("This value cannot be read."))


def _parent(component: Component) -> str:
    """Return the UID of the parent that RELATED-TO names (RFC 5545 §3.8.4.5: PARENT is the default), or ``""``."""
    related = component.get("RELATED-TO", [])
    for item in related if isinstance(related, list) else [related]:
        if str(item.params.get("RELTYPE", "PARENT")).upper() == "PARENT":
            return str(item).strip()
    return ""


def _session(reading: _Reading, position: int, component: Component) -> Document:
    status = str(component.get("STATUS", "CONFIRMED")).upper()
    if status not in _STATUS:
        text = N_("The status must be one of: {choices}.")
        reading.fault("ics.status", position, "STATUS", text, choices=", ".join(_STATUS))
    elif status == "TENTATIVE":
        text = N_("A tentative entry would be published as a certain one.")
        reading.note("ics.tentative", Level.WARNING, position, "STATUS", text)
    times = _times(reading, position, component)
    return {"status": _STATUS.get(status, "scheduled"), **times}


def _times(reading: _Reading, position: int, component: Component) -> Document:
    """Read start and end: as wall times in a zone, or as whole days (the last one included)."""
    start, end = component.get("DTSTART"), component.get("DTEND")
    if start is None:
        reading.fault("ics.no-start", position, "", N_("There is no DTSTART."))
        return {}
    if not isinstance(start.dt, datetime):
        return _days(reading, position, start.dt, end)
    starts, zone = _wall(reading, position, "DTSTART", start)
    document: Document = {"zone": zone, "starts": wall_text(starts)}
    duration = getattr(component.get("DURATION"), "dt", None)
    if end is None and duration is not None:
        return {**document, "ends": wall_text(_after(starts, duration, start.dt, zone))}
    if end is None:
        return document
    if not isinstance(end.dt, datetime):
        reading.fault("ics.mixed", position, "DTEND", N_("Start and end must both be dates or both be times."))
        return document
    ends, end_zone = _wall(reading, position, "DTEND", end)
    if end_zone != zone:
        text = N_("Start and end are given in two zones; write both in the zone of the start.")
        reading.fault("ics.two-zones", position, "DTEND", text)
    return {**document, "ends": wall_text(ends)}


def _days(reading: _Reading, position: int, starts_on: date, end: object) -> Document:
    """Return whole days; DTEND is exclusive (RFC 5545 §3.6.1), and without one it is a single day."""
    last_on = getattr(end, "dt", starts_on + timedelta(days=1))
    if isinstance(last_on, datetime):
        reading.fault("ics.mixed", position, "DTEND", N_("Start and end must both be dates or both be times."))
        return {}
    return {
        "zone": reading.zone,
        "all_day": True,
        "starts_on": starts_on.isoformat(),
        "ends_on": (last_on - timedelta(days=1)).isoformat(),
    }


def _wall(reading: _Reading, position: int, name: str, value: object) -> tuple[datetime, str]:
    """Return what the clocks show and the name of their zone; a floating time is a fault."""
    moment, params = getattr(value, "dt", None), getattr(value, "params", {})
    if not isinstance(moment, datetime):
        raise TypeError(name)
    zone = str(params.get("TZID", ""))
    if zone:
        return moment.replace(tzinfo=None), WINDOWS_TO_OLSON.get(zone, zone)
    if moment.tzinfo is None:
        text = N_("This time has no zone (it “floats”): add a TZID such as Europe/Madrid, or write it in UTC.")
        reading.fault("ics.floating", position, name, text)
        return moment, ""
    return local(moment, reading.zone).replace(tzinfo=None), reading.zone


def _after(starts: datetime, duration: timedelta, start: datetime, zone: str) -> datetime:
    """Return the wall time at which a duration ends: its days on the wall clock, its hours by the stop watch.

    RFC 5545 §3.3.6 calls the days nominal and the rest exact.
    """
    days = timedelta(days=duration.days)
    if start.tzinfo is None:
        return starts + duration
    exact = (start + days).astimezone(UTC) + (duration - days)
    try:
        return local(exact, zone).replace(tzinfo=None)
    except UnknownZone:
        return starts + duration


def _gather(reading: _Reading, entries: list[_Entry], edition_slug: str) -> ReadFile:
    """Make events of the entries: one for each UID that is no child, with its children as further sessions."""
    uids = {entry.uid for entry in entries}
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.parent or entry.uid, []).append(entry)
    lines: dict[str, int] = {}
    events: list[Document] = []
    for key, group in groups.items():
        head = next((entry for entry in group if entry.uid == key), group[0])
        if key not in uids:
            text = N_("Its parent is not in this file; the first entry that names it describes the event.")
            reading.note("ics.no-parent", Level.NOTE, head.position, "RELATED-TO", text)
        _note_lines(lines, child("events", len(events)), group, head, reading.places)
        events.append(_event(reading, key, head, group))
    document = {
        "format": FILE_FORMAT,
        "schema_version": SCHEMA_VERSION,
        "edition": {"slug": edition_slug},
        "events": events,
    }
    read_file = from_document(document, lines)
    findings = (*reading.findings, *read_file.findings)
    return ReadFile(read_file.file, read_file.join_links, lines, findings, read_file.event_paths)


#: Which property says what, for the lines of findings made later.
_HEAD_LINES = {"texts": "SUMMARY", "registration": "URL", "venue": "LOCATION", "venue.latitude": "GEO"}
_SESSION_LINES = {"starts": "DTSTART", "ends": "DTEND", "zone": "DTSTART", "ends_on": "DTEND", "key": "UID"}


def _note_lines(lines: dict[str, int], where: str, group: list[_Entry], head: _Entry, places: IcsLines) -> None:
    def note(path: str, position: int, name: str = "") -> None:
        line = places.line(position, name)
        if line is not None:
            lines[path] = line

    note(where, head.position)
    for path, name in _HEAD_LINES.items():
        note(child(where, path), head.position, name)
    for index, entry in enumerate(group):
        session = child(child(where, "sessions"), index)
        note(session, entry.position)
        for path, name in _SESSION_LINES.items():
            note(child(session, path), entry.position, name)


def _event(reading: _Reading, key: str, head: _Entry, group: list[_Entry]) -> Document:
    defaults, component = reading.defaults, head.component
    sessions = [entry.session for entry in group]
    if len(group) > 1:
        for entry in group:
            entry.session["title"] = {defaults.language: _text(entry.component, "SUMMARY")}
    texts = {"title": _text(component, "SUMMARY"), "description": _text(component, "DESCRIPTION")}
    event: Document = {
        "key": key,
        "language": defaults.language,
        "texts": {defaults.language: texts},
        "sessions": sessions,
        "organisers": [{"key": defaults.organiser, "role": "lead"}],
        "activity": defaults.activity,
        "format": defaults.format.value,
        "topics": _topics(reading, head),
        "region": defaults.region,
        "un_region": defaults.un_region,
        "host_city": defaults.host_city,
        "host_country": defaults.host_country,
        "spoken": [defaults.language],
        **_links(component),
    }
    venue = _venue(reading, head)
    if venue:
        event["venue"] = venue
    return event


def _text(component: Component, name: str) -> str:
    value = component.get(name, "")
    return str(value[0] if isinstance(value, list) else value).replace("\r\n", "\n").strip()


def _topics(reading: _Reading, head: _Entry) -> list[str]:
    """Take the categories that are topics of ours; the others are only told."""
    found = list(reading.defaults.topics)
    categories = head.component.get("CATEGORIES", [])
    for group in categories if isinstance(categories, list) else [categories]:
        for word in map(str, group.cats):
            slug = _TOPICS.get(word.strip().casefold())
            if slug is None:
                text = N_("A category that is none of the topics is left out.")
                reading.note("ics.category", Level.NOTE, head.position, "CATEGORIES", text)
            elif slug not in found:
                found.append(slug)
    return found


def _links(component: Component) -> Document:
    """Sort the links of an entry: where people register, what must stay private, and an ordinary page."""
    raw: list[str] = []
    for name in ("CONFERENCE", "URL", "LOCATION"):
        value = component.get(name, [])
        raw += [str(item).strip() for item in (value if isinstance(value, list) else [value])]
    registration: Document = {}
    document: Document = {}
    for link in (item for item in raw if item.lower().startswith(("http://", "https://"))):
        match use_of(link):
            case LinkUse.PRIVATE:
                registration.setdefault("join_link", link)
            case LinkUse.REGISTRATION:
                registration.setdefault("url", link)
            case LinkUse.PAGE:
                document.setdefault("web_url", link)
    if registration:
        document["registration"] = {"state": "open", **registration}
    return document


def _venue(reading: _Reading, head: _Entry) -> Document:
    component, defaults = head.component, reading.defaults
    place = _text(component, "LOCATION")
    if not place or place.lower().startswith(("http://", "https://")):
        return {}
    if defaults.format is EventFormat.ONLINE:
        text = N_("The place of an online event is left out.")
        reading.note("ics.place", Level.NOTE, head.position, "LOCATION", text)
        return {}
    venue: Document = {"name": place, "city": defaults.host_city, "country": defaults.host_country}
    position = component.get("GEO")
    if position is not None and not isinstance(position, vBroken):
        venue["latitude"], venue["longitude"] = float(position.latitude), float(position.longitude)
    return venue
