"""Zoom's tokens, one for each account and shared by all processes: sealed in the account's row, renewed under a lease.

A lease is a random word with an end, in the row itself: whoever holds it asks Zoom, outside any transaction, and
saves what came only while the word is still theirs. The others wait for the outcome.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from wmd.domain.findings import N_
from wmd.domain.zoom.calls import Token
from wmd.domain.zoom.faults import AuthLost, Fix, RetryAt, ZoomFault
from wmd.models import ZoomAccount
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.zoom_accounts import OWN, connect_again, find_account, lose, miss_scopes, own_account

#: Longer than a token request may take with all its limits.
LEASE: Final = timedelta(seconds=45)
#: How long others wait for it, and how often they look.
_LOOKS: Final = 100
_LOOK_EVERY_S: Final = 0.2
#: That all is well is written down so often.
_WELL_EVERY: Final = timedelta(minutes=1)
_ACTOR: Final = "job:zoom"
#: The key of the alarm that Zoom refuses the app that partners connect to.
PARTNER_APP: Final = "zoom-partner-app"
APP_REFUSED: Final = N_(
    "Zoom does not know the app that partners connect to, or its secret: their rooms are not read until the settings "
    "are right."
)


@dataclass(frozen=True, slots=True)
class _Lease:
    word: str
    refresh: str


class AccountTokens:
    """Where the token of one account stands (:class:`wmd.domain.zoom.calls.TokenStore`).

    ``new_session`` gives a database session of its own for each short transaction. ``zoom_account`` is our own
    account's id with Zoom, "" for a partner's row, which is there already.
    """

    def __init__(
        self,
        account_id: str,
        *,
        new_session: Callable[[], AbstractContextManager[Session]],
        box: SecretBox,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        zoom_account: str = "",
    ) -> None:
        self.account_id, self._zoom_account = account_id, zoom_account
        self._new_session, self._box, self._clock, self._sleep = new_session, box, clock, sleep
        self._well_at: datetime | None = None

    def current(self) -> Token | None:
        """Return the stored token, over or not. Raises AuthLost where the account is not connected."""
        with self._new_session() as dbs:
            if self.account_id == OWN:
                row: ZoomAccount | None = own_account(dbs, self._zoom_account, now=self._clock())
                dbs.commit()
            else:
                row = dbs.get(ZoomAccount, self.account_id)
            return self._stored(_connected(row))

    def renew_with(self, fetch: Callable[[str], Token], *, instead_of: Token | None, is_urgent: bool = True) -> Token:
        """Return another token than ``instead_of``: what somebody else has stored meanwhile, or a new one.

        Raises what ``fetch`` raises, and RetryAt when another holds the lease for too long (or, where it is not urgent,
        at all).
        """
        for _ in range(_LOOKS if is_urgent else 1):
            found = self._begin(instead_of)
            if isinstance(found, Token):
                return found
            if found is not None:
                return self._renew(found, fetch)
            if is_urgent:
                self._sleep(_LOOK_EVERY_S)
        raise RetryAt("server", surely_not_arrived=True)

    def note(self, fault: ZoomFault | None) -> None:
        """Take down what a call says about the account."""
        now = self._clock()
        if isinstance(fault, AuthLost):
            with self._new_session() as dbs:
                row = find_account(dbs, self.account_id)
                if row is not None:
                    lose(dbs, row, fault.reason, actor=_ACTOR, now=now)
                dbs.commit()
        elif isinstance(fault, Fix) and fault.scopes:
            with self._new_session() as dbs:
                row = find_account(dbs, self.account_id)
                if row is not None:
                    miss_scopes(row, fault.scopes)
                dbs.commit()
        elif fault is None and (self._well_at is None or now - self._well_at >= _WELL_EVERY):
            self._well_at = now
            with self._new_session() as dbs:
                row = find_account(dbs, self.account_id)
                if row is not None:
                    row.last_ok_at = now
                dbs.commit()

    def _begin(self, instead_of: Token | None) -> Token | _Lease | None:
        """Return a token that is newer, or a lease to fetch one, or None while somebody else holds it."""
        with self._new_session() as dbs:
            row = _connected(find_account(dbs, self.account_id))
            now, stored = self._clock(), self._stored(row)
            is_other = stored is not None and (instead_of is None or stored.access != instead_of.access)
            if stored is not None and is_other and not stored.is_over(now):
                return stored
            if row.renew_until is not None and row.renew_until > now:
                return None
            lease = _Lease(secrets.token_hex(16), self._opened(row.id, "refresh", row.refresh))
            row.renew_token, row.renew_until = lease.word, now + LEASE
            dbs.commit()
            return lease

    def _renew(self, lease: _Lease, fetch: Callable[[str], Token]) -> Token:
        token: Token | None = None
        lost: AuthLost | None = None
        try:
            token = fetch(lease.refresh)
        except AuthLost as fault:
            lost = fault
            raise
        except RetryAt as fault:
            if fault.reason == "credentials":
                self._app_refused()
            raise
        finally:
            kept = self._end(lease, token, lost)
        if kept is None:
            raise RetryAt("server", surely_not_arrived=True)
        return kept

    def _end(self, lease: _Lease, token: Token | None, lost: AuthLost | None) -> Token | None:
        """Give the lease back with what came of it, and return the token that holds now."""
        with self._new_session() as dbs:
            row = find_account(dbs, self.account_id)
            if row is None or row.renew_token != lease.word:
                # It took longer than the lease, and another has been at it.
                return self._stored(row) if row is not None else None
            row.renew_token, row.renew_until = None, None
            if token is not None and row.state == "connected":
                store_token(dbs, self._box, row, token)
                _take_rights(dbs, row, self._clock())
                if row.kind == "partner":
                    clear_alarm(dbs, PARTNER_APP, now=self._clock())
            if lost is not None:
                lose(dbs, row, lost.reason, actor=_ACTOR, now=self._clock())
            dbs.commit()
            return token

    def _app_refused(self) -> None:
        """Raise the alarm, once for all partners: that Zoom does not know the app is theirs to mend who run this."""
        with self._new_session() as dbs:
            raise_alarm(dbs, PARTNER_APP, APP_REFUSED, now=self._clock())
            dbs.commit()

    def _stored(self, row: ZoomAccount) -> Token | None:
        access = self._opened(row.id, "access", row.access)
        if not access or row.access_from is None or row.access_until is None:
            return None
        return Token(access, row.access_from, row.access_until, row.api_url, tuple(row.scopes))

    def _opened(self, row_id: str, column: str, sealed: str) -> str:
        """Return a secret of a row; "" where there is none, or its key is gone: then a new one is fetched."""
        try:
            return self._box.open(sealed, purpose=_purpose(row_id, column)) if sealed else ""
        except SecretBoxError:
            return ""


def store_token(dbs: Session, box: SecretBox, row: ZoomAccount, token: Token) -> None:
    """Put a token into its row, sealed. For whoever holds the row's lease, or has just made the row."""
    row.access = box.seal(token.access, purpose=_purpose(row.id, "access"))
    row.access_from, row.access_until, row.api_url = token.from_at, token.until_at, token.api_url
    if token.refresh:
        row.refresh = box.seal(token.refresh, purpose=_purpose(row.id, "refresh"))
    row.scopes = list(token.scopes)
    dbs.flush()


def _take_rights(dbs: Session, row: ZoomAccount, now: datetime) -> None:
    """Read rooms again that could not be for want of a right, once a token brings one of those that were missing."""
    left = sorted(set(row.missing_scopes) - set(row.scopes))
    if left != row.missing_scopes:
        connect_again(dbs, row, actor=_ACTOR, now=now, keeps_token=True)
        row.missing_scopes = left


def _connected(row: ZoomAccount | None) -> ZoomAccount:
    if row is None or row.state != "connected":
        raise AuthLost("account")
    return row


def _purpose(row_id: str, column: str) -> str:
    return f"zoom_accounts.{column}.{row_id}"
