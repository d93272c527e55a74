"""Makes programmes of any size in the import format, the same for the same size, to measure with.

``python -m benchmarks.data 1000 FOLDER`` writes ``bench-1000-01.json`` and so on, 1,000 events a file, as a large
network would send them. Texts have the length of real ones (about 120 words); zones, languages and scripts are mixed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

EVENTS_PER_FILE = 1_000

_PLACES = [
    ("Europe/Madrid", "Barcelona", "ES", "europe", "europe"),
    ("Europe/Lisbon", "Porto", "PT", "europe", "europe"),
    ("Africa/Nairobi", "Nairobi", "KE", "africa", "africa"),
    ("Africa/Casablanca", "Rabat", "MA", "africa", "arab-states"),
    ("Africa/Lagos", "Ibadan", "NG", "africa", "africa"),
    ("Asia/Kathmandu", "Lalitpur", "NP", "asia-pacific", "asia-pacific"),
    ("Asia/Seoul", "Suwon", "KR", "asia-pacific", "asia-pacific"),
    ("Asia/Amman", "Zarqa", "JO", "asia-pacific", "arab-states"),
    ("Australia/Sydney", "Newcastle", "AU", "asia-pacific", "asia-pacific"),
    ("Pacific/Kiritimati", "Tabwakea", "KI", "asia-pacific", "asia-pacific"),
    ("America/Bogota", "Medellín", "CO", "latin-america-caribbean", "latin-america-caribbean"),
    ("America/Asuncion", "Luque", "PY", "latin-america-caribbean", "latin-america-caribbean"),
    ("America/Sao_Paulo", "Campinas", "BR", "latin-america-caribbean", "latin-america-caribbean"),
    ("America/Toronto", "Laval", "CA", "north-america", "north-america"),
    ("America/Los_Angeles", "Oakland", "US", "north-america", "north-america"),
]
TOPICS = [
    "sustainability-and-climate-change",
    "governance-and-citizen-engagement",
    "equity-in-health-and-care",
    "gender-equality",
    "public-space-and-housing",
    "mobility-accessibility-and-transport",
    "sustainable-economy",
    "digitalisation-and-innovation",
]
_KINDS = ["local-government", "metropolitan-government", "city-network", "academia", "civil-society", "youth"]
_LANGUAGES = ["en", "en", "en", "es", "fr", "pt", "ar", "ko"]
_VOCABULARY = (
    "metropolis street neighbours care water budget night bus river market housing kitchen library season promise "
    "council data garden bridge children elders schools doctors heat shade rain flood repair rent tenants cooperative "
    "square mayor map corridor harbour station wages carers clinic evening translation region plan survey meeting"
)
_WORDS = _VOCABULARY.split()
_OTHER_SCRIPTS = {
    "ar": "المدينة والجيران والماء والظل والشارع",
    "ko": "도시와 이웃, 물과 그늘 그리고 거리",
    "es": "La metrópoli, el agua y la sombra",
    "fr": "La métropole, l'eau et l'ombre",
    "pt": "A metrópole, a água e a sombra",
}


REGIONS = sorted({place[3] for place in _PLACES})
SPOKEN = sorted(set(_LANGUAGES))


def slug_of(size: int) -> str:
    """Return the slug of the edition that holds a programme of this size."""
    return f"bench-{size}"


def files(size: int, today: date) -> Iterator[dict[str, Any]]:
    """Yield a programme of ``size`` events as import files; its main day lies two weeks after ``today``."""
    random = Random(size)
    main_day = today + timedelta(days=14)
    organisations = [_organisation(random, number) for number in range(max(4, size // 8))]
    for first in range(0, size, EVENTS_PER_FILE):
        numbers = range(first, min(first + EVENTS_PER_FILE, size))
        yield {
            "format": "wmd-programme",
            "schema_version": 1,
            "edition": _edition(size, main_day) if first == 0 else {"slug": slug_of(size)},
            "organisations": organisations if first == 0 else [],
            "events": [_event(random, number, main_day, organisations) for number in numbers],
        }


def one_changed(size: int, today: date, title: str) -> dict[str, Any]:
    """Return an import file that changes the title of the first event and nothing else."""
    first = next(iter(files(size, today)))
    event = first["events"][0]
    event["texts"][event["language"]]["title"] = title
    used = {organiser["key"] for organiser in event["organisers"]}
    organisations = [one for one in first["organisations"] if one["key"] in used]
    return first | {"edition": {"slug": slug_of(size)}, "organisations": organisations, "events": [event]}


def _edition(size: int, main_day: date) -> dict[str, Any]:
    return {
        "slug": slug_of(size),
        "name": f"Edition of {size} events",
        "main_day": main_day.isoformat(),
        "window_from": (main_day - timedelta(days=20)).isoformat(),
        "window_to": (main_day + timedelta(days=20)).isoformat(),
        "zone": "Europe/Madrid",
        "theme": "A programme to measure with",
        "languages": ["en", "es", "fr"],
        "topics": TOPICS,
    }


def _organisation(random: Random, number: int) -> dict[str, Any]:
    _, city, country, region, _ = random.choice(_PLACES)
    return {
        "key": f"organisation-{number}",
        "names": {"en": f"{_phrase(random, 3).title()} {number}"},
        "kind": random.choice(_KINDS),
        "city": city,
        "country": country,
        "region": region,
    }


def _event(random: Random, number: int, main_day: date, organisations: list[dict[str, Any]]) -> dict[str, Any]:
    zone, city, country, region, un_region = random.choice(_PLACES)
    language = random.choice(_LANGUAGES)
    title = _OTHER_SCRIPTS.get(language) or _phrase(random, random.randint(4, 9)).capitalize()
    on = main_day + timedelta(days=max(-18, min(18, round(random.gauss(0, 6)))))
    starts = datetime.combine(on, datetime.min.time()) + timedelta(minutes=random.randrange(9 * 60, 18 * 60, 15))
    ends = starts + timedelta(minutes=random.choice([60, 90, 120]))
    return {
        "key": f"event-{number}",
        "language": language,
        "texts": {
            language: {
                "title": f"{title} {number}",
                "summary": _phrase(random, 18).capitalize() + ".",
                "description": "\n\n".join(_paragraph(random) for _ in range(3)),
            }
        },
        "sessions": [
            {"key": "main", "zone": zone, "starts": f"{starts:%Y-%m-%dT%H:%M}", "ends": f"{ends:%Y-%m-%dT%H:%M}"}
        ],
        "organisers": [{"key": random.choice(organisations)["key"], "role": "lead"}],
        "activity": random.choice(["webinar", "panel", "workshop"]),
        "topics": random.sample(TOPICS, random.randint(1, 2)),
        "sdgs": sorted(random.sample(range(1, 18), 2)),
        "region": region,
        "un_region": un_region,
        "host_city": city,
        "host_country": country,
        "spoken": [language],
        "interpreted": ["en"] if language != "en" and random.random() < 0.5 else [],
        "captioned": [language] if random.random() < 0.3 else [],
        "registration": {"state": "open", "url": f"https://events.example.org/register/{number}"},
    }


def _phrase(random: Random, words: int) -> str:
    return " ".join(random.choices(_WORDS, k=words))


def _paragraph(random: Random) -> str:
    return " ".join(_phrase(random, random.randint(8, 16)).capitalize() + "." for _ in range(3))


def write(size: int, folder: Path, today: date) -> list[Path]:
    """Write the files of a programme and return their paths, in the order they must be imported."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, content in enumerate(files(size, today), start=1):
        paths.append(folder / f"{slug_of(size)}-{number:02}.json")
        paths[-1].write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return paths


if __name__ == "__main__":
    for path in write(int(sys.argv[1]), Path(sys.argv[2]), date.today()):
        print(path)
