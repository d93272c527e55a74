"""The library: looks rarely, loads in the background, and keeps what it has when something fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.factories import make_edition, make_event, make_programme
from wmd.domain.banners import Banners
from wmd.domain.programme import Programme, Site
from wmd.domain.status import EventStatus, Status
from wmd.errors import NotLoadedError
from wmd.services.library import GoodCopies, Library


@dataclass
class Shelf:
    """A source in memory that counts what is asked of it, and fails or waits when told to."""

    version: int = 1
    is_down: bool = False
    looks: int = 0
    loads: int = 0
    status_version: int = 1
    banner_version: int = 1
    status_loads: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    previous: Programme | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    def _check(self) -> None:
        if self.is_down:
            raise ConnectionError

    def versions(self) -> Mapping[str, int]:
        self.looks += 1
        self._check()
        return {"site": 1, "status": self.status_version, "banners": self.banner_version, "edition:2021": self.version}

    def site(self) -> Site:
        self._check()
        return Site(1, {"2021": make_edition()}, "2021", {}, (), {})

    def programme(self, slug: str, previous: Programme | None) -> Programme:
        self._check()
        assert slug == "2021"
        self.gate.wait(10)
        self.loads += 1
        self.previous = previous
        events = [make_event(number) for number in range(1, self.version + 1)]
        return make_programme(events, version=self.version)

    def status(self) -> Status:
        self._check()
        self.status_loads += 1
        return Status(self.status_version, {"AAAAAA": EventStatus("AAAAAA", registration="full")})

    def banners(self) -> Banners:
        self._check()
        return Banners(self.banner_version)


@dataclass
class Time:
    """Monotonic seconds that pass when told to."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def wait_until(condition: object, most_s: float = 5.0) -> None:
    ends = time.monotonic() + most_s
    while not condition() and time.monotonic() < ends:  # type: ignore[operator]
        time.sleep(0.005)


def size(library: Library) -> int:
    programme = library.programme("2021")
    assert programme is not None
    return len(programme.events)


def test_library_looks_at_most_once_a_second() -> None:
    shelf, passing = Shelf(), Time()
    library = Library(shelf, monotonic=passing)

    for _ in range(50):
        library.versions()
    looks_at_first = shelf.looks
    passing.now_s += 1.0
    library.versions()

    assert (looks_at_first, shelf.looks) == (1, 2)


def test_library_serves_the_old_value_while_the_new_one_loads() -> None:
    shelf, passing = Shelf(), Time()
    library = Library(shelf, monotonic=passing)
    assert size(library) == 1
    shelf.version, passing.now_s = 2, passing.now_s + 1
    shelf.gate.clear()

    during = [size(library) for _ in range(3)]
    versions_during = dict(library.versions())
    shelf.gate.set()
    wait_until(lambda: library.versions().get("edition:2021") == 2)

    assert (during, versions_during["edition:2021"]) == ([1, 1, 1], 1)
    assert size(library) == 2
    assert shelf.previous is not None


def test_library_loads_once_though_many_ask_at_the_same_time() -> None:
    shelf = Shelf()
    shelf.gate.clear()
    library = Library(shelf)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(size(library))) for _ in range(8)]
    for thread in threads:
        thread.start()
    shelf.gate.set()
    for thread in threads:
        thread.join(10)

    assert (found, shelf.loads) == ([1] * 8, 1)


def test_library_keeps_the_old_value_when_loading_fails_and_recovers() -> None:
    shelf, passing = Shelf(), Time()
    library = Library(shelf, monotonic=passing, background=False)
    assert size(library) == 1
    shelf.version, shelf.is_down, passing.now_s = 2, True, passing.now_s + 1

    assert (size(library), library.is_stale) == (1, True)

    shelf.is_down, passing.now_s = False, passing.now_s + 1
    assert (size(library), library.is_stale) == (2, False)


def test_refresh_shows_a_write_at_once() -> None:
    shelf, passing = Shelf(), Time()
    library = Library(shelf, monotonic=passing)
    assert size(library) == 1
    shelf.version = 2

    library.refresh()

    assert size(library) == 2


def test_library_does_not_know_an_edition_that_does_not_exist() -> None:
    assert Library(Shelf()).programme("1999") is None


def test_library_starts_from_the_good_copy_while_the_database_is_down(tmp_path: Path) -> None:
    copies = GoodCopies(tmp_path / "copies", "secret")
    Library(Shelf(version=3), copies=copies).warm()

    restarted = Library(Shelf(is_down=True), copies=copies)

    assert (size(restarted), restarted.is_stale) == (3, True)


def test_library_without_database_and_copy_says_so(tmp_path: Path) -> None:
    library = Library(Shelf(is_down=True), copies=GoodCopies(tmp_path, "secret"))

    with pytest.raises(NotLoadedError):
        library.programme("2021")


def test_copy_signed_with_another_key_is_not_opened(tmp_path: Path) -> None:
    GoodCopies(tmp_path, "one secret").write("edition:2021", make_programme())

    assert GoodCopies(tmp_path, "another secret").read("edition:2021") is None


def test_copy_that_was_tampered_with_is_not_opened(tmp_path: Path) -> None:
    copies = GoodCopies(tmp_path, "secret")
    copies.write("edition:2021", make_programme())
    path = next(tmp_path.glob("*.copy"))
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")

    assert copies.read("edition:2021") is None


def test_copies_are_for_this_service_alone(tmp_path: Path) -> None:
    GoodCopies(tmp_path / "copies", "secret").write("site", replace(Shelf().site(), version=7))

    folder = tmp_path / "copies"
    assert (folder.stat().st_mode & 0o777, next(folder.iterdir()).stat().st_mode & 0o777) == (0o700, 0o600)


def test_index_belongs_to_the_value_it_is_asked_for() -> None:
    shelf, passing = Shelf(version=2), Time()
    library = Library(shelf, monotonic=passing, background=False)
    old = library.programme("2021")
    shelf.version, passing.now_s = 3, passing.now_s + 1
    new = library.programme("2021")

    assert old is not None
    assert new is not None
    assert (len(library.index(old).events), len(library.index(new).events)) == (2, 3)


def test_silent_database_holds_up_nobody() -> None:
    shelf, passing = Shelf(), Time()
    library = Library(shelf, monotonic=passing)
    assert size(library) == 1
    silence = threading.Event()
    answered: list[int] = []

    def fallen_silent() -> Mapping[str, int]:
        shelf.looks += 1
        silence.wait(10)
        raise ConnectionError

    silent = Library(_Mute(shelf, fallen_silent), monotonic=passing)
    silent.site()
    silent.programme("2021")
    passing.now_s += 5
    looks_before = shelf.looks
    started = time.monotonic()
    threads = [threading.Thread(target=lambda: answered.append(size(silent))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    waited_s = time.monotonic() - started
    silence.set()

    assert (answered, shelf.looks - looks_before) == ([1] * 16, 1)
    assert waited_s < 4, "every request waited for the database"


class _Mute:
    """A shelf that answers its first look and none after it."""

    def __init__(self, shelf: Shelf, then: Callable[[], Mapping[str, int]]) -> None:
        self._shelf = shelf
        self._then = then
        self._first = True

    def versions(self) -> Mapping[str, int]:
        if self._first:
            self._first = False
            return self._shelf.versions()
        return self._then()

    def site(self) -> Site:
        return self._shelf.site()

    def programme(self, slug: str, previous: Programme | None) -> Programme:
        return self._shelf.programme(slug, previous)

    def status(self) -> Status:
        return self._shelf.status()

    def banners(self) -> Banners:
        return self._shelf.banners()


def test_restored_database_with_a_lower_version_is_read_anew() -> None:
    shelf, passing = Shelf(version=3), Time()
    library = Library(shelf, monotonic=passing, background=False)
    assert size(library) == 3
    shelf.version, passing.now_s = 2, passing.now_s + 1

    assert (size(library), shelf.previous) == (2, None)


def test_reloading_leaves_no_garbage_behind() -> None:
    import gc

    shelf = Shelf()
    library = Library(shelf)
    for _ in range(20):
        shelf.version = shelf.version % 3 + 1
        library.refresh()
    gc.collect()
    frozen_before, tracked_before = gc.get_freeze_count(), len(gc.get_objects())
    for _ in range(60):
        shelf.version = shelf.version % 3 + 1
        library.refresh()
    gc.collect()

    assert gc.get_freeze_count() <= frozen_before
    assert len(gc.get_objects()) - tracked_before < 2_000


def test_good_copy_follows_a_change_that_came_soon_after_the_last_one(tmp_path: Path) -> None:
    shelf, passing = Shelf(), Time()
    copies = GoodCopies(tmp_path, "secret")
    library = Library(shelf, copies=copies, monotonic=passing, background=False)
    assert size(library) == 1
    shelf.version, passing.now_s = 2, passing.now_s + 5
    assert size(library) == 2
    passing.now_s += 30

    library.versions()

    kept = copies.read("edition:2021")
    assert isinstance(kept, Programme)
    assert kept.version == 2


def test_warming_loads_every_edition(tmp_path: Path) -> None:
    shelf = Shelf()
    library = Library(shelf, copies=GoodCopies(tmp_path, "secret"))

    library.warm()

    assert shelf.loads == 1
    Library(Shelf(is_down=True)).warm()


def test_process_that_nobody_asks_keeps_up_all_the_same() -> None:
    shelf, over = Shelf(), threading.Event()
    library = Library(shelf, every_s=0.01)
    keeper = threading.Thread(target=library.keep, args=(over,))
    keeper.start()
    try:
        wait_until(lambda: shelf.loads == 1)
        shelf.version = 2
        wait_until(lambda: shelf.loads == 2)
    finally:
        over.set()
        keeper.join(5)
    assert (keeper.is_alive(), shelf.loads, size(library)) == (False, 2, 2)


class _FullOnce(GoodCopies):
    """A folder on a disk that is full the first time."""

    tries = 0

    def write(self, name: str, value: Programme | Site) -> None:
        self.tries += 1
        if self.tries == 1:
            raise OSError(28, "No space left on device")
        super().write(name, value)


def test_good_copy_that_could_not_be_written_is_tried_again(tmp_path: Path) -> None:
    passing, copies = Time(), _FullOnce(tmp_path, "secret")
    library = Library(Shelf(), copies=copies, monotonic=passing, background=False)
    library.warm()
    assert copies.read("site") is None

    passing.now_s += 30
    library.versions()

    assert isinstance(copies.read("site"), Site)


def test_status_moves_no_edition_and_is_read_again_only_when_its_version_rose() -> None:
    shelf, passing = Shelf(), Time()
    library = Library(shelf, monotonic=passing, background=False)
    programme, first = library.programme("2021"), library.status()
    loads = shelf.loads

    passing.now_s += 2
    library.versions()
    shelf.status_version = 2
    passing.now_s += 2
    second = library.status()

    assert (first.version, second.version, library.versions()["status"]) == (1, 2, 2)
    assert (shelf.status_loads, shelf.loads) == (2, loads)
    assert library.programme("2021") is programme


def test_status_that_cannot_be_loaded_stays_as_it_was_and_is_tried_again() -> None:
    @dataclass
    class Broken(Shelf):
        fails: bool = False

        def status(self) -> Status:
            if self.fails:
                raise ConnectionError
            return super().status()

    shelf, passing = Broken(), Time()
    library = Library(shelf, monotonic=passing, background=False)
    library.site()

    shelf.status_version, shelf.fails = 2, True
    passing.now_s += 2
    while_broken = (library.status().version, library.versions()["status"], library.is_stale)
    shelf.fails = False
    passing.now_s += 2

    assert while_broken == (1, 1, True)
    assert (library.status().version, library.is_stale) == (2, False)


def test_process_without_database_has_an_empty_status(tmp_path: Path) -> None:
    Library(Shelf(), copies=GoodCopies(tmp_path, "secret")).warm()
    library = Library(Shelf(is_down=True), copies=GoodCopies(tmp_path, "secret"), background=False)

    assert library.site().version == 1
    assert library.status() == Status()
