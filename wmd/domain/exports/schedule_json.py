"""``schedule.json``, the same timetable as ``schedule.xml``, valid against the c3voc schema (schema.json, draft 06).

Speakers are written as the schema's FrabPerson (``id`` and ``public_name``): with ``name`` beside them a person
would match two of its kinds, and exactly one is allowed.
"""

from __future__ import annotations

import json
import re

from wmd.domain.exports.timetable import GENERATOR, Day, Slot, Timetable, Translate, room_guid, timetable
from wmd.domain.programme import Programme

SCHEMA = "https://c3voc.de/schedule/schema.json"
#: The only zone names the schema takes; another one is left out, as every time carries its offset.
_ZONE_NAME = re.compile(r"^([A-Z][a-z]+/[A-Z][a-z]+)|UTC$")


def build(programme: Programme, base_url: str, *, language: str = "en", translate: Translate = str) -> bytes:
    """Return the programme as schedule.json in UTF-8; the same programme gives the same bytes.

    ``base_url`` has no slash at its end; texts are in ``language`` where there are any.
    """
    table = timetable(programme, base_url, language=language, translate=translate)
    document = {
        "$schema": SCHEMA,
        "generator": {"name": GENERATOR, "url": base_url},
        "schedule": {"version": table.version, "base_url": table.base_url, "conference": _conference(table, base_url)},
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _conference(table: Timetable, base_url: str) -> dict[str, object]:
    conference: dict[str, object] = {
        "acronym": table.acronym,
        "title": table.title,
        "start": table.days[0].date.isoformat(),
        "end": table.days[-1].date.isoformat(),
        "daysCount": len(table.days),
        "timeslot_duration": "00:05",
        "time_zone_name": table.zone,
        "url": table.url,
        "tracks": [{"name": name, "slug": slug} for slug, name in table.tracks],
        "rooms": [{"name": room, "guid": room_guid(base_url, room)} for room in table.rooms],
        "days": [_day(day) for day in table.days],
    }
    if not _ZONE_NAME.search(table.zone):
        del conference["time_zone_name"]
    return conference


def _day(day: Day) -> dict[str, object]:
    return {
        "index": day.index,
        "date": day.date.isoformat(),
        "day_start": day.starts.isoformat(),
        "day_end": day.ends.isoformat(),
        "rooms": {room: [_event(slot) for slot in slots] for room, slots in day.rooms.items()},
    }


def _event(slot: Slot) -> dict[str, object]:
    return {
        "guid": slot.guid,
        "code": slot.code,
        "id": slot.number,
        "date": slot.starts.isoformat(),
        "start": slot.start_text,
        "end": slot.ends.isoformat(),
        "duration": slot.duration_text,
        "room": slot.room,
        "slug": slot.slug,
        "url": slot.url,
        "title": slot.title,
        "subtitle": slot.subtitle,
        "track": slot.track or None,
        "type": slot.kind,
        "language": slot.language,
        "abstract": slot.abstract,
        "description": slot.description,
        "persons": [{"id": person.number, "public_name": person.name} for person in slot.persons],
        "links": [{"title": title, "url": address, "type": "related"} for title, address in slot.links],
        "attachments": [],
    }
