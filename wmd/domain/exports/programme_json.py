"""``programme.json``: the public programme in the format of an import file (``docs/programme.schema.json``).

Made from the programme value alone, so it holds what pages hold: no organiser's own words about a time, no private
link, no key of a person other than their place in this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wmd.domain.content import (
    EditionContent,
    EventContent,
    OrganisationContent,
    OrganiserContent,
    PanelContent,
    PersonContent,
    ProgrammeFile,
    QuestionContent,
    RegistrationContent,
    SeriesContent,
    SessionContent,
    SignUpQuestionContent,
    SpeakerContent,
    TextContent,
    VenueContent,
)
from wmd.domain.content_json import file_to_json
from wmd.domain.programme import EditionView, EventView, PanelView, Programme, SessionView, SpeakerView
from wmd.domain.times import local
from wmd.domain.vocabulary import Origin


def build(programme: Programme) -> bytes:
    """Return the whole public programme as JSON in UTF-8."""
    document = file_to_json(to_file(programme))
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass(slots=True)
class _People:
    """The names met so far, each under a key that means nothing outside this file."""

    keys: dict[str, str] = field(default_factory=dict)

    def key(self, name: str) -> str | None:
        return self.keys.setdefault(name, f"person-{len(self.keys) + 1}") if name else None


def to_file(programme: Programme) -> ProgrammeFile:
    """Return the programme as the value of an import file."""
    people = _People()
    keys = {code: code.lower() for code in programme.organisations}
    events = tuple(
        _event(event, keys, people) for event in sorted(programme.events.values(), key=lambda event: event.key)
    )
    used_series = {event.series for event in programme.events.values()}
    organisers = {organiser.code for event in programme.events.values() for organiser in event.organisers}
    return ProgrammeFile(
        edition=_edition(programme.edition, tuple(t.slug for t in programme.topics if not t.retired)),
        edition_slug=programme.edition.slug,
        organisations=tuple(
            OrganisationContent(
                key=keys[org.code], names=org.names, language=org.language, acronym=org.acronym, kind=org.kind,
                city=org.city, country=org.country, region=org.region, website=org.website, is_demo=org.is_demo,
                code=org.code,
            )
            for org in programme.organisations.values()
            if org.code in organisers
        ),
        series=tuple(
            SeriesContent(series.slug, series.name, series.description)
            for series in programme.series.values()
            if series.slug in used_series
        ),
        people=tuple(PersonContent(key, name) for name, key in people.keys.items()),
        events=events,
    )  # fmt: skip


def _edition(edition: EditionView, topics: tuple[str, ...]) -> EditionContent:
    return EditionContent(
        slug=edition.slug, name=edition.name, main_day=edition.main_day, window_from=edition.window_from,
        window_to=edition.window_to, zone=edition.zone, theme=edition.theme, introduction=edition.introduction,
        hashtags=edition.hashtags, languages=edition.languages, topics=topics, is_permanent=edition.is_permanent,
        is_demo=edition.is_demo,
    )  # fmt: skip


def _event(event: EventView, keys: Mapping[str, str], people: _People) -> EventContent:
    venue = event.venue
    return EventContent(
        key=event.key, language=event.language,
        texts={
            language: TextContent(text.title, text.summary, text.description, Origin(text.origin))
            for language, text in event.texts.items()
        },
        sessions=tuple(_session(session, people) for session in event.sessions),
        organisers=tuple(OrganiserContent(keys[o.code], o.role) for o in event.organisers if o.code in keys),
        activity=event.activity, format=event.format, access=event.access, topics=event.topics, sdgs=event.sdgs,
        series=event.series, region=event.region, un_region=event.un_region, host_city=event.host_city,
        host_country=event.host_country, spoken=event.spoken, interpreted=event.interpreted,
        captioned=event.captioned, signed=event.signed, access_facts=event.access_facts,
        access_note=event.access_note, venue=VenueContent(*venue) if venue else None, platform=event.platform,
        registration=_registration(event), stream_url=event.stream_url,
        recording_url=event.recording_url, web_url=event.web_url, cost=event.cost, audience=event.audience,
        capacity=event.capacity, hashtags=event.hashtags, public_reason=event.public_reason,
        is_lead=event.is_lead, is_demo=event.is_demo, code=event.code,
    )  # fmt: skip


def _registration(event: EventView) -> RegistrationContent:
    said = event.registration
    return RegistrationContent(
        said.state, said.url, said.opens_at, said.closes_at, with_us=said.is_here,
        no_waiting_list=not said.has_waiting_list,
        questions=tuple(
            SignUpQuestionContent(each.id, each.label, each.kind, each.choices, each.is_required)
            for each in said.questions
        ),
    )  # fmt: skip


def _session(session: SessionView, people: _People) -> SessionContent:
    starts = None if session.all_day else local(session.starts_at, session.zone).replace(tzinfo=None)
    ends = None if session.all_day else local(session.ends_at, session.zone).replace(tzinfo=None)
    return SessionContent(
        id=session.id, key=session.key, title=session.title, zone=session.zone, starts=starts, ends=ends,
        all_day=session.all_day, starts_on=session.starts_on if session.all_day else None,
        ends_on=session.ends_on if session.all_day else None, status=session.status,
        panels=tuple(_panel(panel, people) for panel in session.panels),
        speakers=_speakers(session.speakers, people), code=session.code, uid=session.uid,
        sequence=session.sequence, created_at=session.created_at, last_modified_at=session.last_modified_at,
    )  # fmt: skip


def _panel(panel: PanelView, people: _People) -> PanelContent:
    questions = tuple(QuestionContent("", text) for text in panel.questions)
    return PanelContent(panel.id, panel.title, panel.description, questions, _speakers(panel.speakers, people))


def _speakers(speakers: Iterable[SpeakerView], people: _People) -> tuple[SpeakerContent, ...]:
    # Speakers and questions carry no public id: a reader of this file matches them by their words and place.
    return tuple(
        SpeakerContent("", speaker.role, people.key(speaker.name), speaker.title, speaker.organisation)
        for speaker in speakers
    )
