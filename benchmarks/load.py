"""Asks one address as fast as a server answers, over kept-alive connections, in a process of its own.

``wrk`` is used when it is installed. Otherwise a small generator over sockets takes its place; being Python it may be
slower than the server it measures, which makes ratios look better than they are: the report says which was used.
"""

from __future__ import annotations

import json
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

CONNECTIONS = 16


@dataclass(frozen=True)
class Rate:
    """Answers per second and in all, and how many were not what was expected."""

    per_second: float
    faults: int
    answers: int


def generator() -> str:
    """Say what puts the load on."""
    return "wrk" if shutil.which("wrk") else "a generator in Python"


def measure(url: str, headers: dict[str, str], status: int, seconds: float) -> Rate:
    """Ask ``url`` for ``seconds`` and return the rate of answers with ``status``."""
    if shutil.which("wrk"):
        return _wrk(url, headers, status, seconds)
    command = [sys.executable, "-m", "benchmarks.load", url, json.dumps(headers), str(status), str(seconds)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return Rate(**found)


def _wrk(url: str, headers: dict[str, str], status: int, seconds: float) -> Rate:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{round(seconds)}s", *given, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    answers = re.search(r"([0-9]+) requests in", text)
    faults = re.search(r"Non-2xx or 3xx responses:\s+([0-9]+)", text)
    broken = re.search(r"Socket errors: .*", text)
    # wrk does not tell 200 from 304; the caller has asked once before and compared.
    if rate is None or answers is None:
        raise RuntimeError(text)
    return Rate(float(rate[1]), (int(faults[1]) if faults else 0) + (1 if broken else 0), int(answers[1]))


@dataclass
class _Connection:
    """One kept-alive connection: what is still to be read of the answer that is under way."""

    sock: socket.socket
    left: int = -1
    buffer: bytearray = field(default_factory=bytearray)


def _generate(url: str, headers: dict[str, str], status: int, seconds: float) -> Rate:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", *(f"{name}: {value}" for name, value in headers.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    expected = f"HTTP/1.1 {status} ".encode()
    ready = selectors.DefaultSelector()
    for _ in range(CONNECTIONS):
        sock = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(request)
        ready.register(sock, selectors.EVENT_READ, _Connection(sock))
    answers = faults = 0
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < seconds:
        for key, _ in ready.select(timeout=1):
            connection: _Connection = key.data
            done, good = _read(connection, expected)
            if done:
                answers += 1
                faults += not good
                connection.sock.sendall(request)
    took_s = time.perf_counter() - began_s
    for key in list(ready.get_map().values()):
        key.data.sock.close()
    return Rate(answers / took_s, faults, answers)


def _read(connection: _Connection, expected: bytes) -> tuple[bool, bool]:
    """Read what is there; return whether the answer is complete, and whether it has the expected status."""
    chunk = connection.sock.recv(262_144)
    if not chunk:
        raise ConnectionError("the server closed the connection")
    buffer = connection.buffer
    buffer += chunk
    if connection.left < 0:
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return False, False
        length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", buffer[:end])
        connection.left = end + 4 + (int(length[1]) if length and b" 304 " not in buffer[:20] else 0)
    if len(buffer) < connection.left:
        return False, False
    good = buffer.startswith(expected)
    buffer.clear()
    connection.left = -1
    return True, good


if __name__ == "__main__":
    result = _generate(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    print(json.dumps(asdict(result)))
