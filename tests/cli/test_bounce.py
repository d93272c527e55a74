"""Mails that come back, from outside in: posted to the command, or read by the job from a real IMAP server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.returned import ImapServer, Returned, imap_server, report
from wmd.gateways.mailbox import ImapSetting, Mailbox
from wmd.jobs import run_job
from wmd.models import Alarm, Message, Person, Suppression
from wmd.services.bounces import A_DAY
from wmd.services.outbox import put_message


def sent(app: Flask, dbs: Session, count: int = 1) -> list[str]:
    """Send mails to the contact of organisation A; return what their Message-IDs begin with."""
    now = app.extensions["wmd.gateways"].clock()
    person = dbs.get(Person, "ana") or dbs.get_one(Person, make_cast(dbs, now).ana)
    found = []
    for number in range(count):
        row = put_message(
            dbs, kind="test", dedupe_key=f"t{number}", cause="command", now=now, person_id=person.id,
            box=app.extensions["wmd.secretbox"],
        )  # fmt: skip
        assert row is not None
        row.state, row.sent_at = "sent", now
        found.append(row.message_id)
    dbs.commit()
    return found


def posted(app: Flask, *arguments: str, data: bytes = b"") -> tuple[int, str]:
    """Run the command with a mail on its standard input."""
    result = app.test_cli_runner().invoke(args=["mail", "bounce", *arguments], input=data)
    return result.exit_code, result.output.strip()


def address(dbs: Session) -> str:
    found = dbs.get_one(Person, "ana").address
    dbs.rollback()
    return found


def test_command_reads_a_report(app: Flask, dbs: Session) -> None:
    (first,) = sent(app, dbs)
    data = report(first, "5.1.1", reader=address(dbs))
    assert posted(app, data=data) == (0, f"{first}: the address gets no mail any more.")
    assert posted(app, data=data) == (0, f"{first}: known already.")
    assert posted(app, data=report("made-up")) == (1, "made-up: about no mail of ours.")
    code, said = posted(app, data=b"Subject: Away\r\n\r\nI am away.")
    assert (code, "This tells of no mail that came back" in said) == (1, True)
    assert dbs.scalars(select(Message.bounced_at).where(Message.message_id == first)).one() is not None


def test_command_takes_a_message_id_from_a_person(app: Flask, dbs: Session) -> None:
    first, second, third, fourth = sent(app, dbs, 4)
    assert posted(app, "--message-id", first, "--soft") == (0, f"{first}: noted: it did not arrive, or not yet.")
    for each in (second, third):
        assert posted(app, "--message-id", f"<{each}@wmd.example>") == (0, f"{each}: noted: the address refused it.")
    assert posted(app, "--message-id", fourth) == (0, f"{fourth}: the address gets no mail any more.")


def test_job_reads_the_mailbox_and_flags_what_is_committed(app: Flask, dbs: Session) -> None:
    first, second = sent(app, dbs, 2)
    reader = address(dbs)
    letter = b"Subject: Hello\r\n\r\nI write to you."
    holds = ImapServer({
        1: report(first, "5.2.1", reader=reader), 2: letter, 3: report("made-up"),
        4: report(second, "5.1.1", reader=reader), 5: report(first).replace(b"5.1.1", b"2.0.0"),
    })  # fmt: skip
    with imap_server(holds) as port:
        setting = ImapSetting.from_url(f"imap://wmd:secret%20word@127.0.0.1:{port}")
        app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailbox=Mailbox(setting))
        assert [run_job(app, "bounces"), run_job(app, "bounces")] == [4, 0]
    assert sorted(holds.flags) == [1, 3, 4, 5]
    assert dbs.scalars(select(Suppression.bounces)).all() == [2]


class Killed(Returned):
    """A mailbox whose reader is killed once what it read is committed."""

    def done(self, uid: str) -> None:
        raise KeyboardInterrupt


def test_report_whose_reader_was_killed_counts_once(app: Flask, dbs: Session) -> None:
    (first,) = sent(app, dbs)
    reports = [report(first, "5.2.1", reader=address(dbs))]
    gateways = app.extensions["wmd.gateways"]
    app.extensions["wmd.gateways"] = replace(gateways, mailbox=Killed(reports))
    with pytest.raises(KeyboardInterrupt):
        run_job(app, "bounces")
    dbs.rollback()
    app.extensions["wmd.gateways"] = replace(gateways, mailbox=Returned(reports))
    assert run_job(app, "bounces") == 1
    assert dbs.scalars(select(Suppression.bounces)).all() == [1]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_flood_of_reports_is_an_alarm_and_waits_for_tomorrow(app: Flask, dbs: Session) -> None:
    ids = sent(app, dbs, A_DAY.count + 1)
    box = Returned([report(each, "4.2.2") for each in ids])
    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailbox=box)
    done = [run_job(app, "bounces") for _ in range(A_DAY.count // 50 + 1)]
    assert (sum(done), done[-1], len(box.seen)) == (A_DAY.count, 0, A_DAY.count)
    assert dbs.execute(select(Alarm.key, Alarm.cleared_at)).all() == [("mail:bounces", None)]
    dbs.rollback()


def test_unreachable_mailbox_fails_the_job_alone(app: Flask, dbs: Session) -> None:
    setting = ImapSetting.from_url("imap://wmd:word@127.0.0.1:9")
    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailbox=Mailbox(setting))
    with pytest.raises(Exception, match="connect: ConnectionRefusedError"):
        run_job(app, "bounces")
    assert dbs.scalars(select(Alarm.key)).all() == ["job:bounces"]
