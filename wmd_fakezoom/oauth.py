"""Zoom's token address, and the page on which a user lets an app in."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlencode, urlsplit

from markupsafe import escape
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from wmd_fakezoom.calls import Answer
from wmd_fakezoom.tokens import Access, App, Refresh, RefusedError
from wmd_fakezoom.world import World


class OAuth:
    """The addresses under ``/oauth``."""

    def __init__(self, world: World) -> None:
        self.world = world
        #: Where answers say that the API is: Zoom's regional base. Empty leaves it out.
        self.api_url = ""
        #: Whoever comes to the consent page is let in at once as this user, without the page.
        self.consents_as: str | None = None

    def token(self, request: Request) -> Answer:
        """Answer a request for tokens."""
        try:
            return Answer(200, self._tokens(request), {"Cache-Control": "no-store"})
        except RefusedError as refused:
            return Answer(400, {"reason": refused.reason, "error": refused.error})

    def _tokens(self, request: Request) -> dict[str, Any]:
        """Return the document with tokens, or raise ``RefusedError``."""
        app, fields, now = self._app(request), request.values, self.world.now()
        grant, tokens = fields.get("grant_type", ""), self.world.tokens
        if grant == "account_credentials":
            return self._document(tokens.for_account(app, fields.get("account_id", ""), now), None)
        if grant == "authorization_code" and app.account_id is None:
            redirect_uri, verifier = fields.get("redirect_uri", ""), fields.get("code_verifier", "")
            return self._document(*tokens.for_code(app, fields.get("code", ""), redirect_uri, verifier, now))
        if grant == "refresh_token" and app.account_id is None:
            return self._document(*tokens.for_refresh(app, fields.get("refresh_token", ""), now))
        raise RefusedError("unsupported_grant_type", "unsupported grant type")

    def _document(self, access: Access, refresh: Refresh | None) -> dict[str, Any]:
        """Return what a token request answers."""
        seconds = int((access.expires_at - self.world.now()).total_seconds())
        document: dict[str, Any] = {
            "access_token": access.value,
            "token_type": "bearer",
            "expires_in": seconds - 1,
            "scope": " ".join(access.scopes),
        }
        if self.api_url:
            document["api_url"] = self.api_url
        return document if refresh is None else {**document, "refresh_token": refresh.value}

    def _app(self, request: Request) -> App:
        """Return the app whose credentials a request carries."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        try:
            decoded = base64.b64decode(value, validate=True).decode() if kind.lower() == "basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            decoded = ""
        client_id, _, client_secret = decoded.partition(":")
        return self.world.tokens.app(client_id, client_secret)

    def page(self, request: Request, path: str) -> Response | None:
        """Answer the pages of consent and revocation; nothing for other paths."""
        with self.world.lock:
            try:
                if path == "/oauth/authorize":
                    return self._authorise(request)
                if path == "/oauth/revoke" and request.method == "POST":
                    return self._revoke(request)
            except RefusedError as refused:
                return Response(f"{escape(refused.reason)}\n", 400, content_type="text/plain")
        return None

    def _authorise(self, request: Request) -> Response:
        """Show who may let an app in, or send the browser back with a code."""
        fields = request.values
        app, redirect_uri = self.world.tokens.app(fields.get("client_id", "")), fields.get("redirect_uri", "")
        if redirect_uri not in app.redirect_uris or fields.get("response_type") != "code":
            raise RefusedError("invalid_request", "Invalid redirect, or response_type is not code")
        if fields.get("decision") == "decline":
            return self._back(redirect_uri, {"error": "access_denied", "state": fields.get("state", "")})
        user = self.world.user(fields.get("user", "") or self.consents_as or "")
        if user is None or (request.method != "POST" and self.consents_as is None):
            return Response(self._consent_page(request), content_type="text/html;charset=UTF-8")
        challenge, method = fields.get("code_challenge", ""), fields.get("code_challenge_method", "plain")
        code = self.world.tokens.consent(app, user, redirect_uri, self.world.now(), challenge=challenge, method=method)
        return self._back(redirect_uri, {"code": code.value, "state": fields.get("state", "")})

    @staticmethod
    def _back(redirect_uri: str, answer: dict[str, str]) -> Response:
        """Send the browser back to the app."""
        glue = "&" if urlsplit(redirect_uri).query else "?"
        given = {name: value for name, value in answer.items() if value}
        return redirect(f"{redirect_uri}{glue}{urlencode(given)}", 302)

    def _consent_page(self, request: Request) -> str:
        """Return the page with a button for each user."""
        kept = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in request.args.items()
            if name not in {"user", "decision"}
        )
        buttons = "".join(
            f'<p><button name="user" value="{escape(user.id)}">Allow as {escape(user.email)}</button></p>'
            for user in self.world.users
        )
        decline = '<p><button name="decision" value="decline">Decline</button></p>'
        return (
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            "<title>Fake Zoom: allow an app</title><h1>Fake Zoom</h1><p>The app asks to read your webinars.</p>"
            f'<form method="post" action="/oauth/authorize">{kept}{buttons}{decline}</form></html>'
        )

    def _revoke(self, request: Request) -> Response:
        """End a token that an app gives back."""
        app = self._app(request)
        value = request.values.get("token", "")
        tokens = self.world.tokens
        if value in tokens.access and tokens.access[value].app is app:
            tokens.access[value].is_dead = True
        if value in tokens.refresh and tokens.refresh[value].app is app:
            tokens.refresh[value].is_used = True
        return Response('{"status":"success"}', content_type="application/json")
