"""Starts servers on loopback for a measurement and ends exactly those."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2


@dataclass(frozen=True)
class Running:
    """A server that answers; ``ready_s`` is the time from its start to its first answer."""

    port: int
    pid: int
    ready_s: float

    def url(self, path: str) -> str:
        """Return the full address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def memory_mb(self) -> list[float]:
        """Return the resident memory of each worker, in megabytes."""
        found = []
        for worker in self._workers():
            lines = Path(f"/proc/{worker}/status").read_text(encoding="ascii").splitlines()
            found.append(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")))
        return found

    def processor_s(self) -> float:
        """Return the processor time all workers have used until now, in seconds."""
        ticks = 0
        for worker in self._workers():
            after_name = Path(f"/proc/{worker}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += int(after_name[11]) + int(after_name[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _workers(self) -> list[str]:
        return Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: list[str], env: dict[str, str], first: str) -> Iterator[Running]:
    """Run a server and end it; ready is when every path of a browser's first visit, ``first``, is answered."""
    port = int(env["PORT"])
    began_s = time.perf_counter()
    log = Path(env["WMD_VAR_DIR"]) / "server.log"
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=out, stderr=out)
        try:
            _await(port, first, process, log)
            yield Running(port, process.pid, time.perf_counter() - began_s)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def _await(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(2_000):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{log.read_text(encoding='utf-8')[-2000:]}")
        if status_of(port, path) == 200:
            return
        time.sleep(0.02)
    raise TimeoutError(f"no answer on {path}")


def status_of(port: int, path: str) -> int:
    """Return the status of one request on a connection of its own; 0 when nothing answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = sock.makefile("rb").readline().split()
            return int(answer[1]) if len(answer) > 1 else 0
    except OSError:
        return 0


def granian(target: str) -> list[str]:
    """Return the command that serves any application just as ``wmd/serve.py`` serves ours."""
    return [sys.executable, "-m", "benchmarks.serve_target", target]
