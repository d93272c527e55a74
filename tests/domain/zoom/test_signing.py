"""Webhook signatures: only Zoom's own requests pass, and nobody has us sign what they like."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from wmd.domain.zoom.signing import answer_challenge, check_signature, signature

SECRET = "a-webhook-secret"
SENT_AT = datetime(2026, 10, 7, 13, 0, tzinfo=UTC)
STAMP = str(int(SENT_AT.timestamp()))
BODY = b'{"event":"webinar.updated","payload":{"object":{"id":"84123456789","topic":"\xc3\xa9"}}}'


def test_signature_is_over_the_raw_bytes() -> None:
    expected = hmac.new(SECRET.encode(), b"v0:" + STAMP.encode() + b":" + BODY, hashlib.sha256).hexdigest()
    assert signature(SECRET, STAMP, BODY) == f"v0={expected}"


def _check(**changes: object) -> bool:
    facts: dict[str, object] = {
        "secret": SECRET, "timestamp": STAMP, "given": signature(SECRET, STAMP, BODY), "body": BODY, "now": SENT_AT,
    }  # fmt: skip
    facts |= changes
    return check_signature(facts.pop("secret"), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("minutes", [-5, 0, 1, 119, 120])
def test_request_of_zoom_is_taken_for_two_hours(minutes: int) -> None:
    assert _check(now=SENT_AT + timedelta(minutes=minutes)) is True


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": ""},
        {"secret": "another"},
        {"given": ""},
        {"given": "v0="},
        {"given": signature(SECRET, STAMP, BODY).upper()},
        {"given": signature(SECRET, STAMP, BODY)[3:]},
        {"given": "é"},
        {"timestamp": ""},
        {"timestamp": "now"},
        {"timestamp": "9" * 400},
        {"timestamp": str(int(STAMP) + 1)},
        {"body": BODY + b" "},
        {"body": b""},
        {"now": SENT_AT + timedelta(minutes=121)},
        {"now": SENT_AT - timedelta(minutes=6)},
    ],
)
def test_forged_tampered_stale_or_bare_request_is_not_taken(changes: dict[str, object]) -> None:
    assert _check(**changes) is False


def test_nothing_is_signed_without_a_secret() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        signature("", STAMP, BODY)
    assert answer_challenge("", "qgg8vlvZRS6UYooatFL8Aw") is None


def test_challenge_is_answered() -> None:
    expected = hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert answer_challenge(SECRET, "qgg8vlvZRS6UYooatFL8Aw") == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": expected,
    }


@pytest.mark.parametrize("token", [f"v0:{STAMP}:{{}}", "", "short", "a" * 65, "qgg8vlvZRS6UYooatFL8Aw\n", "a b" * 5])
def test_challenge_that_could_be_a_body_of_somebody_elses_is_not_signed(token: str) -> None:
    assert answer_challenge(SECRET, token) is None
