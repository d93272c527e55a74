"""Calls are noted without anything that names somebody, and forgotten in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from wmd.domain.zoom.calls import Call, Label
from wmd.services.zoom_accounts import OWN, own_account
from wmd.services.zoom_calls import FAULTS_KEPT, KEPT, StoredCalls, forget_calls, recent_calls

NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)


def note(dbs: Session, at: datetime, fault: str = "") -> None:
    own_account(dbs, "account-1", now=NOW)
    dbs.commit()
    status = 0 if fault else 200
    StoredCalls(OWN, new_session=sessionmaker(dbs.get_bind())).note(
        Call(at, "GET", "/webinars/{id}", Label.LIGHT, status, 3001 if fault else None, 12, "WEB_1", fault)
    )


def test_call_is_noted_and_found_again_newest_first(dbs: Session) -> None:
    note(dbs, NOW)
    note(dbs, NOW + timedelta(seconds=1), "Gone.gone")
    found = recent_calls(dbs)
    assert [(each.route, each.status, each.code, each.fault, each.tracking, each.duration_ms) for each in found] == [
        ("/webinars/{id}", None, 3001, "Gone.gone", "WEB_1", 12),
        ("/webinars/{id}", 200, None, "", "WEB_1", 12),
    ]
    assert [each.fault for each in recent_calls(dbs, only_faults=True, account_id=OWN)] == ["Gone.gone"]
    assert recent_calls(dbs, account_id="another") == []
    assert len(recent_calls(dbs, limit=1)) == 1


def test_calls_are_forgotten_after_two_days_and_faults_after_fourteen(dbs: Session) -> None:
    for age in (KEPT, FAULTS_KEPT):
        note(dbs, NOW - age + timedelta(seconds=1))
        note(dbs, NOW - age - timedelta(seconds=1), "Gone.gone")
        note(dbs, NOW - age - timedelta(seconds=1))
    assert forget_calls(dbs, now=NOW) == 4
    assert [(each.at, each.fault) for each in recent_calls(dbs)] == [
        (NOW - KEPT + timedelta(seconds=1), ""),
        (NOW - KEPT - timedelta(seconds=1), "Gone.gone"),
    ]
    assert forget_calls(dbs, now=NOW) == 0
