"""Seals over the audit: what is changed behind the service's back no longer fits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT
from wmd.models import AuditSeal
from wmd.services.audit_seals import SealCheck, check_seals, seal_audit
from wmd.services.states import audit

NOW = LEAD_STARTED_AT


def write(dbs: Session, count: int) -> None:
    for number in range(count):
        audit(
            dbs, actor="command", action="try", kind="edition", subject_id=str(number),
            detail={"zone": ["é", number]}, now=NOW,
        )  # fmt: skip
    dbs.commit()


def seal(dbs: Session) -> AuditSeal | None:
    made = seal_audit(dbs, now=NOW + timedelta(hours=1))
    dbs.commit()
    return made


def open_the_guard(dbs: Session) -> None:
    """Do what somebody with all rights on the database can do."""
    if dbs.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete", "replace"):
            dbs.execute(text(f"DROP TRIGGER audit_entries_no_{act}"))
    else:
        dbs.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only"))


def test_entries_are_sealed_once_and_each_seal_builds_on_the_last(dbs: Session) -> None:
    assert seal(dbs) is None
    write(dbs, 3)
    first = seal(dbs)
    assert first is not None
    assert (first.entries, first.previous_id) == (3, 0)
    assert seal(dbs) is None
    write(dbs, 2)
    second = seal(dbs)
    assert second is not None
    assert (second.entries, second.previous_id) == (2, first.id)
    write(dbs, 1)
    assert check_seals(dbs) == SealCheck(2, 5, 1, (first.digest, second.digest), None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entries SET actor = 'nobody' WHERE id = 2",
        "DELETE FROM audit_entries WHERE id = 2",
        "DELETE FROM audit_entries WHERE id = 4",
        "UPDATE audit_entries SET detail = '{}' WHERE id = 4",
        "INSERT INTO audit_entries (id, at, actor, action, subject_kind, subject_id, before, after, detail)"
        " SELECT -1, at, actor, action, subject_kind, '', '', '', '{}' FROM audit_entries WHERE id = 1",
        "UPDATE audit_entries SET id = 100 WHERE id = 1",
    ],
)  # fmt: skip
def test_tampering_is_found(dbs: Session, change: str) -> None:
    write(dbs, 3)
    seal(dbs)
    write(dbs, 2)
    seal(dbs)
    open_the_guard(dbs)
    dbs.execute(text(change))
    dbs.commit()
    assert check_seals(dbs).broken_id == (2 if "id = 4" in change else 1)


def test_two_that_seal_at_once_do_not_both_succeed(dbs: Session) -> None:
    write(dbs, 1)
    first = seal(dbs)
    assert first is not None
    dbs.add(AuditSeal(previous_id=0, through_id=9, entries=1, digest="other", sealed_at=NOW))
    with pytest.raises(IntegrityError):
        dbs.flush()
    dbs.rollback()
