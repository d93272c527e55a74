"""Accounts that partners connect: whose they are, and what goes when one is taken out.

What ends an account, whoever does it, erases all that came through it: its tokens and names here, what its rooms said,
and the people that were read or carried there. The events stay as they are, with their links.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.models import PrivateLink, WebinarBinding, ZoomAccount, ZoomRegistrant, ZoomWebhook
from wmd.services.alarms import clear_alarm
from wmd.services.bindings import unbind
from wmd.services.private_links import delete_link
from wmd.services.states import audit
from wmd.services.zoom_accounts import alarm_key

#: Who says that an app may do nothing any more, in the trail.
ZOOM: Final = "job:zoom-webhooks"


def end_by_user(dbs: Session, zoom_account: str, zoom_user: str, now: datetime) -> int:
    """Take out the accounts that a Zoom user had connected, since that user took the app's rights back; return how
    many. The caller commits.
    """
    found = dbs.scalars(
        select(ZoomAccount).where(
            ZoomAccount.kind == "partner", ZoomAccount.zoom_user == zoom_user, ZoomAccount.zoom_user != "",
            ZoomAccount.zoom_account.in_(("", zoom_account)), ZoomAccount.state != "ended",
        )
    ).all()  # fmt: skip
    for account in found:
        end_account(dbs, account, "deauthorised", actor=ZOOM, mint=Mint(), now=now)
    return len(found)


def end_account(dbs: Session, account: ZoomAccount, reason: str, *, actor: str, mint: Mint, now: datetime) -> None:
    """Take a partner's account out and erase what came through it. The caller commits."""
    before, zoom_account = account.state, account.zoom_account
    bindings = dbs.scalars(select(WebinarBinding).where(WebinarBinding.account_id == account.id)).all()
    for binding in bindings:
        if binding.ended_at is None:
            unbind(dbs, binding, actor=actor, mint=mint, now=now)
    _erase(dbs, bindings, now)
    account.state, account.reason, account.lost_at = "ended", reason, account.lost_at or now
    account.access = account.refresh = account.api_url = account.zoom_account = account.zoom_user = ""
    account.access_from = account.access_until = account.renew_token = account.renew_until = None
    account.scopes, account.missing_scopes, account.open_until = [], [], None
    if zoom_account:
        dbs.execute(update(ZoomWebhook).where(ZoomWebhook.zoom_account == zoom_account).values(body=""))
    audit(
        dbs, actor=actor, action="move", kind="zoom-account", subject_id=account.id, before=before, after="ended",
        detail={"reason": ["", reason]}, now=now,
    )  # fmt: skip
    clear_alarm(dbs, alarm_key(account.id), now=now)
    dbs.flush()


def _erase(dbs: Session, bindings: Sequence[WebinarBinding], now: datetime) -> None:
    """Forget what rooms said, and who was in them."""
    for binding in bindings:
        binding.snapshot, binding.snapshot_hash, binding.host_id, binding.zoom_uuid = {}, "", "", ""
        if binding.join_link_id is not None:
            delete_link(dbs.get_one(PrivateLink, binding.join_link_id), now=now)
        dbs.execute(delete(ZoomRegistrant).where(ZoomRegistrant.binding_id == binding.id))
    dbs.flush()
