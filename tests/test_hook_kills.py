"""A real server process is killed while Zoom's messages pour in, with the database free and then locked: each one that
was answered is there."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.hook_house import free_port
from wmd.db import make_engine
from wmd.domain.zoom.signing import signature
from wmd.gateways import read_clock
from wmd.models import ZoomWebhook
from wmd.services.hook_inbox import take_in

ROOT = Path(__file__).resolve().parents[1]
SECRET = "the-secret-of-the-killed-server"
#: Serves the application from threads, as each worker of the real server does.
RUN = (
    "import sys; from pathlib import Path; from werkzeug.serving import make_server;"
    "from tests.conftest import make_config; from wmd import create_app; url, folder, port, secret = sys.argv[1:];"
    "app = create_app(make_config(url, Path(folder), port=int(port), zoom_webhook_secret=secret));"
    "make_server('127.0.0.1', int(port), app, threaded=True).serve_forever()"
)
CLIENTS = 6


class Sender:
    """Sends messages until there is no answer; ``answered`` are the numbers that were answered with 204."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answered: set[int] = set()

    def send(self, number: int) -> int:
        """Send one message; return the status, 0 without an answer."""
        body = json.dumps({"event": "webinar.updated", "event_ts": 1, "payload": {"object": {"id": number}}}).encode()
        stamp = str(int(read_clock().timestamp()))
        headers = {"x-zm-request-timestamp": stamp, "x-zm-signature": signature(SECRET, stamp, body)}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", "/hooks/zoom", body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        if status == 204:
            self.answered.add(number)
        return status

    def pour(self, first: int) -> None:
        """Send one after the other until nobody answers."""
        for number in range(first, first + 100_000):
            if self.send(number) == 0:
                return


def await_count(sender: Sender, count: int) -> None:
    """Wait until so many were answered."""
    end_s = time.monotonic() + 30
    while len(sender.answered) < count:
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_message_that_was_answered_outlasts_the_process(app: Flask, database_url: str, tmp_path: Path) -> None:
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("WMD_")}
    command = [sys.executable, "-c", RUN, database_url, str(tmp_path), str(port), SECRET]
    sender = Sender(port)
    engine = make_engine(database_url)
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process, ThreadPoolExecutor(CLIENTS) as pool:  # fmt: skip
        try:
            end_s = time.monotonic() + 30
            while sender.send(1) != 204:
                assert time.monotonic() < end_s
                time.sleep(0.05)
            work = [pool.submit(sender.pour, 1_000_000 * client) for client in range(1, CLIENTS + 1)]
            await_count(sender, 60)
            with engine.connect() as other:
                # Nobody can write: SQLite has one writer, and here it is us.
                lock = "SELECT 1" if engine.dialect.name == "sqlite" else "LOCK TABLE zoom_webhooks"
                other.execute(text(lock))
                await_count(sender, 120)
                process.send_signal(signal.SIGKILL)
                process.wait(10)
                other.rollback()
            for each in work:
                each.result(30)
        finally:
            process.kill()
    spool = app.extensions["wmd.hook_spool"]
    on_disk = len(spool.waiting())
    with Session(engine) as dbs:
        taken = take_in(dbs, spool)
        stored = {int(number) for number in dbs.scalars(select(ZoomWebhook.object_id))}
    engine.dispose()
    assert taken == on_disk > 0
    assert sender.answered - stored == set()
