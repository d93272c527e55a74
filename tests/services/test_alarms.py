"""Alarms: one row per key, open until it is right again, told once in the log."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT
from wmd.models import Alarm
from wmd.services.alarms import clear_alarm, close_quiet, raise_alarm

LATER = LEAD_STARTED_AT + timedelta(hours=1)
STILL_LATER = LATER + timedelta(hours=1)
Row = tuple[str, str, datetime, datetime | None]


def rows(dbs: Session) -> list[Row]:
    dbs.commit()
    found = dbs.scalars(select(Alarm).order_by(Alarm.key))
    return [(alarm.key, alarm.message, alarm.raised_at, alarm.cleared_at) for alarm in found]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.key) for record in caplog.records if record.msg == "alarm_raised"]  # type: ignore[attr-defined]


def test_alarm_is_raised_once_and_told_once(dbs: Session, caplog: pytest.LogCaptureFixture) -> None:
    raise_alarm(dbs, "feed:2021", "The feed is too large.", now=LEAD_STARTED_AT)
    raise_alarm(dbs, "feed:2021", "The feed is too large.", now=LATER)

    assert rows(dbs) == [("feed:2021", "The feed is too large.", LEAD_STARTED_AT, None)]
    assert told(caplog) == ["feed:2021"]


def test_alarm_of_another_key_is_another_row(dbs: Session) -> None:
    raise_alarm(dbs, "a", "One.", now=LEAD_STARTED_AT)
    raise_alarm(dbs, "b", "Two.", now=LEAD_STARTED_AT)
    clear_alarm(dbs, "a", now=LATER)

    assert rows(dbs) == [("a", "One.", LEAD_STARTED_AT, LATER), ("b", "Two.", LEAD_STARTED_AT, None)]


def test_alarm_with_another_message_is_renewed(dbs: Session, caplog: pytest.LogCaptureFixture) -> None:
    raise_alarm(dbs, "a", "One.", now=LEAD_STARTED_AT)
    raise_alarm(dbs, "a", "Two.", now=LATER)

    assert rows(dbs) == [("a", "Two.", LATER, None)]
    assert told(caplog) == ["a", "a"]


def test_cleared_alarm_is_raised_anew(dbs: Session, caplog: pytest.LogCaptureFixture) -> None:
    raise_alarm(dbs, "a", "One.", now=LEAD_STARTED_AT)
    clear_alarm(dbs, "a", now=LATER)
    raise_alarm(dbs, "a", "One.", now=STILL_LATER)

    assert rows(dbs) == [("a", "One.", STILL_LATER, None)]
    assert told(caplog) == ["a", "a"]


def test_clearing_twice_keeps_the_first_instant(dbs: Session) -> None:
    raise_alarm(dbs, "a", "One.", now=LEAD_STARTED_AT)
    clear_alarm(dbs, "a", now=LATER)
    clear_alarm(dbs, "a", now=STILL_LATER)
    clear_alarm(dbs, "never raised", now=LATER)

    assert rows(dbs) == [("a", "One.", LEAD_STARTED_AT, LATER)]


def test_alarm_noted_while_answering_closes_after_an_hour_of_silence(dbs: Session) -> None:
    raise_alarm(dbs, "serving:a", "Told long ago.", now=LEAD_STARTED_AT)
    raise_alarm(dbs, "serving:b", "Told again.", now=LEAD_STARTED_AT)
    raise_alarm(dbs, "serving:b", "Told again.", now=LATER)
    raise_alarm(dbs, "entry:c", "Not the web's.", now=LEAD_STARTED_AT)

    closed = close_quiet(dbs, now=LATER + timedelta(minutes=1))

    assert closed == 1
    assert [(key, cleared is None) for key, _, _, cleared in rows(dbs)] == [
        ("entry:c", True), ("serving:a", False), ("serving:b", True),
    ]  # fmt: skip
