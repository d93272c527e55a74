"""What may be asked of Zoom: half of the plan for all processes together, a hundred changes a host, and the circuit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from wmd.domain.zoom.calls import Delay, Label
from wmd.models import ZoomAccount, ZoomBudget
from wmd.services.zoom_accounts import OWN, own_account
from wmd.services.zoom_budget import AccountBudget, Standing, host_label, standings

NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 10, 8, tzinfo=UTC)


@pytest.fixture
def account(dbs: Session) -> str:
    own_account(dbs, "account-1", now=NOW)
    dbs.commit()
    return OWN


def budget(dbs: Session, plan: str = "pro") -> AccountBudget:
    """Return the budget as one process sees it."""
    dbs.rollback()
    return AccountBudget(OWN, plan, new_session=sessionmaker(dbs.get_bind()))


def test_half_of_a_seconds_calls_is_shared_by_two_processes(dbs: Session, account: str) -> None:
    one, other = budget(dbs), budget(dbs)
    taken = [each.take(Label.HEAVY, NOW) for each in (one, other, one, other, one)]
    assert taken == [None] * 5
    delay = other.take(Label.HEAVY, NOW)
    assert delay is not None
    assert (delay.reason, round((delay.at - NOW).total_seconds(), 3)) == ("rate", 0.2)
    assert one.take(Label.HEAVY, NOW + timedelta(seconds=0.21)) is None
    # Other labels have buckets of their own.
    assert one.take(Label.LIGHT, NOW) is None


@pytest.mark.parametrize(
    ("plan", "label", "full"),
    [("free", Label.HEAVY, 1), ("free", Label.LIGHT, 2), ("pro", Label.MEDIUM, 10), ("business", Label.LIGHT, 40)],
)
def test_full_bucket_holds_half_of_a_second_of_the_plan(
    dbs: Session, account: str, plan: str, label: Label, full: int
) -> None:
    mine = budget(dbs, plan)
    assert [mine.take(label, NOW) for _ in range(full)] == [None] * full
    assert mine.take(label, NOW) is not None
    # A night does not fill it any further.
    later = NOW + timedelta(hours=9)
    assert [mine.take(label, later) for _ in range(full)] == [None] * full
    assert mine.take(label, later) is not None


def test_clock_of_another_machine_that_is_behind_spends_nothing_twice(dbs: Session, account: str) -> None:
    mine = budget(dbs, "free")
    assert [mine.take(Label.LIGHT, NOW), mine.take(Label.LIGHT, NOW - timedelta(seconds=5))] == [None, None]
    assert mine.take(Label.LIGHT, NOW - timedelta(seconds=5)) is not None


def test_day_of_the_plan_ends_at_midnight_in_utc(dbs: Session, account: str) -> None:
    mine = budget(dbs, "free")
    assert mine.take(Label.HEAVY, NOW) is None
    dbs.get_one(ZoomBudget, (OWN, "heavy:day")).used = 500
    dbs.commit()
    assert mine.take(Label.HEAVY, NOW + timedelta(hours=1)) == Delay(MIDNIGHT, "budget")
    assert mine.take(Label.HEAVY, MIDNIGHT) is None
    dbs.expire_all()
    assert dbs.get_one(ZoomBudget, (OWN, "heavy:day")).used == 1


def test_what_nobody_waits_for_leaves_a_fifth_of_the_day(dbs: Session, account: str) -> None:
    mine = budget(dbs, "free")
    assert mine.take(Label.HEAVY, NOW, at_leisure=True) is None
    dbs.get_one(ZoomBudget, (OWN, "heavy:day")).used = 400
    dbs.commit()
    later = NOW + timedelta(minutes=1)
    assert mine.take(Label.HEAVY, later, at_leisure=True) == Delay(MIDNIGHT, "budget")
    assert mine.take(Label.HEAVY, later) is None


def test_host_has_a_hundred_changes_a_day_and_another_is_not_held_up(dbs: Session, account: str) -> None:
    mine = budget(dbs)
    times = [NOW + timedelta(seconds=number) for number in range(102)]
    taken = [mine.take(Label.LIGHT, at, host="host-1") for at in times]
    assert taken == [None] * 100 + [Delay(MIDNIGHT, "budget")] * 2
    assert mine.take(Label.LIGHT, times[-1], host="host-2") is None
    assert mine.take(Label.LIGHT, times[-1]) is None
    assert mine.take(Label.LIGHT, MIDNIGHT, host="host-1") is None


def test_hosts_address_is_not_written_down() -> None:
    assert host_label("abc123") == "host:abc123"
    label = host_label(" Host@example.org ")
    assert label == host_label("host@example.org")
    assert "example" not in label


def test_what_zoom_shuts_is_shut_for_all(dbs: Session, account: str) -> None:
    one, other = budget(dbs), budget(dbs)
    one.note(Label.LIGHT, 429, {}, NOW, until=NOW + timedelta(seconds=2))
    assert other.take(Label.LIGHT, NOW) == Delay(NOW + timedelta(seconds=2), "rate")
    one.note(Label.LIGHT, 429, {}, NOW, until=MIDNIGHT)
    assert other.take(Label.LIGHT, NOW) == Delay(MIDNIGHT, "budget")
    one.note(Label.LIGHT, 429, {}, NOW, until=NOW + timedelta(seconds=1))
    assert other.take(Label.LIGHT, NOW) == Delay(MIDNIGHT, "budget")
    assert other.take(Label.MEDIUM, NOW) is None
    assert other.take(Label.LIGHT, MIDNIGHT) is None
    one.note(Label.LIGHT, 429, {}, NOW, until=MIDNIGHT, host="host-1")
    assert other.take(Label.LIGHT, MIDNIGHT - timedelta(hours=1), host="host-2") is not None


def test_host_that_zoom_refuses_holds_up_no_other_call(dbs: Session, account: str) -> None:
    mine = budget(dbs)
    mine.note(Label.LIGHT, 429, {}, NOW, until=MIDNIGHT, host="host-1")
    assert mine.take(Label.LIGHT, NOW, host="host-1") == Delay(MIDNIGHT, "budget")
    assert mine.take(Label.LIGHT, NOW) is None


def test_ten_failures_in_a_row_open_the_circuit_for_all_and_each_further_one_for_longer(
    dbs: Session, account: str
) -> None:
    one, other = budget(dbs), budget(dbs)
    for number in range(9):
        one.note(Label.LIGHT, 0 if number % 2 else 503, {}, NOW)
    assert other.take(Label.LIGHT, NOW) is None
    other.note(Label.LIGHT, 0, {}, NOW)
    opened = NOW + timedelta(minutes=1)
    assert [each.take(Label.LIGHT, NOW) for each in (one, other)] == [Delay(opened, "circuit")] * 2
    assert one.take(Label.LIGHT, opened) is None
    one.note(Label.LIGHT, 500, {}, opened)
    assert other.take(Label.LIGHT, opened) == Delay(opened + timedelta(minutes=2), "circuit")
    later = opened + timedelta(minutes=2)
    for _ in range(20):
        one.note(Label.LIGHT, 0, {}, later)
    assert other.take(Label.LIGHT, later) == Delay(later + timedelta(minutes=15), "circuit")


@pytest.mark.parametrize("status", [200, 204, 404, 429])
def test_any_answer_of_zoom_closes_the_circuit(dbs: Session, account: str, status: int) -> None:
    mine = budget(dbs)
    for _ in range(9):
        mine.note(Label.LIGHT, 0, {}, NOW)
    assert mine.take(Label.LIGHT, NOW) is None
    mine.note(Label.LIGHT, status, {}, NOW)
    dbs.rollback()
    dbs.expire_all()
    assert dbs.get_one(ZoomAccount, OWN).failures == 0


def test_staff_see_what_is_used(dbs: Session, account: str) -> None:
    mine = budget(dbs)
    mine.take(Label.LIGHT, NOW, host="host-1")
    mine.take(Label.HEAVY, NOW)
    mine.note(Label.HEAVY, 429, {}, NOW, until=MIDNIGHT)
    assert standings(dbs, OWN, "pro", now=NOW) == [
        Standing("heavy", 0, None, MIDNIGHT),
        Standing("heavy:day", 1, 15_000, None),
        Standing("host:host-1", 1, 100, None),
        Standing("light", 0, None, None),
        Standing("light:day", 1, None, None),
    ]
    assert [each.used for each in standings(dbs, OWN, "pro", now=MIDNIGHT)] == [0] * 5
