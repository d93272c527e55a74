"""Small programmes made of plain values, for tests of what only reads them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from wmd.domain.programme import (
    ChangeView,
    EditionView,
    EventView,
    OrganisationView,
    OrganiserView,
    Programme,
    RegistrationView,
    SessionView,
    TextView,
    TopicView,
)
from wmd.domain.vocabulary import TOOLKIT_TOPICS, Access, EventFormat, OrganiserRole, RegistrationState, SessionStatus

PUBLISHED_AT = datetime(2021, 9, 1, 8, 0, tzinfo=UTC)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def code(number: int, prefix: str = "E") -> str:
    """Return a six-character public code for a small number."""
    digits = ""
    for _ in range(5):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return prefix + digits


def make_edition(**changes: object) -> EditionView:
    """Return the 2021 edition, with some fields changed."""
    edition = EditionView(
        slug="2021",
        name="World Metropolitan Day 2021",
        theme="Resilience for all: creating caring metropolises beyond COVID-19",
        introduction="",
        main_day=date(2021, 10, 7),
        window_from=date(2021, 10, 1),
        window_to=date(2021, 10, 31),
        zone="Europe/Madrid",
        hashtags=("UrbanOctober",),
        languages=("en", "es", "fr"),
        is_permanent=False,
        is_demo=False,
    )
    return edition._replace(**changes)  # type: ignore[arg-type]


def make_session(
    number: int = 1,
    *,
    starts: datetime = datetime(2021, 10, 7, 15, 0),  # noqa: DTZ001 -- wall time
    minutes: int = 90,
    zone: str = "Europe/Madrid",
    event_code: str | None = None,
    **changes: object,
) -> SessionView:
    """Return one timed session given by wall time and zone."""
    starts_at = starts.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ends_at = starts_at + timedelta(minutes=minutes)
    identity = str(uuid.UUID(int=0x4000_8000_0000_0000_0000 + number))
    session = SessionView(
        id=identity,
        code=code(number, "S"),
        event_code=event_code or code(number),
        uid=f"{identity}@wmd.example",
        key=f"session-{number}",
        title={},
        zone=zone,
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=False,
        starts_on=starts.date(),
        ends_on=ends_at.astimezone(ZoneInfo(zone)).date(),
        status=SessionStatus.SCHEDULED,
        sequence=0,
        created_at=PUBLISHED_AT,
        last_modified_at=PUBLISHED_AT,
    )
    return replace(session, **changes)  # type: ignore[arg-type]


def make_event(
    number: int = 1,
    *,
    title: str | None = None,
    sessions: Sequence[SessionView] | None = None,
    texts: Mapping[str, TextView] | None = None,
    **changes: object,
) -> EventView:
    """Return one online event with one session, open for registration."""
    title = title or f"Side event {number}"
    event = EventView(
        code=code(number),
        slug=f"side-event-{number}",
        key=f"event-{number}",
        language="en",
        texts=texts or {"en": TextView("en", title, f"Summary of {title}", f"Description of {title}.", "original")},
        activity="webinar",
        format=EventFormat.ONLINE,
        access=Access.REGISTRATION,
        topics=("public-space-and-housing",),
        sdgs=(11,),
        series=None,
        region="europe",
        un_region="europe",
        host_city="Barcelona",
        host_country="ES",
        spoken=("en",),
        interpreted=(),
        captioned=(),
        signed=(),
        access_facts={},
        access_note="",
        organisers=(
            OrganiserView("ZRG222", "example-city", "Example City", "en", OrganiserRole.LEAD, "local-government"),
        ),
        venue=None,
        platform="zoom-webinar",
        registration=RegistrationView(
            RegistrationState.OPEN, "https://example.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA", None, None
        ),
        stream_url="",
        recording_url="",
        web_url="",
        cost="",
        audience=(),
        capacity=None,
        hashtags=(),
        is_lead=False,
        is_demo=True,
        published_at=PUBLISHED_AT,
        changed_at=PUBLISHED_AT,
        version=1,
        sessions=tuple(sessions) if sessions is not None else (make_session(number),),
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def make_programme(
    events: Sequence[EventView] | None = None,
    *,
    edition: EditionView | None = None,
    changes: Sequence[ChangeView] = (),
    version: int = 1,
    published_at: datetime = PUBLISHED_AT,
) -> Programme:
    """Return a programme of these events, with the organisations and topics that they name."""
    events = [make_event(1)] if events is None else list(events)
    organisations = {
        organiser.code: OrganisationView(
            organiser.code, organiser.slug, {organiser.language: organiser.name}, organiser.language, "",
            organiser.kind, "Barcelona", "ES", "europe", "", True, False,
        )
        for event in events
        for organiser in event.organisers
    }  # fmt: skip
    pairs = sorted(
        ((session, event) for event in events for session in event.sessions),
        key=lambda pair: (pair[0].starts_at, pair[0].code),
    )
    return Programme(
        edition=edition or make_edition(),
        version=version,
        published_at=published_at,
        events={event.code: event for event in events},
        sessions=tuple(session for session, _ in pairs),
        owners=tuple(event for _, event in pairs),
        organisations=organisations,
        topics=tuple(TopicView(slug, name, position, False) for position, (slug, name) in enumerate(TOOLKIT_TOPICS)),
        series={},
        changes=tuple(changes),
        gone={},
        moved={},
    )
