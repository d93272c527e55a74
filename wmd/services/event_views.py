"""Events of the programme as immutable values, from their own rows and those of their parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, select

from wmd.domain.programme import (
    AnswerView,
    EntryView,
    EventView,
    ImageView,
    OrganiserView,
    PanelView,
    RegistrationView,
    SessionView,
    SignUpQuestionView,
    SpeakerView,
    TextView,
    VenueView,
)
from wmd.domain.vocabulary import (
    Access,
    Answer,
    EventFormat,
    OrganiserRole,
    RegistrationState,
    SessionStatus,
    SpeakerRole,
)
from wmd.models import (
    CalendarEntry,
    Event,
    EventLanguage,
    EventOrganisation,
    EventSdg,
    EventSession,
    EventText,
    EventTopic,
    Image,
    Organisation,
    Panel,
    PanelQuestion,
    Person,
    Series,
    Speaker,
    Topic,
)

_FORMATS = {item.value: item for item in EventFormat}
_ACCESS = {item.value: item for item in Access}
_STATUS = {item.value: item for item in SessionStatus}
_REGISTRATION = {item.value: item for item in RegistrationState}
_ROLES = {item.value: item for item in OrganiserRole}
_SPEAKER_ROLES = {item.value: item for item in SpeakerRole}
NO_WORDS: Mapping[str, str] = {}
#: What a page needs of a picture; its bytes are asked for by their own address alone.
PICTURE = (Image.media_type, Image.width, Image.height)


class ShownEvent(NamedTuple):
    """An event read by itself: whether it is listed, and at which version of its edition it last changed."""

    id: str
    edition_id: int
    version: int
    is_listed: bool
    view: EventView


@dataclass(slots=True)
class Parts:
    """The child rows of the events to build, grouped by their parent's id."""

    topics: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    sdgs: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    languages: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    organisers: dict[str, list[OrganiserView]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[tuple[str, str], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    origins: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    sessions: dict[str, list[Row[Any]]] = field(default_factory=lambda: defaultdict(list))
    panels: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    questions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    speakers: dict[tuple[str, str | None], list[SpeakerView]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[str, dict[str, EntryView]] = field(default_factory=lambda: defaultdict(dict))


def load_events(connection: Connection, event_ids: Collection[str]) -> dict[str, ShownEvent]:
    """Return events by id as they are published at this moment: a fixed number of statements."""
    wanted = select(Event.id).where(Event.id.in_(event_ids))
    rows = connection.execute(
        select(Event.__table__, *PICTURE)
        .outerjoin(Image, and_(Image.id == Event.image_id, Image.deleted_at.is_(None)))
        .where(Event.id.in_(event_ids))
    ).all()
    if not rows:
        return {}
    parts = load_parts(connection, wanted)
    slugs = dict(connection.execute(select(Series.id, Series.slug)).tuples().all())
    return {
        row.id: ShownEvent(
            row.id, row.edition_id, row.version, row.hidden_at is None and row.merged_into_id is None,
            event_view(row, parts, slugs),
        )
        for row in rows
    }  # fmt: skip


def load_parts(connection: Connection, wanted: Select[Any]) -> Parts:
    """Return the rows that belong to events, whose ids ``wanted`` selects: a fixed number of statements."""
    parts = Parts()
    for event_id, slug in connection.execute(
        select(EventTopic.event_id, Topic.slug)
        .join(Topic, Topic.id == EventTopic.topic_id)
        .where(EventTopic.event_id.in_(wanted))
        .order_by(EventTopic.position)
    ):
        parts.topics[event_id].append(slug)
    for event_id, sdg in connection.execute(
        select(EventSdg.event_id, EventSdg.sdg).where(EventSdg.event_id.in_(wanted)).order_by(EventSdg.position)
    ):
        parts.sdgs[event_id].append(sdg)
    for event_id, use, language in connection.execute(
        select(EventLanguage.event_id, EventLanguage.use, EventLanguage.language)
        .where(EventLanguage.event_id.in_(wanted))
        .order_by(EventLanguage.position)
    ):
        parts.languages[event_id, use].append(language)
    _load_organisers(connection, wanted, parts)
    for row in connection.execute(
        select(EventText.owner_id, EventText.field, EventText.language, EventText.origin, EventText.body)
        .where(EventText.event_id.in_(wanted))
        .order_by(EventText.id)
    ):
        parts.texts[row[0], row[1]][row[2]] = row[4]
        if row[1] == "title":
            parts.origins[row[0]][row[2]] = row[3]
    _load_slots(connection, wanted, parts)
    return parts


def _load_organisers(connection: Connection, wanted: Select[Any], parts: Parts) -> None:
    rows = connection.execute(
        select(
            EventOrganisation.event_id, Organisation.code, Organisation.slug, EventOrganisation.name,
            EventOrganisation.language, EventOrganisation.role, Organisation.kind,
        )
        .join(Organisation, Organisation.id == EventOrganisation.organisation_id)
        .where(EventOrganisation.event_id.in_(wanted))
        .order_by(EventOrganisation.position)
    )  # fmt: skip
    for event_id, code, slug, name, language, role, kind in rows:
        parts.organisers[event_id].append(OrganiserView(code, slug, name, language, _ROLES[role], kind))


def _load_slots(connection: Connection, wanted: Select[Any], parts: Parts) -> None:
    slots = select(EventSession.id).where(EventSession.event_id.in_(wanted))
    for row in connection.execute(
        select(EventSession.__table__).where(EventSession.event_id.in_(wanted)).order_by(EventSession.starts_at)
    ):
        parts.sessions[row.event_id].append(row)
    for panel_id, session_id in connection.execute(
        select(Panel.id, Panel.session_id).where(Panel.session_id.in_(slots)).order_by(Panel.position)
    ):
        parts.panels[session_id].append(panel_id)
    for question_id, panel_id in connection.execute(
        select(PanelQuestion.id, PanelQuestion.panel_id)
        .join(Panel, Panel.id == PanelQuestion.panel_id)
        .where(Panel.session_id.in_(slots))
        .order_by(PanelQuestion.position)
    ):
        parts.questions[panel_id].append(question_id)
    for row in connection.execute(
        select(Speaker.id, Speaker.session_id, Speaker.panel_id, Speaker.role, Speaker.organisation, Person.name)
        .outerjoin(Person, Person.id == Speaker.person_id)
        .where(Speaker.session_id.in_(slots))
        .order_by(Speaker.position)
    ):
        title = parts.texts.get((row.id, "title"), NO_WORDS)
        view = SpeakerView(row.name or "", _SPEAKER_ROLES[row.role], title, row.organisation)
        parts.speakers[row.session_id, row.panel_id].append(view)
    for row in connection.execute(
        select(
            CalendarEntry.session_id, CalendarEntry.language, CalendarEntry.head, CalendarEntry.full,
            CalendarEntry.short, CalendarEntry.tail, CalendarEntry.digest,
        ).where(CalendarEntry.session_id.in_(slots))
    ):  # fmt: skip
        parts.entries[row[0]][row[1]] = EntryView(*row[2:])


def event_view(row: Row[Any], parts: Parts, series_slugs: Mapping[int, str]) -> EventView:
    """Return an event's row, joined with :data:`PICTURE`, and its parts as the value that is shown."""
    titles = parts.texts[row.id, "title"]
    summaries = parts.texts.get((row.id, "summary"), NO_WORDS)
    descriptions = parts.texts.get((row.id, "description"), NO_WORDS)
    origins = parts.origins[row.id]
    texts = {
        language: TextView(
            language, title, summaries.get(language, ""), descriptions.get(language, ""), origins[language]
        )
        for language, title in titles.items()
    }
    venue = None
    if row.has_venue:
        venue = VenueView(
            row.venue_name, row.address, row.venue_city, row.venue_country, row.latitude, row.longitude
        )  # fmt: skip
    languages = parts.languages
    return EventView(
        code=row.code, slug=row.slug, key=row.key, language=row.language, texts=texts, activity=row.activity,
        format=_FORMATS[row.format], access=_ACCESS[row.access], topics=tuple(parts.topics.get(row.id, ())),
        sdgs=tuple(parts.sdgs.get(row.id, ())), series=series_slugs.get(row.series_id), region=row.region,
        un_region=row.un_region, host_city=row.host_city, host_country=row.host_country,
        spoken=tuple(languages.get((row.id, "spoken"), ())),
        interpreted=tuple(languages.get((row.id, "interpreted"), ())),
        captioned=tuple(languages.get((row.id, "captioned"), ())),
        signed=tuple(languages.get((row.id, "signed"), ())),
        access_facts={fact: Answer(answer) for fact, answer in row.access_facts.items()},
        access_note=row.access_note, organisers=tuple(parts.organisers.get(row.id, ())), venue=venue,
        platform=row.platform,
        registration=RegistrationView(
            _REGISTRATION[row.registration_state], row.registration_url, row.registration_opens_at,
            row.registration_closes_at, row.registration_here, row.registration_waits,
            tuple(
                SignUpQuestionView(**{**each, "choices": tuple(each["choices"])})
                for each in row.registration_questions
            ),
        ),
        stream_url=row.stream_url, recording_url=row.recording_url, web_url=row.web_url, cost=row.cost,
        audience=tuple(row.audience), capacity=row.capacity, hashtags=tuple(row.hashtags), is_lead=row.is_lead,
        is_demo=row.is_demo, published_at=row.published_at, changed_at=row.changed_at, version=row.version,
        sessions=tuple(_session(slot, row.code, parts) for slot in parts.sessions.get(row.id, ())),
        image=image_view(row, row.image_alt, row.image_credit),
        answers=tuple(AnswerView(**answer) for answer in row.answers), public_reason=row.public_reason,
        link_wrong=row.link_wrong_at is not None,
    )  # fmt: skip


def image_view(row: Row[Any], alt: Mapping[str, str], credit: str) -> ImageView | None:
    """Return the picture of an event or organisation; None where it has none, or one that is gone."""
    if row.image_id is None or row.media_type is None:
        return None
    return ImageView(row.image_id, row.media_type, row.width, row.height, alt, credit)


def _session(row: Row[Any], event_code: str, parts: Parts) -> SessionView:
    return SessionView(
        id=row.id, code=row.code, event_code=event_code, uid=row.uid, key=row.key,
        title=parts.texts.get((row.id, "title"), NO_WORDS), zone=row.zone, starts_at=row.starts_at,
        ends_at=row.ends_at, all_day=row.all_day, starts_on=row.starts_on, ends_on=row.ends_on,
        status=_STATUS[row.status], sequence=row.sequence, created_at=row.created_at,
        last_modified_at=row.last_modified_at,
        panels=tuple(_panel(panel_id, row.id, parts) for panel_id in parts.panels.get(row.id, ())),
        speakers=tuple(parts.speakers.get((row.id, None), ())),
        entries=parts.entries.get(row.id, {}),
    )  # fmt: skip


def _panel(panel_id: str, session_id: str, parts: Parts) -> PanelView:
    return PanelView(
        id=panel_id,
        title=parts.texts.get((panel_id, "title"), NO_WORDS),
        description=parts.texts.get((panel_id, "description"), NO_WORDS),
        questions=tuple(parts.texts[question_id, "text"] for question_id in parts.questions.get(panel_id, ())),
        speakers=tuple(parts.speakers.get((session_id, panel_id), ())),
    )
