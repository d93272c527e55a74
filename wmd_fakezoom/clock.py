"""The fake's own clock: it stands until it is moved, or runs beside the machine's and can still be moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock


def utc_text(at: datetime) -> str:
    """Return an instant as Zoom writes it: ``2026-10-07T13:00:00Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """What time it is for the fake.

    With ``starts_at`` (aware) the clock stands there; without it, it runs with the machine's.
    """

    def __init__(self, starts_at: datetime | None = None) -> None:
        self._lock = Lock()
        self._stands_at = starts_at
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the instant, aware and in UTC."""
        with self._lock:
            return (self._stands_at or datetime.now(UTC)) + self._ahead

    def move(self, by: timedelta) -> datetime:
        """Move the clock, forwards or back, and return the new instant."""
        with self._lock:
            self._ahead += by
        return self.now()

    def set(self, at: datetime) -> datetime:
        """Set the clock to an aware instant; one that runs goes on from there."""
        return self.move(at - self.now())
