"""One row in every table, made from the tables themselves: for tests of what holds for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, insert, select

from wmd.db import Model, UtcDateTime

NOW = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)
#: Values that a check constraint asks for; by table and column.
CHOSEN: dict[str, dict[str, object]] = {
    "attendees": {"invitations": "request"},
    "banners": {"kind": "info", "until_at": datetime(2021, 10, 8, tzinfo=UTC)},
    "co_organisers": {"state": "asked"},
    "drafts": {"kind": "event"},
    "follows": {"cadence": "", "query": ""},
    "images": {"kind": "logo"},
    "link_checks": {"answer": ""},
    "mail_switch": {"id": 1},
    "mail_tokens": {"purpose": "sign-in"},
    "messages": {"state": "queued"},
    "problem_reports": {"what": "link", "state": "open"},
    "questions": {"kind": "text"},
    "registrant_letters": {"state": "pending"},
    "registrations": {"state": "unconfirmed"},
    "reminder_runs": {"state": "planning"},
    "staff_members": {"role": "reader"},
    "webinar_bindings": {
        "kind": "lookup",
        "state": "ok",
        "registration": "open",
        "room": "webinar",
        "fail_count": 0,
        "is_primary": True,
    },
    "zoom_accounts": {"kind": "own", "state": "connected", "reason": ""},
    "zoom_drifts": {"field": "time", "state": "open"},
    "zoom_pushes": {"act": "create", "state": "queued"},
    "zoom_registrants": {"source": "here", "state": "queued"},
    "zoom_webhooks": {"state": "received"},
}
_BY_TYPE: dict[type, object] = {
    str: "x", int: 1, bool: False, float: 1.0, bytes: b"x", datetime: NOW, date: date(2021, 10, 7), dict: {}, list: [],
}  # fmt: skip


def fill_empty(connection: Connection) -> None:
    """Insert one row into each table that has none, parents first, every reference filled."""
    with connection.begin():
        for table in Model.metadata.sorted_tables:
            if connection.execute(select(table).limit(1)).first() is None:
                connection.execute(insert(table).values(row_of(connection, table)))


def row_of(connection: Connection, table: Table) -> dict[str, object]:
    """Return values for every column of a table that must have one, and for every reference."""
    values: dict[str, object] = {}
    for column in table.c:
        chosen = CHOSEN.get(table.name, {})
        if column.name in chosen:
            values[column.name] = chosen[column.name]
        elif column.foreign_keys:
            values[column.name] = _parent_key(connection, column)
        elif not column.nullable and not (column.primary_key and isinstance(column.type, Integer)):
            values[column.name] = NOW if isinstance(column.type, UtcDateTime) else _BY_TYPE[column.type.python_type]
    return values


def _parent_key(connection: Connection, column: Column[Any]) -> object:
    target = next(iter(column.foreign_keys)).column
    return connection.execute(select(target).limit(1)).scalar()
