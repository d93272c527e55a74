"""Zoom's tokens: sealed in their own row, renewed by one of many, and lost for all when Zoom says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.conftest import Clock
from tests.models.dumps import dump
from wmd.domain.zoom.calls import Token
from wmd.domain.zoom.faults import AuthLost, Fix, RetryAt
from wmd.models import Alarm, AuditEntry, ZoomAccount
from wmd.secretbox import SecretBox
from wmd.services.zoom_accounts import OWN, connect_again
from wmd.services.zoom_tokens import LEASE, AccountTokens

NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOX = SecretBox.derived("a secret of these tests")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def store(dbs: Session, clock: Clock) -> Callable[[], AccountTokens]:
    """Make the store of one process."""
    new_session = sessionmaker(dbs.get_bind())
    dbs.rollback()

    def make() -> AccountTokens:
        return AccountTokens(
            OWN, new_session=new_session, box=BOX, clock=clock, sleep=lambda _s: None, zoom_account="account-1"
        )

    return make


def token(name: str, from_at: datetime = NOW, **changes: object) -> Token:
    return Token(f"secret-{name}", from_at, from_at + HOUR, "https://api-us.zoom.us/v2", ("a:read:b",), **changes)  # type: ignore[arg-type]


def account(dbs: Session) -> ZoomAccount:
    dbs.rollback()
    dbs.expire_all()
    return dbs.get_one(ZoomAccount, OWN)


def seen(dbs: Session, column: str) -> object:
    """Return one column of the account, and leave no transaction open that others would wait for."""
    found: object = getattr(account(dbs), column)
    dbs.rollback()
    return found


def refuses(_refresh: str) -> Token:
    raise AuthLost("credentials", status=400)


def never(_refresh: str) -> Token:
    raise AssertionError("nobody had to ask")


def test_token_is_kept_sealed_for_all_processes(database_url: str, store: Callable[[], AccountTokens]) -> None:
    first = store()
    assert first.current() is None
    assert first.renew_with(lambda _refresh: token("one"), instead_of=None) == token("one")
    assert store().current() == token("one")
    rows = dump(database_url)["zoom_accounts"]
    assert (len(rows), "secret-one" in repr(rows)) == (1, False)


def test_sealed_token_opens_in_its_own_row_and_column_only(dbs: Session, store: Callable[[], AccountTokens]) -> None:
    tokens = store()
    tokens.current()
    tokens.renew_with(lambda _refresh: token("one", refresh="secret-refresh"), instead_of=None)
    row = account(dbs)
    row.access, row.refresh = row.refresh, row.access
    dbs.commit()
    assert tokens.current() is None
    assert tokens.renew_with(lambda refresh: token(f"two{refresh}"), instead_of=None).access == "secret-two"


def test_refresh_token_is_used_once_and_replaced(store: Callable[[], AccountTokens]) -> None:
    tokens = store()
    tokens.current()
    used: list[str] = []

    def fetch(refresh: str) -> Token:
        used.append(refresh)
        return token(f"access-{len(used)}", refresh=f"refresh-{len(used)}")

    first = tokens.renew_with(fetch, instead_of=None)
    tokens.renew_with(fetch, instead_of=first)
    assert used == ["", "refresh-1"]


def test_what_another_has_fetched_meanwhile_is_taken(store: Callable[[], AccountTokens]) -> None:
    one, other = store(), store()
    one.current()
    old = one.renew_with(lambda _refresh: token("old"), instead_of=None)
    other.renew_with(lambda _refresh: token("new"), instead_of=old)
    assert one.renew_with(never, instead_of=old).access == "secret-new"


def test_of_many_that_come_at_once_one_asks(store: Callable[[], AccountTokens]) -> None:
    tokens = [store() for _ in range(4)]
    old = token("old")
    tokens[0].current()
    tokens[0].renew_with(lambda _refresh: old, instead_of=None)
    barrier, asked, found = Barrier(len(tokens)), [], []

    def fetch(_refresh: str) -> Token:
        asked.append(1)
        return token("new")

    def work(mine: AccountTokens) -> None:
        barrier.wait(5)
        found.append(mine.renew_with(fetch, instead_of=old).access)

    threads = [Thread(target=work, args=(each,)) for each in tokens]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert (len(asked), found) == (1, ["secret-new"] * 4)


def test_lease_of_one_that_died_ends(dbs: Session, store: Callable[[], AccountTokens], clock: Clock) -> None:
    tokens = store()
    tokens.current()
    row = account(dbs)
    row.renew_token, row.renew_until = "somebody", NOW + LEASE
    dbs.commit()
    with pytest.raises(RetryAt) as caught:
        tokens.renew_with(never, instead_of=None)
    assert caught.value.surely_not_arrived is True
    with pytest.raises(RetryAt):
        tokens.renew_with(never, instead_of=None, is_urgent=False)
    clock.now = NOW + LEASE
    assert tokens.renew_with(lambda _refresh: token("new"), instead_of=None) == token("new")


def test_one_that_overslept_its_lease_saves_nothing(store: Callable[[], AccountTokens], clock: Clock) -> None:
    slow, quick = store(), store()
    slow.current()

    def fetch(_refresh: str) -> Token:
        clock.now = NOW + 2 * LEASE
        quick.renew_with(lambda _refresh: token("quick"), instead_of=None)
        return token("slow")

    assert slow.renew_with(fetch, instead_of=None).access == "secret-quick"
    assert store().current() == token("quick")


def test_fault_on_the_way_gives_the_lease_back(dbs: Session, store: Callable[[], AccountTokens]) -> None:
    tokens = store()
    tokens.current()

    def breaks(_refresh: str) -> Token:
        raise RetryAt("network")

    with pytest.raises(RetryAt):
        tokens.renew_with(breaks, instead_of=None)
    row = account(dbs)
    assert (row.renew_token, row.renew_until, row.state) == (None, None, "connected")


def test_account_that_zoom_refuses_is_lost_for_all_until_it_is_connected_again(
    dbs: Session, store: Callable[[], AccountTokens]
) -> None:
    tokens = store()
    tokens.current()
    with pytest.raises(AuthLost):
        tokens.renew_with(refuses, instead_of=None)
    for each in (tokens, store()):
        with pytest.raises(AuthLost) as caught:
            each.current()
        assert caught.value.reason == "account"
    row = account(dbs)
    assert (row.state, row.reason, row.access, row.renew_token) == ("lost", "credentials", "", None)
    alarm = dbs.get_one(Alarm, "zoom:own")
    assert alarm.cleared_at is None
    assert connect_again(dbs, row, actor="person:7", now=NOW) == 0
    dbs.commit()
    assert tokens.current() is None
    entries = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "zoom-account").order_by(AuditEntry.id))
    assert [(each.actor, each.before, each.after, each.detail) for each in entries] == [
        ("job:zoom", "connected", "lost", {"reason": ["", "credentials"]}),
        ("person:7", "lost", "connected", {}),
    ]
    dbs.expire_all()
    assert dbs.get_one(Alarm, "zoom:own").cleared_at == NOW


def test_other_credentials_in_the_settings_begin_anew(
    dbs: Session, store: Callable[[], AccountTokens], clock: Clock
) -> None:
    tokens = store()
    tokens.current()
    with pytest.raises(AuthLost):
        tokens.renew_with(refuses, instead_of=None)
    other = AccountTokens(
        OWN,
        new_session=sessionmaker(dbs.get_bind()),
        box=BOX,
        clock=clock,
        sleep=lambda _s: None,
        zoom_account="account-2",
    )
    assert other.current() is None
    row = account(dbs)
    assert (row.state, row.zoom_account) == ("connected", "account-2")


def test_calls_say_what_the_account_lacks_and_that_it_is_well(
    dbs: Session, store: Callable[[], AccountTokens], clock: Clock
) -> None:
    tokens = store()
    tokens.current()
    tokens.note(Fix("scopes", scopes=("x:read:y", "a:read:b")))
    tokens.note(Fix("scopes", scopes=("a:read:b",)))
    tokens.note(Fix("fields", fields=("topic",)))
    assert seen(dbs, "missing_scopes") == ["a:read:b", "x:read:y"]
    tokens.note(None)
    clock.now = NOW + timedelta(seconds=30)
    tokens.note(None)
    assert seen(dbs, "last_ok_at") == NOW
    clock.now = NOW + timedelta(seconds=61)
    tokens.note(None)
    assert seen(dbs, "last_ok_at") == NOW + timedelta(seconds=61)
    # A right that came with a new token is missed no more.
    tokens.renew_with(lambda _refresh: token("new"), instead_of=None)
    assert seen(dbs, "missing_scopes") == ["x:read:y"]
    tokens.note(AuthLost("token", status=401))
    assert seen(dbs, "state") == "lost"


def test_partner_without_a_row_is_not_connected(dbs: Session, clock: Clock) -> None:
    dbs.rollback()
    tokens = AccountTokens(
        "nobody", new_session=sessionmaker(dbs.get_bind()), box=BOX, clock=clock, sleep=lambda _s: None
    )
    with pytest.raises(AuthLost):
        tokens.current()
    with pytest.raises(AuthLost):
        tokens.renew_with(never, instead_of=None)
    for fault in (None, AuthLost("token"), Fix("scopes", scopes=("a:read:b",))):
        tokens.note(fault)
    assert dbs.scalars(select(ZoomAccount)).all() == []
