"""Accounts we may speak to Zoom for: whether they are connected, and what became of that.

Our own account has one row with a fixed id, made when it is first used. What goes wrong with an account's access is one
state for all processes: nobody calls while it is lost, and an alarm says so once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.models import ZoomAccount
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.bindings import resume_account
from wmd.services.states import audit

#: The id of our own account's row.
OWN: Final = "own"
LOST: Final = N_("Zoom does not let us in any more. Links stay as they are; the page about Zoom says what to do.")


def alarm_key(account_id: str) -> str:
    """Return the key of the alarm that says that an account is lost."""
    return f"zoom:{account_id}"


def find_account(dbs: Session, account_id: str) -> ZoomAccount | None:
    """Return an account's row, locked where the database locks rows."""
    return dbs.get(ZoomAccount, account_id, with_for_update=True)


def own_account(dbs: Session, zoom_account: str, *, now: datetime) -> ZoomAccount:
    """Return our own account's row, made at first use; other credentials in the settings begin anew."""
    row = dbs.get(ZoomAccount, OWN)
    if row is None:
        make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
        values = {
            "id": OWN, "kind": "own", "zoom_account": zoom_account, "zoom_user": "", "state": "connected", "reason": "",
            "access": "", "refresh": "", "api_url": "", "scopes": [], "missing_scopes": [], "failures": 0,
            "created_at": now,
        }  # fmt: skip
        dbs.execute(make(ZoomAccount).values(values).on_conflict_do_nothing())
        row = dbs.get_one(ZoomAccount, OWN)
    if row.zoom_account != zoom_account:
        row.zoom_account = zoom_account
        connect_again(dbs, row, actor="command", now=now)
    return row


def lose(dbs: Session, account: ZoomAccount, reason: str, *, actor: str, now: datetime) -> bool:
    """Say that Zoom does not know an account any more; tell whether that is news. The caller commits."""
    if account.state != "connected":
        return False
    account.state, account.reason, account.lost_at = "lost", reason, now
    account.access, account.access_from, account.access_until = "", None, None
    audit(
        dbs, actor=actor, action="move", kind="zoom-account", subject_id=account.id, before="connected", after="lost",
        detail={"reason": ["", reason]}, now=now,
    )  # fmt: skip
    raise_alarm(dbs, alarm_key(account.id), LOST, now=now)
    return True


def connect_again(dbs: Session, account: ZoomAccount, *, actor: str, now: datetime, keeps_token: bool = False) -> int:
    """Let calls be made again, with a fresh token, and have its rooms read; return how many. The caller commits.

    ``keeps_token``: the one that it has is the fresh one.
    """
    before = account.state
    account.state, account.reason, account.lost_at = "connected", "", None
    if not keeps_token:
        account.access, account.access_from, account.access_until = "", None, None
    account.missing_scopes, account.failures, account.open_until = [], 0, None
    if before != "connected":
        audit(
            dbs, actor=actor, action="move", kind="zoom-account", subject_id=account.id, before=before,
            after="connected", now=now,
        )  # fmt: skip
    clear_alarm(dbs, alarm_key(account.id), now=now)
    dbs.flush()
    return resume_account(dbs, account.id, actor=actor, now=now)


def miss_scopes(account: ZoomAccount, scopes: Sequence[str]) -> None:
    """Note rights that a call lacked, so that staff read which to tick."""
    account.missing_scopes = sorted({*account.missing_scopes, *scopes})


def all_accounts(dbs: Session) -> list[ZoomAccount]:
    """Return every account, our own first."""
    return list(dbs.scalars(select(ZoomAccount).order_by(ZoomAccount.kind, ZoomAccount.created_at, ZoomAccount.id)))
