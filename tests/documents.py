"""Small import files, as Python values that a test changes and then applies."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT
from wmd.domain.documents import read_json
from wmd.domain.documents.read_file import ReadFile
from wmd.secretbox import SecretBox
from wmd.services.importing import ImportReport, apply_file
from wmd.services.publishing import Setting

BOX = SecretBox.derived("a secret for tests only")

_DOCUMENT: dict[str, Any] = {
    "format": "wmd-programme",
    "schema_version": 1,
    "edition": {
        "slug": "2021",
        "name": "World Metropolitan Day 2021",
        "main_day": "2021-10-07",
        "window_from": "2021-10-01",
        "window_to": "2021-10-31",
        "zone": "Europe/Madrid",
        "theme": "Resilience for all",
        "topics": ["gender-equality", "public-space-and-housing"],
    },
    "organisations": [
        {"key": "a", "names": {"en": "Organisation A"}, "kind": "academia", "city": "Barcelona", "country": "ES"},
        {"key": "b", "names": {"es": "Organización B"}, "language": "es", "kind": "civil-society"},
    ],
    "series": [],
    "people": [{"key": "ada", "name": "Ada Example"}],
    "events": [],
}

_EVENT: dict[str, Any] = {
    "key": "one",
    "language": "en",
    "texts": {"en": {"title": "Care in the city", "summary": "A talk.", "description": "Some **words**."}},
    "sessions": [
        {
            "key": "main",
            "zone": "Europe/Madrid",
            "starts": "2021-10-07T15:00",
            "ends": "2021-10-07T16:30",
            "time_text": "7 OCT 2021 | 15:00-16:30 CET",
            "time_confirmed": True,
            "panels": [{"title": {"en": "Panel"}, "questions": [{"text": {"en": "Why?"}}]}],
            "speakers": [{"person_key": "ada", "title": {"en": "Professor"}, "organisation": "A"}],
        }
    ],
    "organisers": [{"key": "a"}],
    "topics": ["gender-equality"],
    "sdgs": [5],
    "region": "europe",
    "un_region": "europe",
    "host_city": "Barcelona",
    "host_country": "ES",
    "spoken": ["en"],
    "platform": "zoom-webinar",
    "registration": {
        "state": "open",
        "url": "https://a-example.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA",
    },
}


def event(key: str = "one", **changes: Any) -> dict[str, Any]:
    """Return an event of organisation A on 7 October 2021, 15:00 in Madrid, with some fields changed."""
    return {**copy.deepcopy(_EVENT), "key": key, **changes}


def session(**changes: Any) -> dict[str, Any]:
    """Return the session of that event, with some fields changed."""
    return {**copy.deepcopy(_EVENT["sessions"][0]), **changes}


def document(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an import file of these events."""
    return {**copy.deepcopy(_DOCUMENT), "events": list(events), **changes}


def read(value: dict[str, Any]) -> ReadFile:
    """Read a document as its bytes would be read."""
    return read_json.read(json.dumps(value, ensure_ascii=False, indent=1).encode(), "test.json")


def apply(dbs: Session, setting: Setting, value: dict[str, Any], now: datetime = LEAD_STARTED_AT) -> ImportReport:
    """Import a document and commit."""
    report = apply_file(dbs, read(value), box=BOX, setting=setting, now=now)
    dbs.commit()
    return report
