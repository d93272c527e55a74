"""Reading a programme from CSV: one row for each session, rows with the same ``event_key`` are one event.

The cells are put into the same documents that a JSON file holds, and those are read by the same strict reader: the
two ways in cannot drift apart. ``docs/import.md`` describes the columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from wmd.domain.content import SCHEMA_VERSION
from wmd.domain.content_json import FILE_FORMAT
from wmd.domain.documents.csv_columns import (
    EVENT_COLUMNS,
    NUMERIC_KINDS,
    ORGANISATION_COLUMNS,
    REQUIRED_COLUMNS,
    SESSION_COLUMNS,
    CellKind,
    column_of,
    text_column,
)
from wmd.domain.documents.read_file import ReadFile, decode, nothing
from wmd.domain.documents.read_json import from_document
from wmd.domain.documents.shape import child
from wmd.domain.documents.write_csv import FORMULA_STARTS, csv_cell_original
from wmd.domain.findings import N_, Finding, Level

Document = dict[str, object]

_PLAIN_NUMBERS = re.compile(r"-?\d+(\.\d+)?(\s*\|\s*-?\d+)*", re.ASCII)
_WORDS_FOR_BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its cells by column, and the line of the file it starts on."""

    line: int
    cells: Mapping[str, str]


@dataclass(slots=True)
class _Event:
    """An event being gathered: its document, its first row, and the lines of its sessions."""

    document: Document
    first: _Row
    session_lines: list[int] = field(default_factory=list)
    sessions: list[Document] = field(default_factory=list)
    is_broken: bool = False


@dataclass(slots=True)
class _Collected:
    """What has been gathered from the rows so far, by key, and what is wrong."""

    findings: list[Finding] = field(default_factory=list)
    events: dict[str, _Event] = field(default_factory=dict)
    organisations: dict[str, tuple[Document, int]] = field(default_factory=dict)

    def fault(self, code: str, where: str, line: int, text: str, **params: object) -> None:
        """Note an error about a cell (``where`` is its column)."""
        self.findings.append(Finding(code, Level.ERROR, where, text, params, line))


def read(data: bytes, filename: str, *, edition_slug: str) -> ReadFile:
    """Read the bytes of a ``.csv`` file into events of the edition ``edition_slug``.

    Comma, semicolon and tab are all understood as separators; lines are those of the file, also after a cell
    with line breaks in it. Faults of a cell name its column; all others the path in the document.
    """
    text = decode(data, filename, "csv")
    if isinstance(text, Finding):
        return nothing(edition_slug, text)
    collected = _Collected()
    rows = _rows(text, collected)
    for row in rows:
        _take(row, collected)
    events = [event for event in collected.events.values() if not event.is_broken]
    lines = _lines(events, collected)
    document = {
        "format": FILE_FORMAT,
        "schema_version": SCHEMA_VERSION,
        "edition": {"slug": edition_slug},
        "organisations": [document for document, _ in collected.organisations.values()],
        "events": [{**event.document, "sessions": event.sessions} for event in events],
    }
    read_file = from_document(document, lines)
    return replace(read_file, findings=(*collected.findings, *read_file.findings))


def _lines(events: list[_Event], collected: _Collected) -> dict[str, int]:
    """Return the lines of the parts of the document by their paths."""
    lines = {child("organisations", index): line for index, (_, line) in enumerate(collected.organisations.values())}
    for index, event in enumerate(events):
        where = child("events", index)
        lines[where] = event.first.line
        for position, line in enumerate(event.session_lines):
            lines[child(child(where, "sessions"), position)] = line
    return lines


def _rows(text: str, collected: _Collected) -> list[_Row]:
    """Split the text into rows of named cells; empty rows are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    rows: list[_Row] = []
    line = 1
    try:
        header = [name.strip() for name in next(reader)]
        if not _header_is_known(header, collected):
            return []
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(header):
                    collected.fault("csv.too-many-cells", "", line, N_("This row has more cells than the header."))
                rows.append(_Row(line, dict(zip(header, cells, strict=False))))
            line = reader.line_num + 1
    except csv.Error as error:
        words = N_("The row that begins here cannot be read as CSV: {reason}.")
        collected.fault("csv.syntax", "", line, words, reason=str(error))
        return []
    if not rows:
        collected.fault("file.empty", "", 1, N_("There is a header, but not one row."))
    return rows


def _separator(text: str) -> str:
    """Return the separator of the header line, whose names hold none of the three."""
    header = text.lstrip("\r\n").splitlines()[0]
    return max(",;\t", key=header.count)


def _header_is_known(header: list[str], collected: _Collected) -> bool:
    for name in sorted({name for name in header if header.count(name) > 1}):
        collected.fault("csv.duplicate-column", name, 1, N_("This column stands twice."))
    for name in header:
        if column_of(name) is None:
            collected.fault("csv.unknown-column", name, 1, N_("There is no column “{name}”."), name=name)
    for name in REQUIRED_COLUMNS:
        if name not in header:
            collected.fault("csv.missing-column", name, 1, N_("The column “{name}” is missing."), name=name)
    return not collected.findings


def _take(row: _Row, collected: _Collected) -> None:
    """Put one row where it belongs: into a new event, or as one more session of one that is known.

    An event with a faulty cell is left out of the result, so that nothing else is said about what the cell lacks.
    """
    before = len(collected.findings)
    values = {name: _cell(name, cell, row.line, collected) for name, cell in row.cells.items()}
    given = {name: value for name, value in values.items() if value is not None}
    key = str(given.get("event_key", ""))
    if not key:
        if len(collected.findings) == before:
            collected.fault("csv.missing-cell", "event_key", row.line, N_("Every row needs an event_key."))
        return
    if key in collected.events:
        _same_event(row, collected.events[key].first, collected)
    else:
        collected.events[key] = _Event(_event(given), row)
        _organisation(given, row.line, collected)
    event = collected.events[key]
    event.sessions.append(_session(given, str(event.document.get("language", ""))))
    event.session_lines.append(row.line)
    event.is_broken = event.is_broken or len(collected.findings) > before


def _same_event(row: _Row, first: _Row, collected: _Collected) -> None:
    """Refuse a second row that says something else about the event than its first."""
    for name, cell in row.cells.items():
        if name in SESSION_COLUMNS or not cell.strip():
            continue
        if cell.strip() != first.cells.get(name, "").strip():
            text = N_("This differs from line {first_line}, which describes the same event.")
            collected.fault("csv.conflict", name, row.line, text, first_line=first.line)


def _cell(name: str, cell: str, line: int, collected: _Collected) -> object:
    """Return the value of a cell, ``None`` for an empty or faulty one."""
    column = column_of(name)
    kind = column.kind if column is not None else CellKind.TEXT
    text = cell.strip().replace("\r\n", "\n")
    if not text:
        return None
    number = kind in NUMERIC_KINDS and _PLAIN_NUMBERS.fullmatch(text) is not None
    if not number and (cell.startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS)):
        words = N_("A spreadsheet would calculate this cell. If it is text, put an apostrophe (') before it.")
        collected.fault("csv.formula", name, line, words)
        return None
    try:
        return _CONVERTERS[kind](csv_cell_original(text))
    except ValueError:
        words = N_("This is not what the column holds: a {kind}.")
        collected.fault("csv.value", name, line, words, kind=kind.value)
        return None


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split("|") if item.strip()]


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"-?\d{1,9}(\.\d{1,12})?", text, re.ASCII):
        raise ValueError(text)
    return float(text)


def _yes_no(text: str) -> bool:
    if text.lower() not in _WORDS_FOR_BOOLEANS:
        raise ValueError(text)
    return _WORDS_FOR_BOOLEANS[text.lower()]


def _pair(item: str) -> tuple[str, str]:
    name, _, value = item.partition(":")
    return name.strip(), value.strip()


def _time(text: str) -> str:
    """Put the T between date and time that spreadsheets write as a space."""
    return re.sub(r"^(\d{4}-\d\d-\d\d) +(\d\d:\d\d)", r"\1T\2", text)


#: Each raises ``ValueError`` for text that is not of its kind.
_CONVERTERS: Mapping[CellKind, Callable[[str], object]] = {
    CellKind.TEXT: str,
    CellKind.LIST: _items,
    CellKind.WHOLE: _whole,
    CellKind.WHOLES: lambda text: [_whole(item) for item in _items(text)],
    CellKind.NUMBER: _number,
    CellKind.YES_NO: _yes_no,
    CellKind.TIME: _time,
    CellKind.PAIRS: lambda text: [_pair(item) for item in _items(text)],
}


def _event(given: Mapping[str, object]) -> Document:
    """Make the event's document from the cells of its first row."""
    event: Document = {}
    for name, column in EVENT_COLUMNS.items():
        if name in given and column.kind is not CellKind.PAIRS:
            _put(event, column.path, given[name])
    event["texts"] = _texts(given)
    event["organisers"] = _organisers(given.get("organisers"))
    if isinstance(given.get("access_facts"), list):
        event["access_facts"] = {name: answer or "yes" for name, answer in _pairs(given["access_facts"])}
    registration = event.get("registration")
    if isinstance(registration, dict) and "state" not in registration:
        # Who gives a link and says no more means that people can sign up.
        registration["state"] = "open"
    return event


def _put(document: Document, path: tuple[str, ...], value: object) -> None:
    for step in path[:-1]:
        inner = document.setdefault(step, {})
        if isinstance(inner, dict):
            document = inner
    document[path[-1]] = value


def _texts(given: Mapping[str, object]) -> Document:
    texts: dict[str, dict[str, object]] = {}
    for name, value in given.items():
        column = text_column(name)
        if column is None:
            continue
        part, tag = column
        language = tag or str(given.get("language", ""))
        texts.setdefault(language, {} if not tag else {"origin": "human"})[part] = value
    return dict(texts)


def _pairs(value: object) -> list[tuple[str, str]]:
    return value if isinstance(value, list) else []


def _organisers(value: object) -> list[Document]:
    """Return the organisers of a cell ``key|key:role``: the first leads and the others help, unless it says else."""
    return [
        {"key": key, "role": role or ("lead" if position == 0 else "co")}
        for position, (key, role) in enumerate(_pairs(value))
    ]


def _organisation(given: Mapping[str, object], line: int, collected: _Collected) -> None:
    """Make the first organiser known, when the row tells its name. Told twice, it must be told alike."""
    organisers = _pairs(given.get("organisers"))
    name = given.get("organisation_name")
    if name is None or not organisers:
        return
    key = organisers[0][0]
    language = str(given.get("organisation_language") or given.get("language", ""))
    document: Document = {"key": key, "names": {language: name}, "language": language}
    for column in ORGANISATION_COLUMNS:
        part = column.removeprefix("organisation_")
        if part not in ("name", "language") and column in given:
            document[part] = given[column]
    if collected.organisations.setdefault(key, (document, line))[0] != document:
        text = N_("The organisation “{key}” is described otherwise further up.")
        collected.fault("csv.conflict", "organisation_name", line, text, key=key)


def _session(given: Mapping[str, object], language: str) -> Document:
    """Make the session's document from the cells of its row; two dates instead of times mean whole days."""
    session: Document = {}
    for name, column in SESSION_COLUMNS.items():
        if name in given:
            _put(session, column.path, given[name])
    if "title" in session:
        session["title"] = {language: session["title"]}
    if "starts_on" in session and "starts" not in session:
        session["all_day"] = True
        session.setdefault("ends_on", session["starts_on"])
    return session
