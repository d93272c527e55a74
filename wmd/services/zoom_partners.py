"""Accounts that partners connect: whose they are, what keeps them alive, and what goes when one is taken out.

What ends an account, whoever does it, erases all that came through it: its tokens and names here, what its rooms said,
and the people that were read or carried there. The events stay as they are, with their links.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.zoom.answers import ZoomUser
from wmd.domain.zoom.calls import Token
from wmd.domain.zoom.states import State
from wmd.models import Organisation, PrivateLink, WebinarBinding, ZoomAccount, ZoomDrift, ZoomRegistrant, ZoomWebhook
from wmd.secretbox import SecretBox
from wmd.services.alarms import clear_alarm
from wmd.services.bindings import read_now, unbind
from wmd.services.private_links import delete_link
from wmd.services.room_mail import tell_account
from wmd.services.states import audit
from wmd.services.zoom_accounts import alarm_key, connect_again
from wmd.services.zoom_consents import Connecting
from wmd.services.zoom_tokens import store_token

#: Who says that an app may do nothing any more, in the trail.
ZOOM: Final = "job:zoom-webhooks"
#: A token that nobody needed for so long is renewed all the same.
RENEWED_AFTER: Final = timedelta(days=7)
#: Who was not told within this time hears of it no more: somebody kept the job from running.
TOLD_WITHIN: Final = timedelta(days=7)


def accounts_of(dbs: Session, organisation_id: str) -> list[ZoomAccount]:
    """Return the accounts that an organisation has connected, and those that were lost since."""
    wanted = ZoomAccount.organisation_id == organisation_id, ZoomAccount.state != "ended"
    return list(dbs.scalars(select(ZoomAccount).where(*wanted).order_by(ZoomAccount.created_at, ZoomAccount.id)))


def connect(
    dbs: Session, who: Connecting, token: Token, user: ZoomUser, *, box: SecretBox, mint: Mint, now: datetime
) -> ZoomAccount:
    """Keep a token that somebody brought back from Zoom: a Zoom user of theirs that is known is connected again.

    The caller commits.
    """
    # Two tabs that come back at once are one account.
    dbs.get_one(Organisation, who.organisation_id, with_for_update=True)
    row = dbs.scalars(
        select(ZoomAccount).where(
            ZoomAccount.organisation_id == who.organisation_id, ZoomAccount.zoom_user == user.id,
            ZoomAccount.state != "ended",
        )
    ).first()  # fmt: skip
    actor = f"person:{who.person_id}"
    if row is None:
        row = ZoomAccount(
            id=mint.uuid(), kind="partner", organisation_id=who.organisation_id, zoom_user=user.id, created_at=now
        )
        dbs.add(row)
        dbs.flush()
        audit(dbs, actor=actor, action="connect", kind="zoom-account", subject_id=row.id, after="connected", now=now)
    else:
        connect_again(dbs, row, actor=actor, now=now)
    row.zoom_account, row.connected_by, row.last_ok_at = user.account_id, who.person_id, now
    row.renew_token = row.renew_until = None
    store_token(dbs, box, row, token)
    return row


def idle_accounts(dbs: Session, *, now: datetime, limit: int) -> list[str]:
    """Return the ids of accounts whose token nobody needed for a week: unused, the right to a new one ends some day."""
    return list(
        dbs.scalars(
            select(ZoomAccount.id)
            .where(
                ZoomAccount.kind == "partner", ZoomAccount.state == "connected",
                ZoomAccount.access_from < now - RENEWED_AFTER,
            )
            .order_by(ZoomAccount.access_from, ZoomAccount.id)
            .limit(limit)
        )
    )  # fmt: skip


def tell_lost_accounts(dbs: Session, *, cause: str, box: SecretBox, now: datetime) -> int:
    """Write once to those who answer for an organisation whose account Zoom refuses, and have its rooms say so.

    Returns how many accounts were news. The caller commits.
    """
    told = 0
    lost = dbs.scalars(
        select(ZoomAccount)
        .where(ZoomAccount.kind == "partner", ZoomAccount.state == "lost", ZoomAccount.lost_at >= now - TOLD_WITHIN)
        .order_by(ZoomAccount.lost_at, ZoomAccount.id)
    )
    for account in lost:
        rooms = dbs.scalars(
            select(WebinarBinding).where(
                WebinarBinding.account_id == account.id, WebinarBinding.ended_at.is_(None),
                WebinarBinding.state != State.AUTH_LOST.value, WebinarBinding.hinted_at.is_(None),
            )
        ).all()  # fmt: skip
        for binding in rooms:
            # Reading it asks Zoom nothing any more, and writes down why.
            read_now(binding, now=now)
        told += bool(tell_account(dbs, account, cause=cause, box=box, now=now) or rooms)
    dbs.flush()
    return told


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
        binding.crew, binding.told_hash = [], ""
        dbs.execute(delete(ZoomRegistrant).where(ZoomRegistrant.binding_id == binding.id))
        # Both sides of a difference, also of one that was decided on, hold what the room said.
        dbs.execute(delete(ZoomDrift).where(ZoomDrift.binding_id == binding.id))
    dbs.flush()
