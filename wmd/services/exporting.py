"""Exporting a programme as the file an import reads: importing it again changes nothing."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import (
    EventContent,
    OrganisationContent,
    PersonContent,
    ProgrammeFile,
    SeriesContent,
    SpeakerContent,
)
from wmd.domain.identities import with_people
from wmd.models import Edition, EditionTopic, Event, EventSession, Organisation, Person, Revision, Series, Topic
from wmd.services.importing import edition_content
from wmd.services.intake import read_content


def export_file(dbs: Session, edition: Edition) -> ProgrammeFile:
    """Return all that is published in an edition, with codes, UIDs and stamps; private links never."""
    events = [
        _claimed(dbs, event, read_content(revision))
        for event, revision in dbs.execute(
            select(Event, Revision)
            .join(Revision, Revision.id == Event.revision_id)
            .where(Event.edition_id == edition.id, Event.hidden_at.is_(None), Event.merged_into_id.is_(None))
            .order_by(Event.key, Event.code)
        ).tuples()
    ]
    people = _people(dbs, events)
    return ProgrammeFile(
        edition=replace(edition_content(edition), topics=_topics(dbs, edition)),
        edition_slug=edition.slug,
        organisations=_organisations(dbs, events),
        series=_series(dbs, events),
        people=tuple(sorted(people.values(), key=lambda person: person.key)),
        events=tuple(with_people(event, lambda person_id: people[person_id].key) for event in events),
    )


def _topics(dbs: Session, edition: Edition) -> tuple[str, ...]:
    return tuple(
        dbs.scalars(
            select(Topic.slug)
            .join(EditionTopic, EditionTopic.topic_id == Topic.id)
            .where(EditionTopic.edition_id == edition.id, EditionTopic.retired_at.is_(None))
            .order_by(EditionTopic.position)
        )
    )


def _claimed(dbs: Session, event: Event, content: EventContent) -> EventContent:
    """Add what only our own rows know: public codes, UIDs, SEQUENCE and the stamps beside it."""
    rows = {row.id: row for row in dbs.scalars(select(EventSession).where(EventSession.event_id == event.id))}
    sessions = tuple(
        replace(
            session, code=rows[session.id].code, uid=rows[session.id].uid, sequence=rows[session.id].sequence,
            created_at=rows[session.id].created_at, last_modified_at=rows[session.id].last_modified_at,
        )
        for session in content.sessions
    )  # fmt: skip
    return replace(content, code=event.code, sessions=sessions)


def _all_speakers(event: EventContent) -> list[SpeakerContent]:
    return [
        speaker
        for session in event.sessions
        for speaker in (*session.speakers, *(s for panel in session.panels for s in panel.speakers))
    ]


def _people(dbs: Session, events: list[EventContent]) -> dict[str, PersonContent]:
    ids = sorted({speaker.person_id for event in events for speaker in _all_speakers(event) if speaker.person_id})
    rows = dbs.scalars(select(Person).where(Person.id.in_(ids))) if ids else ()
    return {row.id: PersonContent(row.key or row.id, row.name) for row in rows}


def _organisations(dbs: Session, events: list[EventContent]) -> tuple[OrganisationContent, ...]:
    keys = {organiser.key for event in events for organiser in event.organisers}
    rows = dbs.scalars(select(Organisation).where(Organisation.key.in_(keys)).order_by(Organisation.key))
    return tuple(
        OrganisationContent(
            key=row.key, names=row.names, language=row.language, acronym=row.acronym, kind=row.kind, city=row.city,
            country=row.country, region=row.region, website=row.website, is_demo=row.is_demo, code=row.code,
        )
        for row in rows
    )  # fmt: skip


def _series(dbs: Session, events: list[EventContent]) -> tuple[SeriesContent, ...]:
    slugs = {event.series for event in events if event.series}
    rows = dbs.scalars(select(Series).where(Series.slug.in_(slugs)).order_by(Series.slug))
    return tuple(SeriesContent(row.slug, row.name, row.description) for row in rows)
