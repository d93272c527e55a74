"""Loading the programme: from rows to one immutable value, in one snapshot, keeping what did not change.

Plain rows (SQLAlchemy Core) in one repeatable-read transaction, with the version read inside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, select

from wmd.domain.programme import (
    AnswerView,
    ChangeView,
    EditionView,
    EntryView,
    EventView,
    ImageView,
    OrganisationView,
    OrganiserView,
    PanelView,
    Programme,
    RegistrationView,
    SeriesView,
    SessionView,
    SpeakerView,
    TextView,
    TopicView,
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
from wmd.errors import NotLoadedError
from wmd.models import (
    CalendarEntry,
    Change,
    Edition,
    EditionOrganisation,
    EditionTopic,
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

#: How many public changes a programme value holds, newest first.
CHANGES_KEPT = 500

_FORMATS = {item.value: item for item in EventFormat}
_ACCESS = {item.value: item for item in Access}
_STATUS = {item.value: item for item in SessionStatus}
_REGISTRATION = {item.value: item for item in RegistrationState}
_ROLES = {item.value: item for item in OrganiserRole}
_SPEAKER_ROLES = {item.value: item for item in SpeakerRole}
_NO_WORDS: Mapping[str, str] = {}
#: What a page needs of a picture; its bytes are asked for by their own address alone.
_PICTURE = (Image.media_type, Image.width, Image.height)


def edition_view(row: Any) -> EditionView:  # noqa: ANN401 -- a row or an Edition, both with these names
    """Return an edition's row as the value that is shown."""
    return EditionView(
        slug=row.slug, name=row.name, theme=row.theme, introduction=row.introduction, main_day=row.main_day,
        window_from=row.window_from, window_to=row.window_to, zone=row.zone, hashtags=tuple(row.hashtags),
        languages=tuple(row.languages), is_permanent=row.is_permanent, is_demo=row.is_demo,
    )  # fmt: skip


def load_series(connection: Connection) -> dict[str, SeriesView]:
    """Return every series by slug, in order of name."""
    rows = connection.execute(select(Series.slug, Series.name, Series.description).order_by(Series.name))
    return {row.slug: SeriesView(*row) for row in rows}


@dataclass(slots=True)
class _Parts:
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


def load_programme(connection: Connection, slug: str, previous: Programme | None) -> Programme:
    """Load an edition inside the caller's snapshot. Raises NotLoadedError when there is no such edition."""
    edition = connection.execute(select(Edition.__table__).where(Edition.slug == slug)).one_or_none()
    if edition is None:
        raise NotLoadedError(slug)
    since = previous.version if previous is not None else -1
    moved_rows = select(Event.id).where(Event.edition_id == edition.id, Event.version > since)
    rows = connection.execute(
        select(Event.__table__, *_PICTURE)
        .outerjoin(Image, and_(Image.id == Event.image_id, Image.deleted_at.is_(None)))
        .where(Event.id.in_(moved_rows))
    ).all()
    parts = _load_parts(connection, moved_rows) if rows else _Parts()
    series = load_series(connection)
    series_slugs = _series_slugs(connection)
    events = dict(previous.events) if previous is not None else {}
    hidden = dict(previous.hidden) if previous is not None else {}
    for row in rows:
        view = _event(row, parts, series_slugs)
        hidden.pop(row.code, None)
        if row.hidden_at is None and row.merged_into_id is None:
            # Assigned in place: an event keeps its position among the others, and what is made of them can be kept.
            events[row.code] = view
        else:
            events.pop(row.code, None)
            hidden[row.code] = _without_texts(view)
    pairs = _in_order(events, previous, {row.code for row in rows})
    return Programme(
        edition=edition_view(edition),
        version=edition.version,
        published_at=edition.published_at,
        events=events,
        sessions=tuple(session for session, _ in pairs),
        owners=tuple(event for _, event in pairs),
        organisations=_load_organisations(connection, edition.id, events.values()),
        topics=_load_topics(connection, edition.id),
        series=series,
        changes=_load_changes(connection, edition.id),
        gone=_load_gone(connection, edition.id),
        moved=_load_moved(connection, edition.id),
        hidden=hidden,
    )


def _in_order(
    events: Mapping[str, EventView], previous: Programme | None, changed: Container[str]
) -> list[tuple[SessionView, EventView]]:
    """Return every session with its event, ordered by (start, code)."""
    if previous is None:
        pairs = [(session, event) for event in events.values() for session in event.sessions]
    else:
        pairs = [pair for pair in zip(previous.sessions, previous.owners, strict=True) if pair[1].code not in changed]
        again = (event for code, event in events.items() if code in changed)
        pairs += [(session, event) for event in again for session in event.sessions]
    pairs.sort(key=lambda pair: (pair[0].starts_at, pair[0].code))
    return pairs


def _without_texts(event: EventView) -> EventView:
    """Return a hidden event as feeds may know it: when it was, by whom it is found, and not a word of it."""
    sessions = tuple(
        replace(session, title=_NO_WORDS, panels=(), speakers=(), status=SessionStatus.CANCELLED)
        for session in event.sessions
    )
    texts = {event.language: TextView(event.language, "", "", "", "original")}
    registration = RegistrationView(RegistrationState.MISSING, "", None, None)
    return replace(
        event, slug="", texts=texts, sessions=sessions, registration=registration, stream_url="", recording_url="",
        web_url="", access_note="", cost="", hashtags=(), image=None, answers=(), public_reason=_NO_WORDS,
    )  # fmt: skip


def _series_slugs(connection: Connection) -> dict[int, str]:
    return {row.id: row.slug for row in connection.execute(select(Series.id, Series.slug))}


def _load_parts(connection: Connection, wanted: Select[Any]) -> _Parts:
    parts = _Parts()
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


def _load_organisers(connection: Connection, wanted: Select[Any], parts: _Parts) -> None:
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


def _load_slots(connection: Connection, wanted: Select[Any], parts: _Parts) -> None:
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
        title = parts.texts.get((row.id, "title"), _NO_WORDS)
        view = SpeakerView(row.name or "", _SPEAKER_ROLES[row.role], title, row.organisation)
        parts.speakers[row.session_id, row.panel_id].append(view)
    for row in connection.execute(
        select(
            CalendarEntry.session_id, CalendarEntry.language, CalendarEntry.head, CalendarEntry.full,
            CalendarEntry.short, CalendarEntry.tail, CalendarEntry.digest,
        ).where(CalendarEntry.session_id.in_(slots))
    ):  # fmt: skip
        parts.entries[row[0]][row[1]] = EntryView(*row[2:])


def _event(row: Row[Any], parts: _Parts, series_slugs: Mapping[int, str]) -> EventView:
    titles = parts.texts[row.id, "title"]
    summaries = parts.texts.get((row.id, "summary"), _NO_WORDS)
    descriptions = parts.texts.get((row.id, "description"), _NO_WORDS)
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
            row.registration_closes_at,
        ),
        stream_url=row.stream_url, recording_url=row.recording_url, web_url=row.web_url, cost=row.cost,
        audience=tuple(row.audience), capacity=row.capacity, hashtags=tuple(row.hashtags), is_lead=row.is_lead,
        is_demo=row.is_demo, published_at=row.published_at, changed_at=row.changed_at, version=row.version,
        sessions=tuple(_session(slot, row.code, parts) for slot in parts.sessions.get(row.id, ())),
        image=_image(row, row.image_alt, row.image_credit),
        answers=tuple(AnswerView(**answer) for answer in row.answers), public_reason=row.public_reason,
    )  # fmt: skip


def _image(row: Row[Any], alt: Mapping[str, str], credit: str) -> ImageView | None:
    """Return the picture of an event or organisation; None where it has none, or one that is gone."""
    if row.image_id is None or row.media_type is None:
        return None
    return ImageView(row.image_id, row.media_type, row.width, row.height, alt, credit)


def _session(row: Row[Any], event_code: str, parts: _Parts) -> SessionView:
    return SessionView(
        id=row.id, code=row.code, event_code=event_code, uid=row.uid, key=row.key,
        title=parts.texts.get((row.id, "title"), _NO_WORDS), zone=row.zone, starts_at=row.starts_at,
        ends_at=row.ends_at, all_day=row.all_day, starts_on=row.starts_on, ends_on=row.ends_on,
        status=_STATUS[row.status], sequence=row.sequence, created_at=row.created_at,
        last_modified_at=row.last_modified_at,
        panels=tuple(_panel(panel_id, row.id, parts) for panel_id in parts.panels.get(row.id, ())),
        speakers=tuple(parts.speakers.get((row.id, None), ())),
        entries=parts.entries.get(row.id, {}),
    )  # fmt: skip


def _panel(panel_id: str, session_id: str, parts: _Parts) -> PanelView:
    return PanelView(
        id=panel_id,
        title=parts.texts.get((panel_id, "title"), _NO_WORDS),
        description=parts.texts.get((panel_id, "description"), _NO_WORDS),
        questions=tuple(parts.texts[question_id, "text"] for question_id in parts.questions.get(panel_id, ())),
        speakers=tuple(parts.speakers.get((session_id, panel_id), ())),
    )


def _load_organisations(
    connection: Connection, edition_id: int, events: Iterable[EventView]
) -> dict[str, OrganisationView]:
    """Return every organisation ever shown in the edition; one that organises nothing there now counts as retired."""
    active = {organiser.code for event in events for organiser in event.organisers}
    rows = connection.execute(
        select(Organisation.__table__, *_PICTURE)
        .outerjoin(Image, and_(Image.id == Organisation.image_id, Image.deleted_at.is_(None)))
        .join(EditionOrganisation, EditionOrganisation.organisation_id == Organisation.id)
        .where(EditionOrganisation.edition_id == edition_id)
        .order_by(Organisation.slug, Organisation.code)
    )
    return {
        row.code: OrganisationView(
            row.code, row.slug, row.names, row.language, row.acronym, row.kind, row.city, row.country, row.region,
            row.website, row.is_demo, row.retired_at is not None or row.code not in active,
            _image(row, row.image_alt, row.image_credit), tuple(row.social),
        )
        for row in rows
    }  # fmt: skip


def _load_topics(connection: Connection, edition_id: int) -> tuple[TopicView, ...]:
    rows = connection.execute(
        select(Topic.slug, Topic.name, EditionTopic.position, EditionTopic.retired_at)
        .join(EditionTopic, EditionTopic.topic_id == Topic.id)
        .where(EditionTopic.edition_id == edition_id)
        .order_by(EditionTopic.position)
    )
    return tuple(TopicView(slug, name, position, retired is not None) for slug, name, position, retired in rows)


def _load_changes(connection: Connection, edition_id: int) -> tuple[ChangeView, ...]:
    rows = connection.execute(
        select(Change.id, Change.at, Change.kind, Event.code, EventSession.code, Change.before, Change.after)
        .join(Event, Event.id == Change.event_id)
        .outerjoin(EventSession, EventSession.id == Change.session_id)
        .where(Change.edition_id == edition_id)
        .order_by(Change.id.desc())
        .limit(CHANGES_KEPT)
    )
    return tuple(ChangeView(*row) for row in rows)


def _load_gone(connection: Connection, edition_id: int) -> dict[str, datetime]:
    rows: Iterable[Sequence[Any]] = connection.execute(
        select(Event.code, Event.hidden_at).where(Event.edition_id == edition_id, Event.hidden_at.is_not(None))
    )
    return {row[0]: row[1] for row in rows}


def _load_moved(connection: Connection, edition_id: int) -> dict[str, str]:
    target = Event.__table__.alias("target")
    rows: Iterable[Sequence[Any]] = connection.execute(
        select(Event.code, target.c.code)
        .join(target, target.c.id == Event.merged_into_id)
        .where(Event.edition_id == edition_id)
    )
    found = {row[0]: row[1] for row in rows}
    other = Organisation.__table__.alias("other")
    merged: Iterable[Sequence[Any]] = connection.execute(
        select(Organisation.code, other.c.code).join(other, other.c.id == Organisation.merged_into_id)
    )
    return found | {row[0]: row[1] for row in merged}
