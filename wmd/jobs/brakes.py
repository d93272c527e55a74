"""Keeps one recipient domain from holding up the mail to all others: how many go to it at once, and when it rests.

It lives in memory, for one process: what it forgets it learns again within a few mails.
"""

from __future__ import annotations

import statistics
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition, Lock
from typing import Final

from wmd.domain.mail_handover import Outcome

#: Different mails that a domain puts off, none of them taken between, before it rests: one full mailbox is no domain.
PUT_OFF: Final = 3
#: A rest grows up to this, so that with the longest wait of a mail of its own ten minutes are not exceeded.
FIRST_REST: Final = timedelta(seconds=20)
LONGEST_REST: Final = timedelta(minutes=2)
#: A domain is slow when a mail takes longer than this, and so many times longer than in the others; it then rests for
#: so many times as long as the mail took.
SLOW_S: Final = 2.0
SLOWER: Final = 4.0
SLOW_REST: Final = 3.0
#: So many domains are remembered.
MOST: Final = 2_000


@dataclass(slots=True)
class _Domain:
    in_flight: int = 0
    rests_until: datetime | None = None
    rests: int = 0
    took_s: float | None = None
    put_off: set[str] = field(default_factory=set)


class Brakes:
    """What is known of recipient domains. ``at_once``: most mails to one domain in flight; 0 is without limit."""

    def __init__(self, at_once: int = 0) -> None:
        self._at_once = at_once
        self._domains: OrderedDict[str, _Domain] = OrderedDict()
        self._lock = Lock()
        self._given_back = Condition(self._lock)

    def rest(self, domain: str, now: datetime) -> timedelta:
        """Return how long a domain still rests, zero when it does not."""
        with self._lock:
            until = self._known(domain).rests_until
            return max(until - now, timedelta(0)) if until is not None else timedelta(0)

    def enter(self, domain: str) -> bool:
        """Take a place for one mail to a domain and return True, or False when all are taken.

        Whoever has a place gives it back with ``leave``.
        """
        with self._lock:
            known = self._known(domain)
            if self._at_once and known.in_flight >= self._at_once:
                return False
            known.in_flight += 1
            return True

    def wait(self, seconds: float) -> None:
        """Wait until some place is given back, at most so long."""
        with self._lock:
            self._given_back.wait(seconds)

    def leave(self, domain: str, mail: str, outcome: Outcome | None, took_s: float, now: datetime) -> None:
        """Give the place back, and say how it went; None when the mail was not handed over."""
        with self._lock:
            known = self._known(domain)
            known.in_flight = max(known.in_flight - 1, 0)
            self._given_back.notify_all()
            # What is about our own mail server says nothing of the domain.
            if outcome is None or outcome.about_server:
                return
            if outcome.verdict == "later":
                self._put_off(known, mail, now)
            else:
                known.put_off.clear()
                known.rests = 0
            self._note_pace(domain, known, took_s, now)

    def _put_off(self, known: _Domain, mail: str, now: datetime) -> None:
        known.put_off.add(mail)
        if len(known.put_off) >= PUT_OFF or known.rests:
            known.rests_until = now + min(FIRST_REST * 2 ** min(known.rests, 10), LONGEST_REST)
            known.rests += 1
            known.put_off.clear()

    def _note_pace(self, domain: str, known: _Domain, took_s: float, now: datetime) -> None:
        if took_s > SLOW_S:
            others = [each.took_s for name, each in self._domains.items() if name != domain and each.took_s is not None]
            if others and took_s > SLOWER * statistics.median(others):
                rest = min(timedelta(seconds=SLOW_REST * took_s), LONGEST_REST)
                known.rests_until = max(known.rests_until or now, now + rest)
        known.took_s = took_s if known.took_s is None else (known.took_s + took_s) / 2

    def _known(self, domain: str) -> _Domain:
        known = self._domains.setdefault(domain, _Domain())
        self._domains.move_to_end(domain)
        while len(self._domains) > MOST:
            oldest = next((name for name, each in self._domains.items() if not each.in_flight), None)
            if oldest is None or oldest == domain:
                break
            del self._domains[oldest]
        return known


def domain_of(reader: str) -> str:
    """Return the domain of an address, in lower case."""
    return reader.rpartition("@")[2].lower()
