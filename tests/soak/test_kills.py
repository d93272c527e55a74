"""Kills and races while a file is imported: all of it or nothing, on both databases.

`make soak` runs many rounds (SOAK_ROUNDS, 40 by default) with a seed that is printed; SOAK_SEED repeats a run. One
round of each kind is part of `make test`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests import documents

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("SOAK_SEED", "20211007"))
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "40"))
EVENTS = 20


def environment(database_url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "WMD_MODE": "demo",
        "WMD_DATABASE_URL": database_url,
        "WMD_VAR_DIR": str(folder),
        "WMD_BASE_URL": "http://wmd.example",
        "FLASK_APP": "wsgi",
    }


def start_import(database_url: str, folder: Path, file: Path) -> subprocess.Popen[bytes]:
    """Begin an import in a process of its own."""
    command = [sys.executable, "-m", "flask", "programme", "import", str(file)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(database_url, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def write_file(folder: Path, name: str, *, first: int = 0) -> Path:
    value = documents.document(*[documents.event(f"event-{first + number}") for number in range(EVENTS)])
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def counts(database_url: str) -> dict[str, int]:
    engine = create_engine(database_url)
    tables = ("submissions", "revisions", "decisions", "events", "event_sessions", "calendar_entries", "changes")
    with engine.connect() as connection:
        found = {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}
    engine.dispose()
    return found


def kill_one(database_url: str, folder: Path, file: Path, wait_s: float) -> bool:
    """Begin an import, kill it after a while, and tell whether it had ended by itself."""
    process = start_import(database_url, folder, file)
    try:
        process.wait(timeout=wait_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    return process.returncode == 0


def check_killed_imports(database_url: str, folder: Path, rounds: int, seed: int) -> None:
    """Kill imports at random moments: after each, everything or nothing is there; at last one goes through."""
    chance = random.Random(seed)  # noqa: S311 -- a seed is repeatable; nothing here is secret
    file = write_file(folder, "file.json")
    print(f"seed {seed}, {rounds} kills")  # noqa: T201 -- a soak run reports its seed
    for number in range(rounds):
        ended = kill_one(database_url, folder, file, chance.uniform(0.4, 2.2))
        found = counts(database_url)
        assert set(found.values()) in ({0}, {EVENTS}), f"seed {seed}, round {number}: {found}"
        assert not ended or found["events"] == EVENTS

    process = start_import(database_url, folder, file)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 0, said.decode()
    assert set(counts(database_url).values()) == {EVENTS}


def test_killed_import_leaves_everything_or_nothing(database_url: str, tmp_path: Path) -> None:
    check_killed_imports(database_url, tmp_path, 2, SEED)


@pytest.mark.soak
def test_many_killed_imports_leave_everything_or_nothing(database_url: str, tmp_path: Path) -> None:
    check_killed_imports(database_url, tmp_path, ROUNDS, SEED)


def check_imports_at_once(database_url: str, folder: Path, processes: int) -> None:
    """Import different files of one edition at the same time: none is lost, none is doubled, versions only rise."""
    documents_of = [write_file(folder, f"file-{number}.json", first=number * EVENTS) for number in range(processes)]
    first = start_import(database_url, folder, documents_of[0])
    first.communicate(timeout=60)
    running = [start_import(database_url, folder, file) for file in documents_of]
    ended = [(process.communicate(timeout=120)[0].decode(), process.returncode) for process in running]

    # One that gave up waiting says so and changed nothing: it is simply run again.
    for file, (said, code) in zip(documents_of, ended, strict=True):
        if code != 0:
            again = start_import(database_url, folder, file)
            said_again, _ = again.communicate(timeout=60)
            assert again.returncode == 0, said + said_again.decode()
    assert set(counts(database_url).values()) == {EVENTS * processes}


def test_two_imports_at_once_lose_and_double_nothing(database_url: str, tmp_path: Path) -> None:
    check_imports_at_once(database_url, tmp_path, 2)


@pytest.mark.soak
def test_many_imports_at_once_lose_and_double_nothing(database_url: str, tmp_path: Path) -> None:
    check_imports_at_once(database_url, tmp_path, 5)
