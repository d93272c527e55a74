"""Counting visits: a line per visit in files, added up once whoever is killed when, and nobody's trace in them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT, Clock
from wmd.models import CountedFile, GoCount
from wmd.services.visits import MOST_BYTES, MOST_FILES, VisitSpool, count_file, line_of

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(minutes=6)
HOUR = NOW.replace(minute=0)


@pytest.fixture
def spool(tmp_path: Path, clock: Clock) -> VisitSpool:
    return VisitSpool(tmp_path / "visits", clock)


def counts(dbs: Session) -> list[tuple[str, str, object, int]]:
    """Return what is counted."""
    rows = dbs.execute(select(GoCount.code, GoCount.way, GoCount.hour_at, GoCount.count).order_by(GoCount.code))
    return [tuple(row) for row in rows]


def test_line_says_code_way_and_hour_only(spool: VisitSpool) -> None:
    spool.write(line_of("ABC234", "page", NOW) + "\n")
    (path,) = spool.folder.iterdir()
    assert path.read_text() == "ABC234 page 2021-10-07T13\n"
    assert path.name.startswith("2021-10-07T1300-")
    assert path.stat().st_mode & 0o777 == 0o600


def test_file_is_finished_once_its_minutes_are_over(spool: VisitSpool, clock: Clock) -> None:
    spool.write("first\n")
    clock.now = NOW.replace(minute=5)
    spool.write("second\n")
    first, second = sorted(spool.folder.iterdir())
    (spool.folder / "something-else.txt").write_text("")
    (spool.folder / "2021-99-99T9999-00000000.visits").mkdir()

    assert spool.finished(NOW.replace(minute=5, second=59)) == []
    assert spool.finished(NOW.replace(minute=6)) == [first]
    assert [path for path in spool.finished(NOW.replace(minute=11)) if path.is_file()] == [first, second]


def test_nothing_was_written_yet_is_nothing_to_count(spool: VisitSpool) -> None:
    assert spool.finished(LATER) == []


def test_visits_are_added_to_what_is_known_and_odd_lines_are_none(dbs: Session, spool: VisitSpool) -> None:
    dbs.add(GoCount(code="ABC234", way="page", hour_at=HOUR, count=5))
    dbs.commit()
    spool.write("ABC234 page 2021-10-07T13\n" * 2 + "DEF234 registration 2021-10-07T14\n")
    spool.write("ABC234 nowhere 2021-10-07T13\nABC234 page 2021-10-07T77\nABC234 page 2021-10-07T13 more\n\nABC2")
    (path,) = spool.finished(LATER)

    assert count_file(dbs, path, now=LATER) == 3
    assert counts(dbs) == [
        ("ABC234", "page", HOUR, 7),
        ("DEF234", "registration", HOUR + timedelta(hours=1), 1),
    ]
    assert list(spool.folder.iterdir()) == []


def test_file_of_a_job_that_was_killed_before_it_deleted_it_counts_once(dbs: Session, spool: VisitSpool) -> None:
    spool.write("ABC234 page 2021-10-07T13\n")
    (path,) = spool.finished(LATER)
    kept = path.read_bytes()
    count_file(dbs, path, now=LATER)
    path.write_bytes(kept)

    assert count_file(dbs, path, now=LATER + timedelta(hours=1)) == 0
    assert counts(dbs) == [("ABC234", "page", HOUR, 1)]
    assert dbs.execute(select(CountedFile.name, CountedFile.counted_at)).tuples().all() == [(path.name, LATER)]
    assert not path.exists()


def test_processes_write_files_of_their_own(tmp_path: Path, clock: Clock) -> None:
    for _ in range(2):
        VisitSpool(tmp_path, clock).write("ABC234 page 2021-10-07T13\n")
    assert len(list(tmp_path.iterdir())) == 2


def test_full_file_and_full_folder_take_no_more(
    spool: VisitSpool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    spool.write("x" * MOST_BYTES)
    spool.write("one more\n")
    (path,) = spool.folder.iterdir()
    assert path.stat().st_size == MOST_BYTES
    for number in range(MOST_FILES - 1):
        (spool.folder / str(number)).touch()
    clock.now = LATER
    spool.write("a new file\n")
    assert len(list(spool.folder.iterdir())) == MOST_FILES
    assert [record.msg for record in caplog.records] == ["visits_not_written"] * 2


def test_disk_that_takes_nothing_is_no_error(tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    VisitSpool(tmp_path / "taken", clock).write("ABC234 page 2021-10-07T13\n")
    assert [record.msg for record in caplog.records] == ["visits_not_written"]
