"""Who registers here and is carried to a room on Zoom: names, what its form asks, when somebody is asked for again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from wmd.domain.zoom.answers import Participant, Question

#: Fields of Zoom's own form that a name and an address answer.
_KNOWN: Final = frozenset({"email", "first_name"})
#: How often somebody for whom the host has to decide is looked for: seldom, and often shortly before.
_SELDOM: Final = timedelta(hours=1)
_OFTEN: Final = timedelta(minutes=5)
_SHORTLY: Final = timedelta(hours=2)
#: From so many people on a room is filled in batches.
BATCH_FROM: Final = 6


class Named(NamedTuple):
    """A name in Zoom's two parts."""

    first: str
    last: str


def named(name: str) -> Named:
    """Return a name in two parts: the last word apart, where there are several."""
    words = name.split()
    return Named(" ".join(words[:-1]), words[-1]) if len(words) > 1 else Named(" ".join(words), "")


def unanswerable(questions: Iterable[Question], name: Named) -> bool:
    """Whether a form asks what must be answered and we cannot: then nobody is registered on a guess."""
    known = _KNOWN | ({"last_name"} if name.last else frozenset())
    return any(each.is_required and (each.is_custom or each.field not in known) for each in questions)


def ask_again_at(starts_at: datetime | None, now: datetime) -> datetime:
    """Return when to look again whether the host has decided on somebody."""
    is_near = starts_at is not None and starts_at - now <= _SHORTLY
    return now + (_OFTEN if is_near else _SELDOM)


class Attendance(NamedTuple):
    """How many came: those with an address by it, the others by how many were there at once at least."""

    known: frozenset[str]
    unknown: int
    average_s: int

    @property
    def came(self) -> int:
        """All of them."""
        return len(self.known) + self.unknown


def attendance(stays: Iterable[tuple[str, Participant]], crew: frozenset[str]) -> Attendance:
    """Return who came. A stay comes with a digest of its address, "" for none; each time that somebody comes back is
    another stay. ``crew`` are those who held the event.

    People without an address cannot be told apart: so many are counted as were there at the same time.
    """
    seconds: dict[str, int] = {}
    without: list[Participant] = []
    for key, stay in stays:
        if key in crew:
            continue
        if key:
            seconds[key] = seconds.get(key, 0) + (stay.duration_s or 0)
        else:
            without.append(stay)
    unknown = _at_once(without)
    total = sum(seconds.values()) + sum(stay.duration_s or 0 for stay in without)
    came = len(seconds) + unknown
    return Attendance(frozenset(seconds), unknown, round(total / came) if came else 0)


def _at_once(stays: Iterable[Participant]) -> int:
    """Return how many were there at the same time at most; who has no times counts once for all of them."""
    marks: list[tuple[datetime, int]] = []
    timeless = 0
    for stay in stays:
        if stay.joined_at is None or stay.left_at is None or stay.left_at <= stay.joined_at:
            timeless = 1
            continue
        marks += [(stay.joined_at, 1), (stay.left_at, -1)]
    most = there = 0
    # Who leaves at the very second at which another comes makes room first.
    for _, step in sorted(marks):
        there += step
        most = max(most, there)
    return max(most, timeless)
