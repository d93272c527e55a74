"""Forms are taken only from our own pages: a token in each, bound to who is signed in, and where the request is from.

The token is Flask-WTF's (a signed copy of a value in a cookie of its own). Its signing key holds the session's id, so
that a form of one person is worth nothing to another, nor after signing in or out. A view says with
:func:`on_stale_form` what to answer when the check fails: the form again, with what was typed.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf, validate_csrf
from markupsafe import Markup
from wtforms import ValidationError

from config import Config
from wmd.web.visitors import visitor

FIELD = "csrf_token"
HEADER = "X-CSRFToken"
_STALE = "_answers_stale_form"
_FREE = "_needs_no_form"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_View = TypeVar("_View", bound=Callable[..., Any])

#: On a guarded view: the guard, which can guard another view in the same way.
GUARD = "_wmd_guard"


def on_stale_form(answer: Callable[..., ResponseReturnValue]) -> Callable[[_View], _View]:
    """Have ``answer`` called with the view's arguments when a POST to it fails the check; the view itself is not.

    It shows the form again with the typed values and says that it must be sent once more. Decorate the outermost: the
    guards of the view then guard ``answer`` as well.
    """

    def remember(view: _View) -> _View:
        setattr(view, _STALE, guarded_alike(view, answer))
        return view

    return remember


def without_form_token(view: _View) -> _View:
    """Take a POST to a view without a form of ours: the secret in its address is what permits it.

    For what mail programs send in their reader's name (RFC 8058), which have neither our cookie nor our page.
    """
    setattr(view, _FREE, True)
    return view


def guarded_alike(view: Callable[..., Any], answer: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``answer`` behind the same guards as ``view``: it shows a form, and only to whom that form is open."""
    guard = getattr(view, GUARD, None)
    inner = getattr(view, "__wrapped__", None)
    if inner is not None:
        answer = guarded_alike(inner, answer)
    # ``wraps`` copies attributes outwards, so that one guard is seen on each layer around it: once is enough.
    is_own = guard is not None and guard is not getattr(inner, GUARD, None)
    return guard(answer) if is_own and guard is not None else answer


def csrf_token() -> str:
    """Return the token of this request's forms."""
    token: str = generate_csrf(secret_key=_key(), token_key=FIELD)
    return token


def csrf_field() -> Markup:
    """Return the hidden field that every form holds."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token())


def renew_tokens() -> None:
    """Forget the tokens given out so far: who is signed in changes with this request."""
    session.pop(FIELD, None)
    g.pop(FIELD, None)


def _key() -> str:
    who = visitor()
    whose = who.session.id if who.session and who.person else ""
    secret = str(current_app.secret_key)
    return hmac.new(secret.encode(), f"form of {whose}".encode(), "sha256").hexdigest()


def _is_from_here() -> bool:
    """Whether the browser says that the request comes from a page of ours, or does not say where from.

    ``Origin: null`` is what browsers send from pages with ``Referrer-Policy: no-referrer``; then ``Sec-Fetch-Site``
    decides (https://www.w3.org/TR/fetch-metadata/), and in browsers without it the token alone.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin", "null").lower()
    if origin == "null":
        return True
    config: Config = current_app.extensions["wmd.config"]
    scheme = config.base_url.partition(":")[0]
    return origin in {f"{scheme}://{host}" for host in config.allowed_hosts}


def _check() -> ResponseReturnValue | None:
    # Flask-WTF keeps the token it made in ``g``.
    g.pop(FIELD, None)
    if request.method in _SAFE or request.endpoint is None:
        return None
    if getattr(current_app.view_functions[request.endpoint], _FREE, False):
        return None
    if not _is_from_here():
        return _refused()
    try:
        sent = request.form.get(FIELD) or request.headers.get(HEADER)
        validate_csrf(sent, secret_key=_key(), token_key=FIELD)
    except ValidationError:
        view = current_app.view_functions[request.endpoint]
        answer: Callable[..., ResponseReturnValue] | None = getattr(view, _STALE, None)
        if answer is None:
            return _refused()
        return current_app.ensure_sync(answer)(**(request.view_args or {}))  # type: ignore[no-any-return]
    return None


def _refused() -> Response:
    return make_response(render_template("errors/stale_form.html", status=400), 400)


def register(app: Flask) -> None:
    """Check every request that may change something, before its view is called."""
    app.config.update(WTF_CSRF_TIME_LIMIT=None)
    app.before_request(_check)
    app.jinja_env.globals.update(csrf_field=csrf_field, csrf_token=csrf_token)
