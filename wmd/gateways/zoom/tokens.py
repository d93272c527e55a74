"""Where tokens come from: for our own account (server to server), and for a partner's by consent (OAuth with PKCE).

https://developers.zoom.us/docs/internal-apps/s2s-oauth/ and https://developers.zoom.us/docs/integrations/oauth/. Ids
and codes go in the body of the request, never in an address that somebody may log.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import requests

from wmd.domain.zoom.calls import Token
from wmd.domain.zoom.faults import AuthLost, Garbled, RetryAt, ZoomFault
from wmd.gateways.zoom.retry_after import wait_until
from wmd.gateways.zoom.transport import LIMITS, Answer, Limits, NoAnswer, TooLong, exchange

#: A token that lives shorter or longer than this is none that we know.
_SHORTEST_S, _LONGEST_S = 60, 86_400
_LONGEST_TOKEN = 8192
#: Until it is tried again, when Zoom does not know the app that partners connect to.
_APP_REFUSED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ServerCredentials:
    """A server-to-server app of our own account. Never of somebody else's: Zoom's terms forbid it."""

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PartnerCredentials:
    """An OAuth app that partners connect their own accounts to."""

    client_id: str
    client_secret: str = field(repr=False)


Credentials = ServerCredentials | PartnerCredentials


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Asks Zoom for tokens. ``may_reach`` is the gate for the base address that comes with them."""

    credentials: Credentials
    http: requests.Session
    clock: Callable[[], datetime]
    may_reach: Callable[[str], bool]
    oauth_url: str = "https://zoom.us"
    limits: Limits = LIMITS

    def fetch(self, refresh: str) -> Token:
        """Return a new token: of our own account, or for a partner's single-use refresh token.

        Raises AuthLost when Zoom knows us no more, RetryAt when it does not answer.
        """
        if isinstance(self.credentials, ServerCredentials):
            form = {"grant_type": "account_credentials", "account_id": self.credentials.account_id}
            return self._ask(form)
        if not refresh:
            raise AuthLost("grant")
        return self._ask({"grant_type": "refresh_token", "refresh_token": refresh})

    def exchange_code(self, code: str, *, redirect_uri: str, verifier: str) -> Token:
        """Return a partner's first token for the code that they brought back; a code lives five minutes, once."""
        return self._ask(
            {
                "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }
        )  # fmt: skip

    def authorise_url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Return where a partner says yes (RFC 7636: only a digest of the verifier is shown)."""
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        query = {
            "response_type": "code", "client_id": self.credentials.client_id, "redirect_uri": redirect_uri,
            "state": state, "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self.oauth_url}/oauth/authorize?{urlencode(query)}"

    def revoke(self, access: str) -> None:
        """Tell Zoom that a partner's token is to be good for nothing any more."""
        answer = self._send("/oauth/revoke", {"token": access})
        if answer.status >= 400:
            raise self._fault(answer, self.clock())

    def _ask(self, form: Mapping[str, str]) -> Token:
        answer = self._send("/oauth/token", form)
        now = self.clock()
        if answer.status != 200:
            raise self._fault(answer, now)
        return self._token(answer, now)

    def _send(self, path: str, form: Mapping[str, str]) -> Answer:
        basic = (self.credentials.client_id, self.credentials.client_secret)
        try:
            return exchange(self.http, "POST", f"{self.oauth_url}{path}", self.limits, form=form, basic=basic)
        except NoAnswer as fault:
            raise RetryAt("network", surely_not_arrived=fault.surely_not_arrived) from None
        except TooLong:
            raise Garbled("too long") from None

    def _fault(self, answer: Answer, now: datetime) -> ZoomFault:
        fault = _fault(answer, now)
        is_of_app = isinstance(fault, AuthLost) and fault.reason != "grant"
        if not is_of_app or isinstance(self.credentials, ServerCredentials):
            return fault
        # It is our app that Zoom refuses: no partner has taken anything back, and all are well once it is mended.
        return RetryAt(
            "credentials", at=now + _APP_REFUSED, surely_not_arrived=True, status=fault.status,
            tracking_id=fault.tracking_id,
        )  # fmt: skip

    def _token(self, answer: Answer, now: datetime) -> Token:
        data = _read(answer)
        access, life_s, refresh = data.get("access_token"), data.get("expires_in"), data.get("refresh_token") or ""
        if not (
            isinstance(access, str) and 0 < len(access) <= _LONGEST_TOKEN and access.isascii() and access.isprintable()
        ):
            raise Garbled("access_token is missing", tracking_id=answer.tracking_id)
        if isinstance(life_s, bool) or not isinstance(life_s, int) or not _SHORTEST_S <= life_s <= _LONGEST_S:
            raise Garbled("expires_in is not a time", tracking_id=answer.tracking_id)
        if not isinstance(refresh, str) or len(refresh) > _LONGEST_TOKEN:
            raise Garbled("refresh_token is not a text", tracking_id=answer.tracking_id)
        scope = data.get("scope")
        return Token(
            access, from_at=now, until_at=now + timedelta(seconds=life_s), api_url=self._base(data.get("api_url")),
            scopes=tuple(sorted(set(scope.split()))[:200]) if isinstance(scope, str) else (), refresh=refresh,
        )  # fmt: skip

    def _base(self, api_url: object) -> str:
        """Return the base address that Zoom names, "" when it names none or one that is not Zoom's."""
        if not isinstance(api_url, str) or not self.may_reach(api_url):
            return ""
        return api_url.rstrip("/").removesuffix("/v2") + "/v2"


def _read(answer: Answer) -> Mapping[str, object]:
    try:
        data = answer.read()
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Garbled("token", status=answer.status, tracking_id=answer.tracking_id)
    return data


def _fault(answer: Answer, now: datetime) -> ZoomFault:
    at = wait_until(answer.headers.get("Retry-After"), now)
    if answer.status == 429:
        at = at or now + timedelta(seconds=1)
        return RetryAt("rate", at=at, surely_not_arrived=True, status=429, tracking_id=answer.tracking_id)
    if answer.status >= 500 or answer.status < 400:
        return RetryAt("server", at=at, status=answer.status, tracking_id=answer.tracking_id)
    try:
        error = _read(answer).get("error")
    except Garbled as garbled:
        return garbled
    # Terminal in either case: asking again with the same credentials changes nothing (RFC 6749 section 5.2).
    reason = "grant" if error == "invalid_grant" else "credentials"
    return AuthLost(reason, status=answer.status, tracking_id=answer.tracking_id)  # type: ignore[arg-type]
