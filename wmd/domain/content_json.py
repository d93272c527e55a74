"""Content values as JSON documents and back: what revisions store, and what files hold.

The two are the same documents but for a few keys. In a file a speaker names a person by ``person_key`` (the
``key`` of one of the file's people), and until a service has resolved it the content carries that key in
``person_id``; a stored revision has ``person_id`` itself. ``registration.private_link_id`` is never in a file, so
that nobody can claim somebody else's link; instead a file may give a raw ``registration.join_link``, which is
read by ``documents/read_json.py`` and travels beside the content. Pictures, answers to an edition's questions and
what only moderators read are never in a file. Ids of sessions, panels, questions and
speakers may be missing: they are read as ``""`` and minted later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from wmd.domain.content import (
    SCHEMA_VERSION,
    EditionContent,
    EventContent,
    OrganisationContent,
    PersonContent,
    ProgrammeFile,
    RegistrationContent,
    SeriesContent,
    SpeakerContent,
)
from wmd.domain.documents.shape import Dialect, ObjectReader, write_object
from wmd.domain.findings import Finding

T = TypeVar("T")

FILE_FORMAT = "wmd-programme"

STORED = Dialect()
FILE = Dialect(
    names={
        (SpeakerContent, "person_id"): "person_key",
        (RegistrationContent, "private_link_id"): None,
        (EventContent, "image"): None,
        (EventContent, "answers"): None,
        (EventContent, "review"): None,
        (OrganisationContent, "public_email"): None,
        (OrganisationContent, "social"): None,
        (OrganisationContent, "is_member"): None,
        (OrganisationContent, "image"): None,
    },
    beside={RegistrationContent: frozenset({"join_link"})},
)

Upcast = Callable[[dict[str, object]], dict[str, object]]
#: One step per old version of an event's document: ``UPCASTS[1]`` turns version 1 into version 2.
UPCASTS: Mapping[int, Upcast] = {}


def upcast(
    document: Mapping[str, object],
    version: int,
    steps: Mapping[int, Upcast] = UPCASTS,
    current: int = SCHEMA_VERSION,
) -> dict[str, object]:
    """Return an event's document of an older schema version as one of version ``current``.

    Raises ``ValueError`` when ``version`` is not between 1 and ``current``, or a step is missing.
    """
    if not 1 <= version <= current:
        raise ValueError(f"unknown schema_version {version}")
    changed = dict(document)
    for old in range(version, current):
        if old not in steps:
            raise ValueError(f"no step from schema_version {old}")
        changed = steps[old](changed)
    return changed


def _read(kind: type[T], document: object, where: str, dialect: Dialect) -> tuple[T | None, list[Finding]]:
    reader = ObjectReader(dialect)
    return reader.read(kind, document, where), reader.findings


def event_to_json(content: EventContent, dialect: Dialect = STORED) -> dict[str, object]:
    """Return an event's content as a JSON object (without ``schema_version``: its holder adds that)."""
    return write_object(content, dialect)


def event_from_json(
    document: object, where: str = "", dialect: Dialect = STORED
) -> tuple[EventContent | None, list[Finding]]:
    """Read an event's content; ``None`` when there is any fault. ``where`` is the path put before each field's."""
    return _read(EventContent, document, where, dialect)


def edition_to_json(content: EditionContent) -> dict[str, object]:
    """Return an edition as a JSON object."""
    return write_object(content, STORED)


def edition_from_json(document: object, where: str = "edition") -> tuple[EditionContent | None, list[Finding]]:
    """Read an edition; ``None`` when there is any fault."""
    return _read(EditionContent, document, where, STORED)


def organisation_to_json(content: OrganisationContent, dialect: Dialect = FILE) -> dict[str, object]:
    """Return an organisation as a JSON object."""
    return write_object(content, dialect)


def organisation_from_json(
    document: object, where: str = "", dialect: Dialect = FILE
) -> tuple[OrganisationContent | None, list[Finding]]:
    """Read an organisation; ``None`` when there is any fault."""
    return _read(OrganisationContent, document, where, dialect)


def series_to_json(content: SeriesContent) -> dict[str, object]:
    """Return a series as a JSON object."""
    return write_object(content, STORED)


def series_from_json(document: object, where: str = "") -> tuple[SeriesContent | None, list[Finding]]:
    """Read a series; ``None`` when there is any fault."""
    return _read(SeriesContent, document, where, STORED)


def person_to_json(content: PersonContent) -> dict[str, object]:
    """Return a person as a JSON object."""
    return write_object(content, STORED)


def person_from_json(document: object, where: str = "") -> tuple[PersonContent | None, list[Finding]]:
    """Read a person; ``None`` when there is any fault."""
    return _read(PersonContent, document, where, STORED)


def file_to_json(file: ProgrammeFile) -> dict[str, object]:
    """Return a whole programme file as a JSON object, as ``docs/programme.schema.json`` describes it.

    ``person_id`` of speakers must hold keys of ``file.people`` by now; join links are never written.
    """
    edition = edition_to_json(file.edition) if file.edition is not None else {"slug": file.edition_slug}
    return {
        "format": FILE_FORMAT,
        "schema_version": SCHEMA_VERSION,
        "edition": edition,
        "organisations": [organisation_to_json(item) for item in file.organisations],
        "series": [series_to_json(item) for item in file.series],
        "people": [person_to_json(item) for item in file.people],
        "events": [event_to_json(item, FILE) for item in file.events],
    }
