"""The commands for mail: the doctor with a real small name server and mail server, holding and releasing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Clock, make_config
from tests.mails import Answers, smtp_server
from wmd import create_app
from wmd.domain.mail_records import Record, look_up
from wmd.gateways import Gateways
from wmd.gateways.dns import Resolver
from wmd.models import MailSwitch

GOOD = {
    "wmd.example": ["some=other", "v=spf1 a:mail.wmd.example -all"],
    "mail._domainkey.wmd.example": ["v=DKIM1; k=rsa; p=" + "A" * 300],
    "_dmarc.wmd.example": ["v=DMARC1; p=quarantine"],
}


@contextmanager
def name_server(records: dict[str, list[str]]) -> Iterator[int]:
    """Answer TXT questions on loopback; give the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        over = threading.Event()

        def run() -> None:
            while not over.is_set():
                try:
                    data, peer = server.recvfrom(4096)
                except TimeoutError:
                    continue
                question = dns.message.from_wire(data)
                answer = dns.message.make_response(question)
                name = question.question[0].name
                texts = records.get(str(name).rstrip("."))
                if texts is None:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                for text in texts or []:
                    parts = " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
                    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", parts))
                server.sendto(answer.to_wire(), peer)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


def verdicts(records: list[Record]) -> dict[str, bool | None]:
    """Return whether each record is good."""
    return {each.kind: each.is_good for each in records}


def test_records_are_asked_of_a_real_name_server() -> None:
    with name_server(GOOD) as port:
        found = look_up("wmd.example", "mail.wmd.example", Resolver(["127.0.0.1"], port=port))
        assert verdicts(found) == {"SPF": True, "DKIM": True, "DMARC": True}
        assert found[0].found == ("v=spf1 a:mail.wmd.example -all",)
        none = look_up("other.example", "mail.other.example", Resolver(["127.0.0.1"], port=port))
        assert verdicts(none) == {"SPF": False, "DKIM": False, "DMARC": False}


def test_silent_name_server_is_said_and_not_waited_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        look = Resolver(["127.0.0.1"], port=silent.getsockname()[1], longest_s=0.1)
        assert verdicts(look_up("wmd.example", "m", look, ["mail"])) == {"SPF": None, "DKIM": None, "DMARC": None}


@pytest.mark.parametrize("spf", [["v=spf1 +all"], ["v=spf1 -all", "v=spf1 a -all"], []])
def test_spf_that_helps_nobody_is_wrong(spf: list[str]) -> None:
    found = look_up("wmd.example", "m", lambda name: spf if name == "wmd.example" else [], ["mail"])
    assert found[0].is_good is False


def production(database_url: str, folder: Path, mail_url: str) -> Flask:
    """Return the application as in production, with a name server that has all records."""
    config = make_config(database_url, folder, mode="production", mail_url=mail_url)
    app = create_app(config, Gateways(clock=Clock(), look_up_text=lambda name: GOOD.get(name, [])))
    app.testing = True
    return app


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_doctor_looks_at_the_server_and_sends_a_test(database_url: str, tmp_path: Path) -> None:
    answers = Answers()
    with smtp_server(answers) as port:
        app = production(database_url, tmp_path, f"smtp://127.0.0.1:{port}")
        done = app.test_cli_runner().invoke(args=["mail", "doctor", "--send", "ana@example.org"])
    assert (done.exit_code, answers.readers) == (0, ["ana@example.org"])
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith(("SPF", "DKIM", "DMARC", "Test"))] == [
        "SPF: good", "DKIM: good", "DMARC: good", "Test: sent.",
    ]  # fmt: skip
    assert [line for line in lines if "answers, without encryption" in line] != []
    assert lines[-1] == "All is well."


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_doctor_says_what_is_wrong(database_url: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        app = production(database_url, tmp_path, f"smtp://wmd:the-password@127.0.0.1:{taken.getsockname()[1]}")
        done = app.test_cli_runner().invoke(args=["mail", "doctor", "--selector", "none", "--send", "nobody"])
    assert done.exit_code == 1
    assert "DKIM: MISSING OR WRONG" in done.stdout
    assert "cannot be used (ConnectionRefusedError)" in done.stdout
    assert "Test: this is no mail address." in done.stdout
    assert "the-password" not in done.output


def test_mail_is_held_and_released(app: Flask, dbs: Session) -> None:
    runner, seen = app.test_cli_runner(), []
    for words in (["hold", "--reason", "A wrong text"], ["release"]):
        assert runner.invoke(args=["mail", *words]).exit_code == 0
        switch = dbs.scalars(select(MailSwitch)).one()
        seen.append((switch.held_at is not None, switch.reason))
        dbs.rollback()
        dbs.expire_all()
    assert seen == [(True, "A wrong text"), (False, "")]
