"""Structured logs: one JSON object per line on stdout, with static event names and no personal data.

Our own code logs an event's name and plain facts: ``log.info("feed.built", extra={"edition": "2021"})``.
Every string is written in ASCII with control characters escaped, so that a hostile value (a path with a
line break in it) cannot begin a line of its own. An exception is logged as its type and the places it came
through; its message is left out, because messages quote what people typed (addresses, links, whole rows). For the
same reason a sentence in place of an event's name (Flask logs "Exception on /a/path") is written only in
demonstration mode when it comes from our own logger or with an exception.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.util import Finalize
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TextIO

#: What a log record has of itself; anything beyond these names came in as ``extra``.
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_STATIC_NAME = re.compile(r"[a-z0-9]+(?:[._][a-z0-9]+)*")
_PRIVATE_PATH = re.compile(r"/(?:[a-z]{2,3}/)?(?:me|organiser|staff|sign-in|sign-out|mailbox|[^/]+/submit)(?:/|$)")
_PLAIN_WORD = re.compile(r"[a-z][a-z-]{0,31}|[0-9A-Z]{6}|[0-9]{1,4}")
_PUBLIC_SEGMENT = re.compile(r"(?:[0-9A-Z]{6}-)?[^\W_]+(?:[-_.][^\W_]+)*")
_TOKEN_RUN = re.compile(r"(?=[A-Za-z_]*[0-9])[0-9A-Za-z_]{20,}")
_MASK = "***"
_LONGEST_SEGMENT = 120
_ROOT = Path(__file__).resolve().parents[1]


def loggable_path(path: str) -> str:
    """Return ``path`` with everything that may be a secret replaced by ``***``.

    Under ``/me``, ``/organiser``, ``/staff`` and where people sign in or submit only plain words, six-character codes
    and short numbers stay; elsewhere a segment is masked when it holds a run of 20 or more letters and digits, as
    tokens do and slugs do not.
    """
    keep = _keep_private if _PRIVATE_PATH.match(path) else _keep_public
    return "/".join(part if not part or keep(part) else _MASK for part in path.split("/"))


def _keep_private(part: str) -> bool:
    return _PLAIN_WORD.fullmatch(part) is not None


def _keep_public(part: str) -> bool:
    # A search for runs takes the square of the length: what is longer than any address of ours is not searched.
    if len(part) > _LONGEST_SEGMENT:
        return False
    return _PUBLIC_SEGMENT.fullmatch(part) is not None and _TOKEN_RUN.search(part) is None


class JsonFormatter(logging.Formatter):
    """One record as one line of ASCII JSON.

    ``request_id`` is asked for each record and may answer None (outside a request). With ``messages`` the text of
    exceptions is written too: for demonstration mode, where there is no personal data.
    """

    def __init__(self, request_id: Callable[[], str | None] = lambda: None, *, messages: bool = False) -> None:
        super().__init__()
        self._request_id = request_id
        self._messages = messages

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, without a line break."""
        facts: dict[str, object] = {
            "at": f"{_stamp(int(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": str(record.msg),
            "logger": record.name,
        }
        if record.args or not _STATIC_NAME.fullmatch(str(record.msg)):
            # Other people's libraries log sentences with values in them; their logger's name is the static event.
            facts["event"] = f"log.{record.name}"
            if self._messages or not (record.exc_info or record.name.startswith("wmd")):
                facts["text"] = record.getMessage().strip()
        if request_id := self._request_id():
            facts["request_id"] = request_id
        facts |= {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
        if record.exc_info and record.exc_info[1] is not None:
            facts["error"] = list(_chain(record.exc_info[1], messages=self._messages))
            facts["trace"] = list(_places(record.exc_info[2]))
        return json.dumps(facts, default=_plain, separators=(",", ":"))


def _plain(value: object) -> object:
    """Say a value that JSON does not know; only its kind when it is an object that may hold anything."""
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(str(one) for one in value)
    return str(value) if type(value).__str__ is not object.__str__ else type(value).__name__


def _chain(error: BaseException | None, *, messages: bool) -> Iterator[str]:
    for _ in range(5):
        if error is None:
            return
        name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
        yield f"{name}: {error}" if messages else name
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace, limit=-12):
        file = Path(frame.filename)
        ours = file.is_relative_to(_ROOT) and "site-packages" not in file.parts
        yield f"{file.relative_to(_ROOT) if ours else Path(*file.parts[-3:])}:{frame.lineno} {frame.name}"


def configure(
    *,
    stream: TextIO = sys.stdout,
    level: int = logging.INFO,
    request_id: Callable[[], str | None] = lambda: None,
    messages: bool = False,
) -> None:
    """Send every log record of this process to ``stream`` as JSON lines, in place of whatever was set up before.

    Alembic and SQLAlchemy report each step at INFO; they are kept to warnings. APScheduler warns of each beat at which
    a job is still at its last one, which is as it should be; it is kept to errors.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(request_id, messages=messages))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    for chatty in ("alembic", "sqlalchemy", "urllib3"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


class LineWriter:
    """Collects lines and writes them in batches from a thread of its own.

    A request then costs an append instead of a system call. At most ``most_waiting`` lines wait when the reader of
    the stream stands still; then the oldest are dropped, because a request must not wait for its log. What waits is
    written when the process ends in an orderly way. Make one in the process that uses it: the thread does not
    survive a fork.
    """

    def __init__(self, write: Callable[[str], object], *, every_s: float = 0.2, most_waiting: int = 50_000) -> None:
        self._write = write
        self._every_s = every_s
        self._lines: deque[str] = deque(maxlen=most_waiting)
        self._append = self._lines.append
        self._waiting = Event()
        self._starting = Lock()
        self._thread: Thread | None = None
        self._flushing = Lock()
        # A worker process started by multiprocessing ends without atexit handlers; its own finalizers do run.
        Finalize(self, self.flush, exitpriority=10)

    def __call__(self, line: str) -> None:
        """Take one line, without its line break."""
        self._append(line)
        if not self._waiting.is_set():
            self._waiting.set()
            if self._thread is None:
                self._start()

    def flush(self) -> None:
        """Write all that waits now."""
        with self._flushing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                lines.append("")
                self._write("\n".join(lines))

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._waiting.wait()
            time.sleep(self._every_s)
            self._waiting.clear()
            try:
                self.flush()
            except (OSError, ValueError):
                # The stream is gone or closed; there is nowhere left to say so.
                return


class AccessLog:
    """Writes one line per request, from facts that are ready JSON members: a replayed response costs no encoding.

    ``write`` takes one line; ``now_s`` gives seconds since the epoch.
    """

    def __init__(self, write: Callable[[str], object], now_s: Callable[[], float] = time.time) -> None:
        self._write = write
        self._now_s = now_s
        self._second = (0, _stamp(0))

    def __call__(self, facts: str, request_id: str, duration_s: float, replayed: bool) -> None:
        """Write the line of one request; ``facts`` comes from :func:`request_facts`."""
        now_s = self._now_s()
        whole = int(now_s)
        # One tuple, replaced as a whole: two threads may both renew it, neither sees half of it.
        second = self._second
        if second[0] != whole:
            self._second = second = (whole, _stamp(whole))
        self._write(
            f'{{"at":"{second[1]}.{int((now_s - whole) * 1000):03d}Z",{facts},'
            f'"request_id":"{request_id}","duration_ms":{duration_s * 1000:.3f},'
            f'"replayed":{"true" if replayed else "false"}}}'
        )


def request_facts(method: str, path: str, status: int, size_bytes: int) -> str:
    """Return a request's facts as JSON members for :class:`AccessLog`; the path is masked and holds no query string."""
    known = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
    return (
        f'"level":"info","event":"request","method":"{known}","path":{json.dumps(loggable_path(path))},'
        f'"status":{status},"bytes":{size_bytes}'
    )


def _stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
