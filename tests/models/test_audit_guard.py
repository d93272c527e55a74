"""The audit is append-only, and it is the database that says so, to everybody."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT
from wmd.models import AuditEntry, AuditSeal
from wmd.services.states import audit

REFUSED = "audit entries are never changed or deleted"


@pytest.fixture
def one_entry(dbs: Session) -> int:
    audit(dbs, actor="command", action="try", kind="edition", subject_id="1", now=LEAD_STARTED_AT)
    dbs.add(AuditSeal(previous_id=0, through_id=1, entries=1, digest="d", sealed_at=LEAD_STARTED_AT))
    dbs.commit()
    return dbs.scalars(select(AuditEntry.id)).one()


EVERYWHERE = [
    "UPDATE audit_entries SET actor = 'nobody'",
    "DELETE FROM audit_entries",
    "UPDATE audit_seals SET digest = 'x'",
    "DELETE FROM audit_seals",
]
CHANGES = {
    # SQLite has no TRUNCATE, and its REPLACE deletes without asking a trigger on DELETE.
    "sqlite": [
        *EVERYWHERE,
        "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries",
        "INSERT OR REPLACE INTO audit_seals SELECT * FROM audit_seals",
    ],
    "postgresql": [
        *EVERYWHERE,
        "UPDATE audit_entries SET actor = actor WHERE id = -1",
        "TRUNCATE audit_entries",
        "TRUNCATE audit_seals CASCADE",
    ],
}


def test_what_was_written_down_cannot_be_changed_or_removed(dbs: Session, one_entry: int) -> None:
    for statement in CHANGES[dbs.get_bind().dialect.name]:
        with pytest.raises(DBAPIError, match=REFUSED):
            dbs.execute(text(statement))
        dbs.rollback()
    assert dbs.execute(select(AuditEntry.id, AuditEntry.actor)).tuples().all() == [(one_entry, "command")]
    assert dbs.scalars(select(AuditSeal.digest)).all() == ["d"]


def test_new_entries_are_welcome(dbs: Session, one_entry: int) -> None:
    values = {"at": LEAD_STARTED_AT, "actor": "a", "action": "b", "subject_kind": "c", "subject_id": "d"}
    dbs.execute(insert(AuditEntry).values(before="", after="", detail={}, **values))
    dbs.commit()
    assert len(dbs.scalars(select(AuditEntry.id)).all()) == 2
