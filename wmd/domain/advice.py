"""Advice at the moment of typing: what a time means elsewhere, what a link is, what else is on, what it may repeat.

Pure values from content and the published programme: nothing here stops anybody. What is wrong is a finding
(``content_check.py``); this says what a person would like to know while there is still time. No link is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from wmd.domain.content import EventContent, SessionContent
from wmd.domain.documents.shape import child
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.link_rules import LinkKind
from wmd.domain.links import Link, classify
from wmd.domain.programme import Programme
from wmd.domain.similar import Known, Likeness, find_similar
from wmd.domain.slots import SlotFacts, clashes, quieter
from wmd.domain.times import UnknownZone, WallTimeError, day_shift, local, to_instant

#: Cities in which a time is told, after the organiser's own and Barcelona, where the campaign is: round the planet,
#: with one whose clock stands at three quarters of an hour.
CITIES = (
    "America/Bogota", "Asia/Kathmandu", "Africa/Nairobi", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Auckland",
    "America/Sao_Paulo", "Africa/Lagos",
)  # fmt: skip
HOME = "Europe/Madrid"
MOST_CITIES = 6
#: Sessions of one event that are looked at; typing must stay quick.
MOST_SESSIONS = 20
#: On these hours of the clock most people are asleep.
_NIGHT_FROM, _NIGHT_UNTIL = 23, 6
_LINK_FIELDS = ("registration.url", "registration.join_link", "web_url", "stream_url", "recording_url")


@dataclass(frozen=True, slots=True)
class CityTime:
    """When a session begins on the clocks of a zone; ``shift`` in days against its own date."""

    zone: str
    starts_at: datetime
    ends_at: datetime
    shift: int
    at_night: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading of a time that can be confirmed: what it says, and which fields hold it (name -> text)."""

    text: str
    params: Mapping[str, object]
    sets: Mapping[str, str]

    def say(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence for a person."""
        return translate(self.text).format(**self.params)


Fact = CityTime | Choice | Likeness | SlotFacts


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice beside a field.

    ``kind`` is time, cities, choices, link, similar or slot; ``where`` the field's path; ``text`` an English
    ``str.format`` template with ``params``; ``facts`` what is shown with it.
    """

    kind: str
    where: str
    level: Level
    text: str
    params: Mapping[str, object] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()

    def say(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence for a person, in the language of ``translate``."""
        return translate(self.text).format(**self.params)


def time_findings(findings: Iterable[Finding]) -> list[Advice]:
    """Return what the checks said about times and zones, as advice."""
    return [
        Advice("time", finding.where, finding.level, finding.text, finding.params)
        for finding in findings
        if finding.where.startswith("sessions[") and finding.code.startswith(("time.", "zone."))
    ]


def on_cities(content: EventContent, *, own_zone: str = "") -> list[Advice]:
    """Return the local times of each session in six cities."""
    found = []
    for index, session in enumerate(content.sessions[:MOST_SESSIONS]):
        bounds = _bounds(session)
        if bounds is None:
            continue
        starts_at, ends_at = bounds
        facts = tuple(
            CityTime(zone, starts_at, ends_at, day_shift(starts_at, session.zone, zone), _is_night(starts_at, zone))
            for zone in _cities(session.zone, own_zone, starts_at)
        )
        where = child(child("sessions", index), "zone")
        found.append(Advice("cities", where, Level.NOTE, N_("The same moment elsewhere:"), {}, facts))
    return found


def _bounds(session: SessionContent) -> tuple[datetime, datetime] | None:
    """Return the instants of a timed session that can be read and does not end before it starts; None for any other."""
    if session.all_day or session.starts is None:
        return None
    try:
        starts_at = to_instant(session.starts, session.zone)
        ends_at = to_instant(session.ends, session.zone) if session.ends else starts_at
    except (WallTimeError, UnknownZone):
        return None
    return (starts_at, ends_at) if starts_at <= ends_at else None


def _cities(zone: str, own_zone: str, at: datetime) -> list[str]:
    """Return six zones: the session's, the organiser's, Barcelona, and others with other clocks."""
    chosen: list[str] = []
    clocks: set[object] = set()
    for each in (zone, own_zone, HOME, *CITIES):
        if not each or len(chosen) == MOST_CITIES:
            continue
        try:
            clock = local(at, each).utcoffset()
        except UnknownZone:
            continue
        # The first three are people's own; of the others one with the same clock says nothing new.
        if each not in chosen and (each in {zone, own_zone, HOME} or clock not in clocks):
            chosen.append(each)
            clocks.add(clock)
    return chosen


def _is_night(at: datetime, zone: str) -> bool:
    hour = local(at, zone).hour
    return hour >= _NIGHT_FROM or hour < _NIGHT_UNTIL


def on_choices(content: EventContent, findings: Iterable[Finding]) -> list[Advice]:
    """Return the two readings of a time whose words disagree with its city: the city's clock, or the letters'."""
    found = []
    for finding in findings:
        if finding.code != "time.abbreviation-disagrees" or finding.level is not Level.ERROR:
            continue
        index = int(finding.where.partition("[")[2].partition("]")[0])
        session = content.sessions[index]
        path = child("sessions", index)
        params = dict(finding.params)
        choices = [Choice(N_("{wall} in {zone}: {utc} UTC."), params, {child(path, "time_confirmed"): "yes"})]
        choices += _literal(session, path, params)
        text = N_("Which of the two do you mean?")
        found.append(Advice("choices", child(path, "time_confirmed"), Level.WARNING, text, params, tuple(choices)))
    return found


def _literal(session: SessionContent, path: str, params: Mapping[str, object]) -> list[Choice]:
    """Return the reading by the letters, as times to type; nothing where the letters mean several things."""
    bounds = _bounds(session)
    said = str(params.get("literal", ""))
    if bounds is None or session.starts is None or len(said) != len("00:00"):
        return []
    starts_at, ends_at = bounds
    said_min = int(said[:2]) * 60 + int(said[3:])
    by_min = (said_min - starts_at.hour * 60 - starts_at.minute + 12 * 60) % (24 * 60) - 12 * 60
    here = local(starts_at + timedelta(minutes=by_min), session.zone)
    until = local(ends_at + timedelta(minutes=by_min), session.zone)
    sets = {
        child(path, "date"): here.date().isoformat(),
        child(path, "starts"): f"{here:%H:%M}",
        child(path, "ends"): f"{until:%H:%M}",
    }
    words = dict(params) | {"here": f"{here:%H:%M}", "until": f"{until:%H:%M}"}
    text = N_("{said}: {literal} UTC. Then it begins at {here} and ends at {until} in {zone}; type these times.")
    return [Choice(text, words, sets)]


_REFUSED = {
    LinkKind.HOST: N_("This is the host’s own link: it opens the room as you. We do not keep it."),
    LinkKind.PERSONAL_TICKET: N_("This is one person’s ticket to the room. We do not keep it."),
}
_PUBLIC = {
    LinkKind.REGISTRATION: N_("This is a registration page. People see it, and sign up there."),
    LinkKind.RECORDING: N_("This is a recording."),
    LinkKind.OTHER: N_("This is a web page. We show it as it is."),
}
_KEPT_PRIVATE = N_(
    "This is a join link. It stays private: we keep it encrypted and give it only to people who signed up."
)
_NOT_HERE = N_("This is a join link. It must not be public: put it into the field for the join link.")
_SHORT = N_("This is a short link; nobody sees where it leads. Paste the address it leads to.")
#: Warnings of ``classify`` that are said beside what a link is.
_DOUBTS = {
    "link.personal-room",
    "link.token",
    "link.number",
    "link.regional",
    "link.wrapped",
    "link.idn",
    "link.lookalike",
}
_BROKEN = N_("This cannot be a link that people open.")


def on_links(typed: Mapping[str, str]) -> list[Advice]:
    """Return what each typed link is, in plain words; the link itself is never repeated."""
    found = []
    for name in _LINK_FIELDS:
        raw = typed.get(name, "").strip()
        if raw:
            link = classify(raw)
            level, text = _said_of(link, name)
            found.append(Advice("link", name, level, text))
            found += _doubts(link, name)
    return found


def _doubts(link: Link, name: str) -> list[Advice]:
    """Return what else should be looked at; that a page elsewhere is not checked matters only where people register."""
    codes = _DOUBTS | ({"link.not-checked"} if name == "registration.url" and link.public else set())
    return [
        Advice("link", name, finding.level, finding.text, dict(finding.params))
        for finding in link.findings
        if finding.code in codes
    ]


def _said_of(link: Link, name: str) -> tuple[Level, str]:
    codes = {finding.code for finding in link.findings}
    if link.kind in _REFUSED:
        return Level.ERROR, _REFUSED[link.kind]
    if link.refused:
        return Level.ERROR, next((finding.text for finding in link.findings), _BROKEN)
    if link.private:
        is_its_place = name == "registration.join_link"
        return (Level.NOTE, _KEPT_PRIVATE) if is_its_place else (Level.WARNING, _NOT_HERE)
    if "link.shortened" in codes:
        return Level.WARNING, _SHORT
    return Level.NOTE, _PUBLIC.get(link.kind, _PUBLIC[LinkKind.OTHER])


def known_events(programme: Programme, *, without: str = "") -> list[Known]:
    """Return the published events of an edition to compare with; ``without`` is the code of the event itself."""
    return [
        Known(
            event.code,
            tuple(text.title for text in event.texts.values()),
            frozenset(organiser.code for organiser in event.organisers),
            frozenset(session.starts_on for session in event.sessions),
        )
        for event in programme.events.values()
        if event.code != without
    ]


def on_repeats(content: EventContent, organisers: frozenset[str], known: Sequence[Known]) -> list[Advice]:
    """Return which known events this one may repeat; ``organisers`` as in ``known``."""
    titles = tuple(text.title for text in content.texts.values() if text.title.strip())
    likely = tuple(find_similar(titles, organisers, days_of(content), known))
    if not likely:
        return []
    where = child(child("texts", content.language), "title")
    text = N_("Something like this is there already. If it is the same event, there is no need to enter it twice.")
    return [Advice("similar", where, Level.WARNING, text, {}, likely)]


def days_of(content: EventContent) -> frozenset[date]:
    """Return the first local day of each session that has one."""
    starts = (session.starts_on or (session.starts.date() if session.starts else None) for session in content.sessions)
    return frozenset(day for day in starts if day is not None)


def on_slots(content: EventContent, programme: Programme, *, without: str = "") -> list[Advice]:
    """Return what else is on then for the same region, language or topic, with quieter times nearby."""
    found = []
    for index, session in enumerate(content.sessions[:MOST_SESSIONS]):
        bounds = _bounds(session)
        if bounds is None:
            continue
        here = clashes(programme, content, bounds, without=without)
        if not here.count:
            continue
        others = quieter(programme, content, session.zone, bounds, here, without=without)
        where = child(child("sessions", index), "starts")
        text = N_("At the same time: {count} for the same region, language or topic.")
        found.append(
            Advice("slot", where, Level.NOTE, text, {"count": here.count, "zone": session.zone}, (here, *others))
        )
    return found
