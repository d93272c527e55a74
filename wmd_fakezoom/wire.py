"""HTTP on loopback: werkzeug's threaded server, the path as it came, and connections that are cut on purpose."""

from __future__ import annotations

import os
import socket
import struct
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_LOOPBACK: Final = "127.0.0.1"
#: How long connections may take to end once they are told to.
_END_S: Final = 2.0


class DroppedError(ConnectionError):
    """The connection was cut on purpose; there is nobody left to answer."""


class _Handler(WSGIRequestHandler):
    """A handler that writes no lines, and whose connections are known so that they can be ended."""

    def setup(self) -> None:
        """Note the connection."""
        super().setup()
        # An answer must not wait for the acknowledgement of the one before (Nagle's algorithm).
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        OPEN.add(self.connection, self.server)

    def finish(self) -> None:
        """Forget the connection."""
        OPEN.remove(self.connection)
        super().finish()

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Read no further request from a connection that is gone."""
        del error, environ
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing: addresses and tokens have no place in a log."""
        del type, message, args


class _Open:
    """The connections that are open, by server."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._all: dict[socket.socket, object] = {}

    def add(self, connection: socket.socket, server: object) -> None:
        """Note a connection."""
        with self._lock:
            self._all[connection] = server

    def remove(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._all.pop(connection, None)

    def end(self, server: object) -> None:
        """End the connections of a server."""
        with self._lock:
            found = [connection for connection, owner in self._all.items() if owner is server]
        for connection in found:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


OPEN: Final = _Open()


class Server:
    """One port on loopback, served by threads of this process. Port 0 takes a free one.

    Each connection ends with its answer: werkzeug's server reads on after a request, and would swallow the next one.
    """

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._server: BaseWSGIServer = make_server(_LOOPBACK, port, app, threaded=True, request_handler=_Handler)
        self.url = f"http://{_LOOPBACK}:{self._server.server_port}"
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="fake-zoom", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and end the connections that are open."""
        self._server.shutdown()
        OPEN.end(self._server)
        self._thread.join(_END_S)
        self._server.server_close()


def raw_path(environ: WSGIEnvironment) -> str:
    """Return the path as it came over the wire, with its percent signs."""
    return str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]).split("?", 1)[0]


def cut_connection(environ: WSGIEnvironment) -> None:
    """Reset the connection of a request: the caller sees neither an answer nor an orderly end."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Closed by its number: the object waits for the files that were made of it, and would end in good order.
    OPEN.remove(connection)
    os.close(connection.detach())
