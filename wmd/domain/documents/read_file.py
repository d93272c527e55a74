"""What every reader shares: the value it returns, and the checks made before a byte is understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from wmd.domain.content import EventContent, ProgrammeFile
from wmd.domain.findings import N_, Finding, Level

#: A file with 3,000 events is about 6 MB; what is larger is not a programme.
LARGEST_FILE_BYTES = 20 * 1024 * 1024

_LAST_STEP = re.compile(r"(\.[^.\[\]]+|\[\d+\]|^[^.\[\]]+)$")


@dataclass(frozen=True, slots=True)
class ImportedEvent:
    """One event of a file: its content, the raw join link given with it (``""`` for none), its path and line.

    The join link is a secret until a service has put it into the PrivateLink table: never log or echo it.
    """

    content: EventContent
    join_link: str = field(repr=False)
    where: str
    line: int | None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What one file said. When ``findings`` hold an error, nothing of the file may be applied.

    ``file`` holds only what could be read. ``join_links`` maps event keys to raw join links (secrets).
    ``lines`` maps paths (``events[3].sessions[0].starts``) to 1-based lines of the file. ``event_paths`` and
    ``organisation_paths`` are parallel to ``file.events`` and ``file.organisations``: faulty ones are left out there.
    """

    file: ProgrammeFile
    join_links: Mapping[str, str] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    findings: tuple[Finding, ...] = ()
    event_paths: tuple[str, ...] = ()
    organisation_paths: tuple[str, ...] = ()

    def line_of(self, where: str) -> int | None:
        """Return the line of a path, or of the nearest thing around it that has one."""
        return line_of(self.lines, where)

    def imported(self) -> tuple[ImportedEvent, ...]:
        """Return the events with what belongs to each."""
        return tuple(
            ImportedEvent(event, self.join_links.get(event.key, ""), where, self.line_of(where))
            for event, where in zip(self.file.events, self.event_paths, strict=True)
        )


def line_of(lines: Mapping[str, int], where: str) -> int | None:
    """Return the line of ``where`` in ``lines``, or of the nearest path around it; ``None`` when there is none."""
    while where:
        if where in lines:
            return lines[where]
        shorter = _LAST_STEP.sub("", where)
        if shorter == where:
            return None
        where = shorter
    return lines.get("")


def with_lines(findings: list[Finding], lines: Mapping[str, int]) -> tuple[Finding, ...]:
    """Return the findings with the line of each path filled in where it is not known yet."""
    return tuple(f if f.line is not None else replace(f, line=line_of(lines, f.where)) for f in findings)


def nothing(edition_slug: str, *findings: Finding) -> ReadFile:
    """Return the answer for a file of which nothing could be read."""
    return ReadFile(ProgrammeFile(edition=None, edition_slug=edition_slug), findings=findings)


def decode(data: bytes, filename: str, extension: str) -> str | Finding:
    """Return the text of a file of at most 20 MB in UTF-8 (a BOM is dropped), or what is wrong with it.

    ``extension`` is the one its reader expects (``json``). The size is looked at before anything else.
    """
    if len(data) > LARGEST_FILE_BYTES:
        text = N_("The file has {size_mb} MB; at most {most_mb} MB are read.")
        sizes = {"size_mb": -(-len(data) // 2**20), "most_mb": LARGEST_FILE_BYTES // 2**20}
        return Finding("file.too-large", Level.ERROR, "", text, sizes)
    fault = _wrong_kind(data, filename, extension)
    if fault is not None:
        return fault
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = N_("The file is not UTF-8: byte {offset} cannot be read. Save it again as UTF-8.")
        line = data.count(b"\n", 0, error.start) + 1
        return Finding("file.encoding", Level.ERROR, "", text, {"offset": error.start}, line)
    if not decoded.strip():
        return Finding("file.empty", Level.ERROR, "", N_("The file is empty."))
    return decoded


def extension_of(filename: str) -> str:
    """Return the lower-case extension of a file name without its dot."""
    return PurePosixPath(filename.replace("\\", "/")).suffix.lower().removeprefix(".")


def _wrong_kind(data: bytes, filename: str, extension: str) -> Finding | None:
    """Tell a file that is not what its name says, before its reader reports a hundred strange things."""
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK\x03\x04") or start.startswith(b"\xd0\xcf\x11\xe0"):
        text = N_("This is a spreadsheet workbook. Save it as “CSV UTF-8” and import that.")
        return Finding("file.workbook", Level.ERROR, "", text)
    if extension_of(filename) != extension:
        text = N_("The name of this file must end in .{extension}.")
        return Finding("file.extension", Level.ERROR, "", text, {"extension": extension})
    looks = "json" if start.startswith(b"{") else "ics" if start.upper().startswith(b"BEGIN:VCALENDAR") else extension
    if looks != extension:
        text = N_("The name ends in .{extension}, but the content looks like .{looks}.")
        return Finding("file.extension", Level.ERROR, "", text, {"extension": extension, "looks": looks})
    return None
