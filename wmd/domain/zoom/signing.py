"""Signatures of Zoom's webhooks, and the answer to its challenge.

https://developers.zoom.us/docs/api/webhooks/ (verify with Zoom's header; validate your webhook endpoint). Everything
here fails closed: without a secret, a header or a body nothing is ever valid.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

#: Zoom repeats for an hour and a half, and nobody knows whether with a fresh time.
ACCEPTED_FOR = timedelta(hours=2)
#: So far may a sender's clock be ahead of ours.
AHEAD = timedelta(minutes=5)

_SECONDS = re.compile(r"[0-9]{9,11}")
# Without a colon: "v0:<time>:<body>" as a token would let anybody have our signature under a body of theirs.
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what ``x-zm-signature`` says for these raw bytes and this ``x-zm-request-timestamp``."""
    if not secret:
        msg = "nothing is signed with an empty secret"
        raise ValueError(msg)
    return "v0=" + _digest(secret, b"v0:" + timestamp.encode("utf-8", "replace") + b":" + body)


def check_signature(secret: str, *, timestamp: str, given: str, body: bytes, now: datetime) -> bool:
    """Tell whether a request is Zoom's: signed over exactly these bytes, and at most two hours old.

    ``timestamp`` and ``given`` are the headers as they came, "" for a missing one.
    """
    if not (secret and given and _SECONDS.fullmatch(timestamp)):
        return False
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    if not -AHEAD <= now - sent_at <= ACCEPTED_FOR:
        return False
    return hmac.compare_digest(signature(secret, timestamp, body).encode(), given.encode("utf-8", "replace"))


def answer_challenge(secret: str, plain_token: str) -> dict[str, str] | None:
    """Return the JSON that proves to Zoom that we know the secret; None for what is no token of Zoom's form.

    Only for a request whose own signature was checked: anybody else could have us sign what they like.
    """
    if not secret or not _PLAIN_TOKEN.fullmatch(plain_token):
        return None
    return {"plainToken": plain_token, "encryptedToken": _digest(secret, plain_token.encode())}


def _digest(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
