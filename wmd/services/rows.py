"""The rows of published events: one content and its view, laid out table by table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wmd.domain.content import EventContent, SessionContent, SpeakerContent, Words
from wmd.domain.programme import EventView, SessionView
from wmd.domain.reminders import chosen_rules
from wmd.domain.vocabulary import Origin
from wmd.models import Organisation
from wmd.services.projection import Slot

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class EventRows:
    """Rows to insert, by table, in an order that respects their foreign keys."""

    codes: Rows = field(default_factory=list)
    events: Rows = field(default_factory=list)
    sessions: Rows = field(default_factory=list)
    topics: Rows = field(default_factory=list)
    sdgs: Rows = field(default_factory=list)
    languages: Rows = field(default_factory=list)
    organisations: Rows = field(default_factory=list)
    texts: Rows = field(default_factory=list)
    panels: Rows = field(default_factory=list)
    questions: Rows = field(default_factory=list)
    speakers: Rows = field(default_factory=list)
    entries: Rows = field(default_factory=list)
    changes: Rows = field(default_factory=list)


def event_values(
    view: EventView, content: EventContent, revision_id: str, edition_id: int, series_id: int | None
) -> dict[str, Any]:
    """Return the columns of the event's own row, except its id."""
    venue = view.venue
    return {
        "edition_id": edition_id, "revision_id": revision_id, "code": view.code, "slug": view.slug, "key": view.key,
        "language": view.language, "activity": view.activity, "format": view.format.value,
        "access": view.access.value, "series_id": series_id, "region": view.region, "un_region": view.un_region,
        "host_city": view.host_city, "host_country": view.host_country,
        "access_facts": {fact: answer.value for fact, answer in view.access_facts.items()},
        "access_note": view.access_note, "has_venue": venue is not None,
        "venue_name": venue.name if venue else "", "address": venue.address if venue else "",
        "venue_city": venue.city if venue else "", "venue_country": venue.country if venue else "",
        "latitude": venue.latitude if venue else None, "longitude": venue.longitude if venue else None,
        "platform": view.platform, "registration_state": view.registration.state.value,
        "registration_url": view.registration.url, "registration_opens_at": view.registration.opens_at,
        "registration_closes_at": view.registration.closes_at, "registration_here": view.registration.is_here,
        "registration_waits": view.registration.has_waiting_list,
        "registration_questions": [each._asdict() for each in view.registration.questions],
        "private_link_id": content.registration.private_link_id, "stream_url": view.stream_url,
        "recording_url": view.recording_url, "web_url": view.web_url, "cost": view.cost,
        "audience": list(view.audience), "capacity": view.capacity, "hashtags": list(view.hashtags),
        "reminders": chosen_rules(content.reminders),
        "image_id": content.image.id if content.image else None,
        "image_alt": dict(content.image.alt) if content.image else {},
        "image_credit": content.image.credit if content.image else "",
        "answers": [answer._asdict() for answer in view.answers], "public_reason": dict(view.public_reason),
        "is_lead": view.is_lead, "is_demo": view.is_demo, "hidden_at": None, "merged_into_id": None,
        "published_at": view.published_at, "changed_at": view.changed_at, "version": view.version,
    }  # fmt: skip


def session_values(
    session: SessionContent, shown: SessionView, slot: Slot, digest: str, position: int
) -> dict[str, Any]:
    """Return the columns of a session's row that a publication may change, except its status."""
    return {
        "key": session.key, "position": position, "zone": session.zone, "wall_starts": slot.wall_starts,
        "wall_ends": slot.wall_ends, "all_day": session.all_day, "starts_on": slot.starts_on, "ends_on": slot.ends_on,
        "starts_at": slot.starts_at, "ends_at": slot.ends_at, "time_text": session.time_text,
        "time_confirmed": session.time_confirmed, "sequence": shown.sequence, "digest": digest,
        "last_modified_at": shown.last_modified_at,
    }  # fmt: skip


def event_rows(
    batch: EventRows,
    event_id: str,
    content: EventContent,
    view: EventView,
    topics: Mapping[str, int],
    organisations: Mapping[str, Organisation],
) -> None:
    """Add the rows of an event's parts to the batch."""
    batch.topics += [
        {"event_id": event_id, "topic_id": topics[slug], "position": position}
        for position, slug in enumerate(content.topics)
    ]
    batch.sdgs += [
        {"event_id": event_id, "sdg": sdg, "position": position} for position, sdg in enumerate(content.sdgs)
    ]
    for use in ("spoken", "interpreted", "captioned", "signed"):
        batch.languages += [
            {"event_id": event_id, "use": use, "language": language, "position": position}
            for position, language in enumerate(getattr(content, use))
        ]
    batch.organisations += [
        {
            "event_id": event_id, "organisation_id": organisations[organiser.key].id, "role": organiser.role.value,
            "name": shown.name, "language": shown.language, "position": position,
        }
        for position, (organiser, shown) in enumerate(zip(content.organisers, view.organisers, strict=True))
    ]  # fmt: skip
    for language, text in content.texts.items():
        parts = (("title", text.title), ("summary", text.summary), ("description", text.description))
        batch.texts += [
            _text(event_id, event_id, name, language, text.origin, body)
            for name, body in parts
            if body or name == "title"
        ]
    for session in content.sessions:
        _session_rows(batch, event_id, session, content.language)


def _text(event_id: str, owner_id: str, name: str, language: str, origin: Origin, body: str) -> dict[str, Any]:
    return {
        "event_id": event_id, "owner_id": owner_id, "field": name, "language": language, "origin": origin.value,
        "body": body,
    }  # fmt: skip


def _words(batch: EventRows, event_id: str, owner_id: str, name: str, words: Words, original: str) -> None:
    for language, body in words.items():
        origin = Origin.ORIGINAL if language == original or len(words) == 1 else Origin.HUMAN
        batch.texts.append(_text(event_id, owner_id, name, language, origin, body))


def _session_rows(batch: EventRows, event_id: str, session: SessionContent, original: str) -> None:
    _words(batch, event_id, session.id, "title", session.title, original)
    _speaker_rows(batch, event_id, session.id, None, session.speakers, original)
    for position, panel in enumerate(session.panels):
        batch.panels.append({"id": panel.id, "session_id": session.id, "position": position})
        _words(batch, event_id, panel.id, "title", panel.title, original)
        _words(batch, event_id, panel.id, "description", panel.description, original)
        for place, question in enumerate(panel.questions):
            batch.questions.append({"id": question.id, "panel_id": panel.id, "position": place})
            _words(batch, event_id, question.id, "text", question.text, original)
        _speaker_rows(batch, event_id, session.id, panel.id, panel.speakers, original)


def _speaker_rows(
    batch: EventRows,
    event_id: str,
    session_id: str,
    panel_id: str | None,
    speakers: Iterable[SpeakerContent],
    original: str,
) -> None:
    for position, speaker in enumerate(speakers):
        batch.speakers.append(
            {
                "id": speaker.id, "session_id": session_id, "panel_id": panel_id, "person_id": speaker.person_id,
                "role": speaker.role.value, "organisation": speaker.organisation, "position": position,
            }
        )  # fmt: skip
        _words(batch, event_id, speaker.id, "title", speaker.title, original)
