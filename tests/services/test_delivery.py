"""Sending what waits: claims, leases, marks, outcomes, and what a crash leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock
from tests.mails import ACCEPTED, Mailbox
from wmd.db import db
from wmd.domain.mail_handover import Outcome
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import Tools, tools_of
from wmd.models import MailSwitch, Message, Person, Suppression
from wmd.services import delivery
from wmd.services.outbox import put_message, withdraw_messages

MINUTE = timedelta(minutes=1)
LATER = Outcome("later", "450 4.2.1")
DOWN = Outcome("later", "connection refused", about_server=True)
GONE = Outcome("refused", "550 5.1.1", bounced=True)
UNKNOWN = Outcome("unknown", "after the text: gone", about_server=True)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast."""
    return make_cast(dbs, NOW)


@pytest.fixture
def put(app: Flask, dbs: Session, cast: Cast) -> Callable[..., Message]:
    """Put a mail to Ana and commit."""

    def put_one(key: str, **changes: object) -> Message:
        values: dict[str, object] = {
            "kind": "test", "cause": "command", "person_id": cast.ana, "now": NOW,
            "box": app.extensions["wmd.secretbox"],
        }  # fmt: skip
        row = put_message(dbs, dedupe_key=key, **(values | changes))  # type: ignore[arg-type]
        assert row is not None
        dbs.commit()
        return row

    return put_one


@pytest.fixture
def mailbox() -> Mailbox:
    """Where mail goes."""
    return Mailbox()


@pytest.fixture
def run(app: Flask, dbs: Session, mailbox: Mailbox) -> Callable[[], int]:
    """Run the job once, with one worker."""

    def run_once() -> int:
        done = send_mail(replace(tools_of(app, dbs), mailer=mailbox, workers=1))
        dbs.expire_all()
        return done

    return run_once


def rows(dbs: Session) -> dict[str, tuple[str, str]]:
    """Return state and reason (or the last fault) by key."""
    dbs.expire_all()
    return {row.dedupe_key: (row.state, row.reason or row.last_error) for row in dbs.scalars(select(Message))}


def one(dbs: Session) -> Message:
    """Return the only message."""
    dbs.expire_all()
    return dbs.scalars(select(Message)).one()


def test_due_mail_is_sent_once_and_its_secret_forgotten(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox
) -> None:
    put("link", kind="sign-in", secret="/sign-in/link?t=abcdef")
    put("tomorrow", not_before=NOW + timedelta(days=1))
    assert (run(), run()) == (1, 0)
    assert mailbox.readers == ["ana@people.example"]
    assert rows(dbs) == {"link": ("sent", ""), "tomorrow": ("queued", "")}
    sent = dbs.scalars(select(Message).where(Message.state == "sent")).one()
    assert (sent.sealed, sent.claim_token, sent.sent_at, sent.handoff_at) == ("", None, NOW, NOW)


def test_urgent_mail_overtakes_what_waits(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox, cast: Cast
) -> None:
    for number in range(3):
        put(f"news{number}", kind="announcement", facts={"subject": "News", "text": "Hi"}, now=NOW - 5 * MINUTE)
    put("link", kind="sign-in", secret="/sign-in/link?t=x", person_id=cast.ben)
    run()
    assert mailbox.readers == ["ben@people.example"] + ["ana@people.example"] * 3


def test_what_would_expire_goes_before_what_can_wait_and_what_many_get_goes_last(
    dbs: Session, put: Callable[..., Message]
) -> None:
    for number in range(3):
        put(f"letter{number}", kind="registrants-letter", now=NOW - 60 * MINUTE, not_after=NOW + 30 * MINUTE)
    put("received", kind="received", now=NOW - 20 * MINUTE)
    put("tomorrow", kind="reminder", now=NOW - 10 * MINUTE, not_after=NOW + 600 * MINUTE)
    put("in an hour", kind="reminder", now=NOW - MINUTE, not_after=NOW + 59 * MINUTE)
    put("on now", kind="reminder-now", not_after=NOW + 20 * MINUTE)
    put("link", kind="sign-in", secret="/sign-in/link?t=x")
    keys = {row.id: row.dedupe_key for row in dbs.scalars(select(Message))}
    found = []
    while claims := delivery.claim(dbs, now=NOW, limit=3):
        found.append([keys[each.id] for each in claims])
        dbs.commit()
    assert found == [["link", "on now", "in an hour"], ["received", "tomorrow", "letter0"], ["letter1", "letter2"]]


def test_temporary_fault_is_tried_again_with_growing_waits_until_it_is_too_late(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox, clock: Clock
) -> None:
    put("a", not_after=NOW + timedelta(hours=1))
    mailbox.answer = lambda _: LATER
    waits = []
    for _ in range(200):
        run()
        row = one(dbs)
        if row.state != "queued":
            break
        waits.append(row.not_before - clock.now)
        clock.now = row.not_before
    assert rows(dbs) == {"a": ("expired", "it came too late")}
    assert max(waits) <= delivery.LONGEST_WAIT
    assert waits[0] <= delivery.FIRST_WAIT
    assert mailbox.mails == []
    assert one(dbs).last_error == "450 4.2.1"


def test_server_down_for_an_hour_loses_nothing_and_catches_up_within_ten_minutes(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox, clock: Clock
) -> None:
    for number in range(30):
        put(f"m{number:02}", kind="received", subject_id="s")
    mailbox.against = lambda: DOWN
    for _ in range(60):
        clock.now += MINUTE
        assert run() == 0
    mailbox.against = lambda: None
    minutes = 0
    while {state for state, _ in rows(dbs).values()} != {"sent"}:
        clock.now += MINUTE
        minutes += 1
        run()
        assert minutes <= 10
    assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == len(mailbox.mails) == 30


def test_one_refused_reader_of_fifty_fails_alone(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox
) -> None:
    for number in range(50):
        put(f"m{number:02}", person_id=None, to=f"r{number:02}@example.org")
    mailbox.answer = lambda reader: GONE if reader.startswith("r17@") else ACCEPTED
    assert run() == 49
    assert {key: said for key, said in rows(dbs).items() if said[0] != "sent"} == {
        "m17": ("failed", "the address was refused")
    }
    assert len(mailbox.readers) == 49


def test_two_workers_count_the_first_refusals_of_one_address(dbs: Session, put: Callable[..., Message]) -> None:
    for name in ("a", "b"):
        put(name)
    claims = delivery.claim(dbs, now=NOW, limit=2)
    dbs.commit()
    engine = dbs.get_bind().engine
    said: list[str] = []

    def other() -> None:
        with Session(engine) as second:
            said.append(delivery.record(second, claims[1], GONE, now=NOW, jitter=float, digest="d"))
            second.commit()

    with Session(engine) as first:
        said.append(delivery.record(first, claims[0], GONE, now=NOW, jitter=float, digest="d"))
        worker = Thread(target=other)
        worker.start()
        worker.join(0.5)
        first.commit()
    worker.join(20)
    assert said == ["failed", "failed"]
    assert dbs.scalars(select(Suppression.bounces)).all() == [2]


def test_paced_mail_lets_a_sign_in_link_pass(
    app: Flask, dbs: Session, put: Callable[..., Message], mailbox: Mailbox, cast: Cast
) -> None:
    for number in range(30):
        put(f"news{number}", kind="announcement", facts={"subject": "News", "text": "Hi"})

    def ask(_: str) -> None:
        if not mailbox.tried:
            with Session(db.engine) as other:
                put_message(
                    other, kind="sign-in", dedupe_key="link", cause="visitor", person_id=cast.ben, now=NOW,
                    secret="/sign-in/link?t=x", facts={"minutes": 10}, box=app.extensions["wmd.secretbox"],
                )  # fmt: skip
                other.commit()

    mailbox.before = ask
    tools = replace(tools_of(app, dbs), mailer=mailbox, mail_rate=20)
    assert send_mail(tools) == 31
    # Five were claimed when it was asked for: as many as go out in a quarter of a minute.
    assert mailbox.readers.index("ben@people.example") == 5


@pytest.mark.parametrize(
    ("takes_s", "sizes"), [(0.0, [50, 100, 10]), (0.02, [50, 50, 50, 10]), (0.1, [50, 25, 12, 12])]
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_batch_is_as_large_as_the_server_is_quick(
    app: Flask, dbs: Session, run: Callable[[], int], mailbox: Mailbox, clock: Clock,
    takes_s: float, sizes: list[int],
) -> None:  # fmt: skip
    for number in range(160):
        put_message(
            dbs, kind="test", dedupe_key=f"m{number:03}", cause="command", to=f"r{number:03}@example.org", now=NOW,
            box=app.extensions["wmd.secretbox"],
        )  # fmt: skip
    dbs.commit()
    claimed = [0]

    def look(_: str) -> None:
        with db.engine.connect() as other:
            claimed.append(other.scalar(select(func.count()).where(Message.state == "sending")) or 0)
        clock.now += timedelta(seconds=takes_s)

    mailbox.before = look
    assert run() == 160
    taken = [now for before, now in pairwise(claimed) if now > before]
    assert taken[: len(sizes)] == sizes


def test_third_hard_bounce_suppresses_the_address(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox
) -> None:
    mailbox.answer = lambda _: GONE
    for number in range(4):
        put(f"m{number}")
        run()
    assert rows(dbs) == {
        **{f"m{number}": ("failed", "the address was refused") for number in range(3)},
        "m3": ("skipped", "the address gets no mail any more"),
    }
    suppression = dbs.scalars(select(Suppression)).one()
    assert (suppression.bounces, suppression.since_at, "ana" in suppression.digest) == (3, NOW, False)


def test_mail_that_is_taken_again_forgives_earlier_refusals(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox
) -> None:
    for number, answer in enumerate((GONE, GONE, ACCEPTED, GONE)):
        mailbox.answer = lambda _, answer=answer: answer
        put(f"m{number}")
        run()
    assert dbs.scalars(select(Suppression.bounces)).one() == 1


@pytest.mark.parametrize(
    ("kind", "facts", "states"),
    [
        ("test", {}, ["queued", "sent"]),
        ("sign-in", {"secret": "/sign-in/link?t=x"}, ["failed"]),
    ],
)
def test_uncertain_mail_goes_out_once_more_or_never(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox, clock: Clock,
    kind: str, facts: dict[str, str], states: list[str],
) -> None:  # fmt: skip
    put("a", kind=kind, **facts)
    mailbox.answer = lambda _: UNKNOWN
    seen = []
    for _ in states:
        run()
        seen.append(one(dbs).state)
        mailbox.answer = lambda _: ACCEPTED
        clock.now += timedelta(seconds=5)
    assert seen == states
    assert one(dbs).uncertain_at == NOW
    assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == 1
    assert len(mailbox.mails) == len(states)


def test_mail_that_is_uncertain_twice_is_left_to_a_person(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox, clock: Clock
) -> None:
    put("a")
    mailbox.answer = lambda _: UNKNOWN
    for _ in range(4):
        run()
        clock.now += MINUTE
    assert rows(dbs) == {"a": ("failed", "nobody knows whether the server has it")}
    assert len(mailbox.mails) == 2


class Killed(BaseException):
    """The process is gone."""


def killed(*_: object) -> None:
    """End here."""
    raise Killed


@pytest.mark.parametrize(
    ("is_handed", "kind", "facts", "after"),
    [
        (False, "test", {}, ("sent", "")),
        (True, "test", {}, ("sent", "")),
        (False, "sign-in", {"secret": "/sign-in/link?t=x"}, ("sent", "")),
        (True, "sign-in", {"secret": "/sign-in/link?t=x"}, ("failed", "nobody knows whether the server has it")),
    ],
)
def test_kill_around_the_handover(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox, clock: Clock,
    is_handed: bool, kind: str, facts: dict[str, str], after: tuple[str, str],
) -> None:  # fmt: skip
    put("a", kind=kind, not_after=NOW + timedelta(hours=1), **facts)
    if is_handed:
        mailbox.answer = killed  # type: ignore[assignment]
    else:
        mailbox.against = killed
    with pytest.raises(Killed):
        run()
    dbs.rollback()
    mailbox.answer, mailbox.against = lambda _: ACCEPTED, lambda: None
    clock.now += 4 * MINUTE
    assert run() == 0
    clock.now += 2 * MINUTE
    run()
    assert rows(dbs) == {"a": after}
    assert (one(dbs).uncertain_at is not None) == is_handed
    assert len(mailbox.mails) == (after[0] == "sent")


def hold_all(dbs: Session) -> None:
    dbs.execute(update(MailSwitch).values(held_at=NOW, reason="restored"))


def erase(dbs: Session) -> None:
    dbs.execute(update(Person).where(Person.id == "ana").values(erased_at=NOW, address="", name=""))


@pytest.mark.parametrize(
    ("happens", "state"),
    [
        (lambda dbs: withdraw_messages(dbs, subject_id="s", reason="withdrawn", now=NOW), ("cancelled", "withdrawn")),
        (hold_all, ("queued", "")),
        (lambda dbs: dbs.execute(update(Message).values(held_at=NOW)), ("queued", "")),
        (erase, ("skipped", "the person has no address any more")),
        (lambda dbs: dbs.execute(update(Message).values(not_after=NOW)), ("expired", "it came too late")),
    ],
)
def test_what_happens_between_claim_and_handover_is_seen(
    app: Flask, dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox,
    happens: Callable[[Session], object], state: tuple[str, str],
) -> None:  # fmt: skip
    put("a", subject_id="s", not_after=NOW + timedelta(hours=1))

    def meanwhile() -> None:
        with Session(db.engine) as other:
            happens(other)
            other.commit()

    mailbox.against = meanwhile  # type: ignore[assignment]
    assert run() == 0
    assert (rows(dbs), mailbox.mails) == ({"a": state}, [])


def test_name_changed_between_claim_and_handover_is_not_needed_to_stop_but_an_address_is_followed(
    app: Flask, dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox
) -> None:
    put("a")

    def meanwhile() -> None:
        with Session(db.engine) as other:
            other.execute(update(Person).where(Person.id == "ana").values(address="new@people.example"))
            other.commit()

    mailbox.against = meanwhile  # type: ignore[assignment]
    assert run() == 1
    assert mailbox.readers == ["new@people.example"]


def test_worker_that_slept_past_its_lease_changes_nothing(
    app: Flask, dbs: Session, put: Callable[..., Message], clock: Clock
) -> None:
    put("a")
    [slow] = delivery.claim(dbs, now=NOW, limit=5)
    dbs.commit()
    assert delivery.recover(dbs, now=NOW + 6 * MINUTE) == 1
    [quick] = delivery.claim(dbs, now=NOW + 6 * MINUTE, limit=5)
    dbs.commit()
    late = delivery.Ready(slow, "ana@people.example", b"", "", "ana@people.example")
    assert delivery.mark(dbs, late, now=NOW + 6 * MINUTE) is False
    assert delivery.record(dbs, slow, ACCEPTED, now=NOW + 6 * MINUTE, jitter=float) == ""
    assert delivery.record(dbs, quick, ACCEPTED, now=NOW + 6 * MINUTE, jitter=float) == "sent"


def test_handover_is_not_begun_when_the_lease_has_little_room(dbs: Session, put: Callable[..., Message]) -> None:
    put("a")
    [claim] = delivery.claim(dbs, now=NOW, limit=5)
    ready = delivery.Ready(claim, "ana@people.example", b"", "", "ana@people.example")
    assert delivery.mark(dbs, ready, now=NOW + 4 * MINUTE) is False
    assert delivery.mark(dbs, ready, now=NOW + 3 * MINUTE) is True
    assert delivery.mark(dbs, ready, now=NOW + 3 * MINUTE) is False


def test_row_that_cannot_be_opened_does_not_hold_up_the_others(
    dbs: Session, put: Callable[..., Message], run: Callable[[], int], mailbox: Mailbox
) -> None:
    damaged = put("a", kind="sign-in", secret="/sign-in/link?t=x")
    damaged.sealed = "v1.derived.AAAAAAAAAAAAAAAA.AAAA"
    dbs.commit()
    put("b")
    assert run() == 1
    assert rows(dbs) == {"a": ("skipped", "its sealed part cannot be opened"), "b": ("sent", "")}


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_four_workers_never_send_one_row_twice(app: Flask, dbs: Session, put: Callable[..., Message]) -> None:
    for number in range(60):
        put(f"m{number:02}", person_id=None, to=f"r{number:02}@example.org")
    mailbox = Mailbox()
    tools: Tools = replace(tools_of(app, dbs), mailer=mailbox)
    assert tools.workers == 4
    assert send_mail(tools) == 60
    assert sorted(mailbox.readers) == [f"r{number:02}@example.org" for number in range(60)]


def fill(dbs: Session) -> None:
    """Put in many rows that are sent."""
    dbs.execute(
        text(
            "INSERT INTO messages (id, dedupe_key, kind, thread, subject_id, facts, sealed, cause, not_before, state,"
            " reason, attempts, message_id, last_error, created_at, sent_at)"
            " SELECT 'x' || n, 'x' || n, 'test', '', '', '{}', '', 'command', :at, 'sent', '', 1, 'x' || n, '', :at,"
            " :at"
            " FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n FROM c) x"
        ),
        {"at": NOW if dbs.get_bind().dialect.name == "postgresql" else NOW.isoformat(" ")},
    )
    dbs.execute(text("ANALYZE messages"))


def plan(dbs: Session, statement: Select[tuple[str]]) -> str:
    """Return how the database finds due rows."""
    statement = statement.params(p_now=NOW, p_soon=NOW, p_limit=20)
    explain = "EXPLAIN " if dbs.get_bind().dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    compiled = statement.compile(dbs.get_bind(), compile_kwargs={"render_postcompile": True})
    found = dbs.connection().exec_driver_sql(
        explain + str(compiled),
        compiled.params if isinstance(compiled, postgresql.psycopg.PGCompiler_psycopg) else _positional(compiled),
    )
    return "\n".join(str(row) for row in found)


def _positional(compiled: object) -> tuple[object, ...]:
    names: list[str] = compiled.positiontup  # type: ignore[attr-defined]
    params: dict[str, object] = compiled.params  # type: ignore[attr-defined]
    values = (params[name] for name in names)
    return tuple(value.isoformat(" ") if isinstance(value, datetime) else value for value in values)


def test_claim_finds_its_rows_by_the_partial_index(dbs: Session, put: Callable[..., Message]) -> None:
    put("a")
    fill(dbs)
    for statement in (delivery.FIND_PRESSING, delivery.FIND_NORMAL, delivery.FIND_DUE):
        assert "ix_messages_due" in plan(dbs, statement)
