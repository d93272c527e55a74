"""What may be asked of Zoom, counted for all processes together: half of what the account's plan allows.

Limits are the account's, and other programs use it too (https://developers.zoom.us/docs/api/rate-limits/). By the
second there is a bucket for each label, which refills; by the day a count; and for each host a hundred changes of
rooms. After ten failures in a row the circuit opens: nobody asks for a while.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.zoom.calls import Delay, Label
from wmd.domain.zoom.refusals import next_utc_day
from wmd.models import ZoomAccount, ZoomBudget

#: Half of the calls by the second, and by the day (None: no such limit), of each plan.
PLANS: Final[Mapping[str, Mapping[Label, tuple[float, int | None]]]] = {
    "free": {Label.LIGHT: (2, 3000), Label.MEDIUM: (1, 1000), Label.HEAVY: (0.5, 500)},
    "pro": {Label.LIGHT: (15, None), Label.MEDIUM: (10, None), Label.HEAVY: (5, 15_000)},
    "business": {Label.LIGHT: (40, None), Label.MEDIUM: (30, None), Label.HEAVY: (20, 30_000)},
}
#: Rooms of one host that may be created or changed on one day.
HOST_CHANGES: Final = 100
#: What reads rooms leaves one part in so many of each day's calls to what registers people and takes them back.
LEFT_FOR_PEOPLE: Final = 5
FAILURES: Final = 10
OPEN_FOR: Final = timedelta(minutes=1)
OPEN_FOR_AT_MOST: Final = timedelta(minutes=15)
#: A wait that the second's share explains; anything longer is a matter of the day.
_BRIEF: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of one limit is used today. ``limit`` None is without one; ``shut_until``: Zoom said so."""

    label: str
    used: int
    limit: int | None
    shut_until: datetime | None


def host_label(host: str) -> str:
    """Return under which label a host's changes are counted; an address is not written down."""
    if "@" in host:
        return f"host:~{hashlib.sha256(host.strip().lower().encode()).hexdigest()[:16]}"
    return f"host:{host}"


class AccountBudget:
    """The budget of one account (:class:`wmd.domain.zoom.calls.Budget`), in short transactions of its own."""

    def __init__(
        self, account_id: str, plan: str, *, new_session: Callable[[], AbstractContextManager[Session]]
    ) -> None:
        self.account_id, self._plan, self._new_session = account_id, PLANS[plan], new_session
        self._may_be_failing = True

    def take(self, label: Label, now: datetime, *, host: str | None = None, at_leisure: bool = False) -> Delay | None:
        """Spend one call of a label (and one change of a host) and return None, or when to ask again."""
        with self._new_session() as dbs:
            failures, open_until = self._circuit(dbs)
            self._may_be_failing = failures > 0
            if open_until is not None and open_until > now:
                return Delay(open_until, "circuit")
            names = [str(label), f"{label}:day", *([] if host is None else [host_label(host)])]
            rows = self._rows(dbs, names, now)
            delay = self._delay(label, rows, now, at_leisure=at_leisure)
            if delay is None:
                self._spend(label, rows, now)
            dbs.commit()
            return delay

    def note(
        self,
        label: Label,
        status: int,
        headers: Mapping[str, str],
        now: datetime,
        *,
        until: datetime | None = None,
        host: str | None = None,
    ) -> None:
        """Take down how a call went; writes only where that changes anything."""
        has_failed = status == 0 or status >= 500
        if not has_failed and not self._may_be_failing and until is None:
            return
        with self._new_session() as dbs:
            if has_failed:
                self._may_be_failing = True
                self._fail(dbs, now)
            elif self._may_be_failing:
                self._may_be_failing = False
                _change(dbs, self.account_id, failures=0, open_until=None)
            if until is not None:
                name = str(label) if host is None else host_label(host)
                row = self._rows(dbs, [name], now)[name]
                row.shut_until = max(until, row.shut_until or until)
            dbs.commit()

    def _circuit(self, dbs: Session) -> tuple[int, datetime | None]:
        row = dbs.execute(
            select(ZoomAccount.failures, ZoomAccount.open_until).where(ZoomAccount.id == self.account_id)
        ).first()
        return (row.failures, row.open_until) if row else (0, None)

    def _fail(self, dbs: Session, now: datetime) -> None:
        failures = dbs.scalar(
            update(ZoomAccount)
            .where(ZoomAccount.id == self.account_id)
            .values(failures=ZoomAccount.failures + 1)
            .returning(ZoomAccount.failures)
            .execution_options(synchronize_session=False)
        )
        if failures is not None and failures >= FAILURES:
            # Each further failure, of whoever looks again, doubles the silence.
            opened = OPEN_FOR * 2 ** min(failures - FAILURES, 10)
            _change(dbs, self.account_id, open_until=now + min(opened, OPEN_FOR_AT_MOST))

    def _rows(self, dbs: Session, names: list[str], now: datetime) -> dict[str, ZoomBudget]:
        """Return the rows of these labels, made where they are missing, and locked in one order for all."""
        which = (ZoomBudget.account_id == self.account_id, ZoomBudget.label.in_(names))
        query = select(ZoomBudget).where(*which).order_by(ZoomBudget.label).with_for_update()
        found = {row.label: row for row in dbs.scalars(query)}
        if len(found) < len(names):
            make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
            values = [
                {"account_id": self.account_id, "label": name, "tokens": self._size(name), "used": 0, "at": now}
                for name in sorted(set(names) - set(found))
            ]
            dbs.execute(make(ZoomBudget).on_conflict_do_nothing(), values)
            found = {row.label: row for row in dbs.scalars(query)}
        return found

    def _size(self, name: str) -> float:
        """Return how many calls a full bucket holds: those of one second."""
        return max(1.0, self._plan[Label(name)][0]) if name in self._plan else 0.0

    def _delay(self, label: Label, rows: Mapping[str, ZoomBudget], now: datetime, *, at_leisure: bool) -> Delay | None:
        shut = max((row.shut_until for row in rows.values() if row.shut_until is not None), default=now)
        if shut > now:
            return Delay(shut, "rate" if shut - now <= _BRIEF else "budget")
        for name, row in rows.items():
            limit = self._limit(name)
            if limit is not None and at_leisure:
                limit -= limit // LEFT_FOR_PEOPLE
            if limit is not None and row.day == now.astimezone(UTC).date() and row.used >= limit:
                return Delay(next_utc_day(now), "budget")
        missing = 1.0 - self._filled(label, rows[label], now)
        return Delay(now + timedelta(seconds=missing / self._plan[label][0]), "rate") if missing > 0 else None

    def _spend(self, label: Label, rows: Mapping[str, ZoomBudget], now: datetime) -> None:
        bucket, today = rows[label], now.astimezone(UTC).date()
        bucket.tokens, bucket.at = self._filled(label, bucket, now) - 1.0, now
        for name, row in rows.items():
            if name != label:
                row.used, row.day, row.at = (row.used if row.day == today else 0) + 1, today, now

    def _filled(self, label: Label, bucket: ZoomBudget, now: datetime) -> float:
        # Clocks of two machines differ a little: a bucket never loses for that.
        passed_s = max(0.0, (now - bucket.at).total_seconds())
        return min(self._size(label), bucket.tokens + passed_s * self._plan[label][0])

    def _limit(self, name: str) -> int | None:
        return limit_of(name, self._plan)


def limit_of(name: str, plan: Mapping[Label, tuple[float, int | None]]) -> int | None:
    """Return how many of a label there may be on one day, None for any number."""
    if name.startswith("host:"):
        return HOST_CHANGES
    label, _, period = name.partition(":")
    return plan[Label(label)][1] if period == "day" else None


def standings(dbs: Session, account_id: str, plan: str, *, now: datetime) -> list[Standing]:
    """Return what is used of each day's limit and what is shut, for the page that staff look at."""
    rows = dbs.scalars(select(ZoomBudget).where(ZoomBudget.account_id == account_id).order_by(ZoomBudget.label))
    today = now.astimezone(UTC).date()
    return [
        Standing(
            row.label,
            row.used if row.day == today else 0,
            limit_of(row.label, PLANS[plan]),
            row.shut_until if row.shut_until is not None and row.shut_until > now else None,
        )
        for row in rows
    ]


def _change(dbs: Session, account_id: str, **values: object) -> None:
    dbs.execute(
        update(ZoomAccount)
        .where(ZoomAccount.id == account_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
