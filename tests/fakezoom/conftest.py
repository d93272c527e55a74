"""A fake Zoom whose clock stands, a caller with its token, and a webinar in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakezoom.client import Caller
from tests.fakezoom.spec import PLACE, the_spec
from wmd_fakezoom import FakeZoom, Room

NOW = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
#: When the webinar of these tests is: six days later.
STARTS_AT = NOW + timedelta(days=6, hours=4)


@pytest.fixture
def zoom() -> Iterator[FakeZoom]:
    with FakeZoom(starts_at=NOW) as server:
        yield server


@pytest.fixture
def caller(zoom: FakeZoom) -> Iterator[Caller]:
    found = Caller(zoom)
    with found.http:
        yield found
    # Whatever a test asks for: each answer is as Zoom's own text says, wherever that text is at hand.
    if PLACE is not None:
        faults = [fault for answer in found.answers for fault in the_spec().answer_faults(*answer)]
        assert faults == []


@pytest.fixture
def webinar(zoom: FakeZoom) -> Room:
    return zoom.control.add_webinar(STARTS_AT, topic="Cities and the climate", duration=90)
