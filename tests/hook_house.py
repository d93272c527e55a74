"""The service before a fake Zoom that sends it signed messages over real HTTP on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from tests.zoom_house import ZoomHouse, zoom_house
from wmd.jobs import run_job
from wmd.models import ZoomWebhook
from wmd_fakezoom.seed import WEBHOOK_SECRET
from wmd_fakezoom.webhooks import Endpoint, Tweak


@dataclass
class HookHouse(ZoomHouse):
    """A house with an ear: what the fake sends comes in at ``endpoint``."""

    endpoint: Endpoint

    def send(self) -> list[int]:
        """Let the fake send what is due; return the statuses of our answers."""
        self.dbs.rollback()
        self.zoom.control.set_time(self.clock.now)
        return [outcome.status for outcome in self.zoom.control.webhooks.send_due()]

    def forge(self, event: str, tweak: Tweak | None = None, /, **payload: Any) -> int:
        """Let somebody send something that Zoom knows nothing of; return the status of our answer."""
        self.dbs.rollback()
        return self.zoom.control.webhooks.forge(self.endpoint, event, payload, tweak).status

    def rows(self) -> list[ZoomWebhook]:
        """Return what is stored, in the order in which it came."""
        self.dbs.rollback()
        found = select(ZoomWebhook).order_by(ZoomWebhook.id).execution_options(populate_existing=True)
        return list(self.dbs.scalars(found))

    def stored(self) -> list[tuple[str, str, str]]:
        """Return event, object and state of what is stored."""
        return [(row.event, row.object_id, row.state) for row in self.rows()]

    def work(self, **later: float) -> int:
        """Let time go by, and run the job; return how many messages were worked on."""
        self.sync_clock(**later)
        self.dbs.rollback()
        done = run_job(self.app, "zoom-webhooks")
        self.dbs.rollback()
        return done

    def sync_clock(self, **later: float) -> None:
        """Let time go by on both sides."""
        self.clock.now = self.zoom.control.set_time(self.clock.now) if not later else self._moved(**later)

    def _moved(self, **later: float) -> Any:  # noqa: ANN401 -- an instant
        return self.zoom.control.move(**later)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(app: Flask, ear: socket.socket) -> Iterator[None]:
    """Serve an application on a socket of loopback, from threads of this process."""
    host, port = ear.getsockname()
    server = make_server(host, port, app, threaded=True, fd=ear.fileno())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hook_house(database_url: str, folder: Path, **changes: object) -> Iterator[HookHouse]:
    """Give a house that listens, and is subscribed without having been challenged."""
    # The port is ours from here on: no other test that runs beside this one can take it before we listen.
    with socket.create_server(("127.0.0.1", 0), backlog=128) as ear:
        port = ear.getsockname()[1]
        settings: dict[str, object] = {"port": port, "zoom_webhook_secret": WEBHOOK_SECRET}
        with zoom_house(database_url, folder, **(settings | changes)) as house, serving(house.app, ear):
            url = f"http://127.0.0.1:{port}/hooks/zoom"
            endpoint = house.zoom.control.webhooks.subscribe(url, WEBHOOK_SECRET, check=False)
            yield HookHouse(**{each.name: getattr(house, each.name) for each in fields(house)}, endpoint=endpoint)
