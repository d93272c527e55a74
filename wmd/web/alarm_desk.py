"""What the web notices going wrong while it answers: told to staff beside the request, and not again and again.

A feed served from its last good copy, or one that lacks entries, is a public GET that must not write to the database in
the reader's time; so the row is written by a thread, at most once a minute and key.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_MOST_KEYS = 500


class AlarmDesk:
    """Passes alarms on to ``store`` (key and message; None closes the alarm). Thread-safe; ``store`` may fail."""

    def __init__(
        self,
        store: Callable[[str, str | None], object],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        every_s: float = 60.0,
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._every_s = every_s
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, key: str, message: str) -> None:
        """Tell staff, unless this was told less than a minute ago."""
        now_s = self._monotonic()
        with self._lock:
            if now_s - self._told.get(key, -self._every_s) < self._every_s:
                return
            if key not in self._told and len(self._told) >= _MOST_KEYS:
                self._told = {old: told for old, told in self._told.items() if now_s - told < self._every_s}
                if len(self._told) >= _MOST_KEYS:
                    return
            self._told[key] = now_s
        self._run(key, message)

    def all_well(self, key: str) -> None:
        """Close an alarm that was noted here; nothing for one that was not."""
        with self._lock:
            if self._told.pop(key, None) is None:
                return
        self._run(key, None)

    def _run(self, key: str, message: str | None) -> None:
        threading.Thread(target=self._store, args=[key, message], name="alarm", daemon=True).start()
