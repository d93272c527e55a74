"""The content of a revision: what an organiser says about one event, as a frozen value.

A revision stores this value as one JSON document (``content_json.py``) with a ``schema_version``;
an import file holds the same documents. It says what is claimed, not what is public: only
``services/publishing.py`` turns it into Event rows. Every session, panel, question and speaker
carries an ``id`` minted once (a UUID string): kept on edit, new on copy, matched by ``key`` on import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from wmd.domain.vocabulary import (
    Access,
    Answer,
    EventFormat,
    OrganiserRole,
    Origin,
    RegistrationState,
    SessionStatus,
    SpeakerRole,
)

SCHEMA_VERSION = 1

#: A short text in several languages: BCP 47 tag -> text.
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TextContent:
    """The event's texts in one language. ``description`` is Markdown; the other two are plain."""

    title: str
    summary: str = ""
    description: str = ""
    origin: Origin = Origin.ORIGINAL


@dataclass(frozen=True, slots=True)
class QuestionContent:
    """One guiding question of a panel, in the words it was given."""

    id: str
    text: Words


@dataclass(frozen=True, slots=True)
class SpeakerContent:
    """A person in a session or panel: ``person_id`` points to the Person table, which alone holds names.

    ``person_id`` is empty when only a role title is published. ``title`` is the role title
    ("Director of metropolitan planning"), ``organisation`` free text.
    """

    id: str
    role: SpeakerRole = SpeakerRole.SPEAKER
    person_id: str | None = None
    title: Words = field(default_factory=dict)
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class PanelContent:
    """A titled part of a session."""

    id: str
    title: Words
    description: Words = field(default_factory=dict)
    questions: tuple[QuestionContent, ...] = ()
    speakers: tuple[SpeakerContent, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionContent:
    """One dated slot. Either wall times with a zone, or (``all_day``) two dates, the last one included.

    ``starts`` and ``ends`` are naive wall times in ``zone`` (IANA); ``time_text`` keeps the organiser's own
    words; ``time_confirmed`` says that a person confirmed a reading that disagrees with them.
    ``key`` is the external key of an import, unique within the event.
    ``code``, ``uid``, ``sequence``, ``created_at`` and ``last_modified_at`` come only from an export of ours.
    """

    id: str
    key: str = ""
    title: Words = field(default_factory=dict)
    zone: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    all_day: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    time_text: str = ""
    time_confirmed: bool = False
    status: SessionStatus = SessionStatus.SCHEDULED
    panels: tuple[PanelContent, ...] = ()
    speakers: tuple[SpeakerContent, ...] = ()
    code: str = ""
    uid: str = ""
    sequence: int | None = None
    created_at: datetime | None = None
    last_modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrganiserContent:
    """An organisation's part in the event; ``key`` is the organisation's key in our table."""

    key: str
    role: OrganiserRole = OrganiserRole.LEAD


@dataclass(frozen=True, slots=True)
class VenueContent:
    """A place. Latitude and longitude in degrees (WGS 84), both or neither."""

    name: str = ""
    address: str = ""
    city: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class SignUpQuestionContent:
    """What who registers with us is asked. ``kind``: text, choice, yes-no or number; ``choices`` of a choice alone."""

    id: str
    label: Words
    kind: str = "text"
    choices: tuple[str, ...] = ()
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class RegistrationContent:
    """How to sign up. ``url`` is a public registration page; a join link is never here, only its id.

    ``with_us``: this service takes the registrations, up to the event's capacity; then there is a waiting list, unless
    the organiser wants ``no_waiting_list``.
    """

    state: RegistrationState = RegistrationState.MISSING
    url: str = ""
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    private_link_id: str | None = None
    with_us: bool = False
    no_waiting_list: bool = False
    questions: tuple[SignUpQuestionContent, ...] = ()

    @property
    def takes_here(self) -> bool:
        """Whether people register with us: the organiser says so, or gave a way in that is not public."""
        return self.with_us or (self.private_link_id is not None and not self.url)


@dataclass(frozen=True, slots=True)
class ImageContent:
    """A picture by the id of its row, with what it shows in words and whom it is from."""

    id: str
    alt: Words = field(default_factory=dict)
    credit: str = ""


@dataclass(frozen=True, slots=True)
class ReviewContent:
    """What only moderators read: never published, exported or fed.

    ``expected`` counts participants; ``women``, ``men``, ``others`` and ``not_stated`` the people on the panels when
    names are withheld. ``urban_october``: yes, no or please.
    """

    theme_fit: str = ""
    outcomes: str = ""
    expected: int | None = None
    note: str = ""
    urban_october: str = ""
    women: int | None = None
    men: int | None = None
    others: int | None = None
    not_stated: int | None = None


@dataclass(frozen=True, slots=True)
class EventContent:
    """All that is claimed about one event. ``key`` is the external key of an import, unique in the edition.

    Languages are BCP 47 tags; ``country`` and ``host_country`` ISO 3166-1 alpha-2; ``topics``, ``series`` and
    ``regions`` slugs; ``sdgs`` numbers 1 to 17. ``answers`` maps the slug of an edition's question to the answer; the
    question says whether it is public. ``public_reason`` says, by language, why sessions are cancelled or postponed.
    ``reminders`` are rules in place of the edition's (empty: those; ``none`` alone: no reminders at all). ``code``
    comes only from an export of ours.
    """

    key: str
    language: str
    texts: Mapping[str, TextContent]
    sessions: tuple[SessionContent, ...]
    organisers: tuple[OrganiserContent, ...]
    activity: str = "webinar"
    format: EventFormat = EventFormat.ONLINE
    access: Access = Access.REGISTRATION
    topics: tuple[str, ...] = ()
    sdgs: tuple[int, ...] = ()
    series: str | None = None
    region: str = "global"
    un_region: str = "global"
    host_city: str = ""
    host_country: str = ""
    spoken: tuple[str, ...] = ()
    interpreted: tuple[str, ...] = ()
    captioned: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    access_facts: Mapping[str, Answer] = field(default_factory=dict)
    access_note: str = ""
    venue: VenueContent | None = None
    platform: str = ""
    registration: RegistrationContent = field(default_factory=RegistrationContent)
    stream_url: str = ""
    recording_url: str = ""
    web_url: str = ""
    cost: str = ""
    audience: tuple[str, ...] = ()
    capacity: int | None = None
    hashtags: tuple[str, ...] = ()
    reminders: tuple[str, ...] = ()
    image: ImageContent | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    review: ReviewContent | None = None
    public_reason: Words = field(default_factory=dict)
    is_lead: bool = False
    is_demo: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class OrganisationContent:
    """A partner organisation, found again by ``key``. ``names`` holds its name by language."""

    key: str
    names: Words
    language: str = "en"
    acronym: str = ""
    kind: str = "other"
    city: str = ""
    country: str = ""
    region: str = "global"
    website: str = ""
    public_email: str = ""
    social: tuple[str, ...] = ()
    is_member: str = ""
    image: ImageContent | None = None
    is_demo: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class SeriesContent:
    """A run of talks across editions."""

    slug: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class EditionContent:
    """One campaign. ``window_from`` and ``window_to`` are the first and last day events may take place."""

    slug: str
    name: str
    main_day: date
    window_from: date
    window_to: date
    zone: str
    theme: str = ""
    introduction: str = ""
    hashtags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    topics: tuple[str, ...] = ()
    is_permanent: bool = False
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class PersonContent:
    """A person named in a file; the name goes to the Person table and nowhere else."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ProgrammeFile:
    """A whole import or export file: one edition, and what its events refer to."""

    edition: EditionContent | None
    edition_slug: str
    organisations: tuple[OrganisationContent, ...] = ()
    series: tuple[SeriesContent, ...] = ()
    people: tuple[PersonContent, ...] = ()
    events: tuple[EventContent, ...] = ()
