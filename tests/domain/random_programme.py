"""A large programme from a seed, with everything that makes filtering hard, for tests of what reads one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from tests.factories import code, make_event, make_programme, make_session
from wmd.domain.programme import (
    EventView,
    OrganiserView,
    PanelView,
    Programme,
    SeriesView,
    SessionView,
    SpeakerView,
    TextView,
    TopicView,
    VenueView,
)
from wmd.domain.vocabulary import (
    METROPOLIS_REGION_LABELS,
    ORGANISATION_KIND_LABELS,
    TOOLKIT_TOPICS,
    EventFormat,
    OrganiserRole,
    SessionStatus,
    SpeakerRole,
)

ZONES = (
    "Europe/Madrid", "America/Bogota", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Kiritimati", "Australia/Sydney",
)  # fmt: skip
COUNTRIES = ("ES", "CO", "NP", "NZ", "KI", "AU", "MX", "KE")
LANGUAGES = ("en", "es", "es-MX", "fr", "ar", "zh-Hant", "ca", "pt-BR")
WORDS = (
    "Care",
    "Montréal",
    "سكن",
    "城市",
    "Straße",
    "mobility",
    "água",
    "resilience",
    "नगर",
    "<b>",
    "O'Neil",
    "\x0b",
    '"x"',
)
SERIES = {slug: SeriesView(slug, name, "") for slug, name in (("metrotalks", "MetroTalks"), ("learning", "Learning"))}


def random_programme(events: int = 1000, seed: int = 7) -> Programme:
    """Return a programme of this many events, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 -- test data
    made = [_event(dice, number) for number in range(events)]
    programme = make_programme(made)
    slugs = [slug for slug, _ in TOOLKIT_TOPICS]
    topics = tuple(TopicView(slug, slug.title(), place, place == 3) for place, slug in enumerate(slugs))
    organisations = {
        key: each._replace(retired=place % 5 == 0) for place, (key, each) in enumerate(programme.organisations.items())
    }
    return replace(programme, topics=topics, organisations=organisations, series=SERIES)


def _event(dice: random.Random, number: int) -> EventView:
    language = dice.choice(("en", "es", "ar"))
    title = " ".join(dice.choices(WORDS, k=3))
    sessions = [_session(dice, number * 4 + part, code(number)) for part in range(dice.choice((1, 1, 1, 1, 2, 3)))]
    sessions.sort(key=lambda session: (session.starts_at, session.code))
    kinds = list(ORGANISATION_KIND_LABELS)
    organisers = []
    for place in dice.sample(range(40), k=dice.choice((1, 1, 2))):
        role = OrganiserRole.CO if organisers else OrganiserRole.LEAD
        name = f"Örganisation {place}"
        organisers.append(OrganiserView(code(place, "Z"), f"o-{place}", name, "en", role, kinds[place % len(kinds)]))
    venue_city = dice.choice(("Torino", ""))
    venue = VenueView("Hall & Co", "", venue_city, "IT", 45.07, 7.69) if dice.random() < 0.2 else None
    return make_event(
        number,
        sessions=sessions,
        language=language,
        texts={language: TextView(language, title, " ".join(dice.choices(WORDS, k=6)), title * 3, "original")},
        topics=tuple(dice.sample([slug for slug, _ in TOOLKIT_TOPICS], k=dice.randint(0, 3))),
        sdgs=tuple(dice.sample(range(1, 18), k=dice.randint(0, 3))),
        series=dice.choice((None, None, *SERIES)),
        format=dice.choice(list(EventFormat)),
        region=dice.choice(list(METROPOLIS_REGION_LABELS)),
        host_country=dice.choice((*COUNTRIES, "")),
        spoken=tuple(dice.sample(LANGUAGES, k=dice.randint(1, 3))),
        interpreted=tuple(dice.sample(LANGUAGES, k=dice.choice((0, 0, 1)))),
        captioned=tuple(dice.sample(LANGUAGES, k=dice.choice((0, 0, 1)))),
        signed=tuple(dice.sample(("ase", "ils", "csc"), k=dice.choice((0, 0, 1)))),
        organisers=tuple(organisers),
        venue=venue,
    )


def _session(dice: random.Random, number: int, event_code: str) -> SessionView:
    zone = dice.choice(ZONES)
    starts = datetime(2021, 10, 1) + timedelta(minutes=15 * dice.randrange(96 * 31))  # noqa: DTZ001 -- wall time
    minutes = dice.choice((60, 90, 120, 240, 26 * 60))
    status = dice.choice((*[SessionStatus.SCHEDULED] * 8, SessionStatus.CANCELLED, SessionStatus.POSTPONED))
    speaker = SpeakerView(dice.choice(("", "Zoë Speaker", "مريم")), SpeakerRole.SPEAKER, {"en": "Director"}, "City")
    panel = PanelView(f"panel-{number}", {"en": "Panel 1: care"}, {}, ({"en": "What now?"},), (speaker,))
    session = make_session(
        number, starts=starts, minutes=minutes, zone=zone, event_code=event_code, status=status, panels=(panel,)
    )
    if dice.random() < 0.1:
        days = dice.choice((1, 1, 3, 7))
        midnight = starts.replace(hour=0, minute=0)
        whole = make_session(number, starts=midnight, minutes=days * 1440, zone=zone)
        return replace(
            session,
            all_day=True,
            starts_at=whole.starts_at,
            ends_at=whole.ends_at,
            starts_on=midnight.date(),
            ends_on=midnight.date() + timedelta(days=days - 1),
        )
    return session
