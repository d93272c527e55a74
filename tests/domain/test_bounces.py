"""Reading what comes back: what a report says of our mail, and nothing from what is no report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.returned import report
from wmd.domain.bounces import MOST_BYTES, Bounce, read_bounce


def test_report_names_mail_status_and_reader() -> None:
    assert read_bounce(report("0b-1", "5.1.1", reader="A@Example.org")) == Bounce(
        "0b-1", "wmd.example", "5.1.1", ("a@example.org",)
    )
    forwarded = read_bounce(report("0b-1", reader="far@example.net", original="a@example.org"))
    assert forwarded == Bounce("0b-1", "wmd.example", "5.1.1", ("a@example.org", "far@example.net"))


@pytest.mark.parametrize(
    ("status", "action", "kept", "is_hard"),
    [
        ("5.1.1", "failed", "5.1.1", True),
        ("5.2.1 (disabled)", "failed", "5.2.1", True),
        ("5.7.1", "failed", "5.7.1", False),
        ("4.4.7", "failed", "4.4.7", False),
        ("4.2.2", "delayed", "4.2.2", False),
        ("5.1.1", "delayed", "4.1.1", False),
    ],
)
def test_only_what_failed_for_good_at_the_address_is_hard(status: str, action: str, kept: str, is_hard: bool) -> None:
    found = read_bounce(report("0b-1", status, action=action))
    assert found is not None
    assert (found.status, found.is_hard) == (kept, is_hard)


def test_headers_alone_are_enough() -> None:
    data = report("0b-1").replace(b"Content-Type: message/rfc822", b"Content-Type: text/rfc822-headers")
    found = read_bounce(data)
    assert (found and found.message_id, found and found.status) == ("0b-1", "5.1.1")


def test_long_mail_that_comes_back_is_known_by_its_headers() -> None:
    data = report("0b-1").replace(b"Words.", b"Words. " * 100_000)
    assert len(data) > MOST_BYTES
    assert read_bounce(data) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Subject: Out of office\r\n\r\nI am away.",
        report("0b-1", "2.0.0", action="delivered"),
        report("0b-1", "no status"),
        report("0b-1").replace(b"Message-ID: <0b-1@wmd.example>", b"X-Id: none"),
        report("0b-1").replace(b"multipart/report", b"multipart/mixed"),
        report("0b-1 or so"),
        report("0b-1")[:900],
    ],
)
def test_what_is_no_report_of_a_failure_says_nothing(data: bytes) -> None:
    assert read_bounce(data) is None


@given(st.binary(max_size=300), st.integers(0, 1200))
def test_no_bytes_break_it(noise: bytes, at: int) -> None:
    data = report("0b-1")
    found = read_bounce(data[:at] + noise + data[at:])
    assert found is None or found.status[0] in "245"
