"""The programme as a value: everything public in one edition at one version, immutable.

Public pages, feeds and exports are functions of these values. They hold no draft, no private link,
no organiser's own words about a time, and no mail address. Every instant is aware and UTC.
``services/programme.py`` builds them; ``query.py`` filters them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from wmd.domain.vocabulary import (
    Access,
    Answer,
    EventFormat,
    OrganiserRole,
    RegistrationState,
    SessionStatus,
    SpeakerRole,
)


class TextView(NamedTuple):
    """An event's texts in one language; ``description`` is Markdown, ``origin`` original, human or machine."""

    language: str
    title: str
    summary: str
    description: str
    origin: str


class SpeakerView(NamedTuple):
    """A person as shown: name (may be empty), role title by language, organisation."""

    name: str
    role: SpeakerRole
    title: Mapping[str, str]
    organisation: str


class PanelView(NamedTuple):
    """A titled part of a session; ``questions`` are texts by language, in order."""

    id: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    questions: tuple[Mapping[str, str], ...]
    speakers: tuple[SpeakerView, ...]


class EntryView(NamedTuple):
    """The checked bytes of one VEVENT in one language, cut so that three sizes can be joined.

    A whole component is ``head + (full | short | b"") + tail``; all pieces end with CRLF.
    ``digest`` is a hex digest over the pieces.
    """

    head: bytes
    full: bytes
    short: bytes
    tail: bytes
    digest: str


class OrganiserView(NamedTuple):
    """An organisation's part in an event, as copied when the event was published."""

    code: str
    slug: str
    name: str
    language: str
    role: OrganiserRole
    kind: str


class VenueView(NamedTuple):
    """A place; coordinates in degrees, both or neither."""

    name: str
    address: str
    city: str
    country: str
    latitude: float | None
    longitude: float | None


class ImageView(NamedTuple):
    """A picture as shown: its size in pixels, what it shows by language (may be empty), and whom it is from."""

    id: str
    media_type: str
    width: int
    height: int
    alt: Mapping[str, str]
    credit: str


class AnswerView(NamedTuple):
    """A public answer to a question of the edition; ``words`` by language, or under "" where they have none."""

    slug: str
    label: Mapping[str, str]
    words: Mapping[str, str]


class SignUpQuestionView(NamedTuple):
    """What who registers with us is asked; ``label`` by language, ``choices`` of a choice as they were written."""

    id: str
    kind: str
    label: Mapping[str, str]
    choices: tuple[str, ...]
    is_required: bool


class RegistrationView(NamedTuple):
    """How to sign up; ``url`` is public (private links never reach this value). ``is_here``: with this service."""

    state: RegistrationState
    url: str
    opens_at: datetime | None
    closes_at: datetime | None
    is_here: bool = False
    has_waiting_list: bool = True
    questions: tuple[SignUpQuestionView, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SessionView:
    """One dated slot. ``starts_at``/``ends_at`` are UTC instants; an all-day slot has them at the
    midnights of its zone that bound it, and ``starts_on``/``ends_on`` (last day included) as its truth.
    """

    id: str
    code: str
    event_code: str
    uid: str
    key: str
    title: Mapping[str, str]
    zone: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    starts_on: date
    ends_on: date
    status: SessionStatus
    sequence: int
    created_at: datetime
    last_modified_at: datetime
    panels: tuple[PanelView, ...] = ()
    speakers: tuple[SpeakerView, ...] = ()
    entries: Mapping[str, EntryView] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class EventView:
    """One published listing with its sessions in order of time."""

    code: str
    slug: str
    key: str
    language: str
    texts: Mapping[str, TextView]
    activity: str
    format: EventFormat
    access: Access
    topics: tuple[str, ...]
    sdgs: tuple[int, ...]
    series: str | None
    region: str
    un_region: str
    host_city: str
    host_country: str
    spoken: tuple[str, ...]
    interpreted: tuple[str, ...]
    captioned: tuple[str, ...]
    signed: tuple[str, ...]
    access_facts: Mapping[str, Answer]
    access_note: str
    organisers: tuple[OrganiserView, ...]
    venue: VenueView | None
    platform: str
    registration: RegistrationView
    stream_url: str
    recording_url: str
    web_url: str
    cost: str
    audience: tuple[str, ...]
    capacity: int | None
    hashtags: tuple[str, ...]
    is_lead: bool
    is_demo: bool
    published_at: datetime
    changed_at: datetime
    version: int
    sessions: tuple[SessionView, ...]
    image: ImageView | None = None
    answers: tuple[AnswerView, ...] = ()
    public_reason: Mapping[str, str] = field(default_factory=dict)
    link_wrong: bool = False

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """City and country of its venue, if it has one, then of its host."""
        venue = ((self.venue.city, self.venue.country),) if self.venue else ()
        return (*venue, (self.host_city, self.host_country))

    def text(self, language: str) -> TextView:
        """Return the texts in ``language``, else in English, else the original."""
        return self.texts.get(language) or self.texts.get("en") or self.texts[self.language]

    @property
    def original(self) -> TextView:
        """The texts in the language the organiser wrote."""
        return self.texts[self.language]


class OrganisationView(NamedTuple):
    """A partner organisation; ``names`` by language, ``language`` that of the original."""

    code: str
    slug: str
    names: Mapping[str, str]
    language: str
    acronym: str
    kind: str
    city: str
    country: str
    region: str
    website: str
    is_demo: bool
    retired: bool
    image: ImageView | None = None
    social: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name in its original language."""
        return self.names[self.language]


class TopicView(NamedTuple):
    """A toolkit topic and whether this edition still uses it (a retired one keeps its addresses)."""

    slug: str
    name: str
    position: int
    retired: bool


class SeriesView(NamedTuple):
    """A run of talks across editions."""

    slug: str
    name: str
    description: str


class ChangeView(NamedTuple):
    """One public, dated fact. ``kind``: added, moved, place, cancelled, postponed, revived, link, text,
    hidden.

    ``before`` and ``after`` hold what changed as plain values (ISO instants, states), never prose.
    """

    id: int
    at: datetime
    kind: str
    event_code: str
    session_code: str | None
    before: Mapping[str, object]
    after: Mapping[str, object]


class EditionView(NamedTuple):
    """One campaign as shown."""

    slug: str
    name: str
    theme: str
    introduction: str
    main_day: date
    window_from: date
    window_to: date
    zone: str
    hashtags: tuple[str, ...]
    languages: tuple[str, ...]
    is_permanent: bool
    is_demo: bool


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """All that is published in one edition, at one version.

    ``sessions`` are ordered by (start, code) and parallel to ``owners`` (the event of each).
    ``gone`` maps the code of an event that was public and is hidden now to the instant it went.
    ``moved`` maps the code of a merged event or organisation to the one that took its place. ``hidden``
    holds those events by code without any of their texts, so that calendars which have them are told; only feeds read
    it.
    """

    edition: EditionView
    version: int
    published_at: datetime
    events: Mapping[str, EventView]
    sessions: tuple[SessionView, ...]
    owners: tuple[EventView, ...]
    organisations: Mapping[str, OrganisationView]
    topics: tuple[TopicView, ...]
    series: Mapping[str, SeriesView]
    changes: tuple[ChangeView, ...]
    gone: Mapping[str, datetime]
    moved: Mapping[str, str]
    hidden: Mapping[str, EventView] = field(default_factory=dict)

    @property
    def lead(self) -> EventView | None:
        """The edition's lead event, when it has one."""
        return next((event for event in self.events.values() if event.is_lead), None)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """What spans editions: which there are, which one ``/`` leads to, and whose each public code is.

    ``current`` is the edition that the settings name for ``/``, if they do and it exists; see :meth:`current_on`.
    ``codes`` maps every event and session code ever public to ``(edition slug, event code)``.
    """

    version: int
    editions: Mapping[str, EditionView]
    current: str | None
    codes: Mapping[str, tuple[str, str]]
    topics: tuple[TopicView, ...]
    series: Mapping[str, SeriesView]

    def current_on(self, day: date) -> str | None:
        """Return the edition that ``/`` leads to on a day: the named one, else the one now or next, else the latest.

        A permanent edition belongs to no campaign and is never chosen. None when there is no edition.
        """
        if self.current in self.editions:
            return self.current
        campaigns = sorted(
            (edition for edition in self.editions.values() if not edition.is_permanent),
            key=lambda edition: edition.main_day,
        )
        ahead = [edition for edition in campaigns if edition.window_to >= day]
        if ahead:
            return ahead[0].slug
        return campaigns[-1].slug if campaigns else None
