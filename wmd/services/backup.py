"""A copy of the whole database in one file, and the way back: the same form for SQLite and PostgreSQL.

The file is gzip over lines of JSON: a head, the rows of every table (parents before children, a line that names the
table before its rows), and an end with the counts and a digest over all that came before. All rows come from one
snapshot, while others go on writing. A file without its end is not a copy.

Sealed columns stay sealed, so that the file is worth as much as the database: keep it as safe, and the keys elsewhere.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Column, Connection, Engine, Table, inspect, select, text

from wmd.db import Model, UtcDateTime, reading
from wmd.errors import BackupError
from wmd.services.private_files import new_file

FORMAT = "wmd-backup"
VERSION = 1
#: A line holds one row; the largest hold a picture.
LONGEST_LINE_BYTES = 64 * 1024 * 1024
_FETCHED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class BackupInfo:
    """What a file says of itself: the migration its tables are of, when it was made, and how many rows each has."""

    schema: str
    made_at: datetime
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(self.counts.values())


def tables() -> list[Table]:
    """Return every table of ours, parents before children."""
    return list(Model.metadata.sorted_tables)


def schema_of(connection: Connection) -> str:
    """Return the migration that the database is at. Raises BackupError for one that was never migrated."""
    is_migrated = inspect(connection).has_table("alembic_version")
    found = connection.scalar(text("SELECT version_num FROM alembic_version")) if is_migrated else None
    if not found:
        msg = "this database has no tables yet: run `flask db upgrade` first"
        raise BackupError(msg)
    return str(found)


def create_backup(engine: Engine, path: Path, *, now: datetime) -> BackupInfo:
    """Write a copy of the database to a new file (mode 0600); it has its name only when it is whole and on the disk.

    Raises BackupError when the file exists, OSError when it cannot be written.
    """
    if path.exists():
        msg = f"{path} exists already: choose another name"
        raise BackupError(msg)
    with reading(engine) as connection, new_file(path) as file:
        schema = schema_of(connection)
        counts = {}
        # No name and no time in the gzip header: they would say nothing that the head does not.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed:
            out = _Digesting(packed)
            out.line({"format": FORMAT, "version": VERSION, "schema": schema, "made_at": now.isoformat()})
            for table in tables():
                out.line({"table": table.name})
                counts[table.name] = _write_rows(connection, table, out)
            packed.write(_json({"end": {"counts": counts, "sha256": out.hexdigest()}}))
    return BackupInfo(schema, now, counts)


class _Digesting:
    """Writes lines and remembers their digest."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def line(self, value: object) -> None:
        data = _json(value)
        self._digest.update(data)
        self._file.write(data)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def _write_rows(connection: Connection, table: Table, out: _Digesting) -> int:
    columns = list(table.columns)
    writers = [_writer(column) for column in columns]
    rows = connection.execution_options(yield_per=_FETCHED_AT_ONCE).execute(
        select(table).order_by(*table.primary_key.columns)
    )
    count = 0
    for row in rows:
        out.line([None if value is None else write(value) for write, value in zip(writers, row, strict=True)])
        count += 1
    return count


def _writer(column: Column[Any]) -> Callable[[Any], object]:
    kind = column.type.python_type if not isinstance(column.type, UtcDateTime) else datetime
    if kind is datetime:
        return lambda value: value.astimezone(UTC).isoformat()
    if kind is date:
        return lambda value: value.isoformat()
    if kind is bytes:
        return lambda value: base64.b64encode(value).decode("ascii")
    return lambda value: value


def reader_of(column: Column[Any]) -> Callable[[Any], object]:
    """Return what makes a column's value out of the one in the file."""
    kind = column.type.python_type if not isinstance(column.type, UtcDateTime) else datetime
    if kind is datetime:
        return datetime.fromisoformat
    if kind is date:
        return date.fromisoformat
    if kind is bytes:
        return lambda value: base64.b64decode(value, validate=True)
    return lambda value: value


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the table's name, and its values in the order of the columns."""

    table: str
    values: list[Any]


def read_backup(path: Path) -> Iterator[BackupInfo | Row]:
    """Yield the head (with no counts), every row, and at the end the head again with the counts.

    Raises BackupError as soon as something is not as it should be: so everything was right only when the iteration
    ends. Nothing of the file is trusted before that.
    """
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as file:
            yield from _read_lines(file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = "the file is damaged or not whole"
        raise BackupError(msg) from error


def _read_lines(file: BinaryIO | gzip.GzipFile) -> Iterator[BackupInfo | Row]:
    digest = hashlib.sha256()
    head: BackupInfo | None = None
    counts: dict[str, int] = {}
    table = ""
    while line := file.readline(LONGEST_LINE_BYTES):
        value = _value(line)
        if head is not None and isinstance(value, dict) and "end" in value:
            _check_end(value["end"], counts, digest.hexdigest())
            if file.read(1):
                msg = "something follows the end of the copy"
                raise BackupError(msg)
            yield BackupInfo(head.schema, head.made_at, counts)
            return
        digest.update(line)
        if head is None:
            head = _head(value)
            yield head
        elif isinstance(value, dict):
            table = str(value.get("table", ""))
            counts[table] = 0
        elif isinstance(value, list) and table:
            counts[table] += 1
            yield Row(table, value)
        else:
            msg = "the file holds a line that is no row"
            raise BackupError(msg)
    msg = "the file has no end: the copy was not finished"
    raise BackupError(msg)


def _value(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        msg = "the file is not a copy of a database, or damaged"
        raise BackupError(msg) from error


def _head(value: object) -> BackupInfo:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        msg = "the file is not a copy made by `flask backup create`"
        raise BackupError(msg)
    if value.get("version") != VERSION:
        msg = "the copy was made by another version of the service"
        raise BackupError(msg)
    return BackupInfo(str(value["schema"]), datetime.fromisoformat(value["made_at"]), {})


def _check_end(end: object, counts: Mapping[str, int], digest: str) -> None:
    if not isinstance(end, dict) or end.get("counts") != dict(counts) or end.get("sha256") != digest:
        msg = "the counts or the digest at the end do not fit the rows: the file was changed or damaged"
        raise BackupError(msg)


def check_backup(path: Path) -> BackupInfo:
    """Read the whole file and return what it says. Raises BackupError when anything in it is not right."""
    info: BackupInfo | None = None
    for item in read_backup(path):
        if isinstance(item, BackupInfo):
            info = item
    if info is None:  # pragma: no cover -- read_backup ends with the head or raises
        raise BackupError("the file is empty")
    return info
