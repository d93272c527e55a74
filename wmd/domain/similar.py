"""Near-duplicates: how alike two titles are in any script, and which known events a new one may repeat.

Two folded titles are compared by their pairs of letters (Dice's coefficient), which needs no words and so holds for
scripts without spaces; the same organisation or the same day makes less likeness enough to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from wmd.domain.search import words

#: Alike enough to ask, from 0 to 1: by the title alone, on the same day, by the same organisation, and by both.
_ENOUGH = 0.8
_ENOUGH_ON_THE_DAY = 0.7
_ENOUGH_BY_THE_SAME = 0.5
_ENOUGH_BOTH = 0.35
#: What is compared at most; more events than any campaign has had.
MOST_COMPARED = 5_000
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Known:
    """An event or proposal to compare with; ``ref`` finds it again, ``organisers`` are codes, ``days`` local."""

    ref: str
    titles: tuple[str, ...]
    organisers: frozenset[str]
    days: frozenset[date]
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class Likeness:
    """A known event that a new one may repeat; ``score`` from 0 to 1 is how alike the titles are."""

    known: Known
    score: float
    same_organiser: bool
    same_day: bool


@lru_cache(maxsize=8192)
def _pairs(title: str) -> frozenset[str]:
    text = words(title[:_LONGEST_TITLE])
    return frozenset(text[place : place + 2] for place in range(len(text) - 1))


def likeness(one: str, other: str) -> float:
    """Return how alike two titles are: 1 for the same letters in any case and accent, 0 for nothing in common."""
    ours, theirs = _pairs(one), _pairs(other)
    if not ours or not theirs:
        return 0.0
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


def find_similar(
    titles: Sequence[str],
    organisers: frozenset[str],
    days: frozenset[date],
    known: Iterable[Known],
    *,
    most: int = 3,
) -> list[Likeness]:
    """Return the known events that one of these titles, organisers and days may repeat, the most alike first."""
    found = []
    for place, each in enumerate(known):
        if place >= MOST_COMPARED:
            break
        score = max((likeness(one, other) for one in titles for other in each.titles), default=0.0)
        same_organiser, same_day = bool(organisers & each.organisers), bool(days & each.days)
        if score >= _threshold(same_organiser=same_organiser, same_day=same_day):
            found.append(Likeness(each, score, same_organiser, same_day))
    found.sort(key=lambda each: (-each.score, each.known.ref))
    return found[:most]


def _threshold(*, same_organiser: bool, same_day: bool) -> float:
    if same_organiser:
        return _ENOUGH_BOTH if same_day else _ENOUGH_BY_THE_SAME
    return _ENOUGH_ON_THE_DAY if same_day else _ENOUGH
