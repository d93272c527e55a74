"""The service on a loopback port, for programs that are not ours and speak real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from tests.web.machine import Machine, machine_on


class _Quiet(WSGIRequestHandler):
    """A handler that writes no line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@contextmanager
def served(database_url: str, folder: Path) -> Iterator[tuple[Machine, str]]:
    """Serve a database on a free port; give the machine before it and the address, without a final slash."""
    with make_server("127.0.0.1", 0, lambda _environ, _start: [], handler_class=_Quiet) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        with machine_on(database_url, folder, base_url=address) as machine:
            machine.base_url = address
            server.set_app(machine.app.wsgi_app)
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                yield machine, address
            finally:
                server.shutdown()
                thread.join()
