"""The columns of a CSV import file: what each holds, and where it goes in an event's document.

``docs/import.md`` describes the same columns for people; a test holds the two together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class CellKind(StrEnum):
    """How the text of a cell is turned into a value."""

    TEXT = "text"
    LIST = "list"
    WHOLE = "whole number"
    WHOLES = "list of whole numbers"
    NUMBER = "number"
    YES_NO = "yes or no"
    TIME = "wall time"
    PAIRS = "list of name:value"


#: A negative number is no formula in these.
NUMERIC_KINDS = frozenset({CellKind.WHOLE, CellKind.WHOLES, CellKind.NUMBER})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its cells are read, and the path of keys in the document it fills."""

    kind: CellKind
    path: tuple[str, ...]


def _plain(kind: CellKind, *names: str) -> dict[str, Column]:
    return {name: Column(kind, (name,)) for name in names}


def _prefixed(prefix: str, under: tuple[str, ...], kind: CellKind, *names: str) -> dict[str, Column]:
    return {f"{prefix}_{name}": Column(kind, (*under, name)) for name in names}


#: Columns that describe the event: taken from its first row, empty or the same in its others.
EVENT_COLUMNS: dict[str, Column] = {
    "event_key": Column(CellKind.TEXT, ("key",)),
    **_plain(CellKind.TEXT, "language", "activity", "format", "access", "series", "region", "un_region"),
    **_plain(CellKind.TEXT, "host_city", "host_country", "access_note", "platform", "cost"),
    **_plain(CellKind.TEXT, "stream_url", "recording_url", "web_url"),
    **_plain(
        CellKind.LIST, "topics", "spoken", "interpreted", "captioned", "signed", "audience", "hashtags", "reminders"
    ),
    **_plain(CellKind.WHOLES, "sdgs"),
    **_plain(CellKind.WHOLE, "capacity"),
    **_plain(CellKind.YES_NO, "is_lead"),
    **_plain(CellKind.PAIRS, "access_facts", "organisers"),
    **_prefixed("venue", ("venue",), CellKind.TEXT, "name", "address", "city", "country"),
    "latitude": Column(CellKind.NUMBER, ("venue", "latitude")),
    "longitude": Column(CellKind.NUMBER, ("venue", "longitude")),
    **_prefixed("registration", ("registration",), CellKind.TEXT, "state", "url", "opens_at", "closes_at"),
    "join_link": Column(CellKind.TEXT, ("registration", "join_link")),
}

#: Columns that describe the event's first organiser, when the file is to make it known.
ORGANISATION_COLUMNS: dict[str, Column] = {
    **_prefixed("organisation", (), CellKind.TEXT, "name", "language", "acronym", "kind", "city", "country"),
    **_prefixed("organisation", (), CellKind.TEXT, "region", "website"),
}

#: Columns that describe one session: each row is one.
SESSION_COLUMNS: dict[str, Column] = {
    "session_key": Column(CellKind.TEXT, ("key",)),
    "session_title": Column(CellKind.TEXT, ("title",)),
    "session_status": Column(CellKind.TEXT, ("status",)),
    **_plain(CellKind.TEXT, "zone", "starts_on", "ends_on", "time_text"),
    **_plain(CellKind.TIME, "starts", "ends"),
    **_plain(CellKind.YES_NO, "time_confirmed"),
}

REQUIRED_COLUMNS = ("event_key", "title", "language", "zone")

#: ``title`` is in the event's ``language``; ``title_es`` is a translation. ``origin_es`` says human or machine.
_TEXT_COLUMN = re.compile(r"(title|summary|description|origin)(?:_([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*))?")


def column_of(name: str) -> Column | None:
    """Return what a column holds, ``None`` for one that is not known."""
    known = EVENT_COLUMNS.get(name) or SESSION_COLUMNS.get(name) or ORGANISATION_COLUMNS.get(name)
    if known is not None:
        return known
    text = text_column(name)
    return Column(CellKind.TEXT, ("texts", text[1], text[0])) if text else None


def text_column(name: str) -> tuple[str, str] | None:
    """Return (field, language tag) of a text column such as ``title_es``; the tag of ``title`` is ``""``."""
    match = _TEXT_COLUMN.fullmatch(name)
    if match is None or name == "origin":
        return None
    return match[1], match[2] or ""
