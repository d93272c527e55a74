"""A scheduler whose clock is far from the database's says so when it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Engine
from wmd.gateways import read_clock
from wmd.gateways.mail import Limits
from wmd.jobs.clock_check import MOST_APART, check_clock, compare_clocks
from wmd.models import Alarm
from wmd.services.delivery import ROOM


def ahead(seconds: float) -> Callable[[], datetime]:
    """Return a clock that is so many seconds ahead of the machine's, which is the database's as well."""
    return lambda: read_clock() + timedelta(seconds=seconds)


def alarms(dbs: Session) -> list[str]:
    return list(dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None)).order_by(Alarm.key)))


def test_two_clocks_within_the_bound_leave_room_for_the_longest_handover() -> None:
    assert ROOM - timedelta(seconds=Limits().mail_s) >= 2 * MOST_APART


@pytest.mark.parametrize("seconds", [0, 13, -13])
def test_clock_near_the_databases_is_no_alarm(dbs: Session, seconds: float) -> None:
    compare_clocks(dbs, ahead(seconds), machine="here")
    assert alarms(dbs) == []


@pytest.mark.parametrize("seconds", [20, -20, 86_400])
def test_clock_far_from_the_databases_is_an_alarm_of_its_machine_until_it_is_right(
    dbs: Session, seconds: float, engine_name: Engine
) -> None:
    compare_clocks(dbs, ahead(seconds), machine="here")
    compare_clocks(dbs, ahead(0), machine="there")
    # A file has no clock but the machine's.
    assert alarms(dbs) == ([] if engine_name == "sqlite" else ["clock:here"])
    compare_clocks(dbs, ahead(0), machine="here")
    assert alarms(dbs) == []


def test_slow_answer_of_the_database_is_no_wrong_clock(dbs: Session) -> None:
    answers = iter([read_clock() - timedelta(seconds=40), read_clock() + timedelta(seconds=40)])
    compare_clocks(dbs, lambda: next(answers), machine="here")
    assert alarms(dbs) == []


def test_check_is_committed(app: Flask, dbs: Session, engine_name: Engine) -> None:
    dbs.rollback()
    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], clock=ahead(3600))
    check_clock(app)
    assert len(alarms(dbs)) == (engine_name == "postgresql")
