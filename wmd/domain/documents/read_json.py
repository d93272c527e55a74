"""Reading a programme file in JSON (``docs/programme.schema.json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from wmd.domain.content import (
    SCHEMA_VERSION,
    EditionContent,
    EventContent,
    OrganisationContent,
    PersonContent,
    ProgrammeFile,
    SeriesContent,
)
from wmd.domain.content_json import FILE, FILE_FORMAT, upcast
from wmd.domain.documents.positions import scan
from wmd.domain.documents.read_file import ReadFile, decode, nothing, with_lines
from wmd.domain.documents.shape import ObjectReader, child
from wmd.domain.findings import N_, Finding, Level

T = TypeVar("T")

_KEYS = frozenset({"format", "schema_version", "edition", "organisations", "series", "people", "events"})
_REQUIRED_KEYS = ("format", "schema_version", "edition")


def read(data: bytes, filename: str) -> ReadFile:
    """Read the bytes of a ``.json`` programme file; every fault is in the findings, with its line.

    A file with any fault still gives those of its parts that could be read, so that all of it is checked at once.
    """
    text = decode(data, filename, "json")
    if isinstance(text, Finding):
        return nothing("", text)
    positions = scan(text)
    if positions.is_refused:
        return nothing("", *positions.findings)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        words = N_("This is not JSON: {reason} (column {column}).")
        params = {"reason": error.msg, "column": error.colno}
        return nothing("", Finding("json.syntax", Level.ERROR, "", words, params, error.lineno))
    except ValueError:
        # Python refuses to convert a number of more than 4,300 digits, without saying where it stands.
        return nothing("", Finding("json.syntax", Level.ERROR, "", N_("A number in this file is far too long.")))
    read_file = from_document(document, positions.lines)
    quiet = with_lines(positions.findings, positions.lines)
    return ReadFile(
        read_file.file,
        read_file.join_links,
        positions.lines,
        (*quiet, *(f for f in read_file.findings if f.where not in {q.where for q in quiet})),
        read_file.event_paths,
        read_file.organisation_paths,
    )


@dataclass(slots=True)
class _Parts:
    """What has been read so far, with the paths of what may be left out."""

    reader: ObjectReader = field(default_factory=lambda: ObjectReader(FILE))
    join_links: dict[str, str] = field(default_factory=dict)
    paths: dict[str, list[str]] = field(default_factory=dict)

    def items(self, kind: type[T], document: Mapping[str, object], key: str) -> tuple[T, ...]:
        """Read the list ``document[key]``; what is at fault is left out."""
        given = document.get(key, [])
        if not isinstance(given, list):
            self.reader.fault("json.type", key, N_("This must be a list in square brackets."))
            return ()
        read = [
            (child(key, index), self.reader.read(kind, item, child(key, index))) for index, item in enumerate(given)
        ]
        self.paths[key] = [where for where, item in read if item is not None]
        return tuple(item for _, item in read if item is not None)


def from_document(document: object, lines: Mapping[str, int]) -> ReadFile:
    """Read a programme document that is already made of plain values; ``lines`` says where its parts stand.

    Raises nothing: a value of the wrong type anywhere is a finding.
    """
    parts = _Parts()
    root = parts.reader.mapping(document, "")
    if root is None or not _is_ours(parts.reader, root):
        return nothing("", *with_lines(parts.reader.findings, lines))
    root = _of_today(root)
    for key in root:
        if key not in _KEYS:
            parts.reader.fault("json.unknown-key", child("", key), N_("This key is not known here."))
    edition, slug = _edition(parts.reader, root["edition"])
    file = ProgrammeFile(
        edition=edition,
        edition_slug=slug,
        organisations=parts.items(OrganisationContent, root, "organisations"),
        series=parts.items(SeriesContent, root, "series"),
        people=parts.items(PersonContent, root, "people"),
        events=parts.items(EventContent, root, "events"),
    )
    _join_links(parts, root.get("events"))
    return ReadFile(
        file,
        parts.join_links,
        lines,
        with_lines(parts.reader.findings, lines),
        tuple(parts.paths.get("events", ())),
        tuple(parts.paths.get("organisations", ())),
    )


def _is_ours(reader: ObjectReader, root: Mapping[str, object]) -> bool:
    """Check what must hold before anything else in the document means anything."""
    missing = [key for key in _REQUIRED_KEYS if key not in root]
    for key in missing:
        reader.fault("json.missing", key, N_("“{key}” is missing."), key=key)
    if "format" in root and root["format"] != FILE_FORMAT:
        reader.fault("json.format", "format", N_("The format must be “{format}”."), format=FILE_FORMAT)
    version = root.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= SCHEMA_VERSION:
        text = N_("Only versions up to {newest} are known; write 1.")
        reader.fault("json.schema-version", "schema_version", text, newest=SCHEMA_VERSION)
    return not reader.findings


def _of_today(root: Mapping[str, object]) -> dict[str, object]:
    """Bring the events of an older file to today's schema version."""
    events, version = root.get("events"), root["schema_version"]
    if not isinstance(events, list) or not isinstance(version, int) or version == SCHEMA_VERSION:
        return dict(root)
    raised = [upcast(event, version) if isinstance(event, dict) else event for event in events]
    return {**root, "events": raised}


def _edition(reader: ObjectReader, value: object) -> tuple[EditionContent | None, str]:
    """Read a whole edition, or the slug alone of one that exists already."""
    if isinstance(value, dict) and set(value) == {"slug"}:
        slug = reader.text(value["slug"], "edition.slug")
        return None, slug if isinstance(slug, str) else ""
    edition = reader.read(EditionContent, value, "edition")
    return edition, edition.slug if edition is not None else ""


def _join_links(parts: _Parts, events: object) -> None:
    """Take the raw join links out of the document: no content value has a place for them."""
    for index, event in enumerate(events if isinstance(events, list) else []):
        registration = event.get("registration") if isinstance(event, dict) else None
        if not isinstance(registration, dict) or "join_link" not in registration:
            continue
        where = child(child("events", index), "registration.join_link")
        link = parts.reader.text(registration["join_link"], where)
        if isinstance(link, str) and isinstance(event.get("key"), str):
            parts.join_links[event["key"]] = link
