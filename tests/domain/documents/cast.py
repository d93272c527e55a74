"""What the tests of documents share: an edition, an event without a fault, and where the faulty files are."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

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
    SpeakerContent,
    TextContent,
    VenueContent,
)
from wmd.domain.documents import read_csv, read_ics, read_json
from wmd.domain.documents.read_file import ReadFile
from wmd.domain.documents.read_ics import IcsDefaults
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

ROOT = Path(__file__).resolve().parents[3]
FILES = ROOT / "tests" / "data" / "import"
REGISTRATION_PAGE = "https://example.zoom.us/webinar/register/WN_XSt8HppAT2uOMQx9KpS2-A"
CALENDAR_DEFAULTS = IcsDefaults(organiser="metro-lab", topics=("gender-equality",))
ORGANISATIONS = frozenset({"metro-lab"})

EDITION = EditionContent(
    slug="2021",
    name="World Metropolitan Day 2021",
    main_day=date(2021, 10, 7),
    window_from=date(2021, 10, 1),
    window_to=date(2021, 10, 31),
    zone="Europe/Madrid",
)


def read_stored(name: str) -> ReadFile:
    """Read one of the stored files with the reader of its extension; an unknown one is taken for JSON."""
    return read_as(name.rpartition(".")[2], (FILES / name).read_bytes(), name)


def read_as(extension: str, data: bytes, name: str) -> ReadFile:
    """Read bytes with the reader for an extension."""
    if extension == "csv":
        return read_csv.read(data, name, edition_slug="2021")
    if extension == "ics":
        return read_ics.read(data, name, edition_slug="2021", defaults=CALENDAR_DEFAULTS)
    return read_json.read(data, name)


def wall(text: str) -> datetime:
    """Return a naive wall time."""
    return datetime.fromisoformat(text)


def instant(text: str) -> datetime:
    """Return an aware instant."""
    return datetime.fromisoformat(text)


def make_session(**changes: object) -> SessionContent:
    """Return a session without a fault, with some fields changed."""
    fields: dict[str, object] = {
        "id": "",
        "key": "main",
        "zone": "Europe/Madrid",
        "starts": wall("2021-10-05T10:00"),
        "ends": wall("2021-10-05T11:30"),
    }
    return SessionContent(**{**fields, **changes})  # type: ignore[arg-type]


def make_event(**changes: object) -> EventContent:
    """Return an event without a fault or doubt, with some fields changed."""
    fields: dict[str, object] = {
        "key": "care-walk",
        "language": "en",
        "texts": {"en": TextContent("A walk", summary="Through places of care.", description="We visit five places.")},
        "sessions": (make_session(),),
        "organisers": (OrganiserContent("metro-lab"),),
        "topics": ("gender-equality",),
        "sdgs": (5, 11),
        "region": "europe",
        "un_region": "europe",
        "host_city": "Barcelona",
        "host_country": "ES",
        "spoken": ("en",),
        "platform": "zoom-webinar",
        "registration": RegistrationContent(RegistrationState.OPEN, REGISTRATION_PAGE),
    }
    return EventContent(**{**fields, **changes})  # type: ignore[arg-type]


def full_event() -> EventContent:
    """Return an event in which every field says something."""
    speaker = SpeakerContent("sp-1", SpeakerRole.MODERATOR, "ana", {"en": "Director", "es": "Directora"}, "City of X")
    panel = PanelContent(
        "pa-1",
        {"en": "Creating caring metropolises"},
        {"en": "The first half.\nWith two lines."},
        (QuestionContent("qu-1", {"en": "What is the role of care?", "ar": "ما دور الرعاية؟"}),),
        (speaker,),
    )
    timed = make_session(
        id="5d2b7c1e-9a40-4f6b-8e31-0c7d2a94b6f8",
        title={"en": "Opening"},
        time_text="5 October, 10:00 in Barcelona",
        time_confirmed=True,
        status=SessionStatus.POSTPONED,
        panels=(panel,),
        speakers=(SpeakerContent("sp-2", title={"en": "A neighbour"}),),
        code="S23456",
        uid="5d2b7c1e@wmd.example",
        sequence=0,
        created_at=instant("2021-09-01T08:00:00+00:00"),
        last_modified_at=instant("2021-09-02T08:00:00.250000+00:00"),
    )
    days = SessionContent(
        "", "week", zone="Asia/Tokyo", all_day=True, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8)
    )
    return make_event(
        texts={
            "es": TextContent("Un paseo", origin=Origin.MACHINE),
            "en": TextContent("A walk, “with care”", "In short.", "# Long\n\n*Text*; 100 % ✓", Origin.ORIGINAL),
        },
        sessions=(timed, days),
        organisers=(OrganiserContent("metro-lab"), OrganiserContent("city", OrganiserRole.SUPPORTER)),
        activity="visit",
        format=EventFormat.HYBRID,
        access=Access.OPEN,
        series="metrotalks",
        interpreted=("es", "fr"),
        captioned=("en",),
        signed=("ils",),
        access_facts={"step-free": Answer.YES, "phone": Answer.UNKNOWN},
        access_note="The lift is slow.",
        venue=VenueContent("Library", "1 Example Street", "Tokyo", "JP", 35.68, 139.69),
        registration=RegistrationContent(
            RegistrationState.NOT_YET,
            REGISTRATION_PAGE,
            instant("2021-09-01T08:00:00+00:00"),
            instant("2021-10-05T08:00:00+00:00"),
        ),
        stream_url="https://video.example.org/live",
        recording_url="https://video.example.org/recording",
        web_url="https://example.org/walk",
        cost="free",
        audience=("public", "students"),
        capacity=40,
        hashtags=("UrbanOctober",),
        reminders=("start-1d", "end+1d"),
        public_reason={"en": "The hall is closed.", "es": "La sala está cerrada."},
        is_lead=True,
        is_demo=True,
        code="E23456",
    )


def full_file() -> ProgrammeFile:
    """Return a file in which every field says something."""
    return ProgrammeFile(
        edition=EditionContent(
            slug="2021",
            name="World Metropolitan Day 2021",
            main_day=date(2021, 10, 7),
            window_from=date(2021, 10, 1),
            window_to=date(2021, 10, 31),
            zone="Europe/Madrid",
            theme="Resilience for all",
            introduction="One day.\n\nMany cities.",
            hashtags=("UrbanOctober",),
            languages=("en", "es"),
            topics=("gender-equality",),
            is_permanent=True,
            is_demo=True,
        ),
        edition_slug="2021",
        organisations=(
            OrganisationContent(
                "metro-lab", {"en": "Metro Lab", "ca": "Laboratori"}, "en", "ML", "academia", "Barcelona", "ES",
                "europe", "https://example.org/", is_demo=True, code="A23456",
            ),
            OrganisationContent("city", {"ja": "市"}, "ja"),
        ),
        series=(SeriesContent("metrotalks", "MetroTalks", "Talks with thinkers."),),
        people=(PersonContent("ana", "Ana Example"),),
        events=(full_event(), make_event(key="second")),
    )  # fmt: skip
