"""One recipient domain that puts mail off, or is slow, holds up no mail to any other."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Lock

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock, make_config
from tests.mails import ACCEPTED, Mailbox
from wmd.domain.mail_handover import Outcome
from wmd.gateways.mail import Pace, SmtpMailer, SmtpSetting
from wmd.jobs.brakes import FIRST_REST, LONGEST_REST, MOST, Brakes, domain_of
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import tools_of
from wmd.models import Message
from wmd.services.job_watch import note_beat
from wmd.services.outbox import put_message

LATER = Outcome("later", "450 4.2.0")
REST = timedelta(0)
MINUTE = timedelta(minutes=1)


def go(brakes: Brakes, domain: str, mail: str, outcome: Outcome = ACCEPTED, took_s: float = 0.1) -> None:
    """Hand one mail over."""
    assert brakes.enter(domain)
    brakes.leave(domain, mail, outcome, took_s, NOW)


def test_so_many_go_to_one_domain_at_once_and_others_pass() -> None:
    brakes = Brakes(2)
    assert [brakes.enter("a.example") for _ in range(3)] == [True, True, False]
    assert brakes.enter("b.example")
    brakes.leave("a.example", "1", None, 0.1, NOW)
    assert [brakes.enter("a.example") for _ in range(2)] == [True, False]
    assert all(Brakes(0).enter("a.example") for _ in range(10))


def test_domain_rests_after_three_mails_put_off_and_longer_each_time() -> None:
    brakes = Brakes()
    for mail in ("1", "1", "1", "2"):
        go(brakes, "grey.example", mail, LATER)
    # One full mailbox, tried again and again, is no domain.
    assert brakes.rest("grey.example", NOW) == REST
    rests = []
    for mail in "34567":
        go(brakes, "grey.example", mail, LATER)
        rests.append(brakes.rest("grey.example", NOW))
    assert rests == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST, LONGEST_REST, LONGEST_REST]
    assert brakes.rest("grey.example", NOW + LONGEST_REST) == REST
    assert brakes.rest("other.example", NOW) == REST

    go(brakes, "grey.example", "8")
    go(brakes, "grey.example", "9", LATER)
    assert brakes.rest("grey.example", NOW + LONGEST_REST) == REST


def test_fault_of_our_own_server_says_nothing_of_a_domain() -> None:
    brakes = Brakes()
    for mail in "12345":
        go(brakes, "a.example", mail, Outcome("later", "gone", about_server=True), took_s=30)
    assert brakes.rest("a.example", NOW) == REST


def test_domain_that_is_slower_than_the_others_rests_and_a_slow_server_does_not() -> None:
    brakes = Brakes()
    go(brakes, "slow.example", "1", took_s=10)
    # Nothing to compare with: it may be the server.
    assert brakes.rest("slow.example", NOW) == REST
    for number in range(3):
        go(brakes, f"{number}.example", "1", took_s=0.2)
    go(brakes, "slow.example", "2", took_s=10)
    assert brakes.rest("slow.example", NOW) == timedelta(seconds=30)

    evenly = Brakes()
    for number in range(6):
        go(evenly, f"{number % 3}.example", str(number), took_s=5)
    assert [evenly.rest(f"{number}.example", NOW) for number in range(3)] == [REST] * 3


def test_bounded_number_of_domains_is_remembered_and_none_in_use_forgotten() -> None:
    brakes = Brakes(1)
    assert brakes.enter("used.example")
    for number in range(MOST + 10):
        go(brakes, f"{number}.example", "1")
    assert not brakes.enter("used.example")
    assert len(brakes._domains) == MOST


def put(app: Flask, dbs: Session, readers: list[str]) -> None:
    """Write to some addresses about something that can wait."""
    for number, reader in enumerate(readers):
        put_message(
            dbs, kind="announcement", dedupe_key=f"{reader}{number}", cause="command", to=reader, now=NOW,
            facts={"subject": "News", "text": "Hi"}, not_after=NOW + timedelta(days=1),
            box=app.extensions["wmd.secretbox"],
        )  # fmt: skip
    dbs.commit()


def test_domain_that_puts_all_off_costs_few_tries_and_holds_up_nobody(app: Flask, dbs: Session, clock: Clock) -> None:
    put(app, dbs, [f"g{number}@Grey.example" for number in range(120)])
    put(app, dbs, [f"b{number}@quick{number}.example" for number in range(5)])
    takes = False
    mailbox = Mailbox(answer=lambda reader: ACCEPTED if takes or "quick" in reader else LATER)
    brakes = Brakes(2)

    def run() -> int:
        done = send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1, brakes=brakes, now=clock.now))
        dbs.commit()
        return done

    assert run() == 5
    assert Counter(map(domain_of, mailbox.tried))["grey.example"] == 3
    for _ in range(20):
        clock.now += MINUTE / 2
        run()
    assert Counter(map(domain_of, mailbox.tried))["grey.example"] < 30
    # What waited for the rest to end was not tried, and so has no long wait of its own.
    takes = True
    for _ in range(20):
        clock.now += MINUTE / 2
        run()
    assert dbs.scalars(select(Message.state).distinct()).all() == ["sent"]
    assert len(set(mailbox.readers)) == len(mailbox.readers) == 125


def test_sign_in_link_is_tried_while_its_domain_rests(app: Flask, dbs: Session, clock: Clock) -> None:
    brakes = Brakes(2)
    for mail in "123":
        go(brakes, "grey.example", mail, LATER)
    put(app, dbs, ["a@grey.example"])
    put_message(
        dbs, kind="sign-in", dedupe_key="link", cause="command", to="b@grey.example", now=NOW,
        secret="/sign-in/confirm?t=x", box=app.extensions["wmd.secretbox"],
    )  # fmt: skip
    dbs.commit()
    mailbox = Mailbox()
    send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1, brakes=brakes))
    assert mailbox.readers == ["b@grey.example"]


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_workers_share_the_places_of_a_domain(app: Flask, dbs: Session) -> None:
    put(app, dbs, [f"a{number}@a.example" for number in range(30)])
    lock, at_once, most = Lock(), [0], [0]
    both = ThreadPoolExecutor(1)

    def answer(_reader: str) -> Outcome:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        both.submit(lambda: None).result()
        with lock:
            at_once[0] -= 1
        return ACCEPTED

    mailbox = Mailbox(answer=answer)
    assert send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=4, brakes=Brakes(2))) == 30
    both.shutdown()
    assert (len(mailbox.readers), most[0] <= 2) == (30, True)


def test_schedulers_that_live_share_the_rate(app: Flask, dbs: Session) -> None:
    told: list[int] = []
    tools = replace(tools_of(app, dbs), mailer=Mailbox(), workers=1, share_rate=told.append)
    send_mail(replace(tools, mail_rate=60))
    for name in ("a:1", "b:2"):
        note_beat(dbs, name, started_at=NOW, running={}, now=NOW)
    note_beat(dbs, "silent:3", started_at=NOW, running={}, now=NOW - 3 * MINUTE)
    dbs.commit()
    send_mail(replace(tools, mail_rate=60))
    assert told == [0, 2]


def test_pace_leaves_their_part_to_others() -> None:
    slept: list[float] = []
    pace = Pace(60, now_s=lambda: 0.0, sleep=slept.append)
    pace.share(0)
    for _ in range(3):
        pace.wait()
    pace.share(2)
    for _ in range(2):
        pace.wait()
    assert slept == [1.0, 2.0, 3.0, 5.0]
    unlimited = Pace(0, sleep=slept.append)
    unlimited.share(3)
    unlimited.wait()
    assert len(slept) == 4


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_application_shares_the_rate_of_its_own_mailer(app: Flask, dbs: Session) -> None:
    mailer = SmtpMailer(SmtpSetting("127.0.0.1", 9), hello="wmd.example", per_minute=60)
    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailer=mailer)
    assert tools_of(app, dbs).share_rate == mailer.pace.share
    assert make_config("", app.extensions["wmd.config"].var_dir).mail_per_domain == 2
