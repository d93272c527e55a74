"""The ways out for mail: what both keep, and what a real server on loopback may do to the one that speaks SMTP."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.mails import Answers, smtp_server
from wmd.domain.mail_bytes import Letter, Letterhead, Part, to_bytes
from wmd.domain.mail_handover import Mailer, Outcome
from wmd.gateways.mail import FileMailer, Limits, Pace, SmtpMailer, SmtpSetting

HEAD = Letterhead("https://wmd.example", "events@wmd.example", "team@wmd.example")
AT = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)
QUICK = Limits(answer_s=0.4, open_s=0.6, mail_s=0.8)


def mail(number: int = 1, text: str = "Hello\n.\n.dots\n") -> bytes:
    """Return a small mail."""
    return to_bytes(
        Letter("test", f"id-{number}", "ana@example.org", "Hi", Part((text,)), Part(("<p>Hi</p>",))), HEAD, at=AT
    )


def smtp(port: int, **changes: object) -> SmtpMailer:
    """Return a mailer for a server on loopback."""
    options: dict[str, object] = {"limits": QUICK, **changes}
    setting = options.pop("setting", SmtpSetting("127.0.0.1", port, starttls="no"))
    return SmtpMailer(setting, hello="wmd.example", **options)  # type: ignore[arg-type]


@contextmanager
def by_smtp(_folder: Path) -> Iterator[tuple[Mailer, Callable[[], list[bytes]]]]:
    """Give the way by SMTP, and what arrived."""
    answers = Answers()
    with smtp_server(answers) as port:
        yield smtp(port), lambda: [data for _, data in answers.taken]


@contextmanager
def by_smtp_in_groups(_folder: Path) -> Iterator[tuple[Mailer, Callable[[], list[bytes]]]]:
    """Give the way by SMTP to a server that takes commands in groups, and what arrived."""
    answers = Answers(takes_groups=True)
    with smtp_server(answers) as port:
        yield smtp(port), lambda: [data for _, data in answers.taken]


@contextmanager
def by_files(folder: Path) -> Iterator[tuple[Mailer, Callable[[], list[bytes]]]]:
    """Give the way into files, and what arrived."""
    place = folder / "mail"
    yield FileMailer(place), lambda: [path.read_bytes() for path in sorted(place.glob("*.eml"))]


# --- what both ways keep -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [by_smtp, by_smtp_in_groups, by_files])
def test_mail_arrives_byte_for_byte(way: Callable[..., object], tmp_path: Path) -> None:
    with way(tmp_path) as (mailer, arrived), mailer.line() as line:  # type: ignore[attr-defined]
        assert line.ready() is None
        outcomes = [line.hand_over(HEAD.sender, "ana@example.org", mail(number)) for number in (1, 2, 3)]
        assert [(each.verdict, each.about_server) for each in outcomes] == [("accepted", False)] * 3
        assert arrived() == [mail(number) for number in (1, 2, 3)]


@pytest.mark.parametrize("way", [by_smtp, by_smtp_in_groups, by_files])
def test_line_that_is_not_used_leaves_nothing(way: Callable[..., object], tmp_path: Path) -> None:
    with way(tmp_path) as (mailer, arrived):  # type: ignore[attr-defined]
        with mailer.line():
            pass
        assert arrived() == []


def test_folder_that_cannot_be_written_is_for_later(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path / "mail")
    with mailer.line() as line:
        (tmp_path / "mail").rmdir()
        assert line.hand_over(HEAD.sender, "ana@example.org", mail()) == Outcome(
            "later", "FileNotFoundError", about_server=True
        )


def test_file_of_a_repeated_mail_takes_the_place_of_the_first(tmp_path: Path) -> None:
    with FileMailer(tmp_path).line() as line:
        for _ in range(2):
            line.hand_over(HEAD.sender, "ana@example.org", mail())
    assert [path.name for path in tmp_path.iterdir()] == ["id-1.eml"]


# --- a server that says no ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"rcpt": "550 5.1.1 ana@example.org unknown"}, Outcome("refused", "550 5.1.1", bounced=True)),
        ({"rcpt": "550 5.7.1 your network is blocked"}, Outcome("refused", "550 5.7.1")),
        ({"rcpt": "450 4.2.1 greylisted"}, Outcome("later", "450 4.2.1")),
        ({"rcpt": "421 going"}, Outcome("later", "421", about_server=True)),
        ({"mail": "550 5.1.8 bad sender"}, Outcome("later", "sender 550 5.1.8", about_server=True)),
        ({"data": "554 5.6.0 looks like spam"}, Outcome("refused", "554 5.6.0")),
        ({"data": "452 4.3.1 full"}, Outcome("later", "452 4.3.1")),
    ],
)
@pytest.mark.parametrize("takes_groups", [False, True])
def test_refusal_is_told_by_what_it_is_about(answers: dict[str, str], outcome: Outcome, takes_groups: bool) -> None:
    scripted = {step: (lambda _, said=said: said) for step, said in answers.items()}
    server = Answers(takes_groups=takes_groups, **scripted)  # type: ignore[arg-type]
    with smtp_server(server) as port, smtp(port).line() as line:
        assert line.hand_over(HEAD.sender, "ana@example.org", mail()) == outcome


@pytest.mark.parametrize("takes_groups", [False, True])
def test_one_refused_reader_does_not_stop_the_others(takes_groups: bool) -> None:
    answers = Answers(
        takes_groups=takes_groups, rcpt=lambda address: "550 5.1.1 no" if address.startswith("r7@") else None
    )
    with smtp_server(answers) as port, smtp(port).line() as line:
        verdicts = [line.hand_over(HEAD.sender, f"r{number}@example.org", mail()).verdict for number in range(10)]
    assert verdicts == ["accepted"] * 7 + ["refused"] + ["accepted"] * 2
    assert answers.readers == [f"r{number}@example.org" for number in range(10) if number != 7]


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        # It refuses the reader and asks for the text all the same.
        (["250", "550 5.1.1", "354"], Outcome("refused", "550 5.1.1", bounced=True)),
        # It leaves after it said why, or without a word.
        (["250", "450 4.2.1"], Outcome("later", "450 4.2.1")),
        (["421"], Outcome("later", "gone", about_server=True)),
        (["250"], Outcome("later", "gone", about_server=True)),
        (["550 5.1.8", "503", "503"], Outcome("later", "sender 550 5.1.8", about_server=True)),
    ],
)
def test_server_that_takes_commands_in_groups_gets_no_text_after_a_refusal(
    replies: list[str], outcome: Outcome
) -> None:
    got: list[bytes] = []

    def speak(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250-hello\r\n250 PIPELINING\r\n")
        got.append(connection.recv(1000))
        connection.sendall("".join(f"{reply} x\r\n" for reply in replies).encode())
        if len(replies) == 3:
            got.append(connection.recv(1000))

    with raw_server(speak) as port, smtp(port).line() as line:
        assert line.hand_over(HEAD.sender, "ana@example.org", mail()) == outcome
    assert got[0] == b"MAIL FROM:<events@wmd.example>\r\nRCPT TO:<ana@example.org>\r\nDATA\r\n"
    assert got[1:] in ([], [b""], [b"QUIT\r\n"], [b"quit\r\n"])


def test_address_with_a_line_feed_is_a_fault_of_ours() -> None:
    with smtp_server(Answers()) as port, smtp(port).line() as line, pytest.raises(ValueError, match="line feed"):
        line.hand_over(HEAD.sender, "ana@example.org>\r\nRCPT TO:<eve@evil.example", mail())


def test_server_that_is_not_there_is_for_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with smtp(taken.getsockname()[1]).line() as line:
            assert line.ready() == Outcome("later", "connection refused", about_server=True)


def test_address_in_another_script_needs_a_server_that_takes_it() -> None:
    answers = Answers()
    with smtp_server(answers, enable_SMTPUTF8=False) as port, smtp(port).line() as line:
        assert line.hand_over(HEAD.sender, "josé@example.org", mail()) == Outcome("refused", "553 5.6.7")
    with smtp_server(answers, enable_SMTPUTF8=True) as port, smtp(port).line() as line:
        assert line.hand_over(HEAD.sender, "josé@example.org", mail()).verdict == "accepted"
    assert answers.readers == ["josé@example.org"]


# --- a server that breaks ----------------------------------------------------------------------------------------


def test_connection_dropped_after_the_text_is_unknown() -> None:
    answers = Answers(after_data_s=-1)
    with smtp_server(answers) as port, smtp(port).line() as line:
        outcome = line.hand_over(HEAD.sender, "ana@example.org", mail())
    assert outcome == Outcome("unknown", "after the text: gone", about_server=True)


def test_server_that_is_silent_after_the_text_is_unknown_within_the_limit() -> None:
    with smtp_server(Answers(after_data_s=3)) as port, smtp(port).line() as line:
        began_s = time.monotonic()
        outcome = line.hand_over(HEAD.sender, "ana@example.org", mail())
        assert (outcome.verdict, time.monotonic() - began_s < 2) == ("unknown", True)


@contextmanager
def raw_server(speak: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server that speaks as told to one connection after another."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                try:
                    speak(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        server.close()


def test_server_that_never_greets_is_given_up() -> None:
    with raw_server(lambda _: time.sleep(1.5)) as port, smtp(port).line() as line:
        began_s = time.monotonic()
        assert line.ready() == Outcome("later", "timeout", about_server=True)
        assert time.monotonic() - began_s < 1.2


def test_server_that_says_a_letter_now_and_then_is_given_up_as_a_whole() -> None:
    def drip(connection: socket.socket) -> None:
        for letter in b"220 hello, this takes its time and never ends":
            connection.sendall(bytes([letter]))
            time.sleep(0.2)

    with raw_server(drip) as port, smtp(port).line() as line:
        began_s = time.monotonic()
        assert line.ready() == Outcome("later", "gone", about_server=True)
        assert time.monotonic() - began_s < 2


def test_connection_that_the_server_ended_between_two_mails_is_opened_anew() -> None:
    answers = Answers()
    with smtp_server(answers, timeout=0.2) as port, smtp(port).line() as line:
        verdicts = [line.hand_over(HEAD.sender, "a@example.org", mail()).verdict]
        time.sleep(0.5)
        verdicts.append(line.hand_over(HEAD.sender, "b@example.org", mail()).verdict)
    assert (verdicts, answers.readers) == (["accepted"] * 2, ["a@example.org", "b@example.org"])


# --- encryption and sign-in --------------------------------------------------------------------------------------


def certificate(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the server's side and the client's side of a certificate made for this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def check_login(
    _server: object, _session: object, _envelope: object, _mechanism: str, data: LoginPassword
) -> AuthResult:
    """Let in wmd with its password."""
    is_right = (data.login, data.password) == (b"wmd", b"p:ss@word")
    return AuthResult(success=is_right, handled=is_right)


def test_starttls_and_login_are_used_as_the_address_of_the_server_says(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    answers = Answers()
    options = {"tls_context": server, "require_starttls": True, "authenticator": check_login, "auth_required": True}
    with smtp_server(answers, **options) as port:
        url = f"smtp://wmd:p%3Ass%40word@localhost:{port}?starttls=required"
        with smtp(port, setting=SmtpSetting.from_url(url), tls=client).line() as line:
            assert line.hand_over(HEAD.sender, "ana@example.org", mail()).verdict == "accepted"
        wrong = SmtpSetting.from_url(url.replace("p%3A", "x"))
        with smtp(port, setting=wrong, tls=client).line() as line:
            assert line.ready() == Outcome("later", "open 535 5.7.8", about_server=True)
    assert answers.readers == ["ana@example.org"]


def test_certificate_for_another_name_is_not_accepted(tmp_path: Path) -> None:
    server, client = certificate(tmp_path, "elsewhere.example")
    answers = Answers()
    with smtp_server(answers, tls_context=server) as port:
        setting = SmtpSetting("localhost", port, starttls="required")
        with smtp(port, setting=setting, tls=client).line() as line:
            assert line.ready() == Outcome("later", "tls", about_server=True)


def test_server_without_starttls_gets_no_mail_in_clear() -> None:
    answers = Answers()
    with smtp_server(answers) as port:
        setting = SmtpSetting("127.0.0.1", port, starttls="required", user="wmd", password="x")
        with smtp(port, setting=setting).line() as line:
            assert line.ready() == Outcome("later", "starttls or login not offered", about_server=True)
    assert answers.taken == []


@pytest.mark.parametrize(
    ("url", "setting"),
    [
        ("smtp://mail.example.org", SmtpSetting("mail.example.org", 25)),
        ("smtp://u:p@mail.example.org", SmtpSetting("mail.example.org", 587, user="u", password="p")),
        ("smtps://mail.example.org", SmtpSetting("mail.example.org", 465, is_tls=True, starttls="no")),
        ("smtp://127.0.0.1:25", SmtpSetting("127.0.0.1", 25, starttls="no")),
        ("smtp://localhost?starttls=required", SmtpSetting("localhost", 25)),
        ("smtp://mail.example.org:26?starttls=no", SmtpSetting("mail.example.org", 26, starttls="no")),
    ],
)
def test_address_of_the_server_is_read(url: str, setting: SmtpSetting) -> None:
    assert SmtpSetting.from_url(url) == setting


def test_password_is_not_shown() -> None:
    assert "secret" not in repr(SmtpSetting.from_url("smtp://u:secret@mail.example.org"))


def test_rate_lets_so_many_through_per_minute() -> None:
    waited: list[float] = []
    pace = Pace(120, now_s=lambda: 0.0, sleep=waited.append)
    for _ in range(4):
        pace.wait()
    assert waited == [0.5, 1.0, 1.5]
