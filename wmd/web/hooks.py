"""Where Zoom's messages come in: checked over their raw bytes, stored, answered; all work is a job's.

https://developers.zoom.us/docs/api/webhooks/. Whoever cannot sign learns nothing here, and nothing of what was sent
is logged. Without a secret in the settings the address does not exist.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from config import Config
from wmd.domain.zoom.hooks import CHALLENGE, Hook, plain_token, read_body, read_hook
from wmd.domain.zoom.signing import answer_challenge, check_signature
from wmd.services.hook_inbox import sealed
from wmd.web.csrf import without_form_token
from wmd.web.hook_store import HookStore
from wmd.web.reading import read_now

log = logging.getLogger(__name__)
bp = Blueprint("hooks", __name__, url_prefix="/hooks")

#: Zoom's own are of a few kilobytes.
MOST_BYTES: Final = 100_000
#: Zoom comes back after this long at the earliest.
_AGAIN_S: Final = 300


class Refusals:
    """Logs refused requests without letting a flood of them fill the log: one line a minute, with how many there were.

    Only what is wrong with them is said, never what they held.
    """

    def __init__(self, *, every_s: float = 60.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._monotonic = every_s, monotonic
        self._lock = Lock()
        self._count = 0
        self._said_s: float | None = None

    def note(self, why: str) -> None:
        """Count a refusal, and say so if it is time."""
        now_s = self._monotonic()
        with self._lock:
            self._count += 1
            if self._said_s is not None and now_s - self._said_s < self._every_s:
                return
            count, self._count, self._said_s = self._count, 0, now_s
        log.warning("hook_refused", extra={"why": why, "count": count})


@bp.post("/zoom")
@without_form_token
def zoom() -> ResponseReturnValue:
    """Take a message of Zoom's: 204 once it is stored, 401 for all that Zoom did not sign."""
    config: Config = current_app.extensions["wmd.config"]
    if not config.zoom_webhook_secrets:
        abort(404)
    signed = _signed(config.zoom_webhook_secrets)
    if isinstance(signed, Response):
        return signed
    secret, body = signed
    try:
        hook = read_hook(body)
    except ValueError:
        return _refused("form", 400)
    return _answer(secret, body) if hook.event == CHALLENGE else _keep(hook, body)


def _signed(secrets: Sequence[str]) -> tuple[str, bytes] | Response:
    """Return the body of a request and the secret that it was signed with, or the answer that refuses it."""
    timestamp = request.headers.get("x-zm-request-timestamp", "")
    given = request.headers.get("x-zm-signature", "")
    if not (timestamp and given):
        return _refused("headers")
    body = _body()
    if body is None:
        return _refused("size", 413)
    now = read_now()
    # Each app signs with a secret of its own.
    for secret in secrets:
        if check_signature(secret, timestamp=timestamp, given=given, body=body, now=now):
            return secret, body
    return _refused("signature")


def _answer(secret: str, body: bytes) -> ResponseReturnValue:
    """Show Zoom that we know the secret: only here, where the challenge itself is signed with it."""
    answer = answer_challenge(secret, plain_token(read_body(body)))
    return _refused("challenge", 400) if answer is None else jsonify(answer)


def _keep(hook: Hook, body: bytes) -> Response:
    store: HookStore = current_app.extensions["wmd.hook_store"]
    try:
        store.keep(sealed(hook, body, current_app.extensions["wmd.secretbox"], now=read_now()))
    except OSError as error:
        log.error("hook_not_stored", extra={"error": type(error).__name__})  # noqa: TRY400 -- its words name a path
        return make_response("", 503, {"Retry-After": str(_AGAIN_S)})
    return make_response("", 204)


def _body() -> bytes | None:
    """Return the raw bytes that were sent; None where there are too many, or they did not come to an end."""
    request.max_content_length = MOST_BYTES
    if (request.content_length or 0) > MOST_BYTES:
        return None
    try:
        return request.get_data(cache=False)
    except (RequestEntityTooLarge, ClientDisconnected):
        return None


def _refused(why: str, status: int = 401) -> Response:
    refusals: Refusals = current_app.extensions["wmd.hook_refusals"]
    refusals.note(why)
    return make_response("", status)
