"""Kills while Zoom is told of rooms and people: nothing is made and nobody is registered twice, and none is left out.

`make soak` runs many rounds (SOAK_ROUNDS, 40 by default) with a seed that is printed; SOAK_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import documents
from tests.carried import ADD, Carried
from tests.soak.test_kills import ROOT, ROUNDS, SEED
from tests.zoom_house import zoom_house
from wmd.cli import publishing_setting
from wmd.domain.codes import SeededMint
from wmd.models import Event, WebinarBinding, ZoomRegistrant
from wmd.services.managed_rooms import make_webinar

pytestmark = pytest.mark.soak

#: Longer than a lease, so that what a killed process had claimed is free again.
LATER = timedelta(minutes=6)
CREATE = "POST /users/{user}/webinars"


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Carried]:
    with zoom_house(database_url, tmp_path) as house:
        yield Carried(house)


def kill_one(here: Carried, database_url: str, folder: Path, job: str, wait_s: float) -> None:
    """Begin a job in a process of its own and kill it after a while; then let the leases go by."""
    house = here.house
    house.dbs.rollback()
    command = [
        sys.executable, "-m", "tests.soak.one_job", database_url, str(folder), house.clock.now.isoformat(),
        house.zoom.url, job,
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=dict(os.environ)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begins\n"
        time.sleep(wait_s)
        process.kill()
    house.clock.now += LATER
    house.zoom.control.set_time(house.clock.now)


def test_killed_job_registers_nobody_twice_and_leaves_nobody_out(
    here: Carried, database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)  # noqa: S311 -- a seed is repeatable; nothing here is secret
    room = here.begin()
    here.house.zoom.control.fault("slow", ADD, times=None, seconds=0.03)
    print(f"seed {SEED}, {ROUNDS} kills")  # noqa: T201 -- a soak run reports its seed
    for number in range(ROUNDS):
        here.join(*[f"p{number}-{each}" for each in range(4)])
        kill_one(here, database_url, tmp_path, "zoom-registrants", chance.uniform(0.0, 0.6))
    here.house.zoom.control.no_faults()
    for _ in range(6):
        here.carry(minutes=20)
    here.house.dbs.rollback()
    assert set(here.house.dbs.scalars(select(ZoomRegistrant.state))) == {"registered"}
    addresses = sorted(item.email for item in room.registrants)
    assert len(addresses) == len(set(addresses)) == 4 * ROUNDS
    posted = {key[2]: count for key, count in here.house.zoom.control.world.day_counts.items() if key[1] == "add"}
    assert {name: count for name, count in posted.items() if count > 1} == {}


def test_killed_job_makes_no_webinar_twice_and_forgets_none(here: Carried, database_url: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 -- a seed is repeatable; nothing here is secret
    rounds = max(2, ROUNDS // 2)
    here.publish()
    house = here.house
    events = [documents.event(f"e{number}", registration={"state": "missing"}) for number in range(rounds)]
    documents.apply(
        house.dbs, publishing_setting(house.app, SeededMint("more")), documents.document(*events), house.clock.now
    )
    house.zoom.control.fault("slow", "*", times=None, seconds=0.03)
    for number in range(rounds):
        event = house.dbs.scalars(select(Event).where(Event.key == f"e{number}")).one()
        make_webinar(
            house.dbs, event, actor=here.actor.name, mint=SeededMint(event.key), now=house.clock.now
        )  # fmt: skip
        house.dbs.commit()
        kill_one(here, database_url, tmp_path, "zoom-push", chance.uniform(0.0, 0.8))
    house.zoom.control.no_faults()
    for _ in range(6):
        here.run(minutes=20)
    house.dbs.rollback()
    made = house.dbs.execute(
        select(Event.code, WebinarBinding.zoom_id)
        .join(WebinarBinding, WebinarBinding.event_id == Event.id)
        .where(WebinarBinding.kind == "managed", Event.registration_url != "")
    ).tuples()
    there = {room.agenda.split()[0].rpartition("/")[2]: str(room.id) for room in here.rooms()}
    assert len(here.rooms()) == rounds == len(there)
    assert dict(made.all()) == there
