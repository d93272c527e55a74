"""With the database away, what was public stays public: from memory, after a restart from the copies on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Clock, Databases
from tests.web.machine import Machine, forget_database, machine_on

#: Nothing listens there, so that every connection is refused at once.
NOBODY = "postgresql+psycopg://wmd@127.0.0.1:1/wmd?connect_timeout=2"
ASKED_BEFORE = ("/2021/calendar.ics", "/2021/programme?tz=Europe/Madrid", "/feeds/series-metrotalks.ics")
NEVER_ASKED = (
    "/2021/calendar.ics?topic=gender-equality", "/2021/feeds/language-es.ics", "/e/YRBN6B.ics", "/2021/",
    "/2021/programme?q=agua&tz=Asia/Tokyo", "/2021/events/YRBN6B-caring-metropolises-framing-recovery-for-all",
    "/2021/programme.json", "/2021/programme.csv", "/2021/schedule.xml", "/2021/changes.atom", "/demo/calendar.ics",
    "/sitemap.xml", "/robots.txt", "/about", "/go/YRBN6B",
)  # fmt: skip


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> Iterator[Machine]:
    with machine_on(databases.copy("sqlite", tmp_path, demo=True), tmp_path) as found:
        yield found


def bodies(machine: Machine, paths: tuple[str, ...]) -> dict[str, bytes]:
    return {path: machine.feed(path) for path in paths}


def take_database_away(machine: Machine, folder: Path) -> None:
    """Delete the database under a running process, and let the process look."""
    forget_database(machine.app)
    for file in folder.glob("test.sqlite3*"):
        file.unlink()
    machine.library.refresh()
    assert machine.library.is_stale


def test_everything_public_answers_from_memory_while_the_database_is_away(house: Machine, tmp_path: Path) -> None:
    before = bodies(house, ASKED_BEFORE + NEVER_ASKED)
    etag = house.get("/2021/calendar.ics").headers["ETag"]
    take_database_away(house, tmp_path)

    assert bodies(house, ASKED_BEFORE + NEVER_ASKED) == before
    assert house.get("/2021/calendar.ics", If_None_Match=etag).status_code == 304
    ready = house.get("/readyz")
    assert (ready.status_code, ready.get_json()["programme_is_stale"]) == (503, True)
    assert house.get("/healthz").status_code == 200


def test_what_was_never_asked_is_made_from_memory_too(house: Machine, tmp_path: Path) -> None:
    bodies(house, ASKED_BEFORE)
    take_database_away(house, tmp_path)
    assert set(bodies(house, NEVER_ASKED)) == set(NEVER_ASKED)


@pytest.mark.parametrize("away", ["sqlite", "postgresql"])
def test_process_starts_from_the_good_copies(house: Machine, tmp_path: Path, away: str) -> None:
    before = bodies(house, ASKED_BEFORE + NEVER_ASKED)
    house.library.warm()
    url = NOBODY if away == "postgresql" else f"sqlite:///{tmp_path / 'nothing.sqlite3'}"
    with machine_on(url, tmp_path, Clock()) as restarted:
        assert bodies(restarted, ASKED_BEFORE + NEVER_ASKED) == before
        assert restarted.library.is_stale
        assert restarted.get("/readyz").status_code == 503


@pytest.mark.parametrize("away", ["sqlite", "postgresql"])
def test_first_start_without_database_or_copy_asks_to_come_back(tmp_path: Path, away: str) -> None:
    url = NOBODY if away == "postgresql" else f"sqlite:///{tmp_path / 'nothing.sqlite3'}"
    with machine_on(url, tmp_path) as machine:
        for path in ("/2021/calendar.ics", "/feeds/series-metrotalks.ics", "/e/YRBN6B.ics", "/2021/programme.json"):
            answer = machine.get(path)
            assert (answer.status_code, answer.headers["Retry-After"], answer.get_data(as_text=True)) == (
                503, "30", "The programme is being loaded. Please ask again in a minute.\n"
            )  # fmt: skip
            assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
                "text/plain; charset=utf-8", "no-store"
            )  # fmt: skip
        for path in ("/", "/2021/", "/2021/programme", "/go/YRBN6B", "/e/YRBN6B"):
            page = machine.get(path)
            assert (page.status_code, page.headers["Retry-After"]) == (503, "30"), path
            assert page.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "We are not ready yet" in page.get_data(as_text=True)
        assert [machine.get(path).status_code for path in ("/about", "/privacy", "/robots.txt", "/healthz")] == [
            200
        ] * 4


def test_process_that_started_without_anything_recovers_by_itself(databases: Databases, tmp_path: Path) -> None:
    with machine_on(f"sqlite:///{tmp_path / 'test.sqlite3'}", tmp_path) as machine:
        assert machine.get("/2021/calendar.ics").status_code == 503
        forget_database(machine.app)
        for file in tmp_path.glob("test.sqlite3*"):
            file.unlink()
        databases.copy("sqlite", tmp_path, demo=True)
        machine.library.refresh()
        assert machine.get("/2021/calendar.ics").status_code == 200
        assert not machine.library.is_stale


def test_copy_that_is_not_ours_is_refused(house: Machine, tmp_path: Path) -> None:
    bodies(house, ("/2021/calendar.ics",))
    with machine_on(NOBODY, tmp_path, secret_key="another-secret-key-that-is-long-enough-1") as stranger:
        assert stranger.get("/2021/calendar.ics").status_code == 503
