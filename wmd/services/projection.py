"""Projecting an approved revision's content into the values that are shown: the shape of the one door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from wmd.domain.content import EventContent, PanelContent, SessionContent, SpeakerContent
from wmd.domain.pictures import Picture
from wmd.domain.programme import (
    AnswerView,
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
from wmd.domain.times import UnknownZone, WallTimeError, all_day_bounds, to_instant
from wmd.domain.vocabulary import SessionStatus
from wmd.errors import NotPublishableError


@dataclass(frozen=True, slots=True)
class Slot:
    """A session's derived times: UTC instants, and the first and last day in its zone."""

    starts_at: datetime
    ends_at: datetime
    starts_on: date
    ends_on: date
    wall_starts: str
    wall_ends: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a session keeps through every publication, and what rises with its entry's content."""

    code: str
    uid: str
    sequence: int
    created_at: datetime
    last_modified_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """What the event itself keeps, and what this publication gives it."""

    code: str
    slug: str
    published_at: datetime
    changed_at: datetime
    version: int


def slot_of(session: SessionContent) -> Slot:
    """Derive a session's instants from its wall times and zone.

    Raises NotPublishableError when times are missing, and WallTimeError when one does not exist or comes twice.
    """
    if session.all_day:
        if session.starts_on is None or session.ends_on is None:
            msg = f"session {session.key or session.id} has no days"
            raise NotPublishableError(msg)
        starts_at, ends_at = all_day_bounds(session.starts_on, session.ends_on, session.zone)
        return Slot(
            starts_at, ends_at, session.starts_on, session.ends_on,
            session.starts_on.isoformat(), session.ends_on.isoformat(),
        )  # fmt: skip
    if session.starts is None or session.ends is None:
        msg = f"session {session.key or session.id} has no start or no end"
        raise NotPublishableError(msg)
    return Slot(
        to_instant(session.starts, session.zone).astimezone(UTC),
        to_instant(session.ends, session.zone).astimezone(UTC),
        session.starts.date(),
        session.ends.date(),
        session.starts.isoformat(timespec="minutes"),
        session.ends.isoformat(timespec="minutes"),
    )


def slots_of(content: EventContent) -> dict[str, Slot]:
    """Derive the times of every session of an event, by session id.

    Raises NotPublishableError naming event and session when one has no times, or a time that no longer exists or comes
    twice (after an update of the zone rules, say).
    """
    slots = {}
    for session in content.sessions:
        try:
            slots[session.id] = slot_of(session)
        except (WallTimeError, UnknownZone) as error:
            msg = f"event {content.key or content.code}, session {session.key or session.id}: {error}"
            raise NotPublishableError(msg) from error
    return slots


def project(
    content: EventContent,
    *,
    listing: Listing,
    stamps: Mapping[str, Stamp],
    slots: Mapping[str, Slot],
    organisers: tuple[OrganiserView, ...],
    names: Mapping[str, str],
    pictures: Mapping[str, Picture] | None = None,
    answers: tuple[AnswerView, ...] = (),
) -> EventView:
    """Return the event as it will be shown; sessions in order of time.

    ``names`` maps person ids to names, ``pictures`` the ids of images to those that are there; ``answers`` are the
    public ones alone.
    """
    sessions = [
        _session(session, listing, stamps[session.id], slots[session.id], names) for session in content.sessions
    ]
    sessions.sort(key=lambda session: (session.starts_at, session.code))
    registration = content.registration
    return EventView(
        code=listing.code, slug=listing.slug, key=content.key, language=content.language,
        texts={
            language: TextView(language, text.title, text.summary, text.description, text.origin.value)
            for language, text in content.texts.items()
        },
        activity=content.activity, format=content.format, access=content.access, topics=content.topics,
        sdgs=content.sdgs, series=content.series, region=content.region, un_region=content.un_region,
        host_city=content.host_city, host_country=content.host_country, spoken=content.spoken,
        interpreted=content.interpreted, captioned=content.captioned, signed=content.signed,
        access_facts=dict(content.access_facts), access_note=content.access_note, organisers=organisers,
        venue=_venue(content), platform=content.platform,
        registration=RegistrationView(
            registration.state, registration.url, registration.opens_at, registration.closes_at,
            registration.takes_here, not registration.no_waiting_list,
            tuple(
                SignUpQuestionView(each.id, each.kind, dict(each.label), each.choices, each.is_required)
                for each in registration.questions
            ),
        ),
        stream_url=content.stream_url, recording_url=content.recording_url, web_url=content.web_url,
        cost=content.cost, audience=content.audience, capacity=content.capacity, hashtags=content.hashtags,
        is_lead=content.is_lead, is_demo=content.is_demo, published_at=listing.published_at,
        changed_at=listing.changed_at, version=listing.version, sessions=tuple(sessions),
        image=_image(content, pictures or {}), answers=answers, public_reason=_public_reason(content),
    )  # fmt: skip


def _image(content: EventContent, pictures: Mapping[str, Picture]) -> ImageView | None:
    picture = pictures.get(content.image.id) if content.image is not None else None
    return ImageView(*picture, content.image.alt, content.image.credit) if picture and content.image else None


def _public_reason(content: EventContent) -> Mapping[str, str]:
    """Return why it is off; what was said then is not repeated about an event that takes place after all."""
    is_off = any(session.status is not SessionStatus.SCHEDULED for session in content.sessions)
    return {tag: words for tag, words in content.public_reason.items() if words} if is_off else {}


def _venue(content: EventContent) -> VenueView | None:
    venue = content.venue
    if venue is None:
        return None
    return VenueView(venue.name, venue.address, venue.city, venue.country, venue.latitude, venue.longitude)


def _session(
    session: SessionContent, listing: Listing, stamp: Stamp, slot: Slot, names: Mapping[str, str]
) -> SessionView:
    return SessionView(
        id=session.id, code=stamp.code, event_code=listing.code, uid=stamp.uid, key=session.key, title=session.title,
        zone=session.zone, starts_at=slot.starts_at, ends_at=slot.ends_at, all_day=session.all_day,
        starts_on=slot.starts_on, ends_on=slot.ends_on, status=session.status, sequence=stamp.sequence,
        created_at=stamp.created_at, last_modified_at=stamp.last_modified_at,
        panels=tuple(_panel(panel, names) for panel in session.panels),
        speakers=tuple(_speaker(speaker, names) for speaker in session.speakers),
    )  # fmt: skip


def _panel(panel: PanelContent, names: Mapping[str, str]) -> PanelView:
    return PanelView(
        id=panel.id,
        title=panel.title,
        description=panel.description,
        questions=tuple(question.text for question in panel.questions),
        speakers=tuple(_speaker(speaker, names) for speaker in panel.speakers),
    )


def _speaker(speaker: SpeakerContent, names: Mapping[str, str]) -> SpeakerView:
    return SpeakerView(names.get(speaker.person_id or "", ""), speaker.role, speaker.title, speaker.organisation)
