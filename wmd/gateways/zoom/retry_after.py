"""When a server wants to be asked again: seconds, an HTTP date (RFC 9110 section 10.2.3), or Zoom's ISO 8601 time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: Nobody is believed who wants us silent for longer: limits by the day end with the day.
LONGEST = timedelta(hours=25)
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def wait_until(value: str | None, now: datetime) -> datetime | None:
    """Return the instant that a ``Retry-After`` names, at most 25 hours from ``now``; None for what cannot be read.

    An instant that is past is ``now``.
    """
    text = (value or "").strip()[:80]
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        found = now + min(timedelta(seconds=float(text)), LONGEST)
    else:
        read = _iso(text) or _http_date(text)
        if read is None:
            return None
        found = read
    return min(max(found, now), now + LONGEST)


def _iso(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Zoom's times are UTC, with and without saying so.
    return _aware(read)


def _http_date(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _aware(read: datetime) -> datetime | None:
    try:
        return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        return None
