"""Serves the application with granian: ``python -m wmd.serve``.

Chosen by measurement (benchmarks/README.md): with the same two workers it answers several times as many requests as
gunicorn. Settings are those of ``config.py``; a production install puts a reverse proxy in front.
"""

from __future__ import annotations

import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import has_request_context, request
from granian.constants import Interfaces, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from config import Config, SettingError
from wmd import logs
from wmd.lifeline import end_with
from wmd.web.published import REQUEST_ID_KEY, Published

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

#: Python threads per worker. Replayed responses need one; the others wait for the database or for a slow reader.
_THREADS: Final = 4
_BACKLOG: Final = 2048
#: A stop waits this long for requests that are being answered.
_STOP_S: Final = 10
#: How long the first answer may take before that is said instead of the address.
_FIRST_ANSWER_S: Final = 60.0
#: A client has this long to say the headers of its request (granian counts milliseconds).
_HEADERS_MS: Final = 15_000
#: A scheduler that ended by itself is started again after this long.
_STARTED_ANEW_S: Final = 5.0
#: … and after this long when it said that another one works on the same database (EX_UNAVAILABLE, sysexits.h).
_TRIED_AGAIN_S: Final = 60.0
_TAKEN: Final = 69

#: granian's own records go the way of all others.
_GRANIAN_LOGS: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; print the address once a request is really answered.

    With ``--check`` only look at the settings and whether the port is free, before anything is touched. With
    ``--scheduler`` run the scheduler beside the server, as a process that ends with it; with ``--zoom``, in a
    demonstration, the made-up Zoom that the settings name.
    """
    try:
        config = Config.from_env()
    except SettingError as error:
        sys.exit(str(error))
    _refuse_taken_port(config.host, config.port)
    if "--check" in sys.argv[1:]:
        return
    _configure_logs(config)
    server = _Server(
        "wsgi:app",
        address=config.host,
        port=config.port,
        **granian_settings(config.workers),
    )
    loaded, say_loaded = os.pipe()
    lifeline = os.pipe()
    server.announce = lambda: _announce(config, loaded)
    server.lifeline = lifeline[1]
    if "--zoom" in sys.argv[1:] and config.zoom_url:
        server.beside.append(_Beside(zoom_command(config)))
    if "--scheduler" in sys.argv[1:]:
        scheduler = [sys.executable, "-m", "flask", "--app", "wsgi", "scheduler", "run", "--with-stdin"]
        server.beside.append(_Beside(scheduler))
    try:
        server.serve(target_loader=lambda: load(config, say_loaded, lifeline), wrap_loader=False)
    except SystemExit:
        # Ctrl-C reaches the workers too; that they ended first is no failure.
        if not server.interrupt_signal:
            raise
    finally:
        for each in server.beside:
            each.stop()


def zoom_command(config: Config) -> list[str]:
    """Return how the made-up Zoom of a demonstration is started: on the ports that the settings name."""
    port, panel_port = (urlsplit(url).port or 0 for url in (config.zoom_url, config.zoom_panel_url))
    return [
        sys.executable, "-m", "wmd_fakezoom", "--port", str(port), "--control-port", str(panel_port), "--seed", "demo",
        "--rooms", str(config.demo_rooms_file), "--webhook-url", f"http://{config.host}:{config.port}/hooks/zoom",
        "--with-stdin",
    ]  # fmt: skip


def granian_settings(workers: int) -> dict[str, Any]:
    """Return how granian is run, whatever the application: the benchmark's baselines are served the same way."""
    return {
        "interface": Interfaces.WSGI,
        # In the other mode granian misses its own word that a worker has ended, when that happens fast, and waits for
        # it (2.8: src/serve.rs waits on a condition without looking whether it holds already).
        "runtime_mode": RuntimeModes.st,
        "workers": workers,
        "blocking_threads": _THREADS,
        "backlog": _BACKLOG,
        "websockets": False,
        "http1_settings": HTTP1Settings(header_read_timeout=_HEADERS_MS),
        "log_level": LogLevels.warning,
        "log_dictconfig": _GRANIAN_LOGS,
        "respawn_failed_workers": True,
        "workers_kill_timeout": _STOP_S,
    }


class _Server(MPServer):
    """granian's server with a word when it is ready: the workers are forked before the watching thread starts."""

    announce: Callable[[], object] = staticmethod(lambda: None)
    #: The writing end of a pipe that every worker reads: it ends when the server stops, and when it is killed.
    lifeline: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Processes that run as long as the server does.
        self.beside: list[_Beside] = []

    def startup(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401 -- granian's own types
        """Start listening and the workers, then wait beside them for the first answer."""
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]  # granian says no types here
        for each in self.beside:
            each.start()
        Thread(target=self.announce, name="announce", daemon=True).start()

    def signal_handler_interrupt(self, *args: object, **kwargs: object) -> None:
        """Stop, and let go of the workers' lifeline."""
        if self.lifeline is not None:
            os.close(self.lifeline)
            self.lifeline = None
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]  # as above

    def signal_handler_reload(self, *args: object, **kwargs: object) -> None:
        """End on SIGHUP too: the terminal was closed, and nobody would know of a server that goes on."""
        self.signal_handler_interrupt(*args, **kwargs)


class _Beside:
    """Keeps a process running beside the server.

    It is told to end when the server ends; should the server be killed, its standard input ends, and it with it.
    """

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._over = Event()

    def start(self) -> None:
        """Start it, and start it anew when it ends by itself."""
        Thread(target=self._run, name="beside", daemon=True).start()

    def _run(self) -> None:
        while not self._over.is_set():
            # In a group of its own: a terminal's Ctrl-C goes to the server, which then says so once.
            self._process = subprocess.Popen(  # noqa: S603 -- our own command, from ``main``
                self._command, stdin=subprocess.PIPE, process_group=0
            )
            status = self._process.wait()
            self._over.wait(_TRIED_AGAIN_S if status == _TAKEN else _STARTED_ANEW_S)

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._over.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def load(config: Config, say_loaded: int, lifeline: tuple[int, int]) -> WSGIApplication:
    """Make the application inside a worker process, with its logs, and bind the worker's life to its parent's.

    ``say_loaded`` is the end of a pipe that gets a byte when the worker can answer; ``lifeline`` a pipe that ends with
    the server.
    """
    # Forked with the server's handlers, which would swallow the word to end until granian puts the worker's own in
    # their place, after this function: whoever ends the server in its first second must not wait for a kill.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    # A terminal sends Ctrl-C to the whole group; a worker shall hear only the server's own word, once. A group of its
    # own is enough: a session of its own would also be scheduled apart from the rest (Linux, autogroup).
    os.setpgid(0, 0)
    # None may be left that holds the port. The server's own word usually was enough by then; granian 2.8 sometimes does
    # not hear it under load, and would be killed after its ten seconds in the middle of whatever it does.
    os.close(lifeline[1])
    Thread(target=end_with, args=(lifeline[0],), name="lifeline", daemon=True).start()
    _configure_logs(config)

    from wsgi import app  # noqa: PLC0415 -- the settings were checked before; the work belongs in the worker

    layer: Published = app.extensions["wmd.published"]
    layer.log = logs.AccessLog(logs.LineWriter(_write_out))
    layer.hides_faults = True
    os.write(say_loaded, b".")
    Thread(target=app.extensions["wmd.library"].keep, args=(Event(),), name="keep", daemon=True).start()
    return app.wsgi_app


def _configure_logs(config: Config) -> None:
    level = logging.getLevelNamesMapping()[config.log_level]
    logs.configure(level=level, request_id=_request_id, messages=config.is_demo)


def _request_id() -> str | None:
    return request.environ.get(REQUEST_ID_KEY) if has_request_context() else None


def _write_out(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _refuse_taken_port(host: str, port: int) -> None:
    """Say in words that a port is taken. The server itself would share it (SO_REUSEPORT) and take half the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(f"Port {port} on {host} cannot be used ({error.strerror}). Choose another: PORT=8001 make run")


def _announce(config: Config, loaded: int) -> None:
    """Print the address once every worker has the application and one has answered."""
    for _ in range(config.workers):
        os.read(loaded, 1)
    ends_s = time.monotonic() + _FIRST_ANSWER_S
    while not _answers(config.host, config.port):
        if time.monotonic() > ends_s:
            print("The server started but does not answer yet; its log says more.", flush=True)  # noqa: T201 -- as below
            return
        time.sleep(0.05)
    where = f"{config.base_url}/" if config.is_demo else f"{config.host}:{config.port}, for {config.base_url}/"
    print(f"Serving World Metropolitan Day on {where} (Ctrl-C stops it)", flush=True)  # noqa: T201 -- for a person


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
