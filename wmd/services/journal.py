"""The journal of accepted submissions: a second copy beside the database, for a restore.

One encrypted line per accepted form is appended to ``<day>.journal`` and synced, after the commit and before the
answer. What a restored database lacks is put back from it by form token (``replaying.py``). Kept for 90 days.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from wmd.secretbox import SecretBox, SecretBoxError

log = logging.getLogger(__name__)

KEPT = timedelta(days=90)
SUFFIX = ".journal"
_PURPOSE = "journal"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``kind``: ``submission`` (with all that was typed) or ``erasure`` (of a person, by id)."""

    kind: str
    at: datetime
    facts: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a fact that is text, or a blank."""
        value = self.facts.get(name)
        return value if isinstance(value, str) else ""

    @property
    def people(self) -> dict[str, str]:
        """The ids that speakers who were new got, by the form's stand-in."""
        value = self.facts.get("people")
        return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}

    @property
    def typed(self) -> dict[str, str]:
        """What was typed."""
        value = self.facts.get("typed")
        return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Journal:
    """The folder with the files, and the box that seals their lines."""

    folder: Path
    box: SecretBox

    def append(self, entry: Entry) -> None:
        """Append one line and wait until it is on the disk. Raises OSError.

        Several processes write the same file: each line goes in under a lock. After a line that was cut off (the
        machine stopped) the next begins on a line of its own.
        """
        document = {"kind": entry.kind, "at": entry.at.astimezone(UTC).isoformat(), **entry.facts}
        line = self.box.seal(json.dumps(document, ensure_ascii=False), purpose=_PURPOSE).encode() + b"\n"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{entry.at.astimezone(UTC).date().isoformat()}{SUFFIX}"
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            _write_all(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(self.folder)

    def entries(self) -> Iterator[Entry]:
        """Give every line that opens, the oldest first; what does not open is counted in the log and left out."""
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            unread = 0
            with path.open("rb") as file:
                for line in file:
                    entry = self._open(line)
                    if entry is not None:
                        yield entry
                    elif line.strip():
                        unread += 1
            if unread:
                log.error("journal_unread", extra={"file": path.name, "lines": unread})

    def _open(self, line: bytes) -> Entry | None:
        try:
            document = json.loads(self.box.open(line.strip().decode("ascii"), purpose=_PURPOSE))
            at = datetime.fromisoformat(document.pop("at"))
            return Entry(document.pop("kind"), at, document)
        except (SecretBoxError, ValueError, KeyError):
            return None

    def delete_old(self, *, now: datetime) -> int:
        """Delete the files of days longer ago than they are kept; return how many. For the retention job."""
        done = 0
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                day = date.fromisoformat(path.name.removesuffix(SUFFIX))
            except ValueError:
                continue
            if day < (now.astimezone(UTC) - KEPT).date():
                path.unlink(missing_ok=True)
                done += 1
        return done


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def erasure(person_id: str, at: datetime) -> Entry:
    """Return the line that says that a person was erased, so that a replay erases them again."""
    return Entry("erasure", at, {"person_id": person_id})
