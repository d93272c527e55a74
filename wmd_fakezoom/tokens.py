"""Who may ask: apps, access tokens of both flows, refresh tokens that work once, codes with PKCE, scopes.

After developers.zoom.us on Server-to-Server OAuth and OAuth; RFC 7636 for PKCE.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wmd_fakezoom.ids import Ids
from wmd_fakezoom.records import User

ACCESS_LIFE: Final = timedelta(hours=1)
CODE_LIFE: Final = timedelta(minutes=5)
REFRESH_LIFE: Final = timedelta(days=90)

_KINDS: Final = ("webinar", "meeting")
#: What our service can ask for, granular, without the ``:admin`` that server-to-server apps have at the end.
ALL_SCOPES: Final = (
    *(
        f"{kind}:{what}"
        for kind in _KINDS
        for what in (
            f"read:{kind}",
            f"read:list_{kind}s",
            f"write:{kind}",
            f"update:{kind}",
            f"delete:{kind}",
            "write:registrant",
            "write:batch_registrants",
            "read:list_registrants",
            "read:registrant",
            "update:registrant_status",
            "delete:registrant",
            "read:list_registration_questions",
            "update:registration_question",
            "read:list_past_participants",
            "read:list_past_instances",
        )
    ),
    "webinar:read:list_absentees",
    "webinar:read:list_tracking_sources",
    "webinar:read:list_panelists",
    "webinar:write:panelist",
    "webinar:delete:panelist",
    "report:read:list_webinar_participants",
    "user:read:user",
    "user:read:settings",
)


@dataclass
class App:
    """An app of Zoom's marketplace. With ``account_id`` it is server-to-server, without it users authorise it."""

    client_id: str
    client_secret: str
    account_id: str | None = None
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ALL_SCOPES

    def granted(self) -> tuple[str, ...]:
        """Return the scopes as they stand in a token."""
        return tuple(f"{item}:admin" for item in self.scopes) if self.account_id else self.scopes


@dataclass
class Access:
    """An access token: of an account (``user`` empty) or of one user."""

    value: str
    app: App
    account_id: str
    user: User | None
    scopes: tuple[str, ...]
    expires_at: datetime
    is_dead: bool = False

    def allows(self, scope: str) -> bool:
        """Say whether a scope is among those of the token, in its granular or its classic form."""
        kind, verb = scope.split(":")[:2]
        classic = f"{kind}:{'read' if verb == 'read' else 'write'}"
        return any(f"{name}{end}" in self.scopes for name in (scope, classic) for end in ("", ":admin"))


@dataclass
class Refresh:
    """A refresh token; it works once."""

    value: str
    app: App
    user: User
    expires_at: datetime
    is_used: bool = False


@dataclass
class Code:
    """What a user's consent gave; it works once, for one redirect address, and for who knows the verifier."""

    value: str
    app: App
    user: User
    redirect_uri: str
    challenge: str
    method: str
    expires_at: datetime
    is_used: bool = False


class RefusedError(Exception):
    """A token request that fails: the ``error`` and ``reason`` of the answer, always with status 400."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(error)
        self.error = error
        self.reason = reason


@dataclass
class Tokens:
    """All apps and tokens."""

    ids: Ids
    apps: list[App] = field(default_factory=list)
    access: dict[str, Access] = field(default_factory=dict)
    refresh: dict[str, Refresh] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    #: As in 2022 and 2023: a new server-to-server token ends the one before.
    one_at_a_time: bool = False
    #: The length of a new access token's life; Zoom's is an hour.
    access_life: timedelta = ACCESS_LIFE

    def app(self, client_id: str, client_secret: str | None = None) -> App:
        """Return an app by its credentials, or by its id alone, or raise ``RefusedError``."""
        for item in self.apps:
            if item.client_id == client_id and client_secret in {None, item.client_secret}:
                return item
        raise RefusedError("invalid_client", "Invalid client_id or client_secret")

    def for_account(self, app: App, account_id: str, now: datetime) -> Access:
        """Give an account's token to its server-to-server app."""
        if app.account_id is None:
            raise RefusedError("unsupported_grant_type", "unsupported grant type")
        if account_id != app.account_id:
            raise RefusedError("invalid_request", "Bad Request")
        if self.one_at_a_time:
            self.kill(app)
        return self._give(app, account_id, None, now)

    def consent(
        self, app: App, user: User, redirect_uri: str, now: datetime, *, challenge: str = "", method: str = "plain"
    ) -> Code:
        """Note that a user let an app in, and return the code for it."""
        if redirect_uri not in app.redirect_uris:
            raise RefusedError("invalid_request", "Invalid redirect")
        code = Code(self.ids.text(40), app, user, redirect_uri, challenge, method, now + CODE_LIFE)
        self.codes[code.value] = code
        return code

    def for_code(self, app: App, value: str, redirect_uri: str, verifier: str, now: datetime) -> tuple[Access, Refresh]:
        """Exchange a code for a pair of tokens."""
        code = self.codes.get(value)
        if code is None or code.app is not app or code.is_used or now >= code.expires_at:
            raise RefusedError("invalid_grant", "Invalid authorization code")
        if code.redirect_uri != redirect_uri:
            raise RefusedError("invalid_request", "Redirect URI mismatch.")
        if code.challenge and not _verifies(code, verifier):
            raise RefusedError("invalid_grant", "Invalid code verifier")
        code.is_used = True
        return self._pair(app, code.user, now)

    def for_refresh(self, app: App, value: str, now: datetime) -> tuple[Access, Refresh]:
        """Exchange a refresh token for a new pair; the old one is used up."""
        old = self.refresh.get(value)
        if old is None or old.app is not app or old.is_used or now >= old.expires_at:
            raise RefusedError("invalid_grant", "Invalid Token!")
        old.is_used = True
        return self._pair(app, old.user, now)

    def find(self, value: str, now: datetime) -> tuple[Access | None, str]:
        """Return a token that is good, or nothing and why."""
        found = self.access.get(value)
        if found is None or found.is_dead:
            return None, "Invalid access token."
        return (found, "") if now < found.expires_at else (None, "Access token is expired.")

    def kill(self, app: App | None = None) -> None:
        """End the access tokens of an app, or all."""
        for item in self.access.values():
            item.is_dead = item.is_dead or app is None or item.app is app

    def revoke(self, user: User) -> list[App]:
        """Take back what a user allowed: both kinds of token end. Returns the apps that lost it."""
        lost = []
        for item in self.access.values():
            item.is_dead = item.is_dead or item.user is user
        for token in self.refresh.values():
            if token.user is user and not token.is_used:
                token.is_used = True
                lost.append(token.app)
        return [app for app in self.apps if app in lost]

    def _pair(self, app: App, user: User, now: datetime) -> tuple[Access, Refresh]:
        """Give a user's pair of tokens to an app."""
        refresh = Refresh(self.ids.text(60), app, user, now + REFRESH_LIFE)
        self.refresh[refresh.value] = refresh
        return self._give(app, user.account_id, user, now), refresh

    def _give(self, app: App, account_id: str, user: User | None, now: datetime) -> Access:
        """Give an access token to an app."""
        token = Access(self.ids.text(60), app, account_id, user, app.granted(), now + self.access_life)
        self.access[token.value] = token
        return token


def _verifies(code: Code, verifier: str) -> bool:
    """Say whether the verifier belongs to the challenge (RFC 7636 section 4.6)."""
    if code.method == "plain":
        return verifier == code.challenge
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == code.challenge
