"""Reading a mailbox over IMAP from a real server on loopback: reports alone, flagged once done, and in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.gateways.test_mail import certificate
from tests.returned import ImapServer, imap_server, report
from wmd.gateways.mailbox import MOST_BYTES, ImapSetting, Mailbox, MailboxError

LETTER = b"Subject: Thank you\r\nContent-Type: text/plain\r\n\r\nIt was great."


def mailbox(port: int, **limits: float) -> Mailbox:
    setting = ImapSetting.from_url(f"imap://wmd:secret%20word@127.0.0.1:{port}")
    return Mailbox(setting, **limits)  # type: ignore[arg-type]


def test_reports_are_read_and_flagged_and_letters_are_left_alone() -> None:
    holds = ImapServer({3: report("0b-1"), 5: LETTER, 9: report("0b-2")})
    with imap_server(holds) as port:
        with mailbox(port).opened() as box:
            assert (box.waiting(10), box.waiting(1)) == (["3", "9"], ["3"])
            assert box.read("3") == report("0b-1")
            assert holds.flags == {}
            box.done("3")
        with mailbox(port).opened() as box:
            assert box.waiting(10) == ["9"]
            assert box.read("77") == b""
    assert holds.flags == {3: {r"\Seen"}}
    assert not [each for each in holds.asked if each.upper().startswith("UID FETCH 5")]


def test_long_mail_is_read_up_to_a_bound() -> None:
    with imap_server(ImapServer({1: report("0b-1") + b"x" * 500_000})) as port, mailbox(port).opened() as box:
        assert len(box.read("1")) == MOST_BYTES


def test_tls_is_checked_by_name(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    with imap_server(ImapServer({1: report("0b-1")}), server) as port:
        setting = ImapSetting.from_url(f"imaps://wmd:secret%20word@localhost:{port}/Returned")
        with Mailbox(setting, tls=client).opened() as box:
            assert box.waiting(10) == ["1"]
        elsewhere = ImapSetting.from_url(f"imaps://wmd:secret%20word@127.0.0.1:{port}")
        with pytest.raises(MailboxError, match="connect: SSLCertVerificationError"), Mailbox(
            elsewhere, tls=client
        ).opened():  # fmt: skip
            pass


def test_refused_sign_in_says_the_step_and_nothing_of_the_password() -> None:
    with imap_server(ImapServer({}, password="another")) as port:
        with pytest.raises(MailboxError) as told, mailbox(port).opened():
            pass
        assert (str(told.value), told.value.__cause__) == ("sign in: error", None)


@pytest.mark.parametrize("answer", [b"", b"* "])
def test_server_that_stalls_or_trickles_is_left_in_time(answer: bytes) -> None:
    def stall(command: str) -> bytes | None:
        return answer if "SEARCH" in command else None

    limits = {"answer_s": 0.5, "longest_s": 1.0}
    began_s = time.monotonic()
    with (
        imap_server(ImapServer({}, answer=stall)) as port,
        pytest.raises(MailboxError),
        mailbox(port, **limits).opened() as box,
    ):
        box.waiting(10)
    assert time.monotonic() - began_s < 5


def test_nobody_listens() -> None:
    with pytest.raises(MailboxError, match="connect: ConnectionRefusedError"), mailbox(9).opened():
        pass


@pytest.mark.parametrize(
    "url",
    ["", "imap://wmd:word@mail.example.org", "https://wmd:word@mail.example.org", "imaps://mail.example.org",
     "imaps://wmd@mail.example.org", "imaps://wmd:word@/INBOX"],
)  # fmt: skip
def test_address_without_sign_in_or_encryption_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ImapSetting.from_url(url)


def test_address_of_a_mailbox_is_read() -> None:
    assert ImapSetting.from_url("imaps://a%40b.org:p%2Fw@mail.example.org:1993/Sent%20back") == ImapSetting(
        "mail.example.org", 1993, "a@b.org", "p/w", "Sent back"
    )
    assert "p/w" not in repr(ImapSetting.from_url("imaps://a:p%2Fw@mail.example.org"))
