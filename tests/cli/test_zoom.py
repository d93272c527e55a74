"""``flask zoom sync``: what is due, or one room, before a fake Zoom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoom_house import ROOM, STARTS, zoom_house


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_sync_reads_what_is_due_or_one_room(database_url: str, tmp_path: Path) -> None:
    with zoom_house(database_url, tmp_path) as house:
        room, _ = house.bound("one", "two")

        def run(*words: str) -> tuple[int, str]:
            house.dbs.rollback()
            result = house.app.test_cli_runner().invoke(args=["zoom", "sync", *words])
            return result.exit_code, result.output.strip()

        assert (run(), house.calls()) == ((0, "2 read."), {ROOM: 2})
        house.zoom.control.move_room(room.id, STARTS.replace(hour=18))
        one = house.binding().id
        assert run("--binding", one) == (0, "drift; registration open; differs: time")
        assert house.calls() == {ROOM: 1}
        assert run("--binding", "none") == (1, "Error: There is no such room that could be read.")
