"""Loading the programme: from rows to one immutable value, in one snapshot, keeping what did not change.

Plain rows (SQLAlchemy Core) in one repeatable-read transaction, with the version read inside it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from wmd.domain.programme import (
    ChangeView,
    EditionView,
    EventView,
    OrganisationView,
    Programme,
    RegistrationView,
    SeriesView,
    SessionView,
    TextView,
    TopicView,
)
from wmd.domain.vocabulary import (
    RegistrationState,
    SessionStatus,
)
from wmd.errors import NotLoadedError
from wmd.models import (
    Change,
    Edition,
    EditionOrganisation,
    EditionTopic,
    Event,
    EventSession,
    Image,
    Organisation,
    Series,
    Topic,
)
from wmd.services.event_views import NO_WORDS, PICTURE, Parts, event_view, image_view, load_parts

#: How many public changes a programme value holds, newest first.
CHANGES_KEPT = 500


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


def load_programme(connection: Connection, slug: str, previous: Programme | None) -> Programme:
    """Load an edition inside the caller's snapshot. Raises NotLoadedError when there is no such edition."""
    edition = connection.execute(select(Edition.__table__).where(Edition.slug == slug)).one_or_none()
    if edition is None:
        raise NotLoadedError(slug)
    since = previous.version if previous is not None else -1
    moved_rows = select(Event.id).where(Event.edition_id == edition.id, Event.version > since)
    rows = connection.execute(
        select(Event.__table__, *PICTURE)
        .outerjoin(Image, and_(Image.id == Event.image_id, Image.deleted_at.is_(None)))
        .where(Event.id.in_(moved_rows))
    ).all()
    parts = load_parts(connection, moved_rows) if rows else Parts()
    series = load_series(connection)
    series_slugs = _series_slugs(connection)
    events = dict(previous.events) if previous is not None else {}
    hidden = dict(previous.hidden) if previous is not None else {}
    for row in rows:
        view = event_view(row, parts, series_slugs)
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
        replace(session, title=NO_WORDS, panels=(), speakers=(), status=SessionStatus.CANCELLED)
        for session in event.sessions
    )
    texts = {event.language: TextView(event.language, "", "", "", "original")}
    registration = RegistrationView(RegistrationState.MISSING, "", None, None)
    return replace(
        event, slug="", texts=texts, sessions=sessions, registration=registration, stream_url="", recording_url="",
        web_url="", access_note="", cost="", hashtags=(), image=None, answers=(), public_reason=NO_WORDS,
    )  # fmt: skip


def _series_slugs(connection: Connection) -> dict[int, str]:
    return {row.id: row.slug for row in connection.execute(select(Series.id, Series.slug))}


def _load_organisations(
    connection: Connection, edition_id: int, events: Iterable[EventView]
) -> dict[str, OrganisationView]:
    """Return every organisation ever shown in the edition; one that organises nothing there now counts as retired."""
    active = {organiser.code for event in events for organiser in event.organisers}
    rows = connection.execute(
        select(Organisation.__table__, *PICTURE)
        .outerjoin(Image, and_(Image.id == Organisation.image_id, Image.deleted_at.is_(None)))
        .join(EditionOrganisation, EditionOrganisation.organisation_id == Organisation.id)
        .where(EditionOrganisation.edition_id == edition_id)
        .order_by(Organisation.slug, Organisation.code)
    )
    return {
        row.code: OrganisationView(
            row.code, row.slug, row.names, row.language, row.acronym, row.kind, row.city, row.country, row.region,
            row.website, row.is_demo, row.retired_at is not None or row.code not in active,
            image_view(row, row.image_alt, row.image_credit), tuple(row.social),
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
