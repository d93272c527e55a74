"""Asking Zoom once with a token that is stored nowhere yet: whose account did somebody just connect?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from wmd.domain.zoom.answers import ZoomUser
from wmd.domain.zoom.calls import Call, Delay, Label, Token
from wmd.domain.zoom.faults import AuthLost, ZoomFault
from wmd.gateways.zoom.client import ZoomClient
from wmd.gateways.zoom.tokens import TokenDesk


class OneToken:
    """A token that cannot be renewed (:class:`wmd.domain.zoom.calls.TokenStore`)."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def current(self) -> Token:
        """Return the token."""
        return self._token

    def renew_with(self, fetch: Callable[[str], Token], *, instead_of: Token | None, is_urgent: bool = True) -> Token:
        """Raise AuthLost: a token that Zoom does not take when it is new is none."""
        del fetch, instead_of, is_urgent
        raise AuthLost("token")

    def note(self, fault: ZoomFault | None) -> None:
        """Take nothing down."""


class Unspent:
    """A budget for the one call (:class:`wmd.domain.zoom.calls.Budget`): it belongs to no account that we count for."""

    def take(self, label: Label, now: datetime, *, host: str | None = None, at_leisure: bool = False) -> Delay | None:
        """Let it be made."""

    def note(
        self,
        label: Label,
        status: int,
        headers: Mapping[str, str],
        now: datetime,
        *,
        until: datetime | None = None,
        host: str | None = None,
    ) -> None:
        """Take nothing down."""


class Unnoted:
    """A log that keeps nothing (:class:`wmd.domain.zoom.calls.CallLog`): the account has no row yet."""

    def note(self, call: Call) -> None:
        """Take nothing down."""


def who_is_it(desk: TokenDesk, token: Token, *, api_url: str, sleep: Callable[[float], object]) -> ZoomUser:
    """Return the Zoom user who gave us a token. Raises ZoomFault."""
    client = ZoomClient(
        desk.credentials, http=desk.http, tokens=OneToken(token), budget=Unspent(), calls=Unnoted(), clock=desk.clock,
        sleep=sleep, oauth_url=desk.oauth_url, api_url=api_url, may_reach=desk.may_reach,
    )  # fmt: skip
    return client.user("me")
