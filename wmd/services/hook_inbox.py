"""Where Zoom's messages are put before anybody answers: in the database, or on the disk while that is locked or away.

A message is sealed first. A file of the spool holds one, is whole or is not there (it gets its name when it is
written out), and is deleted once its row is committed; a message that was stored in both ways is one row.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.zoom.hooks import Hook
from wmd.models import ZoomWebhook
from wmd.secretbox import SecretBox, SecretBoxError

log = logging.getLogger(__name__)

#: A bound of what lies on the disk while nobody takes it in: then Zoom is told to come back.
MOST_FILES: Final = 20_000
#: Files of one commit.
CHUNK: Final = 100
SUFFIX: Final = ".hook"
_PART: Final = ".part"
_BROKEN: Final = ".broken"
_STAMP: Final = "%Y%m%dT%H%M%S%f"

#: The values of a row.
Values = Mapping[str, str | int | datetime]


def purpose(dedupe_key: str) -> str:
    """Return what the body of a message is sealed for."""
    return f"zoom_webhooks.body.{dedupe_key}"


def sealed(hook: Hook, body: bytes, box: SecretBox, *, now: datetime) -> Values:
    """Return the row of a message: all but the body as it is, since it names nobody."""
    return {
        "dedupe_key": hook.key, "event": hook.event, "zoom_account": hook.zoom_account, "object_id": hook.object_id,
        "event_ts": hook.event_ts, "received_at": now,
        "body": box.seal(body.decode("utf-8", "replace"), purpose=purpose(hook.key)),
    }  # fmt: skip


def body_of(row: ZoomWebhook, box: SecretBox) -> bytes:
    """Return what a message said; nothing once it was emptied, or where its key is gone."""
    try:
        return box.open(row.body, purpose=purpose(row.dedupe_key)).encode() if row.body else b""
    except SecretBoxError:
        return b""


def insert_hooks(on: Session | Connection, rows: Sequence[Values]) -> None:
    """Write rows, but for those that are there already. The caller commits."""
    dialect = (on.get_bind() if isinstance(on, Session) else on).dialect.name
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    # One statement has one order of its rows, and their numbers are those in which they came.
    on.execute(make(ZoomWebhook).values([dict(row) for row in rows]).on_conflict_do_nothing())


class HookSpool:
    """The folder of messages that the database could not take just then; all processes of a machine share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, values: Values) -> None:
        """Write a message so that it outlasts this process, and the power. Raises OSError when the disk takes no more.

        The file is known under its name only when all of it is on the disk.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sum(1 for _ in os.scandir(self.folder)) >= MOST_FILES:
            msg = "too many messages wait: does the scheduler run?"
            raise OSError(msg)
        received_at = values["received_at"]
        assert isinstance(received_at, datetime)  # noqa: S101 -- ``sealed`` made it
        name = f"{received_at.astimezone(UTC):{_STAMP}}-{secrets.token_hex(8)}"
        part = self.folder / f"{name}{_PART}"
        data = json.dumps({**values, "received_at": received_at.isoformat()}).encode()
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            part.rename(self.folder / f"{name}{SUFFIX}")
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(self.folder)

    def waiting(self) -> list[Path]:
        """Return the files that wait, the oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.suffix == SUFFIX)

    def read(self, path: Path) -> Values | None:
        """Return the row of a file; None for one that another has taken in meanwhile, or that is damaged.

        What is damaged is put aside and logged: it would hold up all others.
        """
        try:
            found: Any = json.loads(path.read_bytes())
            return {**found, "received_at": datetime.fromisoformat(found["received_at"])}
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            log.exception("hook_file_broken", extra={"file": path.name})
            path.rename(path.with_suffix(_BROKEN))
            return None


def take_in(dbs: Session, spool: HookSpool) -> int:
    """Bring what waits on the disk into the database, a commit for some files at a time; return how many."""
    done = 0
    for paths in _chunks(spool.waiting()):
        found = [(path, values) for path in paths if (values := spool.read(path)) is not None]
        if not found:
            continue
        insert_hooks(dbs, [values for _, values in found])
        dbs.commit()
        for path, _ in found:
            path.unlink(missing_ok=True)
        done += len(found)
    return done


def _chunks(paths: Iterable[Path]) -> Iterator[list[Path]]:
    chunk: list[Path] = []
    for path in paths:
        chunk.append(path)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _sync_folder(folder: Path) -> None:
    """Have the new name itself on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
