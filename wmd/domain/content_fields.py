"""What the form does not ask of an event's document, as plain fields by path, and back: for an editor of staff's.

That is whether it leads its edition, when registration opens, and the titles of sessions and the roles of
people in the other languages of the event. Also empty fields are listed. Parts are neither added nor removed here.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from wmd.domain.changesets import LABELS
from wmd.domain.content import EventContent, SpeakerContent, Words
from wmd.domain.content_json import event_from_json, event_to_json
from wmd.domain.documents.shape import child
from wmd.domain.findings import Finding

#: The instant of a document is stricter than what people type; what does not fit is left as it is and refused.
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]+(\d{2}:\d{2})(?::\d{2})? *Z?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the editor: its path, an English label, its text, and how it is typed.

    ``kind``: text, tick, or instant (in UTC, as ``2021-09-01 08:00``). ``lang`` is the language of its words, ``of``
    what they translate.
    """

    path: str
    label: str
    text: str
    kind: str = "text"
    lang: str = ""
    of: str = ""


def fields_of(content: EventContent) -> list[Field]:
    """Return every field of a content that the editor offers."""
    return [
        Field("is_lead", LABELS["is_lead"], "yes" if content.is_lead else "", "tick"),
        *_instants(content),
        *_titles(content),
    ]


def _instants(content: EventContent) -> Iterator[Field]:
    at = content.registration.opens_at
    said = f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else ""
    yield Field("registration.opens_at", LABELS["opens_at"], said, "instant")


def _titles(content: EventContent) -> Iterator[Field]:
    for index, session in enumerate(content.sessions):
        where = child("sessions", index)
        yield from _translated(session.title, child(where, "title"), content)
        yield from _roles(session.speakers, where, content)
        for place, panel in enumerate(session.panels):
            yield from _roles(panel.speakers, child(child(where, "panels"), place), content)


def _roles(speakers: tuple[SpeakerContent, ...], where: str, content: EventContent) -> Iterator[Field]:
    for index, speaker in enumerate(speakers):
        yield from _translated(speaker.title, child(child(child(where, "speakers"), index), "title"), content)


def _translated(words: Words, path: str, content: EventContent) -> Iterator[Field]:
    """Yield a title in the other languages of the event, if it has one in any."""
    of = words.get(content.language, "")
    for tag in dict.fromkeys([*content.texts, *words]) if words else ():
        if tag != content.language:
            yield Field(child(path, tag), LABELS["title"], words.get(tag, ""), lang=tag, of=of)


def changed(content: EventContent, typed: Mapping[str, str]) -> tuple[EventContent | None, list[Finding]]:
    """Return a content with what was typed by path in it, or ``None`` with what cannot be read.

    Fields that were not typed stay; a path that is none of its fields is passed over.
    """
    document: dict[str, Any] = copy.deepcopy(event_to_json(content))
    for one in fields_of(content):
        text = typed.get(one.path, one.text).strip()
        if text != one.text.strip():
            _put(document, one, text)
    return event_from_json(document)


def _put(document: dict[str, Any], one: Field, text: str) -> None:
    *steps, last = _steps(one.path)
    place: Any = document
    for step in steps:
        # What was empty was left out of the document; a list is never empty here.
        place = place.setdefault(step, {}) if isinstance(step, str) else place[step]
    if one.kind == "tick":
        place[last] = text == "yes"
    elif text:
        place[last] = _instant(text) if one.kind == "instant" else text
    else:
        place.pop(last, None)


def _instant(text: str) -> str:
    found = _INSTANT.fullmatch(text)
    return f"{found[1]}T{found[2]}:00Z" if found else text


def _steps(path: str) -> list[str | int]:
    found: list[str | int] = []
    for part in path.replace("[", ".[").split("."):
        found.append(int(part[1:-1]) if part.startswith("[") else part)
    return found
