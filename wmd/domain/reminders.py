"""When a reminder is due, and until when it is still of use.

A rule is an anchor (start or end), a sign and an amount of hours or days, written ``start-1d``, ``start-1h``,
``start`` (when it begins) or ``end+1d``. Hours are elapsed time. Days are days on the wall clock of the event's own
zone: "one day before 15:00" is 15:00 the day before, also when a night in between has 23 or 25 hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

#: What can be chosen, the earliest first. A closed list: every one has its words, and planning looks at each.
RULES: Final = (
    "start-7d", "start-3d", "start-2d", "start-1d", "start-12h", "start-3h", "start-2h", "start-1h", "start", "end+1d",
)  # fmt: skip
#: What an organiser chooses, alone, when nobody shall be reminded.
NO_REMINDERS: Final = "none"
#: "It is on now" helps for so long after the start, and never after the end.
ON_NOW: Final = timedelta(minutes=20)
#: Thanks and recording may come so much later than they were due.
AFTERWARDS: Final = timedelta(days=3)
#: A session that moves by less than this is still the one that was announced: nothing that was sent is sent again.
SAME_START: Final = timedelta(minutes=15)
#: No rule is due earlier than this before a start …
EARLIEST: Final = timedelta(days=8)
#: … and none is of use later than this after an end.
LATEST: Final = timedelta(days=1, hours=2) + AFTERWARDS

#: The hour from which the reminders of what lasts all day count.
_MORNING: Final = 9
#: While it is not settled when or where a session is, a reminder waits until so long before the start …
HELD_UNTIL: Final = timedelta(hours=2)
#: … or so long before it would be of no more use. What it waits for is looked at again and again meanwhile.
_SPARE: Final = timedelta(minutes=15)
_AGAIN: Final = timedelta(minutes=10)

_WRITTEN = re.compile(r"(start|end)(?:([+-])([1-9][0-9]?)([hd]))?")


class RuleError(ValueError):
    """A rule that is not written as one."""


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """``amount`` hours or days (``unit``) before (negative) or after (positive) the ``anchor``; 0: at it."""

    anchor: Literal["start", "end"]
    amount: int
    unit: Literal["h", "d"]

    @classmethod
    def read(cls, text: str) -> Rule:
        """Return the rule that a text says. Raises RuleError."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise RuleError(text)
        anchor, sign, amount, unit = found.groups()
        number = int(amount or 0) * (-1 if sign == "-" else 1)
        return cls("start" if anchor == "start" else "end", number, "d" if unit == "d" else "h")

    def __str__(self) -> str:
        return self.anchor + (f"{self.amount:+d}{self.unit}" if self.amount else "")

    @property
    def is_before(self) -> bool:
        """Whether it speaks of what is to come or has just begun."""
        return self.anchor == "start" and self.amount <= 0


@dataclass(frozen=True, slots=True)
class Slot:
    """What of a session its reminders depend on: two instants (UTC), and the IANA zone in which its days are counted.

    One that lasts all day begins at midnight, when nobody wants a mail: its reminders count from nine in the morning.
    """

    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool = False

    @property
    def begins_at(self) -> datetime:
        """The instant that reminders of the start count from."""
        if not self.all_day:
            return self.starts_at
        wall = self.starts_at.astimezone(ZoneInfo(self.zone))
        return wall.replace(hour=_MORNING, minute=0, fold=0).astimezone(UTC)

    @property
    def is_over_at(self) -> datetime:
        """The instant that reminders of the end count from: of what lasts all day, the last morning."""
        if not self.all_day:
            return self.ends_at
        # It ends with the midnight after its last day.
        wall = self.ends_at.astimezone(ZoneInfo(self.zone)) - timedelta(days=1)
        return wall.replace(hour=_MORNING, minute=0, fold=0).astimezone(UTC)


def due_at(rule: Rule, slot: Slot) -> datetime:
    """Return the instant (UTC) from which a rule's reminder is due.

    A wall-clock time that a spring night leaves out is read with the offset before the gap, and one that an autumn
    night has twice as the first of the two (RFC 5545 §3.3.5 reads local times so).
    """
    anchor = slot.begins_at if rule.anchor == "start" else slot.is_over_at
    if rule.unit == "h" or not rule.amount:
        return anchor + timedelta(hours=rule.amount)
    wall = anchor.astimezone(ZoneInfo(slot.zone)) + timedelta(days=rule.amount)
    return wall.replace(fold=0).astimezone(UTC)


def useful_until(rule: Rule, among: Iterable[Rule], slot: Slot) -> datetime:
    """Return the instant from which a rule's reminder would only confuse.

    Before the start that is when the next smaller one of the person's rules (``among``) is due, and the start at the
    latest.
    """
    if not rule.is_before:
        return due_at(rule, slot) + AFTERWARDS
    if not rule.amount:
        return min(slot.begins_at + ON_NOW, slot.ends_at)
    own = due_at(rule, slot)
    others = (due_at(other, slot) for other in among if other.is_before and other.amount and other != rule)
    return min((later for later in others if later > own), default=slot.begins_at)


def held_until(starts: Iterable[datetime], useful: datetime, now: datetime) -> datetime | None:
    """Return when to look again at a reminder that waits for something to be settled; None when it waits no more.

    ``starts``: all instants at which it may begin; the earliest counts. ``useful``: until when it is of use.
    """
    release = min(min(starts) - HELD_UNTIL, useful - _SPARE)
    return min(release, now + _AGAIN) if now < release else None


def chosen_rules(chosen: Sequence[str]) -> list[str] | None:
    """Return an event's own rules from what its organiser chose; None for the edition's."""
    return [rule for rule in RULES if rule in chosen] if chosen else None


def is_same_start(one: datetime, other: datetime) -> bool:
    """Tell whether a session at ``one`` still is the one that was announced for ``other``."""
    return abs(one - other) < SAME_START


def rules_of(person: Sequence[str] | None, event: Sequence[str] | None, edition: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules that hold for a person at an event: their own, else the event's, else the edition's.

    What is not in :data:`RULES` (any more) is passed over. An organiser's choice never brings back thanks or recording
    to somebody who chose for themselves.
    """
    chosen = edition if event is None else event
    chosen = chosen if person is None else person
    return tuple(Rule.read(text) for text in RULES if text in set(chosen))
