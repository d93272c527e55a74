"""The events that the calendar tests tell their stories with, and short ways to build their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from tests.factories import make_edition, make_event, make_session
from wmd.domain.ical import entries, feed
from wmd.domain.ical.words import ENGLISH, CalendarWords
from wmd.domain.programme import (
    EditionView,
    EntryView,
    EventView,
    OrganiserView,
    RegistrationView,
    SessionView,
    TextView,
    VenueView,
)
from wmd.domain.vocabulary import TOOLKIT_TOPICS, EventFormat, OrganiserRole, RegistrationState, SessionStatus

BASE_URL = "https://wmd.example"
TOPIC_NAMES = dict(TOOLKIT_TOPICS)
CHANGED_AT = datetime(2021, 9, 20, 10, 30, tzinfo=UTC)
DAY = date(2021, 10, 5)

SPANISH = replace(
    ENGLISH,
    language="es",
    cancelled_title="Cancelado: {title}",
    online="En línea",
    online_at="En línea: {link}",
    take_part="Participar: {link}",
    take_part_label="Participar",
)

ARABIC = replace(
    ENGLISH,
    language="ar",
    cancelled_title="أُلغي: {title}",
    online="عبر الإنترنت",
    online_at="عبر الإنترنت: {link}",
    list_comma="، ",
)

HEAD = feed.FeedHead(
    name="World Metropolitan Day 2021",
    description="All events of World Metropolitan Day 2021.",
    url=f"{BASE_URL}/2021/programme",
    source=f"{BASE_URL}/2021/calendar.ics",
    last_modified_at=CHANGED_AT,
    too_large_text=f"This calendar is too large; take one by topic or region: {BASE_URL}/2021/subscribe",
)


def entry_of(
    event: EventView,
    session: SessionView | None = None,
    *,
    language: str = "en",
    words: CalendarWords = ENGLISH,
    edition: EditionView | None = None,
    minimal: bool = False,
) -> EntryView:
    """Return the entry of an event's session (the first, unless told)."""
    return entries.build_entry(
        edition or make_edition(),
        event,
        session or event.sessions[0],
        language=language,
        words=words,
        topic_names=TOPIC_NAMES,
        base_url=BASE_URL,
        minimal=minimal,
    )


def vevent(entry: EntryView) -> bytes:
    """Return the whole VEVENT with its full text."""
    return entry.head + entry.full + entry.tail


def published(event: EventView, words: Mapping[str, CalendarWords] | None = None) -> EventView:
    """Return the event as it is after publication: each session with its stored entries."""
    words = words or {"en": ENGLISH}
    sessions = tuple(
        replace(
            session,
            entries={tag: entry_of(event, session, language=tag, words=some) for tag, some in words.items()},
        )
        for session in event.sessions
    )
    return replace(event, sessions=sessions)


def sessions_of(events: Iterable[EventView]) -> list[SessionView]:
    """Return all sessions of these events."""
    return [session for event in events for session in event.sessions]


def feed_of(events: Sequence[EventView], *, language: str = "en", now_day: date = DAY) -> bytes:
    """Return the feed of these events, published here."""
    words = {"en": ENGLISH, "es": SPANISH, "ar": ARABIC}
    sessions = sessions_of(published(event, {"en": ENGLISH, language: words[language]}) for event in events)
    return feed.join(HEAD, sessions, language=language, now_day=now_day, running=True).body


def texts(language: str, title: str, summary: str = "", description: str = "") -> dict[str, TextView]:
    """Return an event's texts in their one, original language."""
    return {language: TextView(language, title, summary, description, "original")}


def lead_event() -> EventView:
    """The lead event as the 2021 flyer announces it: its title, hours and registration page."""
    return make_event(
        1,
        texts=texts(
            "en",
            "Caring metropolises: framing recovery for all",
            "The joint leading event of Metropolis and UN-Habitat.",
            "An interactive exchange around **two panel discussions**:\n\n"
            "1. Creating caring metropolises\n2. Framing recovery for all\n",
        ),
        sessions=(make_session(1, last_modified_at=CHANGED_AT, sequence=2),),
        topics=("equity-in-health-and-care", "governance-and-citizen-engagement"),
        spoken=("en", "es"),
        interpreted=("fr",),
        organisers=(
            OrganiserView("METR22", "metropolis", "Metropolis", "en", OrganiserRole.LEAD, "city-network"),
            OrganiserView("UNHA22", "un-habitat", "UN-Habitat", "en", OrganiserRole.CO, "international-body"),
        ),
        registration=RegistrationView(
            RegistrationState.CLOSED,
            "https://metropolis-org.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA",
            None,
            None,
        ),
        is_lead=True,
        is_demo=False,
    )


def cancelled_event() -> EventView:
    return make_event(
        2,
        title="Night buses, safely home",
        sessions=(
            make_session(
                2,
                starts=datetime(2021, 10, 6, 18, 0),  # noqa: DTZ001 -- wall time
                zone="America/Montevideo",
                status=SessionStatus.CANCELLED,
                sequence=1,
                last_modified_at=CHANGED_AT,
            ),
        ),
    )


def postponed_event() -> EventView:
    return make_event(
        3,
        title="Water for Kathmandu's hills",
        sessions=(
            make_session(
                3,
                starts=datetime(2021, 10, 8, 9, 15),  # noqa: DTZ001 -- wall time
                zone="Asia/Kathmandu",
                status=SessionStatus.POSTPONED,
                sequence=3,
                last_modified_at=CHANGED_AT,
            ),
        ),
    )


def umbrella_event() -> EventView:
    """A hybrid week in Melbourne: one all-day session over two timed ones, across no clock change."""
    wall = datetime(2021, 10, 4, 10, 0)  # noqa: DTZ001 -- wall time
    week = make_session(
        10,
        starts=datetime(2021, 10, 4),  # noqa: DTZ001 -- wall time
        minutes=5 * 24 * 60,
        zone="Australia/Melbourne",
        event_code="E22224",
        all_day=True,
        title={"en": "The whole week"},
    )
    week = replace(week, ends_on=date(2021, 10, 8))
    first = make_session(11, starts=wall, zone="Australia/Melbourne", title={"en": "Walk along the river"})
    second = make_session(
        12, starts=wall.replace(day=7, hour=23), zone="Australia/Melbourne", title={"en": "Closing talk"}
    )
    return make_event(
        4,
        title="Metropolitan week",
        sessions=(week, first, second),
        format=EventFormat.HYBRID,
        venue=VenueView("Town Hall, east wing", "90 Example Street", "Melbourne", "AU", -37.8136, 144.9631),
    )


def scripts_events() -> list[EventView]:
    """One event in Arabic and one in Chinese, each without an English text."""
    return [
        make_event(
            5,
            language="ar",
            texts=texts("ar", "مدن تهتم بسكانها بعد كوفيد-19", "حوار مفتوح حول الإسكان.", "ندعو الجميع إلى المشاركة."),
            spoken=("ar",),
            sessions=(
                make_session(
                    5,
                    starts=datetime(2021, 10, 7, 11, 0),  # noqa: DTZ001 -- wall time
                    zone="Asia/Amman",
                    status=SessionStatus.CANCELLED,
                ),
            ),
        ),
        make_event(
            6,
            language="zh",
            texts=texts(
                "zh", "以人为本的大都市：面向所有人的复苏", "关于公共空间与住房的公开讨论。", "欢迎各界参与。" * 90
            ),
            spoken=("zh",),
            sessions=(make_session(6, starts=datetime(2021, 10, 7, 21, 0), zone="Asia/Shanghai"),),  # noqa: DTZ001
        ),
    ]


def punctuation_event() -> EventView:
    return make_event(
        7,
        texts=texts(
            "en",
            'Streets; squares, parks \\ "commons"',
            "First line,\nsecond line; third\r\nline \\N and \\n.",
            "A list:\n\n* one, two\n* three; four\n\n<script>alert(1)</script> [page](https://example.org/a,b;c)",
        ),
        sessions=(make_session(7, starts=datetime(2021, 10, 31, 1, 0), minutes=180, zone="Europe/Lisbon"),),  # noqa: DTZ001
    )


def everything() -> list[EventView]:
    return [
        lead_event(),
        cancelled_event(),
        postponed_event(),
        umbrella_event(),
        *scripts_events(),
        punctuation_event(),
    ]
