"""A copy of the whole database brought back into an empty one, in one transaction, with all mail held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Integer, Table, delete, func, insert, select, text, update

from wmd.domain.mail_kinds import KINDS
from wmd.errors import BackupError
from wmd.models import AuditEntry, MailSwitch, MailToken, Message, WebSession
from wmd.services.backup import BackupInfo, Row, check_backup, read_backup, reader_of, schema_of, tables

#: What every installation has from its first migration or minute on; replaced by what the copy holds.
SEEDED = frozenset({"job_ticks", "mail_switch", "reasons", "regions", "site_state", "topics"})
HELD = "Restored from a copy: mails that were due then may have been sent since."
_AT_ONCE = 200


def restore_backup(engine: Engine, path: Path, *, actor: str, now: datetime) -> BackupInfo:
    """Bring a copy back: all of it, or nothing.

    The database must be migrated to the very migration of the copy, and hold nothing. All mail is then on hold until
    a person releases it, everybody is signed out and no mailed link works, because what was ended, used or revoked
    since the copy would be open again. Raises BackupError when the file or the database is not fit.
    """
    # Read once as a whole before a row is written: only then is it known to be a copy, and whole.
    info = check_backup(path)
    by_name = {table.name: table for table in tables()}
    with engine.begin() as connection:
        _check_target(connection, info)
        for name in sorted(SEEDED):
            connection.execute(delete(by_name[name]))
        rows = (item for item in read_backup(path) if isinstance(item, Row))
        for name, of_table in groupby(rows, key=lambda row: row.table):
            _insert_rows(connection, by_name[name], (row.values for row in of_table))
        _set_sequences(connection)
        _compare_counts(connection, info)
        _hold(connection, info, actor=actor, now=now)
    return info


def _check_target(connection: Connection, info: BackupInfo) -> None:
    schema = schema_of(connection)
    if schema != info.schema:
        msg = f"the copy is of migration {info.schema}, this database of {schema}: run the release that made it"
        raise BackupError(msg)
    if set(info.counts) != {table.name for table in tables()}:
        msg = "the copy does not hold the tables of this release"
        raise BackupError(msg)
    for table in tables():
        if table.name not in SEEDED and connection.execute(select(table).limit(1)).first() is not None:
            msg = f"the database is not empty ({table.name} has rows): restore into a new one"
            raise BackupError(msg)


def _insert_rows(connection: Connection, table: Table, rows: Iterator[list[Any]]) -> None:
    """Insert the rows of one table; one that refers to another of the same table waits until that one is there."""
    columns = list(table.columns)
    readers = [reader_of(column) for column in columns]
    own = [column.name for column in columns if any(key.column.table is table for key in column.foreign_keys)]
    known: set[object] = set()
    batch: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []

    def put(row: dict[str, Any]) -> bool:
        if own and not all(row[name] is None or row[name] in known for name in own):
            return False
        if own:
            known.add(row["id"])
        batch.append(row)
        if len(batch) >= _AT_ONCE:
            connection.execute(insert(table), batch)
            batch.clear()
        return True

    for values in rows:
        row = {
            column.name: None if value is None else read(value)
            for column, read, value in zip(columns, readers, values, strict=True)
        }
        if not put(row):
            waiting.append(row)
    while waiting:
        left = [row for row in waiting if not put(row)]
        if len(left) == len(waiting):
            msg = f"rows of {table.name} refer to each other in a circle"
            raise BackupError(msg)
        waiting = left
    if batch:
        connection.execute(insert(table), batch)


def _set_sequences(connection: Connection) -> None:
    """Let PostgreSQL number new rows after the highest there is; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables():
        number = _numbered(table)
        if number is not None:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{number.name}'),"
                    f" greatest((SELECT max({number.name}) FROM {table.name}), 1),"
                    f" EXISTS (SELECT 1 FROM {table.name}))"
                )
            )


def _numbered(table: Table) -> Column[Any] | None:
    """Return the column that the database numbers by itself."""
    found = table.autoincrement_column
    return found if found is not None and isinstance(found.type, Integer) else None


def _compare_counts(connection: Connection, info: BackupInfo) -> None:
    for table in tables():
        count = connection.scalar(select(func.count()).select_from(table))
        if count != info.counts[table.name]:
            msg = f"{table.name} holds {count} rows instead of {info.counts[table.name]}"
            raise BackupError(msg)


def _hold(connection: Connection, info: BackupInfo, *, actor: str, now: datetime) -> None:
    held = connection.execute(update(MailSwitch).values(held_at=func.coalesce(MailSwitch.held_at, now), reason=HELD))
    if held.rowcount == 0:
        connection.execute(insert(MailSwitch).values(id=1, held_at=now, reason=HELD))
    signed_in = WebSession.person_id.is_not(None) & WebSession.ended_at.is_(None)
    connection.execute(update(WebSession).where(signed_in).values(ended_at=now))
    open_links = MailToken.used_at.is_(None) & MailToken.revoked_at.is_(None)
    connection.execute(update(MailToken).where(open_links).values(revoked_at=now))
    # Their links work no more either: who waits asks for a new one, or is reminded with one.
    with_link = Message.state.in_(("queued", "sending")) & Message.kind.in_(
        sorted(kind.name for kind in KINDS.values() if kind.has_secret)
    )
    over = {"state": "cancelled", "reason": "restored", "sealed": "", "claim_token": None, "lease_until": None}
    connection.execute(update(Message).where(with_link).values(**over))
    connection.execute(
        insert(AuditEntry).values(
            at=now, actor=actor, action="restore", subject_kind="database", subject_id=info.made_at.isoformat(),
            before="", after="", detail={"rows": [0, info.rows]},
        )
    )  # fmt: skip
