"""The scheduler's own address for machines that watch: alive, and whether its jobs tick. Loopback, no secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from wmd.db import db, reading
from wmd.gateways import Gateways
from wmd.jobs import watched
from wmd.services.health import problems
from wmd.services.job_watch import job_statuses, outbox_facts

_HOST: Final = "127.0.0.1"
#: A client has this long to say its request.
_PATIENCE_S: Final = 5.0


@contextmanager
def watch_address(app: Flask, port: int, running: Callable[[], dict[str, datetime]]) -> Iterator[None]:
    """Answer ``/healthz`` and ``/readyz`` on loopback while this lasts; nothing with port 0. Raises OSError."""
    if not port:
        yield
        return

    class Handler(_Handler):
        def ready(self) -> tuple[HTTPStatus, dict[str, Any]]:
            return readiness(app, running())

    server = _Server((_HOST, port), Handler)
    Thread(target=server.serve_forever, name="watch-address", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def readiness(app: Flask, running: dict[str, datetime]) -> tuple[HTTPStatus, dict[str, Any]]:
    """Return status and facts: the age of each job's last good run, what runs for how long, and how mail flows.

    Not ready: the database is away or not migrated, or a job has not been well for twice its interval.
    """
    gateways: Gateways = app.extensions["wmd.gateways"]
    now = gateways.clock()
    with app.app_context():
        report = problems(db.engine, now=now)
        faults, facts = list(report.faults), {}
        if not faults:
            try:
                with reading(db.engine) as connection:
                    statuses = job_statuses(connection, watched(), now=now, counts=False)
                    mail = outbox_facts(connection, now=now)
            except SQLAlchemyError:
                faults.append("the database cannot be reached")
            else:
                faults += [f"late: {each.job.name}" for each in statuses if each.is_late]
                facts = {
                    "jobs": {each.job.name: _age(each.good_at, now) for each in statuses},
                    "failing": [each.job.name for each in statuses if each.is_failing],
                    "oldest_due_s": _age(mail.oldest_due_at, now),
                    "oldest_lease_s": _age(mail.oldest_lease_at, now),
                    "failed": mail.failed,
                }
    body = {
        "status": "not ready" if faults else "ready", "faults": faults, "alarms": list(report.alarms),
        "running": {name: _age(at, now) for name, at in running.items()}, **facts,
    }  # fmt: skip
    return HTTPStatus.SERVICE_UNAVAILABLE if faults else HTTPStatus.OK, body


def _age(at: datetime | None, now: datetime) -> float | None:
    """Return seconds since an instant; less than zero for one to come."""
    return round((now - at).total_seconds(), 1) if at is not None else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that go away."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server_version, sys_version = "wmd", ""

    def ready(self) -> tuple[HTTPStatus, dict[str, Any]]:
        raise NotImplementedError

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._say(HTTPStatus.OK, {"status": "alive"})
        elif self.path == "/readyz":
            self._say(*self.ready())
        else:
            self._say(HTTPStatus.NOT_FOUND, {"status": "no such address"})

    do_HEAD = do_GET  # noqa: N815 -- as above

    def _say(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: whoever watches asks every few seconds."""
