"""The demonstration over real HTTP on loopback, and one plain request to it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.conftest import LEAD_STARTED_AT, Clock, make_test_app
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain import paths
from wmd.domain.programme import EventView, Programme
from wmd.services.hiding import find_event, hide
from wmd.services.library import Library


@dataclass(frozen=True)
class Answer:
    """What the server answered to one plain request; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class LiveSite:
    """The demonstration, served on loopback, and the values its pages are made from."""

    base_url: str
    app: Flask
    library: Library
    #: Codes of events that were public and are not any more.
    gone: list[str] = field(default_factory=list)

    def get(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """Fetch an address by plain HTTP; ``Accept_Encoding="gzip"`` gives that header."""
        address = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def programme(self, slug: str = "2021") -> Programme:
        found = self.library.programme(slug)
        assert found is not None
        return found

    def event(self, title: str, slug: str = "2021") -> EventView:
        """Return the event whose title in some language begins like this."""
        found = [
            event
            for event in self.programme(slug).events.values()
            if any(text.title.startswith(title) for text in event.texts.values())
        ]
        assert len(found) == 1, (title, len(found))
        return found[0]

    def path(self, title: str, slug: str = "2021") -> str:
        """Return the address of the page of that event."""
        event = self.event(title, slug)
        return paths.event(slug, event.code, event.slug)


class _Silent(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: what matters is asserted."""


#: This event of the demonstration edition was public once and is not any more.
HIDDEN = "Passeio das escadinhas"


@contextmanager
def listening(database_url: str, folder: Path, clock: Clock | None = None) -> Iterator[tuple[str, Flask]]:
    """Serve a database on a port of its own; give the address and the application."""
    wanted: list[Callable[..., Iterable[bytes]]] = []

    # The address of the service is a setting, and the port is only known once the server listens.
    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        return wanted[0](environ, start)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Silent)
    base_url = f"http://127.0.0.1:{server.server_port}"
    app = make_test_app(database_url, folder, clock, base_url=base_url, port=server.server_port)
    # A fault must become the page that people get.
    app.testing = False
    app.add_url_rule("/fault", view_func=lambda: 1 // 0)
    wanted.append(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield base_url, app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["wmd.library"].settle()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def serving(database_url: str, folder: Path) -> Iterator[LiveSite]:
    """Serve a database with the demonstration; the clock stands a minute into the lead event."""
    with listening(database_url, folder) as (base_url, app):
        site = LiveSite(base_url, app, app.extensions["wmd.library"])
        with app.app_context():
            event = find_event(db.session(), site.event(HIDDEN, "demo").code)
            assert event is not None
            hide(db.session(), event, publishing_setting(app), actor="test", now=LEAD_STARTED_AT)
            db.session.commit()
            site.gone.append(event.code)
        yield site
