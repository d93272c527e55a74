"""A stored document of an event as plain fields by path, and back: for an editor that shows every field there is.

Fields of every part that is there are listed, also empty ones; ids and what only an export says are left alone. A list
of words or numbers is one field with a line for each. Parts are neither added nor removed here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from wmd.domain.changesets import LABELS
from wmd.domain.content import EventContent
from wmd.domain.content_json import event_from_json, event_to_json
from wmd.domain.documents.shape import child, instant_text, wall_text
from wmd.domain.findings import Finding

_LEFT_ALONE = frozenset(
    {"id", "key", "code", "uid", "sequence", "created_at", "last_modified_at", "person_id", "private_link_id",
     "is_demo", "image", "origin", "organisers", "answers", "public_reason", "access_facts"}
)  # fmt: skip
_NUMBERS = frozenset({"sdgs", "capacity", "expected", "women", "men", "others", "not_stated", "latitude", "longitude"})
_LONG = frozenset({"description", "access_note", "summary", "outcomes", "theme_fit", "note", "text"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the editor: its path, an English label, its text, and how it is typed.

    ``kind``: text, long, lines (a list) or tick.
    """

    path: str
    label: str
    text: str
    kind: str = "text"


def fields_of(content: EventContent) -> list[Field]:
    """Return every field of a content that the editor offers, in the order of the document."""
    return list(_walk(content, ""))


def _walk(part: Any, where: str) -> Iterator[Field]:  # noqa: ANN401 -- any part of a content
    for one in fields(part):
        if one.name in _LEFT_ALONE:
            continue
        yield from _field(getattr(part, one.name), child(where, one.name), one.name)


def _field(value: Any, path: str, name: str) -> Iterator[Field]:  # noqa: ANN401
    label = LABELS.get(name, name.replace("_", " "))
    if is_dataclass(value):
        yield from _walk(value, path)
    elif isinstance(value, Mapping):
        for tag, inner in value.items():
            yield from _field(inner, child(path, tag), name if not is_dataclass(inner) else tag)
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        for index, inner in enumerate(value):
            yield from _walk(inner, child(path, index))
    elif isinstance(value, tuple):
        if name not in {"sessions", "panels", "speakers", "questions"}:
            yield Field(path, label, "\n".join(str(one) for one in value), "lines")
    elif isinstance(value, bool):
        yield Field(path, label, "yes" if value else "", "tick")
    else:
        yield Field(path, label, _text(value), "long" if name in _LONG else "text")


def _text(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, datetime):
        return wall_text(value) if value.tzinfo is None else instant_text(value)
    return value.isoformat() if isinstance(value, date) else str(value.value if isinstance(value, Enum) else value)


def changed(content: EventContent, typed: Mapping[str, str]) -> tuple[EventContent | None, list[Finding]]:
    """Return a content with what was typed by path in it, or ``None`` with what cannot be read.

    Fields that were not typed stay; a path that is none of its fields is passed over.
    """
    document: dict[str, Any] = copy.deepcopy(event_to_json(content))
    for one in fields_of(content):
        if one.path in typed and typed[one.path].replace("\r\n", "\n").strip() != one.text.strip():
            _put(document, one, typed[one.path].replace("\r\n", "\n").strip())
    return event_from_json(document)


def _put(document: dict[str, Any], one: Field, text: str) -> None:
    *steps, last = _steps(one.path)
    place: Any = document
    for position, step in enumerate(steps):
        if isinstance(step, str):
            # What was empty was left out of the document.
            place = place.setdefault(step, [] if isinstance((*steps, last)[position + 1], int) else {})
        else:
            place = place[step]
    value = _value(one, str(last), text)
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value


def _steps(path: str) -> list[str | int]:
    found: list[str | int] = []
    for part in path.replace("[", ".[").split("."):
        found.append(int(part[1:-1]) if part.startswith("[") else part)
    return found


def _value(one: Field, name: str, text: str) -> Any:  # noqa: ANN401 -- what JSON holds
    if one.kind == "tick":
        return text == "yes"
    if one.kind == "lines":
        return [_number(line, name) for line in text.split("\n") if line.strip()]
    if not text:
        return None
    return _number(text, name)


def _number(text: str, name: str) -> str | int | float:
    text = text.strip()
    if name not in _NUMBERS:
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        # Left as it is: reading the document says what is wrong with it.
        return text
