"""Single sign-on with an OpenID Connect provider: where to send the browser, and who came back.

Authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9700). The provider's
addresses come from its discovery document, which must name itself as the issuer (OpenID Connect Discovery 1.0 §4.3).
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

#: Signatures with a key of the provider's own; none that a shared secret could forge, and never "none".
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_KEPT_FOR = timedelta(minutes=10)
_MOST_BYTES = 256_000
_LEEWAY_S = 60
_SCOPE = "openid email profile"


class SingleSignOnError(Exception):
    """The provider could not be reached, or what came back is not to be trusted. The message holds no secret."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the browser's way back is checked against; kept in the browser's own signed cookie meanwhile."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who came back. ``email`` is blank unless the provider has verified it.

    ``methods`` are its ``acr`` and ``amr``.
    """

    subject: str
    email: str
    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Provider:
    authorize: str
    token: str
    keys_url: str
    keys: KeySet
    read_at: datetime


@dataclass(slots=True)
class SingleSignOn:
    """One provider. ``redirect_url`` is our own address that it sends browsers back to."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_url: str
    timeout_s: float = 5.0
    _provider: _Provider | None = field(default=None, repr=False)

    def begin(self, *, now: datetime) -> tuple[str, Handshake]:
        """Return where to send the browser, and what to keep until it is back. Raises SingleSignOnError."""
        provider = self._read(now)
        handshake = Handshake(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._session() as session:
            url, _ = session.create_authorization_url(
                provider.authorize, state=handshake.state, nonce=handshake.nonce,
                code_challenge=create_s256_code_challenge(handshake.verifier), code_challenge_method="S256",
            )  # fmt: skip
        return str(url), handshake

    def finish(self, handshake: Handshake, *, state: str, code: str, now: datetime) -> Identity:
        """Return who came back with ``code``. Raises SingleSignOnError when anything about it is not right."""
        if not hmac.compare_digest(handshake.state.encode(), state.encode()):
            raise SingleSignOnError("the state is another one")
        provider = self._read(now)
        return self._identity(self._exchange(provider, code, handshake), provider, handshake, now)

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self.client_id, self.client_secret, scope=_SCOPE, redirect_uri=self.redirect_url,
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 -- the name of a method
        )  # fmt: skip

    def _exchange(self, provider: _Provider, code: str, handshake: Handshake) -> str:
        try:
            with self._session() as session:
                token = session.fetch_token(
                    provider.token, grant_type="authorization_code", code=code, code_verifier=handshake.verifier,
                    timeout=self.timeout_s, allow_redirects=False,
                )  # fmt: skip
        except Exception as error:  # whatever the provider answered: it is not to be trusted
            raise SingleSignOnError(f"the code was not taken ({type(error).__name__})") from None
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise SingleSignOnError("no identity came with the token")
        return id_token

    def _identity(self, id_token: str, provider: _Provider, handshake: Handshake, now: datetime) -> Identity:
        try:
            read = jwt.decode(id_token, provider.keys, algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                read.claims, read.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                    "nonce": {"essential": True, "value": handshake.nonce},
                },
                params={"nonce": handshake.nonce, "client_id": self.client_id},
            )  # fmt: skip
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            # The next attempt reads the keys anew: the provider may have changed them.
            self._provider = None
            raise SingleSignOnError(f"the identity is not right ({type(error).__name__})") from None
        subject, email = claims.get("sub"), claims.get("email", "")
        if not isinstance(subject, str) or not subject:
            raise SingleSignOnError("the identity has no subject")
        is_verified = claims.get("email_verified") is True and isinstance(email, str)
        amr = claims.get("amr")
        methods = {str(each) for each in (amr if isinstance(amr, list) else [])} | {str(claims.get("acr") or "")}
        return Identity(subject, email if is_verified else "", frozenset(methods - {""}))

    def _read(self, now: datetime) -> _Provider:
        """Return the provider's addresses and keys, read again after ten minutes."""
        if self._provider is not None and now - self._provider.read_at < _KEPT_FOR:
            return self._provider
        document = self._fetch(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != self.issuer:
            raise SingleSignOnError("the provider calls itself by another name than the setting")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        authorize, token, keys_url = (self._address(document.get(name)) for name in names)
        try:
            keys = KeySet.import_key_set(self._fetch(keys_url))  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise SingleSignOnError(f"the provider's keys cannot be read ({type(error).__name__})") from None
        self._provider = _Provider(authorize, token, keys_url, keys, now)
        return self._provider

    def _address(self, url: object) -> str:
        """Return an address of the provider, which must be as well protected as the issuer's own."""
        if not isinstance(url, str) or urlsplit(url).scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise SingleSignOnError("the provider names an address without TLS")
        return url

    def _fetch(self, url: str) -> dict[str, Any]:
        """Return a JSON object, with bounds on time and size, and without following redirects."""
        try:
            with requests.get(url, timeout=self.timeout_s, allow_redirects=False, stream=True) as answer:
                if answer.status_code != 200:
                    raise SingleSignOnError(f"the provider answered {answer.status_code}")
                body = b""
                for part in answer.iter_content(16_384):
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise SingleSignOnError("the provider answered too much")
            found = json.loads(body)
        except (requests.RequestException, ValueError) as error:
            raise SingleSignOnError(f"the provider cannot be read ({type(error).__name__})") from None
        if not isinstance(found, dict):
            raise SingleSignOnError("the provider answered something else than an object")
        return found
