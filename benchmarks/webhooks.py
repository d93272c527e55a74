"""A burst of Zoom's messages: 1,000 in ten seconds, and none is lost: ``python -m benchmarks.webhooks [--quick]``.

They come at their times whether or not the ones before were answered, to the real server with its two workers; then
the server is killed, the job takes in what waits on the disk, and what is stored is counted. Once more with SQLite,
which somebody locks for three seconds in between.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from benchmarks.delivery import close_app, database
from benchmarks.section import write_section
from benchmarks.servers import ROOT, free_port, status_of
from config import Config
from wmd import create_app
from wmd.db import db
from wmd.domain.zoom.signing import signature
from wmd.models import ZoomWebhook
from wmd.services.hook_inbox import take_in

SECRET = "the-webhook-secret-of-the-benchmark"
CLIENTS = 32
LOCKED_S = 3.0
#: When the lock is taken.
_LOCK_AT_S = 2.0

_SECTION = """## Zoom's messages

A burst of 1,000 signed messages in ten seconds to the real server (two workers): each is stored and answered within a
second (99th percentile), and none is lost, also where SQLite is locked for three of these seconds. The server is then
killed, and what is stored is counted. Alone: `python -m benchmarks.webhooks`.

<!-- webhooks -->

<!-- /webhooks -->
"""


class Burst(NamedTuple):
    """What came of a burst."""

    sent: int
    taken: int
    stored: int
    on_disk: int
    half_ms: float
    most_ms: float
    longest_ms: float

    @property
    def line(self) -> str:
        """The figures as cells of a table."""
        return (
            f"{self.half_ms:.1f} | {self.most_ms:.1f} | {self.longest_ms:.0f} | {self.on_disk:,} |"
            f" {self.taken - self.stored:,} of {self.sent:,}"
        )


def make_app(url: str, folder: Path, port: int) -> Flask:
    """Return the application of the server, to set up its database and count afterwards."""
    config = Config(
        mode="demo", secret_key="a-secret-of-the-benchmark-0123456789", base_url=f"http://127.0.0.1:{port}",
        database_url=url, link_keys="", uid_domain="wmd.metropolis.test", var_dir=folder, port=port,
        zoom_webhook_secret=SECRET,
    )  # fmt: skip
    app = create_app(config)
    with app.app_context():
        upgrade()
    return app


def serve(url: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the real server in a group of its own, and wait until it answers."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}
    env |= {
        "WMD_MODE": "demo", "WMD_SECRET_KEY": "a-secret-of-the-benchmark-0123456789", "WMD_DATABASE_URL": url,
        "WMD_VAR_DIR": str(folder), "PORT": str(port), "WMD_ZOOM_WEBHOOK_SECRET": SECRET,
    }  # fmt: skip
    with (folder / "server.log").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "wmd.serve"], cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True
        )
    for _ in range(1_500):
        if status_of(port, "/healthz") == 200:
            return process
        time.sleep(0.02)
    kill(process)
    raise TimeoutError("the server does not answer")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def send(port: int, number: int, at_s: float) -> tuple[int, float]:
    """Send one message at its time; return the status, and how long after that time the answer came."""
    time.sleep(max(0.0, at_s - time.perf_counter()))
    body = json.dumps(
        {
            "event": "webinar.registration_created", "event_ts": 1_600_000_000_000 + number,
            "payload": {"account_id": "a", "object": {"id": str(84_000_000_000 + number), "topic": "x" * 600}},
        }
    ).encode()  # fmt: skip
    stamp = str(int(time.time()))
    headers = {"x-zm-request-timestamp": stamp, "x-zm-signature": signature(SECRET, stamp, body)}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("POST", "/hooks/zoom", body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            status = 0
    return status, 1_000 * (time.perf_counter() - at_s)


def hold_lock(file: str, begun_s: float) -> None:
    """Keep everybody else from writing for some seconds."""
    time.sleep(max(0.0, begun_s + _LOCK_AT_S - time.perf_counter()))
    with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_S)
        other.execute("ROLLBACK")


def burst(kind: str, count: int, over_s: float, *, locked: bool = False) -> Burst:
    """Send a burst to a fresh server on this kind of database, and return what came of it."""
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        folder, port = Path(name), free_port()
        app = make_app(url, folder, port)
        process = serve(url, folder, port)
        try:
            with ThreadPoolExecutor(CLIENTS) as pool:
                # Each worker meets its first message before: what is timed is not the loading of modules.
                warm = [pool.submit(send, port, 10_000_000 + number, 0.0) for number in range(CLIENTS)]
                assert [each.result()[0] for each in warm] == [204] * CLIENTS
                begun_s = time.perf_counter() + 0.2
                if locked:
                    Thread(target=hold_lock, args=[url.removeprefix("sqlite:///"), begun_s]).start()
                step_s = over_s / count
                work = [pool.submit(send, port, number, begun_s + number * step_s) for number in range(count)]
                answers = [each.result() for each in work]
        finally:
            kill(process)
        taken = sum(status == 204 for status, _ in answers)
        with app.app_context():
            on_disk = take_in(db.session(), app.extensions["wmd.hook_spool"])
            stored = (db.session.scalar(select(func.count()).select_from(ZoomWebhook)) or 0) - CLIENTS
        close_app(app)
    times = statistics.quantiles([took_ms for _, took_ms in answers], n=100)
    return Burst(count, taken, stored, on_disk, times[49], times[98], max(took_ms for _, took_ms in answers))


def main() -> None:
    """Measure, print, and write the figures into the README (not with ``--quick``)."""
    is_quick = "--quick" in sys.argv[1:]
    count, over_s = (300, 3.0) if is_quick else (1_000, 10.0)
    lines = [
        "| messages | median, ms | 99th percentile, ms (≤ 1,000) | longest, ms | by way of the disk | lost |",
        "|---|---|---|---|---|---|",
    ]
    for words, kind, locked in (
        ("SQLite", "sqlite", False),
        (f"SQLite, locked for {LOCKED_S:.0f} s", "sqlite", True),
        ("PostgreSQL", "postgresql", False),
    ):
        found = burst(kind, count, over_s, locked=locked)
        assert (found.taken, found.stored) == (found.sent, found.sent), found
        lines.append(f"| {words} | {found.line} |")
    said = "\n".join(lines)
    print(said)
    if not is_quick:
        write_section("webhooks", _SECTION, said, more="; every commit reaches the disk")


if __name__ == "__main__":
    main()
