"""Stores Zoom's messages fast, whatever the database does: many in one commit, and on the disk when that takes long.

A request hands its message to a thread and waits for its commit, but not for long. What is stored twice is one row,
so that a message may go to the disk while the thread is still at it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

from sqlalchemy import Engine

from wmd.services.hook_inbox import HookSpool, Values, insert_hooks

log = logging.getLogger(__name__)

#: Most messages of one commit.
_MOST: Final = 100
#: A thread that has nothing to do looks so often whether it shall.
_IDLE_S: Final = 60.0


class _Waiting:
    """A message, and the word that it is stored."""

    __slots__ = ("done", "is_stored", "values")

    def __init__(self, values: Values) -> None:
        self.values = values
        self.done = Event()
        self.is_stored = False


class HookStore:
    """Takes messages; when :meth:`keep` returns, the message outlasts this process. Thread-safe.

    ``patience_s``: how long a request waits for the database. The thread begins with the first message, so that it is
    of the process that serves.
    """

    def __init__(
        self,
        engine: Engine,
        spool: HookSpool,
        *,
        patience_s: float = 0.4,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._spool = engine, spool
        self._patience_s, self._monotonic = patience_s, monotonic
        self._queue: deque[_Waiting] = deque()
        self._wake, self._lock = Event(), Lock()
        self._thread: Thread | None = None
        #: Since when the thread is at one commit.
        self._at_it_since_s: float | None = None

    def keep(self, values: Values) -> None:
        """Store a message. Raises OSError when neither the database nor the disk takes it."""
        if not self._is_stuck():
            waiting = _Waiting(values)
            self._queue.append(waiting)
            self._wake.set()
            self._start()
            if waiting.done.wait(self._patience_s) and waiting.is_stored:
                return
        self._spool.put(values)

    def _is_stuck(self) -> bool:
        since_s = self._at_it_since_s
        return since_s is not None and self._monotonic() - since_s > self._patience_s

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="hook-store", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.wait(_IDLE_S)
            self._wake.clear()
            while self._queue:
                self._write([self._queue.popleft() for _ in range(min(_MOST, len(self._queue)))])

    def _write(self, batch: list[_Waiting]) -> None:
        self._at_it_since_s = self._monotonic()
        try:
            with self._engine.begin() as connection:
                insert_hooks(connection, [each.values for each in batch])
            for each in batch:
                each.is_stored = True
        except Exception as error:
            log.warning("hooks_not_stored", extra={"error": type(error).__name__, "rows": len(batch)})
        finally:
            self._at_it_since_s = None
            for each in batch:
                each.done.set()
