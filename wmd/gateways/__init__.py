"""The outside: clock, mail, Zoom, links. Gateways know none of our tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def read_clock() -> datetime:
    """Return the present instant, aware and UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Gateways:
    """The collaborators that reach outside, chosen once in ``create_app``."""

    clock: Callable[[], datetime] = read_clock
