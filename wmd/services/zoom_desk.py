"""What staff see of the connection to Zoom: accounts, what is left to spend, calls, bindings by state, webhooks.

Numbers and static words alone: no address, link, id of a room or anything else that Zoom wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from wmd.models import Organisation, WebinarBinding, ZoomAccount, ZoomBudget, ZoomCall, ZoomPush, ZoomWebhook
from wmd.services.bindings import READ_KINDS
from wmd.services.states import audit
from wmd.services.zoom_accounts import all_accounts
from wmd.services.zoom_budget import PLANS, Standing, limit_of
from wmd.services.zoom_calls import recent_calls

HOUR: Final = timedelta(hours=1)
MOST_CALLS: Final = 40
_MOST_ACCOUNTS: Final = 100


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account, whose it is (a blank: ours), and what of its limits is used."""

    account: ZoomAccount
    organisation: str
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class ZoomPage:
    """All that the page shows.

    ``hour`` holds how many calls of the last hour ended how (a blank: well). ``bindings`` counts by kind and state,
    ``read_at`` is when a room was last read. ``due``: rooms that wait to be read. ``webhooks`` counts by state.
    ``stuck``: changes of rooms that Zoom did not take.
    """

    accounts: tuple[AccountView, ...]
    hour: Mapping[str, int]
    calls: Sequence[ZoomCall]
    bindings: Mapping[str, Mapping[str, int]]
    read_at: datetime | None
    due: int
    webhooks: Mapping[str, int]
    webhook_at: datetime | None
    stuck: int


def read_zoom(dbs: Session, *, plan: str, now: datetime) -> ZoomPage:
    """Return what the page shows. Nine queries at most, however many rooms and accounts there are."""
    accounts = all_accounts(dbs)[:_MOST_ACCOUNTS]
    hour = dbs.execute(select(ZoomCall.fault, func.count()).where(ZoomCall.at > now - HOUR).group_by(ZoomCall.fault))
    bindings: dict[str, dict[str, int]] = {}
    counted = dbs.execute(
        select(WebinarBinding.kind, WebinarBinding.state, func.count())
        .where(WebinarBinding.ended_at.is_(None))
        .group_by(WebinarBinding.kind, WebinarBinding.state)
        .order_by(WebinarBinding.kind, WebinarBinding.state)
    )
    for kind, state, count in counted:
        bindings.setdefault(kind, {})[state] = count
    read_at, due = dbs.execute(
        select(
            func.max(WebinarBinding.last_try_at),
            func.count().filter(WebinarBinding.next_try_at <= now, WebinarBinding.zoom_id != ""),
        ).where(WebinarBinding.ended_at.is_(None), WebinarBinding.kind.in_(READ_KINDS))
    ).one()
    webhooks = dbs.execute(
        select(ZoomWebhook.state, func.count(), func.max(ZoomWebhook.received_at)).group_by(ZoomWebhook.state)
    ).all()
    return ZoomPage(
        _views(dbs, accounts, plan, now), dict(hour.tuples().all()), recent_calls(dbs, limit=MOST_CALLS), bindings,
        read_at, due, {state: count for state, count, _ in webhooks},
        max((at for _, _, at in webhooks), default=None),
        dbs.scalar(select(func.count()).select_from(ZoomPush).where(ZoomPush.state == "failed")) or 0,
    )  # fmt: skip


def _views(dbs: Session, accounts: Sequence[ZoomAccount], plan: str, now: datetime) -> tuple[AccountView, ...]:
    ids = [each.id for each in accounts]
    spent: dict[str, list[Standing]] = {}
    rows = dbs.scalars(select(ZoomBudget).where(ZoomBudget.account_id.in_(ids)).order_by(ZoomBudget.label))
    for row in rows:
        shut = row.shut_until if row.shut_until is not None and row.shut_until > now else None
        used = row.used if row.day == now.date() else 0
        spent.setdefault(row.account_id, []).append(Standing(row.label, used, limit_of(row.label, PLANS[plan]), shut))
    names = dbs.execute(
        select(Organisation.id, Organisation.names, Organisation.language).where(
            Organisation.id.in_([each.organisation_id for each in accounts if each.organisation_id])
        )
    )
    named = {row.id: row.names.get(row.language) or next(iter(row.names.values()), "") for row in names}
    return tuple(
        AccountView(each, named.get(each.organisation_id or "", ""), tuple(spent.get(each.id, ()))) for each in accounts
    )


def read_all_now(dbs: Session, *, actor: str, now: datetime) -> int:
    """Let every room be read as soon as the job comes by; return how many. The budget still holds."""
    connected = select(ZoomAccount.id).where(ZoomAccount.state == "connected")
    rows = dbs.execute(
        update(WebinarBinding)
        .where(
            WebinarBinding.ended_at.is_(None), WebinarBinding.kind.in_(READ_KINDS), WebinarBinding.zoom_id != "",
            WebinarBinding.state != "ended",
            # An account that is lost is asked nothing; one that is not may have been given the right that was missing.
            or_(WebinarBinding.state != "auth_lost", WebinarBinding.account_id.in_(connected)),
        )
        .values(next_try_at=now, hinted_at=now)
        .returning(WebinarBinding.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    audit(
        dbs, actor=actor, action="read-rooms", kind="zoom-account", subject_id="all", detail={"rooms": [0, len(rows)]},
        now=now,
    )  # fmt: skip
    dbs.flush()
    return len(rows)


def somebody_to_ask(dbs: Session) -> str:
    """Return the Zoom id of a host of ours whose room was read, to try the connection with; a blank for none."""
    return (
        dbs.scalar(
            select(WebinarBinding.host_id)
            .where(
                WebinarBinding.kind.in_(("lookup", "managed")), WebinarBinding.ended_at.is_(None),
                WebinarBinding.host_id != "",
            )
            .order_by(WebinarBinding.last_ok_at.desc())
            .limit(1)
        )
        or ""
    )  # fmt: skip
