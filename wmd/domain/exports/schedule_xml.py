"""``schedule.xml``, the frab format that conference apps read, valid against the c3voc schema (schedule.xml.xsd).

What a slot is and why: ``timetable.py``. Elements that the schema refuses when empty (``url``, ``logo``,
``feedback_url``) are left out instead.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from wmd.domain.exports.timetable import GENERATOR, Day, Slot, Timetable, Translate, room_guid, timetable
from wmd.domain.programme import Programme


def build(programme: Programme, base_url: str, *, language: str = "en", translate: Translate = str) -> bytes:
    """Return the programme as schedule.xml in UTF-8; the same programme gives the same bytes.

    ``base_url`` has no slash at its end; texts are in ``language`` where there are any.
    """
    table = timetable(programme, base_url, language=language, translate=translate)
    root = Element("schedule")
    SubElement(root, "generator", name=GENERATOR, system=base_url)
    _text(root, "url", f"{base_url}/{programme.edition.slug}/schedule.xml")
    _text(root, "version", table.version)
    _conference(root, table)
    for day in table.days:
        _day(root, day, base_url)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = text


def _conference(root: Element, table: Timetable) -> None:
    conference = SubElement(root, "conference")
    _text(conference, "title", table.title)
    _text(conference, "acronym", table.acronym)
    _text(conference, "start", table.days[0].date.isoformat())
    _text(conference, "end", table.days[-1].date.isoformat())
    _text(conference, "days", str(len(table.days)))
    _text(conference, "timeslot_duration", "00:05")
    _text(conference, "base_url", table.base_url)
    _text(conference, "url", table.url)
    _text(conference, "time_zone_name", table.zone)
    for slug, name in table.tracks:
        SubElement(conference, "track", name=name, slug=slug)


def _day(root: Element, day: Day, base_url: str) -> None:
    element = SubElement(
        root,
        "day",
        index=str(day.index),
        date=day.date.isoformat(),
        start=day.starts.isoformat(),
        end=day.ends.isoformat(),
    )
    for name, slots in day.rooms.items():
        room = SubElement(element, "room", name=name, guid=room_guid(base_url, name))
        for slot in slots:
            _event(room, slot)


def _event(room: Element, slot: Slot) -> None:
    event = SubElement(room, "event", guid=slot.guid, id=str(slot.number), code=slot.code)
    _text(event, "room", slot.room)
    _text(event, "title", slot.title)
    _text(event, "subtitle", slot.subtitle)
    _text(event, "type", slot.kind)
    _text(event, "date", slot.starts.isoformat())
    _text(event, "start", slot.start_text)
    _text(event, "duration", slot.duration_text)
    _text(event, "abstract", slot.abstract)
    _text(event, "slug", slot.slug)
    _text(event, "track", slot.track)
    persons = SubElement(event, "persons")
    for person in slot.persons:
        _text(persons, "person", person.name, id=str(person.number))
    _text(event, "language", slot.language)
    _text(event, "description", slot.description)
    links = SubElement(event, "links")
    for title, address in slot.links:
        _text(links, "link", title, href=address)
    _text(event, "url", slot.url)
