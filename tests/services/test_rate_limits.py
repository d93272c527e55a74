"""Limits: counted together by all processes, and nobody is named by what is stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.db import db
from wmd.domain.networks import network_of
from wmd.models import RateCount
from wmd.services.rate_limits import Limit, forget_counts, forgive, hit

NOW = datetime(2026, 10, 7, 12, 4, tzinfo=UTC)
LIMIT = Limit("test", 3, timedelta(minutes=15))


def ask(dbs: Session, what: str = "ana@people.example", now: datetime = NOW) -> int:
    """Count once, as a view does."""
    waits = hit(dbs, LIMIT, what, secret="key", now=now)
    dbs.commit()
    return waits


def test_one_too_many_waits_until_the_window_is_over(dbs: Session) -> None:
    assert [ask(dbs) for _ in range(5)] == [0, 0, 0, 660, 660]
    assert [ask(dbs, "ben@people.example"), ask(dbs, now=NOW + timedelta(minutes=11))] == [0, 0]


def test_what_was_right_is_forgiven(dbs: Session) -> None:
    assert [ask(dbs) for _ in range(3)] == [0, 0, 0]
    forgive(dbs, LIMIT, "ana@people.example", secret="key")
    assert ask(dbs) == 0


def test_nothing_stored_names_who_asked(dbs: Session) -> None:
    ask(dbs)
    ask(dbs, "203.0.113.0/24")
    keys = list(dbs.scalars(select(RateCount.key)))
    assert [len(key) for key in keys] == [64, 64]
    hit(dbs, LIMIT, "ana@people.example", secret="another key", now=NOW)
    assert len(list(dbs.scalars(select(RateCount.key)))) == 3


def test_processes_count_together(app: Flask) -> None:
    with app.app_context():
        engine = db.engine

    def once(_number: int) -> int:
        with Session(engine) as dbs:
            return ask(dbs)

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(once, range(20)))
    assert found == [0] * 3 + [660] * 17


def test_counts_of_windows_that_are_over_are_deleted(dbs: Session) -> None:
    ask(dbs)
    assert forget_counts(dbs, now=NOW + timedelta(minutes=10)) == 0
    assert forget_counts(dbs, now=NOW + timedelta(hours=1)) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("203.0.113.77, 198.51.100.1", "unknown"),
    ],
)
def test_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network
