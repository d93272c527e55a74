"""All that a database holds, as a value: two dumps are equal when nothing at all has changed."""

from __future__ import annotations

from sqlalchemy import select

from wmd.db import Model, make_engine, reading

Dump = dict[str, list[tuple[object, ...]]]


def dump(database_url: str) -> Dump:
    """Return every row of every table, in the order of its primary key."""
    engine = make_engine(database_url)
    try:
        with reading(engine) as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for table in Model.metadata.sorted_tables
            }
    finally:
        engine.dispose()


def counts(found: Dump) -> dict[str, int]:
    """Return how many rows each table of a dump holds, empty ones left out."""
    return {name: len(rows) for name, rows in found.items() if rows}


def differences(before: Dump, after: Dump) -> dict[str, tuple[int, int]]:
    """Return for each table that differs how many rows went and how many came."""
    found = {}
    for name in before:
        gone = [row for row in before[name] if row not in after[name]]
        come = [row for row in after[name] if row not in before[name]]
        if gone or come:
            found[name] = (len(gone), len(come))
    return found
