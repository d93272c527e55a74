"""How often ``/go/<code>`` led somewhere, by hour, without a trace of who.

The web appends a line per visit to a file; a job adds the files up. Each process writes files of its own, a new one
every few minutes, so that a file that is counted is a file that nobody writes any more. A file's name goes into
``counted_files`` in the transaction that counts it: a job that is killed before it can delete the file counts nothing
twice.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wmd.models import CountedFile, Event, EventSession, GoCount

log = logging.getLogger(__name__)

#: A new file begins this often.
SLOT: Final = timedelta(minutes=5)
#: A process may be that late with what it has to write.
ROOM: Final = timedelta(minutes=1)
#: Bounds of what lies on the disk while nobody counts: the size of a file, and how many there are.
MOST_BYTES: Final = 1_000_000
MOST_FILES: Final = 2_000
SUFFIX: Final = ".visits"
WAYS: Final = ("page", "registration", "room")

_STAMP: Final = "%Y-%m-%dT%H%M"
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d{4})-[0-9a-f]{8}\.visits")
_LINE: Final = re.compile(r"([0-9A-Z]{6}) (page|registration|room) (\d{4}-\d\d-\d\dT\d\d)")


def line_of(code: str, way: str, now: datetime) -> str:
    """Return the line of one visit: the code, where it led, the hour in UTC, and nothing else."""
    return f"{code} {way} {now.astimezone(UTC):%Y-%m-%dT%H}"


class VisitSpool:
    """The folder that the lines of one process go to, and all of which one job counts.

    ``clock`` says when a new file begins; a number drawn for this process keeps its files apart from all others, on
    other machines too.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self._clock = clock
        self._own = secrets.token_hex(4)

    def write(self, text: str) -> None:
        """Append whole lines. What the disk does not take is lost, with a word in the log: it is only a count."""
        try:
            self._append(text.encode("ascii"))
        except OSError as error:
            log.warning("visits_not_written", extra={"error": type(error).__name__})

    def _append(self, data: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = self._clock().astimezone(UTC)
        begun = now - timedelta(minutes=now.minute % (SLOT.seconds // 60))
        path = self.folder / f"{begun:{_STAMP}}-{self._own}{SUFFIX}"
        if not path.exists() and sum(1 for _ in self.folder.iterdir()) >= MOST_FILES:
            log.warning("visits_not_written", extra={"error": "too many files: does the scheduler run?"})
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size + len(data) <= MOST_BYTES:
                os.write(descriptor, data)
            else:
                log.warning("visits_not_written", extra={"error": "the file is full"})
        finally:
            os.close(descriptor)

    def finished(self, now: datetime) -> list[Path]:
        """Return the files that nobody writes any more, the oldest first."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in sorted(self.folder.iterdir()):
            name = _NAME.fullmatch(path.name)
            if name and _is_over(name[1], now):
                found.append(path)
        return found


def _is_over(stamp: str, now: datetime) -> bool:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC) + SLOT + ROOM <= now
    except ValueError:
        return False


def count_file(dbs: Session, path: Path, *, now: datetime) -> int:
    """Add one file up and commit, then delete it; return how many visits it held. One counted before adds nothing."""
    visits: Counter[tuple[str, str, datetime]] = Counter()
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        if known := _LINE.fullmatch(line):
            with suppress(ValueError):
                hour_at = datetime.strptime(known[3], "%Y-%m-%dT%H").replace(tzinfo=UTC)
                visits[known[1], known[2], hour_at] += 1
    dbs.add(CountedFile(name=path.name, counted_at=now))
    try:
        dbs.flush()
        for (code, way, hour_at), count in sorted(visits.items()):
            _add(dbs, code, way, hour_at, count)
        dbs.commit()
    except IntegrityError:
        # It was counted, by a job that was killed before it could delete it.
        dbs.rollback()
        visits.clear()
    path.unlink(missing_ok=True)
    return visits.total()


def _add(dbs: Session, code: str, way: str, hour_at: datetime, count: int) -> None:
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = make(GoCount).values(code=code, way=way, hour_at=hour_at, count=count)
    keys = ["code", "way", "hour_at"]
    dbs.execute(row.on_conflict_do_update(index_elements=keys, set_={"count": GoCount.count + count}))


def times_opened(dbs: Session, event_id: str) -> int:
    """Return how often the way into an event or one of its sessions was asked for. One query."""
    codes = or_(
        GoCount.code.in_(select(Event.code).where(Event.id == event_id)),
        GoCount.code.in_(select(EventSession.code).where(EventSession.event_id == event_id)),
    )
    return dbs.scalar(select(func.coalesce(func.sum(GoCount.count), 0)).where(codes)) or 0
