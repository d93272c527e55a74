"""Alarms noted while answering: told once a minute, beside the request, closed when it is right again."""

from __future__ import annotations

import threading

from wmd.web.alarm_desk import AlarmDesk


class Office:
    """Collects what the desk passes on; ``wait`` waits for one more."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str | None]] = []
        self._more = threading.Semaphore(0)
        self.now_s = 1000.0
        self.desk = AlarmDesk(self._store, monotonic=lambda: self.now_s)

    def _store(self, key: str, message: str | None) -> None:
        self.got.append((key, message))
        self._more.release()

    def wait(self) -> bool:
        return self._more.acquire(timeout=5)


def test_alarm_is_told_once_a_minute() -> None:
    office = Office()

    for _ in range(20):
        office.desk.note("a", "Something is wrong.")
    office.now_s += 60
    office.desk.note("a", "Something is wrong.")

    assert [office.wait(), office.wait()] == [True, True]
    assert office.got == [("a", "Something is wrong.")] * 2


def test_alarm_is_closed_once_and_only_if_it_was_noted() -> None:
    office = Office()
    office.desk.all_well("never noted")
    office.desk.note("a", "Something is wrong.")
    assert office.wait()

    office.desk.all_well("a")
    office.desk.all_well("a")

    assert office.wait()
    assert office.got == [("a", "Something is wrong."), ("a", None)]


def test_desk_keeps_a_bounded_number_of_keys() -> None:
    office = Office()
    for number in range(1200):
        office.desk.note(f"key {number}", "Something is wrong.")

    assert [office.wait() for _ in range(500)] == [True] * 500
    assert len(office.got) == 500
